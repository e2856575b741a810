//! Statements 定期报表: a closed period's figures as a text that never changes, and restatements as signed deltas to the one before. Pure.
//!
//! The text is a line of JSON for each thing that it says; its SHA-256 is part of the statement's name, and names stand in the audit:
//! whoever has the text and a published head can tell whether a county still says what it said then (`proof`).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::reckon::{Answer, Number};
use crate::kernel::{Collection, Date, Error, Id, Name, Result, Timestamp, hex, vocabulary};

/// The collection `statements`.
pub enum Statements {}

impl Collection for Statements {
    const COLLECTION: &'static str = "statements";
}

vocabulary! {
    /// What a statement is.
    pub enum StatementKind: "StatementKind" {
        /// The first one of its period.
        Closing = 1 => "CLOSING",
        /// What has changed since the one before.
        Restatement = 2 => "RESTATEMENT",
    }
}

vocabulary! {
    /// Why a figure is another now.
    pub enum Cause: "RestatementCause" {
        /// Recorded and attested since.
        RecordedSince = 1 => "RECORDED_SINCE",
        /// Recorded before, and attested since.
        AttestedSince = 2 => "ATTESTED_SINCE",
        /// It says something else now.
        Amended = 3 => "AMENDED",
        /// Taken back.
        Voided = 4 => "VOIDED",
        /// Disputed, or amended and not attested anew.
        NoLongerAttested = 5 => "NO_LONGER_ATTESTED",
        /// A session's outcome was corrected, or another clinic carries the sitting.
        SessionCorrected = 6 => "SESSION_CORRECTED",
    }
}

/// The form of the text, in its first line.
pub const FORM: &str = "homecoming-statement-1";
/// The most reasons that are listed; all are counted.
pub const MOST_REASONS: usize = 1_000;

/// One thing that a statement says: a line of its text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "record", rename_all = "snake_case", deny_unknown_fields)]
pub enum Said {
    /// The first line.
    Statement {
        /// [`FORM`].
        form: String,
        /// The programme's id.
        programme: String,
        /// What it is.
        kind: StatementKind,
        /// First day of the period, YYYY-MM-DD.
        from_date: String,
        /// Last day, included, YYYY-MM-DD.
        to_date: String,
        /// The sequence as of which it was counted.
        sequence: i64,
        /// The audit's head there, as ENTRY:LINK.
        audit_head: String,
        /// When it was counted, in microseconds since 1970 UTC.
        time_micros: i64,
        /// A restatement: the name of the statement before.
        previous: Option<String>,
    },
    /// What a measure counts.
    Measure {
        /// Its name.
        measure: String,
        /// The definition's version.
        version: i32,
        /// Its unit, in Chinese.
        unit: String,
        /// What it counts, in Chinese.
        definition: String,
        /// What is printed under it, in Chinese.
        footnote: String,
    },
    /// A figure.
    Figure(Figure),
    /// An opening balance, which no figure contains.
    OpeningBalance {
        /// The measure.
        measure: String,
        /// What was declared.
        quantity: i64,
        /// Its last day, YYYY-MM-DD.
        as_of_date: String,
        /// The document that states it.
        document: String,
    },
    /// What has changed in a figure.
    Delta(Delta),
    /// How much of a measure's delta has one cause.
    Cause(CauseSum),
    /// What one record has to do with it.
    Reason(Reason),
    /// What no record accounts for: printed, never hidden.
    Unexplained {
        /// The measure.
        measure: String,
        /// How much.
        delta: i64,
    },
}

/// A figure: of everything, or of one group.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Figure {
    /// The measure.
    pub measure: String,
    /// By which dimension; empty: everything.
    pub by: String,
    /// The group; empty where it isn't known, or of everything.
    pub key: String,
    /// What the statement counts: attested, or the part above the line.
    pub attested: i64,
    /// The part of it below the line; 0 of what is no ratio.
    pub attested_below: i64,
    /// What is recorded, attested or not.
    pub recorded: i64,
    /// The part of it below the line; 0 of what is no ratio.
    pub recorded_below: i64,
}

