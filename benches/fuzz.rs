//! Random input for every parser of outside bytes: a million of them, half over the socket from messages that the descriptor tells, half
//! into parsers of page tokens, own and issuers' tokens, keys, CSV, XLSX, audit files, statements, names, identifiers and metadata; then credentials that
//! were changed, over the socket of a server that asks who calls, and backups that were changed. It prints how many each got, and ends with 0
//! panics, 0 defects and how much memory grew, or with what went wrong.
//!
//! `cargo bench --bench fuzz [-- INPUTS [SEED]]`.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a bench fails by panicking")]
#![expect(clippy::disallowed_methods, reason = "a bench reads the clock")]
#![expect(dead_code, reason = "shares files with the tests")]

#[path = "../tests/it/support/chance.rs"]
mod chance;
#[path = "../tests/it/support/fuzz.rs"]
mod fuzz;
#[path = "../tests/it/support/parsers.rs"]
mod parsers;
#[path = "../tests/it/support/program.rs"]
mod program;
#[path = "../tests/it/support/raw.rs"]
mod raw;

use std::fs;
use std::time::Instant;

use chance::Chance;
use homecoming::pb;
use homecoming::pb::programme_service_client::ProgrammeServiceClient;
use parsers::{PARSERS, Seeds, Tried};
use program::Program;
use tonic::transport::{Channel, Endpoint};

/// Calls at a time.
const CALLERS: u64 = 32;
/// MiB that the server may hold more at the end than after a tenth of the calls: its caches are full by then.
const MEMORY: u64 = 96;
/// MiB that this process may hold more after all parsers than after a tenth of the inputs.
const PARSERS_MEMORY: u64 = 16;

fn main() {
    let mut numbers = std::env::args().skip(1).filter_map(|argument| argument.parse::<u64>().ok());
    let (inputs, seed) = (numbers.next().unwrap_or(1_000_000), numbers.next().unwrap_or(1));
    println!("fuzz: {inputs} inputs, seed {seed}");
    parsers(inputs / 2, seed);
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    runtime.block_on(async {
        socket(inputs - inputs / 2, seed).await;
        credentials(inputs / 20, seed).await;
        let wrong = parsers::restores((inputs / 5_000).max(10), &mut Chance::new(seed)).await;
        assert!(wrong.is_empty(), "{wrong:?}");
        println!("backups: {} inputs, 0 panics", (inputs / 5_000).max(10));
    });
}

/// What this process holds without its code, in MiB.
fn held_mib() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("RssAnon:")).unwrap();
    line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() / 1024
}

fn parsers(inputs: u64, seed: u64) {
    let (seeds, mut chance) = (Seeds::new(), Chance::new(seed));
    let started = Instant::now();
    let (mut counts, mut warm) = ([0_u64; PARSERS.len()], 0);
    for number in 0..inputs {
        if number == inputs / 10 {
            warm = held_mib();
        }
        let Tried { parser, wrong } = seeds.parse(&mut chance);
        counts[parser] += 1;
        assert!(wrong.is_none(), "input {number}: {}", wrong.unwrap_or_default());
    }
    let grown = held_mib().saturating_sub(warm);
    for ((parser, _), count) in PARSERS.iter().zip(counts) {
        println!("  {parser}: {count}");
    }
    let seconds = started.elapsed().as_secs_f64();
    println!("parsers: {inputs} inputs in {seconds:.0} s, 0 panics, 0 forged believed, {grown} MiB more held");
    assert!(grown <= PARSERS_MEMORY, "parsers hold {grown} MiB more than after a tenth: at most {PARSERS_MEMORY}");
}

async fn socket(inputs: u64, seed: u64) {
    let folder = tempfile::tempdir().unwrap();
    let program = Program::serve(folder.path().join("homecoming.db").to_str().unwrap(), &[]);
    let channel = Endpoint::from_shared(format!("http://{}", program.address)).unwrap().connect().await.unwrap();
    let programme = pb::Programme {
        display_name: "p".to_owned(),
        division_code: "430281".to_owned(),
        zone: "Asia/Shanghai".to_owned(),
        ..Default::default()
    };
    let request =
        pb::CreateProgrammeRequest { programme_id: "p".to_owned(), programme: Some(programme), ..Default::default() };
    ProgrammeServiceClient::new(channel.clone()).create_programme(request).await.unwrap();
    let started = Instant::now();
    run(&channel, inputs / 10, seed).await;
    let warm = program.held_kib();
    run(&channel, inputs - inputs / 10, seed.wrapping_add(1_000)).await;
    let grown = program.held_kib().saturating_sub(warm) / 1024;
    println!("socket: {inputs} calls in {:.0} s, 0 defects, {grown} MiB more held", started.elapsed().as_secs_f64());
    assert!(grown <= MEMORY, "the server holds {grown} MiB more than after a tenth: at most {MEMORY}");
    end(program);
}

fn end(program: Program) {
    program.terminate();
    let (status, log) = program.wait();
    assert!(status.success() && !log.contains("panicked"), "{log}");
}

/// Whoever knocks with what isn't a credential is turned away, and nothing stays of it.
async fn credentials(inputs: u64, seed: u64) {
    let folder = tempfile::tempdir().unwrap();
    let database = folder.path().join("homecoming.db").to_str().unwrap().to_owned();
    let file = folder.path().join("keys.json");
    let (_, key) = parsers::issuer(&file);
    let oidc = ["--oidc-issuer", "https://login.example", "--oidc-keys", file.to_str().unwrap()];
    let program = Program::guarded(&database, &oidc);
    let token = fs::read_to_string(format!("{database}.token")).unwrap().trim().to_owned();
    let channel = Endpoint::from_shared(format!("http://{}", program.address)).unwrap().connect().await.unwrap();
    let (jwt, mut chance) = (parsers::genuine(&key), Chance::new(seed));
    let (started, mut warm) = (Instant::now(), 0);
    for number in 0..inputs {
        if number == inputs / 10 {
            warm = program.held_kib();
        }
        if let Some(wrong) = fuzz::knock(&channel, &token, &jwt, &mut chance).await {
            panic!("knock {number}: {wrong}");
        }
    }
    let grown = program.held_kib().saturating_sub(warm) / 1024;
    let seconds = started.elapsed().as_secs_f64();
    println!("credentials: {inputs} calls in {seconds:.0} s, nobody let in, {grown} MiB more held");
    assert!(grown <= MEMORY, "the server holds {grown} MiB more than after a tenth: at most {MEMORY}");
    end(program);
}

async fn run(channel: &Channel, inputs: u64, seed: u64) {
    let callers = (0..CALLERS).map(|caller| {
        let channel = channel.clone();
        tokio::spawn(async move {
            let (methods, mut chance) =
                (fuzz::methods(), Chance::new(seed.wrapping_mul(1_000_003).wrapping_add(caller)));
            for _ in 0..inputs / CALLERS {
                if let Some(wrong) = fuzz::call(&channel, &methods, &mut chance).await {
                    panic!("{wrong}");
                }
            }
        })
    });
    for caller in callers.collect::<Vec<_>>() {
        caller.await.unwrap();
    }
}
