-- Rows of a county's tables that were brought in: by table and the county's own key, with what was understood of each.
CREATE TABLE import_rows (
    programme      TEXT COLLATE "C" NOT NULL,
    imported_table TEXT COLLATE "C" NOT NULL,
    row_key        TEXT COLLATE "C" NOT NULL,
    fingerprint    TEXT COLLATE "C" NOT NULL,
    import_time    BIGINT NOT NULL,
    PRIMARY KEY (programme, imported_table, row_key)
);
