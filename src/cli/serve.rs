//! `homecoming serve`: opens the database, serves it, and stops when told to.
use std::io::Write as _;
use std::sync::Arc;

use clap::{ArgMatches, Args};
use tokio::signal::unix::{SignalKind, signal};
use tracing::info;

use super::{Failure, demo};
use crate::db::Db;
use crate::kernel::SystemClock;
use crate::server::settings::{self, Settings};
use crate::server::{self, Server, telemetry};

/// Arguments of `homecoming serve`.
#[derive(Debug, Args)]
pub struct Serve {
    #[command(flatten)]
    settings: Settings,
    /// Load a made-up county programme first, with the figures that Liling has published
    #[arg(long)]
    demo: bool,
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

        let door = self.settings.door()?;
        door.check()?;
        let target = self.settings.storage.target();
        let options = self.settings.keeping.apply(self.settings.traffic.apply(server::options()));
        let db = Db::open(&target, options, Arc::new(SystemClock)).await?;
        let token_file = self.settings.token_file();
        if !door.is_open {
            server::owner::ensure(&db, &token_file).await?;
        }
        if self.demo {
            // What is loaded when told to stop stays; the next start goes on from there.
            tokio::select! {
                loaded = demo::load(&db) => loaded?,
                _ = terminated.recv() => return Ok(()),
                _ = interrupted.recv() => return Ok(()),
            }
        }
        let server = Server::start(&door, db.clone()).await?;
        // One line on standard output that programs wait for; the log goes elsewhere.
        let scheme = if door.tls.is_some() { "https" } else { "http" };
        println!("homecoming listens on {scheme}://{} and keeps its data in {target}", server.address());
        std::io::stdout().flush()?;
        if self.demo {
            let introduction =
                demo::introduction(&db, server.address(), (!door.is_open).then_some(token_file.as_path())).await?;
            let _ = std::io::stdout().write_all(introduction.as_bytes()); // a program may wait for the one line and hang up
        }

        tokio::select! {
            _ = terminated.recv() => info!("told to stop by SIGTERM"),
            _ = interrupted.recv() => info!("told to stop by SIGINT"),
        }
        server.stop().await;
        Ok(())
    }
}
