//! What the subcommands that call a server share: how it is reached, and which programme is meant.

use std::net::IpAddr;

use clap::Args;
use http::Uri;
use tonic::Status;
use tonic::transport::{Channel, Endpoint};

use super::Failure;
use crate::pb;
use crate::pb::programme_service_client::ProgrammeServiceClient;

/// Where the server is.
#[derive(Debug, Args)]
pub struct Server {
    /// The server's address
    #[arg(long, env = "HOMECOMING_SERVER", default_value = "http://127.0.0.1:50051")]
    server: String,
}

impl Server {
    /// Connects.
    ///
    /// # Errors
    /// That the address is malformed or nobody answers there, in a sentence.
    pub async fn connect(&self) -> Result<Channel, Failure> {
        let endpoint =
            Endpoint::from_shared(self.server.clone()).map_err(|_| format!("{} is no address", self.server))?;
        let unreachable = |_| format!("no server answers at {}: start one with `homecoming serve`", self.server);
        Ok(endpoint.connect().await.map_err(unreachable)?)
    }

    /// Whether its address is this machine's alone.
    #[must_use]
    pub fn is_on_this_machine(&self) -> bool {
        let uri: Option<Uri> = self.server.parse().ok();
        let host = uri.as_ref().and_then(Uri::host).map(|host| host.trim_matches(['[', ']']));
        host.is_some_and(|host| host == "localhost" || host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback()))
    }

    /// The port of its address.
    #[must_use]
    pub fn port(&self) -> Option<u16> {
        self.server.parse::<Uri>().ok()?.port_u16()
    }
}

/// The name of the programme that is meant: given as an id or a name, or the only one that there is.
///
/// # Errors
/// That none or several are there, in a sentence.
pub async fn programme(channel: &Channel, given: Option<&str>) -> Result<String, Failure> {
    if let Some(given) = given {
        return Ok(if given.starts_with("programmes/") { given.to_owned() } else { format!("programmes/{given}") });
    }
    let request = pb::ListProgrammesRequest { page_size: 2, ..pb::ListProgrammesRequest::default() };
    let listed = ProgrammeServiceClient::new(channel.clone()).list_programmes(request).await;
    let programmes = listed.map_err(|status| sentence("programmes", &status))?.into_inner().programmes;
    match programmes.as_slice() {
        [only] => Ok(only.name.clone()),
        [] => Err("the server has no programme yet".into()),
        [_, ..] => Err("the server has several programmes: say which with --programme".into()),
    }
}

/// A status as a sentence for the operator.
pub fn sentence(about: &str, status: &Status) -> Failure {
    format!("{about}: {}", status.message()).into()
}
