-- A yes to times or people that were changed since isn't one to the session as it is.
ALTER TABLE session_consents ADD COLUMN superseded BOOLEAN NOT NULL DEFAULT FALSE;
