//! The tables of activities: versions that are added to and closed, and what is known around drafts.

use std::collections::{BTreeSet, HashMap, HashSet};

use serde::Serialize;

use super::operation::{Operation, Procedure};
use super::{Activities, Activity, Kind, Performer, Record, State, leaf};
use crate::db::{List, Row, Select, Sql, Tx, Value, external_ids};
use crate::kernel::{
    Collection as _, Date, Dimensions, Error, Fen, Grade, HalfDay, Id, Leaf, Meta, Name, Patient, Residence, Result,
    SessionKind, Vocabulary as _,
};
use crate::rows;

mod around;
mod patients;

pub use around::{known, session_state};
pub use patients::swap_patient;

/// The tables that this slice owns.
pub const TABLES: &[&str] = &["activity_versions", "activity_co_experts"];

const INSERT: Sql = rows!(
    "INSERT INTO activity_versions (programme, activity, revision, since_sequence, state, kind, session, session_kind, site, \
     site_level, date, half_day, lead_expert, home_hospital, specialty, residence, patient_issuer, patient_token, quantity, \
     performer, grade, grade_list, procedures, co_experts, declared_saving_fen, irregularities, void_reason, recorder, batch_row, \
     create_time, update_time) \
     SELECT r.value->>'programme', r.value->>'activity', CAST(r.value->>'revision' AS BIGINT), \
     CAST(r.value->>'since_sequence' AS BIGINT), r.value->>'state', r.value->>'kind', r.value->>'session', \
     r.value->>'session_kind', r.value->>'site', r.value->>'site_level', r.value->>'date', r.value->>'half_day', \
     r.value->>'lead_expert', r.value->>'home_hospital', r.value->>'specialty', r.value->>'residence', \
     r.value->>'patient_issuer', r.value->>'patient_token', CAST(r.value->>'quantity' AS BIGINT), r.value->>'performer', \
     CAST(r.value->>'grade' AS BIGINT), r.value->>'grade_list', r.value->>'procedures', r.value->>'co_experts', \
     CAST(r.value->>'declared_saving_fen' AS BIGINT), r.value->>'irregularities', r.value->>'void_reason', \
     r.value->>'recorder', CAST(r.value->>'batch_row' AS BIGINT), CAST(r.value->>'create_time' AS BIGINT), \
     CAST(r.value->>'update_time' AS BIGINT) FROM ",
    "WHERE TRUE"
);
const CLOSE: Sql = Sql::new(
    "UPDATE activity_versions SET until_sequence = $3 WHERE programme = $1 AND activity = $2 AND until_sequence IS NULL",
);
const INSERT_CO_EXPERTS: Sql = rows!(
    "INSERT INTO activity_co_experts (programme, expert, activity) SELECT r.value->>0, r.value->>1, r.value->>2 FROM ",
    "WHERE TRUE"
);
const DELETE_CO_EXPERTS: Sql = Sql::new("DELETE FROM activity_co_experts WHERE programme = $1 AND activity = $2");
// Every part of a key comes from the row, and no condition by itself fits an index: an engine that thinks the table small would
// read all of it for each row. COALESCE keeps the partial indexes of current versions out.
const CURRENT: Sql = rows!(
    "SELECT v.* FROM ",
    "JOIN activity_versions v ON v.programme = r.value->>0 AND v.activity = r.value->>1 WHERE COALESCE(v.until_sequence, 0) = 0"
);
const EXISTING: Sql = rows!(
    "SELECT v.activity FROM ",
    "JOIN activity_versions v ON v.programme = r.value->>0 AND v.activity = r.value->>1 AND v.revision = CAST(r.value->>2 AS BIGINT)"
);
const STANDING_IN: Sql = Sql::new(
    "SELECT v.activity FROM activity_versions v WHERE v.programme = $1 AND v.session = $2 AND v.until_sequence IS NULL \
     AND v.state = 'RECORDED' ORDER BY v.date, v.activity LIMIT 1",
);
const ALL_STANDING_IN: Sql = Sql::new(
    "SELECT v.activity FROM activity_versions v WHERE v.programme = $1 AND v.session = $2 AND v.until_sequence IS NULL \
     AND v.state = 'RECORDED' ORDER BY v.date, v.activity",
);
const FIRST_AT: Sql = Sql::new(
    "SELECT v.activity FROM activity_versions v WHERE v.programme = $1 AND v.site = $2 AND v.until_sequence IS NULL \
     ORDER BY v.date, v.activity LIMIT 1",
);
const FIRST_FROM: Sql = Sql::new(
    "SELECT v.activity FROM activity_versions v WHERE v.programme = $1 AND v.home_hospital = $2 \
     ORDER BY v.activity LIMIT 1",
);
const SUMS: Sql = Sql::new(
    "SELECT SUBSTR(v.date, 1, 7) AS month, v.half_day, v.site, v.site_level, v.lead_expert, v.home_hospital, v.specialty, \
     v.session_kind, v.residence, v.kind, v.performer, COUNT(*) AS records, CAST(SUM(v.quantity) AS BIGINT) AS quantity, \
     CAST(COALESCE(SUM(v.declared_saving_fen), 0) AS BIGINT) AS saving_fen FROM activity_versions v \
     WHERE v.programme = $1 AND v.date >= $2 AND v.date <= $3 AND v.until_sequence IS NULL AND v.state = 'RECORDED' \
     GROUP BY SUBSTR(v.date, 1, 7), v.half_day, v.site, v.site_level, v.lead_expert, v.home_hospital, v.specialty, \
     v.session_kind, v.residence, v.kind, v.performer",
);
const COUNT_STATES: Sql = Sql::new(
    "SELECT v.state, COUNT(*) AS activities, MIN(v.date) AS first_date, MAX(v.date) AS last_date FROM activity_versions v \
     WHERE v.programme = $1 AND v.until_sequence IS NULL GROUP BY v.state",
);

