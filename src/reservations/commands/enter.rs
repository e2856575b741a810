//! Taking a place: for some minutes, for good, or in the queue. One and many at once are the same: one load, a pure pass in the order
//! of arrival, one write.
use std::collections::HashMap;
use std::fmt::Debug;

use super::changes;
use crate::db::{Command, Context, Decision, Outcome, Tx, external_ids};
use crate::kernel::{Change, Collection as _, Error, ExternalId, Id, Meta, Name, Patient, Result, Timestamp};
use crate::persons;
use crate::reservations::desk::Done;
use crate::reservations::store::desks::{self, Asking, Met, Written};
use crate::reservations::{Act, Registers, Reservation, ReservationState, Reservations};

/// How somebody takes a place.
pub trait Way: Debug + Send + Sync + 'static {
    /// The RPC.
    const METHOD: &'static str;
    /// What is done.
    const ACT: Act;

    /// When the place is free again by itself, if it is.
    fn lapses(&self, now: Timestamp) -> Option<Timestamp> {
        let _ = now;
        None
    }
}

/// For good.
#[derive(Debug)]
pub struct Booking;

/// For some minutes.
#[derive(Debug)]
pub struct Holding {
    /// 1 to [`crate::reservations::LONGEST_HOLD_MINUTES`].
    pub minutes: i64,
}

/// In the queue.
#[derive(Debug)]
pub struct Joining;

impl Way for Booking {
    const METHOD: &'static str = "ReservationService.BookReservation";
    const ACT: Act = Act::Book;
}

impl Way for Holding {
    const METHOD: &'static str = "ReservationService.HoldReservation";
    const ACT: Act = Act::Hold;

    fn lapses(&self, now: Timestamp) -> Option<Timestamp> {
        Some(now.plus_minutes(self.minutes))
    }
}

impl Way for Joining {
    const METHOD: &'static str = "ReservationService.JoinWaitlist";
    const ACT: Act = Act::Join;
}

/// Books a place at once.
pub type BookReservation = Enter<Booking>;
/// Holds a place for some minutes.
pub type HoldReservation = Enter<Holding>;
/// Waits for a place.
pub type JoinWaitlist = Enter<Joining>;

/// Who asks, and for what.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The name that the reservation will have.
    pub name: Name<Reservations>,
    /// In which session.
    pub session: Id,
    /// Who.
    pub patient: Patient,
    /// Identifiers in other systems.
    pub external_ids: Vec<ExternalId>,
}

/// Takes a place in one of the three ways.
#[derive(Debug)]
pub struct Enter<W> {
    /// Who asks, and for what.
    pub entry: Entry,
    /// How.
    pub way: W,
}

/// What those who ask are judged by; everyone who is admitted changes it for the next.
#[derive(Debug)]
pub struct Room {
    programme: Id,
    met: Met,
    external: HashMap<ExternalId, Id>,
}

impl Room {
    async fn load(tx: &mut Tx<'_>, programme: &Id, entries: &[&Entry], joins: bool) -> Result<Room> {
        let asking: Vec<_> = entries.iter().map(|entry| entry.asking()).collect();
        let mut met = desks::enter(tx, programme, &asking, joins).await?;
        // Also those who are told by tokens that took their own ones' place.
        let on_record = persons::store::on_record(tx, programme, entries.iter().map(|entry| &entry.patient)).await?;
        met.restricted = met.restricted.and(on_record);
        let ids: Vec<&ExternalId> = entries.iter().flat_map(|entry| &entry.external_ids).collect();
        let external = external_ids::find_all(tx, programme, Reservations::COLLECTION, &ids).await?;
        Ok(Room { programme: programme.clone(), met, external })
    }

