-- Who made a reservation: a hospital's system sees its own alone.
ALTER TABLE reservations ADD COLUMN made_by TEXT COLLATE "C" NOT NULL DEFAULT '';
