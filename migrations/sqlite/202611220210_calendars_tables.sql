-- Announced years, a programme's own (hospital '') or one home hospital's, with where they are taken from. A reaction keeps the
-- hospital from being deleted: a foreign key would speak first, and not by name.
CREATE TABLE calendar_years (
    programme TEXT NOT NULL,
    hospital TEXT NOT NULL,
    year INTEGER NOT NULL,
    source TEXT NOT NULL,
    version TEXT NOT NULL,
    revision INTEGER NOT NULL,
    create_time INTEGER NOT NULL,
    update_time INTEGER NOT NULL,
    PRIMARY KEY (programme, hospital, year)
) STRICT;

-- The days of an announced year that aren't what their weekday says.
CREATE TABLE calendar_days (
    programme TEXT NOT NULL,
    hospital TEXT NOT NULL,
    date TEXT NOT NULL,
    year INTEGER NOT NULL,
    kind TEXT NOT NULL,
    holiday TEXT NOT NULL,
    PRIMARY KEY (programme, hospital, date),
    FOREIGN KEY (programme, hospital, year) REFERENCES calendar_years (programme, hospital, year)
) STRICT, WITHOUT ROWID;
CREATE INDEX calendar_days_by_year ON calendar_days (programme, hospital, year);

-- Time that experts have offered. `weekdays` and `except_dates` are JSON, minutes count from midnight on the zone's wall.
-- Outside [from_time, until_time), by the tz database of `tz_version`, it covers nothing; until_time unset means no end.
CREATE TABLE offers (
    programme TEXT NOT NULL,
    offer TEXT NOT NULL,
    expert TEXT NOT NULL,
    mode TEXT NOT NULL CHECK (mode IN ('STANDING', 'ON_REQUEST')),
    state TEXT NOT NULL CHECK (state IN ('OPEN', 'WITHDRAWN')),
    kinds TEXT NOT NULL,
    zone TEXT,
    weekdays TEXT,
    first_date TEXT,
    start_minute INTEGER,
    last_date TEXT,
    end_minute INTEGER,
    except_dates TEXT NOT NULL,
    from_time INTEGER NOT NULL,
    until_time INTEGER,
    tz_version TEXT,
    heard_by TEXT NOT NULL,
    medium TEXT NOT NULL,
    heard_time INTEGER NOT NULL,
    words TEXT NOT NULL,
    withdraw_time INTEGER,
    revision INTEGER NOT NULL,
    create_time INTEGER NOT NULL,
    update_time INTEGER NOT NULL,
    PRIMARY KEY (programme, offer),
    CHECK ((state = 'WITHDRAWN') = (withdraw_time IS NOT NULL)),
    CHECK (until_time IS NULL OR until_time > from_time)
) STRICT;
CREATE INDEX offers_by_expert ON offers (programme, expert, offer);

-- The sites that an offer is for; none: any.
CREATE TABLE offer_sites (
    programme TEXT NOT NULL,
    offer TEXT NOT NULL,
    site TEXT NOT NULL,
    PRIMARY KEY (programme, offer, site),
    FOREIGN KEY (programme, offer) REFERENCES offers (programme, offer)
) STRICT, WITHOUT ROWID;
CREATE INDEX offer_sites_by_site ON offer_sites (programme, site, offer);

-- Time in which experts can't come, between instants or on whole days of a zone; from_time and until_time as above.
CREATE TABLE expert_absences (
    programme TEXT NOT NULL,
    absence TEXT NOT NULL,
    expert TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('OPEN', 'WITHDRAWN')),
    zone TEXT,
    from_date TEXT,
    to_date TEXT,
    from_time INTEGER NOT NULL,
    until_time INTEGER NOT NULL,
    tz_version TEXT,
    withdraw_time INTEGER,
    revision INTEGER NOT NULL,
    create_time INTEGER NOT NULL,
    update_time INTEGER NOT NULL,
    PRIMARY KEY (programme, absence),
    CHECK ((state = 'WITHDRAWN') = (withdraw_time IS NOT NULL)),
    CHECK (until_time > from_time)
) STRICT;
CREATE INDEX expert_absences_by_expert ON expert_absences (programme, expert, absence);
