//! What is done to one reservation that is there: booked from a hold, cancelled, checked in, missed, sent away, acknowledged.
use std::fmt::Debug;

use super::{changes, told, touched};
use crate::db::{Command, Context, Decision, Tx};
use crate::kernel::{Error, Etag, Id, Name, Result};
use crate::reservations::store::desks::{self, Written};
use crate::reservations::{Act, CancelledBy, Desk, Reservation, Reservations};

/// What is done.
pub trait Deed: Debug + Send + Sync + 'static {
    /// The RPC.
    const METHOD: &'static str;
    /// The act.
    const ACT: Act;

    /// What it changes in the reservation beside its state.
    fn mark(&self, reservation: &mut Reservation) {
        let _ = reservation;
    }
}

/// Books the place that was held or offered.
#[derive(Debug)]
pub struct BookHeld;

/// Cancels, which frees the place or the turn in the queue.
#[derive(Debug)]
pub struct Cancel {
    /// On whose side.
    pub by: CancelledBy,
}

/// The patient is at the site.
#[derive(Debug)]
pub struct CheckIn;

/// The patient didn't come.
#[derive(Debug)]
pub struct NoShow;

/// The patient wasn't seen, through the site or the session.
#[derive(Debug)]
pub struct NotServed;

/// The patient was told what happened to the session.
#[derive(Debug)]
pub struct Acknowledge;

impl Deed for BookHeld {
    const METHOD: &'static str = "ReservationService.BookReservation";
    const ACT: Act = Act::Book;
}

impl Deed for Cancel {
    const METHOD: &'static str = "ReservationService.CancelReservation";
    const ACT: Act = Act::Cancel;

    fn mark(&self, reservation: &mut Reservation) {
        reservation.cancelled_by = Some(self.by);
        // Whoever cancels has spoken with the patient, or is the patient.
        reservation.affected = None;
    }
}

impl Deed for CheckIn {
    const METHOD: &'static str = "ReservationService.CheckInReservation";
    const ACT: Act = Act::CheckIn;
}

impl Deed for NoShow {
    const METHOD: &'static str = "ReservationService.MarkReservationNoShow";
    const ACT: Act = Act::NoShow;
}

impl Deed for NotServed {
    const METHOD: &'static str = "ReservationService.MarkReservationNotServed";
    const ACT: Act = Act::NotServed;
}

impl Deed for Acknowledge {
    const METHOD: &'static str = "ReservationService.AcknowledgeReservation";
    const ACT: Act = Act::Acknowledge;

    fn mark(&self, reservation: &mut Reservation) {
        reservation.affected = None;
    }
}

/// Does something to a reservation.
#[derive(Debug)]
pub struct Treat<D> {
    /// Which.
    pub name: Name<Reservations>,
    /// The revision that the caller saw; none: whichever there is.
    pub etag: Option<String>,
    /// What.
    pub deed: D,
}

impl<D: Deed> Command for Treat<D> {
    /// The desk, where the deed frees a place.
    type Facts = (Reservation, Option<Desk>);
    type Effects = Written;
    type Output = Reservation;
    const METHOD: &'static str = D::METHOD;

    fn programme(&self) -> &Id {
        self.name.programme()
    }

    async fn load(&self, tx: &mut Tx<'_>) -> Result<Self::Facts> {
        let reservation = desks::reservation(tx, &self.name).await?;
        if D::ACT != Act::Cancel {
            return Ok((reservation, None));
        }
        let session = std::slice::from_ref(&reservation.session);
        let desk = desks::desks(tx, self.name.programme(), session, true).await?.remove(&reservation.session);
        Ok((reservation, Some(desk.ok_or(Error::Internal("a reservation has no register"))?)))
    }

    fn decide(&self, facts: Self::Facts, context: &Context<'_>) -> Result<Decision<Written, Reservation>> {
        let (before, desk) = facts;
        Etag::check(self.etag.as_deref(), &self.name.to_string(), before.meta.revision)?;
        D::ACT.check(&self.name, before.clone().at(context.now).state)?;
        let mut after = before.after(D::ACT, context.now);
        self.deed.mark(&mut after);
        let mut written = Written { updated: vec![(after.clone(), D::ACT)], ..Written::default() };
        let mut others = Vec::new();
        if let Some(mut desk) = desk {
            desk.free(&before);
            others = desk.settle(context.now);
            after = told(&desk, after);
            written.registers.push(touched(desk));
        }
        let changes = changes(after.change(D::ACT), &others);
        written.updated.extend(others);
        Ok(Decision::new(written, after, changes))
    }

    async fn apply(&self, written: &Written, tx: &mut Tx<'_>) -> Result<()> {
        desks::write(tx, self.name.programme(), written).await
    }

    async fn recall(&self, tx: &mut Tx<'_>, _names: &[String]) -> Result<Reservation> {
        let now = tx.now();
        Ok(desks::reservation(tx, &self.name).await?.at(now))
    }
}
