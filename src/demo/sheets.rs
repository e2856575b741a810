//! What the demo says was attested: a sheet for each site and month until two months before the figures, and afterwards one for each list
//! of operations, which are always attested. Pure.
//!
//! Now and then what was looked up again differs, and the record is disputed; half of those disputes turn out to have no ground.

use std::collections::BTreeMap;

use chrono::Datelike as _;

use super::day;
use super::plan::{Deed, Outcome, Plan, Session};
use crate::kernel::{Date, SessionKind};

/// From this day on nobody has got round to attesting what isn't an operation.
pub const UNATTESTED_FROM: Date = day(2024, 3, 1);

/// The most records of a sheet, a margin below what a sheet can have.
const MOST: usize = 400;

/// One sheet in so many finds something that differs.
const DISPUTED_IN: usize = 20;

/// What a sheet is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum About {
    /// One session, by its index in the plan.
    Session(usize),
    /// Days of a month at a site, by its index.
    Days(usize, Date, Date),
}

/// A sheet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sheet {
    /// Its id.
    pub id: String,
    /// What it is about.
    pub about: About,
    /// The activity that differs from its source; none: everything agrees.
    pub disputed: Option<String>,
    /// Whether that dispute has no ground, so that the record is attested by a second sheet.
    pub dismissed: bool,
}

/// The sheets of what was held.
pub(super) fn sheets(plan: &Plan) -> Vec<Sheet> {
    let mut months: BTreeMap<(i32, u32, usize), Vec<&Session>> = BTreeMap::new();
    let mut operations = Vec::new();
    for (index, session) in plan.sessions.iter().enumerate().filter(|(_, it)| it.outcome == Outcome::Held) {
        if session.date < UNATTESTED_FROM {
            let month = (session.date.year(), session.date.month(), session.site);
            months.entry(month).or_default().push(session);
        } else if session.kind == SessionKind::Operation {
            operations.push(Sheet {
                id: format!("sheet-{}", session.id),
                about: About::Session(index),
                disputed: None,
                dismissed: false,
            });
        }
    }
    let mut sheets = Vec::new();
    for ((.., site), mut sessions) in months {
        sessions.sort_by_key(|session| session.date);
        let mut part: Vec<&Session> = Vec::new();
        for session in sessions {
            let is_new_day = part.last().is_some_and(|last| last.date < session.date);
            if is_new_day && records(&part) >= MOST {
                sheets.extend(of_days(plan, site, &part));
                part.clear();
            }
            part.push(session);
        }
        sheets.extend(of_days(plan, site, &part));
    }
    for (number, sheet) in sheets.iter_mut().enumerate() {
        let (keep, dismissed) = (number % DISPUTED_IN == 0, number % (2 * DISPUTED_IN) == 0);
        sheet.disputed = sheet.disputed.take().filter(|_| keep);
        sheet.dismissed = dismissed && sheet.disputed.is_some();
    }
    sheets.extend(operations);
    sheets
}

fn records(sessions: &[&Session]) -> usize {
    sessions.iter().map(|session| session.activities.len()).sum()
}

/// A sheet of the days from the first of some sessions to the last; the consultation that may differ is the first.
fn of_days(plan: &Plan, site: usize, sessions: &[&Session]) -> Option<Sheet> {
    let (first, last) = (sessions.first()?.date, sessions.last()?.date);
    let place = plan.sites.get(site)?;
    let activities = sessions.iter().flat_map(|session| &session.activities);
    let seen = activities.filter(|activity| matches!(activity.deed, Deed::Consultation(_)));
    let disputed = seen.map(|activity| activity.id.clone()).next();
    Some(Sheet {
        id: format!("sheet-{}-{}", first.format("%Y%m%d"), place.id),
        about: About::Days(site, first, last),
        disputed,
        dismissed: false,
    })
}
