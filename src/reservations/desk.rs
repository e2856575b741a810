//! The desk of a session: its register with whoever's time has run out there and whoever waits. Pure.
//!
//! Every place that is given out or comes free passes here, so that the lowest free number is taken, and nobody passes the queue.
use std::collections::VecDeque;

use super::register::JobKind;
use super::{Act, CancelledBy, Policy, Register, Reservation, Reservations, WaitlistRule};
use crate::kernel::{Caller, Error, Id, Name, Reason, Result, Timestamp};

/// A register being worked at. What comes out of it is written together or not at all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Desk {
    /// The places.
    pub register: Register,
    /// The guard that the register was read with.
    pub read: i64,
    /// Holds and offers whose time has run out, by number.
    pub due: Vec<Reservation>,
    /// When the first of the other holds and offers lapses.
    pub next_due: Option<Timestamp>,
    /// The queue, where a place may come free; who waits is only read then.
    pub queue: VecDeque<Reservation>,
    /// What becomes of a freed place.
    pub policy: Policy,
}

/// How many reservations a change of their session is carried through in one transaction.
pub const MOST_AT_A_TIME: usize = 500;

/// A reservation as it is now, and what was done to it.
pub type Done = (Reservation, Act);

impl Desk {
    /// A desk at which nothing is due and nobody is known to wait.
    #[must_use]
    pub fn new(register: Register) -> Desk {
        let read = register.guard;
        Desk { register, read, due: Vec::new(), next_due: None, queue: VecDeque::new(), policy: Policy::unset() }
    }

    /// Whether time has left something to do here.
    #[must_use]
    pub fn is_due(&self, now: Timestamp) -> bool {
        self.register.due.is_some_and(|due| due <= now)
    }

    /// Whether the queue has to be known: somebody waits, and a place is free, or may be by what is done here.
    #[must_use]
    pub fn needs_queue(&self, frees: bool) -> bool {
        self.register.waiting > 0 && (frees || !self.due.is_empty() || self.register.free() > 0)
    }

    /// Lapses what is due and lets the queue move up. Everything that takes or frees a place begins with it.
    pub fn settle(&mut self, now: Timestamp) -> Vec<Done> {
        let was_due = self.is_due(now);
        let mut done = Vec::new();
        for reservation in std::mem::take(&mut self.due) {
            self.free(&reservation);
            done.push((reservation.after(Act::Lapse, now), Act::Lapse));
        }
        if was_due {
            self.register.due = self.next_due;
            if let Some(job) = &self.register.job {
                self.register.due = Some(job.time);
            }
        }
        done.extend(self.move_up(now));
        done
    }

    /// Gives free places to those who wait, in the order in which they came.
    pub fn move_up(&mut self, now: Timestamp) -> Vec<Done> {
        let mut done = Vec::new();
        while self.register.is_open(now) && self.register.free() > 0 {
            let Some(first) = self.queue.pop_front() else { break };
            self.register.waiting -= 1;
            let Some(place) = self.register.take() else { break };
            let act = self.promotion();
            let mut promoted = first.after(act, now);
            promoted.place = Some(place);
            self.set_deadline(&mut promoted, now);
            done.push((promoted, act));
        }
        done
    }

    /// What becomes of a place for somebody who waits.
    const fn promotion(&self) -> Act {
        match self.policy.waitlist {
            WaitlistRule::Offer => Act::Offer,
            WaitlistRule::Give => Act::Give,
        }
    }

    /// Gives an offered place its deadline: by the policy, and not after places are to be had.
    fn set_deadline(&mut self, reservation: &mut Reservation, now: Timestamp) {
        if reservation.state == super::ReservationState::Offered {
            let deadline = now.plus_minutes(self.policy.offer_minutes).min(self.register.closes());
            reservation.lapse_time = Some(deadline);
            self.register.remind(deadline);
        }
    }

