-- Sessions held on some days, as of a sequence.
CREATE INDEX session_outcomes_by_date ON session_outcomes (programme, date, session);
