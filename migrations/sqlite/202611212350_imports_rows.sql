-- Rows of a county's tables that were brought in: by table and the county's own key, with what was understood of each.
CREATE TABLE import_rows (
    programme      TEXT NOT NULL,
    imported_table TEXT NOT NULL,
    row_key        TEXT NOT NULL,
    fingerprint    TEXT NOT NULL,
    import_time    INTEGER NOT NULL,
    PRIMARY KEY (programme, imported_table, row_key)
) STRICT, WITHOUT ROWID;