    /// Lets one in, or says why not: what else happened at the desk, and the new reservation.
    fn admit<W: Way>(&mut self, entry: &Entry, way: &W, context: &Context<'_>) -> Result<(Reservation, Vec<Done>)> {
        let now = context.now;
        if self.met.present.contains(entry.name.id()) {
            return Err(Error::already_exists(&entry.name));
        }
        let taken = entry.external_ids.iter().filter_map(|id| Some((id.clone(), self.external.get(id)?.clone())));
        external_ids::refuse_taken(&self.programme, Reservations::COLLECTION, taken.collect())?;
        self.met.restricted.refuse(&entry.patient)?;
        let register = || Name::<Registers>::new(self.programme.clone(), entry.session.clone());
        // Tried on a copy: who is refused leaves no trace.
        let mut desk = self.met.desks.get(&entry.session).cloned().ok_or_else(|| Error::not_found(register()))?;
        desk.register.must_be_open(now)?;
        let key = (entry.session.clone(), entry.patient.clone());
        desk.must_be_without(self.met.holders.get(&key), &context.call.caller)?;
        let done = desk.settle(now);
        let reservation = entry.drafted(W::ACT, way.lapses(now), context);
        let joins = W::ACT == Act::Join;
        let reservation = if joins { desk.join(reservation, now)? } else { desk.seat(reservation)? };
        desk.touch();
        self.met.desks.insert(entry.session.clone(), desk);
        self.met.present.insert(entry.name.id().clone());
        if !done.is_empty() {
            self.met.holders.retain(|_, id| !done.iter().any(|(gone, act)| *act == Act::Lapse && gone.name.id() == id));
        }
        self.met.holders.insert(key, entry.name.id().clone());
        self.external.extend(entry.external_ids.iter().map(|id| (id.clone(), entry.name.id().clone())));
        Ok((reservation, done))
    }

    /// What is to be written once the last one was let in.
    fn written(self, inserted: Vec<Reservation>, updated: Vec<Done>) -> Written {
        let touched = self.met.desks.into_values().filter(|desk| desk.is_touched());
        Written { inserted, updated, registers: touched.map(|desk| (desk.register, desk.read)).collect() }
    }
}

impl Entry {
    fn asking(&self) -> Asking<'_> {
        Asking { reservation: self.name.id(), session: &self.session, patient: &self.patient }
    }

    /// The reservation as it begins, before it has a place.
    fn drafted(&self, act: Act, lapse_time: Option<Timestamp>, context: &Context<'_>) -> Reservation {
        Reservation {
            name: self.name.clone(),
            session: self.session.clone(),
            patient: self.patient.clone(),
            made_by: context.call.caller.subject.clone(),
            state: act.target().unwrap_or(ReservationState::Waiting),
            place: None,
            arrival: None,
            lapse_time,
            affected: None,
            cancelled_by: None,
            activity: None,
            expected: None,
            external_ids: self.external_ids.clone(),
            meta: Meta::new(context.now),
        }
    }
}

impl<W: Way> Command for Enter<W> {
    type Facts = Room;
    type Effects = Written;
    type Output = Reservation;
    const METHOD: &'static str = W::METHOD;
    const HAS_SET_FORM: bool = true;

    fn programme(&self) -> &Id {
        self.entry.name.programme()
    }

    async fn load(&self, tx: &mut Tx<'_>) -> Result<Room> {
        Room::load(tx, self.entry.name.programme(), &[&self.entry], W::ACT == Act::Join).await
    }

    fn decide(&self, mut room: Room, context: &Context<'_>) -> Result<Decision<Written, Reservation>> {
        let (reservation, done) = room.admit(&self.entry, &self.way, context)?;
        let changes = changes(reservation.change(W::ACT), &done);
        Ok(Decision::new(room.written(vec![reservation.clone()], done), reservation, changes))
    }

    async fn apply(&self, written: &Written, tx: &mut Tx<'_>) -> Result<()> {
        desks::write(tx, self.entry.name.programme(), written).await
    }

    /// The new reservation's change is the first.
    async fn recall(&self, tx: &mut Tx<'_>, names: &[String]) -> Result<Reservation> {
        let first = names.first().map(String::as_str).unwrap_or_default();
        let name = Name::parse(first).map_err(Error::Internal)?;
        let now = tx.now();
        Ok(desks::reservation(tx, &name).await?.at(now))
    }

    async fn run_set(set: &[(&Self, Context<'_>)], tx: &mut Tx<'_>) -> Result<Vec<Result<Outcome<Reservation>>>> {
        let Some((first, _)) = set.first() else { return Ok(Vec::new()) };
        let programme = first.entry.name.programme();
        let entries: Vec<&Entry> = set.iter().map(|(command, _)| &command.entry).collect();
        let mut room = Room::load(tx, programme, &entries, W::ACT == Act::Join).await?;
        let (mut inserted, mut updated) = (Vec::with_capacity(set.len()), Vec::new());
        let mut outcomes = Vec::with_capacity(set.len());
        for (command, context) in set {
            outcomes.push(room.admit(&command.entry, &command.way, context).map(|(reservation, done)| {
                let changes: Vec<Change> = changes(reservation.change(W::ACT), &done);
                inserted.push(reservation.clone());
                updated.extend(done);
                Outcome { output: reservation, changes, facts: Vec::new() }
            }));
        }
        desks::write(tx, programme, &room.written(inserted, updated)).await?;
        Ok(outcomes)
    }
}
