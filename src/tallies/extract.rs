//! A hospital's own extract beside the records: what matches, what is missing, doubled or differs. Pure.
//!
//! Rows and records meet by the identifier that the hospital's system gave. What a look at both came to is settled by people: each finding
//! is a discrepancy in a queue (`commands::discrepancies`).

use std::collections::{BTreeMap, HashMap, HashSet};

use crate::activities::{Activity, Kind, State};
use crate::kernel::{Collection, Date, ExternalId, Id, Meta, Name, Patient, vocabulary};

/// The collection `discrepancies`.
pub enum Discrepancies {}

impl Collection for Discrepancies {
    const COLLECTION: &'static str = "discrepancies";
}

vocabulary! {
    /// What is wrong between an extract and the records.
    pub enum DiscrepancyKind: "DiscrepancyKind" {
        /// The extract has it, and it isn't on record.
        MissingHere = 1 => "MISSING_HERE",
        /// It is on record, and the extract doesn't have it.
        MissingThere = 2 => "MISSING_THERE",
        /// Another record has the same patient, kind and day.
        DoubledHere = 3 => "DOUBLED_HERE",
        /// The extract has it twice: the same identifier, or two of one record.
        DoubledThere = 4 => "DOUBLED_THERE",
        /// Both have it, and say different things.
        Differing = 5 => "DIFFERING",
    }
}

vocabulary! {
    /// Where a discrepancy stands.
    pub enum DiscrepancyState: "DiscrepancyState" {
        /// Somebody has to look.
        Open = 1 => "OPEN",
        /// Somebody has looked, and said what it is.
        Resolved = 2 => "RESOLVED",
        /// A later extract agrees with the records.
        Settled = 3 => "SETTLED",
    }
}

vocabulary! {
    /// What somebody who looked said.
    pub enum Resolution: "DiscrepancyResolution" {
        /// The records were corrected.
        RecordsCorrected = 1 => "RECORDS_CORRECTED",
        /// The extract is wrong.
        ExtractWrong = 2 => "EXTRACT_WRONG",
        /// Both are right: two things that look like one.
        BothRight = 3 => "BOTH_RIGHT",
    }
}

/// The most rows of an extract.
pub const MOST_ROWS: usize = 100_000;
/// The most findings that an answer lists; all are counted and queued.
pub const MOST_LISTED: usize = 1_000;

/// A row of an extract.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Theirs {
    /// The identifier that the hospital's system gave.
    pub value: String,
    /// What kind of service.
    pub kind: Kind,
    /// The service date.
    pub date: Date,
    /// How many.
    pub quantity: i64,
    /// For whom, where the extract says so.
    pub patient: Option<Patient>,
}

/// Which records an extract is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scope {
    /// Whose identifiers its rows have.
    pub system: String,
    /// First day.
    pub from: Date,
    /// Last day.
    pub to: Date,
    /// Only at this site.
    pub site: Option<Id>,
}

/// What a look at both came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// What is wrong.
    pub kind: DiscrepancyKind,
    /// The identifier; empty where the record has none of this system.
    pub value: String,
    /// The record; none where there is none.
    pub activity: Option<Id>,
    /// DIFFERING: the fields that do.
    pub fields: Vec<String>,
}

/// What is the same each time that the same thing is found. Ids of discrepancies say nothing of it: a guess of the hospital's number can't
/// be tested by one.
pub type FindingKey = (DiscrepancyKind, String, Option<Id>);

impl Finding {
    /// What tells it from others of the same system.
    #[must_use]
    pub fn key(&self) -> FindingKey {
        (self.kind, self.value.clone(), self.activity.clone())
    }
}

/// A discrepancy in the queue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Discrepancy {
    /// `programmes/{programme}/discrepancies/{discrepancy}`.
    pub name: Name<Discrepancies>,
    /// Whose identifiers.
    pub system: String,
    /// What was found.
    pub finding: Finding,
    /// The day that it is about.
    pub date: Date,
    /// The site that it is about: its record's, or the one whose extract had it; none: an extract of all sites had it.
    pub site: Option<Id>,
    /// For whom it is, where there is no record and the extract says so: a restriction finds it by that. In no answer.
    pub patient: Option<Patient>,
    /// Where it stands.
    pub state: DiscrepancyState,
    /// What somebody who looked said; exactly of resolved ones.
    pub resolution: Option<Resolution>,
    /// In words, without personal data.
    pub note: String,
    /// Who looked.
    pub resolver: String,
    /// Revision and times.
    pub meta: Meta,
}

/// What came of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Rows of the extract.
    pub rows: usize,
    /// Rows that were left out: their patient's data are restricted.
    pub restricted: usize,
    /// Rows that say what their record says.
    pub matched: usize,
    /// Everything else, with what it is about.
    pub findings: Vec<(Finding, About)>,
}

/// The day and the site that a finding is about; the site is none where there is no record, and the extract is of all sites.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct About {
    /// The day.
    pub date: Date,
    /// The site.
    pub site: Option<Id>,
    /// For whom, where there is no record and the extract says so.
    pub patient: Option<Patient>,
}

impl About {
    fn of(activity: &Activity) -> About {
        About { date: activity.record.date, site: Some(activity.record.site.clone()), patient: None }
    }
}

/// Hospitals' numbers of restricted patients' records, and of what was missing here: rows with one are left out.
#[derive(Clone, Debug, Default)]
pub struct SealedNumbers(HashSet<ExternalId>);

impl SealedNumbers {
    /// These.
    #[must_use]
    pub fn new(numbers: HashSet<ExternalId>) -> SealedNumbers {
        SealedNumbers(numbers)
    }

