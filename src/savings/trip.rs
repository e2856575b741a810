//! Avoided trips, as versions with what they saved: what a record says, what it is reckoned from, and what it counts.
//!
//! Everything that an amount rests on is in the version's [`Basis`], and the versions of policy and tariffs beside it: whoever explains
//! it reckons the same again. How words become a version is in `settle`.

use std::collections::{BTreeMap, HashSet};

use serde::{Deserialize, Serialize};

use super::bill::Settled;
use super::eligibility::{Attendance, FollowUp, Onward, Service, reverses, stratum};
use super::estimate::{Bills, Facts, estimate};
use super::figures;
use super::line::Rule;
use super::policy::{self, Policy};
use super::rates::Given;
use super::tariff::Book;
use super::travel::{Journey, Places};
use super::{
    Amount, Cases, Component, EvidenceGrade, Part, PartAmount, PersonClass, Proof, ProvenanceClass, Saving, Side,
    Source, Stratum,
};
use crate::activities::VoidReason;
use crate::kernel::{
    Collection, Date, Dimensions, ExternalId, Fen, Fields, Id, Leaf, Meta, Name, Patient, Reason, Result, vocabulary,
};
use crate::sites::DivisionCode;

/// The collection `trips`.
pub enum Trips {}

impl Collection for Trips {
    const COLLECTION: &'static str = "trips";
}

vocabulary! {
    /// Where a trip or a bill stands.
    pub enum TripState: "TripState" {
        /// It counts.
        Recorded = 1 => "RECORDED",
        /// It was taken back and counts nothing.
        Voided = 2 => "VOIDED",
    }
}

vocabulary! {
    /// Why a version of a trip was made.
    pub enum TripCause: "TripCause" {
        /// It is the first one.
        Recorded = 1 => "RECORDED",
        /// Its words were amended.
        Amended = 2 => "AMENDED",
        /// Its bill was recorded or taken back.
        Bill = 3 => "BILL",
        /// One of its activities, or its session, was amended or taken back.
        Followed = 4 => "FOLLOWED",
        /// It was reckoned anew by later versions of tariffs or policy.
        Restated = 5 => "RESTATED",
        /// It was taken back.
        Voided = 6 => "VOIDED",
    }
}

/// How it is known that the trip would have been made, with its record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evidence {
    /// How well.
    pub grade: EvidenceGrade,
    /// The referral, the transfer, the earlier care or the survey; may be empty.
    pub record: String,
    /// The sessions whose patients were asked.
    pub asked: Vec<Id>,
    /// Whether a transfer was on record.
    pub transfer: bool,
}

/// A journey onward with the paper that says so.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OnwardRecord {
    /// When, and what for.
    #[serde(flatten)]
    pub onward: Onward,
    /// The slip or the extract.
    pub document: String,
}

/// What a record says of a trip, beside what its activities say.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Words {
    /// SEEN or IN_VAIN.
    pub attendance: Attendance,
    /// Whether the patient could have been moved.
    pub transferable: bool,
    /// Whether it was screening.
    pub screening: bool,
    /// Of a follow-up.
    pub follow_up: Option<FollowUp>,
    /// How it is known that the trip would have been made.
    pub evidence: Evidence,
    /// The patient's home.
    pub origin: DivisionCode,
    /// Where the patient would have gone.
    pub destination: DivisionCode,
    /// Where care was given; none: the site's.
    pub near: Option<DivisionCode>,
    /// Who would have travelled.
    pub journey: Option<Journey>,
    /// How the patient is insured.
    pub insured: PersonClass,
    /// Which care, as tariffs name it; may be empty.
    pub item: String,
    /// Numbers that the record gives itself.
    pub given: Vec<Given>,
    /// A journey onward.
    pub onward: Option<OnwardRecord>,
}

impl Words {
    /// Notes what contradicts itself, whatever the activities are.
    pub fn refuse_unfit(&self, fields: &mut Fields) {
        match self.attendance {
            Attendance::Seen | Attendance::InVain => {}
            Attendance::NoShow | Attendance::Cancelled => {
                fields.refuse("attendance", Reason::Inconsistent, "must be SEEN or IN_VAIN: else no trip is on record");
            }
        }
        fields.within("evidence", |fields| {
            let Evidence { grade, record, asked, transfer } = &self.evidence;
            let mut unfit = |wrong: bool, field: &str, reason: Reason, text: &str| {
                if wrong {
                    fields.refuse(field, reason, text);
                }
            };
            let nothing = record.is_empty();
            let first = *grade == EvidenceGrade::K1;
            unfit(first && nothing, "record", Reason::Required, "must name what is on record, for K1");
            let asked_none = *grade == EvidenceGrade::K2 && nothing && asked.is_empty();
            let text = "must say in which sessions patients were asked, or `record` which survey, for K2";
            unfit(asked_none, "asked_sessions", Reason::Required, text);
            let asked_others = *grade != EvidenceGrade::K2 && !asked.is_empty();
            unfit(
                asked_others,
                "asked_sessions",
                Reason::Inconsistent,
                "must be unset: only K2 rests on who was asked",
            );
            let unproved = *transfer && !first;
            let text = "must be unset: what is on record is K1";
            unfit(unproved, "transfer_on_record", Reason::Inconsistent, text);
        });
    }

