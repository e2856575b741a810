//! Who and what is taken: by plans that occupy, or by what was held.
use std::collections::BTreeMap;

use serde::Serialize;

use super::Window;
use crate::db::{self, Ask, Read, Row, Sql};
use crate::kernel::{Error, Id, Result, Timestamp};
use crate::rows;
use crate::sessions::draft::Resource;
use crate::sessions::snapshot::{Busy, Hashed, Lapsing};
use crate::sessions::{Purpose, SessionState};

/// What plans take, by rows of occupancy. What leads to these from the array's rows stands before them.
macro_rules! planned {
    ($occupancy:expr $(, $way:literal, hint: $hint:literal)?) => {
        rows!(
            "SELECT o.resource, s.session, s.site, s.kind, s.start_time, s.end_time, s.before_minutes, s.after_minutes, \
             o.busy_from, o.busy_until, o.lapses, s.state, s.revision FROM ",
            $($way, hint: $hint,)?
            concat!($occupancy, " JOIN sessions s ON s.programme = o.programme AND s.session = o.session")
        )
    };
}

/// What plans take of a resource between the row's third value and its fourth.
macro_rules! occupied {
    ($resource:literal $(, $way:literal, hint: $hint:literal)?) => {
        planned!(
            concat!(
                "JOIN occupancy o ON o.programme = r.value->>0 AND o.resource = ",
                $resource,
                " AND o.busy_from > CAST(r.value->>2 AS BIGINT) AND o.busy_from < CAST(r.value->>3 AS BIGINT)"
            )
            $(, $way, hint: $hint)?
        )
    };
}

pub(in crate::sessions::store) const OCCUPIED: Sql = occupied!("r.value->>1");
// A site's rooms and whoever is stationed there, without asking first who and what that is.
pub(in crate::sessions::store) const OCCUPIED_ROOMS: Sql = occupied!(
    "'sites/' || m.site || '/rooms/' || m.room",
    "JOIN site_rooms m ON m.programme = r.value->>0 AND m.site = r.value->>1 ",
    hint: "CROSS "
);
pub(in crate::sessions::store) const OCCUPIED_STATIONED: Sql = occupied!(
    "'assistants/' || a.assistant",
    "JOIN assistants a ON a.programme = r.value->>0 AND a.site = r.value->>1 ",
    hint: "CROSS "
);
// SQLite would look through everything that is taken in the programme.
pub(in crate::sessions::store) const OCCUPIED_BY: Sql = planned!(
    "ON o.session = r.value->>1 AND o.programme = r.value->>0",
    "JOIN occupancy o ",
    hint: "INDEXED BY occupancy_by_session "
);
// What was held has an actual end, and who came; asking for the state instead would invite its index.
pub(in crate::sessions::store) const HELD_BY_EXPERT: Sql = rows!(
    "SELECT r.value->>1 AS resource, s.session, s.site, s.kind, s.actual_start_time AS start_time, \
     s.actual_end_time AS end_time, s.before_minutes, s.after_minutes FROM ",
    "JOIN sessions s ON s.programme = r.value->>0 AND s.credited_expert = r.value->>2 AND s.date >= r.value->>3 AND s.date <= r.value->>4 \
     WHERE TRUE"
);
pub(in crate::sessions::store) const HELD_BY_CO_EXPERT: Sql = rows!(
    "SELECT r.value->>1 AS resource, s.session, s.site, s.kind, s.actual_start_time AS start_time, \
     s.actual_end_time AS end_time, s.before_minutes, s.after_minutes FROM ",
    "JOIN session_co_experts c ON c.programme = r.value->>0 AND c.expert = r.value->>2 \
     AND c.start_time > CAST(r.value->>3 AS BIGINT) AND c.start_time < CAST(r.value->>4 AS BIGINT) \
     JOIN sessions s ON s.programme = c.programme AND s.session = c.session \
     WHERE s.actual_end_time IS NOT NULL"
);
pub(in crate::sessions::store) const HELD_BY_ASSISTANT: Sql = rows!(
    "SELECT r.value->>1 AS resource, s.session, s.site, s.kind, s.actual_start_time AS start_time, \
     s.actual_end_time AS end_time, s.before_minutes, s.after_minutes FROM ",
    "JOIN sessions s ON s.programme = r.value->>0 AND s.assistant = r.value->>2 \
     AND s.start_time > CAST(r.value->>3 AS BIGINT) AND s.start_time < CAST(r.value->>4 AS BIGINT) \
     WHERE s.actual_end_time IS NOT NULL"
);
pub(in crate::sessions::store) const HELD_IN_ROOM: Sql = rows!(
    "SELECT r.value->>1 AS resource, s.session, s.site, s.kind, s.actual_start_time AS start_time, \
     s.actual_end_time AS end_time, s.before_minutes, s.after_minutes FROM ",
    "JOIN sessions s ON s.programme = r.value->>0 AND s.site = r.value->>2 AND s.room = r.value->>3 \
     AND s.start_time > CAST(r.value->>4 AS BIGINT) AND s.start_time < CAST(r.value->>5 AS BIGINT) \
     WHERE s.actual_end_time IS NOT NULL"
);

/// Who and what is taken, and which sessions among these lapse.
#[derive(Debug, Default)]
pub(super) struct Taken {
    pub busy: Hashed<Resource, Vec<Busy>>,
    pub lapsing: BTreeMap<Id, Lapsing>,
}

