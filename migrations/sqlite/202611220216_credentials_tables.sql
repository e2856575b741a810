-- Dated papers: licence periods, legal bases, grade lists of sites, authorisations of surgeons. Days are ISO texts, `to_date` is
-- the last day. `sites` and `specialties` are JSON arrays.
CREATE TABLE credentials (
    programme TEXT NOT NULL,
    credential TEXT NOT NULL,
    paper TEXT NOT NULL CHECK (paper IN ('LICENCE', 'BASIS', 'GRADE_LIST', 'AUTHORISATION')),
    expert TEXT,
    basis TEXT,
    sites TEXT NOT NULL,
    specialties TEXT NOT NULL,
    grade INTEGER,
    from_date TEXT NOT NULL,
    to_date TEXT,
    document TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('VALID', 'VOID')),
    revision INTEGER NOT NULL,
    create_time INTEGER NOT NULL,
    update_time INTEGER NOT NULL,
    PRIMARY KEY (programme, credential),
    CHECK (to_date IS NULL OR to_date >= from_date),
    CHECK ((paper = 'BASIS') = (basis IS NOT NULL)),
    CHECK ((paper = 'GRADE_LIST') = (expert IS NULL)),
    CHECK ((paper IN ('GRADE_LIST', 'AUTHORISATION')) = (grade IS NOT NULL))
) STRICT;
CREATE INDEX credentials_by_expert ON credentials (programme, expert, paper, from_date);
CREATE INDEX credentials_by_end ON credentials (programme, to_date, credential);

-- The sites that a paper names, to find it by: a licence names none, a basis without any is for all.
CREATE TABLE credential_sites (
    programme TEXT NOT NULL,
    credential TEXT NOT NULL,
    site TEXT NOT NULL,
    paper TEXT NOT NULL,
    PRIMARY KEY (programme, credential, site),
    FOREIGN KEY (programme, credential) REFERENCES credentials (programme, credential)
) STRICT, WITHOUT ROWID;
CREATE INDEX credential_sites_by_site ON credential_sites (programme, site, paper, credential);

-- The papers of consultations outside the home hospital, one inpatient each. The patient is a token.
CREATE TABLE dossiers (
    programme TEXT NOT NULL,
    dossier TEXT NOT NULL,
    expert TEXT NOT NULL,
    site TEXT NOT NULL,
    patient_issuer TEXT NOT NULL,
    patient_token TEXT NOT NULL,
    purpose TEXT NOT NULL,
    planned_date TEXT NOT NULL,
    heard_by TEXT,
    medium TEXT,
    heard_time INTEGER,
    words TEXT,
    invitation TEXT,
    invitation_date TEXT,
    home_consent TEXT,
    home_consent_date TEXT,
    patient_consent TEXT,
    patient_consent_date TEXT,
    fee_fen INTEGER,
    papers_due_date TEXT NOT NULL,
    report_due_date TEXT NOT NULL,
    reported_date TEXT,
    state TEXT NOT NULL CHECK (state IN ('PROMISED', 'PAPERED', 'REPORTED_BACK', 'WITHDRAWN')),
    revision INTEGER NOT NULL,
    create_time INTEGER NOT NULL,
    update_time INTEGER NOT NULL,
    PRIMARY KEY (programme, dossier),
    CHECK ((state = 'REPORTED_BACK') = (reported_date IS NOT NULL)),
    CHECK (fee_fen IS NULL OR fee_fen >= 0)
) STRICT;
CREATE INDEX dossiers_by_expert ON dossiers (programme, expert, dossier);
CREATE INDEX dossiers_by_site ON dossiers (programme, site, dossier);
CREATE INDEX dossiers_by_patient ON dossiers (programme, patient_issuer, patient_token, dossier);

-- Other experts of the same home hospital who come along on a dossier.
CREATE TABLE dossier_co_experts (
    programme TEXT NOT NULL,
    dossier TEXT NOT NULL,
    expert TEXT NOT NULL,
    PRIMARY KEY (programme, dossier, expert),
    FOREIGN KEY (programme, dossier) REFERENCES dossiers (programme, dossier)
) STRICT, WITHOUT ROWID;
CREATE INDEX dossier_co_experts_by_expert ON dossier_co_experts (programme, expert, dossier);

-- What an expert is shown and given when beginning at a site: one checklist for both.
CREATE TABLE onboardings (
    programme TEXT NOT NULL,
    onboarding TEXT NOT NULL,
    expert TEXT NOT NULL,
    site TEXT NOT NULL,
    revision INTEGER NOT NULL,
    create_time INTEGER NOT NULL,
    update_time INTEGER NOT NULL,
    PRIMARY KEY (programme, onboarding),
    UNIQUE (programme, expert, site)
) STRICT;
CREATE INDEX onboardings_by_site ON onboardings (programme, site, onboarding);

-- The items of a checklist, in their order.
CREATE TABLE onboarding_items (
    programme TEXT NOT NULL,
    onboarding TEXT NOT NULL,
    ordinal INTEGER NOT NULL,
    item TEXT NOT NULL,
    done_date TEXT,
    PRIMARY KEY (programme, onboarding, ordinal),
    FOREIGN KEY (programme, onboarding) REFERENCES onboardings (programme, onboarding)
) STRICT, WITHOUT ROWID;
