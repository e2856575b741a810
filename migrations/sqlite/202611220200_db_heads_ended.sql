-- Whether a programme has ended stands where its lock is, so that the writer refuses what comes later without asking anybody.
ALTER TABLE heads ADD COLUMN ended INTEGER NOT NULL DEFAULT 0;
UPDATE heads SET ended = 1 WHERE programme IN (SELECT p.programme FROM programmes p WHERE p.state = 'ENDED');