/// Asks who and what is taken in these windows.
pub(super) fn taken(programme: &Id, windows: &BTreeMap<Resource, Vec<Window>>, purpose: Purpose) -> Ask<Taken> {
    if purpose.is_record() {
        return held(programme, windows).map(|rows| Taken::of(&rows, |_, row, _| busy_of(row)));
    }
    let each = windows.iter().flat_map(|(resource, windows)| windows.iter().map(move |window| (resource, window)));
    let keys: Vec<_> = each
        .map(|(resource, (from, until))| (programme.as_str(), resource.key(), from.micros(), until.micros()))
        .collect();
    rows_of(OCCUPIED, &keys).map(|rows| Taken::of(&rows, planned))
}

/// Asks which rooms, and who of those who are or were stationed there, are taken by plans in a window at these sites.
pub(super) fn taken_at(programme: &Id, sites: &[Id], (from, until): Window) -> Ask<Taken> {
    let sites: Vec<_> = sites.iter().map(|site| (programme, site, from.micros(), until.micros())).collect();
    rows_of(OCCUPIED_ROOMS, &sites).and(rows_of(OCCUPIED_STATIONED, &sites)).map(|(mut rows, stationed)| {
        rows.extend(stationed);
        Taken::of(&rows, planned)
    })
}

/// Asks who and what these sessions take by plan.
pub(super) fn taken_by(programme: &Id, sessions: &[Id]) -> Ask<Taken> {
    rows_of(OCCUPIED_BY, &db::keys(programme, sessions)).map(|rows| Taken::of(&rows, planned))
}

impl Taken {
    fn of(rows: &[Row], read: impl Fn(&Resource, &Row, &mut BTreeMap<Id, Lapsing>) -> Result<Busy>) -> Result<Taken> {
        let mut taken = Taken::default();
        for row in rows {
            let key: String = row.get("resource")?;
            let resource = Resource::of_key(&key).ok_or(Error::Internal("occupied is what is no resource"))?;
            let busy = read(&resource, row, &mut taken.lapsing)?;
            let all = taken.busy.entry(resource).or_default();
            // Windows told in days may hold a session twice.
            if !all.contains(&busy) {
                all.push(busy);
            }
        }
        for all in taken.busy.values_mut() {
            all.sort_by(Busy::by_start);
        }
        Ok(taken)
    }
}

/// The rows that these keys find; without keys nothing is asked.
fn rows_of<K: Serialize>(sql: Sql, keys: &[K]) -> Ask<Vec<Row>> {
    if keys.is_empty() { Ask::known(Vec::new()) } else { Ask::rows(Read::of(sql).bind_rows(keys), Ok) }
}

fn held(programme: &Id, windows: &BTreeMap<Resource, Vec<Window>>) -> Ask<Vec<Row>> {
    let (mut experts, mut beside, mut assistants, mut rooms) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for (resource, windows) in windows {
        for (from, until) in windows {
            let key = (programme.as_str(), resource.key());
            match resource {
                Resource::Expert(id) => {
                    beside.push((key.0, key.1.clone(), id.as_str(), from.micros(), until.micros()));
                    // Days in UTC are at most one off anywhere, and the window is wider than that.
                    let (from, until) = (from.to_utc().date_naive(), until.to_utc().date_naive());
                    experts.push((key.0, key.1, id.as_str(), from.to_string(), until.to_string()));
                }
                Resource::Assistant(id) => assistants.push((key.0, key.1, id.as_str(), from.micros(), until.micros())),
                Resource::Room(site, room) => {
                    rooms.push((key.0, key.1, site.as_str(), room.as_str(), from.micros(), until.micros()));
                }
            }
        }
    }
    let experts = rows_of(HELD_BY_EXPERT, &experts).and(rows_of(HELD_BY_CO_EXPERT, &beside));
    let others = rows_of(HELD_BY_ASSISTANT, &assistants).and(rows_of(HELD_IN_ROOM, &rooms));
    experts.and(others).map(|((mut rows, beside), (assistants, rooms))| {
        rows.extend(beside.into_iter().chain(assistants).chain(rooms));
        Ok(rows)
    })
}

fn busy_of(row: &Row) -> Result<Busy> {
    Ok(Busy {
        session: row.get("session")?,
        site: row.get("site")?,
        kind: row.code("kind")?,
        start: row.get("start_time")?,
        end: row.get("end_time")?,
        before_minutes: row.get("before_minutes")?,
        after_minutes: row.get("after_minutes")?,
        row: None,
        lapses: None,
    })
}

/// What a plan takes. A row of a proposed move is about the move's time, not about the session's own.
fn planned(resource: &Resource, row: &Row, lapsing: &mut BTreeMap<Id, Lapsing>) -> Result<Busy> {
    let (from, until): (Timestamp, Timestamp) = (row.get("busy_from")?, row.get("busy_until")?);
    let mut busy = Busy { row: Some((from, until)), lapses: row.get("lapses")?, ..busy_of(row)? };
    let Some(at) = busy.lapses else { return Ok(busy) };
    let is_move = row.code::<SessionState>("state")? == SessionState::Confirmed;
    if is_move {
        (busy.start, busy.end) = match resource {
            Resource::Expert(_) | Resource::Assistant(_) => {
                (from.plus_minutes(busy.before_minutes), until.plus_minutes(-busy.after_minutes))
            }
            Resource::Room(..) => (from, until),
        };
    }
    lapsing.insert(busy.session.clone(), Lapsing { at, revision: row.get("revision")?, is_move });
    Ok(busy)
}
