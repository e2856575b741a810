//! The list of experts: which of them, in pages by id.

use super::assembled;
use crate::db::{List, Tx, Value};
use crate::experts::{Expert, ExpertState, HomeTieKind, LicenceHash};
use crate::kernel::{Date, Id, PageRequest, Result, Specialty, Vocabulary as _};
use crate::sites::DivisionCode;

/// Conditions on experts; all that are set must hold.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// This expert.
    pub id: Option<Id>,
    /// In this state.
    pub state: Option<ExpertState>,
    /// With an affiliation at this hospital, on the day or, without one, on any.
    pub hospital: Option<(Id, Option<Date>)>,
    /// With this specialty or a child of it.
    pub specialty: Option<Specialty>,
    /// With this specialty, a parent or a child of it.
    pub related: Option<Specialty>,
    /// On the roster on the day.
    pub roster_day: Option<Date>,
    /// With this licence.
    pub licence: Option<LicenceHash>,
    /// With a tie of this kind.
    pub tie_kind: Option<HomeTieKind>,
    /// With a tie to this division or a part of it.
    pub tie_division: Option<DivisionCode>,
}

pub(super) static EXPERTS: List = List {
    head: "SELECT e.expert, e.display_name, e.title, e.state, e.roster_entry_date, e.roster_exit_date, \
           e.pause_until_date, e.scope, e.licence_hash, e.merged_into, e.revision, e.create_time, e.update_time \
           FROM experts e WHERE e.programme = ?",
    filters: &[
        "e.expert = ?",
        "e.state = ?",
        "(SELECT 1 FROM expert_affiliations a WHERE a.programme = e.programme AND a.expert = e.expert \
         AND a.hospital = ? LIMIT 1) IS NOT NULL",
        "(SELECT 1 FROM expert_affiliations a WHERE a.programme = e.programme AND a.expert = e.expert \
         AND a.hospital = ? AND a.from_date <= ? AND (a.to_date IS NULL OR a.to_date >= ?) LIMIT 1) IS NOT NULL",
        "(SELECT 1 FROM expert_specialties s WHERE s.programme = e.programme AND s.expert = e.expert \
         AND (s.specialty = ? OR (s.specialty > ? AND s.specialty < ?)) LIMIT 1) IS NOT NULL",
        "(SELECT 1 FROM expert_specialties s WHERE s.programme = e.programme AND s.expert = e.expert \
         AND (s.specialty IN (?, ?, ?) OR (s.specialty > ? AND s.specialty < ?)) LIMIT 1) IS NOT NULL",
        "e.state <> 'MERGED' AND e.roster_entry_date <= ? AND (e.roster_exit_date IS NULL OR e.roster_exit_date >= ?)",
        "e.licence_hash = ?",
        "(SELECT 1 FROM expert_ties t WHERE t.programme = e.programme AND t.expert = e.expert \
         AND t.kind = ? LIMIT 1) IS NOT NULL",
        "(SELECT 1 FROM expert_ties t WHERE t.programme = e.programme AND t.expert = e.expert \
         AND t.division >= ? AND t.division < ? LIMIT 1) IS NOT NULL",
    ],
    after: "e.expert > ?",
    order: "ORDER BY e.expert",
};

/// What comes before and after every child of a specialty: `/` follows `.`, and codes are digits and full stops.
fn children(specialty: &Specialty) -> [Value; 2] {
    [format!("{specialty}.").into(), format!("{specialty}/").into()]
}

/// The experts that pass, by id: one more than the page holds, where there are that many.
pub async fn list(tx: &mut Tx<'_>, programme: &Id, filter: &Filter, page: &PageRequest) -> Result<Vec<Expert>> {
    let mut select = EXPERTS.select([programme.into()]);
    if let Some(id) = &filter.id {
        select.filter(0, [id.into()]);
    }
    if let Some(state) = filter.state {
        select.filter(1, [state.code().into()]);
    }
    match &filter.hospital {
        Some((hospital, None)) => drop(select.filter(2, [hospital.into()])),
        Some((hospital, Some(day))) => drop(select.filter(3, [hospital.into(), (*day).into(), (*day).into()])),
        None => {}
    }
    if let Some(specialty) = &filter.specialty {
        let [after, before] = children(specialty);
        select.filter(4, [specialty.into(), after, before]);
    }
    if let Some(specialty) = &filter.related {
        let parents = specialty.with_parents();
        // At most three levels: a code of fewer says itself again.
        let level = |at: usize| Value::from(parents.get(at).unwrap_or(specialty));
        let [after, before] = children(specialty);
        select.filter(5, [level(0), level(1), level(2), after, before]);
    }
    if let Some(day) = filter.roster_day {
        select.filter(6, [day.into(), day.into()]);
    }
    if let Some(licence) = &filter.licence {
        select.filter(7, [licence.as_str().into()]);
    }
    if let Some(kind) = filter.tie_kind {
        select.filter(8, [kind.code().into()]);
    }
    if let Some(division) = &filter.tie_division {
        select.filter(9, [division.as_str().into(), division.end().into()]);
    }
    select.page(page);
    let rows = tx.select(&select).await?;
    assembled(tx, programme, &rows).await
}