    /// Gives a place to somebody who asks for one.
    ///
    /// # Errors
    /// SESSION_FULL with the `session` and its `places`.
    pub fn seat(&mut self, mut reservation: Reservation) -> Result<Reservation> {
        let Some(place) = self.register.take() else {
            return Err(Error::refused(Reason::SessionFull, "every place of this session is taken")
                .with("session", self.register.session_name())
                .with("places", self.register.places()));
        };
        reservation.place = Some(place);
        if let Some(lapses) = reservation.lapse_time {
            self.register.remind(lapses);
        }
        Ok(self.register.told(reservation))
    }

    /// Puts somebody at the end of the queue, or, where a place is free and nobody waits for it, at that place.
    ///
    /// # Errors
    /// WAITLIST_FULL with the `session` and how many wait, `waiting`.
    pub fn join(&mut self, mut reservation: Reservation, now: Timestamp) -> Result<Reservation> {
        if self.register.waiting >= super::LONGEST_WAITLIST {
            return Err(Error::refused(Reason::WaitlistFull, "no more patients can wait for this session")
                .with("session", self.register.session_name())
                .with("waiting", self.register.waiting));
        }
        reservation.arrival = Some(self.register.next_arrival);
        self.register.next_arrival += 1;
        if let Some(place) = self.register.take() {
            if let Some(state) = self.promotion().target() {
                reservation.state = state;
            }
            reservation.place = Some(place);
            self.set_deadline(&mut reservation, now);
        } else {
            self.register.waiting += 1;
            self.queue.push_back(reservation.clone());
        }
        Ok(self.register.told(reservation))
    }

    /// Takes a reservation's place or its turn in the queue away.
    pub fn free(&mut self, reservation: &Reservation) {
        match reservation.place {
            Some(place) => self.register.give_back(place),
            None => {
                self.register.waiting -= 1;
                self.queue.retain(|waiting| waiting.name != reservation.name);
            }
        }
    }

    /// Refuses somebody who has a reservation here that hasn't lapsed.
    ///
    /// # Errors
    /// PATIENT_HOLDS_PLACE with the `session`, and with the reservation's `name` for whoever may see others' reservations.
    pub fn must_be_without(&self, holder: Option<&Id>, caller: &Caller) -> Result<()> {
        let has_lapsed = |id: &&Id| self.due.iter().any(|due| due.name.id() == *id);
        let Some(holder) = holder.filter(|id| !has_lapsed(id)) else { return Ok(()) };
        let holder = Name::<Reservations>::new(self.register.name.programme().clone(), holder.clone());
        let refusal = Error::refused(Reason::PatientHoldsPlace, "the patient has a reservation of this session")
            .with("session", self.register.session_name());
        Err(if caller.own_only { refusal } else { refusal.with("name", holder) })
    }

    /// Carries the register's job through some of the reservations that are still to be seen: at most [`MOST_AT_A_TIME`]; one more
    /// says that there are others, for which the job stays.
    pub fn carry(&mut self, mut rows: Vec<Reservation>, now: Timestamp) -> Vec<Done> {
        let Some(mut job) = self.register.job.take() else { return Vec::new() };
        let more = rows.len() > MOST_AT_A_TIME;
        rows.truncate(MOST_AT_A_TIME);
        let done = rows.iter().map(|before| {
            let ends = matches!(job.kind, JobKind::Cancel | JobKind::End);
            let act = match (before.is_due(now), ends) {
                (true, _) => Act::Lapse,
                (false, true) => Act::Cancel,
                (false, false) => Act::Mark,
            };
            let mut after = before.after(act, now);
            if act == Act::Cancel {
                after.cancelled_by = Some(CancelledBy::Session);
            }
            if act != Act::Mark {
                self.free(before);
            }
            if act != Act::Lapse {
                after.affected = job.cause.map(|cause| (cause, job.time));
            }
            (after, act)
        });
        let done: Vec<Done> = done.collect();
        if let Some(last) = rows.last().filter(|_| more) {
            job.after = Some(last.name.id().clone());
            self.register.remind(job.time);
            self.register.job = Some(job);
        }
        done
    }

    /// Whether anything was done here.
    #[must_use]
    pub fn is_touched(&self) -> bool {
        self.register.guard != self.read
    }

    /// What is done here is to be written.
    pub fn touch(&mut self) {
        self.register.guard += 1;
    }
}
