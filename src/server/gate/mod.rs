//! Before every call of this API: who calls, and whether they may. What comes through carries its [`Caller`].
//!
//! The decision is `access::decide`'s, by the table of `access::table`; here is what it takes: the credential, what the request names, and
//! where that is. A request is read whole before its handler sees it, message by message where it streams.
pub mod claims;
mod identity;
mod message;
mod methods;
pub mod names;
mod stream;

use std::convert::Infallible;
use std::sync::Arc;
use std::task::{Context, Poll};

use futures_util::future::BoxFuture;
use http::request::Parts;
use http::{Request, Response};
use http_body_util::Full;
use tokio::sync::{OwnedSemaphorePermit, watch};
use tonic::Status;
use tonic::body::Body;
use tonic::metadata::MetadataMap;
use tower::{Layer, Service};

use super::limits::{Meter, OpenStream, Room};
use super::metrics::Metrics;
use super::observe::stopwatch;
use super::oidc::Issuer;
use crate::access::decide::{self, Asked, Grant, Named, Verdict};
use crate::access::queries::Locate;
use crate::access::secret;
use crate::access::service::directory::{Directory, Picture};
use crate::access::table::{Entry, Powers, Reach, Sight};
use crate::access::{Role, Scope};
use crate::db::Db;
use crate::kernel::{Caller, Error, Id, Result};
use crate::wire;
use identity::Identity;
use message::{Messages, Next};
use methods::Method;

/// Asks who calls, and whether they may.
pub(super) struct Gate {
    pub db: Db,
    pub directory: Arc<Directory>,
    /// Whether callers are believed: for development, on this machine.
    pub is_open: bool,
    pub issuer: Option<Arc<Issuer>>,
    pub meter: Arc<Meter>,
    pub metrics: Arc<Metrics>,
}

/// The call of this API that a path is for, as the table names it.
pub(super) fn method_of(path: &str) -> Option<&'static str> {
    methods::of(path).map(|method| method.entry.method)
}

/// Wraps services in [`Gated`].
#[derive(Clone)]
pub(super) struct Gates {
    pub gate: Arc<Gate>,
}

impl<S> Layer<S> for Gates {
    type Service = Gated<S>;

    fn layer(&self, inner: S) -> Gated<S> {
        Gated { inner, gate: Arc::clone(&self.gate) }
    }
}

/// A service that only those reach who may.
#[derive(Clone)]
pub(super) struct Gated<S> {
    inner: S,
    gate: Arc<Gate>,
}

impl<S> Service<Request<Body>> for Gated<S>
where
    S: Service<Request<Body>, Response = Response<Body>, Error = Infallible> + Clone + Send + 'static,
    S::Future: Send + 'static,
{
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = BoxFuture<'static, std::result::Result<Response<Body>, Infallible>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<std::result::Result<(), Infallible>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        // The one that is ready answers; its copy gets ready for the next.
        let copy = self.inner.clone();
        let mut inner = std::mem::replace(&mut self.inner, copy);
        let gate = Arc::clone(&self.gate);
        Box::pin(async move {
            match Arc::clone(&gate).admit(request).await {
                Ok(Admitted { request, pass: None, .. }) => inner.call(request).await,
                Ok(Admitted { request, pass: Some(pass), .. }) => {
                    Ok(stream::held(inner.call(request).await?, gate, pass))
                }
                Err(status) => Ok(status.into_http()),
            }
        })
    }
}

/// A call that was let through, and the room that it takes until its answer begins.
struct Admitted {
    request: Request<Body>,
    pass: Option<Pass>,
    _room: Option<OwnedSemaphorePermit>,
    _memory: Option<Room>,
}

/// What a call was let through by: looked at again as long as its answers stream.
pub(super) struct Pass {
    identity: Identity,
    entry: &'static Entry,
    /// The programmes that it is about, and what the caller had there.
    programmes: Vec<(Id, Vec<Grant>)>,
    news: News,
    _open: OpenStream,
}

/// What a stream of answers hears of: no other call pays for that.
struct News {
    /// What has changed since it was decided.
    changes: watch::Receiver<u64>,
    /// Whether the issuer's keys have, where there is an issuer.
    keys: Option<watch::Receiver<u64>>,
}

/// A caller who is known, and what is known of access just now.
struct Known {
    identity: Identity,
    caller: Caller,
    picture: Arc<Picture>,
    /// From before the picture was looked at: what changes meanwhile is looked at again.
    news: Option<News>,
}

/// What was found out about a caller in the programmes that a request names.
#[derive(Default)]
struct Standing {
    programmes: Vec<(Id, Vec<Grant>)>,
    roles: Vec<Role>,
    wholly: Vec<Role>,
    own_only: bool,
    /// The expert whose records the caller has, and nobody else's.
    expert: Option<Id>,
}

