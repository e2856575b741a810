//! Sends the drafts: some commands at a time, rows in batches, and nothing that is there already.

use std::sync::atomic::{AtomicU64, Ordering};

use futures_util::StreamExt as _;
use futures_util::stream;
use tracing::info;

use super::DemoError;
use super::drafts::{self, Drafts, mark};
use crate::activities::commands::{BatchRecordActivities, Row};
use crate::db::{Command, Db};
use crate::demo::plan::{Outcome, Plan, Session, Visit};
use crate::demo::{PROGRAMME, SYSTEM, Trip};
use crate::experts::LicenceSecret;
use crate::kernel::{Call, Caller, Error, Id, Reason, Result, SessionKind, Vocabulary as _};
use crate::programmes::Programme;
use crate::programmes::commands::GetProgramme;
use crate::savings::commands::{Approve, BatchRecordEncounters, BatchRecordTrips, BillRow};
use crate::savings::versions::{PolicyVersion, Tariff};
use crate::sessions::commands::{BatchBookSessions, BatchRecordHeldSessions};

/// Rows a batch: some milliseconds of the writer's time.
const BATCH: usize = 100;

/// Commands that wait for the writer at a time; it takes as many as there are into one transaction.
const IN_FLIGHT: usize = 32;

/// Batches that wait for the writer at a time.
const BATCHES_IN_FLIGHT: usize = 3;

/// Who enters prices, and who approves them: offices, never persons.
const CLERK: &str = "demo-clerk";
const HEAD: &str = "demo-head";

/// The mark of a programme whose past is complete.
const COMPLETE: &str = "liling-complete-2024-04-with-sheets";

/// Loads one plan into one database.
pub(super) struct Loader<'a> {
    pub(super) db: &'a Db,
    pub(super) plan: &'a Plan,
    pub(super) drafts: Drafts<'a>,
    progress: &'a dyn Fn(u64, u64),
    done: AtomicU64,
    steps: u64,
}

impl<'a> Loader<'a> {
    pub(super) fn new(db: &'a Db, plan: &'a Plan, drafts: Drafts<'a>, progress: &'a dyn Fn(u64, u64)) -> Self {
        Self { db, plan, drafts, progress, done: AtomicU64::new(0), steps: plan.steps() }
    }

    pub(super) async fn load(self) -> Result<(), DemoError> {
        self.once(self.drafts.programme()?).await?;
        let programme = self.db.read(GetProgramme { id: self.drafts.programme.clone() }).await?;
        let has = |value: &str| programme.external_ids.iter().any(|own| own.system() == SYSTEM && own.value() == value);
        if !has(PROGRAMME) {
            return Err(DemoError::NotTheDemos);
        }
        if !has(COMPLETE) {
            self.people_and_places().await?;
            self.past().await?;
            self.savings().await?;
            self.all(self.plan.sheets.iter().map(|sheet| self.sheet(sheet)), BATCHES_IN_FLIGHT).await?;
            self.complete(programme).await?;
        }
        self.to_come().await?;
        (self.progress)(self.steps, self.steps);
        Ok(())
    }

    async fn people_and_places(&self) -> Result<()> {
        let (plan, drafts) = (self.plan, &self.drafts);
        self.each(plan.hospitals.iter().map(|hospital| drafts.hospital(hospital))).await?;
        self.each(plan.sites.iter().map(|site| drafts.site(site))).await?;
        self.once(drafts.journeys()?).await?;
        let secret = LicenceSecret::fresh(self.db.clock().now());
        self.each(plan.experts.iter().map(|expert| drafts.expert(expert, secret.clone()))).await?;
        self.each(plan.assistants.iter().map(|assistant| drafts.assistant(assistant))).await?;
        for expert in &plan.experts {
            let hosts = expert.hosts.iter().enumerate();
            self.each(hosts.map(|(number, host)| drafts.pairing(expert, number, host))).await?;
        }
        self.each(drafts.credentials()?.into_iter().map(Ok)).await?;
        self.each(plan.experts.iter().enumerate().map(|(number, expert)| drafts.offer(number, expert))).await?;
        let consultations = plan.sessions.iter().filter(|session| session.kind == SessionKind::OutConsultation);
        self.each(consultations.map(|session| drafts.dossier(session))).await
    }

