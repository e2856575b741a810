//! What the desk is decided on, read in one statement where nothing has lapsed and nobody waits; and what is written of it.
use std::collections::{BTreeMap, HashMap, HashSet};

use super::super::desk::{Done, MOST_AT_A_TIME};
use super::super::register::{Job, JobKind};
use super::super::{Act, Desk, Policy, Register, Registers, Reservation, ReservationState, Reservations};
use super::{register_columns, register_of, reservation_of, take};
use crate::db::{self, Row, Sql, Tx, external_ids};
use crate::kernel::{Collection as _, Error, Id, Name, Patient, Result, Timestamp, Vocabulary as _};
use crate::persons::Restricted;
use crate::rows;

macro_rules! reservation_columns {
    () => {
        "x.programme, x.reservation, x.session, x.patient_issuer, x.patient_token, x.made_by, x.state, x.place, x.arrival, x.lapse_time, \
         x.affected, x.affected_time, x.cancelled_by, x.activity, x.revision, x.create_time, x.update_time, \
         g.start_time, g.place_minutes, g.capacity "
    };
}
pub(super) use reservation_columns;

macro_rules! present {
    () => {
        "(SELECT x.reservation FROM reservations x WHERE x.programme = r.value->>1 AND x.reservation = r.value->>3 LIMIT 1)"
    };
}
macro_rules! holder {
    () => {
        "(SELECT x.reservation FROM reservations x WHERE x.programme = r.value->>1 AND x.patient_token = r.value->>5 \
         AND x.patient_issuer = r.value->>4 AND x.session = r.value->>2 AND x.live = 1 LIMIT 1)"
    };
}
macro_rules! restriction {
    () => {
        "(SELECT s.restriction FROM person_seals s JOIN person_restrictions q ON q.programme = s.programme AND q.restriction = s.restriction \
         AND q.patient_issuer = r.value->>4 WHERE s.programme = r.value->>1 AND s.part = 'patient' AND s.value = r.value->>5 LIMIT 1)"
    };
}
/// A row for the first who asks at each session, and for everyone else of whom there is something already: the usual row says nothing.
const ENTER: Sql = rows!(
    concat!(
        "SELECT CAST(r.value->>0 AS BIGINT) AS position, ",
        present!(),
        " IS NOT NULL AS present, ",
        holder!(),
        " AS holder, ",
        restriction!(),
        " AS restriction, ",
        register_columns!(),
        "FROM "
    ),
    concat!(
        "JOIN registers g ON g.programme = r.value->>1 AND g.session = r.value->>2 WHERE CAST(r.value->>6 AS BIGINT) = 1 OR ",
        present!(),
        " IS NOT NULL OR ",
        holder!(),
        " IS NOT NULL OR ",
        restriction!(),
        " IS NOT NULL"
    )
);
const GET: Sql = rows!(
    concat!("SELECT ", reservation_columns!(), "FROM "),
    "JOIN reservations x ON x.programme = r.value->>0 AND x.reservation = r.value->>1 \
     JOIN registers g ON g.programme = x.programme AND g.session = x.session"
);
const DUE: Sql = rows!(
    concat!("SELECT ", reservation_columns!(), "FROM "),
    "JOIN reservations x ON x.programme = r.value->>0 AND x.session = r.value->>1 AND x.lapse_time <= CAST(r.value->>2 AS BIGINT) \
     JOIN registers g ON g.programme = x.programme AND g.session = x.session ORDER BY x.session, x.place"
);
const NEXT_DUE: Sql = rows!(
    "SELECT r.value->>1 AS session, (SELECT MIN(x.lapse_time) FROM reservations x WHERE x.programme = r.value->>0 \
     AND x.session = r.value->>1 AND x.lapse_time > CAST(r.value->>2 AS BIGINT)) AS next_due FROM ",
    "WHERE TRUE"
);
const QUEUE: Sql = rows!(
    concat!("SELECT ", reservation_columns!(), "FROM "),
    "JOIN reservations x ON x.programme = r.value->>0 AND x.session = r.value->>1 AND x.state = 'WAITING' \
     JOIN registers g ON g.programme = x.programme AND g.session = x.session ORDER BY x.session, x.arrival"
);
const INSERT: Sql = rows!(
    "INSERT INTO reservations (programme, reservation, session, patient_issuer, patient_token, live, state, place, arrival, \
     lapse_time, revision, create_time, update_time, made_by) \
     SELECT r.value->>0, r.value->>1, r.value->>2, r.value->>3, r.value->>4, 1, r.value->>5, CAST(r.value->>6 AS BIGINT), \
     CAST(r.value->>7 AS BIGINT), CAST(r.value->>8 AS BIGINT), 1, CAST(r.value->>9 AS BIGINT), CAST(r.value->>9 AS BIGINT), r.value->>10 FROM ",
    "WHERE TRUE"
);
const UPDATE: Sql = rows!(
    "UPDATE reservations SET session = r.value->>2, live = CAST(r.value->>3 AS BIGINT), state = r.value->>4, \
     place = CAST(r.value->>5 AS BIGINT), lapse_time = CAST(r.value->>6 AS BIGINT), affected = r.value->>7, \
     affected_time = CAST(r.value->>8 AS BIGINT), cancelled_by = r.value->>9, activity = r.value->>10, \
     revision = CAST(r.value->>11 AS BIGINT), update_time = CAST(r.value->>12 AS BIGINT), arrival = CAST(r.value->>13 AS BIGINT) FROM ",
    "WHERE reservations.programme = r.value->>0 AND reservations.reservation = r.value->>1"
);
// In the order of ids by the index of places: by the key either engine may read the whole programme instead.
const CHUNK: Sql = Sql::new(concat!(
    "SELECT ",
    reservation_columns!(),
    "FROM reservations x JOIN registers g ON g.programme = x.programme AND g.session = x.session \
     WHERE x.programme = $1 AND x.session = $2 AND COALESCE(x.reservation, '') > $3 AND x.live = 1 AND x.create_time <= $4 \
     AND x.state IN ('HELD', 'OFFERED', 'WAITING', $5, $6) ORDER BY COALESCE(x.reservation, '') LIMIT $7 + 0"
));
const HOLDER: Sql = Sql::new(
    "SELECT x.reservation FROM reservations x WHERE x.programme = $1 AND x.patient_token = $2 AND x.patient_issuer = $3 \
     AND x.session = $4 AND x.live = 1 LIMIT 1",
);

