-- The cells of the face "site" (site, level, specialty), summed from those of "place" (site, level, specialty, kind, residence): its key is the first three
-- parts of theirs.
INSERT INTO tally_cells (programme, face, measure, month, key, quantity)
SELECT p.programme, CASE p.face WHEN 'place' THEN 'site' ELSE 'site-attested' END, p.measure, p.month,
  substr(p.key, 1, p.first + p.second + instr(p.rest, '|') - 1), SUM(p.quantity)
FROM (
  SELECT q.programme, q.face, q.measure, q.month, q.key, q.quantity, q.first, instr(q.rest, '|') AS second,
    substr(q.rest, instr(q.rest, '|') + 1) AS rest
  FROM (
    SELECT c.programme, c.face, c.measure, c.month, c.key, c.quantity, instr(c.key, '|') AS first, substr(c.key, instr(c.key, '|') + 1) AS rest
    FROM tally_cells c WHERE c.face IN ('place', 'place-attested')
  ) q
) p
GROUP BY 1, 2, 3, 4, 5;
