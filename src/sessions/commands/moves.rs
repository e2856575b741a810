//! Changes of a plan that stands: another time, expert, assistant or room, and delays.
//!
//! At once where nothing refuses; where only an expert's yes is missing, the change waits for it beside the plan.
use super::admit::{admit, lacks_only_consent};
use super::amend::{Deed, Known, Target, Turn};
use super::respond::must_take_part;
use super::written::Time;
use crate::db::Context;
use crate::experts::Consent;
use crate::kernel::{Error, Id, Reason, Result, Timestamp};
use crate::sessions::{Awaiting, Delay, ExpertConsent, Move, ProposedMove, Purpose, Session, SessionDraft, Transition};

/// For how long a move waits for its yes where nobody says: three days, and not beyond its own start.
const DEFAULT_WAIT_MINUTES: i64 = 72 * 60;

/// What the moves have in common.
#[derive(Debug)]
pub struct Moving {
    /// Which session.
    pub target: Target,
    /// What who is to lead it said yes with.
    pub leading: Option<Consent>,
    /// What the experts beside said yes with.
    pub consents: Vec<ExpertConsent>,
    /// Until when a yes is waited for, where it is missing; none: 72 hours, and not beyond the new start.
    pub lapses: Option<Timestamp>,
    /// Why planning rules are to be set aside, where they are.
    pub overriding: Option<String>,
}

impl Moving {
    fn draft(&self, session: &Session, to: Move) -> (SessionDraft, Purpose) {
        (self.to(to).applied_to(&session.plan), Purpose::Move)
    }

    fn to(&self, to: Move) -> Move {
        let leads = self.leading.clone().map(|consent| ExpertConsent { expert: to.expert.clone(), consent });
        Move { consents: leads.into_iter().chain(self.consents.iter().cloned()).collect(), ..to }
    }

    fn decide(&self, known: &Known, to: Move, transition: Transition, context: &Context<'_>) -> Result<Turn> {
        let before = &known.session;
        transition.of(&before.name(), before.state)?;
        let to = self.to(to);
        must_take_part(&to.applied_to(&before.plan), &self.consents)?;
        let (plan, found) = known.judged()?;
        let is_asked = |id: &Id| plan.consents.iter().all(|given| given.expert != *id);
        if lacks_only_consent(&found, is_asked) {
            let wait = context.now.plus_minutes(DEFAULT_WAIT_MINUTES).min(to.start);
            let lapses = self.lapses.unwrap_or(wait);
            if lapses <= context.now {
                let text = "must be in the future: the move begins before anybody could say yes";
                return Err(Error::field("deadline", Reason::Inconsistent, text));
            }
            let proposed_move = Some(ProposedMove { to, awaiting: Awaiting::Expert, lapses });
            let proposed_time = before.proposed_time.or(Some(context.now));
            let session = Session { proposed_move, proposed_time, ..before.clone() };
            return Ok(Turn::new(session, transition.verb(), Time::TakeMove));
        }
        let overridden = admit(&found, self.overriding.as_deref(), context)?.or_else(|| before.overridden.clone());
        let session = Session { overridden, ..before.clone().settled().confirmed(plan.clone(), known.place(plan)?) };
        Ok(Turn::new(session, transition.verb(), Time::Take))
    }
}

macro_rules! moves {
    ($($(#[$doc:meta])* $name:ident { $($(#[$field_doc:meta])* $field:ident: $type:ty),+ } = $method:literal, $transition:ident;)+) => { $(
        $(#[$doc])*
        #[derive(Debug)]
        pub struct $name {
            /// Which session, and what was said to it.
            pub moving: Moving,
            $($(#[$field_doc])* pub $field: $type),+
        }

        impl Deed for $name {
            const METHOD: &'static str = concat!("SessionService.", $method);

            fn target(&self) -> &Target {
                &self.moving.target
            }

            fn draft(&self, session: &Session) -> Option<(SessionDraft, Purpose)> {
                Some(self.moving.draft(session, self.to(session)))
            }

            fn decide(&self, known: &Known, context: &Context<'_>) -> Result<Turn> {
                self.moving.decide(known, self.to(&known.session), Transition::$transition, context)
            }
        }

        impl $name {
            fn to(&self, session: &Session) -> Move {
                Move { $($field: self.$field.clone(),)+ ..Move::of(&session.plan) }
            }
        }
    )+ };
}

moves! {
    /// Moves a session to another time. The old one is free once the new one is taken.
    RescheduleSession {
        /// The first instant.
        start: Timestamp,
        /// The first instant after it.
        end: Timestamp
    } = "RescheduleSession", Reschedule;
    /// Has another expert lead a session.
    ReplaceExpert {
        /// Who leads it.
        expert: Id
    } = "ReplaceSessionExpert", ReplaceExpert;
    /// Gives a session another assistant, or none.
    ReplaceAssistant {
        /// The assistant.
        assistant: Option<Id>
    } = "ReplaceSessionAssistant", ReplaceAssistant;
    /// Moves a session to another room of its site, or out of any.
    ReplaceRoom {
        /// The room, by its id within the site.
        room: Option<Id>
    } = "ReplaceSessionRoom", ReplaceRoom;
}

/// Notes that a session starts late. A fact: it isn't refused, and whom it disturbs is told.
#[derive(Debug)]
pub struct ReportDelay {
    /// Which.
    pub target: Target,
    /// By how many minutes it starts later than it is planned now: 1 to 720.
    pub minutes: i64,
    /// Whether it ends when it was to end; else it ends as much later.
    pub keeps_end: bool,
}

impl ReportDelay {
    fn shifted(&self, plan: &SessionDraft) -> SessionDraft {
        let end = if self.keeps_end { plan.end } else { plan.end.plus_minutes(self.minutes) };
        SessionDraft { start: plan.start.plus_minutes(self.minutes), end, ..plan.clone() }
    }
}

impl Deed for ReportDelay {
    const METHOD: &'static str = "SessionService.ReportSessionDelay";

    fn target(&self) -> &Target {
        &self.target
    }

    fn draft(&self, session: &Session) -> Option<(SessionDraft, Purpose)> {
        let plan = self.shifted(&session.plan);
        // With nothing left there is nothing to look at; `decide` says so.
        (plan.start < plan.end).then_some((plan, Purpose::Review))
    }

    fn decide(&self, known: &Known, context: &Context<'_>) -> Result<Turn> {
        let before = &known.session;
        Transition::Delay.of(&before.name(), before.state)?;
        let plan = self.shifted(&before.plan);
        if plan.end <= plan.start {
            let text = "nothing is left of the session: reschedule or cancel it";
            return Err(Error::field("minutes", Reason::Inconsistent, text));
        }
        let planned_start = before.delay.map_or(before.plan.start, |delay| delay.planned_start);
        let delay = Some(Delay { planned_start, reported: context.now });
        let place = known.place(&plan)?;
        let session = Session { delay, ..before.clone().settled().planned_as(plan, place) };
        Ok(Turn::new(session, Transition::Delay.verb(), Time::Take))
    }
}
