//! The expert's yes: in advance, by a standing offer, or to this session. Silence is none.
use super::{Case, Finding, Irregularity};
use crate::calendars::ExpertAbsence;
use crate::kernel::{Id, Timestamp};
use crate::sessions::draft::SessionDraft;
use crate::sessions::purpose::Purpose;

/// Whether every expert has said yes before the session, and nobody has said since to be away.
pub(super) fn of(case: &Case<'_>, found: &mut Vec<Finding>) {
    let draft = case.draft;
    for (field, id, expert) in case.experts() {
        let heard = heard(draft, id);
        let said_away = |absence: &&ExpertAbsence| {
            // Whoever says yes after having said to be away comes all the same.
            let is_before = heard.is_some_and(|heard| absence.meta.create_time <= heard);
            absence.takes(draft.start, draft.end) && !is_before
        };
        if let Some(absence) = expert.absences.iter().find(said_away) {
            let (_, until) = absence.span();
            let absence = ("absence", absence.name.id().into());
            let whom = vec![("expert", id.into()), absence, ("until", until.into())];
            found.push(Finding::new(Irregularity::ExpertAbsent, field, whom).until(Some(until)));
        }
        let has_offered = || expert.has_offered(draft.kind, &draft.site, draft.start, draft.end);
        let missing = match case.purpose {
            Purpose::Book | Purpose::Move | Purpose::Review | Purpose::Record => {
                (heard.is_none() && !has_offered()).then_some(Irregularity::NoConsent)
            }
            Purpose::Hold => (!has_offered()).then_some(Irregularity::NoOffer),
            Purpose::Propose | Purpose::Start => None,
        };
        if let Some(irregularity) = missing {
            let field = if *id == draft.expert { "consent" } else { field };
            found.push(Finding::new(irregularity, field, vec![("expert", id.into())]));
        }
    }
}

/// When an expert's last yes to this session was heard before it begins.
fn heard(draft: &SessionDraft, expert: &Id) -> Option<Timestamp> {
    let given = draft.consents.iter().filter(|given| given.expert == *expert);
    given.map(|given| given.consent.heard_time).filter(|heard| *heard <= draft.start).max()
}
