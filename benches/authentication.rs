//! What it costs to know who calls and whether they may: the CPU of a call on a server that asks, beyond that of the same call on one
//! that believes everybody. Own tokens and tokens of an OIDC issuer, each verified once before.
//!
//! The call is refused by its fields, so that no database is asked; what is left is the socket, which all three have alike, and what the
//! gate does: credential, roles, the names in the request, the limits. All three take turns in one process, and the middle of many rounds
//! is compared. It fails at 20 µs. Beside it stands a first verification, which is a signature.
//!
//! `cargo bench --bench authentication [-- CALLS]`.
#![expect(clippy::unwrap_used, reason = "a bench fails by panicking")]
#![expect(clippy::disallowed_methods, reason = "a bench reads the clock")]
#![expect(dead_code, reason = "shares files with the tests")]

#[path = "../tests/it/support/chance.rs"]
mod chance;
#[path = "../tests/it/support/parsers.rs"]
mod parsers;

use std::fs;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Instant;

use homecoming::db::{Db, Target};
use homecoming::kernel::{ManualClock, Timestamp};
use homecoming::pb;
use homecoming::pb::hospital_service_client::HospitalServiceClient;
use homecoming::pb::programme_service_client::ProgrammeServiceClient;
use homecoming::server::limits::Limits;
use homecoming::server::{self, Door, Server};
use tonic::metadata::{Ascii, MetadataValue};
use tonic::transport::{Channel, Endpoint};
use tonic::{Code, Request};

/// What a call may cost beyond the same call that nobody is asked about, in microseconds of CPU.
const MOST_MICROS: f64 = 20.0;
const ROUNDS: usize = 21;
const NOW: Timestamp = Timestamp::from_micros(1_711_929_600_000_000);
const ANYWHERE: &str = "127.0.0.1:0";

/// Microseconds of CPU that this process has used.
fn cpu() -> f64 {
    let mut nanos = 0.0;
    for task in fs::read_dir("/proc/self/task").unwrap() {
        let Ok(text) = fs::read_to_string(task.unwrap().path().join("schedstat")) else { continue };
        nanos += text.split_whitespace().next().unwrap().parse::<f64>().unwrap();
    }
    nanos / 1_000.0
}

/// Somebody on a connection of their own.
struct Caller {
    client: HospitalServiceClient<Channel>,
    credential: Option<MetadataValue<Ascii>>,
}

impl Caller {
    async fn to(address: SocketAddr, credential: Option<&str>) -> Caller {
        let channel = Endpoint::from_shared(format!("http://{address}")).unwrap().connect().await.unwrap();
        let credential = credential.map(|credential| format!("Bearer {credential}").parse().unwrap());
        Caller { client: HospitalServiceClient::new(channel), credential }
    }

    async fn call(&mut self) {
        let mut request = Request::new(pb::ListHospitalsRequest {
            parent: "programmes/p".to_owned(),
            page_token: "none".to_owned(),
            ..Default::default()
        });
        if let Some(credential) = &self.credential {
            request.metadata_mut().insert("authorization", credential.clone());
        }
        let refused = self.client.list_hospitals(request).await.unwrap_err();
        assert_eq!(refused.code(), Code::InvalidArgument, "it got through the gate and no further: {refused:?}");
    }

    /// Microseconds of CPU a call.
    async fn round(&mut self, calls: usize) -> f64 {
        let before = cpu();
        for _ in 0..calls {
            self.call().await;
        }
        (cpu() - before) / f64::from(u32::try_from(calls).unwrap())
    }
}

fn middle(mut numbers: Vec<f64>) -> f64 {
    numbers.sort_by(f64::total_cmp);
    numbers[numbers.len() / 2]
}

/// A binding of the issuer's user; the owner makes it.
async fn appoint(owner: &str, address: SocketAddr) {
    let channel = Endpoint::from_shared(format!("http://{address}")).unwrap().connect().await.unwrap();
    let bearer: MetadataValue<Ascii> = format!("Bearer {owner}").parse().unwrap();
    let as_owner = |mut request: Request<()>| {
        request.metadata_mut().insert("authorization", bearer.clone());
        Ok(request)
    };
    let programme = pb::Programme {
        display_name: "p".to_owned(),
        division_code: "430281".to_owned(),
        zone: "Asia/Shanghai".to_owned(),
        ..Default::default()
    };
    let request =
        pb::CreateProgrammeRequest { programme_id: "p".to_owned(), programme: Some(programme), ..Default::default() };
    ProgrammeServiceClient::with_interceptor(channel.clone(), as_owner).create_programme(request).await.unwrap();
    let binding =
        pb::Binding { subject: "oidc:u-7".to_owned(), role: pb::AccessRole::Scheduler as i32, ..Default::default() };
    let request =
        pb::CreateBindingRequest { parent: "programmes/p".to_owned(), binding: Some(binding), ..Default::default() };
    pb::access_service_client::AccessServiceClient::with_interceptor(channel, as_owner)
        .create_binding(request)
        .await
        .unwrap();
}

async fn measure(calls: usize) {
    let folder = tempfile::tempdir().unwrap();
    let (issuer, key) = parsers::issuer(&folder.path().join("keys.json"));
    let jwt = parsers::genuine(&key);
    let first = Instant::now();
    assert!(issuer.verify(&jwt, NOW).is_some());
    let first = first.elapsed();

    let target = Target::Sqlite(folder.path().join("homecoming.db"));
    let db = Db::open(&target, server::options(), Arc::new(ManualClock::new(NOW))).await.unwrap();
    let token_file = folder.path().join("token");
    server::owner::ensure(&db, &token_file).await.unwrap();
    let owner = fs::read_to_string(token_file).unwrap().trim().to_owned();
    let limits = Limits { caller_rate: 1_000_000, ..Limits::default() };
    let guarded = Door { issuer: Some(Arc::new(issuer)), limits, ..Door::guarded(ANYWHERE.parse().unwrap()) };
    let asking = Server::start(&guarded, db.clone()).await.unwrap();
    let open = Server::start(&Door::open(ANYWHERE.parse().unwrap()), db).await.unwrap();
    appoint(&owner, asking.address()).await;

    let mut callers = [
        Caller::to(open.address(), None).await,
        Caller::to(asking.address(), Some(&owner)).await,
        Caller::to(asking.address(), Some(&jwt)).await,
    ];
    let mut rounds = [const { Vec::new() }; 3];
    for round in 0..=ROUNDS {
        for (caller, rounds) in callers.iter_mut().zip(&mut rounds) {
            let micros = caller.round(calls).await;
            if round > 0 {
                rounds.push(micros); // the first one warms up
            }
        }
    }
    let [nobody, own, issuers] = rounds.map(middle);
    println!("a first verification of an issuer's signature: {:.0} µs", first.as_secs_f64() * 1e6);
    println!("a call that nobody is asked about: {nobody:.1} µs of CPU, client and server");
    println!("  by an own token: {:.1} µs more", own - nobody);
    println!("  by an issuer's token: {:.1} µs more", issuers - nobody);
    asking.stop().await;
    open.stop().await;
    for more in [own - nobody, issuers - nobody] {
        assert!(more < MOST_MICROS, "{more:.1} µs: at most {MOST_MICROS}");
    }
}

fn main() {
    let calls = std::env::args().skip(1).find_map(|argument| argument.parse().ok()).unwrap_or(2_000);
    println!("authentication: {ROUNDS} rounds of {calls} calls of each kind, in turns");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(measure(calls));
}
