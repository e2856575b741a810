//! The tables of dossiers.
use std::collections::{BTreeMap, HashMap};

use super::super::{Document, Dossier, DossierPapers, DossierState, Dossiers};
use crate::db::{self, List, Row, Sql, Tx, Value, external_ids};
use crate::experts::Consent;
use crate::kernel::{
    Collection as _, Date, Error, ExternalId, Id, Name, PageRequest, Patient, Result, Timestamp, Vocabulary as _,
};
use crate::rows;

const BY_IDS: Sql = rows!(
    "SELECT d.programme, d.dossier, d.expert, d.site, d.patient_issuer, d.patient_token, d.purpose, d.planned_date, d.heard_by, d.medium, \
     d.heard_time, d.words, d.invitation, d.invitation_date, d.home_consent, d.home_consent_date, d.patient_consent, \
     d.patient_consent_date, d.fee_fen, d.papers_due_date, d.report_due_date, d.reported_date, d.state, d.revision, d.create_time, \
     d.update_time FROM ",
    "JOIN dossiers d ON d.programme = r.value->>0 AND d.dossier = r.value->>1 ORDER BY d.dossier"
);
const CO_EXPERTS: Sql = rows!(
    "SELECT x.dossier, x.expert FROM ",
    "JOIN dossier_co_experts x ON x.programme = r.value->>0 AND x.dossier = r.value->>1 ORDER BY x.dossier, x.expert"
);
const NAMING_EXPERT: Sql = Sql::new(
    "SELECT d.dossier FROM dossiers d WHERE d.programme = $1 AND d.expert = $2 \
     UNION SELECT x.dossier FROM dossier_co_experts x WHERE x.programme = $1 AND x.expert = $2",
);
const INSERT: Sql = Sql::new(
    "INSERT INTO dossiers (programme, dossier, expert, site, patient_issuer, patient_token, purpose, planned_date, heard_by, medium, \
     heard_time, words, invitation, invitation_date, home_consent, home_consent_date, patient_consent, patient_consent_date, fee_fen, \
     papers_due_date, report_due_date, reported_date, state, revision, create_time, update_time) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, \
     $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25, $26)",
);
const UPDATE: Sql = Sql::new(
    "UPDATE dossiers SET expert = $3, invitation = $4, invitation_date = $5, home_consent = $6, home_consent_date = $7, \
     patient_consent = $8, patient_consent_date = $9, fee_fen = $10, reported_date = $11, state = $12, revision = $13, \
     update_time = $14 WHERE programme = $1 AND dossier = $2",
);
const INSERT_CO_EXPERTS: Sql = rows!(
    "INSERT INTO dossier_co_experts (programme, dossier, expert) SELECT r.value->>0, r.value->>1, r.value->>2 FROM ",
    "WHERE TRUE"
);
const DELETE_CO_EXPERTS: Sql = Sql::new("DELETE FROM dossier_co_experts WHERE programme = $1 AND dossier = $2");
const AT_SITE: Sql =
    Sql::new("SELECT d.dossier FROM dossiers d WHERE d.programme = $1 AND d.site = $2 ORDER BY d.dossier LIMIT 1");
const LIST: List = List {
    head: "SELECT d.programme, d.dossier, d.expert, d.site, d.patient_issuer, d.patient_token, d.purpose, d.planned_date, d.heard_by, \
           d.medium, d.heard_time, d.words, d.invitation, d.invitation_date, d.home_consent, d.home_consent_date, d.patient_consent, \
           d.patient_consent_date, d.fee_fen, d.papers_due_date, d.report_due_date, d.reported_date, d.state, d.revision, d.create_time, \
           d.update_time FROM dossiers d WHERE d.programme = ?",
    filters: &[
        "d.expert = ?",
        "d.site = ?",
        "d.state = ?",
        "d.patient_issuer = ? AND d.patient_token = ?",
        "((d.state = 'PROMISED' AND d.papers_due_date <= ?) OR (d.state = 'PAPERED' AND d.report_due_date <= ?))",
        "d.dossier = ?",
    ],
    after: "d.dossier > ?",
    order: "ORDER BY d.dossier",
};

/// The statements of this file, for the test that prepares them.
pub const STATEMENTS: &[(&str, Sql)] = &[
    ("BY_IDS", BY_IDS),
    ("CO_EXPERTS", CO_EXPERTS),
    ("NAMING_EXPERT", NAMING_EXPERT),
    ("INSERT", INSERT),
    ("UPDATE", UPDATE),
    ("INSERT_CO_EXPERTS", INSERT_CO_EXPERTS),
    ("DELETE_CO_EXPERTS", DELETE_CO_EXPERTS),
    ("AT_SITE", AT_SITE),
];
/// The lists of this file.
pub const LISTS: &[(&str, &List)] = &[("LIST", &LIST)];

