//! SQL of credentials, and rows to types; dossiers and checklists have files of their own.
use std::collections::{BTreeMap, HashMap};

use serde::Serialize;

use super::{BasisKind, Credential, CredentialState, Credentials, Paper, PaperKind, Papers};
use crate::db::{self, Ask, List, Read, Row, Sql, Tx, Value, external_ids};
use crate::experts::Days;
use crate::kernel::{
    Collection as _, Date, Error, ExternalId, Grade, Id, Name, PageRequest, Result, Specialty, Vocabulary as _,
};
use crate::rows;

pub mod dossiers;
pub mod onboardings;
pub mod persons;

/// The tables that this slice writes.
pub const TABLES: &[&str] =
    &["credentials", "credential_sites", "dossiers", "dossier_co_experts", "onboardings", "onboarding_items"];

const BY_IDS: Sql = rows!(
    "SELECT c.programme, c.credential, c.paper, c.expert, c.basis, c.sites, c.specialties, c.grade, c.from_date, c.to_date, c.document, \
     c.state, c.revision, c.create_time, c.update_time FROM ",
    "JOIN credentials c ON c.programme = r.value->>0 AND c.credential = r.value->>1 ORDER BY c.credential"
);
const OF_EXPERTS: Sql = rows!(
    "SELECT c.programme, c.credential, c.paper, c.expert, c.basis, c.sites, c.specialties, c.grade, c.from_date, c.to_date, c.document, \
     c.state, c.revision, c.create_time, c.update_time FROM ",
    "JOIN credentials c ON c.programme = r.value->>0 AND c.expert = r.value->>1 WHERE c.state = 'VALID' ORDER BY c.credential"
);
const OF_SITES: Sql = rows!(
    "SELECT c.programme, c.credential, c.paper, c.expert, c.basis, c.sites, c.specialties, c.grade, c.from_date, c.to_date, c.document, \
     c.state, c.revision, c.create_time, c.update_time FROM ",
    "JOIN credential_sites s ON s.programme = r.value->>0 AND s.site = r.value->>1 AND s.paper = 'GRADE_LIST' \
     JOIN credentials c ON c.programme = s.programme AND c.credential = s.credential WHERE c.state = 'VALID' ORDER BY c.credential"
);
const INSERT: Sql = rows!(
    "INSERT INTO credentials (programme, credential, paper, expert, basis, sites, specialties, grade, from_date, to_date, document, \
     state, revision, create_time, update_time) SELECT r.value->>0, r.value->>1, r.value->>2, r.value->>3, r.value->>4, r.value->>5, \
     r.value->>6, CAST(r.value->>7 AS BIGINT), r.value->>8, r.value->>9, r.value->>10, r.value->>11, CAST(r.value->>12 AS BIGINT), \
     CAST(r.value->>13 AS BIGINT), CAST(r.value->>14 AS BIGINT) FROM ",
    "WHERE TRUE"
);
const INSERT_SITES: Sql = rows!(
    "INSERT INTO credential_sites (programme, credential, site, paper) \
     SELECT r.value->>0, r.value->>1, r.value->>2, r.value->>3 FROM ",
    "WHERE TRUE"
);
const UPDATE: Sql = Sql::new(
    "UPDATE credentials SET expert = $3, to_date = $4, state = $5, revision = $6, update_time = $7 \
     WHERE programme = $1 AND credential = $2",
);
const NAMING_SITE: Sql = Sql::new(
    "SELECT s.credential FROM credential_sites s WHERE s.programme = $1 AND s.site = $2 ORDER BY s.paper, s.credential LIMIT 1",
);
const LIST: List = List {
    head: "SELECT c.programme, c.credential, c.paper, c.expert, c.basis, c.sites, c.specialties, c.grade, c.from_date, c.to_date, \
           c.document, c.state, c.revision, c.create_time, c.update_time FROM credentials c WHERE c.programme = ?",
    filters: &[
        "c.expert = ?",
        "(SELECT 1 FROM credential_sites s WHERE s.programme = c.programme AND s.credential = c.credential AND s.site = ? LIMIT 1) \
         IS NOT NULL",
        "c.paper = ?",
        "c.basis = ?",
        "c.state = 'VALID' AND c.from_date <= ? AND (c.to_date IS NULL OR c.to_date >= ?)",
        "c.credential = ?",
    ],
    after: "c.credential > ?",
    order: "ORDER BY c.credential",
};
const EXPIRING: List = List {
    head: "SELECT c.programme, c.credential, c.paper, c.expert, c.basis, c.sites, c.specialties, c.grade, c.from_date, c.to_date, \
           c.document, c.state, c.revision, c.create_time, c.update_time FROM credentials c \
           WHERE c.programme = ? AND c.to_date >= ? AND c.to_date <= ? AND c.state = 'VALID'",
    filters: &[
        "c.expert = ?",
        "(SELECT 1 FROM credential_sites s WHERE s.programme = c.programme AND s.credential = c.credential AND s.site = ? LIMIT 1) \
         IS NOT NULL",
        "c.paper = ?",
    ],
    after: "(c.to_date, c.credential) > (?, ?)",
    order: "ORDER BY c.to_date, c.credential",
};

