//! gRPC of imports: a stream of a file's bytes in, a stream of what there is to say about it out.

use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt as _;
use futures_util::stream::{self, BoxStream};
use sha2::{Digest as _, Sha256};
use tokio::sync::{Semaphore, mpsc};
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Request, Response, Status, Streaming};

use super::commands::{self, Import};
use super::{MAX_FILE_BYTES, wire};
use crate::access::table::Powers;
use crate::kernel::{Call, Caller, Error, Fields, Reason, hex};
use crate::pb;
use crate::pb::import_service_server::ImportService;
use crate::pb::import_table_request::Part;
use crate::wire::{Api, Reply, caller_of};

/// Imports that a server reads at a time: each holds its file and its rows in memory.
const AT_A_TIME: usize = 2;
const RETRY_AFTER_MS: u64 = 2_000;
/// How long a client may send nothing.
const SILENCE: Duration = Duration::from_secs(30);
/// The largest chunk, in bytes.
const MAX_CHUNK: usize = 1 << 20;
/// What may wait for a slow client before the import waits for it.
const EVENTS: usize = 64;

/// The service of imports.
#[derive(Clone)]
pub struct Service {
    api: Api,
    places: Arc<Semaphore>,
}

impl Service {
    /// Over a database.
    #[must_use]
    pub fn new(api: Api) -> Self {
        Self { api, places: Arc::new(Semaphore::new(AT_A_TIME)) }
    }
}

type Events = BoxStream<'static, Result<pb::ImportTableResponse, Status>>;

#[tonic::async_trait]
impl ImportService for Service {
    type ImportTableStream = Events;

    async fn import_table(&self, request: Request<Streaming<pb::ImportTableRequest>>) -> Reply<Events> {
        let caller = caller_of(&request);
        let powers = request.extensions().get::<Powers>().cloned().unwrap_or_default();
        let place = self.places.clone().try_acquire_owned();
        let place = place.map_err(|_| Error::Overloaded { retry_after_ms: RETRY_AFTER_MS })?;
        let (call, import) = receive(caller, request.into_inner()).await?;
        let import = Import { powers, ..import };
        let (sender, events) = mpsc::channel(EVENTS);
        let db = self.api.db().clone();
        let file_name = import.about.file_name.clone();
        let running = tokio::spawn(async move {
            let _place = place;
            commands::run(&db, &call, import, &sender).await
        });
        let named = file_name.clone();
        let said = ReceiverStream::new(events).map(move |event| Ok(wire::event(&named, event)));
        let last = stream::once(async move {
            let report = running.await.unwrap_or(Err(Error::Internal("an import panicked")))?;
            Ok(wire::report(file_name, report))
        });
        Ok(Response::new(said.chain(last).boxed()))
    }
}

/// The next message; a client that sends nothing doesn't keep its place for ever.
async fn next(parts: &mut Streaming<pb::ImportTableRequest>) -> Result<Option<pb::ImportTableRequest>, Status> {
    let message = tokio::time::timeout(SILENCE, parts.message()).await;
    message
        .map_err(|_| Status::from(Error::field("chunk", Reason::Required, "nothing came for 30 s: send it again")))?
}

/// The header and the whole file, within their limits. A file that is too large is read no further than one byte over.
async fn receive(caller: Caller, mut parts: Streaming<pb::ImportTableRequest>) -> Result<(Call, Import), Status> {
    let first = next(&mut parts).await?.and_then(|message| message.part);
    let mut fields = Fields::new();
    let Some(Part::Header(header)) = first else {
        wire::no_header(&mut fields);
        return Err(fields.check().err().unwrap_or(Error::Internal("a violation is lost")).into());
    };
    let mut import = wire::header(&mut fields, &header);
    fields.check()?;
    while let Some(message) = next(&mut parts).await? {
        let Some(Part::Chunk(chunk)) = message.part else {
            let mut fields = Fields::new();
            wire::no_header(&mut fields);
            fields.check()?;
            continue;
        };
        if chunk.len() > MAX_CHUNK {
            return Err(Error::field("chunk", Reason::OutOfRange, "must be at most 1 MiB").into());
        }
        import.bytes.extend_from_slice(&chunk);
        if import.bytes.len() > MAX_FILE_BYTES {
            break; // the reader says so in the report
        }
    }
    let mut call = Call::new(caller);
    call.body_digest = hex(Sha256::digest(&import.bytes));
    Ok((call, import))
}
