//! One caller: the next call when the one before is answered, and what was answered.
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::cli::client::Line;
use tokio::sync::Barrier;
use tonic::{Code, Response, Status};
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_client::HealthClient;
use tonic_types::StatusExt as _;

use super::machine::stopwatch;
use super::mix::{Field, Kind};
use super::wait;
use crate::kernel::{Reason, Vocabulary as _};
use crate::pb;
use crate::pb::reservation_service_client::ReservationServiceClient;

/// A call, as the figures name it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Rpc {
    Book,
    Hold,
    BookHeld,
    Cancel,
    Move,
    Availability,
    Echo,
}

impl Rpc {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Rpc::Book => "book",
            Rpc::Hold => "hold",
            Rpc::BookHeld => "book held",
            Rpc::Cancel => "cancel",
            Rpc::Move => "move",
            Rpc::Availability => "availability",
            Rpc::Echo => "echo",
        }
    }
}

/// What is known of a reservation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Known {
    /// The server refused it: it can't be there.
    Refused,
    /// Nobody answered: it may be there.
    Unanswered,
    Held,
    Booked,
    Cancelled,
}

/// What a caller has seen.
#[derive(Debug, Default)]
pub(super) struct Seen {
    /// How long answers took while it was counted, in microseconds; refusals aren't among them.
    pub(super) latencies: BTreeMap<Rpc, Vec<u32>>,
    /// Refusals by reason while it was counted.
    pub(super) errors: BTreeMap<String, u64>,
    /// Every reservation that was asked for, by number.
    pub(super) known: HashMap<u64, Known>,
    /// How many won each round.
    pub(super) winners: BTreeMap<usize, u64>,
}

impl Seen {
    pub(super) fn merged(all: Vec<Seen>) -> Seen {
        let mut seen = Seen::default();
        for one in all {
            for (rpc, latencies) in one.latencies {
                seen.latencies.entry(rpc).or_default().extend(latencies);
            }
            for (reason, count) in one.errors {
                *seen.errors.entry(reason).or_default() += count;
            }
            for (round, winners) in one.winners {
                *seen.winners.entry(round).or_default() += winners;
            }
            seen.known.extend(one.known);
        }
        seen
    }
}

/// The name of a reservation by its number.
pub(super) fn id_of(unit: u64) -> String {
    format!("b{unit}")
}

pub(super) struct Caller {
    field: Arc<Field>,
    reservations: ReservationServiceClient<Line>,
    health: HealthClient<Line>,
    seen: Seen,
}

/// When a call began; none, where it isn't counted.
type Began = Option<Instant>;

impl Caller {
    pub(super) fn new(field: Arc<Field>, channel: Line) -> Caller {
        let health = HealthClient::new(channel.clone());
        Caller { field, reservations: ReservationServiceClient::new(channel), health, seen: Seen::default() }
    }

    /// Calls until it is over, or there is nothing left to call for.
    pub(super) async fn work(mut self) -> Seen {
        while !self.field.is_over() {
            let Some((unit, kind)) = self.field.next() else { break };
            if self.once(unit, kind).await.is_none() {
                break;
            }
        }
        self.seen
    }

    /// Asks for the one place of each session, whenever all others do.
    pub(super) async fn fight(mut self, number: u64, callers: u64, barrier: Arc<Barrier>) -> Seen {
        let mut is_last = false;
        for round in 0..self.field.sessions.len() {
            // The first one of all says before a round whether it is the last.
            if number == 0 && self.field.is_over() {
                self.field.stop_rounds();
            }
            barrier.wait().await;
            is_last |= self.field.are_rounds_over();
            barrier.wait().await;
            if is_last {
                break;
            }
            let unit = u64::try_from(round).unwrap_or(u64::MAX).saturating_mul(callers) + number;
            let won = self.book(unit, round).await == Some(true);
            *self.seen.winners.entry(round).or_default() += u64::from(won);
        }
        self.seen
    }

    /// Does one thing; none, where there is nothing left to do.
    async fn once(&mut self, unit: u64, kind: Kind) -> Option<()> {
        match kind {
            Kind::Hot => {
                let session = self.field.hot_session()?;
                self.book(unit, session).await?;
            }
            Kind::Sessions => {
                let session = self.field.next_session()?;
                self.book(unit, session).await?;
            }
            Kind::Hold => {
                let session = self.field.next_session()?;
                if self.hold(unit, session).await? {
                    self.book_held(unit).await?;
                }
            }
            Kind::Cancel => {
                let session = self.field.next_session()?;
                if self.book(unit, session).await? {
                    self.cancel(unit).await?;
                }
            }
            Kind::Move => {
                let session = self.field.next_session()?;
                if self.book(unit, session).await? {
                    self.move_on(unit, self.field.session_after(session)).await?;
                }
            }
            Kind::Availability => {
                let sessions = self.field.some_sessions(unit);
                let request = pb::GetAvailabilityRequest { parent: self.field.programme.clone(), sessions };
                let began = self.begin()?;
                let answer = self.reservations.get_availability(request).await;
                self.end(Rpc::Availability, began, answer).await;
            }
            Kind::Echo => {
                let began = self.begin()?;
                let answer = self.health.check(HealthCheckRequest::default()).await;
                self.end(Rpc::Echo, began, answer).await;
            }
        }
        Some(())
    }

