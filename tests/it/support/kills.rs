//! The `kill -9` drill: a load on the real program, kills at moments that dice choose, and a count of what is left.
//!
//! The database's own server is never killed, and what a power cut does to the disk isn't shown here.
use std::collections::HashMap;
use std::fmt;

use homecoming::db::verify::{Verified, VerifyLedger};
use homecoming::db::{Query, Sql, Tx};
use homecoming::kernel::Result;
use homecoming::pb;
use homecoming::pb::hospital_service_client::HospitalServiceClient;
use homecoming::pb::programme_service_client::ProgrammeServiceClient;
use tokio::sync::mpsc;
use tokio::task::{JoinSet, yield_now};
use tonic::Status;
use tonic::transport::Channel;
use tonic_types::StatusExt as _;

use super::program::Program;
use super::{Database, connect};

const CALLERS: u64 = 16;
const CONNECTIONS: usize = 4;
/// Programmes that all callers share.
const SHARED: u64 = 3;

const CHANGES: Sql = Sql::new("SELECT c.name, c.verb, count(*) AS number FROM changes c GROUP BY c.name, c.verb");
const RESOURCES: Sql = Sql::new(
    "SELECT 'programmes/' || p.programme AS name, p.revision FROM programmes p \
     UNION ALL SELECT 'programmes/' || h.programme || '/hospitals/' || h.hospital AS name, h.revision FROM hospitals h",
);

/// What was found after kills.
#[derive(Debug, Default)]
pub struct Evidence {
    /// How often the program was killed and started again.
    pub restarts: u32,
    /// Writes that the program said were done.
    pub acknowledged: u64,
    /// Those of them that are there.
    pub found: u64,
    /// Those of them that aren't.
    pub lost: u64,
    /// Writes that are there more often than they were asked for.
    pub doubled: u64,
    /// Writes in flight when the program was killed, which were sent again.
    pub repeated: u64,
    /// Those of them that the kill had not undone: done, and never answered.
    pub unanswered: u64,
    /// Whatever else is wrong with the ledger, with a resource or with an answer, in words.
    pub wrong: Vec<String>,
}

impl Evidence {
    /// Whether every acknowledged write is there once, and the ledger whole.
    pub fn is_clean(&self) -> bool {
        self.found == self.acknowledged && self.lost == 0 && self.doubled == 0 && self.wrong.is_empty()
    }
}

impl fmt::Display for Evidence {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Evidence { restarts, acknowledged, found, lost, doubled, repeated, unanswered, wrong } = self;
        write!(
            out,
            "{restarts} restarts, {acknowledged} acknowledged, {found} found, {lost} lost, {doubled} doubled, \
             {repeated} sent again ({unanswered} of them were done), {} wrong",
            wrong.len()
        )?;
        wrong.iter().try_for_each(|wrong| write!(out, "\n  {wrong}"))
    }
}

/// Kills the program again and again under load, then lets every caller finish, and counts.
pub async fn drill(database: &Database, kills: u32, seed: u64) -> Evidence {
    let mut dice = Dice(seed);
    let mut evidence = Evidence::default();
    let mut log = Log::default();
    let mut program = Program::serve(&database.setting(), &[]);
    let mut callers: Vec<Caller> = (0..CALLERS).map(|number| Caller { number, next: 0, pending: None }).collect();
    for number in 0..SHARED {
        let mut clients = Clients::over(connect(program.address).await);
        let write = Write::create_programme(format!("shared-{number}"));
        clients.send(&write).await.unwrap();
        log.issue(&write);
        log.acknowledge(&write);
    }
    for _ in 0..kills {
        let until = 30 + dice.below(200);
        let later = dice.below(60);
        callers = load(callers, &mut log, &mut evidence, &mut Some(program), until, later).await;
        program = Program::serve(&database.setting(), &[]);
        evidence.restarts += 1;
        evidence.repeated += callers.iter().filter(|caller| caller.pending.is_some()).count() as u64;
        log.compare(database, &mut evidence, false).await;
    }
    let mut clients = Clients::over(connect(program.address).await);
    for write in callers.iter_mut().filter_map(|caller| caller.pending.take()) {
        match clients.send(&write).await {
            Ok(()) => log.acknowledge(&write),
            Err(status) => evidence.wrong.push(format!("{}: {status:?}", write.name)),
        }
    }
    drop(program);
    log.compare(database, &mut evidence, true).await;
    evidence
}

