-- Which discrepancies are for a patient of whose service there is no record.
CREATE INDEX discrepancies_by_patient ON discrepancies (programme, patient_issuer, patient_token) WHERE patient_token IS NOT NULL;
