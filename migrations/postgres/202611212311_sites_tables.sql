CREATE TABLE sites (
    programme        TEXT COLLATE "C" NOT NULL,
    site             TEXT COLLATE "C" NOT NULL,
    display_name     TEXT COLLATE "C" NOT NULL,
    hospital         TEXT COLLATE "C",
    level            TEXT COLLATE "C" NOT NULL,
    institution_code TEXT COLLATE "C",
    division_code    TEXT COLLATE "C" NOT NULL,
    zone             TEXT COLLATE "C" NOT NULL,
    address          TEXT COLLATE "C" NOT NULL,
    revision         BIGINT NOT NULL,
    create_time      BIGINT NOT NULL,
    update_time      BIGINT NOT NULL,
    PRIMARY KEY (programme, site)
);

CREATE INDEX sites_by_hospital ON sites (programme, hospital, site);
CREATE INDEX sites_by_division ON sites (programme, division_code, site);

CREATE TABLE site_specialties (
    programme TEXT COLLATE "C" NOT NULL,
    site      TEXT COLLATE "C" NOT NULL,
    specialty TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (programme, site, specialty),
    FOREIGN KEY (programme, site) REFERENCES sites (programme, site)
);

-- kinds is a JSON list of RoomKind codes: nobody looks for a room by its kind alone.
CREATE TABLE site_rooms (
    programme        TEXT COLLATE "C" NOT NULL,
    site             TEXT COLLATE "C" NOT NULL,
    room             TEXT COLLATE "C" NOT NULL,
    position         BIGINT NOT NULL,
    display_name     TEXT COLLATE "C" NOT NULL,
    kinds            TEXT COLLATE "C" NOT NULL,
    turnover_minutes BIGINT NOT NULL,
    PRIMARY KEY (programme, site, room),
    FOREIGN KEY (programme, site) REFERENCES sites (programme, site)
);

-- room NULL: the whole site. end_time NULL: until it is reopened. reopen_time lies in [start_time, end_time].
CREATE TABLE site_closures (
    programme   TEXT COLLATE "C" NOT NULL,
    closure     TEXT COLLATE "C" NOT NULL,
    site        TEXT COLLATE "C" NOT NULL,
    room        TEXT COLLATE "C",
    start_time  BIGINT NOT NULL,
    end_time    BIGINT,
    cause       TEXT COLLATE "C" NOT NULL,
    note        TEXT COLLATE "C" NOT NULL,
    reopen_time BIGINT,
    revision    BIGINT NOT NULL,
    create_time BIGINT NOT NULL,
    update_time BIGINT NOT NULL,
    PRIMARY KEY (programme, closure),
    FOREIGN KEY (programme, site) REFERENCES sites (programme, site)
);

CREATE INDEX site_closures_by_site ON site_closures (programme, site, start_time, closure);
CREATE INDEX site_closures_by_start ON site_closures (programme, start_time, closure);

-- Directed: from door to door. No row: unknown.
CREATE TABLE travel_minutes (
    programme   TEXT COLLATE "C" NOT NULL,
    origin      TEXT COLLATE "C" NOT NULL,
    destination TEXT COLLATE "C" NOT NULL,
    minutes     BIGINT NOT NULL,
    PRIMARY KEY (programme, origin, destination),
    FOREIGN KEY (programme, origin) REFERENCES sites (programme, site),
    FOREIGN KEY (programme, destination) REFERENCES sites (programme, site)
);

CREATE INDEX travel_minutes_by_destination ON travel_minutes (programme, destination, origin);