/// Lets the callers write until so many writes are acknowledged, then kills the program under them.
async fn load(
    callers: Vec<Caller>,
    log: &mut Log,
    evidence: &mut Evidence,
    program: &mut Option<Program>,
    until: u64,
    later: u64,
) -> Vec<Caller> {
    let address = program.as_ref().unwrap().address;
    let mut channels = Vec::new();
    for _ in 0..CONNECTIONS {
        channels.push(connect(address).await);
    }
    let (reports, mut reported) = mpsc::unbounded_channel();
    let mut running = JoinSet::new();
    for (caller, channel) in callers.into_iter().zip(channels.iter().cycle()) {
        running.spawn(caller.write(Clients::over(channel.clone()), reports.clone()));
    }
    drop(reports);
    let mut acknowledged = 0;
    while let Some(report) = reported.recv().await {
        match report {
            Report::Issued(write) => log.issue(&write),
            Report::Acknowledged(write) => {
                log.acknowledge(&write);
                acknowledged += 1;
            }
            Report::Refused(what) => evidence.wrong.push(what),
        }
        if acknowledged >= until && program.is_some() {
            for _ in 0..later {
                yield_now().await;
            }
            drop(program.take());
        }
    }
    running.join_all().await
}

/// One write as its caller knows it.
#[derive(Clone, Debug)]
struct Write {
    name: String,
    verb: &'static str,
    request_id: String,
}

impl Write {
    fn create_programme(id: String) -> Write {
        Write { request_id: id.clone(), name: format!("programmes/{id}"), verb: "create" }
    }
}

enum Report {
    Issued(Write),
    Acknowledged(Write),
    /// The program answered, and shouldn't have answered this.
    Refused(String),
}

/// Someone who writes one thing after the other, and sends again what wasn't answered.
struct Caller {
    number: u64,
    next: u64,
    pending: Option<Write>,
}

impl Caller {
    async fn write(mut self, mut clients: Clients, reports: mpsc::UnboundedSender<Report>) -> Caller {
        loop {
            if self.pending.is_none() {
                let write = self.choose();
                self.pending = Some(write.clone());
                let _ = reports.send(Report::Issued(write)); // the drill listens until all callers are done
            }
            let Some(write) = &self.pending else { return self };
            let report = match clients.send(write).await {
                Ok(()) => Report::Acknowledged(write.clone()),
                Err(status) if status.get_error_details().error_info().is_some() => {
                    Report::Refused(format!("{}: {status:?}", write.name))
                }
                Err(_killed) => return self,
            };
            let _ = reports.send(report);
            self.pending = None;
        }
    }

    /// A programme of its own now and then, hospitals in shared ones, new names for shared ones.
    fn choose(&mut self) -> Write {
        self.next += 1;
        let (number, next) = (self.number, self.next);
        let request_id = format!("{number}-{next}");
        let shared = format!("programmes/shared-{}", (number + next) % SHARED);
        match next % 5 {
            0 => Write::create_programme(format!("own-{request_id}")),
            1 | 2 => Write { name: format!("{shared}/hospitals/h-{request_id}"), verb: "create", request_id },
            _ => Write { name: shared, verb: "update", request_id },
        }
    }
}

struct Clients {
    programmes: ProgrammeServiceClient<Channel>,
    hospitals: HospitalServiceClient<Channel>,
}

impl Clients {
    fn over(channel: Channel) -> Clients {
        Clients {
            programmes: ProgrammeServiceClient::new(channel.clone()),
            hospitals: HospitalServiceClient::new(channel),
        }
    }

