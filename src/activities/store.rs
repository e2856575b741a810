//! The tables of activities: versions that are added to and closed, and what is known around drafts.

use std::collections::{BTreeSet, HashMap, HashSet};

use super::{Activities, Activity, Kind, State};
use crate::db::{List, Row, Select, Sql, Tx, Value, external_ids};
use crate::kernel::{Collection as _, Date, Id, Patient, Result, Vocabulary as _};
use crate::rows;

mod around;
pub mod changed;
mod columns;
pub mod ladders;
mod patients;
pub mod policy;
pub mod sheets;
mod sums;

pub use around::{known, session_state};
pub use patients::swap_patient;
pub use sums::{StateCount, attested, count_states, sums};

/// The tables that this slice owns.
pub const TABLES: &[&str] = &["activity_versions", "activity_co_experts", "activity_policies", "sheets"];

const CLOSE: Sql = Sql::new(
    "UPDATE activity_versions SET until_sequence = $3 WHERE programme = $1 AND activity = $2 AND until_sequence IS NULL",
);
const CLOSE_ALL: Sql = rows!(
    "UPDATE activity_versions AS v SET until_sequence = CAST(r.value->>2 AS BIGINT) FROM ",
    "WHERE v.programme = r.value->>0 AND v.activity = r.value->>1 AND COALESCE(v.until_sequence, 0) = 0"
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
     AND v.state <> 'VOIDED' ORDER BY v.date, v.activity LIMIT 1",
);
const ALL_STANDING_IN: Sql = Sql::new(
    "SELECT v.activity FROM activity_versions v WHERE v.programme = $1 AND v.session = $2 AND v.until_sequence IS NULL \
     AND v.state <> 'VOIDED' ORDER BY v.date, v.activity",
);
const FIRST_AT: Sql = Sql::new(
    "SELECT v.activity FROM activity_versions v WHERE v.programme = $1 AND v.site = $2 AND v.until_sequence IS NULL \
     ORDER BY v.date, v.activity LIMIT 1",
);
const FIRST_FROM: Sql = Sql::new(
    "SELECT v.activity FROM activity_versions v WHERE v.programme = $1 AND v.home_hospital = $2 \
     ORDER BY v.activity LIMIT 1",
);
/// The statements of this slice, for the test that prepares them.
pub const STATEMENTS: &[(&str, Sql)] = &[
    ("INSERT", columns::INSERT),
    ("CLOSE", CLOSE),
    ("CLOSE_ALL", CLOSE_ALL),
    ("INSERT_CO_EXPERTS", INSERT_CO_EXPERTS),
    ("DELETE_CO_EXPERTS", DELETE_CO_EXPERTS),
    ("CURRENT", CURRENT),
    ("EXISTING", EXISTING),
    ("STANDING_IN", STANDING_IN),
    ("ALL_STANDING_IN", ALL_STANDING_IN),
    ("FIRST_AT", FIRST_AT),
    ("FIRST_FROM", FIRST_FROM),
    ("SUMS", sums::SUMS),
    ("SUMS_SINCE", sums::SUMS_SINCE),
    ("SUMS_CLOSED", sums::SUMS_CLOSED),
    ("ATTESTED", sums::ATTESTED),
    ("COUNT_STATES", sums::COUNT_STATES),
    ("SESSIONS", around::SESSIONS),
    ("SESSION_CO_EXPERTS", around::SESSION_CO_EXPERTS),
    ("SITES", around::SITES),
    ("EXPERTS", around::EXPERTS),
    ("AFFILIATIONS", around::AFFILIATIONS),
    ("SWAP_STANDING", patients::SWAP_STANDING),
    ("SWAP_REPLACED", patients::SWAP_REPLACED),
    ("ASSISTANTS", around::ASSISTANTS),
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
    let rows = activities.iter().map(columns::version_row).collect::<Result<Vec<_>>>()?;
    tx.sql(columns::INSERT).bind_rows(&rows).execute().await?;
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

/// Closes the current versions of activities and puts others in their places that name the same further experts and external ids.
///
/// # Errors
/// A storage error.
pub async fn replace_all(tx: &mut Tx<'_>, activities: &[Activity]) -> Result<()> {
    if activities.is_empty() {
        return Ok(());
    }
    let closed: Vec<_> = activities.iter().map(|it| (it.name.programme(), it.name.id(), it.since_sequence)).collect();
    tx.sql(CLOSE_ALL).bind_rows(&closed).execute().await?;
    let rows = activities.iter().map(columns::version_row).collect::<Result<Vec<_>>>()?;
    tx.sql(columns::INSERT).bind_rows(&rows).execute().await
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
    let mut activities = rows.iter().map(columns::activity).collect::<Result<Vec<_>>>()?;
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
