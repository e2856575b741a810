//! What reads registers and reservations: one struct per use case.
use super::need::{Need, Needs};
use super::store::list::Filter;
use super::store::needs;
use super::store::{self, desks, list};
use super::{Grant, Policy, Register, Registers, Reservation, Reservations};
use crate::db::{Query, Tx};
use crate::kernel::{Cursor, Id, Name, Page, PageRequest, Result, Timestamp};
use crate::programmes;

/// Reads how a programme treats reservations.
#[derive(Debug)]
pub struct GetPolicy {
    /// The programme.
    pub programme: Id,
}

impl Query for GetPolicy {
    type Output = Policy;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Policy> {
        programmes::store::state(tx, &self.programme).await?;
        store::policy(tx, &self.programme).await
    }
}

/// Reads a register with the places that the expert added.
#[derive(Debug)]
pub struct GetRegister {
    /// Which.
    pub name: Name<Registers>,
}

impl Query for GetRegister {
    type Output = (Register, Vec<Grant>);

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Self::Output> {
        let register = store::get(tx, &self.name).await?;
        let grants = store::grants(tx, &self.name).await?;
        Ok((register, grants))
    }
}

/// How many places of a session are to be had.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Availability {
    /// Places that can be taken now, by nobody in the queue first.
    pub free: i64,
    /// How many are taken: held, offered, booked and after.
    pub taken: i64,
    /// How many patients wait.
    pub waiting: i64,
    /// Whether places are to be had at present.
    pub is_open: bool,
}

impl Availability {
    /// Of a register at which so many holds and offers have lapsed that nobody has written down yet.
    #[must_use]
    pub fn of(register: &Register, lapsed: i64, now: Timestamp) -> Availability {
        let (taken, is_open) = (register.taken - lapsed, register.is_open(now));
        let free = if is_open { (register.places() - taken - register.waiting).max(0) } else { 0 };
        Availability { free, taken, waiting: register.waiting, is_open }
    }
}

/// Reads what places these sessions have; a session without a register is left out.
#[derive(Debug)]
pub struct GetAvailability {
    /// The programme.
    pub programme: Id,
    /// Which sessions.
    pub sessions: Vec<Id>,
}

impl GetAvailability {
    /// The most sessions that are asked for at a time.
    pub const MOST: usize = 200;
}

impl Query for GetAvailability {
    type Output = Vec<(Register, Availability)>;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Self::Output> {
        programmes::store::state(tx, &self.programme).await?;
        let now = tx.now();
        let mut registers = store::many(tx, &self.programme, &self.sessions).await?;
        registers.sort_by(|one, other| one.name.cmp(&other.name));
        let lapsed = store::lapsed(tx, &self.programme, &self.sessions, now).await?;
        let of = |register: Register| {
            let lapsed = lapsed.get(register.session()).copied().unwrap_or_default();
            let availability = Availability::of(&register, lapsed, now);
            (register, availability)
        };
        Ok(registers.into_iter().map(of).collect())
    }
}

/// Reads one reservation.
#[derive(Debug)]
pub struct GetReservation {
    /// Which.
    pub name: Name<Reservations>,
}

impl Query for GetReservation {
    type Output = Reservation;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Reservation> {
        let now = tx.now();
        Ok(desks::reservation(tx, &self.name).await?.at(now))
    }
}

/// Reads a page of reservations.
#[derive(Debug)]
pub struct ListReservations {
    /// Of which programme.
    pub programme: Id,
    /// What narrows it.
    pub filter: Filter,
    /// Which page.
    pub page: PageRequest,
    /// What its token is bound to.
    pub bound_to: String,
}

impl ListReservations {
    /// What a page token of this list is bound to. The token that a patient is asked by is in it, but only as part of a digest.
    #[must_use]
    pub fn bound_to(programme: &Id, filter: &Filter) -> String {
        let token = filter.patient.as_ref().map(|patient| (patient.issuer(), patient.token()));
        format!("ListReservations {programme} {filter:?} {token:?}")
    }
}

impl Query for ListReservations {
    type Output = Page<Reservation>;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Page<Reservation>> {
        programmes::store::state(tx, &self.programme).await?;
        let now = tx.now();
        let reservations = list::list(tx, &self.programme, &self.filter, &self.page, now).await?;
        let cursor = |reservation: &Reservation| Cursor::from([reservation.name.id()]);
        Ok(Page::cut_sized(reservations, &self.page, &self.bound_to, cursor, Reservation::bytes))
    }
}

/// Reads one need.
#[derive(Debug)]
pub struct GetNeed {
    /// Which.
    pub name: Name<Needs>,
}

impl Query for GetNeed {
    type Output = Need;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Need> {
        needs::get(tx, &self.name).await
    }
}

/// Reads a page of needs.
#[derive(Debug)]
pub struct ListNeeds {
    /// Of which programme.
    pub programme: Id,
    /// What narrows it.
    pub filter: needs::Filter,
    /// Which page.
    pub page: PageRequest,
    /// What its token is bound to.
    pub bound_to: String,
}

impl ListNeeds {
    /// What a page token of this list is bound to. The token that a patient is asked by is in it, but only as part of a digest.
    #[must_use]
    pub fn bound_to(programme: &Id, filter: &needs::Filter) -> String {
        let token = filter.patient.as_ref().map(|patient| (patient.issuer(), patient.token()));
        format!("ListNeeds {programme} {filter:?} {token:?}")
    }
}

impl Query for ListNeeds {
    type Output = Page<Need>;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Page<Need>> {
        programmes::store::state(tx, &self.programme).await?;
        let needs = needs::list(tx, &self.programme, &self.filter, &self.page).await?;
        let cursor = |need: &Need| Cursor::from([need.name.id()]);
        Ok(Page::cut_sized(needs, &self.page, &self.bound_to, cursor, Need::bytes))
    }
}
