//! SQL of sessions, and rows to types. Columns are told in `columns`, snapshots loaded in `snapshot`, outcomes and counts in
//! `outcomes`.
use std::collections::HashMap;

use serde_json::{Value as Json, json};

use super::{ExpertConsent, Resource, Session, SessionState, Sessions};
use crate::db::{Ask, List, Read, Row, Select, Sql, Tx, Value, external_ids};
use crate::experts::Consent;
use crate::experts::store::consent_of;
use crate::kernel::{
    Collection as _, ExternalId, HalfDay, Id, PageRequest, Result, SessionKind, Timestamp, Vocabulary as _,
};
use crate::rows;

mod columns;
mod life;
mod outcomes;
mod snapshot;

use columns::{plan_of, row_of, session_of};
pub use life::{
    Due, Lease, Touched, due, due_programmes, lapse, lease, lease_of, release, release_moves, touched_at_site,
    touched_with_assistant, touched_with_expert, update_people,
};
pub use outcomes::{
    HeldKey, NewOutcome, Taken, close_outcome, control_totals, held_clinics, held_page, insert_outcomes, occupy,
    outcome_page,
};
pub use snapshot::{Known, Scope, known, load as load_snapshot, load_scope};

/// The tables that this slice writes.
pub const TABLES: &[&str] =
    &["sessions", "session_co_experts", "session_consents", "session_outcomes", "session_sweeps", "occupancy"];

macro_rules! columns {
    () => {
        "s.programme, s.session, s.kind, s.state, s.site, s.room, s.expert, s.accompanying, s.assistant, s.specialty, s.capacity, \
         s.before_minutes, s.after_minutes, s.start_time, s.end_time, s.responsible_before, s.responsible_after, s.recorded, \
         s.zone, s.date, s.half_day, s.actual_start_time, s.actual_end_time, s.early_end_cause, s.credited_expert, \
         s.cancel_party, s.cancel_code, s.not_held_cause, s.irregularities, s.site_level, s.home_hospital, \
         s.service_specialty, s.outcome_version, s.revision, s.create_time, s.update_time, s.grade, s.dossier, s.urgency, \
         s.lapse_time, s.awaiting, s.proposed_time, s.lapse_cause, s.confirmed, s.tz_version, s.proposed_move, \
         s.overridden, s.delay, s.void_note "
    };
}

