//! Kills of the program while places are booked, held, waited for and given back; and what may not be wrong at any register.
//!
//! The sessions are those that `homecoming bench` makes, in the machine's own time.
use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use homecoming::db::verify::{Verified, VerifyLedger};
use homecoming::db::{Db, Query, Sql, Tx};
use homecoming::kernel::{Clock as _, ManualClock, Result, SystemClock};
use homecoming::pb;
use homecoming::pb::programme_service_client::ProgrammeServiceClient;
use homecoming::pb::reservation_service_client::ReservationServiceClient;
use homecoming::server::{self, lapses};
use tokio::sync::mpsc;
use tokio::task::{JoinSet, yield_now};
use tonic::transport::Channel;
use tonic::{Response, Status};
use tonic_types::StatusExt as _;

use super::kills::{Dice, Evidence};
use super::program::{Program, output};
use super::{Database, connect};

const CALLERS: u64 = 24;
const SESSIONS: u64 = 3;
const PLACES: &str = "7";
/// What callers ask for by themselves; all else is what the desk does.
const ASKED: [&str; 4] = ["hold", "book", "join", "cancel"];

/// What a register says against what its reservations say; empty where they agree.
pub const WRONG: Sql = Sql::new(
    "SELECT q.line FROM (SELECT g.session || ': taken ' || g.taken || ', waiting ' || g.waiting AS line, g.taken, g.waiting, \
     g.capacity + g.granted AS places, \
     (SELECT COUNT(*) FROM reservations x WHERE x.programme = g.programme AND x.session = g.session AND x.live = 1 \
     AND x.place IS NOT NULL) AS seated, \
     (SELECT COUNT(*) FROM reservations x WHERE x.programme = g.programme AND x.session = g.session AND x.live = 1 \
     AND x.place IS NULL) AS queued FROM registers g) q \
     WHERE q.taken <> q.seated OR q.waiting <> q.queued OR q.taken > q.places OR (q.queued > 0 AND q.taken < q.places)",
);
const ROWS: Sql = Sql::new(
    "SELECT x.reservation, x.session, x.state, COALESCE(x.arrival, 0) AS arrival FROM reservations x ORDER BY x.reservation",
);
const CHANGES: Sql = Sql::new("SELECT c.name, c.verb FROM changes c ORDER BY c.programme, c.sequence");

/// The lines that a statement answers.
pub struct Lines(pub Sql);

impl Query for Lines {
    type Output = Vec<String>;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Vec<String>> {
        tx.sql(self.0).fetch_all().await?.iter().map(|row| row.get("line")).collect()
    }
}

struct Row {
    session: String,
    state: String,
    arrival: i64,
}

/// Everything that is stored: reservations by id, and what was done to each, in order.
struct Stored;

type Holdings = (HashMap<String, Row>, Vec<(String, String)>);

impl Query for Stored {
    type Output = Holdings;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Holdings> {
        let mut rows = HashMap::new();
        for row in tx.sql(ROWS).fetch_all().await? {
            let (session, state, arrival) = (row.get("session")?, row.get("state")?, row.get("arrival")?);
            rows.insert(row.get("reservation")?, Row { session, state, arrival });
        }
        let mut done = Vec::new();
        for row in tx.sql(CHANGES).fetch_all().await? {
            let name: String = row.get("name")?;
            if let Some((_, id)) = name.split_once("/reservations/") {
                done.push((id.to_owned(), row.get("verb")?));
            }
        }
        Ok((rows, done))
    }
}

