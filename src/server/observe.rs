//! Around every call: a request id in each log line and in the answer, one line when it ends, its deadline, and panics
//! contained.
//!
//! The request id is for people who compare logs; it has nothing to do with a mutation's `request_id`.
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use http::{HeaderName, HeaderValue, Request, Response};
use tokio::time::timeout;
use tonic::body::Body;
use tonic::{Code, Status};
use tower::{Layer, Service};
use tracing::{Instrument as _, debug, error, info, info_span, warn};

use super::metrics::Metrics;
use super::{deadline, gate, status};
use crate::db::Db;
use crate::kernel::{Clock, Error, Id};

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Ids of callers up to this length are taken over.
const LONGEST_REQUEST_ID: usize = 64;

/// Wraps services in [`Observed`].
#[derive(Clone)]
pub(super) struct Observe {
    pub(super) db: Db,
    pub(super) metrics: Arc<Metrics>,
    /// The longest that a call may take until its answer begins.
    pub(super) longest: Duration,
}

impl<S> Layer<S> for Observe {
    type Service = Observed<S>;

    fn layer(&self, inner: S) -> Observed<S> {
        Observed { inner, observe: self.clone() }
    }
}

/// A service whose calls are seen in the log.
#[derive(Clone)]
pub(super) struct Observed<S> {
    inner: S,
    observe: Observe,
}

impl<S> Service<Request<Body>> for Observed<S>
where
    S: Service<Request<Body>, Response = Response<Body>>,
    S::Future: Send + 'static,
    S::Error: 'static,
{
    type Response = Response<Body>;
    type Error = S::Error;
    type Future = BoxFuture<'static, Result<Response<Body>, S::Error>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let id = request_id(&request, self.observe.db.clock());
        let served = gate::method_of(request.uri().path());
        let metrics = Arc::clone(&self.observe.metrics);
        let method = request.uri().path().trim_start_matches('/').to_owned();
        let span = info_span!("call", request_id = id.to_str().unwrap_or_default(), method);
        let started = stopwatch();
        let longest = self.observe.longest;
        let limit = deadline::of(request.headers()).map_or(longest, |given| given.min(longest));
        let answer = AssertUnwindSafe(span.in_scope(|| self.inner.call(request))).catch_unwind();
        let bounded = timeout(limit, answer); // from now on, not from the first poll
        let observed = async move {
            let ended = bounded.await; // what is left of the call is dropped here
            let mut response = match ended {
                Ok(Ok(answered)) => answered?,
                Ok(Err(_panic)) => {
                    error!("a handler panicked");
                    Status::from(Error::Internal("a handler panicked")).into_http()
                }
                Err(_elapsed) => status::deadline_exceeded().into_http(),
            };
            if let Some(explained) = bare_status(&response).and_then(|bare| status::of_protocol(&bare)) {
                response = explained.into_http();
            }
            let code = log_end(&response, started);
            metrics.ended(served, code, started.elapsed().as_secs_f64());
            response.headers_mut().insert(REQUEST_ID, id);
            Ok(response)
        };
        Box::pin(observed.instrument(span))
    }
}

#[expect(clippy::disallowed_methods, reason = "how long a call took is measured, not decided on")]
pub(super) fn stopwatch() -> Instant {
    Instant::now()
}

/// The caller's id where it is one that a log can hold, else a new one.
fn request_id(request: &Request<Body>, clock: &dyn Clock) -> HeaderValue {
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    let given = request.headers().get(&REQUEST_ID).filter(|value| {
        let bytes = value.as_bytes();
        (1..=LONGEST_REQUEST_ID).contains(&bytes.len()) && bytes.iter().all(plain)
    });
    let fresh = || HeaderValue::from_str(Id::fresh(clock.now()).as_str()).unwrap_or(HeaderValue::from_static("none"));
    let mut id = given.cloned().unwrap_or_else(fresh);
    id.set_sensitive(true); // each is another: the connection's table of headers is for what comes again
    id
}

/// The status of an answer that ended before its body, where it carries no details: made by the protocol, not by a handler.
fn bare_status(response: &Response<Body>) -> Option<Status> {
    let status = Status::from_header_map(response.headers())?;
    (status.code() != Code::Ok && status.details().is_empty()).then_some(status)
}

/// Calls that went well are for who looks for them; refusals are the caller's business; the rest is ours.
fn log_end(response: &Response<Body>, started: Instant) -> Code {
    let millis = started.elapsed().as_secs_f64() * 1_000.0;
    let code = Status::from_header_map(response.headers()).map_or(Code::Ok, |status| status.code());
    match code {
        Code::Ok => debug!(millis, "answered"),
        Code::Internal | Code::Unknown | Code::DataLoss | Code::Unavailable => warn!(?code, millis, "failed"),
        Code::Cancelled
        | Code::InvalidArgument
        | Code::DeadlineExceeded
        | Code::NotFound
        | Code::AlreadyExists
        | Code::PermissionDenied
        | Code::ResourceExhausted
        | Code::FailedPrecondition
        | Code::Aborted
        | Code::OutOfRange
        | Code::Unimplemented
        | Code::Unauthenticated => info!(?code, millis, "refused"),
    }
    code
}