/// The statements of this slice, for the test that prepares them.
pub const STATEMENTS: &[(&str, Sql)] = &[
    ("INSERT", INSERT),
    ("CLOSE", CLOSE),
    ("INSERT_CO_EXPERTS", INSERT_CO_EXPERTS),
    ("DELETE_CO_EXPERTS", DELETE_CO_EXPERTS),
    ("CURRENT", CURRENT),
    ("EXISTING", EXISTING),
    ("STANDING_IN", STANDING_IN),
    ("ALL_STANDING_IN", ALL_STANDING_IN),
    ("FIRST_AT", FIRST_AT),
    ("FIRST_FROM", FIRST_FROM),
    ("SUMS", SUMS),
    ("COUNT_STATES", COUNT_STATES),
    ("SESSIONS", around::SESSIONS),
    ("SESSION_CO_EXPERTS", around::SESSION_CO_EXPERTS),
    ("SITES", around::SITES),
    ("EXPERTS", around::EXPERTS),
    ("AFFILIATIONS", around::AFFILIATIONS),
    ("SWAP_STANDING", patients::SWAP_STANDING),
    ("SWAP_REPLACED", patients::SWAP_REPLACED),
];

static LIST: List = List {
    head: "SELECT v.* FROM activity_versions v WHERE v.programme = ? AND v.until_sequence IS NULL",
    filters: &[
        "v.session = ?",
        "v.site = ?",
        "(v.lead_expert = ? OR v.activity IN \
         (SELECT e.activity FROM activity_co_experts e WHERE e.programme = v.programme AND e.expert = ?))",
        "v.date >= ?",
        "v.date <= ?",
        "v.kind = ?",
        "v.patient_issuer = ? AND v.patient_token = ?",
        "v.activity = ?",
        "v.state = ?",
    ],
    after: "(v.date, v.activity) > (?, ?)",
    order: "ORDER BY v.date, v.activity",
};

static VERSIONS: List = List {
    head: "SELECT v.* FROM activity_versions v WHERE v.programme = ? AND v.activity = ?",
    filters: &[],
    after: "v.revision > ?",
    order: "ORDER BY v.revision",
};

/// The lists of this slice, for the test that prepares them.
pub const LISTS: &[(&str, &List)] = &[("LIST", &LIST), ("VERSIONS", &VERSIONS)];

/// What a list narrows by.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Filter {
    /// In this session.
    pub session: Option<Id>,
    /// At this site.
    pub site: Option<Id>,
    /// Led by this expert, or with.
    pub expert: Option<Id>,
    /// On or after this day.
    pub from: Option<Date>,
    /// On or before this day.
    pub to: Option<Date>,
    /// Of this kind.
    pub kind: Option<Kind>,
    /// This patient's.
    pub patient: Option<Patient>,
    /// This one.
    pub activity: Option<Id>,
    /// In this state.
    pub state: Option<State>,
}

