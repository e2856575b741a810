//! Random verbs against a slow, obvious model, on both engines: what is allowed is what the model allows, nothing is in two
//! places, cells equal the recount, and every session is accounted for.
use std::collections::BTreeMap;

use homecoming::db::{Delta, Options, Query, Sql, Tx};
use homecoming::kernel::{Fact, Id, Result};
use homecoming::pb;
use homecoming::pb::session_service_client::SessionServiceClient;
use homecoming::programmes::SittingUnit;
use homecoming::{server, sessions};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestCaseResult, TestRunner};
use tonic::transport::Channel;

use crate::support::schedule::{self, PARENT, TOMORROW, booking, clinic, name, record};
use crate::support::{Database, TestServer};

/// One step. Sessions are picked by their number modulo how many there are.
#[derive(Clone, Debug)]
enum Step {
    Book { expert: usize, site: usize, from: i64, minutes: i64, buffer: i32 },
    Record { expert: usize, site: usize, from: i64 },
    Start(usize),
    Complete(usize, i64),
    NotHeld(usize),
    Cancel(usize),
    Correct(usize),
}

fn step() -> impl Strategy<Value = Step> {
    let slot = 0..96i64;
    prop_oneof![
        5 => (1..3usize, 0..3usize, slot.clone(), 1..13i64, 0..2i32).prop_map(|(expert, site, from, length, buffer)| {
            Step::Book { expert, site, from: from * 15, minutes: length * 15, buffer: buffer * 20 }
        }),
        4 => (1..3usize, 0..3usize, slot).prop_map(|(expert, site, from)| Step::Record { expert, site, from: from * 15 }),
        1 => any::<usize>().prop_map(Step::Start),
        3 => (any::<usize>(), 0..3i64).prop_map(|(at, late)| Step::Complete(at, late * 90)),
        1 => any::<usize>().prop_map(Step::NotHeld),
        1 => any::<usize>().prop_map(Step::Cancel),
        3 => any::<usize>().prop_map(Step::Correct),
    ]
}

const SITES: [&str; 3] = ["county", "guanzhuang", "pukou"];

/// A session as the model remembers it.
#[derive(Clone, Debug)]
struct Known {
    id: String,
    expert: usize,
    site: usize,
    from: i64,
    until: i64,
    buffer: i64,
    state: pb::SessionState,
}

impl Known {
    fn is_plan(&self) -> bool {
        matches!(self.state, pb::SessionState::Confirmed | pb::SessionState::InProgress)
    }

    /// Whether this one, the earlier, leaves its expert and assistant the time to be at the other.
    fn leaves_time_for(&self, later: &Known) -> bool {
        let travel = match (self.site, later.site) {
            (a, b) if a == b => Some(0),
            (0, 1) => Some(60),
            (1, 0) => Some(50),
            _ => None,
        };
        let gap = later.from - later.buffer - (self.until + self.buffer);
        let same_day = (self.until - 1).div_euclid(24 * 60) >= later.from.div_euclid(24 * 60);
        gap >= travel.unwrap_or(0) && (travel.is_some() || !same_day)
    }

    fn can_stand_beside(&self, other: &Known) -> bool {
        let (a, b) = if self.from <= other.from { (self, other) } else { (other, self) };
        self.expert != other.expert || a.leaves_time_for(b)
    }
}