impl Figure {
    /// A measure's figure of a group (dimension and key; both empty: everything).
    #[must_use]
    pub fn new(measure: &str, (by, key): (&str, &str), attested: Number, recorded: Number) -> Figure {
        Figure {
            measure: measure.to_owned(),
            by: by.to_owned(),
            key: key.to_owned(),
            attested: attested.quantity,
            attested_below: attested.denominator,
            recorded: recorded.quantity,
            recorded_below: recorded.denominator,
        }
    }
}

/// What has changed in a figure.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Delta {
    /// The measure.
    pub measure: String,
    /// By which dimension; empty: everything.
    pub by: String,
    /// The group.
    pub key: String,
    /// What was reported then; of a ratio, the part above the line.
    pub before: i64,
    /// What is counted now; of a ratio, the part above the line.
    pub after: i64,
    /// The difference, signed; of a ratio, that of the part above the line. A ratio's own change is the difference of its two quotients,
    /// after less before, which is no sum of anything.
    pub delta: i64,
    /// The three of them below the line; 0, and left out of the text, of what is no ratio.
    #[serde(default, skip_serializing_if = "Below::is_none")]
    pub below: Below,
}

/// What has changed in a ratio's part below the line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Below {
    /// What was reported then.
    pub before: i64,
    /// What is counted now.
    pub after: i64,
    /// The difference, signed.
    pub delta: i64,
}

impl Below {
    fn is_none(&self) -> bool {
        *self == Below::default()
    }
}

/// How much of a measure's delta has one cause.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CauseSum {
    /// The cause.
    pub cause: Cause,
    /// The measure.
    pub measure: String,
    /// How many records.
    pub records: i64,
    /// How much, signed.
    pub delta: i64,
}

/// What one record has to do with a delta.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reason {
    /// The record.
    pub name: String,
    /// Why it counts otherwise.
    pub cause: Cause,
    /// The measure.
    pub measure: String,
    /// What it counted then.
    pub before: i64,
    /// What it counts now.
    pub after: i64,
}

/// A statement as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement {
    /// `programmes/{programme}/statements/{statement}`.
    pub name: Name<Statements>,
    /// What it is.
    pub kind: StatementKind,
    /// First day.
    pub from: Date,
    /// Last day, included.
    pub to: Date,
    /// 0 of the closing one, then one more with each restatement.
    pub ordinal: i64,
    /// The sequence as of which it was counted.
    pub sequence: i64,
    /// Its text.
    pub text: String,
    /// Who closed or restated: the person, or the subject where the call named none.
    pub closer: String,
    /// When it was written.
    pub create_time: Timestamp,
}

impl Statement {
    /// How large one is in a list, in bytes, at most: its totals, without what a restatement gives as reasons.
    pub const LISTED_BYTES: usize = 12_000;
}

/// The SHA-256 of a text, in 64 hexadecimal digits.
#[must_use]
pub fn digest(text: &[u8]) -> String {
    hex(Sha256::digest(text))
}

/// The id of the statement of a period with this digest: 160 bits of it stand in the id.
///
/// # Errors
/// Never of days from 1900 to 2200 and a digest of ours.
pub fn id_of(from: Date, to: Date, digest: &str) -> Result<Id> {
    let id = format!("{from}-{to}-{}", digest.get(..40).unwrap_or(digest));
    Id::parse(&id).map_err(Error::Internal)
}

/// The text of what is said: a line each, in order.
///
/// # Errors
/// What can't be written as JSON, which is nothing of this.
pub fn write(said: &[Said]) -> Result<String> {
    let mut text = String::new();
    for one in said {
        text.push_str(&serde_json::to_string(one).map_err(Error::storage)?);
        text.push('\n');
    }
    Ok(text)
}

/// What a text says; none where it isn't a statement's.
#[must_use]
pub fn read(text: &str) -> Option<Vec<Said>> {
    text.lines().map(|line| serde_json::from_str(line).ok()).collect()
}