/// A list of current versions by date and id, before its page is cut.
#[must_use]
pub fn list(programme: &Id, filter: &Filter) -> Select {
    let mut select = LIST.select([Value::from(programme)]);
    let mut narrow = |index: usize, values: Option<Vec<Value>>| {
        if let Some(values) = values {
            select.filter(index, values);
        }
    };
    narrow(0, filter.session.as_ref().map(|id| vec![id.into()]));
    narrow(1, filter.site.as_ref().map(|id| vec![id.into()]));
    narrow(2, filter.expert.as_ref().map(|id| vec![id.into(), id.into()]));
    narrow(3, filter.from.map(|day| vec![day.into()]));
    narrow(4, filter.to.map(|day| vec![day.into()]));
    narrow(5, filter.kind.map(|kind| vec![kind.code().into()]));
    narrow(6, filter.patient.as_ref().map(|patient| vec![patient.issuer().into(), patient.token().into()]));
    narrow(7, filter.activity.as_ref().map(|id| vec![id.into()]));
    narrow(8, filter.state.map(|state| vec![state.code().into()]));
    select
}

/// The versions of one activity, before the page is cut.
#[must_use]
pub fn versions(programme: &Id, activity: &Id) -> Select {
    VERSIONS.select([Value::from(programme), Value::from(activity)])
}

#[derive(Serialize)]
struct VersionRow<'a> {
    programme: &'a str,
    activity: &'a str,
    revision: i64,
    since_sequence: i64,
    state: &'static str,
    kind: &'static str,
    session: Option<&'a str>,
    session_kind: &'static str,
    site: &'a str,
    site_level: &'static str,
    date: String,
    half_day: Option<&'static str>,
    lead_expert: Option<&'a str>,
    home_hospital: Option<&'a str>,
    specialty: &'a str,
    residence: &'static str,
    patient_issuer: Option<&'a str>,
    patient_token: Option<&'a str>,
    quantity: i64,
    performer: Option<&'static str>,
    grade: Option<i64>,
    grade_list: Option<&'a str>,
    procedures: String,
    co_experts: String,
    declared_saving_fen: Option<i64>,
    irregularities: String,
    void_reason: Option<&'static str>,
    recorder: &'a str,
    batch_row: Option<i64>,
    create_time: i64,
    update_time: i64,
}

fn version_row(activity: &Activity) -> Result<VersionRow<'_>> {
    let record = &activity.record;
    let operation = record.operation.as_ref();
    Ok(VersionRow {
        programme: activity.name.programme().as_str(),
        activity: activity.name.id().as_str(),
        revision: activity.meta.revision,
        since_sequence: activity.since_sequence,
        state: activity.state.code(),
        kind: record.kind.code(),
        session: record.session.as_ref().map(Id::as_str),
        session_kind: record.session_kind.code(),
        site: record.site.as_str(),
        site_level: record.site_level.code(),
        date: record.date.to_string(),
        half_day: record.half_day.map(HalfDay::code),
        lead_expert: record.lead_expert.as_ref().map(Id::as_str),
        home_hospital: record.home_hospital.as_ref().map(Id::as_str),
        specialty: record.specialty.as_str(),
        residence: record.residence.code(),
        patient_issuer: record.patient.as_ref().map(Patient::issuer),
        patient_token: record.patient.as_ref().map(Patient::token),
        quantity: record.quantity,
        performer: operation.map(|operation| operation.performer.code()),
        grade: operation.map(|operation| operation.grade.number()),
        grade_list: operation.map(|operation| operation.grade_list.as_str()),
        procedures: json(operation.map_or(&[], |operation| operation.procedures.as_slice()))?,
        co_experts: json(&record.co_experts)?,
        declared_saving_fen: record.declared_saving.map(Fen::get),
        irregularities: json(&record.irregularities)?,
        void_reason: activity.void_reason.map(|reason| reason.code()),
        recorder: &activity.recorder,
        batch_row: activity.batch_row,
        create_time: activity.meta.create_time.micros(),
        update_time: activity.meta.update_time.micros(),
    })
}

fn json<T: Serialize>(list: &[T]) -> Result<String> {
    if list.is_empty() { Ok("[]".to_owned()) } else { serde_json::to_string(list).map_err(Error::storage) }
}

/// Adds the first versions of new activities, with their external ids.
///
/// # Errors
/// A storage error, also when an id is taken.
pub async fn insert(tx: &mut Tx<'_>, programme: &Id, activities: &[Activity]) -> Result<()> {
    if activities.is_empty() {
        return Ok(());
    }
    insert_versions(tx, activities).await?;
    let external: Vec<_> = activities
        .iter()
        .filter(|activity| !activity.external_ids.is_empty())
        .map(|activity| (activity.name.id(), activity.external_ids.as_slice()))
        .collect();
    external_ids::insert_all(tx, programme, Activities::COLLECTION, &external).await
}

