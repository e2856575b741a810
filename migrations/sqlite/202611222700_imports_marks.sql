-- By which columns of a row can be told that say something else than before; not what stood there. NULL in rows of before.
ALTER TABLE import_rows ADD COLUMN marks TEXT;
