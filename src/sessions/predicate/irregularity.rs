//! Every rule that can stand against a session, as one enumeration: its class, the reason it refuses a plan with, its words,
//! and for how long what it found goes on being true.
use crate::kernel::{Reason, vocabulary};

vocabulary! {
    /// What was missing or broken in a session.
    pub enum Irregularity: "Irregularity" {
        /// No consent of the expert is on record.
        NoConsent = 1 => "NO_CONSENT",
        /// No assistant was there.
        NoAssistant = 2 => "NO_ASSISTANT",
        /// The expert was in another session at the time.
        OverlapExpert = 3 => "OVERLAP_EXPERT",
        /// The assistant was in another session at the time.
        OverlapAssistant = 4 => "OVERLAP_ASSISTANT",
        /// The room had another session at the time.
        OverlapRoom = 5 => "OVERLAP_ROOM",
        /// The expert wasn't on the roster that day.
        NotOnRoster = 6 => "NOT_ON_ROSTER",
        /// The expert had paused.
        ExpertPaused = 7 => "EXPERT_PAUSED",
        /// The site wasn't licensed for the specialty.
        SiteNotLicensed = 8 => "SITE_NOT_LICENSED",
        /// The site was closed.
        SiteClosed = 9 => "SITE_CLOSED",
        /// The room isn't one for this kind of session.
        RoomKindUnfit = 10 => "ROOM_KIND_UNFIT",
        /// The assistant wasn't paired with the expert at the site that day.
        NoPairing = 11 => "NO_PAIRING",
        /// The assistant was on leave.
        AssistantOnLeave = 12 => "ASSISTANT_ON_LEAVE",
        /// A clinic reached over 13:00 or midnight.
        CrossesHalfDay = 13 => "CROSSES_HALF_DAY",
        /// An operation named no local physician before or after it.
        NoResponsiblePhysician = 14 => "NO_RESPONSIBLE_PHYSICIAN",
        /// The time between two sessions of a person was shorter than the journey.
        TravelTooShort = 15 => "TRAVEL_TOO_SHORT",
        /// The journey between two sessions of a person on one day isn't known.
        TravelUnknown = 16 => "TRAVEL_UNKNOWN",
        /// The expert had said to be away.
        ExpertAbsent = 17 => "EXPERT_ABSENT",
        /// A limit that the expert has set was passed.
        CharterLimit = 18 => "CHARTER_LIMIT",
        /// The expert's licence wasn't in force.
        LicenceNotInForce = 19 => "LICENCE_NOT_IN_FORCE",
        /// No basis in law let the expert do this at the site that day.
        NoLawfulBasis = 20 => "NO_LAWFUL_BASIS",
        /// The patient's dossier was missing.
        DossierRequired = 21 => "DOSSIER_REQUIRED",
        /// The specialty is outside what the expert's licence lets the expert practise.
        OutOfScope = 22 => "OUT_OF_SCOPE",
        /// An operation list named no grade.
        GradeRequired = 23 => "GRADE_REQUIRED",
        /// The grade is above the site's filed list.
        GradeNotFiled = 24 => "GRADE_NOT_FILED",
        /// The surgeon wasn't authorised for the grade at the site.
        SurgeonNotAuthorised = 25 => "SURGEON_NOT_AUTHORISED",
        /// The home hospital worked that day in lieu of a holiday.
        HomeMakeupWorkday = 26 => "HOME_MAKEUP_WORKDAY",
        /// The assistant had left the site.
        AssistantEnded = 27 => "ASSISTANT_ENDED",
        /// The responsible local physician was away or had left.
        PhysicianAway = 28 => "PHYSICIAN_AWAY",
        /// No standing offer of the expert covers it.
        NoOffer = 29 => "NO_OFFER",
    }
}

vocabulary! {
    /// Whether a rule can ever be set aside.
    pub enum RuleClass: "RuleClass" {
        /// For patients' safety: never.
        Safety = 1 => "SAFETY",
        /// The expert's yes: never.
        Consent = 2 => "CONSENT",
        /// Planning: by a role, with a reason.
        Planning = 3 => "PLANNING",
    }
}

/// For how long what was found about one expert, site and kind goes on being true, whatever the time of day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Lasts {
    /// For this interval only.
    Instant,
    /// For every start on this civil day of the site.
    Day,
    /// For every day that the search looks at.
    Always,
}

