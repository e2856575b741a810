-- Who turned out to be whom: what counts by expert asks for all of them each time.
CREATE INDEX experts_merged ON experts (programme, expert, merged_into) WHERE merged_into IS NOT NULL;