const GET: Sql = Sql::pair(
    concat!(
        "SELECT ",
        columns!(),
        "FROM jsonb_each($1) AS r JOIN sessions s ON s.programme = r.value->>0 AND s.session = r.value->>1"
    ),
    concat!(
        "SELECT ",
        columns!(),
        "FROM jsonb_array_elements(CAST($1 AS JSONB)) AS r JOIN sessions s ON s.programme = r.value->>0 AND s.session = r.value->>1"
    ),
);
const INSERT: Sql = rows!(
    "INSERT INTO sessions (programme, session, kind, state, site, room, expert, accompanying, assistant, specialty, capacity, \
     before_minutes, after_minutes, start_time, end_time, responsible_before, responsible_after, recorded, zone, date, half_day, \
     actual_start_time, actual_end_time, early_end_cause, credited_expert, cancel_party, cancel_code, not_held_cause, \
     irregularities, site_level, home_hospital, service_specialty, outcome_version, revision, create_time, update_time, \
     grade, dossier, urgency, lapse_time, awaiting, proposed_time, lapse_cause, confirmed, tz_version, proposed_move, \
     overridden, delay, void_note) \
     SELECT r.value->>0, r.value->>1, r.value->>2, r.value->>3, r.value->>4, r.value->>5, r.value->>6, \
     CAST(r.value->>7 AS BIGINT), r.value->>8, r.value->>9, CAST(r.value->>10 AS BIGINT), CAST(r.value->>11 AS BIGINT), \
     CAST(r.value->>12 AS BIGINT), CAST(r.value->>13 AS BIGINT), CAST(r.value->>14 AS BIGINT), r.value->>15, r.value->>16, \
     CAST(r.value->>17 AS BIGINT) = 1, r.value->>18, r.value->>19, r.value->>20, CAST(r.value->>21 AS BIGINT), \
     CAST(r.value->>22 AS BIGINT), r.value->>23, r.value->>24, r.value->>25, r.value->>26, r.value->>27, r.value->>28, \
     r.value->>29, r.value->>30, r.value->>31, CAST(r.value->>32 AS BIGINT), CAST(r.value->>33 AS BIGINT), \
     CAST(r.value->>34 AS BIGINT), CAST(r.value->>35 AS BIGINT), CAST(r.value->>36 AS BIGINT), r.value->>37, r.value->>38, \
     CAST(r.value->>39 AS BIGINT), r.value->>40, CAST(r.value->>41 AS BIGINT), r.value->>42, \
     CAST(r.value->>43 AS BIGINT) = 1, r.value->>44, r.value->>45, r.value->>46, r.value->>47, r.value->>48 FROM ",
    "WHERE TRUE"
);
/// What can change, by the row that the insert takes.
const UPDATE: Sql = rows!(
    "UPDATE sessions SET state = r.value->>3, room = r.value->>5, expert = r.value->>6, assistant = r.value->>8, \
     start_time = CAST(r.value->>13 AS BIGINT), end_time = CAST(r.value->>14 AS BIGINT), date = r.value->>19, \
     half_day = r.value->>20, actual_start_time = CAST(r.value->>21 AS BIGINT), actual_end_time = CAST(r.value->>22 \
     AS BIGINT), early_end_cause = r.value->>23, credited_expert = r.value->>24, cancel_party = r.value->>25, \
     cancel_code = r.value->>26, not_held_cause = r.value->>27, irregularities = r.value->>28, site_level = \
     r.value->>29, home_hospital = r.value->>30, service_specialty = r.value->>31, outcome_version = \
     CAST(r.value->>32 AS BIGINT), revision = CAST(r.value->>33 AS BIGINT), update_time = CAST(r.value->>35 AS \
     BIGINT), lapse_time = CAST(r.value->>39 AS BIGINT), awaiting = r.value->>40, proposed_time = CAST(r.value->>41 \
     AS BIGINT), lapse_cause = r.value->>42, confirmed = CAST(r.value->>43 AS BIGINT) = 1, tz_version = \
     r.value->>44, proposed_move = r.value->>45, overridden = r.value->>46, delay = r.value->>47, void_note = \
     r.value->>48 FROM ",
    "WHERE sessions.programme = r.value->>0 AND sessions.session = r.value->>1"
);
const INSERT_CO_EXPERTS: Sql = rows!(
    "INSERT INTO session_co_experts (programme, session, expert, start_time) \
     SELECT r.value->>0, r.value->>1, r.value->>2, CAST(r.value->>3 AS BIGINT) FROM ",
    "WHERE TRUE"
);
const INSERT_CONSENTS: Sql = rows!(
    "INSERT INTO session_consents (programme, session, number, heard_by, medium, heard_time, words, record_time, expert) \
     SELECT r.value->>0, r.value->>1, CAST(r.value->>2 AS BIGINT) + COALESCE((SELECT MAX(c.number) FROM session_consents c \
     WHERE c.programme = r.value->>0 AND c.session = r.value->>1), 0), r.value->>3, r.value->>4, \
     CAST(r.value->>5 AS BIGINT), r.value->>6, CAST(r.value->>7 AS BIGINT), r.value->>8 FROM ",
    "WHERE TRUE"
);
macro_rules! beside {
    ($rows:literal) => {
        concat!(
            "SELECT c.session, 0 AS number, c.expert, CAST(NULL AS TEXT) AS heard_by, CAST(NULL AS TEXT) AS medium, \
             CAST(NULL AS BIGINT) AS heard_time, CAST(NULL AS TEXT) AS words FROM ",
            $rows,
            "JOIN session_co_experts c ON c.programme = r.value->>0 AND c.session = r.value->>1 UNION ALL \
             SELECT c.session, c.number, c.expert, c.heard_by, c.medium, c.heard_time, c.words FROM ",
            $rows,
            "JOIN session_consents c ON c.programme = r.value->>0 AND c.session = r.value->>1 WHERE NOT c.superseded \
             ORDER BY 1, 2, 3"
        )
    };
}

// Experts beside the leading one, numbered 0, and consents: two tables in one statement, because a page waits for each one.
const BESIDE: Sql =
    Sql::pair(beside!("jsonb_each($1) AS r "), beside!("jsonb_array_elements(CAST($1 AS JSONB)) AS r "));

const FIRST_AT_SITE: Sql = Sql::new(
    "SELECT s.session FROM sessions s WHERE s.programme = $1 AND s.site = $2 ORDER BY s.start_time, s.session LIMIT 1",
);
const FIRST_FROM_HOSPITAL: Sql = Sql::new(
    "SELECT s.session FROM sessions s WHERE s.programme = $1 AND s.home_hospital = $2 ORDER BY s.session LIMIT 1",
);
const FIRST_OCCUPYING: Sql = Sql::new(
    "SELECT o.session FROM occupancy o WHERE o.programme = $1 AND o.resource = $2 ORDER BY o.busy_from LIMIT 1",
);