/// The statements of the desk, for the test that prepares them.
pub const STATEMENTS: &[(&str, Sql)] = &[
    ("ENTER", ENTER),
    ("GET", GET),
    ("DUE", DUE),
    ("NEXT_DUE", NEXT_DUE),
    ("QUEUE", QUEUE),
    ("INSERT", INSERT),
    ("UPDATE", UPDATE),
    ("HOLDER", HOLDER),
    ("CHUNK", CHUNK),
];

/// Somebody who asks for a place.
#[derive(Clone, Copy, Debug)]
pub struct Asking<'a> {
    /// The id that the reservation will have.
    pub reservation: &'a Id,
    /// In which session.
    pub session: &'a Id,
    /// Who.
    pub patient: &'a Patient,
}

/// What those who ask for places meet.
#[derive(Debug, Default)]
pub struct Met {
    /// The registers; a session without one isn't there.
    pub desks: BTreeMap<Id, Desk>,
    /// The ids that are taken.
    pub present: HashSet<Id>,
    /// Which reservation of a session a patient has.
    pub holders: HashMap<(Id, Patient), Id>,
    /// Whose data are restricted.
    pub restricted: Restricted,
}

/// Reads what those who ask for places meet: in one statement, as long as nothing has lapsed and nobody waits for a place.
/// With `joins` somebody asks to wait, for which the policy has to be known.
///
/// # Errors
/// A storage error.
pub async fn enter<'a>(tx: &mut Tx<'_>, programme: &Id, asking: &[Asking<'a>], joins: bool) -> Result<Met> {
    let mut sessions = HashSet::new();
    let row = |(at, one): (usize, &Asking<'a>)| {
        let (session, patient) = (one.session.as_str(), one.patient);
        let is_first = i64::from(sessions.insert(session));
        (at, programme.as_str(), session, one.reservation.as_str(), patient.issuer(), patient.token(), is_first)
    };
    let keys: Vec<_> = asking.iter().enumerate().map(row).collect();
    let mut restricted = HashMap::new();
    let mut met = Met {
        present: HashSet::with_capacity(asking.len()), // for those who are let in, too
        holders: HashMap::with_capacity(asking.len()),
        ..Met::default()
    };
    for row in tx.sql(ENTER).bind_rows(&keys).fetch_all().await? {
        let position = usize::try_from(row.get::<i64>("position")?).map_err(Error::storage)?;
        let Some(one) = asking.get(position) else { return Err(Error::Internal("a row for nobody who asked")) };
        if row.get("present")? {
            met.present.insert(one.reservation.clone());
        }
        if let Some(holder) = row.get("holder")? {
            met.holders.insert((one.session.clone(), one.patient.clone()), holder);
        }
        if let Some(restriction) = row.get("restriction")? {
            restricted.insert(one.patient.clone(), Name::new(programme.clone(), restriction));
        }
        if !met.desks.contains_key(one.session) {
            met.desks.insert(one.session.clone(), Desk::new(register_of(&row)?));
        }
    }
    met.restricted = Restricted::new(restricted);
    ready(tx, programme, met.desks.values_mut(), false, joins).await?;
    Ok(met)
}

