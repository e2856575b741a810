//! Counts again what is stored, and compares it with what was answered: every place is a reservation's, and every answer is kept.
use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::cli::client::Line;
use serde::Serialize;

use super::caller::{Known, Seen, id_of};
use super::mix::Field;
use crate::cli::Failure;
use crate::cli::client::sentence;
use crate::pb;
use crate::pb::ReservationState as State;
use crate::pb::reservation_service_client::ReservationServiceClient;

const PAGE: i32 = 1_000;
const SESSIONS_AT_A_TIME: usize = 200;
/// As many as are told one by one.
const MOST_TOLD: usize = 10;

/// What is stored, against what was answered.
#[derive(Debug, Default, Serialize)]
pub(super) struct Recount {
    /// Reservations that the server said are made.
    pub(super) acknowledged: u64,
    /// Reservations that are stored.
    pub(super) stored: u64,
    /// Places that the sessions say are taken.
    pub(super) taken: u64,
    /// Reservations that have a place.
    pub(super) seated: u64,
    /// Acknowledged, and not stored as was said.
    pub(super) lost: u64,
    /// Stored, though refused or never asked for.
    pub(super) unasked: u64,
    /// Places beyond a session's, given twice, or of nobody.
    pub(super) oversold: u64,
    /// The first of all that is wrong, in words.
    pub(super) wrong: Vec<String>,
}

impl Recount {
    pub(super) fn is_right(&self) -> bool {
        self.taken == self.seated && self.lost == 0 && self.unasked == 0 && self.oversold == 0 && self.wrong.is_empty()
    }

    fn tell(&mut self, what: String) {
        if self.wrong.len() < MOST_TOLD {
            self.wrong.push(what);
        }
    }
}

/// Reads every reservation and what every session says.
pub(super) async fn run(channel: &Line, field: &Field, seen: &Seen) -> Result<Recount, Failure> {
    let mut client = ReservationServiceClient::new(channel.clone()).max_decoding_message_size(16 << 20);
    let mut stored = stored(&mut client, field).await?;
    let mut recount = Recount { stored: u64::try_from(stored.len())?, ..Recount::default() };
    let mut places: BTreeMap<String, Vec<i32>> = BTreeMap::new();
    for one in stored.values().filter(|one| is_seated(one)) {
        places.entry(one.session.clone()).or_default().push(one.place);
        recount.seated += 1;
    }
    for (unit, known) in &seen.known {
        let there = stored.remove(&id_of(*unit));
        recount.acknowledged += u64::from(matches!(known, Known::Held | Known::Booked | Known::Cancelled));
        compare(&mut recount, *unit, *known, there.as_ref());
    }
    for one in stored.values() {
        recount.unasked += 1;
        recount.tell(format!("{} was never asked for", one.name));
    }
    for sessions in field.sessions.chunks(SESSIONS_AT_A_TIME) {
        let request = pb::GetAvailabilityRequest { parent: field.programme.clone(), sessions: sessions.to_vec() };
        let answer = client.get_availability(request).await.map_err(|status| sentence("sessions", &status))?;
        for session in answer.into_inner().availabilities {
            let given = places.remove(&session.session).unwrap_or_default();
            recount.taken += u64::try_from(session.taken)?;
            let numbers: BTreeSet<i32> =
                given.iter().copied().filter(|place| (1..=session.places).contains(place)).collect();
            recount.oversold += u64::try_from(given.len() - numbers.len())?;
            if usize::try_from(session.taken)? != given.len() {
                recount.tell(format!(
                    "{} says {} are taken, and {} have a place",
                    session.session,
                    session.taken,
                    given.len()
                ));
            }
        }
    }
    for (session, given) in places {
        recount.oversold += u64::try_from(given.len())?;
        recount.tell(format!("{session} gives no places"));
    }
    Ok(recount)
}

async fn stored(
    client: &mut ReservationServiceClient<Line>,
    field: &Field,
) -> Result<HashMap<String, pb::Reservation>, Failure> {
    let mut stored = HashMap::new();
    let mut request =
        pb::ListReservationsRequest { parent: field.programme.clone(), page_size: PAGE, ..Default::default() };
    loop {
        let answer = client.list_reservations(request.clone()).await;
        let page = answer.map_err(|status| sentence("reservations", &status))?.into_inner();
        for one in page.reservations {
            let id = one.name.rsplit('/').next().unwrap_or_default().to_owned();
            stored.insert(id, one);
        }
        if page.next_page_token.is_empty() {
            return Ok(stored);
        }
        request.page_token = page.next_page_token;
    }
}

fn is_seated(one: &pb::Reservation) -> bool {
    one.place > 0 && !matches!(one.state(), State::Cancelled | State::Lapsed)
}

fn compare(recount: &mut Recount, unit: u64, known: Known, there: Option<&pb::Reservation>) {
    let state = there.map(pb::Reservation::state);
    let agrees = match known {
        Known::Unanswered => true,
        Known::Refused => state.is_none(),
        // A hold lapses by itself.
        Known::Held => matches!(state, Some(State::Held | State::Lapsed)),
        Known::Booked => state == Some(State::Booked),
        Known::Cancelled => state == Some(State::Cancelled),
    };
    if agrees {
        return;
    }
    recount.lost += u64::from(known != Known::Refused);
    recount.unasked += u64::from(known == Known::Refused);
    recount.tell(format!("{} was answered as {known:?} and is stored as {state:?}", id_of(unit)));
}
