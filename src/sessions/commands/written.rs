//! What commands write of sessions, whatever the verb: rows, people's yes, outcomes and occupied time, in one order.
use crate::db::Tx;
use crate::kernel::{Change, Id, Name, Result, Timestamp, Verb};
use crate::sessions::snapshot::{Busy, Snapshot};
use crate::sessions::store::{self, NewOutcome, Taken};
use crate::sessions::{Resource, Session, SessionDraft, SessionState, Sessions, Transition};

/// The change of a move that nobody said yes to in time, or said no to: it doesn't tell which.
pub(in crate::sessions) const DROP_MOVE: &str = "drop_move";

/// What is to be written.
#[derive(Debug, Default)]
pub struct Written {
    /// Sessions whose time has run out, when that is noticed here.
    lapsed: Vec<Id>,
    now: Timestamp,
    programme: Option<Id>,
    made: Vec<Session>,
    /// Sessions as they were and as they are from now on.
    changed: Vec<(Session, Session)>,
    /// Sessions of whose outcome a new version is written, each with its note and who says it.
    resolved: Vec<(Session, String, String)>,
    /// Sessions whose outcome ends without another.
    closed: Vec<Session>,
    /// Sessions that give up all their time.
    freed: Vec<Id>,
    /// Sessions that give up what lapses.
    settled: Vec<Id>,
    taken: Vec<Taken>,
}

/// What becomes of the time that a session takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Time {
    /// It stays as it is.
    Keep,
    /// All of it is free from now on.
    Free,
    /// What a proposed move took is free from now on.
    FreeMove,
    /// It is taken anew, by the plan as it is from now on.
    Take,
    /// The plan's stays; what the proposed move needs is taken beside it.
    TakeMove,
}

impl Written {
    /// Of a programme, at an instant.
    pub(super) fn new(programme: &Id, now: Timestamp) -> Written {
        Written { programme: Some(programme.clone()), now, ..Written::default() }
    }

    /// Takes out of the way what has lapsed and still has rows; the session that is written itself aside.
    pub(super) fn sweep(&mut self, snapshot: &Snapshot, own: Option<&Id>) -> Vec<Change> {
        let Some(programme) = self.programme.clone() else { return Vec::new() };
        let mut changes = Vec::new();
        for (id, lapsing) in snapshot.lapsed(self.now).filter(|(id, _)| Some(*id) != own) {
            let verb = if lapsing.is_move { DROP_MOVE } else { Transition::Lapse.verb() };
            let name = Name::<Sessions>::new(programme.clone(), id.clone());
            changes.push(Change::new(name, Verb::new(verb), lapsing.revision + 1));
            self.lapsed.push(id.clone());
        }
        changes
    }

    /// A new session, with what it takes, as somebody says it.
    pub(super) fn make(&mut self, session: &Session, snapshot: &Snapshot, who: &str) {
        self.take(session, snapshot);
        if session.outcome.is_some() {
            self.resolved.push((session.clone(), String::new(), who.to_owned()));
        }
        self.made.push(session.clone());
    }

    /// A session that changed, and what becomes of its time.
    pub(super) fn change(&mut self, before: Session, after: &Session, time: Time, snapshot: &Snapshot) {
        let id = after.plan.session.clone();
        match time {
            Time::Keep => {}
            Time::Free => self.freed.push(id),
            Time::FreeMove => self.settled.push(id),
            Time::Take => {
                self.freed.push(id);
                self.take(after, snapshot);
            }
            Time::TakeMove => {
                self.settled.push(id);
                self.take_move(after, snapshot);
            }
        }
        self.changed.push((before, after.clone()));
    }

    /// A new version of a session's outcome, as somebody says it.
    pub(super) fn resolve(&mut self, session: &Session, note: String, who: &str) {
        self.resolved.push((session.clone(), note, who.to_owned()));
    }

    /// The last version of a session's outcome holds no more.
    pub(super) fn close(&mut self, before: &Session) {
        self.closed.push(before.clone());
    }

    fn take(&mut self, session: &Session, snapshot: &Snapshot) {
        if session.occupies() {
            let lapses = session.lapse_time;
            let resources = session.plan.resources().into_iter();
            // A proposal doesn't take the expert's time: nobody has said yes.
            let without_experts = session.state == SessionState::Proposed;
            let resources = resources.filter(|resource| !(without_experts && matches!(resource, Resource::Expert(_))));
            let own = &session.plan.session;
            self.rows(&session.plan, resources.collect(), lapses, snapshot, |busy| busy.session != *own);
        }
    }

    fn take_move(&mut self, session: &Session, snapshot: &Snapshot) {
        let Some(proposed) = &session.proposed_move else { return };
        let plan = proposed.to.applied_to(&session.plan);
        let resources = plan.resources().into_iter();
        let resources = resources.filter(|resource| !matches!(resource, Resource::Expert(_)));
        // What an earlier move took is given up; what the plan takes isn't.
        let blocks = |busy: &Busy| busy.session != plan.session || busy.lapses.is_none();
        self.rows(&plan, resources.collect(), Some(proposed.lapses), snapshot, blocks);
    }

    /// The rows of a plan, without what others have already: only a delay reaches into another's time, and a move into its own.
    fn rows(
        &mut self,
        plan: &SessionDraft,
        resources: Vec<Resource>,
        lapses: Option<Timestamp>,
        snapshot: &Snapshot,
        blocks: impl Fn(&Busy) -> bool,
    ) {
        for resource in resources {
            let taken = snapshot.taken(plan, &resource);
            for (from, until) in snapshot.left_of(&resource, taken, &blocks) {
                let session = plan.session.clone();
                self.taken.push(Taken { resource: resource.clone(), from, until, session, lapses });
            }
        }
    }

    /// The new sessions.
    pub(super) fn made(&self) -> &[Session] {
        &self.made
    }

    /// Writes all of it: what has lapsed goes first, what is freed before what is taken.
    pub(super) async fn apply(&self, tx: &mut Tx<'_>) -> Result<()> {
        let Some(programme) = &self.programme else { return Ok(()) };
        store::lapse(tx, programme, &self.lapsed, self.now).await?;
        store::insert_all(tx, programme, &self.made).await?;
        let changed: Vec<&Session> = self.changed.iter().map(|(_, after)| after).collect();
        store::update_all(tx, &changed).await?;
        for (before, after) in &self.changed {
            store::update_people(tx, before, after, self.now).await?;
        }
        store::release(tx, programme, &self.freed).await?;
        store::release_moves(tx, programme, &self.settled).await?;
        store::occupy(tx, programme, &self.taken).await?;
        let outcomes: Vec<_> =
            self.resolved.iter().map(|(session, note, recorder)| NewOutcome { session, note, recorder }).collect();
        store::insert_outcomes(tx, &outcomes).await?;
        for session in &self.closed {
            store::close_outcome(tx, session).await?;
        }
        Ok(())
    }
}