impl Gate {
    /// Lets a call through with its caller, or says why not. What isn't of this API (health, reflection) passes: it shows nothing but
    /// what is published.
    async fn admit(self: Arc<Self>, request: Request<Body>) -> Result<Admitted, Status> {
        let path = request.uri().path();
        let Some(method) = methods::of(path) else {
            let is_ours = path.starts_with("/homecoming.v1.");
            let passed = Admitted { request, pass: None, _room: None, _memory: None };
            return if is_ours { Err(super::status::method_unknown()) } else { Ok(passed) };
        };
        let (mut parts, body) = request.into_parts();
        let metadata = MetadataMap::from_headers(std::mem::take(&mut parts.headers));
        let said = wire::caller_in(&metadata);
        parts.headers = metadata.into_headers();
        let said = said?;
        if self.is_open {
            parts.extensions.insert(said);
            parts.extensions.insert(Sight::all());
            parts.extensions.insert(Powers::all());
            return Ok(Admitted { request: Request::from_parts(parts, body), pass: None, _room: None, _memory: None });
        }
        let news = method.gives_stream.then(|| News {
            changes: self.directory.changes(),
            keys: self.issuer.as_ref().map(|issuer| issuer.changes()),
        });
        let picture = self.directory.picture();
        let identity = self.identify(&parts, &picture)?;
        let caller = known(said, &identity)?;
        self.meter.count(&identity.subject, stopwatch())?;
        self.admit_known(method, Known { identity, caller, picture, news }, parts, body).await
    }

    async fn admit_known(
        self: Arc<Self>,
        method: Method,
        known: Known,
        mut parts: Parts,
        body: Body,
    ) -> Result<Admitted, Status> {
        let (entry, Known { identity, mut caller, picture, news }) = (method.entry, known);
        let room = self.meter.enter()?;
        let open = match news {
            Some(news) => Some((news, self.meter.open_stream(&identity.subject, stopwatch())?)),
            None => None,
        };
        let mut memory = None;
        let (standing, body) = match entry.reach {
            Reach::Anyone => {
                caller.programmes = identity.programmes(&picture);
                (Standing::default(), body)
            }
            Reach::Platform => {
                let grants = identity.grants(&picture, &Id::platform());
                if !grants.iter().any(|(role, _)| entry.takes(*role)) {
                    return Err(decide::role_required(entry).into());
                }
                (Standing::of(entry, Id::platform(), grants, None), body)
            }
            Reach::Whole | Reach::Shared | Reach::Within if method.takes_stream => {
                if !identity.has_anywhere(&picture, |role| entry.takes(role)) {
                    return Err(decide::role_required(entry).into());
                }
                parts.extensions.insert(self.powers(&identity));
                (Standing::default(), stream::checked(body, Arc::clone(&self), identity.clone(), method))
            }
            Reach::Whole | Reach::Shared | Reach::Within => {
                let mut messages = Messages::new(body, Arc::clone(&self.meter), &identity.subject);
                let (message, is_whole) = match messages.next().await? {
                    Next::Message(message) => (message, true),
                    Next::Cut(bytes) => (bytes, false),
                    Next::End => (bytes::Bytes::new(), false),
                };
                memory = messages.into_room();
                let content = if is_whole { message::content(&message) } else { &[] };
                let standing = self.stand(&picture, &identity, method, content).await?;
                (standing, Body::new(Full::new(message)))
            }
        };
        caller.roles = standing.roles.iter().map(|role| role.word()).collect();
        caller.own_only = standing.own_only;
        if let Some(expert) = &standing.expert {
            caller.person = Some(expert.to_string());
        }
        parts.extensions.insert(caller);
        parts.extensions.insert(Sight::of(standing.wholly));
        let programmes = standing.programmes;
        let pass = open.map(|(news, open)| Pass { identity, entry, programmes, news, _open: open });
        Ok(Admitted { request: Request::from_parts(parts, body), pass, _room: Some(room), _memory: memory })
    }

    fn identify(&self, parts: &Parts, picture: &Picture) -> Result<Identity> {
        let now = self.db.clock().now();
        let credential = identity::credential(&parts.headers)?;
        let hash = secret::digest(credential);
        // The service's own first: a look-up, while a stranger's signature has to be computed.
        if let Some(token) = picture.token(&hash) {
            return identity::of_token(token, hash, now);
        }
        let vouched = self.issuer.as_ref().and_then(|issuer| issuer.verify_hashed(credential, hash, now));
        vouched.map_or_else(|| Err(identity::invalid()), |vouched| identity::of_issuer(vouched, now))
    }

