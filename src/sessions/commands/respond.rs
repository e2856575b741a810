//! Answers: a hold that is confirmed, and what the awaited party says to a proposal or to a proposed move.
use super::admit::{admit, lacks_only_consent};
use super::amend::{Deed, Known, Target, Turn};
use super::written::{DROP_MOVE, Time};
use crate::db::Context;
use crate::experts::Consent;
use crate::kernel::{Error, Id, Reason, Result, Timestamp, Vocabulary as _};
use crate::sessions::predicate::Finding;
use crate::sessions::{
    Awaiting, ExpertConsent, LapseCause, Move, ProposedMove, Purpose, Session, SessionDraft, SessionState, Transition,
};

/// Books a session that is held.
#[derive(Debug)]
pub struct ConfirmHold {
    /// Which.
    pub target: Target,
    /// What its leading expert said yes with, where there is more than the offer.
    pub leading: Option<Consent>,
    /// What the experts beside said yes with.
    pub consents: Vec<ExpertConsent>,
    /// Why planning rules are to be set aside, where they are.
    pub overriding: Option<String>,
}

impl Deed for ConfirmHold {
    const METHOD: &'static str = "SessionService.BookSession";

    fn target(&self) -> &Target {
        &self.target
    }

    fn draft(&self, session: &Session) -> Option<(SessionDraft, Purpose)> {
        let mut plan = session.plan.clone();
        let leads = self.leading.clone().map(|consent| ExpertConsent { expert: plan.expert.clone(), consent });
        plan.consents.extend(leads.into_iter().chain(self.consents.iter().cloned()));
        Some((plan, Purpose::Book))
    }

    fn decide(&self, known: &Known, context: &Context<'_>) -> Result<Turn> {
        let before = &known.session;
        Transition::Confirm.of(&before.name(), before.state)?;
        must_take_part(&before.plan, &self.consents)?;
        let (plan, found) = known.judged()?;
        let overridden = admit(&found, self.overriding.as_deref(), context)?.or_else(|| before.overridden.clone());
        let session = Session { overridden, ..before.clone().settled().confirmed(plan.clone(), known.place(plan)?) };
        Ok(Turn::new(session, Transition::Confirm.verb(), Time::Take))
    }
}

/// What the awaited party says.
#[derive(Clone, Debug)]
pub enum Answer {
    /// Yes.
    Accept,
    /// No; why isn't asked.
    Decline,
    /// Yes, to other times: the expert's side only.
    Counter {
        /// The first instant.
        start: Timestamp,
        /// The first instant after it.
        end: Timestamp,
        /// Until when the office is to answer; none: as long as was left for the expert.
        lapses: Option<Timestamp>,
    },
}

/// Answers a proposal, or a proposed move.
#[derive(Debug)]
pub struct RespondSession {
    /// Which.
    pub target: Target,
    /// For whom it is answered.
    pub party: Awaiting,
    /// What.
    pub answer: Answer,
    /// Which expert answers; none: the leading one.
    pub expert: Option<Id>,
    /// What was said; always there when the expert's side says yes.
    pub consent: Option<Consent>,
    /// Why planning rules are to be set aside, where they are.
    pub overriding: Option<String>,
}

impl RespondSession {
    /// What is said, of the expert who would lead where nobody is named.
    fn given(&self, leading: &Id) -> Option<ExpertConsent> {
        let expert = self.expert.as_ref().unwrap_or(leading).clone();
        self.consent.clone().map(|consent| ExpertConsent { expert, consent })
    }

    /// Where the answer would move the session; none: nowhere.
    fn destination(&self, session: &Session) -> Option<Move> {
        let proposed = session.proposed_move.as_ref().map(|proposed| proposed.to.clone());
        let to = match session.state {
            SessionState::Proposed => Move::of(&session.plan),
            SessionState::Confirmed => proposed?,
            SessionState::Tentative
            | SessionState::InProgress
            | SessionState::Completed
            | SessionState::NotHeld
            | SessionState::Cancelled
            | SessionState::Lapsed
            | SessionState::Voided => return None,
        };
        let given = self.given(&to.expert);
        match self.answer {
            Answer::Accept => {
                let consents = to.consents.iter().cloned().chain(given).collect();
                Some(Move { consents, ..to })
            }
            Answer::Counter { start, end, .. } => {
                Some(Move { start, end, consents: given.into_iter().collect(), ..to })
            }
            Answer::Decline => None,
        }
    }

    fn transition(&self, session: &Session) -> Transition {
        if session.proposed_move.is_some() && session.state == SessionState::Confirmed {
            return Transition::RespondToMove;
        }
        match self.answer {
            Answer::Accept => Transition::Accept,
            Answer::Decline => Transition::Decline,
            Answer::Counter { .. } => Transition::Counter,
        }
    }