    /// Whether a system's number is among them.
    #[must_use]
    pub fn has(&self, system: &str, value: &str) -> bool {
        ExternalId::parse(system, value).is_ok_and(|number| self.0.contains(&number))
    }
}

/// A discrepancy in the queue that nobody has looked at yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Open {
    /// Its id.
    pub id: Id,
    /// What is wrong.
    pub kind: DiscrepancyKind,
    /// The identifier that it is about; may be empty.
    pub value: String,
    /// The record that it is about, where there is one.
    pub activity: Option<Id>,
    /// The site that it is about.
    pub site: Option<Id>,
}

/// Those open discrepancies of its system and days that an extract settles: it speaks of them (of its site, or about an identifier that a
/// row has), and they aren't among what was found. Of others it says nothing.
#[must_use]
pub fn settled_by(scope: &Scope, theirs: &[Theirs], report: &Report, open: Vec<Open>) -> Vec<Id> {
    let named: HashSet<&str> = theirs.iter().map(|row| row.value.as_str()).collect();
    let found: HashSet<FindingKey> = report.findings.iter().map(|(finding, _)| finding.key()).collect();
    let is_found = |it: &Open| found.contains(&(it.kind, it.value.clone(), it.activity.clone()));
    let is_spoken_of = |it: &Open| {
        let is_here = scope.site.as_ref().is_none_or(|site| it.site.as_ref() == Some(site));
        is_here || named.contains(it.value.as_str())
    };
    open.into_iter().filter(|it| is_spoken_of(it) && !is_found(it)).map(|it| it.id).collect()
}

/// Compares an extract with the records: `ours` are those of its days and site, and those that its rows name besides; voided ones aren't
/// among them.
#[must_use]
pub fn compare(scope: &Scope, theirs: &[Theirs], ours: &[Activity]) -> Report {
    let standing = || ours.iter().filter(|it| it.state != State::Voided);
    let mut by_value: HashMap<&str, &Activity> = HashMap::new();
    for activity in standing() {
        by_value.extend(values_of(activity, scope).map(|value| (value, activity)));
    }
    let mut report = Report { rows: theirs.len(), ..Report::default() };
    let (mut seen, mut met): (HashSet<&str>, HashSet<&Id>) = (HashSet::new(), HashSet::new());
    for row in theirs {
        let activity = by_value.get(row.value.as_str()).copied();
        let mut found = |kind, fields| {
            let about = match activity {
                Some(activity) => About { date: row.date, ..About::of(activity) },
                None => About { date: row.date, site: scope.site.clone(), patient: row.patient.clone() },
            };
            let activity = activity.map(|it| it.name.id().clone());
            report.findings.push((Finding { kind, value: row.value.clone(), activity, fields }, about));
        };
        let is_again = !seen.insert(&row.value);
        let Some(activity) = activity else {
            let kind = if is_again { DiscrepancyKind::DoubledThere } else { DiscrepancyKind::MissingHere };
            found(kind, Vec::new());
            continue;
        };
        // Two rows with two identifiers of one record are that record twice.
        if !met.insert(activity.name.id()) || is_again {
            found(DiscrepancyKind::DoubledThere, Vec::new());
            continue;
        }
        let fields = differing(row, activity);
        if fields.is_empty() {
            report.matched += 1;
        } else {
            found(DiscrepancyKind::Differing, fields);
        }
    }
    let in_scope = |activity: &&Activity| {
        let record = &activity.record;
        (scope.from..=scope.to).contains(&record.date) && scope.site.as_ref().is_none_or(|site| *site == record.site)
    };
    let mut alike: BTreeMap<(&str, Date, &str, &str), Vec<&Activity>> = BTreeMap::new();
    for activity in standing().filter(in_scope) {
        let is_known = values_of(activity, scope).any(|value| seen.contains(value));
        let is_countable = matches!(activity.record.kind, Kind::Consultation | Kind::OperationCase | Kind::Headcount);
        if !is_known && is_countable {
            report.findings.push((here(DiscrepancyKind::MissingThere, activity, scope), About::of(activity)));
        }
        if let Some(patient) = &activity.record.patient {
            use crate::kernel::Vocabulary as _;
            let key = (activity.record.kind.code(), activity.record.date, patient.issuer(), patient.token());
            alike.entry(key).or_default().push(activity);
        }
    }
    for doubles in alike.values_mut() {
        doubles.sort_by_key(|it| it.name.id().clone());
        for activity in doubles.iter().skip(1) {
            report.findings.push((here(DiscrepancyKind::DoubledHere, activity, scope), About::of(activity)));
        }
    }
    report
}

/// A record's identifiers of the extract's system: a visit may have several.
fn values_of<'a>(activity: &'a Activity, scope: &Scope) -> impl Iterator<Item = &'a str> {
    activity.external_ids.iter().filter(|it| it.system() == scope.system).map(ExternalId::value)
}

/// What is wrong with a record that no row of the extract has, or that another record is like.
fn here(kind: DiscrepancyKind, activity: &Activity, scope: &Scope) -> Finding {
    let value = values_of(activity, scope).next().unwrap_or_default().to_owned();
    Finding { kind, value, activity: Some(activity.name.id().clone()), fields: Vec::new() }
}

fn differing(row: &Theirs, activity: &Activity) -> Vec<String> {
    let record = &activity.record;
    let fields = [
        ("kind", row.kind != record.kind),
        ("date", row.date != record.date),
        ("quantity", row.quantity != record.quantity),
        ("patient", row.patient.is_some() && row.patient != record.patient),
    ];
    fields.into_iter().filter(|(_, differs)| *differs).map(|(field, _)| field.to_owned()).collect()
}
