//! The queue of discrepancies between hospitals' extracts and the records.

use std::collections::{BTreeMap, HashMap};

use crate::activities::Activities;
use crate::db::{List, Row, Select, Sql, Tx, Value};
use crate::kernel::{Collection as _, Error, ExternalId, Id, Name, Patient, Result, Timestamp, Vocabulary as _};
use crate::persons;
use crate::persons::store::Swap;
use crate::rows;
use crate::tallies::extract::{
    Discrepancies, Discrepancy, DiscrepancyState, Finding, FindingKey, Open, Scope, SealedNumbers,
};

const PUT: Sql = rows!(
    "INSERT INTO discrepancies (programme, discrepancy, system, kind, value, activity, fields, date, state, resolution, note, \
     resolver, revision, create_time, update_time, site, patient_issuer, patient_token) SELECT r.value->>0, r.value->>1, r.value->>2, r.value->>3, r.value->>4, \
     r.value->>5, r.value->>6, r.value->>7, r.value->>8, r.value->>9, r.value->>10, r.value->>11, \
     CAST(r.value->>12 AS BIGINT), CAST(r.value->>13 AS BIGINT), CAST(r.value->>14 AS BIGINT), \
     r.value->>15, r.value->>16, r.value->>17 FROM ",
    "WHERE TRUE ON CONFLICT (programme, discrepancy) DO UPDATE SET fields = excluded.fields, date = excluded.date, site = excluded.site, \
     patient_issuer = excluded.patient_issuer, patient_token = excluded.patient_token, state = excluded.state, resolution = excluded.resolution, note = excluded.note, resolver = excluded.resolver, \
     revision = excluded.revision, update_time = excluded.update_time"
);
const BY_IDS: Sql =
    rows!("SELECT d.* FROM ", "JOIN discrepancies d ON d.programme = r.value->>0 AND d.discrepancy = r.value->>1");
const OPEN_OF: Sql = Sql::new(
    "SELECT d.discrepancy, d.kind, d.value, d.activity, d.site FROM discrepancies d WHERE d.programme = $1 AND d.state = 'OPEN' AND d.system = $2 \
     AND d.date >= $3 AND d.date <= $4 ORDER BY d.discrepancy",
);
/// Of findings about records; `r`: programme, system, kind, number, activity.
const OF_RECORDS: Sql = rows!(
    "SELECT d.* FROM ",
    "JOIN discrepancies d ON d.programme = r.value->>0 AND d.activity = r.value->>4 AND d.system = r.value->>1 \
     AND d.kind = r.value->>2 AND d.value = r.value->>3"
);
/// Of findings without a record; `r`: programme, system, kind, number.
const OF_NUMBERS: Sql = rows!(
    "SELECT d.* FROM ",
    "JOIN discrepancies d ON d.programme = r.value->>0 AND d.system = r.value->>1 AND d.value = r.value->>3 \
     AND d.kind = r.value->>2 AND d.activity IS NULL"
);

/// Those about activities that a restriction touched.
const OF_SEALED: Sql = Sql::new(
    "SELECT d.discrepancy, d.value FROM person_seals s JOIN discrepancies d ON d.programme = s.programme AND d.activity = s.item \
     WHERE s.programme = $1 AND s.restriction = $2 AND s.part = 'activities' ORDER BY d.discrepancy",
);
/// Those about a number of a hospital's, whether or not it was on record when they were found; `r`: programme, system, number.
const BY_NUMBERS: Sql = rows!(
    "SELECT d.discrepancy, d.value FROM ",
    "JOIN discrepancies d ON d.programme = r.value->>0 AND d.system = r.value->>1 AND d.value = r.value->>2"
);
/// Those for a patient of whose service there is no record.
const OF_PATIENT: Sql = Sql::new(
    "SELECT d.discrepancy, d.value FROM discrepancies d \
     WHERE d.programme = $1 AND d.patient_issuer = $2 AND d.patient_token = $3 ORDER BY d.discrepancy",
);
const SWAP_PATIENT: Sql = Sql::new(
    "UPDATE discrepancies SET patient_token = $4 WHERE programme = $1 AND patient_issuer = $2 AND patient_token = $3",
);
/// The numbers that are sealed in discrepancies.
const SEALED_HERE: Sql = Sql::new(
    "SELECT d.system, s.value FROM person_seals s JOIN discrepancies d ON d.programme = s.programme AND d.discrepancy = s.item \
     WHERE s.programme = $1 AND s.part = 'discrepancies' AND s.value <> ''",
);
const PUT_NUMBERS: Sql = rows!(
    "UPDATE discrepancies SET value = r.value->>2, revision = discrepancies.revision + 1, update_time = CAST(r.value->>3 AS BIGINT) FROM ",
    "WHERE discrepancies.programme = r.value->>0 AND discrepancies.discrepancy = r.value->>1 \
     RETURNING discrepancies.discrepancy, discrepancies.revision"
);