/// Runs the steps, and holds every answer to the model.
async fn run(server: &TestServer, steps: &[Step]) -> TestCaseResult {
    let mut client = schedule::make(&server.channel, 2).await;
    server.clock.set(TOMORROW.plus_minutes(10 * 24 * 60));
    let mut known: Vec<Known> = Vec::new();
    for (number, step) in steps.iter().enumerate() {
        let id = format!("s{number}");
        match step {
            Step::Book { expert, site, from, minutes, buffer } => {
                let new = Known {
                    id: id.clone(),
                    expert: *expert,
                    site: *site,
                    from: *from,
                    until: from + minutes,
                    buffer: i64::from(*buffer),
                    state: pb::SessionState::Confirmed,
                };
                let free = known.iter().filter(|other| other.is_plan()).all(|other| new.can_stand_beside(other));
                let plan = pb::SessionPlan {
                    kind: pb::SessionKind::Teaching as i32,
                    before_minutes: *buffer,
                    after_minutes: *buffer,
                    ..plan(&new)
                };
                let answer = client.book_session(booking(&id, plan)).await;
                prop_assert_eq!(answer.is_ok(), free, "{:?} beside {:?}: {:?}", new, known, answer.err());
                known.extend(free.then_some(new));
            }
            Step::Record { expert, site, from } => {
                let new = Known {
                    id: id.clone(),
                    expert: *expert,
                    site: *site,
                    from: *from,
                    until: from + 60,
                    buffer: 0,
                    state: pb::SessionState::Completed,
                };
                let answer = client.record_held_session(record(&id, plan(&new))).await;
                prop_assert!(answer.is_ok(), "what happened is always recorded: {:?}", answer.err());
                known.push(new);
            }
            _verb if known.is_empty() => {}
            Step::Start(at) | Step::Complete(at, _) | Step::NotHeld(at) | Step::Cancel(at) | Step::Correct(at) => {
                let count = known.len();
                let picked = &mut known[at % count];
                let target = target(step, picked.state);
                let answer = act(&mut client, step, picked).await;
                prop_assert_eq!(answer, target.is_some(), "{:?} on {:?}", step, picked);
                picked.state = target.unwrap_or(picked.state);
            }
        }
    }
    settle(server, &mut client, &known).await
}

/// The state that a verb leads to, where it is allowed.
fn target(step: &Step, state: pb::SessionState) -> Option<pb::SessionState> {
    use pb::SessionState::{Cancelled, Completed, Confirmed, InProgress, NotHeld};
    match (step, state) {
        (Step::Start(_), Confirmed) => Some(InProgress),
        (Step::Complete(..), Confirmed | InProgress) => Some(Completed),
        (Step::NotHeld(_), Confirmed | InProgress) => Some(NotHeld),
        (Step::Cancel(_), Confirmed) => Some(Cancelled),
        (Step::Correct(_), Completed) => Some(NotHeld),
        (Step::Correct(_), NotHeld) => Some(Completed),
        _ => None,
    }
}

fn plan(known: &Known) -> pb::SessionPlan {
    pb::SessionPlan {
        site: name("sites", SITES[known.site]),
        room: String::new(),
        start_time: Some(TOMORROW.plus_minutes(known.from).into()),
        end_time: Some(TOMORROW.plus_minutes(known.until).into()),
        ..clinic(known.expert, 8, 9)
    }
}

async fn act(client: &mut SessionServiceClient<Channel>, step: &Step, known: &Known) -> bool {
    let name = name("sessions", &known.id);
    let time = |minutes: i64| Some(TOMORROW.plus_minutes(minutes).into());
    match step {
        Step::Start(_) => {
            let actual_start_time = time(known.from);
            client
                .start_session(pb::StartSessionRequest { name, actual_start_time, ..Default::default() })
                .await
                .is_ok()
        }
        Step::Complete(_, late) => {
            let request = pb::CompleteSessionRequest {
                name,
                actual_start_time: time(known.from + late),
                actual_end_time: time(known.until + late),
                ..Default::default()
            };
            client.complete_session(request).await.is_ok()
        }
        Step::NotHeld(_) => {
            let cause = pb::NotHeldCause::NoPatients as i32;
            client
                .mark_session_not_held(pb::MarkSessionNotHeldRequest { name, cause, ..Default::default() })
                .await
                .is_ok()
        }
        Step::Cancel(_) => {
            let party = pb::CancelParty::Expert as i32;
            client.cancel_session(pb::CancelSessionRequest { name, party, ..Default::default() }).await.is_ok()
        }
        Step::Correct(_) => {
            let is_held = known.state == pb::SessionState::Completed;
            let state = if is_held { pb::SessionState::NotHeld } else { pb::SessionState::Completed };
            let cause = if is_held { pb::NotHeldCause::RecordedInError as i32 } else { 0 };
            let note = "更正".to_owned();
            let request =
                pb::CorrectSessionOutcomeRequest { name, state: state as i32, cause, note, ..Default::default() };
            client.correct_session_outcome(request).await.is_ok()
        }
        Step::Book { .. } | Step::Record { .. } => panic!("not a verb"),
    }
}

