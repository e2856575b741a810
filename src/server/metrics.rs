//! What a server counts, as Prometheus reads it, on a listener of its own that only this machine reaches. docs/operations.md says what
//! each means and what to watch.
use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::text::encode;
use prometheus_client::encoding::{DescriptorEncoder, EncodeLabelSet, EncodeMetric as _};
use prometheus_client::metrics::counter::{ConstCounter, Counter};
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tonic::Code;
use tracing::warn;

use crate::db::{Counts, Db};

/// Upper bounds of the times of calls, in seconds.
const BUCKETS: [f64; 13] = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 20.0];
/// The longest request that is read: a scrape has a few headers.
const LONGEST_REQUEST: usize = 8_192;
/// How long a scraper may take to ask and to read.
const PATIENCE: Duration = Duration::from_secs(10);

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct Ended {
    method: &'static str,
    code: &'static str,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct Called {
    method: &'static str,
}

/// What a server counts.
pub(super) struct Metrics {
    calls: Family<Ended, Counter>,
    seconds: Family<Called, Histogram, fn() -> Histogram>,
    /// Answers that stream now.
    pub streams: Gauge,
    registry: Registry,
}

impl Metrics {
    /// Nothing counted yet; what the writer of this database counts is read when it is asked for.
    pub(super) fn new(db: Db) -> Arc<Metrics> {
        let calls = Family::<Ended, Counter>::default();
        let histogram: fn() -> Histogram = || Histogram::new(BUCKETS);
        let seconds = Family::<Called, Histogram, fn() -> Histogram>::new_with_constructor(histogram);
        let streams = Gauge::default();
        let mut registry = Registry::with_prefix("homecoming");
        registry.register("calls", "Calls that have ended, by method and gRPC code", calls.clone());
        registry.register("call_seconds", "Time until a call's answer begins", seconds.clone());
        registry.register("streams", "Answers that stream now", streams.clone());
        registry.register_collector(Box::new(Writer(db)));
        Arc::new(Metrics { calls, seconds, streams, registry })
    }

    /// Counts a call that has ended; a method that isn't served is `other`, so that nobody fills the memory with names.
    pub(super) fn ended(&self, method: Option<&'static str>, code: Code, seconds: f64) {
        let method = method.unwrap_or("other");
        self.seconds.get_or_create(&Called { method }).observe(seconds);
        self.calls.get_or_create(&Ended { method, code: word(code) }).inc();
    }

    fn text(&self) -> String {
        let mut text = String::new();
        // Writing to a String can't fail.
        let _ = encode(&mut text, &self.registry);
        text
    }
}

/// A code's name, as its `Debug` has it.
const fn word(code: Code) -> &'static str {
    match code {
        Code::Ok => "Ok",
        Code::Cancelled => "Cancelled",
        Code::Unknown => "Unknown",
        Code::InvalidArgument => "InvalidArgument",
        Code::DeadlineExceeded => "DeadlineExceeded",
        Code::NotFound => "NotFound",
        Code::AlreadyExists => "AlreadyExists",
        Code::PermissionDenied => "PermissionDenied",
        Code::ResourceExhausted => "ResourceExhausted",
        Code::FailedPrecondition => "FailedPrecondition",
        Code::Aborted => "Aborted",
        Code::OutOfRange => "OutOfRange",
        Code::Unimplemented => "Unimplemented",
        Code::Internal => "Internal",
        Code::Unavailable => "Unavailable",
        Code::DataLoss => "DataLoss",
        Code::Unauthenticated => "Unauthenticated",
    }
}

/// What the database's writer has counted.
struct Writer(Db);

impl fmt::Debug for Writer {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Writer")
    }
}

impl Collector for Writer {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), fmt::Error> {
        let Counts { batches, commands, messages, commits, changes, reruns, overloads } = self.0.stats().counts();
        let all = [
            ("writer_batches", "Batches that the writer began", batches),
            ("writer_commands", "Commands that the writer took", commands),
            ("writer_messages", "Messages that the writer sent to the database", messages),
            ("writer_commits", "Transactions that the writer committed", commits),
            ("writer_changes", "Changes that the writer wrote", changes),
            ("writer_reruns", "Batches that had to be run again", reruns),
            ("writer_overloads", "Commands refused because the queue was full", overloads),
        ];
        for (name, help, value) in all {
            let counter = ConstCounter::new(value);
            let metric = encoder.encode_descriptor(name, help, None, counter.metric_type())?;
            counter.encode(metric)?;
        }
        Ok(())
    }
}

/// Serves the metrics until it is aborted.
///
/// # Errors
/// That the address can't be had.
pub(super) async fn serve(address: SocketAddr, metrics: Arc<Metrics>) -> std::io::Result<(SocketAddr, JoinHandle<()>)> {
    let listener = TcpListener::bind(address).await?;
    let address = listener.local_addr()?;
    let serving = tokio::spawn(async move {
        loop {
            match listener.accept().await {
                // One after the other: there is one scraper, and it waits.
                Ok((socket, _)) => {
                    let _ = timeout(PATIENCE, answer(socket, &metrics)).await;
                }
                Err(error) => warn!(%error, "a scrape of metrics can't be taken"),
            }
        }
    });
    Ok((address, serving))
}

/// Answers one request, whatever it asks for, and hangs up.
async fn answer(mut socket: TcpStream, metrics: &Metrics) -> std::io::Result<()> {
    let mut request = Vec::new();
    let mut chunk = [0; 1_024];
    while !request.windows(4).any(|end| end == b"\r\n\r\n") {
        let length = socket.read(&mut chunk).await?;
        if length == 0 || request.len() > LONGEST_REQUEST {
            return Ok(());
        }
        request.extend_from_slice(&chunk[..length]);
    }
    let body = metrics.text();
    let head = format!(
        "HTTP/1.1 200 OK\r\nContent-Type: application/openmetrics-text; version=1.0.0; charset=utf-8\r\n\
         Content-Length: {}\r\nConnection: close\r\n\r\n",
        body.len()
    );
    socket.write_all(head.as_bytes()).await?;
    socket.write_all(body.as_bytes()).await?;
    socket.shutdown().await
}
