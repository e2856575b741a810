//! Moving a patient to another session: the old place is free only once the new one is taken, in one transaction.
use std::collections::BTreeMap;

use super::{changes, touched};
use crate::db::{Command, Context, Decision, Tx};
use crate::kernel::{Error, Etag, Id, Name, Reason, Result};
use crate::reservations::store::desks::{self, Written};
use crate::reservations::{Act, Desk, Registers, Reservation, Reservations};

/// Moves a reservation to another session; it keeps its name.
#[derive(Debug)]
pub struct MoveReservation {
    /// Which.
    pub name: Name<Reservations>,
    /// The revision that the caller saw; none: whichever there is.
    pub etag: Option<String>,
    /// To which session.
    pub session: Id,
}

/// What a move is judged by.
#[derive(Debug)]
pub struct Moving {
    before: Reservation,
    desks: BTreeMap<Id, Desk>,
    holder: Option<Id>,
}

impl Moving {
    fn desk(&mut self, programme: &Id, session: &Id) -> Result<Desk> {
        let missing = || Error::not_found(Name::<Registers>::new(programme.clone(), session.clone()));
        self.desks.remove(session).ok_or_else(missing)
    }
}

impl Command for MoveReservation {
    type Facts = Moving;
    type Effects = Written;
    type Output = Reservation;
    const METHOD: &'static str = "ReservationService.MoveReservation";

    fn programme(&self) -> &Id {
        self.name.programme()
    }

    async fn load(&self, tx: &mut Tx<'_>) -> Result<Moving> {
        let before = desks::reservation(tx, &self.name).await?;
        let programme = self.name.programme();
        let sessions = [before.session.clone(), self.session.clone()];
        let desks = desks::desks(tx, programme, &sessions, true).await?;
        let holder = desks::holder(tx, programme, &self.session, &before.patient).await?;
        Ok(Moving { before, desks, holder })
    }

    fn decide(&self, mut moving: Moving, context: &Context<'_>) -> Result<Decision<Written, Reservation>> {
        let now = context.now;
        let before = moving.before.clone();
        Etag::check(self.etag.as_deref(), &self.name.to_string(), before.meta.revision)?;
        Act::Move.check(&self.name, before.clone().at(now).state)?;
        if self.session == before.session {
            return Err(Error::field("session", Reason::Inconsistent, "must be another session"));
        }
        let mut to = moving.desk(self.name.programme(), &self.session)?;
        let mut from = moving.desk(self.name.programme(), &before.session)?;
        to.register.must_be_open(now)?;
        to.must_be_without(moving.holder.as_ref(), &context.call.caller)?;
        let mut others = to.settle(now);
        let mut moved = before.after(Act::Move, now);
        moved.session = self.session.clone();
        (moved.arrival, moved.affected) = (None, None);
        let moved = to.seat(moved)?;
        from.free(&before);
        others.extend(from.settle(now));
        let changes = changes(moved.change(Act::Move), &others);
        let mut written = Written { updated: vec![(moved.clone(), Act::Move)], ..Written::default() };
        written.updated.extend(others);
        written.registers = vec![touched(to), touched(from)];
        Ok(Decision::new(written, moved, changes))
    }

    async fn apply(&self, written: &Written, tx: &mut Tx<'_>) -> Result<()> {
        desks::write(tx, self.name.programme(), written).await
    }

    async fn recall(&self, tx: &mut Tx<'_>, _names: &[String]) -> Result<Reservation> {
        let now = tx.now();
        Ok(desks::reservation(tx, &self.name).await?.at(now))
    }
}