/// The statements of this file, for the test that prepares them.
pub const STATEMENTS: &[(&str, Sql)] = &[
    ("BY_IDS", BY_IDS),
    ("OF_EXPERTS", OF_EXPERTS),
    ("OF_SITES", OF_SITES),
    ("INSERT", INSERT),
    ("INSERT_SITES", INSERT_SITES),
    ("UPDATE", UPDATE),
    ("NAMING_SITE", NAMING_SITE),
];
/// The lists of this file.
pub const LISTS: &[(&str, &List)] = &[("LIST", &LIST), ("EXPIRING", &EXPIRING)];

/// Which credentials a list is about; what is set must all hold.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Filter {
    /// Of this expert.
    pub expert: Option<Id>,
    /// Naming this site.
    pub site: Option<Id>,
    /// Of this kind.
    pub paper: Option<PaperKind>,
    /// A basis of this kind.
    pub basis: Option<BasisKind>,
    /// Holding on this day.
    pub in_force: Option<Date>,
    /// With this external id.
    pub external_id: Option<ExternalId>,
}

/// Asks for everything but dossiers that may matter to these experts at these sites: what the judgements of [`super::lawful`] read.
/// External ids aren't loaded.
pub fn papers(programme: &Id, experts: &[Id], sites: &[Id]) -> Ask<Papers> {
    let asked = of_experts(programme, experts).and(of_sites(programme, sites));
    asked.map(|(of_experts, of_sites)| Ok(Papers { of_experts, of_sites, ..Papers::default() }))
}

/// Asks for the papers that may matter to these experts, by expert. External ids aren't loaded.
pub fn of_experts(programme: &Id, experts: &[Id]) -> Ask<HashMap<Id, Vec<Credential>>> {
    if experts.is_empty() {
        return Ask::known(HashMap::new());
    }
    Ask::rows(Read::of(OF_EXPERTS).bind_rows(&db::keys(programme, experts)), |rows| {
        let mut papers: HashMap<Id, Vec<Credential>> = HashMap::new();
        for row in &rows {
            papers.entry(row.get("expert")?).or_default().push(credential_of(row, Vec::new())?);
        }
        Ok(papers)
    })
}

/// Asks for the grade lists of these sites, by site. External ids aren't loaded.
pub fn of_sites(programme: &Id, sites: &[Id]) -> Ask<HashMap<Id, Vec<Credential>>> {
    if sites.is_empty() {
        return Ask::known(HashMap::new());
    }
    Ask::rows(Read::of(OF_SITES).bind_rows(&db::keys(programme, sites)), |rows| {
        let mut papers: HashMap<Id, Vec<Credential>> = HashMap::new();
        for row in &rows {
            let credential = credential_of(row, Vec::new())?;
            for site in credential.paper.sites() {
                papers.entry(site.clone()).or_default().push(credential.clone());
            }
        }
        Ok(papers)
    })
}