    /// What speaks for the trip. That a patient stood before a closed door is on the record itself.
    #[must_use]
    pub fn proof(&self) -> Proof {
        match self.attendance {
            Attendance::InVain => Proof { grade: EvidenceGrade::K1, transfer: false },
            Attendance::Seen | Attendance::NoShow | Attendance::Cancelled => {
                Proof { grade: self.evidence.grade, transfer: self.evidence.transfer }
            }
        }
    }
}

/// What a settled bill says for a trip's saving.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Billed {
    /// Who paid what of it.
    pub settled: Settled,
    /// Its document.
    pub document: String,
    /// How the patient is insured; none: as the trip says.
    pub insured: Option<PersonClass>,
    /// Which care; empty: as the trip says.
    pub item: String,
    /// What the household paid the expert outside it, 0 to [`MOST_FEN`](super::bill::MOST_FEN).
    pub fee: Fen,
}

/// Everything that a version's amounts are reckoned from, beside prices and policy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Basis {
    /// The record's words.
    pub words: Words,
    /// What was done, as the activities had it.
    pub services: Vec<Service>,
    /// Where care was given.
    pub near: DivisionCode,
    /// Its bill.
    pub bill: Option<Billed>,
}

impl Basis {
    /// What the estimate takes.
    #[must_use]
    pub fn facts(&self, date: Date) -> Facts {
        let words = &self.words;
        let mut given = words.given.clone();
        let mut bills = Bills { settled: None, insured: words.insured, item: words.item.clone() };
        if let Some(bill) = &self.bill {
            bills.settled = Some((bill.settled, bill.document.clone()));
            bills.insured = bill.insured.unwrap_or(words.insured);
            if !bill.item.is_empty() {
                bills.item.clone_from(&bill.item);
            }
            if bill.fee > Fen::ZERO {
                given.retain(|own| own.component != Component::ExpertFee || own.side != Side::Near);
                given.push(Given {
                    component: Component::ExpertFee,
                    side: Side::Near,
                    quantity: None,
                    values: Cases::sure(bill.fee.get()),
                    class: ProvenanceClass::Itemised,
                    document: bill.document.clone(),
                });
            }
        }
        Facts {
            date,
            services: self.services.clone(),
            attendance: words.attendance,
            transferable: words.transferable,
            follow_up: words.follow_up,
            proof: words.proof(),
            places: Places {
                origin: words.origin.clone(),
                destination: words.destination.clone(),
                near: self.near.clone(),
            },
            journey: words.journey.clone(),
            bills,
            given,
            onward: words.onward.as_ref().map(|it| it.onward.clone()),
        }
    }

    /// The stratum that its saving is counted in.
    #[must_use]
    pub fn stratum(&self) -> Stratum {
        stratum(self.words.follow_up)
    }
}

/// Versions of policy and tariffs that savings are reckoned by.
#[derive(Clone, Debug, Default)]
pub struct Prices {
    /// The policies.
    pub policies: Vec<Policy>,
    /// The tariffs.
    pub book: Book,
}

/// What a trip saved, and by which versions it was reckoned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reckoned {
    /// The policy version.
    pub policy: Id,
    /// The tariff versions, each once, by id.
    pub tariffs: Vec<Id>,
    /// Every part.
    pub parts: BTreeMap<Part, PartAmount>,
}

impl Prices {
    /// Reckons a saving with its lines.
    ///
    /// # Errors
    /// `SAVING_POLICY_GAP`, `TARIFF_GAP`, `AMOUNT_OUT_OF_RANGE`.
    pub fn reckon(&self, date: Date, basis: &Basis) -> Result<(Reckoned, Saving)> {
        let policy = policy::on(&self.policies, date)?;
        let saving = estimate(&basis.facts(date), policy, &self.book)?;
        let mut tariffs: Vec<Id> = saving
            .lines
            .iter()
            .filter_map(|line| match &line.source {
                Source::Tariff { tariff, .. } => Id::parse(tariff).ok(),
                Source::Document(_) | Source::Reckoned => None,
            })
            .collect();
        tariffs.sort();
        tariffs.dedup();
        Ok((Reckoned { policy: policy.id.clone(), tariffs, parts: saving.parts.clone() }, saving))
    }
}