    fn wish(&self, unit: u64, session: usize) -> Option<pb::Reservation> {
        let session = self.field.sessions.get(session)?.clone();
        let patient = pb::Patient { issuer: "homecoming.bench".to_owned(), token: format!("bench-{unit:08}") };
        Some(pb::Reservation { session, patient: Some(patient), ..Default::default() })
    }

    fn name(&self, unit: u64) -> String {
        format!("{}/reservations/{}", self.field.programme, id_of(unit))
    }

    async fn book(&mut self, unit: u64, session: usize) -> Option<bool> {
        let request = pb::BookReservationRequest {
            parent: self.field.programme.clone(),
            reservation_id: id_of(unit),
            reservation: self.wish(unit, session),
            request_id: format!("book-{unit}"),
            ..Default::default()
        };
        let began = self.begin()?;
        let answer = self.reservations.book_reservation(request).await;
        self.learn(unit, Known::Booked, Known::Refused, Rpc::Book, began, answer).await
    }

    async fn hold(&mut self, unit: u64, session: usize) -> Option<bool> {
        let request = pb::HoldReservationRequest {
            parent: self.field.programme.clone(),
            reservation_id: id_of(unit),
            reservation: self.wish(unit, session),
            minutes: 15,
            request_id: format!("hold-{unit}"),
            ..Default::default()
        };
        let began = self.begin()?;
        let answer = self.reservations.hold_reservation(request).await;
        self.learn(unit, Known::Held, Known::Refused, Rpc::Hold, began, answer).await
    }

    async fn book_held(&mut self, unit: u64) -> Option<bool> {
        let (name, request_id) = (self.name(unit), format!("take-{unit}"));
        let request = pb::BookReservationRequest { name, request_id, ..Default::default() };
        let began = self.begin()?;
        let answer = self.reservations.book_reservation(request).await;
        self.learn(unit, Known::Booked, Known::Held, Rpc::BookHeld, began, answer).await
    }

    async fn cancel(&mut self, unit: u64) -> Option<bool> {
        let request = pb::CancelReservationRequest {
            name: self.name(unit),
            cancelled_by: pb::CancelledBy::Patient as i32,
            request_id: format!("cancel-{unit}"),
            ..Default::default()
        };
        let began = self.begin()?;
        let answer = self.reservations.cancel_reservation(request).await;
        self.learn(unit, Known::Cancelled, Known::Booked, Rpc::Cancel, began, answer).await
    }

    async fn move_on(&mut self, unit: u64, session: usize) -> Option<bool> {
        let (name, request_id) = (self.name(unit), format!("move-{unit}"));
        let session = self.field.sessions.get(session)?.clone();
        let request = pb::MoveReservationRequest { name, session, request_id, ..Default::default() };
        let began = self.begin()?;
        let answer = self.reservations.move_reservation(request).await;
        self.learn(unit, Known::Booked, Known::Booked, Rpc::Move, began, answer).await
    }

    /// Begins a call; none, where no more may be made.
    fn begin(&self) -> Option<Began> {
        self.field.may_call().then(|| self.field.is_counted().then(stopwatch))
    }

    /// Takes down what an answer says of a reservation: one thing where it was done, another where it was refused.
    async fn learn<T>(
        &mut self,
        unit: u64,
        done: Known,
        refused: Known,
        rpc: Rpc,
        began: Began,
        answer: Result<Response<T>, Status>,
    ) -> Option<bool> {
        let known = match &answer {
            Ok(_) => done,
            Err(status) if is_refusal(status) => refused,
            Err(_broken) => Known::Unanswered,
        };
        self.seen.known.insert(unit, known);
        Some(self.end(rpc, began, answer).await)
    }

    /// Takes down how long it took, or why it was refused; who is told to come later does.
    async fn end<T>(&mut self, rpc: Rpc, began: Began, answer: Result<Response<T>, Status>) -> bool {
        let counted = began.filter(|_| self.field.is_counted());
        let status = match answer {
            Ok(_) => {
                if let Some(began) = counted {
                    let micros = u32::try_from(began.elapsed().as_micros()).unwrap_or(u32::MAX);
                    self.seen.latencies.entry(rpc).or_default().push(micros);
                }
                return true;
            }
            Err(status) => status,
        };
        let later = status.get_error_details().retry_info().and_then(|info| info.retry_delay);
        if counted.is_some() {
            let reason = reason_of(&status).unwrap_or_else(|| format!("{:?}, without a reason", status.code()));
            let retry = if later.is_some() { ", to be asked again" } else { "" };
            *self.seen.errors.entry(format!("{reason}{retry}")).or_default() += 1;
        }
        if let Some(later) = later {
            wait(later.min(LONGEST_BACK_OFF)).await;
        }
        false
    }
}

/// Nobody waits longer, whatever a server says.
const LONGEST_BACK_OFF: Duration = Duration::from_secs(1);

/// Whether nothing was done, for sure.
fn is_refusal(status: &Status) -> bool {
    let Some(reason) = reason_of(status) else { return false };
    let is_sure = !matches!(status.code(), Code::Unavailable | Code::DeadlineExceeded | Code::Internal);
    is_sure || reason == Reason::Overloaded.code()
}

fn reason_of(status: &Status) -> Option<String> {
    status.get_error_details().error_info().map(|info| info.reason.clone())
}
