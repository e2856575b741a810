//! Whether a plan is admitted: nothing refuses it, or somebody who may sets the planning rules aside, with a reason.
use crate::db::Context;
use crate::kernel::{Caller, Error, Id, Reason, Result};
use crate::sessions::predicate::{self, Finding, RuleClass};
use crate::sessions::{Irregularity, Overridden};

/// The roles that may set a planning rule aside.
const MAY_OVERRIDE: [&str; 2] = ["scheduler", "owner"];

/// Admits a plan with what was found against it. `overriding` is why planning rules are to be set aside; rules of safety and
/// consent never are.
///
/// # Errors
/// The refusal of what was found; `OVERRIDE_NOT_ALLOWED` where the caller may not set rules aside.
pub(super) fn admit(found: &[Finding], overriding: Option<&str>, context: &Context<'_>) -> Result<Option<Overridden>> {
    let Some(refusal) = predicate::refusal(found) else { return Ok(None) };
    let Some(note) = overriding else { return Err(Error::Refused(refusal)) };
    may_override(&context.call.caller)?;
    let set_aside = |finding: &&Finding| finding.irregularity.class() == RuleClass::Planning;
    let kept: Vec<Finding> = found.iter().filter(|finding| !set_aside(finding)).cloned().collect();
    if let Some(refusal) = predicate::refusal(&kept) {
        return Err(Error::Refused(refusal));
    }
    let mut irregularities: Vec<Irregularity> =
        found.iter().filter(set_aside).filter(|finding| finding.refuses()).map(|one| one.irregularity).collect();
    irregularities.sort();
    irregularities.dedup();
    let subject = context.call.caller.subject.clone();
    Ok(Some(Overridden { irregularities, note: note.to_owned(), subject, time: context.now }))
}

fn may_override(caller: &Caller) -> Result<()> {
    if caller.roles.iter().any(|role| MAY_OVERRIDE.contains(&role.as_str())) {
        return Ok(());
    }
    let error = Error::refused(Reason::OverrideNotAllowed, "only a scheduler or an owner sets a planning rule aside");
    Err(error.with("roles", MAY_OVERRIDE.join(",")))
}

/// Whether the only thing that refuses is a yes that is missing of experts among these; then they can be asked.
pub(super) fn lacks_only_consent(found: &[Finding], asked: impl Fn(&Id) -> bool) -> bool {
    let mut refusing = found.iter().filter(|finding| finding.refuses()).peekable();
    refusing.peek().is_some()
        && refusing.all(|finding| {
            let whose = finding.concerns.iter().find(|(key, _)| *key == "expert");
            let is_asked = whose.and_then(|(_, whose)| whose.id()).is_some_and(&asked);
            finding.irregularity == Irregularity::NoConsent && is_asked
        })
}
