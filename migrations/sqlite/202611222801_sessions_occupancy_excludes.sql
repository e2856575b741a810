-- PostgreSQL's alone: what keeps two rows of a resource from overlapping isn't to be taken for an index. SQLite's triggers stay.
SELECT 1;
