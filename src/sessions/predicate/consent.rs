//! The expert's yes: silence is none.
use super::{Finding, Irregularity};
use crate::sessions::draft::{ExpertConsent, SessionDraft};
use crate::sessions::purpose::Purpose;

/// Whether every expert has said yes before the session.
pub(super) fn of(draft: &SessionDraft, purpose: Purpose, found: &mut Vec<Finding>) {
    for (at, expert) in draft.experts().enumerate() {
        let heard_before = |given: &ExpertConsent| given.expert == *expert && given.consent.heard_time <= draft.start;
        let agreed = || draft.consents.iter().any(heard_before);
        let missing = match purpose {
            Purpose::Book | Purpose::Move | Purpose::Review | Purpose::Record => !agreed(),
            Purpose::Hold | Purpose::Propose | Purpose::Start => false,
        };
        if missing {
            let field = if at == 0 { "consent" } else { "co_experts" };
            found.push(Finding::new(Irregularity::NoConsent, field, vec![("expert", expert.to_string())]));
        }
    }
}