/// The desks of these sessions, ready for a place to come free where `frees` says so.
///
/// # Errors
/// A storage error.
pub async fn desks(tx: &mut Tx<'_>, programme: &Id, sessions: &[Id], frees: bool) -> Result<BTreeMap<Id, Desk>> {
    let registers = super::many(tx, programme, sessions).await?;
    let mut desks: BTreeMap<Id, Desk> =
        registers.into_iter().map(|register| (register.session().clone(), Desk::new(register))).collect();
    ready(tx, programme, desks.values_mut(), frees, false).await?;
    Ok(desks)
}

/// Reads what is due at desks, and who waits there, where that matters.
async fn ready<'a>(
    tx: &mut Tx<'_>,
    programme: &Id,
    desks: impl Iterator<Item = &'a mut Desk>,
    frees: bool,
    joins: bool,
) -> Result<()> {
    let now = tx.now();
    let mut desks: BTreeMap<Id, &mut Desk> = desks.map(|desk| (desk.register.session().clone(), desk)).collect();
    let due: Vec<_> = desks.iter().filter(|(_, desk)| desk.is_due(now)).map(|(id, _)| (programme, id, now)).collect();
    let due: Vec<(Id, Id, Timestamp)> = due.into_iter().map(|(p, id, now)| (p.clone(), id.clone(), now)).collect();
    if !due.is_empty() {
        for row in tx.sql(DUE).bind_rows(&due).fetch_all().await? {
            let reservation = reservation_of(&row)?;
            if let Some(desk) = desks.get_mut(&reservation.session) {
                desk.due.push(reservation);
            }
        }
        for row in tx.sql(NEXT_DUE).bind_rows(&due).fetch_all().await? {
            if let Some(desk) = desks.get_mut(&row.get::<Id>("session")?) {
                desk.next_due = row.get("next_due")?;
            }
        }
    }
    let waited: Vec<Id> = desks.iter().filter(|(_, desk)| desk.needs_queue(frees)).map(|(id, _)| id.clone()).collect();
    if waited.is_empty() && !joins {
        return Ok(());
    }
    let policy: Policy = super::policy(tx, programme).await?;
    for desk in desks.values_mut() {
        desk.policy = policy.clone();
    }
    if waited.is_empty() {
        return Ok(());
    }
    for row in tx.sql(QUEUE).bind_rows(&db::keys(programme, &waited)).fetch_all().await? {
        let reservation = reservation_of(&row)?;
        if let Some(desk) = desks.get_mut(&reservation.session) {
            desk.queue.push_back(reservation);
        }
    }
    Ok(())
}

/// The reservation.
///
/// # Errors
/// `RESOURCE_NOT_FOUND`, or a storage error.
pub async fn reservation(tx: &mut Tx<'_>, name: &Name<Reservations>) -> Result<Reservation> {
    let found = reservations(tx, name.programme(), std::slice::from_ref(name.id())).await?.pop();
    found.ok_or_else(|| Error::not_found(name))
}

/// The reservations with these ids, without those that aren't there, in no particular order.
///
/// # Errors
/// A storage error.
pub async fn reservations(tx: &mut Tx<'_>, programme: &Id, ids: &[Id]) -> Result<Vec<Reservation>> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let rows = tx.sql(GET).bind_rows(&db::keys(programme, ids)).fetch_all().await?;
    complete(tx, programme, &rows).await
}

/// The reservations of rows, with their external ids, in the rows' order.
///
/// # Errors
/// A storage error.
pub async fn complete(tx: &mut Tx<'_>, programme: &Id, rows: &[Row]) -> Result<Vec<Reservation>> {
    let mut reservations = rows.iter().map(reservation_of).collect::<Result<Vec<_>>>()?;
    let ids: Vec<Id> = reservations.iter().map(|reservation| reservation.name.id().clone()).collect();
    let ids: Vec<&Id> = ids.iter().collect();
    let mut external_ids = external_ids::of(tx, programme, Reservations::COLLECTION, &ids).await?;
    for reservation in &mut reservations {
        reservation.external_ids = external_ids.remove(reservation.name.id()).unwrap_or_default();
    }
    Ok(reservations)
}

