//! What can be done with registers and reservations.
mod deed;
mod enter;
mod moving;
mod need;
mod policy;
mod register;
mod serve;
mod sweep;

pub use deed::{Acknowledge, BookHeld, Cancel, CheckIn, Deed, NoShow, NotServed, Treat};
pub use enter::{BookReservation, Booking, Enter, Entry, HoldReservation, Holding, JoinWaitlist, Joining, Way};
pub use moving::{MoveReservation, Moving};
pub use need::{CreateNeed, FillFromNeeds, Filling, NeedFacts, WithdrawNeed};
pub use policy::UpdatePolicy;
pub use register::{GrantExtraPlaces, OpenRegister, Opened, UpdateRegister};
pub use serve::{MarkServed, Serving};
pub use sweep::{DueRegisters, SweepRegisters};

use super::desk::Done;
use super::{Desk, Reservation};
use crate::kernel::Change;

/// What the change log says of everything that was done, what was asked for first.
fn changes(first: Change, done: &[Done]) -> Vec<Change> {
    std::iter::once(first).chain(done.iter().map(|(reservation, act)| reservation.change(*act))).collect()
}

/// A desk's register, to be written, with the guard that it was read with.
fn touched(mut desk: Desk) -> (super::Register, i64) {
    desk.touch();
    (desk.register, desk.read)
}

/// A reservation as its register tells it.
fn told(desk: &Desk, reservation: Reservation) -> Reservation {
    desk.register.told(reservation)
}