const LIST: List = List {
    head: concat!("SELECT ", columns!(), "FROM sessions s WHERE s.programme = ?"),
    filters: &[
        "s.start_time >= ?",
        "s.start_time < ?",
        "s.site = ?",
        "s.expert = ?",
        "(SELECT 1 FROM session_co_experts c WHERE c.programme = s.programme AND c.session = s.session AND c.expert = ? LIMIT 1) IS NOT NULL",
        "s.assistant = ?",
        "s.state = ?",
        "s.kind = ?",
        "s.half_day = ?",
        "s.session = ?",
        "s.state = ? AND s.lapse_time > ?",
        "(s.state = ? OR (s.state IN ('TENTATIVE', 'PROPOSED') AND s.lapse_time <= ?))",
        // Beside a narrower filter: an engine that hasn't counted its rows may take the index of states for it.
        "COALESCE(s.state, '') = ?",
    ],
    after: "(s.start_time, s.session) > (?, ?)",
    order: "ORDER BY s.start_time, s.session",
};

/// The statements of this slice, for the test that prepares them.
pub const STATEMENTS: &[(&str, Sql)] = &[
    ("GET", GET),
    ("INSERT", INSERT),
    ("UPDATE", UPDATE),
    ("INSERT_CO_EXPERTS", INSERT_CO_EXPERTS),
    ("BESIDE", BESIDE),
    ("INSERT_CONSENTS", INSERT_CONSENTS),
    ("FIRST_AT_SITE", FIRST_AT_SITE),
    ("FIRST_FROM_HOSPITAL", FIRST_FROM_HOSPITAL),
    ("FIRST_OCCUPYING", FIRST_OCCUPYING),
    ("INSERT_OUTCOMES", outcomes::INSERT),
    ("CLOSE_OUTCOMES", outcomes::CLOSE),
    ("OCCUPY", outcomes::OCCUPY),
    ("RELEASE", life::RELEASE),
    ("RELEASE_MOVES", life::RELEASE_MOVES),
    ("LAPSE", life::LAPSE),
    ("DELETE_CO_EXPERTS", life::DELETE_CO_EXPERTS),
    ("SUPERSEDE", life::SUPERSEDE),
    ("DUE_PROGRAMMES", life::DUE_PROGRAMMES),
    ("DUE", life::DUE),
    ("LEASE", life::LEASE),
    ("LEASE_OF", life::LEASE_OF),
    ("TOUCHED_AT_SITE", life::TOUCHED_AT_SITE),
    ("TOUCHED_WITH_EXPERT", life::TOUCHED_WITH_EXPERT),
    ("TOUCHED_BESIDE", life::TOUCHED_BESIDE),
    ("TOUCHED_WITH_ASSISTANT", life::TOUCHED_WITH_ASSISTANT),
    ("HELD_CLINICS", outcomes::HELD_CLINICS),
    ("HELD_PAGE", outcomes::HELD_PAGE),
    ("COUNT", outcomes::COUNT),
    ("COUNT_BY_STATE", outcomes::COUNT_BY_STATE),
    ("COUNT_OUTCOMES", outcomes::COUNT_OUTCOMES),
    ("EXISTING", snapshot::EXISTING),
    ("OCCUPIED", snapshot::busy::OCCUPIED),
    ("OCCUPIED_ROOMS", snapshot::busy::OCCUPIED_ROOMS),
    ("OCCUPIED_STATIONED", snapshot::busy::OCCUPIED_STATIONED),
    ("OCCUPIED_BY", snapshot::busy::OCCUPIED_BY),
    ("HELD_BY_EXPERT", snapshot::busy::HELD_BY_EXPERT),
    ("HELD_BY_CO_EXPERT", snapshot::busy::HELD_BY_CO_EXPERT),
    ("HELD_BY_ASSISTANT", snapshot::busy::HELD_BY_ASSISTANT),
    ("HELD_IN_ROOM", snapshot::busy::HELD_IN_ROOM),
    ("COUNTED_LED", snapshot::counted::LED),
    ("COUNTED_CAME", snapshot::counted::CAME),
    ("COUNTED_BESIDE", snapshot::counted::BESIDE),
];
/// The lists of this slice.
pub const LISTS: &[(&str, &List)] = &[("LIST", &LIST), ("OUTCOMES", &outcomes::LIST)];

