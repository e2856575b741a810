-- The cells of the face "site" (site, level, specialty), summed from those of "place" (site, level, specialty, kind, residence): its key is the first three
-- parts of theirs.
INSERT INTO tally_cells (programme, face, measure, month, key, quantity)
SELECT c.programme, CASE c.face WHEN 'place' THEN 'site' ELSE 'site-attested' END, c.measure, c.month,
  split_part(c.key, '|', 1) || '|' || split_part(c.key, '|', 2) || '|' || split_part(c.key, '|', 3), SUM(c.quantity)
FROM tally_cells c WHERE c.face IN ('place', 'place-attested')
GROUP BY 1, 2, 3, 4, 5;
