//! What the subcommands that call a server share: how it is reached, with which token, and which programme is meant.
use std::fs;
use std::io::ErrorKind;
use std::net::IpAddr;
use std::path::{Path, PathBuf};

use clap::Args;
use http::Uri;
use tonic::metadata::{Ascii, MetadataValue};
use tonic::service::Interceptor;
use tonic::service::interceptor::InterceptedService;
use tonic::transport::{Certificate, Channel, ClientTlsConfig, Endpoint};
use tonic::{Code, Request, Status};

use super::Failure;
use crate::pb;
use crate::pb::programme_service_client::ProgrammeServiceClient;
use crate::server::settings::TOKEN_FILE;

/// Where the server is, and who calls.
#[derive(Debug, Args)]
pub struct Server {
    /// The server's address
    #[arg(long, env = "HOMECOMING_SERVER", default_value = "http://127.0.0.1:50051")]
    server: String,
    /// A file with the token to call with; else homecoming.db.token in the working directory, where there is one
    #[arg(long, env = "HOMECOMING_TOKEN_FILE", value_name = "FILE")]
    token_file: Option<PathBuf>,
    /// For an address that begins with https: a file with the authority that vouches for the server (PEM)
    #[arg(long, env = "HOMECOMING_CA_FILE", value_name = "FILE")]
    ca_file: Option<PathBuf>,
}

/// A connection whose calls carry the token.
pub type Line = InterceptedService<Channel, Bearer>;

impl Server {
    /// Connects.
    ///
    /// # Errors
    /// That the address is malformed, the token can't be read, or nobody answers there, in a sentence.
    pub async fn connect(&self) -> Result<Line, Failure> {
        let mut endpoint =
            Endpoint::from_shared(self.server.clone()).map_err(|_| format!("{} is no address", self.server))?;
        if let Some(file) = &self.ca_file {
            let authority = fs::read(file).map_err(|error| format!("{}: {error}", file.display()))?;
            let trusted = ClientTlsConfig::new().ca_certificate(Certificate::from_pem(authority));
            endpoint = endpoint.tls_config(trusted).map_err(|_| format!("{} is no certificate", file.display()))?;
        }
        let bearer = Bearer { token: self.token()? };
        if bearer.token.is_some() && endpoint.uri().scheme_str() != Some("https") && !self.is_on_this_machine() {
            let text = "would see the token in plain text on the way: call it by https";
            return Err(format!("whoever stands between here and {} {text}", self.server).into());
        }
        if self.ca_file.is_none() && endpoint.uri().scheme_str() == Some("https") {
            return Err(
                format!("{} needs --ca-file: a file with the authority that vouches for it", self.server).into()
            );
        }
        let channel = endpoint.connect().await.map_err(|error| self.unreachable(&error))?;
        Ok(InterceptedService::new(channel, bearer))
    }

    /// Why nobody could be reached: the deepest cause says it.
    fn unreachable(&self, error: &(dyn std::error::Error + 'static)) -> String {
        let mut cause = error;
        while let Some(deeper) = cause.source() {
            cause = deeper;
        }
        let hint = match self.ca_file {
            Some(_) => "look whether a server is there and whether --ca-file vouches for its certificate",
            None => "start one with `homecoming serve`; one with a certificate is called by https and --ca-file",
        };
        format!("no server answers at {} ({cause}): {hint}", self.server)
    }

    fn token(&self) -> Result<Option<MetadataValue<Ascii>>, Failure> {
        let file = self.token_file.as_deref().unwrap_or(Path::new(TOKEN_FILE));
        let text = match fs::read_to_string(file) {
            Ok(text) => text,
            // A server for development asks nobody.
            Err(error) if error.kind() == ErrorKind::NotFound && self.token_file.is_none() => return Ok(None),
            Err(error) => return Err(format!("the token file {}: {error}", file.display()).into()),
        };
        let malformed = |_| format!("{} holds no token", file.display());
        let mut value: MetadataValue<Ascii> = format!("Bearer {}", text.trim()).parse().map_err(malformed)?;
        value.set_sensitive(true);
        Ok(Some(value))
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

/// Puts the token beside each request.
#[derive(Clone, Debug)]
pub struct Bearer {
    token: Option<MetadataValue<Ascii>>,
}

impl Interceptor for Bearer {
    fn call(&mut self, mut request: Request<()>) -> Result<Request<()>, Status> {
        if let Some(token) = &self.token {
            request.metadata_mut().insert("authorization", token.clone());
        }
        Ok(request)
    }
}

/// The name of the programme that is meant: given as an id or a name, or the only one that there is.
///
/// # Errors
/// That none or several are there, in a sentence.
pub async fn programme(line: &Line, given: Option<&str>) -> Result<String, Failure> {
    if let Some(given) = given {
        return Ok(if given.starts_with("programmes/") { given.to_owned() } else { format!("programmes/{given}") });
    }
    let request = pb::ListProgrammesRequest { page_size: 2, ..pb::ListProgrammesRequest::default() };
    let listed = ProgrammeServiceClient::new(line.clone()).list_programmes(request).await;
    let programmes = listed.map_err(|status| sentence("programmes", &status))?.into_inner().programmes;
    match programmes.as_slice() {
        [only] => Ok(only.name.clone()),
        [] => Err("the server has no programme yet".into()),
        [_, ..] => Err("the server has several programmes: say which with --programme".into()),
    }
}

/// A status as a sentence for the operator.
pub fn sentence(about: &str, status: &Status) -> Failure {
    let is_unknown = status.code() == Code::Unauthenticated;
    let hint = if is_unknown { "; --token-file or HOMECOMING_TOKEN_FILE names the file with the token" } else { "" };
    format!("{about}: {}{hint}", status.message()).into()
}