/// Which sessions a list is about; what is set must all hold.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Filter {
    /// Starting then or later.
    pub start_from: Option<Timestamp>,
    /// Starting before then.
    pub start_until: Option<Timestamp>,
    /// At this site.
    pub site: Option<Id>,
    /// Led by this expert.
    pub expert: Option<Id>,
    /// With this expert beside the leading one.
    pub co_expert: Option<Id>,
    /// With this assistant.
    pub assistant: Option<Id>,
    /// In this state at [`Filter::now`].
    pub state: Option<SessionState>,
    /// When the list is asked for.
    pub now: Timestamp,
    /// Of this kind.
    pub kind: Option<SessionKind>,
    /// In this half-day.
    pub half_day: Option<HalfDay>,
    /// With this external id.
    pub external_id: Option<ExternalId>,
}

/// The session.
///
/// # Errors
/// `RESOURCE_NOT_FOUND`, or a storage error.
pub async fn get(tx: &mut Tx<'_>, programme: &Id, session: &Id) -> Result<Session> {
    let found = get_many(tx, programme, &[session]).await?.pop();
    found.ok_or_else(|| super::predicate::not_found(programme, &format!("sessions/{session}")))
}

/// The sessions of these that are there, in no particular order.
///
/// # Errors
/// A storage error.
pub async fn get_many(tx: &mut Tx<'_>, programme: &Id, sessions: &[&Id]) -> Result<Vec<Session>> {
    if sessions.is_empty() {
        return Ok(Vec::new());
    }
    let keys: Vec<_> = sessions.iter().map(|id| (programme.as_str(), id.as_str())).collect();
    let rows = tx.sql(GET).bind_rows(&keys).fetch_all().await?;
    complete(tx, programme, &rows).await
}

/// The first session that is or was at a site.
///
/// # Errors
/// A storage error.
pub async fn first_at_site(tx: &mut Tx<'_>, programme: &Id, site: &Id) -> Result<Option<Id>> {
    let row = tx.sql(FIRST_AT_SITE).bind(programme).bind(site).fetch_optional().await?;
    row.map(|row| row.get("session")).transpose()
}

/// A session whose expert's home hospital it was.
///
/// # Errors
/// A storage error.
pub async fn first_from_hospital(tx: &mut Tx<'_>, programme: &Id, hospital: &Id) -> Result<Option<Id>> {
    let row = tx.sql(FIRST_FROM_HOSPITAL).bind(programme).bind(hospital).fetch_optional().await?;
    row.map(|row| row.get("session")).transpose()
}

/// The first session that takes the time of a resource.
///
/// # Errors
/// A storage error.
pub async fn first_occupying(tx: &mut Tx<'_>, programme: &Id, resource: &Resource) -> Result<Option<Id>> {
    let row = tx.sql(FIRST_OCCUPYING).bind(programme).bind(resource.key()).fetch_optional().await?;
    row.map(|row| row.get("session")).transpose()
}

/// A page of sessions by start time and id, one more than it holds.
///
/// # Errors
/// A storage error.
pub async fn list(tx: &mut Tx<'_>, programme: &Id, filter: &Filter, page: &PageRequest) -> Result<Vec<Session>> {
    let mut select = LIST.select([Value::from(programme)]);
    if let Some(external_id) = &filter.external_id {
        let found = external_ids::find(tx, programme, Sessions::COLLECTION, external_id).await?;
        let Some(id) = found else { return Ok(Vec::new()) };
        select.filter(9, [Value::from(id)]);
    }
    narrow(&mut select, filter);
    let rows = tx.select(select.page(page)).await?;
    complete(tx, programme, &rows).await
}

fn narrow(select: &mut Select, filter: &Filter) {
    let texts = [
        (2, filter.site.as_ref().map(Id::as_str)),
        (3, filter.expert.as_ref().map(Id::as_str)),
        (4, filter.co_expert.as_ref().map(Id::as_str)),
        (5, filter.assistant.as_ref().map(Id::as_str)),
        (7, filter.kind.map(SessionKind::code)),
        (8, filter.half_day.map(HalfDay::code)),
    ];
    if let Some(state) = filter.state {
        // What has lapsed is LAPSED, whether or not anybody has written so.
        let (code, now) = (Value::from(state.code()), Value::from(filter.now));
        match state {
            SessionState::Tentative | SessionState::Proposed => select.filter(10, [code, now]),
            SessionState::Lapsed => select.filter(11, [code, now]),
            SessionState::Confirmed
            | SessionState::InProgress
            | SessionState::Completed
            | SessionState::NotHeld
            | SessionState::Cancelled
            | SessionState::Voided => {
                let is_narrow = filter.expert.is_some() || filter.site.is_some() || filter.assistant.is_some();
                select.filter(if is_narrow { 12 } else { 6 }, [code])
            }
        };
    }
    for (index, time) in [(0, filter.start_from), (1, filter.start_until)] {
        if let Some(time) = time {
            select.filter(index, [Value::from(time)]);
        }
    }
    for (index, text) in texts {
        if let Some(text) = text {
            select.filter(index, [Value::from(text)]);
        }
    }
}