    /// What happened: sessions, then what was done in them, then the trips around them.
    async fn past(&self) -> Result<()> {
        let past: Vec<&Session> = self.sessions(&[Outcome::Held, Outcome::NotHeld]);
        let batches = past.chunks(BATCH).map(|rows| self.record_sessions(rows));
        self.all(batches, BATCHES_IN_FLIGHT).await?;
        for session in self.sessions(&[Outcome::NotHeld]) {
            self.once(self.drafts.not_held(session)?).await?;
        }
        let mut rows = Vec::new();
        for session in past {
            for activity in &session.activities {
                let (id, draft) = self.drafts.activity(session, activity)?;
                rows.push(Row { id, draft, place: None });
            }
        }
        self.all(rows.chunks(BATCH).map(|rows| self.record_activities(rows)), BATCHES_IN_FLIGHT).await?;
        self.visits(Visit::is_past).await
    }

    /// Prices and policy, entered by one office and approved by another; then trips, then their bills.
    async fn savings(&self) -> Result<()> {
        for price in &self.plan.prices {
            let create = self.drafts.tariff(price)?;
            let (name, etag) = (create.name.clone(), None);
            present(self.write_as(CLERK, create).await)?;
            present(self.write_as(HEAD, Approve::<Tariff> { name, etag }).await)?;
            self.advance(2);
        }
        let create = self.drafts.policy()?;
        let (name, etag) = (create.name.clone(), None);
        present(self.write_as(CLERK, create).await)?;
        present(self.write_as(HEAD, Approve::<PolicyVersion> { name, etag }).await)?;
        let trips = self.plan.trips.chunks(BATCH).map(|trips| self.record_trips(trips));
        self.all(trips, BATCHES_IN_FLIGHT).await?;
        let bills = self.plan.trips.iter().filter_map(|trip| self.drafts.bill(trip).transpose());
        let bills = bills.collect::<Result<Vec<_>>>()?;
        self.all(bills.chunks(BATCH).map(|bills| self.record_bills(bills)), BATCHES_IN_FLIGHT).await
    }

    async fn record_trips(&self, trips: &[Trip]) -> Result<()> {
        let rows = trips.iter().map(|trip| Ok(Ok(self.drafts.trip(trip)?))).collect::<Result<Vec<_>>>()?;
        for verdict in self.write(BatchRecordTrips { programme: self.drafts.programme.clone(), rows }).await? {
            present(verdict)?;
        }
        self.advance(trips.len());
        Ok(())
    }

    async fn record_bills(&self, bills: &[BillRow]) -> Result<()> {
        let rows = bills.iter().cloned().map(Ok).collect();
        for verdict in self.write(BatchRecordEncounters { programme: self.drafts.programme.clone(), rows }).await? {
            present(verdict)?;
        }
        self.advance(bills.len());
        Ok(())
    }

    /// The mark comes last, so that whatever ended a load, the next one completes it.
    async fn complete(&self, programme: Programme) -> Result<()> {
        self.once(self.drafts.marked(programme, mark(COMPLETE)?)).await
    }

    /// What is planned. Whoever uses the demo may have planned otherwise since: their plans stand.
    async fn to_come(&self) -> Result<()> {
        let planned = self.sessions(&[Outcome::Confirmed, Outcome::Cancelled]);
        self.all(planned.chunks(BATCH).map(|rows| self.book(rows)), 1).await?;
        for session in self.sessions(&[Outcome::Cancelled]) {
            let cancelled = self.write(self.drafts.cancellation(session)?).await;
            planned_otherwise(cancelled)?;
        }
        self.visits(|visit| !visit.is_past()).await
    }

    /// Trips with those of their sessions that are there; those of the past were made.
    async fn visits(&self, wanted: impl Fn(&Visit) -> bool) -> Result<()> {
        let mut inside: Vec<Vec<Id>> = vec![Vec::new(); self.plan.visits.len()];
        for session in &self.plan.sessions {
            if let Some(sessions) = session.visit.and_then(|visit| inside.get_mut(visit)) {
                sessions.push(drafts::id(&session.id)?);
            }
        }
        let visits = self.plan.visits.iter().zip(&inside).filter(|(visit, _)| wanted(visit));
        self.all(visits.map(|(visit, sessions)| self.visit(visit, sessions)), IN_FLIGHT).await
    }