impl Irregularity {
    /// Why a plan with this finding is refused; none: it doesn't refuse a plan, it is listed only.
    #[must_use]
    pub const fn refusal(self) -> Option<Reason> {
        match self {
            Irregularity::NoConsent => Some(Reason::ConsentRequired),
            Irregularity::OverlapExpert => Some(Reason::ExpertOccupied),
            Irregularity::OverlapAssistant => Some(Reason::AssistantOccupied),
            Irregularity::OverlapRoom => Some(Reason::RoomOccupied),
            Irregularity::NotOnRoster => Some(Reason::NotOnRoster),
            Irregularity::ExpertPaused => Some(Reason::ExpertPaused),
            Irregularity::SiteNotLicensed => Some(Reason::SiteNotLicensed),
            Irregularity::SiteClosed => Some(Reason::SiteClosed),
            Irregularity::RoomKindUnfit => Some(Reason::RoomKindUnfit),
            Irregularity::AssistantOnLeave => Some(Reason::AssistantOnLeave),
            Irregularity::CrossesHalfDay => Some(Reason::CrossesHalfDay),
            Irregularity::NoResponsiblePhysician => Some(Reason::ResponsiblePhysicianRequired),
            Irregularity::TravelTooShort => Some(Reason::TravelTooShort),
            Irregularity::TravelUnknown => Some(Reason::TravelUnknown),
            Irregularity::ExpertAbsent => Some(Reason::ExpertAbsent),
            Irregularity::CharterLimit => Some(Reason::CharterLimit),
            Irregularity::LicenceNotInForce => Some(Reason::LicenceNotInForce),
            Irregularity::NoLawfulBasis => Some(Reason::NoLawfulBasis),
            Irregularity::DossierRequired => Some(Reason::DossierRequired),
            Irregularity::OutOfScope => Some(Reason::OutOfScope),
            Irregularity::GradeRequired => Some(Reason::GradeRequired),
            Irregularity::GradeNotFiled => Some(Reason::GradeNotFiled),
            Irregularity::SurgeonNotAuthorised => Some(Reason::SurgeonNotAuthorised),
            Irregularity::AssistantEnded => Some(Reason::AssistantEnded),
            Irregularity::PhysicianAway => Some(Reason::PhysicianAway),
            Irregularity::NoOffer => Some(Reason::OfferRequired),
            Irregularity::NoAssistant | Irregularity::NoPairing | Irregularity::HomeMakeupWorkday => None,
        }
    }

    /// Whether the rule behind it can ever be set aside.
    #[must_use]
    pub const fn class(self) -> RuleClass {
        match self {
            Irregularity::NoConsent
            | Irregularity::NoOffer
            | Irregularity::ExpertPaused
            | Irregularity::ExpertAbsent
            | Irregularity::CharterLimit => RuleClass::Consent,
            // Nobody is in two places, whoever says so: the tables would refuse it too.
            Irregularity::OverlapExpert
            | Irregularity::OverlapAssistant
            | Irregularity::OverlapRoom
            | Irregularity::SiteNotLicensed
            | Irregularity::NoResponsiblePhysician
            | Irregularity::PhysicianAway
            | Irregularity::RoomKindUnfit
            | Irregularity::LicenceNotInForce
            | Irregularity::NoLawfulBasis
            | Irregularity::DossierRequired
            | Irregularity::OutOfScope
            | Irregularity::GradeRequired
            | Irregularity::GradeNotFiled
            | Irregularity::SurgeonNotAuthorised => RuleClass::Safety,
            Irregularity::NoAssistant
            | Irregularity::NotOnRoster
            | Irregularity::SiteClosed
            | Irregularity::NoPairing
            | Irregularity::AssistantOnLeave
            | Irregularity::AssistantEnded
            | Irregularity::CrossesHalfDay
            | Irregularity::HomeMakeupWorkday
            | Irregularity::TravelTooShort
            | Irregularity::TravelUnknown => RuleClass::Planning,
        }
    }

    /// Whether it is about a paper: what an emergency may hand in afterwards.
    #[must_use]
    pub const fn is_paper(self) -> bool {
        match self {
            Irregularity::LicenceNotInForce
            | Irregularity::NoLawfulBasis
            | Irregularity::DossierRequired
            | Irregularity::OutOfScope
            | Irregularity::GradeRequired
            | Irregularity::GradeNotFiled
            | Irregularity::SurgeonNotAuthorised
            | Irregularity::SiteNotLicensed => true,
            Irregularity::NoConsent
            | Irregularity::NoOffer
            | Irregularity::ExpertPaused
            | Irregularity::ExpertAbsent
            | Irregularity::CharterLimit
            | Irregularity::OverlapExpert
            | Irregularity::OverlapAssistant
            | Irregularity::OverlapRoom
            | Irregularity::NoResponsiblePhysician
            | Irregularity::PhysicianAway
            | Irregularity::RoomKindUnfit
            | Irregularity::NoAssistant
            | Irregularity::NotOnRoster
            | Irregularity::SiteClosed
            | Irregularity::NoPairing
            | Irregularity::AssistantOnLeave
            | Irregularity::AssistantEnded
            | Irregularity::CrossesHalfDay
            | Irregularity::HomeMakeupWorkday
            | Irregularity::TravelTooShort
            | Irregularity::TravelUnknown => false,
        }
    }