/// Closes the current version of an activity and puts another in its place.
///
/// # Errors
/// A storage error.
pub async fn replace(tx: &mut Tx<'_>, activity: &Activity) -> Result<()> {
    let (programme, id) = (activity.name.programme(), activity.name.id());
    tx.sql(CLOSE).bind(programme).bind(id).bind(activity.since_sequence).execute().await?;
    tx.sql(DELETE_CO_EXPERTS).bind(programme).bind(id).execute().await?;
    insert_versions(tx, std::slice::from_ref(activity)).await?;
    external_ids::put(tx, programme, Activities::COLLECTION, id, &activity.external_ids).await
}

async fn insert_versions(tx: &mut Tx<'_>, activities: &[Activity]) -> Result<()> {
    let rows = activities.iter().map(version_row).collect::<Result<Vec<_>>>()?;
    tx.sql(INSERT).bind_rows(&rows).execute().await?;
    let co_experts: Vec<_> = activities
        .iter()
        .flat_map(|activity| {
            let name = &activity.name;
            activity.record.co_experts.iter().map(move |expert| (name.programme(), expert, name.id()))
        })
        .collect();
    if !co_experts.is_empty() {
        tx.sql(INSERT_CO_EXPERTS).bind_rows(&co_experts).execute().await?;
    }
    Ok(())
}

/// The current versions of these activities; one that isn't there is left out.
///
/// # Errors
/// A storage error.
pub async fn current(tx: &mut Tx<'_>, programme: &Id, ids: &[&Id]) -> Result<HashMap<Id, Activity>> {
    let keys: Vec<_> = ids.iter().map(|id| (programme, id)).collect();
    let rows = tx.sql(CURRENT).bind_rows(&keys).fetch_all().await?;
    let activities = with_external_ids(tx, programme, rows).await?;
    Ok(activities.into_iter().map(|activity| (activity.name.id().clone(), activity)).collect())
}

/// The activities of rows, with the external ids that they have now.
///
/// # Errors
/// A storage error.
pub async fn with_external_ids(tx: &mut Tx<'_>, programme: &Id, rows: Vec<Row>) -> Result<Vec<Activity>> {
    let mut activities = rows.iter().map(activity).collect::<Result<Vec<_>>>()?;
    // Versions of one activity have one id.
    let ids: BTreeSet<&Id> = activities.iter().map(|activity| activity.name.id()).collect();
    let ids: Vec<&Id> = ids.into_iter().collect();
    let external_ids = external_ids::of(tx, programme, Activities::COLLECTION, &ids).await?;
    for activity in &mut activities {
        activity.external_ids = external_ids.get(activity.name.id()).cloned().unwrap_or_default();
    }
    Ok(activities)
}

/// Which of these ids are taken.
///
/// # Errors
/// A storage error.
pub async fn existing(tx: &mut Tx<'_>, programme: &Id, ids: &[&Id]) -> Result<HashSet<Id>> {
    let keys: Vec<_> = ids.iter().map(|id| (programme, id, 1)).collect();
    let rows = tx.sql(EXISTING).bind_rows(&keys).fetch_all().await?;
    rows.iter().map(|row| row.get("activity")).collect()
}

/// One activity that stands in a session, if any does.
///
/// # Errors
/// A storage error.
pub async fn standing_in(tx: &mut Tx<'_>, programme: &Id, session: &Id) -> Result<Option<Id>> {
    let row = tx.sql(STANDING_IN).bind(programme).bind(session).fetch_optional().await?;
    row.map(|row| row.get("activity")).transpose()
}

/// Every activity that stands in a session.
///
/// # Errors
/// A storage error.
pub async fn all_standing_in(tx: &mut Tx<'_>, programme: &Id, session: &Id) -> Result<Vec<Activity>> {
    let rows = tx.sql(ALL_STANDING_IN).bind(programme).bind(session).fetch_all().await?;
    let ids = rows.iter().map(|row| row.get("activity")).collect::<Result<Vec<Id>>>()?;
    let mut found = current(tx, programme, &ids.iter().collect::<Vec<_>>()).await?;
    Ok(ids.iter().filter_map(|id| found.remove(id)).collect())
}

/// One activity that was done at a site, if any was; voided ones are on record too.
///
/// # Errors
/// A storage error.
pub async fn first_at(tx: &mut Tx<'_>, programme: &Id, site: &Id) -> Result<Option<Id>> {
    let row = tx.sql(FIRST_AT).bind(programme).bind(site).fetch_optional().await?;
    row.map(|row| row.get("activity")).transpose()
}

