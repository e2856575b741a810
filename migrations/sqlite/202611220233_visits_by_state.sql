-- Lists of visits in a state, in their order.
CREATE INDEX visits_by_state ON visits (programme, state, arrival_time, visit);
