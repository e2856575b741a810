//! What can save a household anything at all, and what can't, by kind of care and by what became of it.

use serde::{Deserialize, Serialize};

use crate::activities::leaf::{self, NoTrip};
use crate::activities::{Kind, Performer};
use crate::kernel::{Date, SessionKind, vocabulary};

use super::{Proof, Stratum};

vocabulary! {
    /// Why a part of a saving is nothing by rule: it isn't missing, and it isn't eligible for coverage.
    pub enum Exclusion: "SavingExclusion" {
        /// 义诊.
        FreeClinic = 1 => "FREE_CLINIC",
        /// Screening: nobody would have travelled for it.
        Screening = 2 => "SCREENING",
        /// 查房.
        WardRound = 3 => "WARD_ROUND",
        /// 带教, 讲座 and case conferences.
        Teaching = 4 => "TEACHING",
        /// A number of patients, none of them known.
        Headcount = 5 => "HEADCOUNT",
        /// A case of local surgeons alone.
        LocalCase = 6 => "LOCAL_CASE",
        /// The patient didn't come.
        NoShow = 7 => "NO_SHOW",
        /// The session was cancelled.
        Cancelled = 8 => "CANCELLED",
        /// An emergency, or not transferable, without a transfer on record: no travel was avoided.
        Emergency = 9 => "EMERGENCY",
        /// A follow-up for which no trip would have been needed.
        FollowUp = 10 => "FOLLOW_UP",
    }
}

vocabulary! {
    /// Why a part of a saving isn't known: it is left out of every sum and lowers the coverage.
    pub enum Unknown: "SavingUnknown" {
        /// Nobody says who would have travelled.
        NoJourney = 1 => "NO_JOURNEY",
        /// The bill near home isn't known.
        NoNearBill = 2 => "NO_NEAR_BILL",
        /// What care would have cost at the far place isn't known.
        NoAwayBill = 3 => "NO_AWAY_BILL",
    }
}

vocabulary! {
    /// What became of the patient's appointment.
    pub enum Attendance: "SavingAttendance" {
        /// Care was given.
        Seen = 1 => "SEEN",
        /// The patient didn't come.
        NoShow = 2 => "NO_SHOW",
        /// The session was cancelled in time.
        Cancelled = 3 => "CANCELLED",
        /// The patient travelled to a session that was cancelled: a negative local trip.
        InVain = 4 => "IN_VAIN",
    }
}

/// One service that was given on a trip's account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Service {
    /// The kind of session it belongs under.
    pub session_kind: SessionKind,
    /// What kind of service it is.
    pub kind: Kind,
    /// Who operated, for cases.
    pub performer: Option<Performer>,
    /// Whether it was screening.
    pub screening: bool,
}

/// Why a service saves nothing; none: it can.
#[must_use]
pub fn exclusion(service: &Service) -> Option<Exclusion> {
    if service.screening {
        return Some(Exclusion::Screening);
    }
    let no_trip = leaf::no_trip(service.session_kind, service.kind, service.performer)?;
    Some(match no_trip {
        NoTrip::FreeClinic => Exclusion::FreeClinic,
        NoTrip::WardRound => Exclusion::WardRound,
        NoTrip::Teaching => Exclusion::Teaching,
        NoTrip::Headcount => Exclusion::Headcount,
        NoTrip::LocalCase => Exclusion::LocalCase,
    })
}

/// Why the whole saving is nothing; none: it can be something. Several services are excluded only together.
#[must_use]
pub fn excluded(services: &[Service], attendance: Attendance, follow_up: Option<FollowUp>) -> Option<Exclusion> {
    let first = services.iter().map(exclusion).reduce(|all, next| all.and(next)).flatten();
    let by_attendance = match attendance {
        Attendance::Seen | Attendance::InVain => None,
        Attendance::NoShow => Some(Exclusion::NoShow),
        Attendance::Cancelled => Some(Exclusion::Cancelled),
    };
    let by_follow_up = follow_up.filter(|it| !it.trip_needed).map(|_| Exclusion::FollowUp);
    by_attendance.or(first).or(by_follow_up)
}

/// A visit after a first one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct FollowUp {
    /// Whether a trip to the far place would have been needed for it.
    pub trip_needed: bool,
}

/// The stratum of a first visit or a follow-up.
#[must_use]
pub fn stratum(follow_up: Option<FollowUp>) -> Stratum {
    follow_up.map_or(Stratum::First, |_| Stratum::FollowUp)
}

/// Whether travel can be saved: not by an emergency or somebody who couldn't be moved, unless a transfer was on record.
#[must_use]
pub fn saves_travel(transferable: bool, proof: Proof) -> bool {
    transferable || proof.transfer
}

/// How many days after the service onward travel takes the trip back, the last one included.
pub const ONWARD_DAYS: i64 = 30;

/// A journey onward, as a slip or an extract says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Onward {
    /// When.
    #[serde(with = "crate::kernel::day")]
    pub date: Date,
    /// Whether it was for the same problem.
    pub same_problem: bool,
}

/// Whether onward travel takes the trip back.
#[must_use]
pub fn reverses(service: Date, onward: &Onward) -> bool {
    onward.same_problem && (0..=ONWARD_DAYS).contains(&(onward.date - service).num_days())
}
