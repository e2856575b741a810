//! What is said in each language: kinds, states, days of the week and labels.

use chrono::{Datelike as _, Timelike as _};

use super::Language;
use crate::calendars::Weekday;
use crate::kernel::{Date, SessionKind, Timestamp, Zone};
use crate::sessions::SessionState;

/// What a kind of session is called.
#[must_use]
pub fn kind(kind: SessionKind, language: Language) -> &'static str {
    let (chinese, english) = match kind {
        SessionKind::Clinic => ("坐诊", "Clinic"),
        SessionKind::Operation => ("手术", "Operations"),
        SessionKind::OutConsultation => ("院外会诊", "Consultation on an inpatient"),
        SessionKind::WardRound => ("查房", "Ward round"),
        SessionKind::Teaching => ("带教", "Teaching"),
        SessionKind::Lecture => ("讲座", "Lecture"),
        SessionKind::CaseConference => ("病例讨论", "Case conference"),
        SessionKind::RemoteConsultation => ("远程会诊", "Remote consultation"),
        SessionKind::FreeClinic => ("义诊", "Free clinic"),
    };
    language.choose(chinese, english)
}

/// What a state is called.
#[must_use]
pub fn state(state: SessionState, language: Language) -> &'static str {
    let (chinese, english) = match state {
        SessionState::Tentative => ("暂定", "on hold"),
        SessionState::Proposed => ("待答复", "proposed"),
        SessionState::Confirmed => ("已确认", "confirmed"),
        SessionState::InProgress => ("进行中", "in progress"),
        SessionState::Completed => ("已完成", "completed"),
        SessionState::NotHeld => ("未举行", "not held"),
        SessionState::Cancelled => ("已取消", "cancelled"),
        SessionState::Lapsed => ("已失效", "lapsed"),
        SessionState::Voided => ("已作废", "voided"),
    };
    language.choose(chinese, english)
}

/// A day with its weekday.
#[must_use]
pub fn date(date: Date, language: Language) -> String {
    let (chinese, english) = match Weekday::of(date) {
        Weekday::Monday => ("周一", "Monday"),
        Weekday::Tuesday => ("周二", "Tuesday"),
        Weekday::Wednesday => ("周三", "Wednesday"),
        Weekday::Thursday => ("周四", "Thursday"),
        Weekday::Friday => ("周五", "Friday"),
        Weekday::Saturday => ("周六", "Saturday"),
        Weekday::Sunday => ("周日", "Sunday"),
    };
    match language {
        Language::Chinese => format!("{}年{}月{}日 {chinese}", date.year(), date.month(), date.day()),
        Language::English => format!("{english} {}", date.format("%-d %B %Y")),
    }
}

/// A time on the wall of a zone.
#[must_use]
pub fn time(zone: Zone, instant: Timestamp) -> String {
    let local = zone.local(instant);
    format!("{:02}:{:02}", local.hour(), local.minute())
}

/// A day and a time on the wall of a zone.
#[must_use]
pub fn moment(zone: Zone, instant: Timestamp, language: Language) -> String {
    format!("{} {}", date(zone.date_of(instant), language), time(zone, instant))
}

/// A label and what stands behind it.
#[must_use]
pub fn labelled(label: &str, value: &str, language: Language) -> String {
    match language {
        Language::Chinese => format!("{label}：{value}"),
        Language::English => format!("{label}: {value}"),
    }
}

impl Language {
    /// The one of two texts that is in this language.
    #[must_use]
    pub fn choose<T>(self, chinese: T, english: T) -> T {
        match self {
            Language::Chinese => chinese,
            Language::English => english,
        }
    }
}
