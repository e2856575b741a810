CREATE TABLE sites (
    programme        TEXT NOT NULL,
    site             TEXT NOT NULL,
    display_name     TEXT NOT NULL,
    hospital         TEXT,
    level            TEXT NOT NULL,
    institution_code TEXT,
    division_code    TEXT NOT NULL,
    zone             TEXT NOT NULL,
    address          TEXT NOT NULL,
    revision         INTEGER NOT NULL,
    create_time      INTEGER NOT NULL,
    update_time      INTEGER NOT NULL,
    PRIMARY KEY (programme, site)
) STRICT, WITHOUT ROWID;

CREATE INDEX sites_by_hospital ON sites (programme, hospital, site);
CREATE INDEX sites_by_division ON sites (programme, division_code, site);

CREATE TABLE site_specialties (
    programme TEXT NOT NULL,
    site      TEXT NOT NULL,
    specialty TEXT NOT NULL,
    PRIMARY KEY (programme, site, specialty),
    FOREIGN KEY (programme, site) REFERENCES sites (programme, site)
) STRICT, WITHOUT ROWID;

-- kinds is a JSON list of RoomKind codes: nobody looks for a room by its kind alone.
CREATE TABLE site_rooms (
    programme        TEXT NOT NULL,
    site             TEXT NOT NULL,
    room             TEXT NOT NULL,
    position         INTEGER NOT NULL,
    display_name     TEXT NOT NULL,
    kinds            TEXT NOT NULL,
    turnover_minutes INTEGER NOT NULL,
    PRIMARY KEY (programme, site, room),
    FOREIGN KEY (programme, site) REFERENCES sites (programme, site)
) STRICT, WITHOUT ROWID;

-- room NULL: the whole site. end_time NULL: until it is reopened. reopen_time lies in [start_time, end_time].
CREATE TABLE site_closures (
    programme   TEXT NOT NULL,
    closure     TEXT NOT NULL,
    site        TEXT NOT NULL,
    room        TEXT,
    start_time  INTEGER NOT NULL,
    end_time    INTEGER,
    cause       TEXT NOT NULL,
    note        TEXT NOT NULL,
    reopen_time INTEGER,
    revision    INTEGER NOT NULL,
    create_time INTEGER NOT NULL,
    update_time INTEGER NOT NULL,
    PRIMARY KEY (programme, closure),
    FOREIGN KEY (programme, site) REFERENCES sites (programme, site)
) STRICT, WITHOUT ROWID;

CREATE INDEX site_closures_by_site ON site_closures (programme, site, start_time, closure);
CREATE INDEX site_closures_by_start ON site_closures (programme, start_time, closure);

-- Directed: from door to door. No row: unknown.
CREATE TABLE travel_minutes (
    programme   TEXT NOT NULL,
    origin      TEXT NOT NULL,
    destination TEXT NOT NULL,
    minutes     INTEGER NOT NULL,
    PRIMARY KEY (programme, origin, destination),
    FOREIGN KEY (programme, origin) REFERENCES sites (programme, site),
    FOREIGN KEY (programme, destination) REFERENCES sites (programme, site)
) STRICT, WITHOUT ROWID;

CREATE INDEX travel_minutes_by_destination ON travel_minutes (programme, destination, origin);