/// One version of a trip.
#[derive(Clone, Debug, PartialEq)]
pub struct Trip {
    /// `programmes/{programme}/trips/{trip}`.
    pub name: Name<Trips>,
    /// What was done on its account, by date and id; empty for one in vain.
    pub activities: Vec<Id>,
    /// The session that wasn't held, for one in vain.
    pub session: Option<Id>,
    /// Whose it is.
    pub patient: Patient,
    /// Where it is counted, as of the service date.
    pub dimensions: Dimensions,
    /// What its amounts are reckoned from.
    pub basis: Basis,
    /// Its bill's record.
    pub encounter: Option<Id>,
    /// What it saved; in a version that was taken back, what it had saved.
    pub reckoned: Reckoned,
    /// Where it stands.
    pub state: TripState,
    /// Why this version was made.
    pub cause: TripCause,
    /// Why it was taken back; exactly for voided ones.
    pub void_reason: Option<VoidReason>,
    /// The subject who made this version.
    pub recorder: String,
    /// The place of the first version in its batch, from 0.
    pub batch_row: Option<i64>,
    /// The sequence from which it stands.
    pub since_sequence: i64,
    /// The sequence from which a later version stands.
    pub until_sequence: Option<i64>,
    /// The version's number, when the first version was made and when this one was.
    pub meta: Meta,
    /// Identifiers in other systems; the present ones in all versions.
    pub external_ids: Vec<ExternalId>,
}

impl Trip {
    /// Whether it counts among what is attested: all of its activities are.
    #[must_use]
    pub fn is_attested(&self, attested: &HashSet<Id>) -> bool {
        self.activities.iter().all(|activity| attested.contains(activity))
    }

    /// The stored amounts as a saving without its lines; nothing where it was taken back.
    ///
    /// # Errors
    /// `AMOUNT_OUT_OF_RANGE`.
    pub fn saving(&self) -> Result<Saving> {
        let saving = Saving {
            parts: self.reckoned.parts.clone(),
            lines: Vec::new(),
            stratum: self.basis.stratum(),
            comparison: None,
        };
        match self.state {
            TripState::Recorded => Ok(saving),
            TripState::Voided => saving.reversed(Rule::Void),
        }
    }

    /// What this version counts; voided ones count nothing, and their change exactly minus what was counted.
    ///
    /// # Errors
    /// `AMOUNT_OUT_OF_RANGE`.
    pub fn leaf(&self) -> Result<Option<Leaf>> {
        match self.state {
            TripState::Recorded => {
                let words = &self.basis.words;
                let onward = words.onward.as_ref().map(|it| &it.onward);
                let reversed = onward.is_some_and(|onward| reverses(self.dimensions.date, onward));
                let saving = self.saving()?;
                let mut quantities = figures::quantities(&saving, words.attendance, reversed)?;
                quantities.extend(figures::told(&saving, words.attendance, &self.basis.services)?);
                Ok(Some(Leaf { dimensions: self.dimensions.clone(), quantities, attested: false }))
            }
            TripState::Voided => Ok(None),
        }
    }

    /// The base case of a part; none: it isn't known.
    #[must_use]
    pub fn base_fen(&self, part: Part) -> Option<i64> {
        match self.reckoned.parts.get(&part).map(|it| it.amount) {
            Some(Amount::Known(amount)) => Some(amount.base.get()),
            Some(Amount::Excluded(_)) => Some(0),
            Some(Amount::Unknown(_)) | None => None,
        }
    }

    /// How large it is in an answer, in bytes, at most.
    #[must_use]
    pub fn bytes(&self) -> usize {
        let name = 95 + self.name.programme().as_str().len();
        let words = &self.basis.words;
        let names = 6 + self.activities.len() + words.evidence.asked.len() + self.reckoned.tariffs.len();
        let given: usize = words.given.iter().map(|it| 60 + it.document.len()).sum();
        let external: usize = self.external_ids.iter().map(|it| it.system().len() + it.value().len() + 10).sum();
        let texts = words.evidence.record.len()
            + words.item.len()
            + words.onward.as_ref().map_or(0, |it| it.document.len())
            + self.patient.issuer().len()
            + self.patient.token().len()
            + self.recorder.len();
        1_500 + names * name + given + external + texts
    }
}