/// An activity to which an expert came from a hospital, if there is one; voided and amended ones are on record too.
///
/// # Errors
/// A storage error.
pub async fn first_from(tx: &mut Tx<'_>, programme: &Id, hospital: &Id) -> Result<Option<Id>> {
    let row = tx.sql(FIRST_FROM).bind(programme).bind(hospital).fetch_optional().await?;
    row.map(|row| row.get("activity")).transpose()
}

/// What the records from a day to a day count, summed by month and every dimension; a leaf's date is its month's first day.
///
/// # Errors
/// A storage error.
pub async fn sums(tx: &mut Tx<'_>, programme: &Id, from: Date, to: Date) -> Result<Vec<Leaf>> {
    let rows = tx.sql(SUMS).bind(programme).bind(from).bind(to).fetch_all().await?;
    rows.iter().map(sum).collect()
}

fn sum(row: &Row) -> Result<Leaf> {
    let month: String = row.get("month")?;
    let date = format!("{month}-01").parse().map_err(Error::storage)?;
    let sums =
        leaf::Sums { records: row.get("records")?, quantity: row.get("quantity")?, saving_fen: row.get("saving_fen")? };
    Ok(Leaf {
        dimensions: Dimensions {
            date,
            half_day: row.optional_code("half_day")?,
            site: row.get("site")?,
            site_level: row.get("site_level")?,
            expert: row.get("lead_expert")?,
            home_hospital: row.get("home_hospital")?,
            specialty: row.get("specialty")?,
            kind: row.get("session_kind")?,
            residence: row.code::<Residence>("residence")?,
        },
        quantities: leaf::quantities(row.code("kind")?, row.optional_code::<Performer>("performer")?, sums),
    })
}

/// How many activities stand in a state, and their first and last day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StateCount {
    /// The state.
    pub state: State,
    /// How many are in it.
    pub activities: i64,
    /// The first service date among them.
    pub first: Date,
    /// The last one.
    pub last: Date,
}

/// How many activities stand in each state; states without any are left out.
///
/// # Errors
/// A storage error.
pub async fn count_states(tx: &mut Tx<'_>, programme: &Id) -> Result<Vec<StateCount>> {
    let rows = tx.sql(COUNT_STATES).bind(programme).fetch_all().await?;
    let count = |row: &Row| {
        Ok(StateCount {
            state: row.code("state")?,
            activities: row.get("activities")?,
            first: row.get("first_date")?,
            last: row.get("last_date")?,
        })
    };
    rows.iter().map(count).collect()
}

/// A version, still without external ids.
fn activity(row: &Row) -> Result<Activity> {
    Ok(Activity {
        name: Name::new(row.get("programme")?, row.get("activity")?),
        record: record(row)?,
        state: row.code("state")?,
        void_reason: row.optional_code("void_reason")?,
        recorder: row.get("recorder")?,
        batch_row: row.get("batch_row")?,
        since_sequence: row.get("since_sequence")?,
        until_sequence: row.get("until_sequence")?,
        meta: Meta {
            revision: row.get("revision")?,
            create_time: row.get("create_time")?,
            update_time: row.get("update_time")?,
        },
        external_ids: Vec::new(),
    })
}

fn record(row: &Row) -> Result<Record> {
    let corrupt = |column: &'static str| Error::storage(format!("activity_versions.{column} has no such shape"));
    let patient = match (row.get::<Option<String>>("patient_issuer")?, row.get::<Option<String>>("patient_token")?) {
        (Some(issuer), Some(token)) => Some(Patient::parse(&issuer, &token).map_err(|_| corrupt("patient_token"))?),
        (None, _) | (_, None) => None,
    };
    Ok(Record {
        kind: row.code("kind")?,
        session: row.get("session")?,
        session_kind: row.code::<SessionKind>("session_kind")?,
        site: row.get("site")?,
        site_level: row.code("site_level")?,
        date: row.get("date")?,
        half_day: row.optional_code("half_day")?,
        lead_expert: row.get("lead_expert")?,
        co_experts: row.json("co_experts")?,
        home_hospital: row.get("home_hospital")?,
        specialty: row.get("specialty")?,
        residence: row.code("residence")?,
        patient,
        quantity: row.get("quantity")?,
        operation: match row.optional_code::<Performer>("performer")? {
            Some(performer) => Some(Operation {
                procedures: row.json::<Vec<Procedure>>("procedures")?,
                grade: Grade::new(row.get("grade")?).ok_or_else(|| corrupt("grade"))?,
                grade_list: row.get("grade_list")?,
                performer,
            }),
            None => None,
        },
        declared_saving: row.get("declared_saving_fen")?,
        irregularities: row.json("irregularities")?,
    })
}
