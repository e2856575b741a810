//! Prints the memory of an idle server, after its start and after a burst of calls: `cargo bench --bench idle_memory`.
//!
//! The tests hold the limit of 40 MB; this says where it stands.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a measurement that fails has nothing to say")]
#![expect(dead_code, reason = "the tests use the rest of the child process")]

#[path = "../tests/it/support/program.rs"]
mod program;

use program::Program;
use tonic::transport::Endpoint;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_client::HealthClient;

const CALLS: u32 = 10_000;

#[tokio::main]
async fn main() {
    let folder = tempfile::tempdir().unwrap();
    let database = folder.path().join("homecoming.db");
    let program = Program::serve(database.to_str().unwrap(), &[]);
    println!("idle after start: {} KiB", program.resident_kib());
    let channel = Endpoint::from_shared(format!("http://{}", program.address)).unwrap().connect().await.unwrap();
    let mut health = HealthClient::new(channel);
    for _ in 0..CALLS {
        health.check(HealthCheckRequest::default()).await.unwrap();
    }
    println!("idle after {CALLS} calls: {} KiB", program.resident_kib());
}
