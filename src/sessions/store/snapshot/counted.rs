//! What counts for the limits of those experts who have set some: what is planned with them, and what they have held.
use std::collections::BTreeMap;

use super::Subjects;
use crate::charters::{month_of, week_of};
use crate::db::{Ask, Read, Row, Sql};
use crate::kernel::{Date, Id, Result, Timestamp};
use crate::rows;
use crate::sessions::SessionState;
use crate::sessions::snapshot::{Counted, Snapshot};

pub(in crate::sessions::store) const LED: Sql = rows!(
    "SELECT s.expert, s.session, s.date, s.state, s.lapse_time FROM ",
    "JOIN sessions s ON s.programme = r.value->>0 AND s.expert = r.value->>1 \
     AND s.start_time >= CAST(r.value->>2 AS BIGINT) AND s.start_time < CAST(r.value->>3 AS BIGINT) \
     WHERE s.credited_expert IS NULL"
);
pub(in crate::sessions::store) const CAME: Sql = rows!(
    "SELECT s.credited_expert AS expert, s.session, s.date, s.state, s.lapse_time FROM ",
    "JOIN sessions s ON s.programme = r.value->>0 AND s.credited_expert = r.value->>1 \
     AND s.date >= r.value->>4 AND s.date <= r.value->>5 WHERE TRUE"
);
pub(in crate::sessions::store) const BESIDE: Sql = rows!(
    "SELECT c.expert, s.session, s.date, s.state, s.lapse_time FROM ",
    "JOIN session_co_experts c ON c.programme = r.value->>0 AND c.expert = r.value->>1 \
     AND c.start_time >= CAST(r.value->>2 AS BIGINT) AND c.start_time < CAST(r.value->>3 AS BIGINT) \
     JOIN sessions s ON s.programme = c.programme AND s.session = c.session WHERE TRUE"
);

pub(super) fn counted(subjects: &Subjects<'_>, snapshot: &Snapshot) -> Ask<BTreeMap<Id, Vec<Counted>>> {
    let (from, until) = around(subjects);
    let midnight = |day: Date| day.and_time(chrono::NaiveTime::MIN).and_utc().timestamp_micros();
    let counts = |id: &&Id| {
        let limits = snapshot.experts.get(*id).and_then(|expert| expert.limits.as_ref());
        limits.is_some_and(|it| {
            it.sessions_a_day.is_some() || it.sessions_a_week.is_some() || it.sessions_a_month.is_some()
        })
    };
    let row = |id: &Id| {
        let days = (from.to_string(), until.to_string());
        (subjects.programme.clone(), id.clone(), midnight(from), midnight(until), days.0, days.1)
    };
    let keys: Vec<_> = subjects.experts.iter().filter(counts).map(row).collect();
    if keys.is_empty() {
        return Ask::known(BTreeMap::new());
    }
    let rows = |sql: Sql| Ask::rows(Read::of(sql).bind_rows(&keys), Ok);
    rows(LED).and(rows(CAME).and(rows(BESIDE))).map(|(led, (came, beside))| {
        let mut counted = BTreeMap::new();
        for row in led.iter().chain(&came).chain(&beside) {
            note(row, &mut counted)?;
        }
        Ok(counted)
    })
}

fn note(row: &Row, counted: &mut BTreeMap<Id, Vec<Counted>>) -> Result<()> {
    let state = row.code::<SessionState>("state")?;
    let counts = match state {
        SessionState::Tentative | SessionState::Confirmed | SessionState::InProgress | SessionState::Completed => true,
        // What is only asked takes nothing yet.
        SessionState::Proposed
        | SessionState::NotHeld
        | SessionState::Cancelled
        | SessionState::Lapsed
        | SessionState::Voided => false,
    };
    // Of a session that is confirmed it is the proposed move that lapses, not the session.
    let lapses = row.get::<Option<Timestamp>>("lapse_time")?.filter(|_| state == SessionState::Tentative);
    let one = Counted { session: row.get("session")?, date: row.get("date")?, lapses };
    let all = counted.entry(row.get("expert")?).or_default();
    if counts && !all.contains(&one) {
        all.push(one);
    }
    Ok(())
}

/// The days of the weeks and months around a window, a day more on either side: zones differ.
fn around(subjects: &Subjects<'_>) -> (Date, Date) {
    let (first, last) = (subjects.window.0.to_utc().date_naive(), subjects.window.1.to_utc().date_naive());
    let first = first.pred_opt().unwrap_or(first);
    let last = last.succ_opt().unwrap_or(last);
    let (from, until) = (week_of(first).0.min(month_of(first).0), week_of(last).1.max(month_of(last).1));
    (from.pred_opt().unwrap_or(from), until.succ_opt().and_then(|day| day.succ_opt()).unwrap_or(until))
}
