-- Cases that were recorded before: their main lines stand in the list of procedures.
UPDATE activity_versions SET
    main_system = (SELECT p.value->>'system' FROM json_each(activity_versions.procedures) AS p WHERE p.value->>'main' = 1 LIMIT 1),
    main_procedure = (SELECT p.value->>'code' FROM json_each(activity_versions.procedures) AS p WHERE p.value->>'main' = 1 LIMIT 1)
WHERE performer IS NOT NULL;