    /// For how long it goes on being true of the same expert, site, kind, specialty and grade: what lets a search pass over
    /// starts without asking again.
    #[must_use]
    pub const fn lasts(self) -> Lasts {
        match self {
            Irregularity::SiteNotLicensed | Irregularity::OutOfScope | Irregularity::GradeRequired => Lasts::Always,
            Irregularity::NotOnRoster
            | Irregularity::ExpertPaused
            | Irregularity::LicenceNotInForce
            | Irregularity::NoLawfulBasis
            | Irregularity::DossierRequired
            | Irregularity::GradeNotFiled
            | Irregularity::SurgeonNotAuthorised => Lasts::Day,
            Irregularity::NoConsent
            | Irregularity::NoOffer
            | Irregularity::ExpertAbsent
            | Irregularity::CharterLimit
            | Irregularity::OverlapExpert
            | Irregularity::OverlapAssistant
            | Irregularity::OverlapRoom
            | Irregularity::NoResponsiblePhysician
            | Irregularity::PhysicianAway
            | Irregularity::RoomKindUnfit
            | Irregularity::NoAssistant
            | Irregularity::SiteClosed
            | Irregularity::NoPairing
            | Irregularity::AssistantOnLeave
            | Irregularity::AssistantEnded
            | Irregularity::CrossesHalfDay
            | Irregularity::HomeMakeupWorkday
            | Irregularity::TravelTooShort
            | Irregularity::TravelUnknown => Lasts::Instant,
        }
    }

    /// What it says, for people.
    pub(super) const fn sentence(self) -> &'static str {
        match self {
            Irregularity::NoConsent => "the expert's yes, heard before the session, is missing",
            Irregularity::NoAssistant => "no assistant is named",
            Irregularity::OverlapExpert => "the expert is in another session, buffers counted",
            Irregularity::OverlapAssistant => "the assistant is in another session, buffers counted",
            Irregularity::OverlapRoom => "the room has another session, turnover counted",
            Irregularity::NotOnRoster => "the expert isn't on the roster that day",
            Irregularity::ExpertPaused => "the expert has paused",
            Irregularity::SiteNotLicensed => "the site isn't licensed for the specialty",
            Irregularity::SiteClosed => "the site or the room is closed",
            Irregularity::RoomKindUnfit => "the room isn't one for this kind of session",
            Irregularity::NoPairing => "the assistant isn't paired with the expert at the site that day",
            Irregularity::AssistantOnLeave => "the assistant is away",
            Irregularity::CrossesHalfDay => "a clinic must lie within one half-day, divided at 13:00",
            Irregularity::NoResponsiblePhysician => "an operation names the local physicians before and after it",
            Irregularity::TravelTooShort => "the time to another session is shorter than the journey",
            Irregularity::TravelUnknown => "the journey to another session that day isn't known",
            Irregularity::ExpertAbsent => "the expert has said to be away",
            Irregularity::CharterLimit => "a limit that the expert has set would be passed",
            Irregularity::LicenceNotInForce => "the expert's licence isn't in force that day",
            Irregularity::NoLawfulBasis => "no basis in law lets the expert do this at the site that day",
            Irregularity::DossierRequired => "the patient's dossier is missing",
            Irregularity::OutOfScope => "the specialty is outside the expert's scope of practice",
            Irregularity::GradeRequired => "an operation list names the highest grade that is planned",
            Irregularity::GradeNotFiled => "the grade is above the site's filed list that day",
            Irregularity::SurgeonNotAuthorised => "the surgeon isn't authorised for the grade at the site that day",
            Irregularity::HomeMakeupWorkday => "the home hospital works that day in lieu of a holiday",
            Irregularity::AssistantEnded => "the assistant has left the site",
            Irregularity::PhysicianAway => "the responsible local physician is away or has left",
            Irregularity::NoOffer => "no standing offer of the expert covers it",
        }
    }
}
