-- Dated papers: licence periods, legal bases, grade lists of sites, authorisations of surgeons. Days are ISO texts, `to_date` is
-- the last day. `sites` and `specialties` are JSON arrays.
CREATE TABLE credentials (
    programme TEXT COLLATE "C" NOT NULL,
    credential TEXT COLLATE "C" NOT NULL,
    paper TEXT COLLATE "C" NOT NULL CHECK (paper IN ('LICENCE', 'BASIS', 'GRADE_LIST', 'AUTHORISATION')),
    expert TEXT COLLATE "C",
    basis TEXT COLLATE "C",
    sites TEXT COLLATE "C" NOT NULL,
    specialties TEXT COLLATE "C" NOT NULL,
    grade BIGINT,
    from_date TEXT COLLATE "C" NOT NULL,
    to_date TEXT COLLATE "C",
    document TEXT COLLATE "C" NOT NULL,
    state TEXT COLLATE "C" NOT NULL CHECK (state IN ('VALID', 'VOID')),
    revision BIGINT NOT NULL,
    create_time BIGINT NOT NULL,
    update_time BIGINT NOT NULL,
    PRIMARY KEY (programme, credential),
    CHECK (to_date IS NULL OR to_date >= from_date),
    CHECK ((paper = 'BASIS') = (basis IS NOT NULL)),
    CHECK ((paper = 'GRADE_LIST') = (expert IS NULL)),
    CHECK ((paper IN ('GRADE_LIST', 'AUTHORISATION')) = (grade IS NOT NULL))
);
CREATE INDEX credentials_by_expert ON credentials (programme, expert, paper, from_date);
CREATE INDEX credentials_by_end ON credentials (programme, to_date, credential);

-- The sites that a paper names, to find it by: a licence names none, a basis without any is for all.
CREATE TABLE credential_sites (
    programme TEXT COLLATE "C" NOT NULL,
    credential TEXT COLLATE "C" NOT NULL,
    site TEXT COLLATE "C" NOT NULL,
    paper TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (programme, credential, site),
    FOREIGN KEY (programme, credential) REFERENCES credentials (programme, credential)
);
CREATE INDEX credential_sites_by_site ON credential_sites (programme, site, paper, credential);

-- The papers of consultations outside the home hospital, one inpatient each. The patient is a token.
CREATE TABLE dossiers (
    programme TEXT COLLATE "C" NOT NULL,
    dossier TEXT COLLATE "C" NOT NULL,
    expert TEXT COLLATE "C" NOT NULL,
    site TEXT COLLATE "C" NOT NULL,
    patient_issuer TEXT COLLATE "C" NOT NULL,
    patient_token TEXT COLLATE "C" NOT NULL,
    purpose TEXT COLLATE "C" NOT NULL,
    planned_date TEXT COLLATE "C" NOT NULL,
    heard_by TEXT COLLATE "C",
    medium TEXT COLLATE "C",
    heard_time BIGINT,
    words TEXT COLLATE "C",
    invitation TEXT COLLATE "C",
    invitation_date TEXT COLLATE "C",
    home_consent TEXT COLLATE "C",
    home_consent_date TEXT COLLATE "C",
    patient_consent TEXT COLLATE "C",
    patient_consent_date TEXT COLLATE "C",
    fee_fen BIGINT,
    papers_due_date TEXT COLLATE "C" NOT NULL,
    report_due_date TEXT COLLATE "C" NOT NULL,
    reported_date TEXT COLLATE "C",
    state TEXT COLLATE "C" NOT NULL CHECK (state IN ('PROMISED', 'PAPERED', 'REPORTED_BACK', 'WITHDRAWN')),
    revision BIGINT NOT NULL,
    create_time BIGINT NOT NULL,
    update_time BIGINT NOT NULL,
    PRIMARY KEY (programme, dossier),
    CHECK ((state = 'REPORTED_BACK') = (reported_date IS NOT NULL)),
    CHECK (fee_fen IS NULL OR fee_fen >= 0)
);
CREATE INDEX dossiers_by_expert ON dossiers (programme, expert, dossier);
CREATE INDEX dossiers_by_site ON dossiers (programme, site, dossier);
CREATE INDEX dossiers_by_patient ON dossiers (programme, patient_issuer, patient_token, dossier);

-- Other experts of the same home hospital who come along on a dossier.
CREATE TABLE dossier_co_experts (
    programme TEXT COLLATE "C" NOT NULL,
    dossier TEXT COLLATE "C" NOT NULL,
    expert TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (programme, dossier, expert),
    FOREIGN KEY (programme, dossier) REFERENCES dossiers (programme, dossier)
);
CREATE INDEX dossier_co_experts_by_expert ON dossier_co_experts (programme, expert, dossier);

-- What an expert is shown and given when beginning at a site: one checklist for both.
CREATE TABLE onboardings (
    programme TEXT COLLATE "C" NOT NULL,
    onboarding TEXT COLLATE "C" NOT NULL,
    expert TEXT COLLATE "C" NOT NULL,
    site TEXT COLLATE "C" NOT NULL,
    revision BIGINT NOT NULL,
    create_time BIGINT NOT NULL,
    update_time BIGINT NOT NULL,
    PRIMARY KEY (programme, onboarding),
    UNIQUE (programme, expert, site)
);
CREATE INDEX onboardings_by_site ON onboardings (programme, site, onboarding);

-- The items of a checklist, in their order.
CREATE TABLE onboarding_items (
    programme TEXT COLLATE "C" NOT NULL,
    onboarding TEXT COLLATE "C" NOT NULL,
    ordinal BIGINT NOT NULL,
    item TEXT COLLATE "C" NOT NULL,
    done_date TEXT COLLATE "C",
    PRIMARY KEY (programme, onboarding, ordinal),
    FOREIGN KEY (programme, onboarding) REFERENCES onboardings (programme, onboarding)
);
