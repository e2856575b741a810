//! Bulletins: the figures that a county reports, with opening balances shown apart, growth, footnotes, and year by year.
//!
//! Composition and rendering are pure: tallies in, figures and text out. Nothing is estimated here and nothing is stored; how a
//! figure is counted is `tallies`', a frozen bulletin is a statement.

use serde::Serialize;

use crate::kernel::{Date, Fen, Id, ProgrammeName, vocabulary};
use crate::tallies::Basis;
use crate::tallies::sensitivity::Analysis;

pub mod chart;
pub mod growth;
pub mod html;
pub mod queries;
pub mod round;
pub mod savings;
pub mod sensitivity;
pub mod service;
pub mod specialties;
pub mod text;
mod wire;

pub use growth::Growth;
pub use savings::Savings;

vocabulary! {
    /// The language of a bulletin's text.
    pub enum Language: "BulletinLanguage" {
        /// Chinese.
        Chinese = 1 => "ZH",
        /// English.
        English = 2 => "EN",
    }
}

impl Language {
    /// One of two texts.
    #[must_use]
    pub fn choose<T>(self, chinese: T, english: T) -> T {
        match self {
            Language::Chinese => chinese,
            Language::English => english,
        }
    }
}

/// The measures of a bulletin, by the names that `tallies` has for them.
pub mod measure {
    /// 坐诊次.
    pub const SITTINGS: &str = "sittings";
    /// 诊疗人次.
    pub const CONSULTATIONS: &str = "consultations";
    /// 手术台次.
    pub const OPERATIONS: &str = "operation_cases";
    /// What the county declares that households saved.
    pub const DECLARED_SAVINGS: &str = "declared_savings_fen";
    /// On the roster on the last day.
    pub const EXPERTS: &str = "experts";
    /// Their home hospitals on that day.
    pub const HOME_HOSPITALS: &str = "home_hospitals";
    /// With a held session in the period.
    pub const ACTIVE_EXPERTS: &str = "active_experts";
    /// With a held session in the period.
    pub const SITES: &str = "active_sites";
}

/// The figures of a period. Counts are not negative; savings may be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Figures {
    /// Experts on the roster on the last day.
    pub experts: i64,
    /// Their home hospitals on that day, each once.
    pub home_hospitals: i64,
    /// Experts with a held session in the period.
    pub active_experts: i64,
    /// Sites with a held session in the period, each once.
    pub sites: i64,
    /// 坐诊次.
    pub sittings: i64,
    /// 诊疗人次.
    pub consultations: i64,
    /// 手术台次.
    pub operations: i64,
    /// Declared savings.
    pub declared_savings_fen: Fen,
    /// The part of the county's own patients.
    pub declared_savings_own_county_fen: Fen,
    /// The part of neighbouring counties' patients.
    pub declared_savings_neighbouring_fen: Fen,
}

/// A year, or as much of it as the period has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Year {
    /// The calendar year.
    pub year: i32,
    /// First day that counts.
    pub from: Date,
    /// Last day that counts.
    pub to: Date,
    /// Its figures.
    pub figures: Figures,
}

impl Year {
    /// The year, with its days where it isn't whole.
    #[must_use]
    pub fn label(&self, language: Language) -> String {
        use chrono::Datelike as _;
        let Self { year, from, to, .. } = self;
        match ((from.ordinal(), to.month(), to.day()) == (1, 12, 31), language) {
            (true, Language::Chinese) => format!("{year} 年"),
            (true, Language::English) => year.to_string(),
            (false, Language::Chinese) => format!("{year} 年（{from}至{to}）"),
            (false, Language::English) => format!("{year} ({from} to {to})"),
        }
    }
}

/// A site or a specialty among those that have most.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Top {
    /// The site's id, or the specialty's code.
    pub key: String,
    /// The site's name for people, or the specialty's code.
    pub name: String,
    /// 坐诊次 in the period.
    pub sittings: i64,
    /// 诊疗人次 in the period.
    pub consultations: i64,
    /// 手术台次 in the period.
    pub operations: i64,
}

/// How many sites and specialties are named.
pub const MOST_TOPS: usize = 5;

/// Those that have most consultations; of the same number, those with more operation cases, then by key. Nobody without either.
#[must_use]
pub fn first(mut tops: Vec<Top>) -> Vec<Top> {
    tops.retain(|top| top.consultations > 0 || top.operations > 0);
    tops.sort_by(|a, b| (b.consultations, b.operations, &a.key).cmp(&(a.consultations, a.operations, &b.key)));
    tops.truncate(MOST_TOPS);
    tops
}

/// An opening balance 期初数 and what has come since. No other figure contains it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opening {
    /// The measure's name.
    pub measure: String,
    /// What was declared, in the measure's unit.
    pub declared: i64,
    /// Its last day.
    pub as_of: Date,
    /// The document that states it.
    pub document: String,
    /// What the records have from the day after it on.
    pub recorded_since: i64,
    /// Both together.
    pub cumulative: i64,
}

/// A footnote in both languages, from a measure's definition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Footnote {
    /// In Chinese.
    pub zh: String,
    /// In English.
    pub en: String,
}

/// Everything that a bulletin says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bulletin {
    /// The programme's id.
    pub programme: Id,
    /// The programme's name for people.
    pub display_name: String,
    /// First day.
    pub from: Date,
    /// Last day, included.
    pub to: Date,
    /// The whole period's figures.
    pub figures: Figures,
    /// The years, the first one first.
    pub by_year: Vec<Year>,
    /// The sites that have most ([`first`]).
    pub top_sites: Vec<Top>,
    /// The specialties that have most ([`first`]).
    pub top_specialties: Vec<Top>,
    /// Which records count.
    pub basis: Basis,
    /// What households saved, reckoned trip by trip.
    pub savings: Savings,
    /// Which assumptions carry it, where that was asked.
    pub analysis: Option<Analysis>,
    /// In the measures' order.
    pub openings: Vec<Opening>,
    /// Of the last two whole years.
    pub growth: Vec<Growth>,
    /// What the figures mean.
    pub footnotes: Vec<Footnote>,
}

impl Bulletin {
    /// `programmes/{programme}`.
    pub fn name(&self) -> ProgrammeName {
        ProgrammeName::new(self.programme.clone())
    }

    /// The footnotes in a language, without those that say nothing.
    pub fn footnotes_in(&self, language: Language) -> Vec<String> {
        let said = |note: &Footnote| match language {
            Language::Chinese => note.zh.clone(),
            Language::English => note.en.clone(),
        };
        self.footnotes.iter().map(said).filter(|note| !note.is_empty()).collect()
    }
}

/// The calendar years that a period touches, each with the part of it that the period has; `from` is not after `to`.
pub fn years(from: Date, to: Date) -> Vec<(i32, Date, Date)> {
    use chrono::Datelike as _;
    let edge = |year: i32, month: u32, day: u32| Date::from_ymd_opt(year, month, day);
    let part = |year: i32| Some((year, edge(year, 1, 1)?.max(from), edge(year, 12, 31)?.min(to)));
    (from.year()..=to.year()).filter_map(part).collect()
}
