//! SQL of the need list, and rows to types.
use super::super::need::{Need, NeedState, Needs, Wanted};
use crate::db::{List, Row, Sql, Tx, Value, external_ids};
use crate::kernel::{Collection as _, Error, ExternalId, Id, Name, PageRequest, Patient, Result, Vocabulary as _};
use crate::rows;

macro_rules! columns {
    () => {
        "n.programme, n.need, n.expert, n.specialty, n.urgency, n.patient_issuer, n.patient_token, n.state, n.reservation, \
         n.revision, n.create_time, n.update_time "
    };
}

const GET: Sql = Sql::new(concat!("SELECT ", columns!(), "FROM needs n WHERE n.programme = $1 AND n.need = $2"));
const LIVE: Sql = Sql::new(
    "SELECT n.need FROM needs n WHERE n.programme = $1 AND n.patient_token = $2 AND n.patient_issuer = $3 AND n.wanted = $4 \
     AND n.live = 1 LIMIT 1",
);
// SQLite would look through every need that is open.
const OPEN: Sql = rows!(
    concat!("SELECT ", columns!(), "FROM "),
    "",
    hint: "CROSS ",
    "JOIN needs n ON n.programme = r.value->>0 AND n.wanted = r.value->>1 AND n.state = 'OPEN' \
     ORDER BY n.rank, n.create_time, n.need LIMIT $2 + 0"
);
const INSERT: Sql = Sql::new(
    "INSERT INTO needs (programme, need, wanted, expert, specialty, urgency, rank, patient_issuer, patient_token, live, state, \
     revision, create_time, update_time) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 1, 'OPEN', 1, $10, $10)",
);
const UPDATE: Sql = rows!(
    "UPDATE needs SET live = NULL, state = r.value->>2, reservation = r.value->>3, revision = CAST(r.value->>4 AS BIGINT), \
     update_time = CAST(r.value->>5 AS BIGINT) FROM ",
    "WHERE needs.programme = r.value->>0 AND needs.need = r.value->>1"
);

/// The statements of the need list, for the test that prepares them.
pub const STATEMENTS: &[(&str, Sql)] =
    &[("GET", GET), ("LIVE", LIVE), ("OPEN", OPEN), ("INSERT", INSERT), ("UPDATE", UPDATE)];

static LIST: List = List {
    head: concat!("SELECT ", columns!(), "FROM needs n WHERE n.programme = ?"),
    filters: &["n.wanted = ?", "n.state = ?", "n.patient_token = ? AND n.patient_issuer = ?", "n.need = ?"],
    after: "n.need > ?",
    order: "ORDER BY n.need",
};

/// The lists of needs, for the test that prepares them.
pub const LISTS: &[(&str, &List)] = &[("LIST", &LIST)];

/// Which needs a list is about; what is set must all hold.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Filter {
    /// For exactly this.
    pub wanted: Option<Wanted>,
    /// In this state.
    pub state: Option<NeedState>,
    /// Of this patient.
    pub patient: Option<Patient>,
    /// With this external id.
    pub external_id: Option<ExternalId>,
}

/// The need.
///
/// # Errors
/// `RESOURCE_NOT_FOUND`, or a storage error.
pub async fn get(tx: &mut Tx<'_>, name: &Name<Needs>) -> Result<Need> {
    find(tx, name).await?.ok_or_else(|| Error::not_found(name))
}

/// The need, if it is there.
///
/// # Errors
/// A storage error.
pub async fn find(tx: &mut Tx<'_>, name: &Name<Needs>) -> Result<Option<Need>> {
    let rows = tx.sql(GET).bind(name.programme()).bind(name.id()).fetch_all().await?;
    Ok(complete(tx, name.programme(), &rows).await?.pop())
}

/// Which open need for this a patient has, if one.
///
/// # Errors
/// A storage error.
pub async fn live(tx: &mut Tx<'_>, programme: &Id, patient: &Patient, wanted: &Wanted) -> Result<Option<Id>> {
    let stmt = tx.sql(LIVE).bind(programme).bind(patient.token()).bind(patient.issuer()).bind(wanted.key());
    stmt.fetch_optional().await?.map(|row| row.get("need")).transpose()
}

