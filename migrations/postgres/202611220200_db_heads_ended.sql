-- Whether a programme has ended stands where its lock is, so that the writer refuses what comes later without asking anybody.
ALTER TABLE heads ADD COLUMN ended BOOLEAN NOT NULL DEFAULT FALSE;
UPDATE heads SET ended = TRUE WHERE programme IN (SELECT p.programme FROM programmes p WHERE p.state = 'ENDED');
