-- Which earlier versions name a patient: for a restriction, which reaches them too.
CREATE INDEX activity_versions_replaced_patients ON activity_versions (programme, patient_issuer, patient_token)
    WHERE until_sequence IS NOT NULL AND patient_token IS NOT NULL;