/// Which reservation of a session a patient has, if one.
///
/// # Errors
/// A storage error.
pub async fn holder(tx: &mut Tx<'_>, programme: &Id, session: &Id, patient: &Patient) -> Result<Option<Id>> {
    let stmt = tx.sql(HOLDER).bind(programme).bind(patient.token()).bind(patient.issuer()).bind(session);
    stmt.fetch_optional().await?.map(|row| row.get("reservation")).transpose()
}

/// The next reservations, by id, that a register's job concerns; one more than are done at a time, where there are so many.
///
/// # Errors
/// A storage error.
pub async fn chunk(tx: &mut Tx<'_>, name: &Name<Registers>, job: &Job) -> Result<Vec<Reservation>> {
    let after = job.after.as_ref().map_or("", Id::as_str);
    // The end of a session leaves those who have a place to the site.
    let seated = match job.kind {
        JobKind::Cancel | JobKind::Mark => [ReservationState::Booked, ReservationState::CheckedIn],
        JobKind::End => [ReservationState::Waiting, ReservationState::Waiting],
    };
    let most = i64::try_from(MOST_AT_A_TIME + 1).map_err(Error::storage)?;
    let stmt = tx.sql(CHUNK).bind(name.programme()).bind(name.id()).bind(after).bind(job.time);
    let rows = stmt.bind(seated[0].code()).bind(seated[1].code()).bind(most).fetch_all().await?;
    rows.iter().map(reservation_of).collect()
}

/// What a command has decided to write.
#[derive(Clone, Debug, Default)]
pub struct Written {
    /// New reservations.
    pub inserted: Vec<Reservation>,
    /// Reservations that are otherwise now.
    pub updated: Vec<Done>,
    /// Registers, each with the guard that it was read with.
    pub registers: Vec<(Register, i64)>,
}

/// Writes it. A number goes from one patient to the next: who gives it up is written first, who moves away next.
///
/// # Errors
/// A storage error.
pub async fn write(tx: &mut Tx<'_>, programme: &Id, written: &Written) -> Result<()> {
    let steps: [fn(Act) -> bool; 3] = [
        |act| matches!(act, Act::Lapse | Act::Cancel),
        |act| matches!(act, Act::Move),
        |act| !matches!(act, Act::Lapse | Act::Cancel | Act::Move),
    ];
    for is_in_step in steps {
        let rows: Vec<_> =
            written.updated.iter().filter(|(_, act)| is_in_step(*act)).map(|(one, _)| row_of(one)).collect();
        if !rows.is_empty() {
            tx.sql(UPDATE).bind_rows(&rows).execute().await?;
        }
    }
    if !written.inserted.is_empty() {
        let rows: Vec<_> = written.inserted.iter().map(new_row).collect();
        tx.sql(INSERT).bind_rows(&rows).execute().await?;
        let with_ids = written.inserted.iter().filter(|reservation| !reservation.external_ids.is_empty());
        let ids: Vec<_> = with_ids.map(|one| (one.name.id(), one.external_ids.as_slice())).collect();
        external_ids::insert_all(tx, programme, Reservations::COLLECTION, &ids).await?;
    }
    let registers: Vec<_> = written.registers.iter().map(|(register, read)| (register, *read)).collect();
    take(tx, &registers).await
}

fn new_row(one: &Reservation) -> impl serde::Serialize + '_ {
    let (programme, id) = (one.name.programme(), one.name.id());
    let who = (one.patient.issuer(), one.patient.token());
    let times = (one.lapse_time, one.meta.create_time);
    let (place, arrival) = (one.place, one.arrival);
    (programme, id, &one.session, who.0, who.1, one.state, place, arrival, times.0, times.1, &one.made_by)
}

fn row_of(one: &Reservation) -> impl serde::Serialize + '_ {
    let (programme, id) = (one.name.programme(), one.name.id());
    (
        programme,
        id,
        &one.session,
        one.state.is_live().then_some(1),
        one.state,
        one.place,
        one.lapse_time,
        one.affected.map(|(cause, _)| cause.code()),
        one.affected.map(|(_, time)| time),
        one.cancelled_by,
        one.activity.as_ref(),
        one.meta.revision,
        one.meta.update_time,
        one.arrival,
    )
}
