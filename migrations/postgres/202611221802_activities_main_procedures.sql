-- Cases that were recorded before: their main lines stand in the list of procedures.
UPDATE activity_versions SET
    main_system = (SELECT p.value->>'system' FROM jsonb_array_elements(CAST(procedures AS JSONB)) AS p WHERE p.value->>'main' = 'true' LIMIT 1),
    main_procedure = (SELECT p.value->>'code' FROM jsonb_array_elements(CAST(procedures AS JSONB)) AS p WHERE p.value->>'main' = 'true' LIMIT 1)
WHERE performer IS NOT NULL;
