//! Whether a caller may make a call: pure, from the table's entry, the caller's roles and what the request names.
use std::collections::{BTreeMap, BTreeSet};

use super::table::{Entry, Reach};
use super::{Role, Scope};
use crate::kernel::{Error, Id, Reason, Result, Vocabulary as _};

/// A role within a scope, in one programme.
pub type Grant = (Role, Scope);

/// A resource that a request names.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Named {
    /// As the caller wrote it.
    pub text: String,
    /// Its programme.
    pub programme: Id,
    /// Its collection and id; none for a programme's own name, or one of another shape.
    pub resource: Option<(String, Id)>,
}

impl Named {
    /// Reads what begins like a name: more than any handler takes for one, so that none is overlooked.
    #[must_use]
    pub fn read(text: &str) -> Option<Named> {
        let mut parts = text.strip_prefix("programmes/")?.split('/');
        let programme = parts.next().and_then(Id::parse_or_platform)?;
        let (collection, id) = (parts.next(), parts.next().and_then(|id| Id::parse(id).ok()));
        let resource = collection.zip(id).map(|(collection, id)| (collection.to_owned(), id));
        Some(Named { text: text.to_owned(), programme, resource })
    }
}

/// Where a resource is, whose it is, and who made it, as far as it has such things.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Whereabouts {
    /// At which site.
    pub site: Option<Id>,
    /// Which expert's.
    pub expert: Option<Id>,
    /// The subject that made it.
    pub made_by: Option<String>,
}

/// What was found of the resources that a request names.
pub type Found = BTreeMap<(String, Id), Whereabouts>;

/// What is known before anything was looked up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The call may be made.
    Granted,
    /// It may be made if what it names lies in one of these scopes.
    Depends(Vec<Scope>),
}

/// Whether a caller with these roles in a programme may make a call there; `name` is what the caller wrote.
///
/// # Errors
/// `RESOURCE_NOT_FOUND`, where the caller has no role there: whether there is such a programme or not. `ROLE_REQUIRED`, where the caller
/// has others; `SCOPE_EXCEEDED`, where none reaches as far.
pub fn decide(entry: &Entry, grants: &[Grant], name: &str) -> Result<Verdict> {
    if grants.is_empty() {
        return Err(Error::not_found(name));
    }
    let fitting: Vec<&Grant> = grants.iter().filter(|(role, _)| entry.takes(*role)).collect();
    if fitting.is_empty() {
        return Err(role_required(entry));
    }
    let is_whole = |(role, scope): &Grant| *scope == Scope::Whole && !entry.is_own_only(*role);
    if entry.reach == Reach::Shared || fitting.iter().any(|grant| is_whole(grant)) {
        return Ok(Verdict::Granted);
    }
    let narrowed = |(role, scope): &&Grant| match scope {
        Scope::Site(_) | Scope::Expert(_) => {
            (entry.reach == Reach::Within && !entry.is_own_only(*role)).then(|| scope.clone())
        }
        Scope::Own => entry.has_own().then_some(Scope::Own),
        Scope::Whole => Some(Scope::Own),
    };
    let scopes: Vec<Scope> = fitting.iter().filter_map(narrowed).collect();
    if scopes.is_empty() {
        return Err(scope_exceeded(entry, "it is about a whole programme"));
    }
    Ok(Verdict::Depends(scopes))
}

/// Whether a caller with these roles in a programme may make a call about anything there.
///
/// # Errors
/// As [`decide`]; `SCOPE_EXCEEDED` where only narrow roles would do.
pub fn wholly(entry: &Entry, grants: &[Grant], name: &str) -> Result<()> {
    match decide(entry, grants, name)? {
        Verdict::Granted => Ok(()),
        Verdict::Depends(_) => Err(scope_exceeded(entry, "it is about a whole programme")),
    }
}

/// What a request is about, as its handler reads it: what bounds it to a place or a person. Names that stand anywhere else can only refuse.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Claims {
    /// In fields that say where, whose or which.
    pub names: Vec<Named>,
    /// In messages that are part of it.
    pub parts: Vec<Claims>,
    /// In rows, each of which stands for itself.
    pub rows: Vec<Claims>,
}

impl Claims {
    fn are_bound(&self, lies: &impl Fn(&Named) -> bool) -> bool {
        let rows_are = || !self.rows.is_empty() && self.rows.iter().all(|row| row.are_bound(lies));
        self.names.iter().any(lies) || self.parts.iter().any(|part| part.are_bound(lies)) || rows_are()
    }
}

/// A request of somebody whose roles are narrow: all that it names in one programme, what it says it is about, and what was found.
#[derive(Clone, Copy, Debug)]
pub struct Asked<'a> {
    /// Who asks.
    pub subject: &'a str,
    /// Every name anywhere in it.
    pub named: &'a [Named],
    /// What it is about.
    pub claims: &'a Claims,
    /// Where what it names is.
    pub found: &'a Found,
}

