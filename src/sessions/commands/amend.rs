//! What every verb about one session goes through: load it, judge it, change it, take its time anew.
//!
//! A verb is a [`Deed`]; what it decides is in the file of its group. How it is written is in `written`.
use std::fmt::Debug;
use std::sync::Arc;

use super::written::{Time, Written};
use crate::db::{Command, Context, Decision, Tx};
use crate::kernel::{Error, Etag, Id, Name, Result};
use crate::programmes::{self, Programme};
use crate::sessions::predicate::{self, Finding};
use crate::sessions::snapshot::Snapshot;
use crate::sessions::{Held, Place, Purpose, Session, SessionDraft, Sessions, facts, leaves, store};

/// Which session a verb is about.
#[derive(Clone, Debug)]
pub struct Target {
    /// The session.
    pub name: Name<Sessions>,
    /// The etag that the caller read, if it cares.
    pub etag: Option<String>,
}

/// One verb about one session.
pub trait Deed: Debug + Send + Sync + 'static {
    /// The RPC: see [`Command::METHOD`].
    const METHOD: &'static str;

    /// Which session it is about.
    fn target(&self) -> &Target;

    /// The session as it would be, and for what that is judged; none: nothing is.
    fn draft(&self, session: &Session) -> Option<(SessionDraft, Purpose)> {
        let _ = session;
        None
    }

    /// What becomes of the session: pure.
    ///
    /// # Errors
    /// The refusal.
    fn decide(&self, known: &Known, context: &Context<'_>) -> Result<Turn>;
}

/// What a verb decides on.
#[derive(Debug)]
pub struct Known {
    /// The session as it is at this instant.
    pub session: Session,
    /// The draft of [`Deed::draft`], and for what it is judged.
    pub draft: Option<(SessionDraft, Purpose)>,
    /// In what it is judged, without what has lapsed.
    pub snapshot: Snapshot,
}

impl Known {
    /// The draft with everything that stands against it; what it names must be known.
    ///
    /// # Errors
    /// `RESOURCE_NOT_FOUND`.
    pub(super) fn judged(&self) -> Result<(&SessionDraft, Vec<Finding>)> {
        let Some((draft, purpose)) = &self.draft else { return Err(Error::Internal("a verb judges nothing")) };
        match predicate::unknown(draft, &self.snapshot) {
            Some(tail) => Err(predicate::not_found(&draft.programme, &tail)),
            None => Ok((draft, predicate::findings(draft, &self.snapshot, *purpose))),
        }
    }

    /// Where and by what the session is counted once it is planned so.
    ///
    /// # Errors
    /// `INVALID_FIELDS` where a specialty has to be said.
    pub(super) fn place(&self, plan: &SessionDraft) -> Result<Place> {
        match self.snapshot.sites.get(&plan.site) {
            Some(site) => super::intake::place(plan, site, &self.snapshot),
            None => Err(Error::Internal("a session's site isn't in its snapshot")),
        }
    }
}
/// What a verb makes of a session.
#[derive(Debug)]
pub struct Turn {
    /// The session from now on; its revision and times are not the verb's to write.
    pub session: Session,
    /// What the change log says.
    pub verb: &'static str,
    /// What becomes of the time that it takes.
    pub time: Time,
    /// The note of a new version of its outcome, where there is one.
    pub outcome: Option<String>,
}

impl Turn {
    /// A change that says nothing of an outcome.
    pub(super) fn new(session: Session, verb: &'static str, time: Time) -> Turn {
        Turn { session, verb, time, outcome: None }
    }
}

/// A verb as a command.
#[derive(Debug)]
pub struct Amend<D>(pub D);

/// What [`Amend`] loads.
#[derive(Debug)]
pub struct AmendFacts {
    stored: Session,
    draft: Option<(SessionDraft, Purpose)>,
    snapshot: Snapshot,
    /// What counts together with the session; none where nothing that counts can change.
    counting: Option<(Programme, Vec<Held>)>,
}

impl<D: Deed> Command for Amend<D> {
    type Facts = AmendFacts;
    type Effects = Written;
    type Output = Session;
    const METHOD: &'static str = D::METHOD;

    fn programme(&self) -> &Id {
        self.0.target().name.programme()
    }

    async fn load(&self, tx: &mut Tx<'_>) -> Result<AmendFacts> {
        let name = &self.0.target().name;
        let stored = store::get(tx, name.programme(), name.id()).await?;
        let draft = self.0.draft(&stored);
        let mut groups: Vec<_> = stored.held().map(|held| (held.expert, held.date, held.site)).into_iter().collect();
        let mut snapshot = Snapshot::default();
        if let Some((draft, purpose)) = &draft {
            snapshot = store::load_snapshot(tx, name.programme(), &[draft], *purpose).await?;
            // A session keeps the zone in which it was booked, whatever its site's is corrected to.
            if let Some(site) = snapshot.sites.get_mut(&draft.site) {
                Arc::make_mut(site).zone = stored.zone;
            }
            if purpose.is_record() {
                groups.push((draft.expert.clone(), stored.zone.date_of(draft.start), draft.site.clone()));
            }
        }
        let counting = if groups.is_empty() {
            None
        } else {
            let clinics = store::held_clinics(tx, name.programme(), &groups).await?;
            Some((programmes::store::get(tx, name.programme()).await?, clinics))
        };
        Ok(AmendFacts { stored, draft, snapshot, counting })
    }

    fn decide(&self, loaded: AmendFacts, context: &Context<'_>) -> Result<Decision<Written, Session>> {
        let Target { name, etag } = self.0.target();
        let AmendFacts { stored, draft, mut snapshot, counting } = loaded;
        Etag::check(etag.as_deref(), &name.to_string(), stored.meta.revision)?;
        snapshot.settle(context.now);
        let known = Known { session: stored.clone().at(context.now), draft, snapshot };
        let Turn { session, verb, time, outcome } = self.0.decide(&known, context)?;
        let after = Session { meta: stored.meta.touched(context.now), ..session };
        let mut written = Written::new(name.programme(), context.now);
        // What has lapsed is in the way only of who takes the time.
        let takes = matches!(time, Time::Take | Time::TakeMove);
        let mut changes = vec![after.change(verb)];
        if takes {
            changes.extend(written.sweep(&known.snapshot, Some(name.id())));
        }
        let facts = counting.map_or_else(Vec::new, |(programme, clinics)| {
            let unit = |date| programme.sitting_unit_on(date);
            let others: Vec<Held> = clinics.into_iter().filter(|held| held.session != *name.id()).collect();
            let with = |own: Option<Held>| leaves(&others.iter().cloned().chain(own).collect::<Vec<_>>(), unit);
            facts(name.programme(), &with(stored.held()), &with(after.held()))
        });
        if stored.outcome.is_some() && after.outcome.is_none() {
            written.close(&stored);
        }
        if let Some(note) = outcome {
            written.resolve(&after, note, context.call.caller.actor());
        }
        written.change(stored, &after, time, &known.snapshot);
        Ok(Decision { effects: written, output: after, changes, facts })
    }

    async fn apply(&self, written: &Written, tx: &mut Tx<'_>) -> Result<()> {
        written.apply(tx).await
    }

    async fn recall(&self, tx: &mut Tx<'_>, _names: &[String]) -> Result<Session> {
        let name = &self.0.target().name;
        store::get(tx, name.programme(), name.id()).await
    }
}