    /// Whether somebody may make a call with this request, and by which roles.
    async fn stand(&self, picture: &Picture, identity: &Identity, method: Method, content: &[u8]) -> Result<Standing> {
        let (entry, named) = (method.entry, names::names(content));
        let programmes = decide::programmes(&named);
        if programmes.is_empty() {
            // The handler says what is missing; whoever could never call it is told so first.
            let may = identity.has_anywhere(picture, |role| entry.takes(role));
            return if may { Ok(Standing::default()) } else { Err(decide::role_required(entry)) };
        }
        let mut standing = None;
        for (programme, name) in &programmes {
            let grants = identity.grants(picture, programme);
            let scope = match decide::decide(entry, &grants, name)? {
                Verdict::Granted => None,
                Verdict::Depends(scopes) => {
                    // Apart: what few calls need would be room in every one.
                    let narrowed = Box::pin(self.narrow(identity, method, content, &named, programme, &scopes));
                    Some(narrowed.await?)
                }
            };
            standing = Some(Standing::of(entry, (*programme).clone(), grants, scope));
        }
        // After each was looked at: a programme in which the caller is nobody isn't told apart from one that isn't there.
        if programmes.len() > 1 {
            return Err(decide::several_programmes(entry));
        }
        standing.ok_or_else(|| decide::role_required(entry))
    }

    /// In which of the scopes a request lies.
    async fn narrow(
        &self,
        identity: &Identity,
        method: Method,
        content: &[u8],
        named: &[Named],
        programme: &Id,
        scopes: &[Scope],
    ) -> Result<Scope> {
        let named: Vec<Named> = named.iter().filter(|name| name.programme == *programme).cloned().collect();
        let resources = decide::to_locate(&named);
        let found = self.db.read(Locate { programme: programme.clone(), resources }).await?;
        let claims = claims::claims(method.input, content);
        let asked = Asked { subject: &identity.subject, named: &named, claims: &claims, found: &found };
        decide::within(method.entry, scopes, asked)
    }

    /// Whether a credential still holds: the token is in force, or the issuer's key still its key.
    fn check(&self, identity: &Identity, picture: &Picture) -> Result<()> {
        identity.check(picture, self.db.clock().now())?;
        let trusts = |signer| self.issuer.as_ref().is_some_and(|issuer| issuer.trusts(signer));
        if identity.signer.as_ref().is_none_or(|signer| trusts(signer)) { Ok(()) } else { Err(identity::invalid()) }
    }

    /// What somebody may do who streams requests: asked by the handler once it knows the programme.
    fn powers(self: &Arc<Self>, identity: &Identity) -> Powers {
        let (gate, identity) = (Arc::clone(self), identity.clone());
        Powers::of(move |programme| {
            let grants = identity.grants(&gate.directory.picture(), programme);
            grants.into_iter().filter(|(_, scope)| *scope == Scope::Whole).map(|(role, _)| role).collect()
        })
    }

    /// Whether a call that was let through still would be.
    fn recheck(&self, pass: &Pass) -> Result<()> {
        let picture = self.directory.picture();
        self.check(&pass.identity, &picture)?;
        for (programme, grants) in &pass.programmes {
            let now = pass.identity.grants(&picture, programme);
            decide::decide(pass.entry, &now, &programme_name(programme))?;
            if now != *grants {
                return Err(decide::roles_changed(pass.entry)); // what it shows was chosen by those it had
            }
        }
        Ok(())
    }
}

impl Standing {
    /// By the roles that the call takes, as far as they reach: those that hold for all of a programme, and those of the scope that let the
    /// call through; every one, where it is about what a programme shares.
    fn of(entry: &Entry, programme: Id, grants: Vec<Grant>, scope: Option<Scope>) -> Standing {
        let roles_of = |fits: &dyn Fn(&Grant) -> bool| {
            let mut roles: Vec<Role> = grants.iter().filter(|grant| fits(grant)).map(|(role, _)| *role).collect();
            roles.sort();
            roles.dedup();
            roles
        };
        let is_whole = |own: &Scope| *own == Scope::Whole;
        let reaches = |own: &Scope| is_whole(own) || entry.reach == Reach::Shared || Some(own) == scope.as_ref();
        let roles = roles_of(&|(role, own)| entry.takes(*role) && reaches(own));
        let wholly = roles_of(&|(_, own)| is_whole(own));
        let own_only = scope == Some(Scope::Own);
        let expert = scope.and_then(|scope| match scope {
            Scope::Expert(own) => Some(own),
            Scope::Whole | Scope::Site(_) | Scope::Own => None,
        });
        Standing { programmes: vec![(programme, grants)], roles, wholly, own_only, expert }
    }
}

/// What a programme is called in an answer.
fn programme_name(programme: &Id) -> String {
    crate::kernel::ProgrammeName::new(programme.clone()).to_string()
}

/// The caller that a credential names; what it says of others is taken from those who vouch for it.
fn known(said: Caller, identity: &Identity) -> Result<Caller> {
    let Caller { person, on_behalf_of, .. } = said;
    if !identity.vouches {
        for (given, metadata_key) in [(&person, "x-homecoming-person"), (&on_behalf_of, "x-homecoming-on-behalf-of")] {
            if given.is_some() {
                return Err(Error::CallerInvalid { metadata_key });
            }
        }
    }
    Ok(Caller { person, on_behalf_of, ..Caller::new(identity.subject.clone()) })
}
