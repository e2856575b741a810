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
use super::methods::Method;
use super::{Gate, Pass, programme_name};
use crate::access::decide;
use crate::kernel::{Error, Id};

/// A body whose messages come through as long as each of them may.
pub(super) fn checked(body: Body, gate: Arc<Gate>, identity: Identity, method: Method) -> Body {
    let upload = Upload {
        messages: Messages::new(body, Arc::clone(&gate.meter), &identity.subject),
        gate,
        identity,
        method,
        programme: None,
    };
    let frames = unfold(Some(upload), |upload| async move {
        let mut upload = upload?;
        match upload.next().await {
            Ok(Some(bytes)) => Some((Ok(Frame::data(bytes)), Some(upload))),
            Ok(None) => None,
            Err(status) => Some((Err(status), None)),
        }
    });
    Body::new(StreamBody::new(frames))
}

/// Requests that stream.
struct Upload {
    messages: Messages,
    gate: Arc<Gate>,
    identity: Identity,
    method: Method,
    /// The programme that its messages have named: those that name none are about it, too.
    programme: Option<Id>,
}

impl Upload {
    async fn next(&mut self) -> Result<Option<Bytes>, Status> {
        let bytes = match self.messages.next().await? {
            Next::Message(bytes) => bytes,
            Next::Cut(bytes) => return Ok(Some(bytes)),
            Next::End => return Ok(None),
        };
        let picture = self.gate.directory.picture();
        self.gate.check(&self.identity, &picture)?;
        let standing = self.gate.stand(&picture, &self.identity, self.method, message::content(&bytes)).await?;
        for (programme, _) in standing.programmes {
            if self.programme.get_or_insert_with(|| programme.clone()) != &programme {
                return Err(decide::several_programmes(self.method.entry).into());
            }
        }
        if let Some(programme) = &self.programme {
            // A message that names nothing is about the stream's programme: whoever streams has a role in all of it.
            let grants = self.identity.grants(&picture, programme);
            decide::wholly(self.method.entry, &grants, &programme_name(programme))?;
        }
        Ok(Some(bytes))
    }
}

struct Held {
    body: Body,
    gate: Arc<Gate>,
    pass: Pass,
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
    let left = pass.identity.expires.micros().saturating_sub(gate.db.clock().now().micros());
    let left = Duration::from_micros(left.max(0).unsigned_abs());
    let expiry = Box::pin(async move {
        let _ = timeout(left, pending::<()>()).await;
    });
    gate.metrics.streams.inc();
    let counted = Counted(Arc::clone(&gate.metrics));
    let held = Held { body, gate, pass, expiry, is_over: false, _counted: counted };
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
                Ok(()) = self.pass.news.changes.changed() => self.gate.recheck(&self.pass).err(),
                () = moved(&mut self.pass.news.keys) => self.gate.recheck(&self.pass).err(),
                () = &mut self.expiry => Some(super::identity::expired()),
            };
            if let Some(error) = refused {
                self.is_over = true;
                return Some(Ok(Frame::trailers(trailers(error))));
            }
        }
    }
}

/// Until the issuer's keys have changed; for ever, where there is none.
async fn moved(keys: &mut Option<watch::Receiver<u64>>) {
    let changed = match keys {
        Some(keys) => keys.changed().await.is_ok(),
        None => false,
    };
    if !changed {
        pending::<()>().await;
    }
}

/// An error as it stands at the end of a stream.
fn trailers(error: Error) -> HeaderMap {
    let (parts, _) = Status::from(error).into_http::<Body>().into_parts();
    let mut headers = parts.headers;
    headers.remove(http::header::CONTENT_TYPE);
    headers
}
