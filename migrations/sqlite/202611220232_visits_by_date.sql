-- Tallies of broken months and every recount ask for the visits that ended from a day to a day.
CREATE INDEX visits_by_date ON visits (programme, date);