/// Which dossiers a list is about; what is set must all hold.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Filter {
    /// Led by this expert.
    pub expert: Option<Id>,
    /// At this site.
    pub site: Option<Id>,
    /// In this state.
    pub state: Option<DossierState>,
    /// Of this patient.
    pub patient: Option<Patient>,
    /// Whose next paper, or report, is due on this day or before.
    pub due_by: Option<Date>,
    /// With this external id.
    pub external_id: Option<ExternalId>,
}

/// The dossiers with these ids, those that are there.
///
/// # Errors
/// A storage error.
pub async fn many(tx: &mut Tx<'_>, programme: &Id, ids: &[Id]) -> Result<BTreeMap<Id, Dossier>> {
    if ids.is_empty() {
        return Ok(BTreeMap::new());
    }
    let rows = tx.sql(BY_IDS).bind_rows(&db::keys(programme, ids)).fetch_all().await?;
    let found = complete(tx, programme, &rows).await?;
    Ok(found.into_iter().map(|dossier| (dossier.name.id().clone(), dossier)).collect())
}

/// The dossier.
///
/// # Errors
/// `RESOURCE_NOT_FOUND`, or a storage error.
pub async fn get(tx: &mut Tx<'_>, name: &Name<Dossiers>) -> Result<Dossier> {
    let found = many(tx, name.programme(), std::slice::from_ref(name.id())).await?.remove(name.id());
    found.ok_or_else(|| Error::not_found(name))
}

/// The dossiers that name an expert, leading or beside.
///
/// # Errors
/// A storage error.
pub async fn naming_expert(tx: &mut Tx<'_>, programme: &Id, expert: &Id) -> Result<BTreeMap<Id, Dossier>> {
    let rows = tx.sql(NAMING_EXPERT).bind(programme).bind(expert).fetch_all().await?;
    let ids: Vec<Id> = rows.iter().map(|row| row.get("dossier")).collect::<Result<_>>()?;
    many(tx, programme, &ids).await
}

/// The first dossier of a patient at a site.
///
/// # Errors
/// A storage error.
pub async fn at_site(tx: &mut Tx<'_>, programme: &Id, site: &Id) -> Result<Option<Id>> {
    let row = tx.sql(AT_SITE).bind(programme).bind(site).fetch_optional().await?;
    row.map(|row| row.get("dossier")).transpose()
}

/// A page of dossiers by id, one more than it holds.
///
/// # Errors
/// A storage error.
pub async fn list(tx: &mut Tx<'_>, programme: &Id, filter: &Filter, page: &PageRequest) -> Result<Vec<Dossier>> {
    let mut select = LIST.select([Value::from(programme)]);
    let texts = [
        (0, filter.expert.as_ref().map(Id::as_str)),
        (1, filter.site.as_ref().map(Id::as_str)),
        (2, filter.state.map(DossierState::code)),
    ];
    for (index, text) in texts {
        if let Some(text) = text {
            select.filter(index, [Value::from(text)]);
        }
    }
    if let Some(patient) = &filter.patient {
        select.filter(3, [Value::from(patient.issuer()), Value::from(patient.token())]);
    }
    if let Some(day) = filter.due_by {
        select.filter(4, [Value::from(day), Value::from(day)]);
    }
    if let Some(external_id) = &filter.external_id {
        let found = external_ids::find(tx, programme, Dossiers::COLLECTION, external_id).await?;
        let Some(id) = found else { return Ok(Vec::new()) };
        select.filter(5, [Value::from(id)]);
    }
    let rows = tx.select(select.page(page)).await?;
    complete(tx, programme, &rows).await
}

/// Writes a new dossier.
///
/// # Errors
/// A storage error.
pub async fn insert(tx: &mut Tx<'_>, dossier: &Dossier) -> Result<()> {
    let (programme, id, promise) = (dossier.name.programme(), dossier.name.id(), dossier.promise.as_ref());
    let stmt = tx.sql(INSERT).bind(programme).bind(id).bind(&dossier.expert).bind(&dossier.site);
    let stmt = stmt.bind(dossier.patient.issuer()).bind(dossier.patient.token()).bind(&dossier.purpose);
    let stmt = stmt.bind(dossier.planned).bind(promise.map(|promise| promise.heard_by.as_str()));
    let stmt = stmt.bind(promise.map(|promise| promise.medium.code())).bind(promise.map(|promise| promise.heard_time));
    let mut stmt = stmt.bind(promise.map(|promise| promise.words.as_str()));
    for (reference, date) in documents(&dossier.papers) {
        stmt = stmt.bind(reference).bind(date);
    }
    let stmt = stmt.bind(dossier.papers.fee).bind(dossier.papers_due).bind(dossier.report_due).bind(dossier.reported);
    let stmt = stmt.bind(dossier.state.code()).bind(dossier.meta.revision);
    stmt.bind(dossier.meta.create_time).bind(dossier.meta.update_time).execute().await?;
    insert_co_experts(tx, dossier).await?;
    external_ids::insert_all(tx, programme, Dossiers::COLLECTION, &[(id, &dossier.external_ids)]).await
}