/// What must hold after any sequence.
async fn settle(server: &TestServer, client: &mut SessionServiceClient<Channel>, known: &[Known]) -> TestCaseResult {
    let list = pb::ListSessionsRequest { parent: PARENT.to_owned(), page_size: 1000, ..Default::default() };
    let stored = client.list_sessions(list).await.unwrap().into_inner().sessions;
    let stored: BTreeMap<String, pb::SessionState> = stored.iter().map(|s| (s.name.clone(), s.state())).collect();
    let expected = known.iter().map(|one| (name("sessions", &one.id), one.state)).collect();
    prop_assert_eq!(stored, expected);
    let totals = pb::GetSessionControlTotalsRequest { parent: PARENT.to_owned() };
    let totals = client.get_session_control_totals(totals).await.unwrap().into_inner();
    prop_assert!(totals.balanced, "{:?}", totals);
    prop_assert_eq!(totals.ever_confirmed, i64::try_from(known.len()).unwrap());
    let (cells, recounted) = server.db.read(Counts).await.unwrap();
    prop_assert_eq!(cells, recounted);
    Ok(())
}

/// By measure and where it is counted.
type Figures = BTreeMap<(String, String), i64>;

/// The cells as they were folded, and the same figures recounted from the outcomes in pages of two.
struct Counts;

const CELLS: Sql = Sql::new("SELECT c.measure, c.key, c.quantity FROM tally_cells c WHERE c.programme = $1");

impl Query for Counts {
    type Output = (Figures, Figures);

    async fn run(&self, tx: &mut Tx<'_>) -> Result<(Figures, Figures)> {
        let programme = Id::parse("liling").unwrap();
        let mut cells = Figures::new();
        for row in tx.sql(CELLS).bind(&programme).fetch_all().await? {
            let quantity: i64 = row.get("quantity")?;
            if quantity != 0 {
                cells.insert((row.get("measure")?, row.get("key")?), quantity);
            }
        }
        let mut recounted = Figures::new();
        let mut after = None;
        loop {
            let (held, next) = sessions::store::held_page(tx, &programme, i64::MAX, after.as_ref(), 2).await?;
            for leaf in sessions::leaves(&held, |_| SittingUnit::HalfDay).into_values() {
                let key = format!("{:?}", leaf.dimensions);
                for (measure, quantity) in leaf.quantities {
                    *recounted.entry((measure.to_string(), key.clone())).or_default() += quantity;
                }
            }
            after = next;
            if after.is_none() {
                return Ok((cells, recounted));
            }
        }
    }
}

/// Folds every dimension into the key.
fn project(fact: &Fact) -> Vec<Delta> {
    let sides = [(&fact.before, -1), (&fact.after, 1)];
    let leaves = sides.into_iter().filter_map(|(leaf, sign)| Some((leaf.as_ref()?, sign)));
    let delta = |(leaf, sign): (&homecoming::kernel::Leaf, i64)| Delta {
        face: "test",
        month: leaf.dimensions.date.format("%Y-%m").to_string(),
        key: format!("{:?}", leaf.dimensions),
        by: leaf.quantities.iter().map(|(measure, quantity)| (measure.as_str(), sign * quantity)).collect(),
    };
    leaves.map(delta).collect()
}

#[test]
fn whatever_is_done_holds_together() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let mut runner = TestRunner::new(Config { cases: 16, failure_persistence: None, ..Config::default() });
    for engine in [homecoming::db::Engine::Sqlite, homecoming::db::Engine::Postgres] {
        let outcome = runner.run(&prop::collection::vec(step(), 1..60), |steps| {
            runtime.block_on(async {
                let Some(database) = Database::fresh("session_properties", engine).await else { return Ok(()) };
                let options = Options { projections: vec![project], ..server::options() };
                let server = TestServer::start(&database, options).await;
                let result = run(&server, &steps).await;
                server.stop().await;
                database.remove().await;
                result
            })
        });
        outcome.unwrap_or_else(|failure| panic!("{engine:?}: {failure}"));
    }
}