/// The figures of what is said.
pub fn figures(said: &[Said]) -> impl Iterator<Item = &Figure> {
    said.iter().filter_map(|one| match one {
        Said::Figure(figure) => Some(figure),
        Said::Statement { .. }
        | Said::Measure { .. }
        | Said::OpeningBalance { .. }
        | Said::Delta(_)
        | Said::Cause(_)
        | Said::Reason(_)
        | Said::Unexplained { .. } => None,
    })
}

/// The figures of every group by a dimension, in the order of measures and keys, attested beside recorded: those that have either. What is
/// recorded may cancel to nothing where what is attested of it doesn't, since savings are signed.
#[must_use]
pub fn side_by_side(measures: &[&str], by: &str, attested: &Answer, recorded: &Answer) -> Vec<Figure> {
    let mut groups: BTreeMap<&str, [&[Number]; 2]> = BTreeMap::new();
    for (side, answer) in [attested, recorded].into_iter().enumerate() {
        for (key, numbers) in &answer.rows {
            groups.entry(key.first().map_or("", String::as_str)).or_default()[side] = numbers;
        }
    }
    let mut figures = Vec::new();
    for (place, measure) in measures.iter().enumerate() {
        for (key, sides) in &groups {
            let [attested, recorded] = sides.map(|numbers| numbers.get(place).copied().unwrap_or_default());
            if attested != Number::default() || recorded != Number::default() {
                figures.push(Figure::new(measure, (by, key), attested, recorded));
            }
        }
    }
    figures
}

/// What has changed from figures to figures: every one whose attested quantity is another, those that are gone or new too.
#[must_use]
pub fn deltas(before: &[Said], after: &[Said]) -> Vec<Delta> {
    type Key<'a> = (&'a str, &'a str, &'a str);
    let mut both: BTreeMap<Key<'_>, [(i64, i64); 2]> = BTreeMap::new();
    for (place, said) in [before, after].into_iter().enumerate() {
        for it in figures(said) {
            let numbers = both.entry((&it.measure, &it.by, &it.key)).or_default();
            numbers[place] = (it.attested, it.attested_below);
        }
    }
    let changed = both.into_iter().filter(|(_, [before, after])| before != after);
    let delta = |((measure, by, key), [then, now]): (Key<'_>, [(i64, i64); 2])| Delta {
        measure: measure.to_owned(),
        by: by.to_owned(),
        key: key.to_owned(),
        before: then.0,
        after: now.0,
        delta: now.0.saturating_sub(then.0),
        below: Below { before: then.1, after: now.1, delta: now.1.saturating_sub(then.1) },
    };
    changed.map(delta).collect()
}

/// What the deltas come from: sums by cause and measure, the first reasons, and what no record accounts for. `additive` are the measures
/// whose records sum to them.
#[must_use]
pub fn account(deltas: &[Delta], reasons: &[Reason], additive: &[&str]) -> Vec<Said> {
    let mut sums: BTreeMap<(Cause, &str), (i64, i64)> = BTreeMap::new();
    let mut explained: BTreeMap<&str, i64> = BTreeMap::new();
    for it in reasons {
        let delta = it.after.saturating_sub(it.before);
        let (records, sum) = sums.entry((it.cause, &it.measure)).or_default();
        *records += 1;
        *sum = sum.saturating_add(delta);
        let explained = explained.entry(&it.measure).or_default();
        *explained = explained.saturating_add(delta);
    }
    let mut said: Vec<Said> = deltas.iter().cloned().map(Said::Delta).collect();
    said.extend(sums.into_iter().map(|((cause, measure), (records, delta))| {
        Said::Cause(CauseSum { cause, measure: measure.to_owned(), records, delta })
    }));
    said.extend(reasons.iter().take(MOST_REASONS).cloned().map(Said::Reason));
    for measure in additive {
        let total = deltas.iter().find(|it| it.measure == *measure && it.by.is_empty()).map_or(0, |it| it.delta);
        let delta = total.saturating_sub(explained.get(measure).copied().unwrap_or_default());
        if delta != 0 {
            said.push(Said::Unexplained { measure: (*measure).to_owned(), delta });
        }
    }
    said
}
