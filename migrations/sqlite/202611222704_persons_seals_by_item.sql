-- What restrictions have sealed of one record: when one is lifted or erased, the others' seals of the same record follow.
CREATE INDEX person_seals_by_item ON person_seals (programme, part, item);
