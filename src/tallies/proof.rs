//! Proves a statement's text without a database: it is the one that an audit entry names, and the audit was where it says. Pure.

use super::statement::{FORM, Said, Statements, digest, id_of, read};
use crate::db::chain::Entry;
use crate::kernel::{Id, Name, Timestamp};

/// The commands that make statements.
const METHODS: [&str; 2] = ["TallyService.ClosePeriod", "TallyService.RestatePeriod"];

/// A text being proved against the entries of an audit.
#[derive(Clone, Debug)]
pub struct Proof {
    name: String,
    audit_head: String,
    head_entry: i64,
    /// Whether the entry that the text names as the head has the link that it names.
    head_is_there: bool,
    made: Option<Made>,
}

/// The entry that made a statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Made {
    /// The statement's name.
    pub name: String,
    /// The entry's number.
    pub entry: i64,
    /// When.
    pub time: Timestamp,
    /// Who.
    pub subject: String,
}

impl Proof {
    /// Begins with a text.
    ///
    /// # Errors
    /// That it isn't a statement.
    pub fn of(text: &[u8]) -> Result<Proof, &'static str> {
        const NONE: &str = "it isn't the text of a statement";
        let said = std::str::from_utf8(text).ok().and_then(read).ok_or(NONE)?;
        let Some(Said::Statement { form, programme, from_date, to_date, audit_head, .. }) = said.first() else {
            return Err(NONE);
        };
        let programme = Id::parse(programme).map_err(|_| NONE)?;
        let days = from_date.parse().ok().zip(to_date.parse().ok());
        let (from, to) = days.ok_or(NONE)?;
        let id = id_of(from, to, &digest(text)).map_err(|_| NONE)?;
        let head_entry = audit_head.split_once(':').and_then(|(entry, _)| entry.parse().ok()).ok_or(NONE)?;
        if form != FORM {
            return Err("it has a form that this version doesn't know");
        }
        Ok(Proof {
            name: Name::<Statements>::new(programme, id).to_string(),
            audit_head: audit_head.clone(),
            head_entry,
            head_is_there: false,
            made: None,
        })
    }

    /// The next entry of the audit, with its link where it has one.
    pub fn take(&mut self, entry: &Entry, link: Option<&str>) {
        if entry.entry == self.head_entry {
            self.head_is_there = link.is_some_and(|link| self.audit_head == format!("{}:{link}", entry.entry));
        }
        let names: Vec<String> = serde_json::from_str(&entry.names).unwrap_or_default();
        if METHODS.contains(&entry.method.as_str()) && names.contains(&self.name) {
            self.made = Some(Made {
                name: self.name.clone(),
                entry: entry.entry,
                time: Timestamp::from_micros(entry.time),
                subject: entry.subject.clone(),
            });
        }
    }

    /// That was the whole audit.
    ///
    /// # Errors
    /// What doesn't fit.
    pub fn finish(self) -> Result<Made, String> {
        let Some(made) = self.made else {
            return Err(format!("no entry made {}: the text was changed, or never was a statement", self.name));
        };
        if !self.head_is_there || self.head_entry >= made.entry {
            return Err(format!("the audit never had the head {} before entry {}", self.audit_head, made.entry));
        }
        Ok(made)
    }
}