    async fn visit(&self, visit: &Visit, sessions: &[Id]) -> Result<()> {
        let created = self.write(self.drafts.visit(visit, sessions)?).await;
        if visit.is_past() {
            present(created)?;
            present(self.write(self.drafts.visit_made(visit)?).await)?;
        } else {
            planned_otherwise(created)?;
        }
        self.advance(1);
        Ok(())
    }

    fn sessions(&self, outcomes: &[Outcome]) -> Vec<&'a Session> {
        self.plan.sessions.iter().filter(|session| outcomes.contains(&session.outcome)).collect()
    }

    async fn record_sessions(&self, rows: &[&Session]) -> Result<()> {
        let entries: Result<Vec<_>> = rows.iter().map(|session| Ok(Ok(self.drafts.session(session)?))).collect();
        let batch = BatchRecordHeldSessions::new(self.drafts.programme.clone(), entries?, false);
        for verdict in self.write(batch).await? {
            present(verdict)?;
        }
        self.advance(rows.len());
        Ok(())
    }

    async fn record_activities(&self, rows: &[Row]) -> Result<()> {
        let rows: Vec<_> = rows.iter().cloned().map(Ok).collect();
        let steps = rows.len();
        for verdict in self.write(BatchRecordActivities { programme: self.drafts.programme.clone(), rows }).await? {
            present(verdict)?;
        }
        self.advance(steps);
        Ok(())
    }

    async fn book(&self, rows: &[&Session]) -> Result<()> {
        let entries: Result<Vec<_>> = rows.iter().map(|session| Ok(Ok(self.drafts.session(session)?))).collect();
        let batch = BatchBookSessions::new(self.drafts.programme.clone(), entries?, false);
        for verdict in self.write(batch).await? {
            planned_otherwise(verdict)?;
        }
        self.advance(rows.len());
        Ok(())
    }

    /// Sends commands, some at a time.
    async fn each<C: Command>(&self, commands: impl Iterator<Item = Result<C>>) -> Result<()> {
        self.all(commands.map(async |command| self.once(command?).await), IN_FLIGHT).await
    }

    async fn all(
        &self,
        running: impl Iterator<Item = impl Future<Output = Result<()>>>,
        at_a_time: usize,
    ) -> Result<()> {
        let mut running = stream::iter(running).buffer_unordered(at_a_time);
        while let Some(done) = running.next().await {
            done?;
        }
        Ok(())
    }

    /// Sends a command; what it makes may be there already.
    async fn once<C: Command>(&self, command: C) -> Result<()> {
        present(self.write(command).await)?;
        self.advance(1);
        Ok(())
    }

    async fn write<C: Command>(&self, command: C) -> Result<C::Output> {
        self.write_as(SYSTEM, command).await
    }

    pub(super) async fn write_as<C: Command>(&self, subject: &str, command: C) -> Result<C::Output> {
        self.db.write(Call::new(Caller::new(subject)), command).await
    }

    pub(super) fn advance(&self, steps: usize) {
        let steps = u64::try_from(steps).unwrap_or_default();
        let done = self.done.fetch_add(steps, Ordering::Relaxed) + steps;
        (self.progress)(done.min(self.steps), self.steps);
    }
}

/// Whether what a command or a row makes is there now, by this load or an earlier one.
pub(super) fn present<T>(verdict: Result<T>) -> Result<()> {
    match verdict {
        Ok(_) | Err(Error::AlreadyExists { .. }) => Ok(()),
        // A verb that was carried out by an earlier load.
        Err(Error::Refused(refusal)) if refusal.reason == Reason::IllegalTransition => Ok(()),
        Err(error) => Err(error),
    }
}

/// As [`present`], but for plans: those of whoever uses the demo stand, and what doesn't fit beside them isn't made.
fn planned_otherwise<T>(verdict: Result<T>) -> Result<()> {
    match verdict {
        Err(Error::Refused(refusal)) if refusal.reason != Reason::IllegalTransition => {
            info!(reason = refusal.reason.code(), "a plan of the demo doesn't fit beside others");
            Ok(())
        }
        Err(Error::NotFound { name }) => {
            info!(%name, "a plan of the demo rests on something that isn't planned");
            Ok(())
        }
        verdict => present(verdict),
    }
}
