-- Who is restricted, by a patient's own token: asked before anything new is kept of a patient.
CREATE INDEX person_seals_by_token ON person_seals (programme, value) WHERE part = 'patient';