/// In which of the scopes everything lies that a request names.
///
/// # Errors
/// `SCOPE_EXCEEDED` where the request itself shows that it lies in none; `RESOURCE_NOT_FOUND`, as for one that isn't there, where
/// only looking shows it.
pub fn within(entry: &Entry, scopes: &[Scope], asked: Asked<'_>) -> Result<Scope> {
    let mut refused = None;
    for scope in scopes {
        match lies_in(entry, scope, asked) {
            Ok(()) => return Ok(scope.clone()),
            Err(error) => refused = Some(error),
        }
    }
    Err(refused.unwrap_or_else(|| scope_exceeded(entry, "it has none here")))
}

fn lies_in(entry: &Entry, scope: &Scope, asked: Asked<'_>) -> Result<()> {
    for name in asked.named {
        let is_direct = is_scopes_own(scope, name);
        if is_direct == Some(false) {
            return Err(scope_exceeded(entry, "it names another one than the caller's own"));
        }
        let Some((collection, id)) = name.resource.as_ref().filter(|(collection, _)| is_located(collection)) else {
            continue;
        };
        let resource = asked.found.get(&(collection.clone(), id.clone()));
        let resource = resource.ok_or_else(|| Error::not_found(&name.text))?;
        if is_direct.is_none() && lies_at(scope, asked.subject, resource) == Some(false) {
            return Err(Error::not_found(&name.text));
        }
    }
    let lies = |name: &Named| match (&name.resource, is_scopes_own(scope, name)) {
        (None, _) => false,
        (Some(_), Some(is_own)) => is_own,
        // Who is stationed at a site says nothing about where the rest is.
        (Some((collection, _)), None) if collection == "assistants" => false,
        (Some(resource), None) => {
            asked.found.get(resource).and_then(|found| lies_at(scope, asked.subject, found)) == Some(true)
        }
    };
    let is_bounded = *scope == Scope::Own || asked.claims.are_bound(&lies);
    if is_bounded { Ok(()) } else { Err(scope_exceeded(entry, "it must name the caller's own site or expert")) }
}

/// Whether a name is the scope's own site or expert; nothing where it is of something else.
fn is_scopes_own(scope: &Scope, name: &Named) -> Option<bool> {
    let (collection, id) = name.resource.as_ref()?;
    match scope {
        Scope::Site(site) if collection == "sites" => Some(id == site),
        Scope::Expert(expert) if EXPERTS.contains(&collection.as_str()) => Some(id == expert),
        Scope::Whole | Scope::Site(_) | Scope::Expert(_) | Scope::Own => None,
    }
}

/// Whether a resource lies in a scope; nothing where it has no place in it at all.
fn lies_at(scope: &Scope, subject: &str, found: &Whereabouts) -> Option<bool> {
    match scope {
        Scope::Whole => Some(true),
        Scope::Site(site) => found.site.as_ref().map(|there| there == site),
        Scope::Expert(expert) => found.expert.as_ref().map(|whose| whose == expert),
        Scope::Own => found.made_by.as_ref().map(|maker| maker == subject),
    }
}

/// Collections whose ids are experts'.
const EXPERTS: [&str; 2] = ["experts", "charters"];

/// Collections that are somewhere, somebody's, or made by somebody: the others narrow nothing.
pub const LOCATED: [&str; 14] = [
    "sessions",
    "registers",
    "reservations",
    "visits",
    "activities",
    "offers",
    "expert-absences",
    "contacts",
    "credentials",
    "dossiers",
    "onboardings",
    "pairings",
    "assistants",
    "closures",
];

fn is_located(collection: &str) -> bool {
    LOCATED.contains(&collection)
}

/// Nobody who calls has the role.
#[must_use]
pub fn role_required(entry: &Entry) -> Error {
    let roles = entry.roles().map(|role| role.code()).collect::<Vec<_>>().join(",");
    Error::refused(Reason::RoleRequired, format!("{} needs one of the roles {roles}", entry.method))
        .with("method", entry.method)
        .with("roles", roles)
}

fn scope_exceeded(entry: &Entry, why: &str) -> Error {
    Error::refused(Reason::ScopeExceeded, format!("{} reaches beyond the caller's scope: {why}", entry.method))
        .with("method", entry.method)
}

/// A request is about one programme.
#[must_use]
pub fn several_programmes(entry: &Entry) -> Error {
    scope_exceeded(entry, "it names several programmes")
}

/// Answers stream by the roles with which they began.
#[must_use]
pub fn roles_changed(entry: &Entry) -> Error {
    scope_exceeded(entry, "the caller's roles have changed: begin again")
}

/// The programmes that a request names, each with the first name that does, in the order of their ids.
#[must_use]
pub fn programmes(named: &[Named]) -> BTreeMap<&Id, &str> {
    let mut programmes = BTreeMap::new();
    for name in named {
        programmes.entry(&name.programme).or_insert(name.text.as_str());
    }
    programmes
}

/// What has to be looked up for [`within`].
#[must_use]
pub fn to_locate(named: &[Named]) -> BTreeSet<(String, Id)> {
    let resources = named.iter().filter_map(|name| name.resource.clone());
    resources.filter(|(collection, _)| is_located(collection)).collect()
}