/// The first open needs for one of these, the most urgent first, then in the order of arrival; without external ids.
///
/// # Errors
/// A storage error.
pub async fn open(tx: &mut Tx<'_>, programme: &Id, wanted: &[Wanted], most: i64) -> Result<Vec<Need>> {
    let keys: Vec<_> = wanted.iter().map(|wanted| (programme, wanted.key())).collect();
    let rows = tx.sql(OPEN).bind_rows(&keys).bind(most).fetch_all().await?;
    rows.iter().map(need_of).collect()
}

/// A page of needs by id, one more than it holds.
///
/// # Errors
/// A storage error.
pub async fn list(tx: &mut Tx<'_>, programme: &Id, filter: &Filter, page: &PageRequest) -> Result<Vec<Need>> {
    let mut select = LIST.select([Value::from(programme)]);
    if let Some(external_id) = &filter.external_id {
        let found = external_ids::find(tx, programme, Needs::COLLECTION, external_id).await?;
        let Some(id) = found else { return Ok(Vec::new()) };
        select.filter(3, [Value::from(id)]);
    }
    if let Some(wanted) = &filter.wanted {
        select.filter(0, [Value::from(wanted.key())]);
    }
    if let Some(state) = filter.state {
        select.filter(1, [Value::from(state.code())]);
    }
    if let Some(patient) = &filter.patient {
        select.filter(2, [Value::from(patient.token()), Value::from(patient.issuer())]);
    }
    let rows = tx.select(select.page(page)).await?;
    complete(tx, programme, &rows).await
}

/// Writes a new need with its external ids.
///
/// # Errors
/// A storage error.
pub async fn insert(tx: &mut Tx<'_>, need: &Need) -> Result<()> {
    let (programme, id) = (need.name.programme(), need.name.id());
    let (expert, specialty) = match &need.wanted {
        Wanted::Expert(expert) => (Some(expert), None),
        Wanted::Specialty(specialty) => (None, Some(specialty)),
    };
    let stmt = tx.sql(INSERT).bind(programme).bind(id).bind(need.wanted.key()).bind(expert).bind(specialty);
    let stmt = stmt.bind(need.urgency.code()).bind(need.urgency.rank());
    let stmt = stmt.bind(need.patient.issuer()).bind(need.patient.token()).bind(need.meta.create_time);
    stmt.execute().await?;
    external_ids::insert_all(tx, programme, Needs::COLLECTION, &[(id, &need.external_ids)]).await
}

/// Writes needs that are open no more.
///
/// # Errors
/// A storage error.
pub async fn close(tx: &mut Tx<'_>, needs: &[Need]) -> Result<()> {
    let row = |need: &Need| {
        let (programme, id) = (need.name.programme().clone(), need.name.id().clone());
        (programme, id, need.state, need.reservation.clone(), need.meta.revision, need.meta.update_time)
    };
    let rows: Vec<_> = needs.iter().map(row).collect();
    if rows.is_empty() { Ok(()) } else { tx.sql(UPDATE).bind_rows(&rows).execute().await }
}

async fn complete(tx: &mut Tx<'_>, programme: &Id, rows: &[Row]) -> Result<Vec<Need>> {
    let mut needs = rows.iter().map(need_of).collect::<Result<Vec<_>>>()?;
    let ids: Vec<Id> = needs.iter().map(|need| need.name.id().clone()).collect();
    let mut external_ids = external_ids::of(tx, programme, Needs::COLLECTION, &ids.iter().collect::<Vec<_>>()).await?;
    for need in &mut needs {
        need.external_ids = external_ids.remove(need.name.id()).unwrap_or_default();
    }
    Ok(needs)
}

fn need_of(row: &Row) -> Result<Need> {
    let corrupt = |column: &'static str| Error::storage(format!("needs.{column} has no such shape"));
    let (issuer, token): (String, String) = (row.get("patient_issuer")?, row.get("patient_token")?);
    let wanted = match (row.get("expert")?, row.get("specialty")?) {
        (Some(expert), _) => Wanted::Expert(expert),
        (None, Some(specialty)) => Wanted::Specialty(specialty),
        (None, None) => return Err(corrupt("specialty")),
    };
    Ok(Need {
        name: Name::new(row.get("programme")?, row.get("need")?),
        wanted,
        urgency: row.code("urgency")?,
        patient: Patient::parse(&issuer, &token).map_err(|_| corrupt("patient_token"))?,
        state: row.code("state")?,
        reservation: row.get("reservation")?,
        external_ids: Vec::new(),
        meta: row.meta()?,
    })
}