/// The statements of this file, for the test that prepares them.
pub const STATEMENTS: &[(&str, Sql)] = &[
    ("PUT", PUT),
    ("BY_IDS", BY_IDS),
    ("OPEN_OF", OPEN_OF),
    ("OF_RECORDS", OF_RECORDS),
    ("OF_NUMBERS", OF_NUMBERS),
    ("OF_SEALED", OF_SEALED),
    ("BY_NUMBERS", BY_NUMBERS),
    ("OF_PATIENT", OF_PATIENT),
    ("SWAP_PATIENT", SWAP_PATIENT),
    ("SEALED_HERE", SEALED_HERE),
    ("PUT_NUMBERS", PUT_NUMBERS),
];

static LIST: List = List {
    head: "SELECT d.* FROM discrepancies d WHERE d.programme = ?",
    filters: &["d.state = ?", "d.system = ?"],
    after: "d.discrepancy > ?",
    order: "ORDER BY d.discrepancy",
};

/// The lists of this file, for the test that prepares them.
pub const LISTS: &[(&str, &List)] = &[("LIST", &LIST)];

/// Those of some discrepancies that are there.
///
/// # Errors
/// A storage error.
pub async fn find_all(tx: &mut Tx<'_>, programme: &Id, ids: &[Id]) -> Result<HashMap<Id, Discrepancy>> {
    let keys: Vec<_> = ids.iter().map(|id| (programme, id)).collect();
    let rows = tx.sql(BY_IDS).bind_rows(&keys).fetch_all().await?;
    rows.iter().map(|row| discrepancy(row).map(|it| (it.name.id().clone(), it))).collect()
}

/// One discrepancy.
///
/// # Errors
/// `RESOURCE_NOT_FOUND`, or a storage error.
pub async fn get(tx: &mut Tx<'_>, name: &Name<Discrepancies>) -> Result<Discrepancy> {
    let found = find_all(tx, name.programme(), std::slice::from_ref(name.id())).await?.remove(name.id());
    found.ok_or_else(|| Error::not_found(name))
}

/// Those that are there of some findings with a system's extracts.
///
/// # Errors
/// A storage error.
pub async fn known(
    tx: &mut Tx<'_>,
    programme: &Id,
    system: &str,
    findings: impl Iterator<Item = &Finding> + Send,
) -> Result<HashMap<FindingKey, Discrepancy>> {
    let (mut records, mut numbers) = (Vec::new(), Vec::new());
    for Finding { kind, value, activity, .. } in findings {
        match activity {
            Some(activity) => records.push((programme, system, kind.code(), value, activity)),
            None => numbers.push((programme, system, kind.code(), value)),
        }
    }
    let mut rows = Vec::new();
    if !records.is_empty() {
        rows.extend(tx.sql(OF_RECORDS).bind_rows(&records).fetch_all().await?);
    }
    if !numbers.is_empty() {
        rows.extend(tx.sql(OF_NUMBERS).bind_rows(&numbers).fetch_all().await?);
    }
    rows.iter().map(|row| discrepancy(row).map(|it| (it.finding.key(), it))).collect()
}

/// The numbers that are sealed: of restricted patients' records, and of what was missing here.
///
/// # Errors
/// A storage error.
pub async fn sealed(tx: &mut Tx<'_>, programme: &Id) -> Result<SealedNumbers> {
    let mut numbers = persons::store::all_sealed_numbers(tx, programme, Activities::COLLECTION).await?;
    for row in tx.sql(SEALED_HERE).bind(programme).fetch_all().await? {
        let (system, value): (String, String) = (row.get("system")?, row.get("value")?);
        numbers.extend(ExternalId::parse(&system, &value).ok());
    }
    Ok(SealedNumbers::new(numbers))
}

/// The open discrepancies with a system's extracts on some days, at whichever site.
///
/// # Errors
/// A storage error.
pub async fn open_of(tx: &mut Tx<'_>, programme: &Id, scope: &Scope) -> Result<Vec<Open>> {
    let stmt = tx.sql(OPEN_OF).bind(programme).bind(&scope.system).bind(scope.from).bind(scope.to);
    let open = |row: &Row| {
        let (id, kind, value) = (row.get("discrepancy")?, row.code("kind")?, row.get("value")?);
        Ok(Open { id, kind, value, activity: row.get("activity")?, site: row.get("site")? })
    };
    stmt.fetch_all().await?.iter().map(open).collect()
}

/// Discrepancies by id, before the page is cut.
#[must_use]
pub fn list(programme: &Id, state: Option<DiscrepancyState>, system: Option<&str>) -> Select {
    let mut select = LIST.select([Value::from(programme)]);
    if let Some(state) = state {
        select.filter(0, [Value::from(state.code())]);
    }
    if let Some(system) = system {
        select.filter(1, [Value::from(system)]);
    }
    select
}

