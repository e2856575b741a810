//! Reads a request's fields and collects every violation with its path, so that a caller learns of all at once.
//!
//! An accessor answers a placeholder for a field that it refused; [`Fields::check`] stands between it and any use. No
//! description ever holds the value. What knows the wire's own messages is in `wire/`.
use std::fmt::Write as _;
use std::ops::RangeInclusive;

use super::{
    Collection, Error, ExternalId, Id, Mask, Name, PageRequest, ProgrammeName, Reason, Result, Specialty, Violation,
    Vocabulary, Zone, page,
};

impl Default for Fields {
    fn default() -> Self {
        Self::new()
    }
}

/// More violations than this are counted, not listed: an answer must fit into a header.
const MAX_LISTED: usize = 100;

/// How much one question may ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// Items of a page, at most 1,000.
    pub page_items: usize,
    /// Days of the window of a search, at most 84.
    pub window_days: i64,
    /// Experts of one search, at most 300.
    pub window_experts: usize,
}

impl Bounds {
    /// The most that any server answers.
    pub const LARGEST: Bounds = Bounds { page_items: page::MAX_SIZE, window_days: 84, window_experts: 300 };
}

/// The violations of one request, and where in it the reader is.
#[derive(Debug)]
pub struct Fields {
    path: String,
    bounds: Bounds,
    violations: Vec<Violation>,
    unlisted: usize,
}

impl Fields {
    /// At the request's top, nothing wrong yet.
    #[must_use]
    pub fn new() -> Self {
        Self::limited(Bounds::LARGEST)
    }

    /// The same, where so much may be asked for.
    #[must_use]
    pub fn limited(bounds: Bounds) -> Self {
        Self { path: String::new(), bounds, violations: Vec::new(), unlisted: 0 }
    }

    /// Everything that is wrong, if anything is.
    ///
    /// # Errors
    /// [`Error::Invalid`] with every violation.
    pub fn check(mut self) -> Result<()> {
        if self.unlisted > 0 {
            let description = format!("{} more fields are wrong", self.unlisted);
            self.violations.push(Violation { field: String::new(), reason: Reason::InvalidFields, description });
        }
        if self.violations.is_empty() { Ok(()) } else { Err(Error::Invalid(self.violations)) }
    }

    /// Notes a violation. An empty `field` is the place where the reader is.
    pub fn refuse(&mut self, field: &str, reason: Reason, description: impl Into<String>) {
        if self.violations.len() >= MAX_LISTED {
            self.unlisted += 1;
            return;
        }
        let field = self.joined(field);
        self.violations.push(Violation { field, reason, description: description.into() });
    }

    fn joined(&self, field: &str) -> String {
        match (self.path.is_empty(), field.is_empty()) {
            (true, _) => field.to_owned(),
            (false, true) => self.path.clone(),
            (false, false) => format!("{}.{field}", self.path),
        }
    }

    /// Reads a message inside a field: paths below begin with it.
    pub fn within<T>(&mut self, field: &str, read: impl FnOnce(&mut Self) -> T) -> T {
        let outer = self.path.len();
        if !self.path.is_empty() && !field.is_empty() {
            self.path.push('.');
        }
        self.path.push_str(field);
        let value = read(self);
        self.path.truncate(outer);
        value
    }

    /// Reads each entry of a repeated field, at most `max` of them; inside, an empty field name is the entry itself.
    pub fn list<'a, T, U>(
        &mut self,
        field: &str,
        entries: &'a [T],
        max: usize,
        mut read: impl FnMut(&mut Self, &'a T) -> U,
    ) -> Vec<U> {
        if entries.len() > max {
            self.refuse(field, Reason::OutOfRange, format!("must have at most {max} entries"));
            return Vec::new();
        }
        self.within(field, |fields| {
            let outer = fields.path.len();
            let mut values = Vec::with_capacity(entries.len());
            for (index, entry) in entries.iter().enumerate() {
                // Writing to a String can't fail.
                let _ = write!(fields.path, "[{index}]");
                values.push(read(fields, entry));
                fields.path.truncate(outer);
            }
            values
        })
    }

    /// A line of text that may be empty: at most `max` characters, no control characters.
    pub fn text(&mut self, field: &str, value: &str, max: usize) -> String {
        self.characters(field, value, max, |character| character.is_control())
    }

    /// A text of several lines that may be empty: at most `max` characters; line breaks and tabs are its only controls.
    pub fn prose(&mut self, field: &str, value: &str, max: usize) -> String {
        self.characters(field, value, max, |character| character.is_control() && !"\n\r\t".contains(character))
    }

