//! Serves the slices over gRPC: wiring, limits, telemetry, health, reflection. There is no rule of a slice here.
mod deadline;
pub mod erasures;
mod gate;
pub mod gathered;
mod housekeeping;
pub mod lapses;
pub mod limits;
mod metrics;
mod observe;
pub mod oidc;
pub mod owner;
mod present;
pub mod restatements;

mod services;
pub mod settings;
mod status;
pub mod telemetry;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use futures_util::TryStreamExt as _;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tonic::transport::server::TcpIncoming;
use tonic::transport::{Identity, ServerTlsConfig};
use tonic_health::ServingStatus;
use tonic_health::server::HealthReporter;
use tonic_web::GrpcWebLayer;
use tracing::{info, warn};

pub use gate::claims;
pub use gate::names::names as names_in_request;
pub use status::DOMAIN;

use crate::access::service::directory::Directory;
use crate::changes::service::hub::Hub;
use crate::db::{Db, Options};
use crate::wire::Api;
use crate::{
    activities, assistants, calendars, charters, credentials, experts, pb, persons, reservations, savings, sessions,
    sites, tallies, visits,
};

use gathered::Gathered;
use limits::{Limits, Meter};
use metrics::Metrics;
use oidc::Issuer;

/// Calls at a time on one connection; more wait in the client.
const STREAMS_PER_CONNECTION: u32 = 1_024;

/// A connection that is silent for so long is asked whether it is still there, and given up after as long again.
const KEEPALIVE: Duration = Duration::from_secs(30);

/// Calls that are still running so long after a stop are cut off; what they wrote is durable or undone.
const DRAIN: Duration = Duration::from_secs(20);

