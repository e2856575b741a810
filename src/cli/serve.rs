//! `homecoming serve`: opens the database, serves it, and stops when told to.
use std::io::Write as _;
use std::sync::Arc;

use clap::{ArgMatches, Args};
use tokio::signal::unix::{SignalKind, signal};
use tracing::info;

use super::Failure;
use crate::db::Db;
use crate::kernel::SystemClock;
use crate::server::settings::{self, Settings};
use crate::server::{self, Server, telemetry};

/// Arguments of `homecoming serve`.
#[derive(Debug, Args)]
pub struct Serve {
    #[command(flatten)]
    settings: Settings,
    /// Print every setting with the place it came from, and stop
    #[arg(long)]
    print_config: bool,
}

impl Serve {
    /// Serves until SIGTERM or SIGINT.
    ///
    /// # Errors
    /// What kept it from starting.
    pub async fn run(self, matches: Option<&ArgMatches>) -> Result<(), Failure> {
        if self.print_config {
            print!("{}", matches.map(settings::explain).unwrap_or_default());
            return Ok(());
        }
        telemetry::start(&self.settings.logging)?;
        let (mut terminated, mut interrupted) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);

        server::refuse_strangers(self.settings.listen)?;
        let target = self.settings.storage.target();
        let db = Db::open(&target, self.settings.traffic.apply(server::options()), Arc::new(SystemClock)).await?;
        let server = Server::start(self.settings.listen, db).await?;
        // One line on standard output that programs wait for; the log goes elsewhere.
        println!("homecoming listens on http://{} and keeps its data in {target}", server.address());
        std::io::stdout().flush()?;

        tokio::select! {
            _ = terminated.recv() => info!("told to stop by SIGTERM"),
            _ = interrupted.recv() => info!("told to stop by SIGINT"),
        }
        server.stop().await;
        Ok(())
    }
}
