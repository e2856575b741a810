//! `homecoming serve --demo`: loads the demo before serving, and says afterwards what there is to see.
use std::io::IsTerminal as _;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

use indicatif::{ProgressBar, ProgressStyle};
use tracing::info;

use super::Failure;
use crate::bulletins::Language;
use crate::bulletins::queries::ComposeBulletin;
use crate::bulletins::text::render;
use crate::db::Db;
use crate::demo::{AS_OF, PROGRAMME, commands};
use crate::kernel::Id;
use crate::tallies::Basis;

/// Loads what of the demo isn't there yet, under a progress bar; where nobody watches, each tenth is a line of the log.
///
/// # Errors
/// Why it can't be loaded.
pub async fn load(db: &Db) -> Result<(), Failure> {
    let bar = ProgressBar::new(0);
    bar.set_style(ProgressStyle::with_template("loading the demo {bar:40} {percent:>3} %  {elapsed}")?);
    let tenths = AtomicU64::new(0);
    let watched = std::io::stderr().is_terminal();
    let progress = |done: u64, all: u64| {
        bar.set_length(all);
        bar.set_position(done);
        let tenth = (done * 10).checked_div(all).unwrap_or(10);
        if !watched && tenths.fetch_max(tenth, Ordering::Relaxed) < tenth {
            info!(percent = tenth * 10, "loading the demo");
        }
    };
    commands::load(db, &progress).await?;
    bar.finish_and_clear();
    Ok(())
}

/// The demo's bulletin on the day of the published figures, and how to go on: with which token, where one is asked for.
///
/// # Errors
/// An error of the storage.
pub async fn introduction(db: &Db, address: SocketAddr, token_file: Option<&Path>) -> Result<String, Failure> {
    let programme = Id::parse(PROGRAMME)?;
    let compose = ComposeBulletin {
        programme,
        from: None,
        to: Some(AS_OF),
        basis: Basis::Recorded,
        with_sensitivity: true,
        now: db.clock().now(),
    };
    let bulletin = db.read(compose).await?.whole()?;
    let token = token_file.map(|file| format!("-H \"authorization: Bearer $(cat {})\" ", file.display()));
    let token = token.unwrap_or_default();
    Ok(format!(
        "\n{}\n\
         Synthetic data, calibrated to published totals: no figure of any hospital, no person.\n\
         \n\
         Call it:\n\
         \n  \
         npx @bufbuild/buf curl --protocol grpc --http2-prior-knowledge {token}-d '{{\"name\": \"programmes/{PROGRAMME}\"}}' \\\n    \
         http://{address}/homecoming.v1.BulletinService/GetBulletin\n\
         \n\
         examples/python and examples/shell list next week's sessions and a year's tally; Ctrl-C stops the server.\n",
        render(&bulletin, Language::Chinese).trim_end(),
    ))
}