/// Writes new sessions with their people, consents and external ids. Outcomes and occupancy are written beside.
///
/// # Errors
/// A storage error.
pub async fn insert_all(tx: &mut Tx<'_>, programme: &Id, sessions: &[Session]) -> Result<()> {
    if sessions.is_empty() {
        return Ok(());
    }
    let rows: Vec<_> = sessions.iter().map(row_of).collect::<Result<_>>()?;
    tx.sql(INSERT).bind_rows(&rows).execute().await?;
    let co_experts: Vec<_> = sessions.iter().flat_map(co_expert_rows).collect();
    if !co_experts.is_empty() {
        tx.sql(INSERT_CO_EXPERTS).bind_rows(&co_experts).execute().await?;
    }
    let given = |session| consent_rows(session, session.consents().iter(), session.meta.create_time);
    let consents: Vec<_> = sessions.iter().flat_map(given).collect();
    if !consents.is_empty() {
        tx.sql(INSERT_CONSENTS).bind_rows(&consents).execute().await?;
    }
    let ids: Vec<_> = sessions.iter().map(|s| (&s.plan.session, s.plan.external_ids.as_slice())).collect();
    external_ids::insert_all(tx, programme, Sessions::COLLECTION, &ids).await
}

/// Writes what can change in sessions, their people and yeses aside.
///
/// # Errors
/// A storage error.
pub async fn update_all(tx: &mut Tx<'_>, sessions: &[&Session]) -> Result<()> {
    let rows: Vec<_> = sessions.iter().copied().map(row_of).collect::<Result<_>>()?;
    if !rows.is_empty() {
        tx.sql(UPDATE).bind_rows(&rows).execute().await?;
    }
    Ok(())
}

/// Rows of the experts beside the leading one.
fn co_expert_rows(session: &Session) -> impl Iterator<Item = Json> + '_ {
    let (plan, start) = (&session.plan, session.plan.start.micros());
    plan.co_experts.iter().map(move |expert| json!([plan.programme, plan.session, expert, start]))
}

/// Rows of consents, to be numbered from the session's last one on.
fn consent_rows<'a>(
    session: &'a Session,
    consents: impl Iterator<Item = &'a ExpertConsent>,
    recorded: Timestamp,
) -> Vec<Json> {
    let plan = &session.plan;
    let row = |(at, ExpertConsent { expert, consent }): (usize, &ExpertConsent)| {
        let Consent { heard_by, medium, heard_time, words } = consent;
        let (heard, recorded) = (heard_time.micros(), recorded.micros());
        json!([plan.programme, plan.session, at + 1, heard_by, medium, heard, words, recorded, expert])
    };
    consents.enumerate().map(row).collect()
}

/// Rows of `sessions`, with what other tables say of them, in the rows' order.
async fn complete(tx: &mut Tx<'_>, programme: &Id, rows: &[Row]) -> Result<Vec<Session>> {
    let ids = rows.iter().map(|row| row.get::<Id>("session")).collect::<Result<Vec<_>>>()?;
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let keys: Vec<_> = ids.iter().map(|id| (programme.as_str(), id.as_str())).collect();
    let mut co_experts: HashMap<Id, Vec<Id>> = HashMap::new();
    let mut consents: HashMap<Id, Vec<ExpertConsent>> = HashMap::new();
    let external = external_ids::of_asked(programme, Sessions::COLLECTION, &ids.iter().collect::<Vec<_>>());
    let (beside, mut external) = tx.ask(Ask::rows(Read::of(BESIDE).bind_rows(&keys), Ok).and(external)).await?;
    for row in &beside {
        if row.get::<i64>("number")? == 0 {
            co_experts.entry(row.get("session")?).or_default().push(row.get("expert")?);
            continue;
        }
        let consent = consent_of(row)?;
        let given = ExpertConsent { expert: row.get("expert")?, consent };
        consents.entry(row.get("session")?).or_default().push(given);
    }
    let mut sessions = Vec::with_capacity(rows.len());
    for (row, id) in rows.iter().zip(ids) {
        let mut plan = plan_of(row)?;
        plan.co_experts = co_experts.remove(&id).unwrap_or_default();
        plan.consents = consents.remove(&id).unwrap_or_default();
        plan.external_ids = external.remove(&id).unwrap_or_default();
        sessions.push(session_of(row, plan)?);
    }
    Ok(sessions)
}