    /// A proposal, answered.
    fn of_proposal(&self, known: &Known, context: &Context<'_>) -> Result<Turn> {
        let before = &known.session;
        match self.answer {
            Answer::Decline => {
                let (state, lapse_cause) = (SessionState::Lapsed, Some(LapseCause::Declined));
                let session = Session { state, lapse_cause, ..before.clone().settled() };
                // The log doesn't tell a no from silence.
                Ok(Turn::new(session, Transition::Lapse.verb(), Time::Free))
            }
            Answer::Accept => {
                let (plan, found) = known.judged()?;
                if self.others_are_asked(plan, &found) {
                    let session = Session { plan: plan.clone(), ..before.clone() };
                    return Ok(Turn::new(session, Transition::Accept.verb(), Time::Keep));
                }
                let overridden = admit(&found, self.overriding.as_deref(), context)?;
                let overridden = overridden.or_else(|| before.overridden.clone());
                let session =
                    Session { overridden, ..before.clone().settled().confirmed(plan.clone(), known.place(plan)?) };
                Ok(Turn::new(session, Transition::Accept.verb(), Time::Take))
            }
            Answer::Counter { lapses, .. } => {
                let (plan, found) = known.judged()?;
                if !self.others_are_asked(plan, &found) {
                    admit(&found, self.overriding.as_deref(), context)?;
                }
                let lapse_time = lapses.or(before.lapse_time);
                let awaiting = Some(Awaiting::Office);
                let session =
                    Session { awaiting, lapse_time, ..before.clone().planned_as(plan.clone(), known.place(plan)?) };
                Ok(Turn::new(session, Transition::Counter.verb(), Time::Take))
            }
        }
    }

    /// A proposed move, answered.
    fn of_move(&self, proposed: &ProposedMove, known: &Known, context: &Context<'_>) -> Result<Turn> {
        let before = &known.session;
        let Some(to) = self.destination(before) else {
            return Ok(Turn::new(before.clone().settled(), DROP_MOVE, Time::FreeMove));
        };
        let (plan, found) = known.judged()?;
        let lapses = match self.answer {
            Answer::Counter { lapses, .. } => Some(lapses.unwrap_or(proposed.lapses)),
            Answer::Accept if self.others_are_asked(plan, &found) => Some(proposed.lapses),
            Answer::Accept | Answer::Decline => None,
        };
        if let Some(lapses) = lapses {
            let is_counter = matches!(self.answer, Answer::Counter { .. });
            if is_counter && !self.others_are_asked(plan, &found) {
                admit(&found, self.overriding.as_deref(), context)?;
            }
            let awaiting = if is_counter { Awaiting::Office } else { proposed.awaiting };
            let proposed_move = Some(ProposedMove { to, awaiting, lapses });
            let verb = if is_counter { Transition::Counter } else { Transition::RespondToMove };
            return Ok(Turn::new(Session { proposed_move, ..before.clone() }, verb.verb(), Time::TakeMove));
        }
        let overridden = admit(&found, self.overriding.as_deref(), context)?.or_else(|| before.overridden.clone());
        let session = Session { overridden, ..before.clone().settled().confirmed(plan.clone(), known.place(plan)?) };
        Ok(Turn::new(session, Transition::RespondToMove.verb(), Time::Take))
    }

    /// Whether it is only for the yes of experts who weren't asked by this answer.
    fn others_are_asked(&self, plan: &SessionDraft, found: &[Finding]) -> bool {
        lacks_only_consent(found, |id| plan.consents.iter().all(|given| given.expert != *id))
    }
}

impl Deed for RespondSession {
    const METHOD: &'static str = "SessionService.RespondSession";

    fn target(&self) -> &Target {
        &self.target
    }

    fn draft(&self, session: &Session) -> Option<(SessionDraft, Purpose)> {
        let purpose = if session.state == SessionState::Proposed { Purpose::Book } else { Purpose::Move };
        let plan = self.destination(session)?.applied_to(&session.plan);
        Some((plan, purpose))
    }

    fn decide(&self, known: &Known, context: &Context<'_>) -> Result<Turn> {
        let before = &known.session;
        self.transition(before).of(&before.name(), before.state)?;
        let proposed = before.proposed_move.as_ref().filter(|_| before.state == SessionState::Confirmed);
        let awaiting = proposed.map(|proposed| proposed.awaiting).or(before.awaiting);
        if awaiting != Some(self.party) {
            let error =
                Error::refused(Reason::NotAwaited, "another party's answer is awaited").with("name", before.name());
            return Err(error.with("awaiting", awaiting.map_or("", Awaiting::code)).with("party", self.party.code()));
        }
        let plan = proposed.map_or_else(|| before.plan.clone(), |proposed| proposed.to.applied_to(&before.plan));
        must_take_part(&plan, self.given(&plan.expert).as_slice())?;
        match proposed {
            None => self.of_proposal(known, context),
            Some(proposed) => self.of_move(proposed, known, context),
        }
    }
}

/// Refuses the yes of somebody who doesn't take part.
///
/// # Errors
/// `INVALID_FIELDS` for `expert`.
pub(super) fn must_take_part(plan: &SessionDraft, consents: &[ExpertConsent]) -> Result<()> {
    let takes_part = |id: &Id| plan.experts().any(|expert| expert == id);
    if consents.iter().all(|given| takes_part(&given.expert)) {
        return Ok(());
    }
    Err(Error::field("expert", Reason::Inconsistent, "must be one of the session's experts"))
}