    async fn send(&mut self, write: &Write) -> Result<(), Status> {
        let Write { name, verb, request_id } = write.clone();
        let programme = pb::Programme {
            display_name: format!("by {request_id}"),
            division_code: "430281".to_owned(),
            zone: "Asia/Shanghai".to_owned(),
            ..Default::default()
        };
        if let Some((parent, id)) = name.split_once("/hospitals/") {
            let hospital = pb::Hospital {
                display_name: format!("hospital {request_id}"),
                level: pb::HospitalLevel::ProvincialKey.into(),
                city: "长沙".to_owned(),
                ..Default::default()
            };
            let (parent, hospital_id) = (parent.to_owned(), id.to_owned());
            let hospital = Some(hospital);
            let request = pb::CreateHospitalRequest { parent, hospital_id, hospital, request_id, ..Default::default() };
            return self.hospitals.create_hospital(request).await.map(drop);
        }
        if verb == "create" {
            let programme_id = name.trim_start_matches("programmes/").to_owned();
            let programme = Some(programme);
            let request = pb::CreateProgrammeRequest { programme_id, programme, request_id, ..Default::default() };
            return self.programmes.create_programme(request).await.map(drop);
        }
        let request = pb::UpdateProgrammeRequest {
            programme: Some(pb::Programme { name, ..programme }),
            update_mask: Some(prost_types::FieldMask { paths: vec!["display_name".to_owned()] }),
            request_id,
            ..Default::default()
        };
        self.programmes.update_programme(request).await.map(drop)
    }
}

/// How many writes of one verb to one resource were asked for, and how many of them acknowledged.
#[derive(Clone, Copy, Default)]
struct Count {
    issued: u64,
    acknowledged: u64,
}

#[derive(Default)]
struct Log(HashMap<(String, String), Count>);

impl Log {
    fn count(&mut self, write: &Write) -> &mut Count {
        self.0.entry((write.name.clone(), write.verb.to_owned())).or_default()
    }

    fn issue(&mut self, write: &Write) {
        self.count(write).issued += 1;
    }

    fn acknowledge(&mut self, write: &Write) {
        self.count(write).acknowledged += 1;
    }

    /// Compares what callers know with what the database holds; at the `end` everything counts.
    async fn compare(&self, database: &Database, evidence: &mut Evidence, end: bool) {
        let db = database.open().await;
        let Verified { wrong, .. } = db.read(VerifyLedger).await.unwrap();
        evidence.wrong.extend(wrong);
        let there = db.read(There).await.unwrap();
        db.close().await;
        let mut revisions: HashMap<&String, i64> = HashMap::new();
        for ((name, verb), number) in &there.changes {
            let issued = self.0.get(&(name.clone(), verb.clone())).map_or(0, |count| count.issued);
            evidence.doubled += number.saturating_sub(issued);
            *revisions.entry(name).or_default() += i64::try_from(*number).unwrap_or(i64::MAX);
        }
        for (name, revision) in &revisions {
            if there.resources.get(*name) != Some(revision) {
                let found = there.resources.get(*name);
                evidence.wrong.push(format!("{name}: {revision} changes, and revision {found:?}"));
            }
        }
        for ((name, verb), Count { acknowledged, .. }) in &self.0 {
            let number = there.changes.get(&(name.clone(), verb.clone())).copied().unwrap_or_default();
            evidence.lost += acknowledged.saturating_sub(number);
            if end {
                evidence.acknowledged += acknowledged;
                evidence.found += number.min(*acknowledged);
            } else {
                evidence.unanswered += number.saturating_sub(*acknowledged);
            }
        }
    }
}

/// What the database holds: how many changes of each verb to each resource, and every resource's revision.
struct There;

struct Holdings {
    changes: HashMap<(String, String), u64>,
    resources: HashMap<String, i64>,
}

impl Query for There {
    type Output = Holdings;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Holdings> {
        let mut holdings = Holdings { changes: HashMap::new(), resources: HashMap::new() };
        for row in tx.sql(CHANGES).fetch_all().await? {
            let number: i64 = row.get("number")?;
            holdings.changes.insert((row.get("name")?, row.get("verb")?), number.unsigned_abs());
        }
        for row in tx.sql(RESOURCES).fetch_all().await? {
            holdings.resources.insert(row.get("name")?, row.get("revision")?);
        }
        Ok(holdings)
    }
}

/// Numbers that look random, the same for the same seed.
pub struct Dice(pub u64);

impl Dice {
    pub fn below(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % sides
    }
}
