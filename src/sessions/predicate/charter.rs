//! The limits that experts have set: every plan keeps to them, also one that the expert has agreed to; loosening a limit is a word of
//! its own. How long a whole visit is, visits know.
use super::{Case, Concern, Finding, Irregularity, Lasts};
use crate::charters::{CharterLimit, Load, month_of, week_of};
use crate::kernel::{Date, Id, SessionKind, Timestamp, Vocabulary as _};
use crate::sessions::draft::Resource;
use crate::sessions::purpose::Purpose;
use crate::sessions::snapshot::{Busy, Counted};

/// Which limits of its experts a session would pass.
pub(super) fn of(case: &Case<'_>, found: &mut Vec<Finding>) {
    let Case { draft, snapshot, .. } = *case;
    for (field, id, expert) in case.experts() {
        let Some(limits) = &expert.limits else { continue };
        let mut days: Vec<Date> = case.half_days.iter().map(|(date, _)| *date).collect();
        days.dedup();
        let counted = snapshot.counted.get(id).map_or(&[][..], Vec::as_slice);
        let others = |range: fn(Date) -> (Date, Date)| most(&days, counted, &draft.session, range);
        let load = Load {
            kind: Some(draft.kind),
            site: Some(&draft.site),
            days: &days,
            sessions_that_day: limits.sessions_a_day.map(|_| others(|day| (day, day)) + 1),
            sessions_that_week: limits.sessions_a_week.map(|_| others(week_of) + 1),
            sessions_that_month: limits.sessions_a_month.map(|_| others(month_of) + 1),
            patients: Some(draft.capacity),
            visit_minutes: None,
            notice_minutes: snapshot.now.filter(|_| is_new(case.purpose)).map(|now| draft.start.minutes_since(now)),
            travel_minutes_that_day: limits.travel_minutes_a_day.map(|_| travel(case, id)),
            contacts_that_week: limits.contacts_a_week.and_then(|_| contacts(case, id)),
        };
        for breach in limits.breaches(&load) {
            let whom = vec![
                ("expert", id.into()),
                ("limit", Concern::Code(breach.limit.field())),
                ("allowed", Concern::Text(breach.allowed)),
                ("date", about(breach.limit, case.date).into()),
            ];
            found.push(Finding::new(Irregularity::CharterLimit, field, whom));
        }
    }
}

/// For how long a limit that was passed goes on being so for one expert, site and kind: a later start of the day touches the same days,
/// or the next one too.
pub(super) fn lasts(concerns: &[(&'static str, Concern)]) -> Lasts {
    let of = |limit: &&CharterLimit| {
        concerns.iter().any(|(key, value)| *key == "limit" && *value == Concern::Code(limit.field()))
    };
    match CharterLimit::ALL.iter().find(of) {
        Some(
            CharterLimit::Kinds | CharterLimit::Sites | CharterLimit::PatientsAClinic | CharterLimit::ContactsAWeek,
        ) => Lasts::Always,
        Some(
            CharterLimit::SessionsADay
            | CharterLimit::SessionsAWeek
            | CharterLimit::SessionsAMonth
            | CharterLimit::QuietDates,
        ) => Lasts::Day,
        Some(CharterLimit::HoursAVisit | CharterLimit::NoticeHours | CharterLimit::TravelMinutesADay) | None => {
            Lasts::Instant
        }
    }
}

/// The contacts of the present week with one more: who is asked is turned to. None: nobody is asked.
fn contacts(case: &Case<'_>, expert: &Id) -> Option<i64> {
    let asks = match case.purpose {
        Purpose::Propose => true,
        Purpose::Book | Purpose::Hold | Purpose::Move | Purpose::Start | Purpose::Review | Purpose::Record => false,
    };
    let now = case.snapshot.now.filter(|_| asks)?;
    let (first, last) = week_of(case.site.zone.date_of(now));
    let known = case.snapshot.contacts.get(expert).map_or(&[][..], Vec::as_slice);
    let that_week = known.iter().filter(|time| (first..=last).contains(&case.site.zone.date_of(**time)));
    i64::try_from(that_week.count()).ok().map(|known| known + 1)
}

/// Whether it is planned now, so that notice counts.
const fn is_new(purpose: Purpose) -> bool {
    match purpose {
        Purpose::Book | Purpose::Hold | Purpose::Propose | Purpose::Move => true,
        Purpose::Start | Purpose::Review | Purpose::Record => false,
    }
}

/// The most other sessions in the range around one of the days.
fn most(days: &[Date], counted: &[Counted], own: &Id, range: fn(Date) -> (Date, Date)) -> i64 {
    let in_range = |day: &Date| {
        let (first, last) = range(*day);
        counted.iter().filter(|one| one.session != *own && (first..=last).contains(&one.date)).count()
    };
    days.iter().map(in_range).max().and_then(|count| i64::try_from(count).ok()).unwrap_or(0)
}

/// The first day that a limit is about: of the week, of the month, else the session's own.
fn about(limit: CharterLimit, day: Date) -> Date {
    match limit {
        CharterLimit::SessionsAWeek | CharterLimit::ContactsAWeek => week_of(day).0,
        CharterLimit::SessionsAMonth => month_of(day).0,
        CharterLimit::SessionsADay
        | CharterLimit::PatientsAClinic
        | CharterLimit::HoursAVisit
        | CharterLimit::QuietDates
        | CharterLimit::NoticeHours
        | CharterLimit::TravelMinutesADay
        | CharterLimit::Kinds
        | CharterLimit::Sites => day,
    }
}

/// The minutes between sites on the day of a session, those to and from it counted; an unknown journey has a finding of its own.
fn travel(case: &Case<'_>, expert: &Id) -> i64 {
    let Case { draft, snapshot, site, .. } = *case;
    let near = snapshot.near(&Resource::Expert(expert.clone()), draft.start, draft.end);
    let others = near.iter().filter(|busy| busy.session != draft.session && site.zone.date_of(busy.start) == case.date);
    let own = Busy::of(draft);
    let mut places: Vec<(Timestamp, &Id)> = others
        .chain([&own])
        .filter(|busy| busy.kind != SessionKind::RemoteConsultation)
        .map(|busy| (busy.start, &busy.site))
        .collect();
    places.sort();
    let legs = places.windows(2).filter_map(|pair| match pair {
        [(_, from), (_, to)] if from != to => snapshot.travel.get(&((*from).clone(), (*to).clone())),
        _ => None,
    });
    legs.sum()
}
