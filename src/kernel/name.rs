//! Resource names: `programmes/{programme}` and `programmes/{programme}/{collection}/{id}`.
use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::marker::PhantomData;

use super::Id;

/// A collection of resources; slices declare one as `pub enum Experts {}`.
pub trait Collection: 'static {
    /// The plural in names, such as `experts`.
    const COLLECTION: &'static str;
}

/// The longest name that is read at all, in bytes.
const MAX: usize = 256;

/// The name of a programme: `programmes/{id}`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ProgrammeName(Id);

impl ProgrammeName {
    /// The name of the programme with this id.
    #[must_use]
    pub fn new(id: Id) -> Self {
        Self(id)
    }

    /// Reads `programmes/{id}`.
    ///
    /// # Errors
    /// What the shape is, where the text has another.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        let id = text.strip_prefix("programmes/").and_then(|id| Id::parse(id).ok());
        id.map(Self).ok_or("must be programmes/{programme}")
    }

    /// Reads `programmes/{id}`, or the platform's `programmes/-`; nothing where the text is neither.
    #[must_use]
    pub fn parse_or_platform(text: &str) -> Option<Self> {
        Id::parse_or_platform(text.strip_prefix("programmes/")?).map(Self)
    }

    /// The programme's id.
    #[must_use]
    pub fn id(&self) -> &Id {
        &self.0
    }

    /// The programme's id, by value.
    #[must_use]
    pub fn into_id(self) -> Id {
        self.0
    }
}

impl fmt::Display for ProgrammeName {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "programmes/{}", self.0)
    }
}

/// The name of a resource in a programme: `programmes/{programme}/{collection}/{id}`.
pub struct Name<C> {
    programme: Id,
    id: Id,
    collection: PhantomData<fn() -> C>,
}

impl<C: Collection> Name<C> {
    /// The name of the resource with this id.
    #[must_use]
    pub fn new(programme: Id, id: Id) -> Self {
        Self { programme, id, collection: PhantomData }
    }

    /// Reads a name of this collection.
    ///
    /// # Errors
    /// What the shape is, where the text has another.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        Self::read(text)
            .ok_or("must be programmes/{programme}/{collection}/{id}, of the collection that the field names")
    }

    fn read(text: &str) -> Option<Self> {
        let rest = text.strip_prefix("programmes/").filter(|rest| rest.len() <= MAX)?;
        let (programme, rest) = rest.split_once('/')?;
        let id = rest.strip_prefix(C::COLLECTION)?.strip_prefix('/')?;
        Some(Self::new(Id::parse(programme).ok()?, Id::parse(id).ok()?))
    }

    /// Reads a name of this collection in a programme or at the platform, `programmes/-`.
    ///
    /// # Errors
    /// As [`Name::parse`].
    pub fn parse_or_platforms(text: &str) -> Result<Self, &'static str> {
        let at_platform = text.strip_prefix("programmes/-/").and_then(|rest| rest.strip_prefix(C::COLLECTION));
        match at_platform.and_then(|rest| Id::parse(rest.strip_prefix('/')?).ok()) {
            Some(id) => Ok(Self::new(Id::platform(), id)),
            None => Self::parse(text),
        }
    }

    /// The programme's id.
    #[must_use]
    pub fn programme(&self) -> &Id {
        &self.programme
    }

    /// The resource's id, unique in its programme and collection.
    #[must_use]
    pub fn id(&self) -> &Id {
        &self.id
    }

    /// The resource's id, by value.
    #[must_use]
    pub fn into_id(self) -> Id {
        self.id
    }
}

impl<C: Collection> fmt::Display for Name<C> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "programmes/{}/{}/{}", self.programme, C::COLLECTION, self.id)
    }
}

impl<C: Collection> fmt::Debug for Name<C> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, out)
    }
}

// Written out, because a derive would ask the same of the marker type.
impl<C> Clone for Name<C> {
    fn clone(&self) -> Self {
        Self { programme: self.programme.clone(), id: self.id.clone(), collection: PhantomData }
    }
}

impl<C> PartialEq for Name<C> {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl<C> Eq for Name<C> {}

impl<C> PartialOrd for Name<C> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<C> Ord for Name<C> {
    fn cmp(&self, other: &Self) -> Ordering {
        (&self.programme, &self.id).cmp(&(&other.programme, &other.id))
    }
}

impl<C> Hash for Name<C> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        (&self.programme, &self.id).hash(state);
    }
}