/// Kills the program again and again while callers take places and give them back, then counts.
pub async fn drill(database: &Database, kills: u32, seed: u64) -> Evidence {
    let (mut dice, mut evidence, mut log) = (Dice(seed), Evidence::default(), Log::default());
    let mut program = Program::serve(&database.setting(), &[]);
    let programme = county(&program).await;
    let caller = |number| Caller {
        number,
        next: 0,
        dice: Dice(seed + number),
        pending: None,
        own: Vec::new(),
        booked: HashSet::new(),
    };
    let mut callers: Vec<Caller> = (0..CALLERS).map(caller).collect();
    for kill in 0..kills {
        let rule = if kill % 2 == 0 { pb::WaitlistRule::Give } else { pb::WaitlistRule::Offer };
        set_rule(program.address.to_string(), &programme, rule).await;
        let (until, later) = (40 + dice.below(200), dice.below(60));
        callers = load(callers, &programme, &mut log, &mut evidence, &mut Some(program), until, later).await;
        program = Program::serve(&database.setting(), &[]);
        evidence.restarts += 1;
        evidence.repeated += callers.iter().filter(|caller| caller.pending.is_some()).count() as u64;
        let db = database.open().await;
        log.compare(&db, &mut evidence, false).await;
        db.close().await;
    }
    let mut client = ReservationServiceClient::new(connect(program.address).await);
    for write in callers.iter_mut().filter_map(|caller| caller.pending.take()) {
        log.learn(&write, &send(&mut client, &programme, &write).await, &mut evidence);
    }
    drop(program);
    // Whatever was held or offered has lapsed by then.
    let clock = ManualClock::new(SystemClock.now().plus_minutes(16));
    let db = Db::open(&database.target, server::options(), Arc::new(clock)).await.unwrap();
    lapses::places(&db, "drill").await.unwrap();
    log.compare(&db, &mut evidence, true).await;
    db.close().await;
    evidence
}

/// Has the load generator make its sessions; returns its programme.
async fn county(program: &Program) -> String {
    let (server, sessions) = (format!("http://{}", program.address), SESSIONS.to_string());
    let made = output(&[
        "bench",
        "--server",
        &server,
        "--sessions",
        &sessions,
        "--capacity",
        PLACES,
        "--calls",
        "1",
        "--callers",
        "1",
    ]);
    assert!(made.status.success(), "{made:?}");
    let mut programmes = ProgrammeServiceClient::new(connect(program.address).await);
    let listed = programmes.list_programmes(pb::ListProgrammesRequest::default()).await.unwrap().into_inner();
    listed.programmes[0].name.clone()
}

async fn set_rule(address: String, programme: &str, rule: pb::WaitlistRule) {
    let policy = pb::ReservationPolicy {
        name: format!("{programme}/reservationPolicies/default"),
        waitlist: rule as i32,
        ..Default::default()
    };
    let update_mask = Some(prost_types::FieldMask { paths: vec!["waitlist".to_owned()] });
    let request = pb::UpdateReservationPolicyRequest { policy: Some(policy), update_mask, ..Default::default() };
    let mut client = ReservationServiceClient::new(connect(address.parse().unwrap()).await);
    client.update_reservation_policy(request).await.unwrap();
}

/// Lets the callers ask until so much was done, then kills the program under them.
async fn load(
    callers: Vec<Caller>,
    programme: &str,
    log: &mut Log,
    evidence: &mut Evidence,
    program: &mut Option<Program>,
    until: u64,
    later: u64,
) -> Vec<Caller> {
    let channel = connect(program.as_ref().unwrap().address).await;
    let (reports, mut reported) = mpsc::unbounded_channel();
    let mut running = JoinSet::new();
    for caller in callers {
        running.spawn(caller.ask(
            ReservationServiceClient::new(channel.clone()),
            programme.to_owned(),
            reports.clone(),
        ));
    }
    drop(reports);
    let mut answered = 0;
    while let Some((write, answer)) = reported.recv().await {
        match answer {
            None => log.count(&write).issued += 1,
            Some(answer) => {
                log.learn(&write, &answer, evidence);
                answered += 1;
            }
        }
        if answered >= until && program.is_some() {
            for _ in 0..later {
                yield_now().await;
            }
            drop(program.take());
        }
    }
    running.join_all().await
}

/// One thing that somebody asks for.
#[derive(Clone, Debug)]
struct Write {
    id: String,
    verb: &'static str,
    session: u64,
    /// Whether a hold or an offer is booked.
    is_held: bool,
}

