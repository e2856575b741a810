-- See the one before.
CREATE INDEX occupancy_by_session ON occupancy (session, programme);
