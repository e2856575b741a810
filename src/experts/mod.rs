//! Experts: the visiting specialists of a programme, where they work, what ties them to the county, and their time on
//! the roster.
//!
//! An expert's title, specialties and affiliations are facts with days; nothing is rated or ranked. Not here: when an
//! expert can come (`calendars`), who assists (`assistants`), what was done (`sessions`, `activities`).

use serde::{Deserialize, Serialize};

use crate::kernel::{Collection, ExternalId, Grade, Id, Meta, Name, Specialty, Timestamp, vocabulary};
use crate::sites::DivisionCode;

mod affiliations;
pub mod commands;
mod days;
mod licence;
mod merge;
pub mod queries;
pub mod reactions;
mod roster;
pub mod sealed;
pub mod service;
pub mod store;
pub mod wire;

pub use affiliations::{Affiliation, home_hospital_on, two_mains};
pub use days::Days;
pub use licence::{LicenceHash, LicenceNumber, LicenceSecret};
pub use merge::{Merged, merged, too_large};
pub use roster::{Roster, Standing};

/// How many affiliations an expert has at most.
const MAX_AFFILIATIONS: usize = 50;
/// How many ties to the county an expert has at most.
const MAX_HOME_TIES: usize = 20;

/// The collection `experts`.
pub enum Experts {}

impl Collection for Experts {
    const COLLECTION: &'static str = "experts";
}

vocabulary! {
    /// Professional title 职称.
    pub enum ExpertTitle: "ExpertTitle" {
        /// 主任医师.
        Chief = 1 => "CHIEF",
        /// 副主任医师.
        AssociateChief = 2 => "ASSOCIATE_CHIEF",
        /// 主治医师.
        Attending = 3 => "ATTENDING",
        /// 住院医师.
        Resident = 4 => "RESIDENT",
        /// Another title: nurse, pharmacist, technician.
        Other = 5 => "OTHER",
    }
}

vocabulary! {
    /// Where an expert stands, as it is shown, stored and filtered; [`Standing`] is the same with its details.
    pub enum ExpertState: "ExpertState" {
        /// On the roster and open to plans.
        Active = 1 => "ACTIVE",
        /// On the roster, not to be planned with.
        Paused = 2 => "PAUSED",
        /// The roster exit is recorded.
        Exited = 3 => "EXITED",
        /// A duplicate of another expert.
        Merged = 4 => "MERGED",
    }
}

vocabulary! {
    /// Kinds of home tie 乡情.
    pub enum HomeTieKind: "HomeTieKind" {
        /// Born there.
        Born = 1 => "BORN",
        /// The family comes from there.
        Ancestral = 2 => "ANCESTRAL",
        /// Went to school there.
        Studied = 3 => "STUDIED",
        /// Worked there.
        Worked = 4 => "WORKED",
        /// The spouse's home.
        SpouseHome = 5 => "SPOUSE_HOME",
        /// A mentee works there.
        MenteeHere = 6 => "MENTEE_HERE",
    }
}

vocabulary! {
    /// How a yes was heard.
    pub enum ConsentMedium: "ConsentMedium" {
        /// A text message.
        Message = 1 => "MESSAGE",
        /// By telephone.
        Phone = 2 => "PHONE",
        /// A letter.
        Letter = 3 => "LETTER",
        /// In person.
        InPerson = 4 => "IN_PERSON",
    }
}

/// A visiting specialist 专家.
#[derive(Clone, Debug, PartialEq)]
pub struct Expert {
    /// `programmes/{programme}/experts/{expert}`.
    pub name: Name<Experts>,
    /// What an update can replace, but for the roster entry and the licence.
    pub profile: Profile,
    /// The time on the roster, and where the expert stands.
    pub roster: Roster,
    /// The keyed hash of the 执业证书编码, if one was given.
    pub licence: Option<LicenceHash>,
    /// Revision and times.
    pub meta: Meta,
}

/// What an update can replace.
#[derive(Clone, Debug, PartialEq)]
pub struct Profile {
    /// A pseudonym or number, 1 to 64 characters.
    pub display_name: String,
    /// Professional title.
    pub title: ExpertTitle,
    /// 1 to 100, the foremost first, none twice.
    pub specialties: Vec<Specialty>,
    /// At most 50; on no day are two of them main.
    pub affiliations: Vec<Affiliation>,
    /// At most 20.
    pub home_ties: Vec<HomeTie>,
    /// What the expert may do by licence.
    pub scope: Scope,
    /// At most 20 identifiers in other systems.
    pub external_ids: Vec<ExternalId>,
}

impl Profile {
    /// Whether one of the specialties covers what is needed: a parent covers its children.
    #[must_use]
    pub fn practises(&self, needed: &Specialty) -> bool {
        self.specialties.iter().any(|specialty| specialty.covers(needed))
    }

    /// How large it is in an answer, in bytes, at most.
    #[must_use]
    pub fn bytes(&self) -> usize {
        let tie = |tie: &HomeTie| 60 + tie.place.len() + tie.consent.heard_by.len() + tie.consent.words.len();
        let external_ids = self.external_ids.iter().map(|id| 10 + id.system().len() + id.value().len());
        500 + self.display_name.len()
            + (self.specialties.len() + self.scope.specialties.len()) * 10
            + self.scope.text.len()
            + self.affiliations.len() * 190
            + self.home_ties.iter().map(tie).sum::<usize>()
            + external_ids.sum::<usize>()
    }
}

/// What ties an expert to a place here.
#[derive(Clone, Debug, PartialEq)]
pub struct HomeTie {
    /// Its kind.
    pub kind: HomeTieKind,
    /// The county or township, where it is known by its code.
    pub division: Option<DivisionCode>,
    /// The place in words, at most 128 characters; not empty where `division` is unset.
    pub place: String,
    /// The expert's yes to its being recorded and shown.
    pub consent: Consent,
}

impl HomeTie {
    /// Whether it ties to the division or to a township of it.
    #[must_use]
    pub fn leads_to(&self, division: &DivisionCode) -> bool {
        self.division.as_ref().is_some_and(|own| own.as_str().starts_with(division.as_str()))
    }
}

/// 同意: that an expert said yes. Silence is none.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Consent {
    /// Who heard it, a pseudonym or post, 1 to 64 characters.
    pub heard_by: String,
    /// How it was heard.
    pub medium: ConsentMedium,
    /// When it was heard.
    pub heard_time: Timestamp,
    /// In which words, at most 500 characters.
    pub words: String,
}

/// 执业范围: what a licence and an authorisation let an expert do; what is unset isn't limited here.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Scope {
    /// At most 100, none twice; empty: not limited.
    pub specialties: Vec<Specialty>,
    /// The highest grade of operations 手术级别.
    pub operation_grade_limit: Option<Grade>,
    /// What the codes don't say, at most 500 characters.
    pub text: String,
}

/// The ids of an expert's hospitals, each once, for a check that they exist.
#[must_use]
pub fn hospitals_of(affiliations: &[Affiliation]) -> Vec<Id> {
    let mut ids: Vec<Id> = affiliations.iter().map(|affiliation| affiliation.hospital.clone()).collect();
    ids.sort();
    ids.dedup();
    ids
}
