//! The desk against a slow, obvious model: after each step the same answer, the same places, nobody passed over, nothing oversold.
use homecoming::db::{Db, Engine};
use homecoming::kernel::{Error, Id, Name, Reason, Result, Vocabulary as _};
use homecoming::reservations::queries::GetReservation;
use homecoming::reservations::{Reservation, ReservationState as State};

use super::sets::{CAPACITIES, Deed, Dice, Step, county, run_of, send};

/// How long an offer stands where the programme has said nothing, in minutes.
const OFFER: i64 = 60;

#[derive(Clone, Debug)]
struct Row {
    id: u64,
    session: u64,
    patient: u64,
    state: State,
    place: Option<i64>,
    arrival: Option<i64>,
    lapses: Option<i64>,
}

impl Row {
    fn at(&self, now: i64) -> State {
        if self.lapses.is_some_and(|lapses| lapses <= now) { State::Lapsed } else { self.state }
    }
}

/// What everybody knows, looked through from the beginning each time.
#[derive(Clone, Debug, Default)]
struct Model {
    rows: Vec<Row>,
    arrivals: [i64; 4],
    now: i64,
}

impl Model {
    fn step(&mut self, step: Step) -> Result<(State, Option<i64>), Reason> {
        let mut tried = self.clone();
        let answer = tried.tried(step)?;
        *self = tried;
        Ok(answer)
    }

    fn tried(&mut self, step: Step) -> Result<(State, Option<i64>), Reason> {
        let Step { deed, id, session, patient } = step;
        let now = self.now;
        if let Deed::BookHeld | Deed::Cancel = deed {
            let at = self.rows.iter().position(|row| row.id == id).ok_or(Reason::ResourceNotFound)?;
            let state = self.rows[at].at(now);
            let held = matches!(state, State::Held | State::Offered);
            if deed == Deed::BookHeld {
                if !held {
                    return Err(Reason::IllegalTransition);
                }
                (self.rows[at].state, self.rows[at].lapses) = (State::Booked, None);
                return Ok((State::Booked, self.rows[at].place));
            }
            if !held && !matches!(state, State::Booked | State::Waiting) {
                return Err(Reason::IllegalTransition);
            }
            (self.rows[at].state, self.rows[at].lapses) = (State::Cancelled, None);
            let place = self.rows[at].place;
            self.settle(self.rows[at].session);
            return Ok((State::Cancelled, place));
        }
        if self.rows.iter().any(|row| row.id == id) {
            return Err(Reason::ResourceExists);
        }
        let is_theirs = |row: &Row| row.session == session && row.patient == patient && row.at(now).is_live();
        if self.rows.iter().any(is_theirs) {
            return Err(Reason::PatientHoldsPlace);
        }
        self.settle(session);
        let free = self.lowest_free(session);
        let mut row = Row { id, session, patient, state: State::Booked, place: free, arrival: None, lapses: None };
        match (deed, free) {
            (Deed::Join, _) => {
                self.arrivals[usize::try_from(session).unwrap()] += 1;
                row.arrival = Some(self.arrivals[usize::try_from(session).unwrap()]);
                row.state = if free.is_some() { State::Offered } else { State::Waiting };
                row.lapses = free.map(|_| now + OFFER);
            }
            (_, None) => return Err(Reason::SessionFull),
            (Deed::Hold(minutes), Some(_)) => (row.state, row.lapses) = (State::Held, Some(now + minutes)),
            (Deed::Book | Deed::BookHeld | Deed::Cancel, Some(_)) => {}
        }
        let answer = (row.state, row.place);
        self.rows.push(row);
        Ok(answer)
    }

    fn settle(&mut self, session: u64) {
        let now = self.now;
        for row in self.rows.iter_mut().filter(|row| row.session == session) {
            row.state = row.at(now);
            row.lapses = row.lapses.filter(|_| row.state != State::Lapsed);
        }
        while let Some(place) = self.lowest_free(session) {
            let waits = |row: &&mut Row| row.session == session && row.state == State::Waiting;
            let Some(first) = self.rows.iter_mut().filter(waits).min_by_key(|row| row.arrival) else { return };
            (first.state, first.place, first.lapses) = (State::Offered, Some(place), Some(now + OFFER));
        }
    }

    fn lowest_free(&self, session: u64) -> Option<i64> {
        let taken = |place: i64| {
            self.rows.iter().any(|row| row.session == session && row.state.is_live() && row.place == Some(place))
        };
        (1..=CAPACITIES[usize::try_from(session).unwrap() - 1]).find(|place| !taken(*place))
    }
}

fn reason_of(outcome: Result<Reservation>) -> Result<(State, Option<i64>), Reason> {
    outcome.map(|reservation| (reservation.state, reservation.place)).map_err(|error: Error| error.reason())
}

async fn agree(db: &Db, model: &Model) {
    for row in &model.rows {
        let id = Id::parse(&format!("r{:05}", row.id)).unwrap();
        let name = Name::new(Id::parse("liling").unwrap(), id);
        let stored = db.read(GetReservation { name }).await.unwrap();
        let expected = (row.at(model.now).code(), row.place, row.arrival);
        assert_eq!((stored.state.code(), stored.place, stored.arrival), expected, "{row:?}");
    }
    for (at, capacity) in CAPACITIES.iter().enumerate() {
        let session = u64::try_from(at).unwrap() + 1;
        let seated =
            model.rows.iter().filter(|row| row.session == session && row.state.is_live() && row.place.is_some());
        assert!(i64::try_from(seated.count()).unwrap() <= *capacity);
    }
}

#[tokio::test]
async fn the_desk_does_as_a_slow_model_says() {
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let Some((database, db, clock)) = county("reservation_model", engine).await else { continue };
        let (mut dice, mut next, mut model) = (Dice(5), 0, Model::default());
        for round in 0..30 {
            for step in (0..4).flat_map(|_| run_of(&mut dice, &mut next)).collect::<Vec<_>>() {
                let expected = model.step(step);
                assert_eq!(reason_of(send(db.clone(), step).await), expected, "{engine:?}, round {round}: {step:?}");
            }
            agree(&db, &model).await;
            let minutes = i64::try_from(dice.below(20)).unwrap();
            clock.advance_minutes(minutes);
            model.now += minutes;
        }
        db.close().await;
        database.remove().await;
    }
}
