//! Enumerations: one declaration gives a value its number on the wire and its code in the database.
//!
//! The numbers are the proto's; `tests/it/vocabularies.rs` compares every one with the descriptor.
use chrono::NaiveTime;
use serde::{Deserialize, Serialize};

/// An enumeration whose values have a number on the wire and a code in the database.
pub trait Vocabulary: Copy + 'static {
    /// The enum's name in the proto.
    const ENUM: &'static str;
    /// Every value, in the proto's order; never empty.
    const ALL: &'static [Self];
    /// The number on the wire; never 0, which means "not said".
    fn number(self) -> i32;
    /// The stored text: the name of the proto's value without the enum's prefix.
    fn code(self) -> &'static str;
    /// The value with this number.
    fn from_number(number: i32) -> Option<Self>;
    /// The value with this code.
    fn from_code(code: &str) -> Option<Self>;
}

/// Declares an enum that is a [`Vocabulary`]: `pub enum SiteLevel: "SiteLevel" { County = 1 => "COUNTY", … }`, each
/// value with its doc comment. In JSON a value is its code.
macro_rules! vocabulary {
    ($(#[$meta:meta])* pub enum $name:ident : $proto:literal {
        $($(#[$doc:meta])* $value:ident = $number:literal => $code:literal),+ $(,)?
    }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum $name { $($(#[$doc])* $value),+ }

        impl $crate::kernel::Vocabulary for $name {
            const ENUM: &'static str = $proto;
            const ALL: &'static [Self] = &[$(Self::$value),+];

            fn number(self) -> i32 {
                match self { $(Self::$value => $number),+ }
            }

            fn code(self) -> &'static str {
                match self { $(Self::$value => $code),+ }
            }

            fn from_number(number: i32) -> Option<Self> {
                match number { $($number => Some(Self::$value),)+ _ => None }
            }

            fn from_code(code: &str) -> Option<Self> {
                match code { $($code => Some(Self::$value),)+ _ => None }
            }
        }

        impl ::serde::Serialize for $name {
            fn serialize<S: ::serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str($crate::kernel::Vocabulary::code(*self))
            }
        }

        impl<'de> ::serde::Deserialize<'de> for $name {
            fn deserialize<D: ::serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let code = <::std::borrow::Cow<'de, str> as ::serde::Deserialize>::deserialize(deserializer)?;
                let value = <Self as $crate::kernel::Vocabulary>::from_code(&code);
                value.ok_or_else(|| ::serde::de::Error::custom(concat!("no value of ", $proto)))
            }
        }
    };
}
pub(crate) use vocabulary;

vocabulary! {
    /// 午别: half a day in the site's zone, divided at 13:00.
    pub enum HalfDay: "HalfDay" {
        /// Before 13:00.
        Morning = 1 => "MORNING",
        /// From 13:00 on.
        Afternoon = 2 => "AFTERNOON",
    }
}

impl HalfDay {
    /// Where the day is divided: 13:00 on the site's wall, which belongs to the afternoon.
    pub const DIVISION: NaiveTime = match NaiveTime::from_hms_opt(13, 0, 0) {
        Some(time) => time,
        None => NaiveTime::MIN,
    };

    /// The half-day of a time on the wall.
    #[must_use]
    pub fn of(time: NaiveTime) -> Self {
        if time < Self::DIVISION { Self::Morning } else { Self::Afternoon }
    }
}

vocabulary! {
    /// What a session is: the lawful basis, the room and the counting depend on it.
    pub enum SessionKind: "SessionKind" {
        /// 坐诊: an outpatient clinic within one half-day; held, it is a sitting.
        Clinic = 1 => "CLINIC",
        /// 手术: a theatre list of operation cases.
        Operation = 2 => "OPERATION",
        /// 院外会诊: a consultation outside the home hospital for one named inpatient.
        OutConsultation = 3 => "OUT_CONSULTATION",
        /// 查房: a ward round.
        WardRound = 4 => "WARD_ROUND",
        /// 带教: teaching at the bedside or bench.
        Teaching = 5 => "TEACHING",
        /// 讲座: a lecture.
        Lecture = 6 => "LECTURE",
        /// 病例讨论: a case conference.
        CaseConference = 7 => "CASE_CONFERENCE",
        /// 远程会诊: a remote consultation.
        RemoteConsultation = 8 => "REMOTE_CONSULTATION",
        /// 义诊: a free clinic, counted apart from sittings.
        FreeClinic = 9 => "FREE_CLINIC",
    }
}

vocabulary! {
    /// Where a patient lives, as of the service date.
    pub enum Residence: "Residence" {
        /// In the programme's own county.
        OwnCounty = 1 => "OWN_COUNTY",
        /// In a neighbouring county.
        Neighbouring = 2 => "NEIGHBOURING",
        /// Not known.
        Unknown = 3 => "UNKNOWN",
    }
}

/// The grade of an operation, 1 (least risk) to 4; whose list gives it stands beside it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "i64", into = "i64")]
pub struct Grade(u8);

impl Grade {
    /// The grade with this number, 1 to 4.
    #[must_use]
    pub fn new(number: i64) -> Option<Self> {
        u8::try_from(number).ok().filter(|number| (1..=4).contains(number)).map(Self)
    }

    /// 1 to 4.
    #[must_use]
    pub fn number(self) -> i64 {
        self.0.into()
    }
}

impl TryFrom<i64> for Grade {
    type Error = &'static str;

    fn try_from(number: i64) -> Result<Self, &'static str> {
        Self::new(number).ok_or("a grade is 1 to 4")
    }
}

impl From<Grade> for i64 {
    fn from(grade: Grade) -> Self {
        grade.number()
    }
}