type Answer = std::result::Result<pb::Reservation, Status>;

/// Someone who takes places and gives them back, and asks again for what wasn't answered.
struct Caller {
    number: u64,
    next: u64,
    dice: Dice,
    pending: Option<Write>,
    /// Reservations of theirs, with the session of each.
    own: Vec<(String, u64)>,
    /// Those of them that were booked once they had been held.
    booked: HashSet<String>,
}

impl Caller {
    async fn ask(
        mut self,
        mut client: ReservationServiceClient<Channel>,
        programme: String,
        reports: mpsc::UnboundedSender<(Write, Option<Answer>)>,
    ) -> Caller {
        loop {
            if self.pending.is_none() {
                let write = self.choose();
                self.pending = Some(write.clone());
                let _ = reports.send((write, None)); // the drill listens until all callers are done
            }
            let Some(write) = self.pending.clone() else { return self };
            let answer = send(&mut client, &programme, &write).await;
            if answer.as_ref().is_err_and(|status| status.get_error_details().error_info().is_none()) {
                return self; // killed
            }
            if answer.is_ok() && !write.is_held && write.verb != "cancel" {
                self.own.push((write.id.clone(), write.session));
            }
            let _ = reports.send((write, Some(answer)));
            self.pending = None;
        }
    }

    /// New patients hold, book and wait; holds and offers are booked; whoever has a place gives it back soon.
    fn choose(&mut self) -> Write {
        let any = self.dice.below(self.own.len().max(1) as u64);
        let any = usize::try_from(any).unwrap();
        let side = self.dice.below(10);
        if side < 5 && !self.own.is_empty() {
            // Once each: to ask again under one request id is to be answered again.
            let is_held = side == 4 && self.booked.insert(self.own[any].0.clone());
            let (id, session) = if is_held { self.own[any].clone() } else { self.own.swap_remove(any) };
            return Write { id, session, verb: if is_held { "book" } else { "cancel" }, is_held };
        }
        self.next += 1;
        let (id, session) = (format!("k{}-{}", self.number, self.next), self.dice.below(SESSIONS));
        let verb = ["hold", "book", "join", "join"][usize::try_from(self.dice.below(4)).unwrap()];
        Write { id, verb, session, is_held: false }
    }
}

async fn send(client: &mut ReservationServiceClient<Channel>, programme: &str, write: &Write) -> Answer {
    let Write { id, verb, session, is_held } = write;
    let name = format!("{programme}/reservations/{id}");
    let (parent, reservation_id) = (programme.to_owned(), id.clone());
    let request_id = format!("{verb}-{is_held}-{id}");
    let patient = Some(pb::Patient { issuer: "kills".to_owned(), token: format!("patient-{id}") });
    let session = format!("{programme}/sessions/s{session}");
    let reservation = Some(pb::Reservation { session, patient, ..Default::default() });
    let answer = match *verb {
        "hold" => {
            let hold =
                pb::HoldReservationRequest { parent, reservation_id, reservation, request_id, ..Default::default() };
            client.hold_reservation(hold).await
        }
        "join" => {
            let join =
                pb::JoinWaitlistRequest { parent, reservation_id, reservation, request_id, ..Default::default() };
            client.join_waitlist(join).await
        }
        "cancel" => {
            let cancelled_by = pb::CancelledBy::Patient as i32;
            let cancel = pb::CancelReservationRequest { name, cancelled_by, request_id, ..Default::default() };
            client.cancel_reservation(cancel).await
        }
        _book if *is_held => {
            client.book_reservation(pb::BookReservationRequest { name, request_id, ..Default::default() }).await
        }
        _book => {
            let book =
                pb::BookReservationRequest { parent, reservation_id, reservation, request_id, ..Default::default() };
            client.book_reservation(book).await
        }
    };
    answer.map(Response::into_inner)
}

