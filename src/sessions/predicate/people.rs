//! Experts on the roster, assistants at the site, and who answers for the patients before and after.
use super::{Case, Finding, Irregularity};
use crate::calendars::DayKind;
use crate::kernel::{Date, HalfDay, Id, SessionKind};
use crate::sessions::snapshot::Snapshot;

/// Whether the experts are on the roster and not paused.
pub(super) fn of_experts(case: &Case<'_>, found: &mut Vec<Finding>) {
    let Case { snapshot, purpose, date, .. } = *case;
    for (field, id, expert) in case.experts() {
        let whom = || vec![("expert", id.into()), ("date", date.into())];
        if !expert.roster.on_roster(date) {
            found.push(Finding::new(Irregularity::NotOnRoster, field, whom()));
        } else if !purpose.is_record() && !expert.roster.plannable_on(date) {
            // Since when somebody has paused isn't known, so a record of the past isn't measured by it.
            found.push(Finding::new(Irregularity::ExpertPaused, field, whom()));
        }
        if let Some(calendar) = &snapshot.calendar
            && purpose.is_plan()
            && let Some(hospital) = expert.home_on(date)
            && calendar.day(Some(hospital), date).kind == DayKind::MakeupWorkday
        {
            found.push(Finding::new(Irregularity::HomeMakeupWorkday, field, whom()));
        }
    }
}

/// Whether the assistant and the responsible physicians are there, and the assistant is the expert's.
pub(super) fn of_assistants(case: &Case<'_>, found: &mut Vec<Finding>) {
    of_assistant(case, found);
    let Case { draft, snapshot, half_days, .. } = *case;
    if draft.kind != SessionKind::Operation {
        return;
    }
    let sides = [
        ("responsible_before", &draft.responsible_before, half_days.first()),
        ("responsible_after", &draft.responsible_after, half_days.last()),
    ];
    for (field, physician, when) in sides {
        match (physician, when) {
            (None, _) => found.push(Finding::new(Irregularity::NoResponsiblePhysician, field, Vec::new())),
            (Some(id), Some((date, half))) if is_gone(snapshot, id, *date, *half) => {
                let whom = vec![("assistant", id.into()), ("date", (*date).into())];
                found.push(Finding::new(Irregularity::PhysicianAway, field, whom));
            }
            (Some(_), Some(_) | None) => {}
        }
    }
}

fn is_gone(snapshot: &Snapshot, id: &Id, date: Date, half_day: HalfDay) -> bool {
    snapshot.assistants.get(id).is_some_and(|person| person.has_left(date) || person.is_away(date, half_day))
}

fn of_assistant(case: &Case<'_>, found: &mut Vec<Finding>) {
    let Case { draft, snapshot, half_days, .. } = *case;
    let Some(id) = &draft.assistant else {
        if is_among_patients(draft.kind) {
            found.push(Finding::new(Irregularity::NoAssistant, "assistant", Vec::new()));
        }
        return;
    };
    let Some(assistant) = snapshot.assistants.get(id) else { return };
    let whom = |date: Date| vec![("assistant", id.into()), ("date", date.into())];
    let last = half_days.last().map(|(date, _)| *date);
    if let Some(date) = last.filter(|date| assistant.has_left(*date)) {
        let mut whom = whom(date);
        whom.extend(assistant.end.map(|end| ("end_date", end.into())));
        found.push(Finding::new(Irregularity::AssistantEnded, "assistant", whom));
    } else if let Some((date, _)) = half_days.iter().find(|(date, half)| assistant.is_away(*date, *half)) {
        found.push(Finding::new(Irregularity::AssistantOnLeave, "assistant", whom(*date)));
    }
    if !assistant.is_paired_with(&draft.expert, &draft.site, case.date) {
        found.push(Finding::new(Irregularity::NoPairing, "assistant", whom(case.date)));
    }
}

/// Whether the expert works among patients of the site, so that an assistant belongs to it.
#[must_use]
pub const fn is_among_patients(kind: SessionKind) -> bool {
    match kind {
        SessionKind::Clinic
        | SessionKind::Operation
        | SessionKind::OutConsultation
        | SessionKind::WardRound
        | SessionKind::FreeClinic => true,
        SessionKind::Teaching
        | SessionKind::Lecture
        | SessionKind::CaseConference
        | SessionKind::RemoteConsultation => false,
    }
}
