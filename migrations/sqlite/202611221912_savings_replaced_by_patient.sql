-- Which earlier versions of trips name a patient: for a restriction, which reaches them too.
CREATE INDEX trip_versions_replaced_patients ON trip_versions (programme, patient_issuer, patient_token)
    WHERE until_sequence IS NOT NULL;
