-- Announced years, a programme's own (hospital '') or one home hospital's, with where they are taken from. A reaction keeps the
-- hospital from being deleted: a foreign key would speak first, and not by name.
CREATE TABLE calendar_years (
    programme TEXT COLLATE "C" NOT NULL,
    hospital TEXT COLLATE "C" NOT NULL,
    year BIGINT NOT NULL,
    source TEXT COLLATE "C" NOT NULL,
    version TEXT COLLATE "C" NOT NULL,
    revision BIGINT NOT NULL,
    create_time BIGINT NOT NULL,
    update_time BIGINT NOT NULL,
    PRIMARY KEY (programme, hospital, year)
);

-- The days of an announced year that aren't what their weekday says.
CREATE TABLE calendar_days (
    programme TEXT COLLATE "C" NOT NULL,
    hospital TEXT COLLATE "C" NOT NULL,
    date TEXT COLLATE "C" NOT NULL,
    year BIGINT NOT NULL,
    kind TEXT COLLATE "C" NOT NULL,
    holiday TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (programme, hospital, date),
    FOREIGN KEY (programme, hospital, year) REFERENCES calendar_years (programme, hospital, year)
);
CREATE INDEX calendar_days_by_year ON calendar_days (programme, hospital, year);

-- Time that experts have offered. `weekdays` and `except_dates` are JSON, minutes count from midnight on the zone's wall.
-- Outside [from_time, until_time), by the tz database of `tz_version`, it covers nothing; until_time unset means no end.
CREATE TABLE offers (
    programme TEXT COLLATE "C" NOT NULL,
    offer TEXT COLLATE "C" NOT NULL,
    expert TEXT COLLATE "C" NOT NULL,
    mode TEXT COLLATE "C" NOT NULL CHECK (mode IN ('STANDING', 'ON_REQUEST')),
    state TEXT COLLATE "C" NOT NULL CHECK (state IN ('OPEN', 'WITHDRAWN')),
    kinds TEXT COLLATE "C" NOT NULL,
    zone TEXT COLLATE "C",
    weekdays TEXT COLLATE "C",
    first_date TEXT COLLATE "C",
    start_minute BIGINT,
    last_date TEXT COLLATE "C",
    end_minute BIGINT,
    except_dates TEXT COLLATE "C" NOT NULL,
    from_time BIGINT NOT NULL,
    until_time BIGINT,
    tz_version TEXT COLLATE "C",
    heard_by TEXT COLLATE "C" NOT NULL,
    medium TEXT COLLATE "C" NOT NULL,
    heard_time BIGINT NOT NULL,
    words TEXT COLLATE "C" NOT NULL,
    withdraw_time BIGINT,
    revision BIGINT NOT NULL,
    create_time BIGINT NOT NULL,
    update_time BIGINT NOT NULL,
    PRIMARY KEY (programme, offer),
    CHECK ((state = 'WITHDRAWN') = (withdraw_time IS NOT NULL)),
    CHECK (until_time IS NULL OR until_time > from_time)
);
CREATE INDEX offers_by_expert ON offers (programme, expert, offer);

-- The sites that an offer is for; none: any.
CREATE TABLE offer_sites (
    programme TEXT COLLATE "C" NOT NULL,
    offer TEXT COLLATE "C" NOT NULL,
    site TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (programme, offer, site),
    FOREIGN KEY (programme, offer) REFERENCES offers (programme, offer)
);
CREATE INDEX offer_sites_by_site ON offer_sites (programme, site, offer);

-- Time in which experts can't come, between instants or on whole days of a zone; from_time and until_time as above.
CREATE TABLE expert_absences (
    programme TEXT COLLATE "C" NOT NULL,
    absence TEXT COLLATE "C" NOT NULL,
    expert TEXT COLLATE "C" NOT NULL,
    state TEXT COLLATE "C" NOT NULL CHECK (state IN ('OPEN', 'WITHDRAWN')),
    zone TEXT COLLATE "C",
    from_date TEXT COLLATE "C",
    to_date TEXT COLLATE "C",
    from_time BIGINT NOT NULL,
    until_time BIGINT NOT NULL,
    tz_version TEXT COLLATE "C",
    withdraw_time BIGINT,
    revision BIGINT NOT NULL,
    create_time BIGINT NOT NULL,
    update_time BIGINT NOT NULL,
    PRIMARY KEY (programme, absence),
    CHECK ((state = 'WITHDRAWN') = (withdraw_time IS NOT NULL)),
    CHECK (until_time > from_time)
);
CREATE INDEX expert_absences_by_expert ON expert_absences (programme, expert, absence);