/// Writes discrepancies as they are from now on.
///
/// # Errors
/// A storage error.
pub async fn put(tx: &mut Tx<'_>, discrepancies: &[Discrepancy]) -> Result<()> {
    if discrepancies.is_empty() {
        return Ok(());
    }
    let row = |it: &Discrepancy| {
        let Finding { kind, value, activity, fields } = &it.finding;
        let key = (it.name.programme().as_str(), it.name.id().as_str(), &it.system, kind.code(), value);
        let what = (activity, fields.join(","), it.date.to_string(), it.state.code());
        let said = (it.resolution.map(|it| it.code()), &it.note, &it.resolver);
        let times = (it.meta.revision, it.meta.create_time.micros(), it.meta.update_time.micros());
        serde_json::json!([
            key.0,
            key.1,
            key.2,
            key.3,
            key.4,
            what.0,
            what.1,
            what.2,
            what.3,
            said.0,
            said.1,
            said.2,
            times.0,
            times.1,
            times.2,
            it.site,
            it.patient.as_ref().map(Patient::issuer),
            it.patient.as_ref().map(Patient::token)
        ])
    };
    let rows: Vec<_> = discrepancies.iter().map(row).collect();
    tx.sql(PUT).bind_rows(&rows).execute().await
}

/// The discrepancies about activities that a restriction touched, or about the numbers that these had, with the hospital's numbers: what
/// was missing here when it was found names no activity.
///
/// # Errors
/// A storage error.
pub async fn of_sealed(
    tx: &mut Tx<'_>,
    programme: &Id,
    restriction: &Id,
    numbers: &[ExternalId],
) -> Result<BTreeMap<Id, String>> {
    let mut rows = tx.sql(OF_SEALED).bind(programme).bind(restriction).fetch_all().await?;
    if !numbers.is_empty() {
        let keys: Vec<_> = numbers.iter().map(|number| (programme, number.system(), number.value())).collect();
        rows.extend(tx.sql(BY_NUMBERS).bind_rows(&keys).fetch_all().await?);
    }
    rows.iter().map(|row| Ok((row.get("discrepancy")?, row.get("value")?))).collect()
}

/// The discrepancies for a patient of whose service there is no record, with the hospital's numbers.
///
/// # Errors
/// A storage error.
pub async fn of_patient(tx: &mut Tx<'_>, programme: &Id, issuer: &str, token: &str) -> Result<BTreeMap<Id, String>> {
    let rows = tx.sql(OF_PATIENT).bind(programme).bind(issuer).bind(token).fetch_all().await?;
    rows.iter().map(|row| Ok((row.get("discrepancy")?, row.get("value")?))).collect()
}

/// Puts another token in the place of a patient's.
///
/// # Errors
/// A storage error.
pub async fn swap_patient(tx: &mut Tx<'_>, programme: &Id, swap: &Swap) -> Result<()> {
    let stmt = tx.sql(SWAP_PATIENT).bind(programme).bind(&swap.issuer).bind(&swap.from);
    stmt.bind(&swap.to).execute().await
}

/// Writes hospitals' numbers into discrepancies, which thereby have the revisions that are returned.
///
/// # Errors
/// A storage error.
pub async fn put_numbers(
    tx: &mut Tx<'_>,
    programme: &Id,
    numbers: &[(Id, String)],
    now: Timestamp,
) -> Result<Vec<(Id, i64)>> {
    if numbers.is_empty() {
        return Ok(Vec::new());
    }
    let rows: Vec<_> = numbers.iter().map(|(id, number)| (programme, id, number, now.micros())).collect();
    let rows = tx.sql(PUT_NUMBERS).bind_rows(&rows).fetch_all().await?;
    rows.iter().map(|row| Ok((row.get("discrepancy")?, row.get("revision")?))).collect()
}

/// A row of `discrepancies`.
///
/// # Errors
/// A storage error.
pub fn discrepancy(row: &Row) -> Result<Discrepancy> {
    let fields: String = row.get("fields")?;
    let patient = row.get::<Option<String>>("patient_issuer")?.zip(row.get::<Option<String>>("patient_token")?);
    let corrupt = |_| Error::storage("discrepancies.patient_token has no such shape");
    let patient = patient.map(|(issuer, token)| Patient::parse(&issuer, &token).map_err(corrupt)).transpose()?;
    Ok(Discrepancy {
        name: Name::<Discrepancies>::new(row.get("programme")?, row.get("discrepancy")?),
        system: row.get("system")?,
        finding: Finding {
            kind: row.code("kind")?,
            value: row.get("value")?,
            activity: row.get("activity")?,
            fields: fields.split(',').filter(|field| !field.is_empty()).map(str::to_owned).collect(),
        },
        date: row.get("date")?,
        site: row.get("site")?,
        patient,
        state: row.code("state")?,
        resolution: row.optional_code("resolution")?,
        note: row.get("note")?,
        resolver: row.get("resolver")?,
        meta: row.meta()?,
    })
}