    fn characters(&mut self, field: &str, value: &str, max: usize, refused: fn(char) -> bool) -> String {
        if value.len() > max.saturating_mul(4) || value.chars().count() > max {
            self.refuse(field, Reason::OutOfRange, format!("must have at most {max} characters"));
            String::new()
        } else if value.chars().any(refused) {
            self.refuse(field, Reason::ControlCharacter, "must not have control characters");
            String::new()
        } else {
            value.to_owned()
        }
    }

    /// A line of text that must say something: 1 to `max` characters, not only spaces, no control characters.
    pub fn required(&mut self, field: &str, value: &str, max: usize) -> String {
        if value.len() <= max.saturating_mul(4) && value.trim().is_empty() {
            return self.missing(field, String::new());
        }
        self.text(field, value, max)
    }

    fn missing<T>(&mut self, field: &str, placeholder: T) -> T {
        self.refuse(field, Reason::Required, "must be set");
        placeholder
    }

    /// A text of a slice's own shape; `shape` says in words what `parse` accepts. `None` where it is refused.
    pub fn shaped<T, E>(
        &mut self,
        field: &str,
        value: &str,
        shape: &str,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> Option<T> {
        if value.is_empty() {
            return self.missing(field, None);
        }
        let parsed = parse(value).ok();
        if parsed.is_none() {
            self.refuse(field, Reason::Malformed, shape);
        }
        parsed
    }

    /// Like [`Fields::shaped`], where the parser itself says what is wrong.
    fn parsed<T>(
        &mut self,
        field: &str,
        value: &str,
        parse: impl FnOnce(&str) -> Result<T, &'static str>,
    ) -> Option<T> {
        if value.is_empty() {
            return self.missing(field, None);
        }
        parse(value).map_err(|shape| self.refuse(field, Reason::Malformed, shape)).ok()
    }

    /// A caller's own id; `None` where the field is empty.
    pub fn id(&mut self, field: &str, value: &str) -> Option<Id> {
        if value.is_empty() { None } else { self.parsed(field, value, Id::parse) }
    }

    /// A resource's name, which must be set.
    pub fn name<C: Collection>(&mut self, field: &str, value: &str) -> Name<C> {
        let example = || format!("must be programmes/{{programme}}/{}/{{id}}", C::COLLECTION);
        let name = match Name::parse(value) {
            Ok(name) => Some(name),
            Err(_) if value.is_empty() => self.missing(field, None),
            Err(_) => {
                self.refuse(field, Reason::Malformed, example());
                None
            }
        };
        name.unwrap_or_else(|| Name::new(Id::placeholder(), Id::placeholder()))
    }

    /// The id of a resource that must be in this programme.
    pub fn name_in<C: Collection>(&mut self, field: &str, value: &str, programme: &Id) -> Id {
        let before = self.violations.len();
        let name = self.name::<C>(field, value);
        // A refused programme is a placeholder, and said already.
        if self.violations.len() == before && name.programme() != programme && *programme != Id::placeholder() {
            self.refuse(field, Reason::Inconsistent, "must be of the request's programme");
        }
        name.into_id()
    }

    /// The id of a resource that must be in this programme; `None` where the field is empty.
    pub fn optional_name_in<C: Collection>(&mut self, field: &str, value: &str, programme: &Id) -> Option<Id> {
        if value.is_empty() { None } else { Some(self.name_in::<C>(field, value, programme)) }
    }

    /// The ids of resources that must be in this programme, each once, at most `max` of them.
    pub fn names_in<C: Collection>(&mut self, field: &str, values: &[String], max: usize, programme: &Id) -> Vec<Id> {
        let mut seen = Vec::new();
        self.list(field, values, max, |fields, value| {
            if seen.contains(&value) {
                fields.refuse("", Reason::Duplicate, "stands twice");
            }
            seen.push(value);
            fields.name_in::<C>("", value, programme)
        })
    }

    /// The id of the programme that `programmes/{programme}` names.
    pub fn programme(&mut self, field: &str, value: &str) -> Id {
        self.parsed(field, value, ProgrammeName::parse).map_or_else(Id::placeholder, ProgrammeName::into_id)
    }

    /// The id of the programme that is the parent of what is made or listed.
    pub fn parent(&mut self, field: &str, value: &str) -> Id {
        self.programme(field, value)
    }

    /// The id of the programme that is the parent, or of the platform for `programmes/-`.
    pub fn parent_or_platform(&mut self, field: &str, value: &str) -> Id {
        if value == "programmes/-" { Id::platform() } else { self.programme(field, value) }
    }

    /// A resource's name, in a programme or at the platform, which must be set.
    pub fn name_or_platforms<C: Collection>(&mut self, field: &str, value: &str) -> Name<C> {
        Name::parse_or_platforms(value).unwrap_or_else(|_| self.name(field, value))
    }

    /// A number within its limits.
    pub fn number(&mut self, field: &str, value: impl Into<i64>, range: RangeInclusive<i64>) -> i64 {
        let value = value.into();
        if range.contains(&value) {
            return value;
        }
        self.refuse(field, Reason::OutOfRange, format!("must be {} to {}", range.start(), range.end()));
        *range.start()
    }

    /// A number within its limits; `None` where it isn't set.
    pub fn optional_number(
        &mut self,
        field: &str,
        value: Option<impl Into<i64>>,
        range: RangeInclusive<i64>,
    ) -> Option<i64> {
        value.map(|value| self.number(field, value, range))
    }

    /// A value of an enum, which must be said.
    pub fn choice<V: Vocabulary>(&mut self, field: &str, number: i32) -> V {
        match self.optional_choice(field, number) {
            Some(value) => value,
            None if number == 0 => self.missing(field, V::ALL[0]),
            None => V::ALL[0],
        }
    }

    /// A value of an enum; `None` where it isn't said.
    pub fn optional_choice<V: Vocabulary>(&mut self, field: &str, number: i32) -> Option<V> {
        let value = V::from_number(number);
        if value.is_none() && number != 0 {
            self.refuse(field, Reason::UnknownValue, format!("{} has no such value", V::ENUM));
        }
        value
    }

    /// Values of an enum, each at most once.
    pub fn choices<V: Vocabulary>(&mut self, field: &str, numbers: &[i32]) -> Vec<V> {
        let mut seen = Vec::new();
        self.list(field, numbers, V::ALL.len(), |fields, number| {
            if seen.contains(number) {
                fields.refuse("", Reason::Duplicate, "stands twice");
            }
            seen.push(*number);
            fields.choice::<V>("", *number)
        })
    }

    /// A specialty, which must be set.
    pub fn specialty(&mut self, field: &str, value: &str) -> Specialty {
        self.parsed(field, value, Specialty::parse).unwrap_or_else(Specialty::placeholder)
    }

    /// A specialty; `None` where the field is empty.
    pub fn optional_specialty(&mut self, field: &str, value: &str) -> Option<Specialty> {
        if value.is_empty() { None } else { self.parsed(field, value, Specialty::parse) }
    }

    /// At most 100 specialties, each once.
    pub fn specialties(&mut self, field: &str, values: &[String]) -> Vec<Specialty> {
        let mut seen = Vec::new();
        self.list(field, values, Specialty::MAX_COUNT, |fields, value| {
            if seen.contains(&value.as_str()) {
                fields.refuse("", Reason::Duplicate, "stands twice");
            }
            if value.len() <= 8 {
                seen.push(value.as_str());
            }
            fields.specialty("", value)
        })
    }

    /// A zone of the tz database, which must be set.
    pub fn zone(&mut self, field: &str, value: &str) -> Zone {
        let shape = "must be a zone of the tz database, such as Asia/Shanghai";
        self.shaped(field, value, shape, |value| Zone::parse(value).ok_or(())).unwrap_or(Zone::UTC)
    }

    /// One external id.
    pub fn external_id(&mut self, field: &str, system: &str, value: &str) -> Option<ExternalId> {
        match ExternalId::parse(system, value) {
            Ok(external_id) => Some(external_id),
            Err((part, shape)) => {
                self.within(field, |fields| fields.refuse(part, Reason::Malformed, shape));
                None
            }
        }
    }

    /// The paths of `update_mask`.
    pub fn mask_paths(&mut self, paths: &[String], allowed: &[&'static str]) -> Mask {
        Mask::parse(self, paths, allowed)
    }

    /// The page that `page_size` and `page_token` ask for.
    pub fn page(&mut self, size: i32, token: &str, bound_to: &str) -> PageRequest {
        let page = PageRequest::parse(self, size, token, bound_to);
        PageRequest { size: page.size.min(self.bounds.page_items), ..page }
    }

    /// How much may be asked for.
    #[must_use]
    pub fn bounds(&self) -> Bounds {
        self.bounds
    }
}