/// Writes what can change in a dossier: its experts, its papers, the report, its state.
///
/// # Errors
/// A storage error.
pub async fn update(tx: &mut Tx<'_>, dossier: &Dossier) -> Result<()> {
    let (programme, id) = (dossier.name.programme(), dossier.name.id());
    let mut stmt = tx.sql(UPDATE).bind(programme).bind(id).bind(&dossier.expert);
    for (reference, date) in documents(&dossier.papers) {
        stmt = stmt.bind(reference).bind(date);
    }
    let stmt = stmt.bind(dossier.papers.fee).bind(dossier.reported).bind(dossier.state.code());
    stmt.bind(dossier.meta.revision).bind(dossier.meta.update_time).execute().await?;
    tx.sql(DELETE_CO_EXPERTS).bind(programme).bind(id).execute().await?;
    insert_co_experts(tx, dossier).await
}

async fn insert_co_experts(tx: &mut Tx<'_>, dossier: &Dossier) -> Result<()> {
    let (programme, id) = (dossier.name.programme().as_str(), dossier.name.id().as_str());
    let rows: Vec<_> = dossier.co_experts.iter().map(|expert| (programme, id, expert.as_str())).collect();
    if !rows.is_empty() {
        tx.sql(INSERT_CO_EXPERTS).bind_rows(&rows).execute().await?;
    }
    Ok(())
}

/// The columns of the three papers, in the tables' order.
fn documents(papers: &DossierPapers) -> [(Option<&str>, Option<Date>); 3] {
    [&papers.invitation, &papers.home_consent, &papers.patient_consent].map(|paper| {
        let paper = paper.as_ref();
        (paper.map(|paper| paper.reference.as_str()), paper.map(|paper| paper.date))
    })
}

async fn complete(tx: &mut Tx<'_>, programme: &Id, rows: &[Row]) -> Result<Vec<Dossier>> {
    let ids: Vec<Id> = rows.iter().map(|row| row.get("dossier")).collect::<Result<_>>()?;
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let mut beside: HashMap<Id, Vec<Id>> = HashMap::new();
    for row in tx.sql(CO_EXPERTS).bind_rows(&db::keys(programme, &ids)).fetch_all().await? {
        beside.entry(row.get("dossier")?).or_default().push(row.get("expert")?);
    }
    let mut named = external_ids::of(tx, programme, Dossiers::COLLECTION, &ids.iter().collect::<Vec<_>>()).await?;
    let dossier = |(row, id): (&Row, &Id)| {
        dossier_of(row, beside.remove(id).unwrap_or_default(), named.remove(id).unwrap_or_default())
    };
    rows.iter().zip(&ids).map(dossier).collect()
}

fn dossier_of(row: &Row, co_experts: Vec<Id>, external_ids: Vec<ExternalId>) -> Result<Dossier> {
    let (issuer, token): (String, String) = (row.get("patient_issuer")?, row.get("patient_token")?);
    let patient = Patient::parse(&issuer, &token);
    Ok(Dossier {
        name: Name::new(row.get("programme")?, row.get("dossier")?),
        expert: row.get("expert")?,
        co_experts,
        site: row.get("site")?,
        patient: patient.map_err(|_| Error::Internal("a stored patient token is damaged"))?,
        purpose: row.get("purpose")?,
        planned: row.get("planned_date")?,
        promise: promise_of(row)?,
        papers: DossierPapers {
            invitation: document_of(row, "invitation", "invitation_date")?,
            home_consent: document_of(row, "home_consent", "home_consent_date")?,
            patient_consent: document_of(row, "patient_consent", "patient_consent_date")?,
            fee: row.get("fee_fen")?,
        },
        papers_due: row.get("papers_due_date")?,
        report_due: row.get("report_due_date")?,
        reported: row.get("reported_date")?,
        external_ids,
        state: row.code("state")?,
        meta: row.meta()?,
    })
}

fn promise_of(row: &Row) -> Result<Option<Consent>> {
    let Some(heard_by) = row.get::<Option<String>>("heard_by")? else { return Ok(None) };
    let heard_time: Timestamp = row.get("heard_time")?;
    Ok(Some(Consent { heard_by, medium: row.code("medium")?, heard_time, words: row.get("words")? }))
}

fn document_of(row: &Row, reference: &str, date: &str) -> Result<Option<Document>> {
    let Some(reference) = row.get::<Option<String>>(reference)? else { return Ok(None) };
    Ok(Some(Document { reference, date: row.get(date)? }))
}
