//! Starting sessions: their papers are looked at once more.
use super::amend::{Deed, Known, Target, Turn};
use super::written::Time;
use super::{is_near_plan, must_have_passed, notes};
use crate::db::Context;
use crate::kernel::{Error, Reason, Result, Timestamp};
use crate::sessions::predicate::{self, Finding};
use crate::sessions::{Purpose, Session, SessionDraft, Transition};

/// Starts a session.
#[derive(Debug)]
pub struct StartSession {
    /// Which.
    pub target: Target,
    /// When it really started; none: now.
    pub start: Option<Timestamp>,
}

impl Deed for StartSession {
    const METHOD: &'static str = "SessionService.StartSession";

    fn target(&self) -> &Target {
        &self.target
    }

    fn draft(&self, session: &Session) -> Option<(SessionDraft, Purpose)> {
        Some((session.plan.clone(), Purpose::Start))
    }

    fn decide(&self, known: &Known, context: &Context<'_>) -> Result<Turn> {
        let before = &known.session;
        let state = Transition::Start.of(&before.name(), before.state)?;
        let start = self.start.unwrap_or(context.now);
        must_have_passed(before, "actual_start_time", start, context.now)?;
        if !is_near_plan(before, start) {
            let text = "must be within 24 hours of the planned start";
            return Err(Error::field("actual_start_time", Reason::Inconsistent, text));
        }
        let (_, found) = known.judged()?;
        if let Some(refusal) = predicate::refusal(&found) {
            return Err(Error::Refused(refusal));
        }
        // An emergency doesn't wait for papers: they are listed, and due.
        let due: Vec<Finding> = found.into_iter().filter(|finding| finding.is_due).collect();
        let session = Session { state, started: Some(start), irregularities: notes(&due), ..before.clone().settled() };
        Ok(Turn::new(session, Transition::Start.verb(), Time::FreeMove))
    }
}