/// The credentials with these ids, those that are there, by id.
///
/// # Errors
/// A storage error.
pub async fn many(tx: &mut Tx<'_>, programme: &Id, ids: &[Id]) -> Result<BTreeMap<Id, Credential>> {
    if ids.is_empty() {
        return Ok(BTreeMap::new());
    }
    let rows = tx.sql(BY_IDS).bind_rows(&db::keys(programme, ids)).fetch_all().await?;
    let found = complete(tx, programme, &rows).await?;
    Ok(found.into_iter().map(|credential| (credential.name.id().clone(), credential)).collect())
}

/// The credential.
///
/// # Errors
/// `RESOURCE_NOT_FOUND`, or a storage error.
pub async fn get(tx: &mut Tx<'_>, name: &Name<Credentials>) -> Result<Credential> {
    let found = many(tx, name.programme(), std::slice::from_ref(name.id())).await?.remove(name.id());
    found.ok_or_else(|| Error::not_found(name))
}

/// A page of credentials by id, one more than it holds.
///
/// # Errors
/// A storage error.
pub async fn list(tx: &mut Tx<'_>, programme: &Id, filter: &Filter, page: &PageRequest) -> Result<Vec<Credential>> {
    let mut select = LIST.select([Value::from(programme)]);
    let texts = [
        (0, filter.expert.as_ref().map(Id::as_str)),
        (1, filter.site.as_ref().map(Id::as_str)),
        (2, filter.paper.map(PaperKind::code)),
        (3, filter.basis.map(BasisKind::code)),
    ];
    for (index, text) in texts {
        if let Some(text) = text {
            select.filter(index, [Value::from(text)]);
        }
    }
    if let Some(day) = filter.in_force {
        select.filter(4, [Value::from(day), Value::from(day)]);
    }
    if let Some(external_id) = &filter.external_id {
        let found = external_ids::find(tx, programme, Credentials::COLLECTION, external_id).await?;
        let Some(id) = found else { return Ok(Vec::new()) };
        select.filter(5, [Value::from(id)]);
    }
    let rows = tx.select(select.page(page)).await?;
    complete(tx, programme, &rows).await
}

/// A page of the credentials whose last day lies in a window, by that day and id, one more than it holds. Of the filter `expert`, `site`
/// and `paper` are looked at.
///
/// # Errors
/// A storage error.
pub async fn expiring(
    tx: &mut Tx<'_>,
    programme: &Id,
    window: (Date, Date),
    filter: &Filter,
    page: &PageRequest,
) -> Result<Vec<Credential>> {
    let mut select = EXPIRING.select([Value::from(programme), Value::from(window.0), Value::from(window.1)]);
    let texts = [
        (0, filter.expert.as_ref().map(Id::as_str)),
        (1, filter.site.as_ref().map(Id::as_str)),
        (2, filter.paper.map(PaperKind::code)),
    ];
    for (index, text) in texts {
        if let Some(text) = text {
            select.filter(index, [Value::from(text)]);
        }
    }
    let rows = tx.select(select.page(page)).await?;
    complete(tx, programme, &rows).await
}

/// A credential that names a site.
///
/// # Errors
/// A storage error.
pub async fn naming_site(tx: &mut Tx<'_>, programme: &Id, site: &Id) -> Result<Option<Id>> {
    let row = tx.sql(NAMING_SITE).bind(programme).bind(site).fetch_optional().await?;
    row.map(|row| row.get("credential")).transpose()
}

