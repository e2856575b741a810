//! Streams are asked again and again: requests for each message, answers whenever what is known of access changes.
use std::future::{Future, pending};
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::stream::unfold;
use http::{HeaderMap, Response};
use http_body::Frame;
use http_body_util::{BodyExt as _, StreamBody};
use tokio::sync::watch;
use tokio::time::timeout;
use tonic::Status;
use tonic::body::Body;

use super::super::metrics::Metrics;
use super::identity::Identity;
use super::message::{self, Messages, Next};
use super::{Gate, Pass, names};
use crate::access::table::Entry;
use crate::kernel::Error;

/// A body whose messages come through as long as each of them may.
pub(super) fn checked(body: Body, gate: Arc<Gate>, identity: Identity, entry: &'static Entry) -> Body {
    let messages = Some(Messages::new(body, Arc::clone(&gate.meter)));
    let frames = unfold((messages, gate, identity), move |(messages, gate, identity)| async move {
        let mut messages = messages?;
        match next(&mut messages, &gate, &identity, entry).await {
            Ok(Some(bytes)) => Some((Ok(Frame::data(bytes)), (Some(messages), gate, identity))),
            Ok(None) => None,
            Err(status) => Some((Err(status), (None, gate, identity))),
        }
    });
    Body::new(StreamBody::new(frames))
}

async fn next(
    messages: &mut Messages,
    gate: &Gate,
    identity: &Identity,
    entry: &Entry,
) -> Result<Option<Bytes>, Status> {
    match messages.next().await? {
        Next::Message(bytes) => {
            let picture = gate.directory.picture();
            identity.check(&picture, gate.db.clock().now())?;
            let named = names::names(message::content(&bytes));
            if !named.is_empty() {
                gate.stand(&picture, identity, entry, &named).await?;
            }
            Ok(Some(bytes))
        }
        Next::Cut(bytes) => Ok(Some(bytes)),
        Next::End => Ok(None),
    }
}

struct Held {
    body: Body,
    gate: Arc<Gate>,
    pass: Pass,
    changes: watch::Receiver<u64>,
    expiry: Pin<Box<dyn Future<Output = ()> + Send>>,
    is_over: bool,
    _counted: Counted,
}

/// Counts an answer as long as it streams.
struct Counted(Arc<Metrics>);

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.streams.dec();
    }
}

/// An answer that streams as long as its caller may have it.
pub(super) fn held(response: Response<Body>, gate: Arc<Gate>, pass: Pass) -> Response<Body> {
    let (parts, body) = response.into_parts();
    let changes = gate.directory.changes();
    let left = pass.identity.expires.micros().saturating_sub(gate.db.clock().now().micros());
    let left = Duration::from_micros(left.max(0).unsigned_abs());
    let expiry = Box::pin(async move {
        let _ = timeout(left, pending::<()>()).await;
    });
    gate.metrics.streams.inc();
    let counted = Counted(Arc::clone(&gate.metrics));
    let held = Held { body, gate, pass, changes, expiry, is_over: false, _counted: counted };
    let frames = unfold(held, |mut held| async move {
        if held.is_over {
            return None;
        }
        let frame = held.frame().await?;
        Some((frame, held))
    });
    Response::from_parts(parts, Body::new(StreamBody::new(frames)))
}

impl Held {
    async fn frame(&mut self) -> Option<Result<Frame<Bytes>, Status>> {
        loop {
            let refused = tokio::select! {
                frame = self.body.frame() => return frame,
                // A directory that is gone changes no more: the server stops.
                Ok(()) = self.changes.changed() => self.gate.recheck(&self.pass).err(),
                () = &mut self.expiry => Some(super::identity::expired()),
            };
            if let Some(error) = refused {
                self.is_over = true;
                return Some(Ok(Frame::trailers(trailers(error))));
            }
        }
    }
}

/// An error as it stands at the end of a stream.
fn trailers(error: Error) -> HeaderMap {
    let (parts, _) = Status::from(error).into_http::<Body>().into_parts();
    let mut headers = parts.headers;
    headers.remove(http::header::CONTENT_TYPE);
    headers
}