/// How often one thing was asked for, and how often it was done.
#[derive(Clone, Copy, Default)]
struct Count {
    issued: u64,
    acknowledged: u64,
}

#[derive(Default)]
struct Log(HashMap<(String, &'static str), Count>);

impl Log {
    fn count(&mut self, write: &Write) -> &mut Count {
        self.0.entry((write.id.clone(), write.verb)).or_default()
    }

    /// A refusal of the desk is an answer like any other; of anything else it is wrong.
    fn learn(&mut self, write: &Write, answer: &Answer, evidence: &mut Evidence) {
        const FAIR: [&str; 3] = ["SESSION_FULL", "WAITLIST_FULL", "ILLEGAL_TRANSITION"];
        match answer {
            Ok(_) => self.count(write).acknowledged += 1,
            Err(status) => {
                let reason = status.get_error_details().error_info().map(|info| info.reason.clone());
                if !reason.as_ref().is_some_and(|reason| FAIR.contains(&reason.as_str())) {
                    evidence.wrong.push(format!("{write:?}: {status:?}"));
                }
            }
        }
    }

    /// Compares what callers know with what is stored; at the `end` everything counts.
    async fn compare(&self, db: &Db, evidence: &mut Evidence, end: bool) {
        let Verified { wrong, .. } = db.read(VerifyLedger).await.unwrap();
        evidence.wrong.extend(wrong);
        evidence.wrong.extend(db.read(Lines(WRONG)).await.unwrap());
        let (rows, done) = db.read(Stored).await.unwrap();
        let mut counted: HashMap<(&str, &str), u64> = HashMap::new();
        for (id, verb) in &done {
            *counted.entry((id, verb)).or_default() += 1;
        }
        for ((id, verb), number) in counted.iter().filter(|((id, _), _)| id.starts_with('k')) {
            let is_asked = ASKED.iter().find(|asked| *asked == verb);
            let issued =
                is_asked.map_or(1, |asked| self.0.get(&((*id).to_owned(), *asked)).map_or(0, |count| count.issued));
            // A hold that is booked and a place that is booked at once are one verb.
            evidence.doubled += number.saturating_sub(issued);
        }
        for ((id, verb), Count { acknowledged, .. }) in &self.0 {
            let number = counted.get(&(id.as_str(), *verb)).copied().unwrap_or_default();
            evidence.lost += acknowledged.saturating_sub(number);
            if number < *acknowledged {
                evidence.wrong.push(format!("{id}: {verb} acknowledged {acknowledged} times, stored {number} times"));
            }
            if end {
                evidence.acknowledged += acknowledged;
                evidence.found += number.min(*acknowledged);
            } else {
                evidence.unanswered += number.saturating_sub(*acknowledged);
            }
        }
        evidence.wrong.extend(passed_over(&rows, &done));
        if end {
            let held = rows.iter().filter(|(_, row)| row.state == "HELD");
            evidence.wrong.extend(held.map(|(id, _)| format!("{id} is held for ever")));
        }
    }
}

/// Who was passed over in a queue: places are offered and given in the order of arrival, and whoever waits came after all of those.
fn passed_over(rows: &HashMap<String, Row>, done: &[(String, String)]) -> Vec<String> {
    let mut last: BTreeMap<&str, i64> = BTreeMap::new();
    let mut wrong = Vec::new();
    for (id, _) in done.iter().filter(|(_, verb)| matches!(verb.as_str(), "offer" | "give")) {
        let Some(row) = rows.get(id) else { continue };
        let last = last.entry(&row.session).or_default();
        if row.arrival <= *last {
            wrong.push(format!("{id}, {} at {}, moved up after {last}", row.arrival, row.session));
        }
        *last = row.arrival;
    }
    for (id, row) in rows.iter().filter(|(_, row)| row.state == "WAITING") {
        let last = last.get(row.session.as_str()).copied().unwrap_or_default();
        if row.arrival < last {
            wrong.push(format!("{id}, {} at {}, waits although {last} moved up", row.arrival, row.session));
        }
    }
    wrong
}
