//! Random input for every parser of outside bytes: a million of them, half over the socket from messages that the descriptor tells, half
//! into parsers of page tokens, CSV, XLSX, audit files, names, identifiers and metadata. It ends with 0 panics, 0 defects and how much
//! the server's memory grew, or with what went wrong.
//!
//! `cargo bench --bench fuzz [-- INPUTS [SEED]]`.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a bench fails by panicking")]
#![expect(clippy::disallowed_methods, reason = "a bench reads the clock")]
#![expect(dead_code, reason = "shares files with the tests")]

#[path = "../tests/it/support/chance.rs"]
mod chance;
#[path = "../tests/it/support/fuzz.rs"]
mod fuzz;
#[path = "../tests/it/support/program.rs"]
mod program;
#[path = "../tests/it/support/raw.rs"]
mod raw;

use std::time::Instant;

use chance::Chance;
use homecoming::pb;
use homecoming::pb::programme_service_client::ProgrammeServiceClient;
use program::Program;
use tonic::transport::{Channel, Endpoint};

/// Calls at a time.
const CALLERS: u64 = 32;
/// MiB that the server may hold more at the end than after a tenth of the calls: its caches are full by then.
const MEMORY: u64 = 96;

fn main() {
    let mut numbers = std::env::args().skip(1).filter_map(|argument| argument.parse::<u64>().ok());
    let (inputs, seed) = (numbers.next().unwrap_or(1_000_000), numbers.next().unwrap_or(1));
    println!("fuzz: {inputs} inputs, seed {seed}");
    parsers(inputs / 2, seed);
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    runtime.block_on(socket(inputs - inputs / 2, seed));
}

fn parsers(inputs: u64, seed: u64) {
    let (seeds, mut chance) = (fuzz::Seeds::new(), Chance::new(seed));
    let started = Instant::now();
    let panicked: Vec<String> = (0..inputs).filter_map(|_| seeds.parse(&mut chance)).take(5).collect();
    assert!(panicked.is_empty(), "parsers panicked:\n{}", panicked.join("\n"));
    println!("parsers: {inputs} inputs in {:.0} s, 0 panics", started.elapsed().as_secs_f64());
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
    program.terminate();
    let (status, log) = program.wait();
    assert!(status.success() && !log.contains("panicked"), "{log}");
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