/// Why a server doesn't start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The address is reachable from elsewhere, and nobody would be asked who they are.
    #[error(
        "{0} can be reached from other machines, and --open asks nobody who they are: listen on 127.0.0.1 or [::1]"
    )]
    NotLoopback(SocketAddr),
    /// The address is reachable from elsewhere, and everybody on the way would read along.
    #[error(
        "{0} can be reached from other machines, and without TLS everybody on the way reads tokens and patients along: \
         listen on 127.0.0.1 or [::1], or say --plaintext where a proxy in front has TLS"
    )]
    Plaintext(SocketAddr),
    /// The address can't be had.
    #[error("can't listen on {address}: {why}")]
    Listen {
        /// Which.
        address: SocketAddr,
        /// What the system says.
        why: std::io::Error,
    },
    /// Metrics tell what goes on to whoever asks.
    #[error(
        "{0} can be reached from other machines, and metrics ask nobody who they are: listen on 127.0.0.1 or [::1]"
    )]
    MetricsNotLoopback(SocketAddr),
    /// The certificate or its key can't be used.
    #[error("TLS can't be served: {0}; --tls-certificate and --tls-key must be PEM, and belong together")]
    Tls(#[from] tonic::transport::Error),
    /// Who may call can't be read.
    #[error("who may call can't be read from the database: {0}")]
    Access(#[from] crate::kernel::Error),
    /// The descriptors in the program are damaged: a defect of the build.
    #[error("reflection can't be built: {0}")]
    Reflection(#[from] tonic_reflection::server::Error),
}

/// How the service opens its database: with every projection and reaction there is.
#[must_use]
pub fn options() -> Options {
    // ARCHITECTURE.md lists what these do.
    let reactions = [
        sites::reactions::REACTIONS,
        experts::reactions::REACTIONS,
        assistants::reactions::REACTIONS,
        calendars::reactions::REACTIONS,
        charters::reactions::REACTIONS,
        credentials::reactions::REACTIONS,
        sessions::reactions::REACTIONS,
        visits::reactions::REACTIONS,
        activities::reactions::REACTIONS,
        savings::reactions::REACTIONS,
        reservations::reactions::REACTIONS,
        tallies::reactions::REACTIONS,
        persons::reactions::REACTIONS, // after all who put back
    ]
    .concat();
    Options { reactions, projections: vec![tallies::cells::project], ..Options::default() }
}

/// The messages of the resources whose states can be joined to changes.
pub fn joined_messages() -> impl Iterator<Item = &'static str> {
    present::COLLECTIONS.iter().map(|collection| collection.message)
}

/// A certificate and its key, in PEM.
#[derive(Clone)]
pub struct Tls {
    /// The server's certificate, and those that vouch for it.
    pub certificate: Vec<u8>,
    /// Its private key.
    pub key: Vec<u8>,
}

/// How callers come in.
#[derive(Clone)]
pub struct Door {
    /// The address; port 0 lets the system choose.
    pub listen: SocketAddr,
    /// Whether callers are believed who they are: for development, on this machine alone.
    pub is_open: bool,
    /// Whether plain text is taken from other machines: a proxy in front has TLS.
    pub takes_plaintext: bool,
    /// What callers' connections are secured by; none: nothing.
    pub tls: Option<Tls>,
    /// Whose tokens are taken beside ours.
    pub issuer: Option<Arc<Issuer>>,
    /// How much may be asked at a time.
    pub limits: Limits,
    /// Where Prometheus reads; on loopback.
    pub metrics: Option<SocketAddr>,
}

impl Door {
    /// Asks everybody who they are, on this machine or behind TLS.
    #[must_use]
    pub fn guarded(listen: SocketAddr) -> Door {
        let (tls, issuer, limits, metrics) = (None, None, Limits::default(), None);
        Door { listen, is_open: false, takes_plaintext: false, tls, issuer, limits, metrics }
    }

    /// Believes everybody, on this machine.
    #[must_use]
    pub fn open(listen: SocketAddr) -> Door {
        Door { is_open: true, ..Door::guarded(listen) }
    }

    /// Refuses an address that other machines can reach where nobody is asked who they are, or everybody on the way reads along.
    ///
    /// # Errors
    /// [`StartError::NotLoopback`], [`StartError::Plaintext`], [`StartError::MetricsNotLoopback`].
    pub fn check(&self) -> Result<(), StartError> {
        if let Some(metrics) = self.metrics.filter(|address| !address.ip().is_loopback()) {
            return Err(StartError::MetricsNotLoopback(metrics));
        }
        match (self.listen.ip().is_loopback(), self.is_open, self.takes_plaintext || self.tls.is_some()) {
            (true, _, _) | (false, false, true) => Ok(()),
            (false, true, _) => Err(StartError::NotLoopback(self.listen)),
            (false, false, false) => Err(StartError::Plaintext(self.listen)),
        }
    }

    /// Says in the log what is left unguarded, at each start.
    fn warn(&self) {
        if self.is_open {
            warn!("--open: every caller is believed, and may do everything");
        }
        if !self.listen.ip().is_loopback() && self.tls.is_none() {
            warn!(listen = %self.listen, "--plaintext: whoever is on the way reads tokens and patients along");
        }
    }
}

/// A running server.
pub struct Server {
    address: SocketAddr,
    db: Db,
    hub: Arc<Hub>,
    health: HealthReporter,
    names: Vec<&'static str>,
    stop: oneshot::Sender<()>,
    task: JoinHandle<Result<(), tonic::transport::Error>>,
    background: Vec<JoinHandle<()>>,
    metrics: Option<SocketAddr>,
}

impl Server {
    /// Serves an open database; when this returns, the port takes calls.
    ///
    /// # Errors
    /// [`StartError`] says what is in the way and what to do.
    pub async fn start(door: &Door, db: Db) -> Result<Server, StartError> {
        door.check()?;
        door.warn();
        let listen = door.listen;
        let unheard = |why| StartError::Listen { address: listen, why };
        let listener = TcpListener::bind(listen).await.map_err(unheard)?;
        let address = listener.local_addr().map_err(unheard)?;

        let hub = Hub::new(db.clone());
        let directory = Directory::new(db.clone());
        if !door.is_open {
            directory.refresh().await?; // whoever calls as soon as the port is there is known
        }
        let services = services::all(&Api::limited(db.clone(), door.limits.bounds()), &hub, &directory);
        let (health, health_service) = tonic_health::server::health_reporter();
        let names = services.names().to_vec();
        for name in &names {
            health.set_service_status(name, ServingStatus::Serving).await;
        }
        let descriptors = || {
            tonic_reflection::server::Builder::configure()
                .register_encoded_file_descriptor_set(pb::DESCRIPTOR_SET)
                .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET)
        };
        let routes = services
            .routes()
            .add_service(health_service)
            .add_service(descriptors().build_v1()?)
            .add_service(descriptors().build_v1alpha()?);

        let mut background = vec![housekeeping::start(db.clone())];
        if !door.is_open {
            background.push(Arc::clone(&directory).follow());
        }
        if let Some(issuer) = door.issuer.clone() {
            background.push(tokio::spawn(housekeeping::keep_keys(issuer)));
        }
        let counters = Metrics::new(db.clone());
        let metrics = match door.metrics {
            Some(address) => {
                let serving = metrics::serve(address, Arc::clone(&counters)).await;
                let (address, serving) = serving.map_err(|why| StartError::Listen { address, why })?;
                background.push(serving);
                Some(address)
            }
            None => None,
        };
        let gate = gate::Gate {
            db: db.clone(),
            directory,
            is_open: door.is_open,
            issuer: door.issuer.clone(),
            meter: Meter::new(door.limits),
            metrics: Arc::clone(&counters),
        };
        let (stop, stopped) = oneshot::channel();
        let mut builder = tonic::transport::Server::builder();
        if let Some(tls) = &door.tls {
            let identity = Identity::from_pem(&tls.certificate, &tls.key);
            builder = builder.tls_config(ServerTlsConfig::new().identity(identity))?;
        }
        let longest = Duration::from_secs(door.limits.deadline_seconds.max(1).into());
        let incoming = TcpIncoming::from(listener).with_nodelay(Some(true)).map_ok(Gathered::new);
        let serving = builder
            .accept_http1(true) // gRPC-Web
            .max_concurrent_streams(STREAMS_PER_CONNECTION)
            .http2_keepalive_interval(Some(KEEPALIVE))
            .http2_keepalive_timeout(Some(KEEPALIVE))
            .layer(GrpcWebLayer::new())
            .layer(observe::Observe { db: db.clone(), metrics: counters, longest })
            .layer(gate::Gates { gate: Arc::new(gate) })
            .add_routes(routes)
            .serve_with_incoming_shutdown(incoming, async {
                let _ = stopped.await; // a server that was dropped stops too
            });
        Ok(Server { address, db, hub, health, names, stop, task: tokio::spawn(serving), background, metrics })
    }

    /// Where it listens, with the port that the system chose.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Where Prometheus reads, with the port that the system chose.
    #[must_use]
    pub fn metrics_address(&self) -> Option<SocketAddr> {
        self.metrics
    }

    /// Stops: health says so, no more calls come in, those inside finish, and so does the writer.
    pub async fn stop(mut self) {
        for name in self.names.iter().copied().chain([""]) {
            self.health.set_service_status(name, ServingStatus::NotServing).await;
            // Ends the streams of those who watch, once they have seen it; they would hold the server open.
            self.health.clear_service_status(name).await;
        }
        self.hub.close().await; // watchers would hold the server open too
        let _ = self.stop.send(());
        let cut_off = self.task.abort_handle();
        match timeout(DRAIN, self.task).await {
            Ok(Ok(Ok(()))) => info!("every call has finished"),
            Ok(Ok(Err(error))) => warn!(%error, "the listener failed"),
            Ok(Err(error)) => warn!(%error, "the listener panicked"),
            Err(_elapsed) => {
                warn!("calls still running are cut off");
                cut_off.abort();
            }
        }
        self.background.iter().for_each(JoinHandle::abort);
        self.db.close().await;
    }
}
