//! What some kinds say besides: new or follow-up, the assistant's part in a case, a technique, a gap's level. Pure.

use super::{Kind, Operation, Performer};
use crate::kernel::{Fields, Id, Reason, vocabulary};

vocabulary! {
    /// Whether a consultation is for a new complaint.
    pub enum ConsultationType: "ConsultationType" {
        /// 初诊.
        New = 1 => "NEW",
        /// 复诊.
        FollowUp = 2 => "FOLLOW_UP",
    }
}

vocabulary! {
    /// What the assistant did in an operation case: the rungs of the skill ladder, the lowest first.
    pub enum AssistantPart: "AssistantPart" {
        /// Watched.
        Observed = 1 => "OBSERVED",
        /// Assisted the expert.
        Assisted = 2 => "ASSISTED",
        /// Operated, with the expert at the table or in the house.
        Supervised = 3 => "SUPERVISED",
        /// Operated alone.
        Independent = 4 => "INDEPENDENT",
    }
}

vocabulary! {
    /// Who couldn't do it before.
    pub enum GapLevel: "GapLevel" {
        /// 县级.
        County = 1 => "COUNTY",
        /// 市级.
        City = 2 => "CITY",
        /// 省级.
        Province = 3 => "PROVINCE",
    }
}

/// The longest name of a technique, in characters.
pub const MOST_TECHNIQUE: usize = 100;

/// What some kinds say besides.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Details {
    /// Of consultations and headcounts, where it is known.
    pub consultation_type: Option<ConsultationType>,
    /// Of operation cases: the local assistant in it.
    pub assistant: Option<Id>,
    /// What the assistant did; exactly where there is one.
    pub part: Option<AssistantPart>,
    /// Of techniques and gaps filled: what can be done now; else empty.
    pub technique: String,
    /// Of gaps filled: whose gap it was.
    pub gap_level: Option<GapLevel>,
}

impl Details {
    /// Notes what contradicts the kind, or who operated.
    pub fn refuse_unfit(&self, kind: Kind, operation: Option<&Operation>, fields: &mut Fields) {
        let mut unfit = |wrong: bool, field: &str, reason: Reason, text: &str| {
            if wrong {
                fields.refuse(field, reason, text);
            }
        };
        let seen = matches!(kind, Kind::Consultation | Kind::Headcount);
        let text = "must be unset: only consultations are new or follow-up";
        unfit(!seen && self.consultation_type.is_some(), "consultation_type", Reason::Inconsistent, text);

        let is_case = kind == Kind::OperationCase;
        let text = "must be unset: only an operation case has an assistant's part";
        unfit(!is_case && self.assistant.is_some(), "assistant", Reason::Inconsistent, text);
        unfit(!is_case && self.part.is_some(), "assistant_part", Reason::Inconsistent, text);
        let halves = is_case && self.assistant.is_some() != self.part.is_some();
        unfit(halves, "assistant_part", Reason::Inconsistent, "must be set exactly where there is an assistant");
        let contradicts = self.part.zip(operation).is_some_and(|(part, case)| !part.fits(case.performer));
        let text =
            "must fit the performer: SUPERVISED is ASSISTANT_SUPERVISED, INDEPENDENT is LOCAL, the others EXPERT";
        unfit(contradicts, "assistant_part", Reason::Inconsistent, text);

        let named = matches!(kind, Kind::Technique | Kind::GapFilled);
        unfit(named && self.technique.is_empty(), "technique", Reason::Required, "must say what can be done now");
        let text = "must be unset: only techniques and gaps filled name one";
        unfit(!named && !self.technique.is_empty(), "technique", Reason::Inconsistent, text);
        let is_gap = kind == Kind::GapFilled;
        unfit(is_gap && self.gap_level.is_none(), "gap_level", Reason::Required, "must say whose gap it was");
        let text = "must be unset: only a gap filled has a level";
        unfit(!is_gap && self.gap_level.is_some(), "gap_level", Reason::Inconsistent, text);
    }
}

impl AssistantPart {
    /// Whether the assistant can have done this in a case that was performed so.
    #[must_use]
    pub fn fits(self, performer: Performer) -> bool {
        match self {
            AssistantPart::Observed | AssistantPart::Assisted => performer == Performer::Expert,
            AssistantPart::Supervised => performer == Performer::AssistantSupervised,
            AssistantPart::Independent => performer == Performer::Local,
        }
    }
}