/// Writes new credentials.
///
/// # Errors
/// A storage error.
pub async fn insert_all(tx: &mut Tx<'_>, programme: &Id, credentials: &[Credential]) -> Result<()> {
    if credentials.is_empty() {
        return Ok(());
    }
    let (mut rows, mut sites) = (Vec::with_capacity(credentials.len()), Vec::new());
    for credential in credentials {
        let (id, paper, meta) = (credential.name.id(), &credential.paper, credential.meta);
        rows.push((
            programme,
            id,
            paper.kind(),
            paper.expert(),
            paper.basis(),
            json(paper.sites())?,
            json(paper.specialties())?,
            paper.grade(),
            credential.days.from.to_string(),
            credential.days.to.map(|to| to.to_string()),
            &credential.document,
            credential.state,
            meta.revision,
            meta.create_time,
            meta.update_time,
        ));
        sites.extend(paper.sites().iter().map(|site| (programme, id, site, paper.kind())));
    }
    tx.sql(INSERT).bind_rows(&rows).execute().await?;
    if !sites.is_empty() {
        tx.sql(INSERT_SITES).bind_rows(&sites).execute().await?;
    }
    let ids: Vec<_> =
        credentials.iter().map(|credential| (credential.name.id(), credential.external_ids.as_slice())).collect();
    external_ids::insert_all(tx, programme, Credentials::COLLECTION, &ids).await
}

/// Writes what can change in a credential: whose it is, its last day, its state.
///
/// # Errors
/// A storage error.
pub async fn update(tx: &mut Tx<'_>, credential: &Credential) -> Result<()> {
    let stmt = tx.sql(UPDATE).bind(credential.name.programme()).bind(credential.name.id());
    let stmt = stmt.bind(credential.paper.expert()).bind(credential.days.to).bind(credential.state.code());
    stmt.bind(credential.meta.revision).bind(credential.meta.update_time).execute().await?;
    Ok(())
}

fn json<T: Serialize>(list: &[T]) -> Result<String> {
    serde_json::to_string(list).map_err(Error::storage)
}

async fn complete(tx: &mut Tx<'_>, programme: &Id, rows: &[Row]) -> Result<Vec<Credential>> {
    let ids: Vec<Id> = rows.iter().map(|row| row.get("credential")).collect::<Result<_>>()?;
    let mut named = external_ids::of(tx, programme, Credentials::COLLECTION, &ids.iter().collect::<Vec<_>>()).await?;
    rows.iter().zip(&ids).map(|(row, id)| credential_of(row, named.remove(id).unwrap_or_default())).collect()
}

fn credential_of(row: &Row, external_ids: Vec<ExternalId>) -> Result<Credential> {
    Ok(Credential {
        name: Name::new(row.get("programme")?, row.get("credential")?),
        paper: paper_of(row)?,
        days: Days { from: row.get("from_date")?, to: row.get("to_date")? },
        document: row.get("document")?,
        external_ids,
        state: row.code::<CredentialState>("state")?,
        meta: row.meta()?,
    })
}

fn paper_of(row: &Row) -> Result<Paper> {
    const DAMAGED: Error = Error::Internal("a credential's row lacks what its kind has");
    let expert = || row.get::<Id>("expert");
    let specialties = || row.json::<Vec<Specialty>>("specialties");
    let site = || row.json::<Vec<Id>>("sites")?.pop().ok_or(DAMAGED);
    let highest = || Grade::new(row.get("grade")?).ok_or(DAMAGED);
    Ok(match row.code::<PaperKind>("paper")? {
        PaperKind::Licence => Paper::Licence { expert: expert()? },
        PaperKind::Basis => Paper::Basis { expert: expert()?, kind: row.code("basis")?, sites: row.json("sites")? },
        PaperKind::GradeList => {
            Paper::GradeList { site: site()?, specialty: specialties()?.pop(), highest: highest()? }
        }
        PaperKind::Authorisation => {
            Paper::Authorisation { expert: expert()?, site: site()?, highest: highest()?, specialties: specialties()? }
        }
    })
}
