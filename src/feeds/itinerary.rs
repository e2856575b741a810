//! A visit day by day, and the plain text of it.

use std::fmt::Write as _;

use super::words::{self, labelled};
use super::{Entry, Language, page};
use crate::kernel::{Date, Timestamp, Zone};
use crate::visits::VisitState;

/// A visit as its people read it.
#[derive(Clone, Debug, PartialEq)]
pub struct Itinerary {
    /// What the programme is called.
    pub programme: String,
    /// The expert's pseudonym.
    pub expert: String,
    /// What the host site is called.
    pub host: String,
    /// How to find it; empty: not known.
    pub address: String,
    /// On whose wall.
    pub zone: Zone,
    /// The arrival.
    pub arrival: Timestamp,
    /// The departure.
    pub departure: Timestamp,
    /// Where the visit is in its life.
    pub state: VisitState,
    /// Its days, in order.
    pub days: Vec<ItineraryDay>,
    /// When the visit or a session in it last changed.
    pub update_time: Timestamp,
}

/// One day of a visit.
#[derive(Clone, Debug, PartialEq)]
pub struct ItineraryDay {
    /// Which.
    pub date: Date,
    /// What it is called, such as 清明节; empty for days without a name.
    pub holiday: String,
    /// What happens, in order.
    pub steps: Vec<Step>,
}

/// What happens on a day.
#[derive(Clone, Debug, PartialEq)]
pub enum Step {
    /// A session.
    Session(Box<Entry>),
    /// The way to the next site.
    Journey {
        /// How long it takes, where that is known.
        minutes: Option<i64>,
        /// What the site is called.
        to: String,
    },
}

impl Itinerary {
    /// What it is called.
    #[must_use]
    pub fn title(&self, language: Language) -> String {
        let date = words::date(self.zone.date_of(self.arrival), language);
        match language {
            Language::Chinese => format!("{} 行程单：{} {date}", self.programme, self.expert),
            Language::English => format!("{}, itinerary: {}, {date}", self.programme, self.expert),
        }
    }

    /// What stands above the days: a label and what is said.
    pub(super) fn head(&self, language: Language) -> Vec<(&'static str, String)> {
        let host =
            if self.address.is_empty() { self.host.clone() } else { format!("{} ({})", self.host, self.address) };
        let mut lines = vec![
            (language.choose("到达", "Arrival"), words::moment(self.zone, self.arrival, language)),
            (language.choose("离开", "Departure"), words::moment(self.zone, self.departure, language)),
            (language.choose("接待", "Host"), host),
            (language.choose("时区", "Zone"), self.zone.to_string()),
        ];
        match self.state {
            VisitState::Open => {}
            VisitState::Ended => {
                lines.push((language.choose("状态", "State"), language.choose("已结束", "ended").into()))
            }
            VisitState::Cancelled => {
                lines.push((language.choose("状态", "State"), language.choose("已取消", "cancelled").into()));
            }
        }
        lines
    }

    /// Plain text; lines end with a line feed.
    #[must_use]
    pub fn text(&self, language: Language) -> String {
        let mut lines = vec![self.title(language), String::new()];
        lines.extend(self.head(language).into_iter().map(|(label, value)| labelled(label, &value, language)));
        for day in &self.days {
            lines.extend([String::new(), day.heading(language)]);
            for step in &day.steps {
                match step {
                    Step::Session(entry) => {
                        let times = times(entry);
                        lines.push(format!("{times}  {}  {}", words::kind(entry.kind, language), place(entry)));
                        lines.push(format!("    {}", details(entry, language).join(language.choose("；", "; "))));
                    }
                    Step::Journey { minutes, to } => lines.push(format!("    → {}", journey(*minutes, to, language))),
                }
            }
        }
        if self.days.is_empty() {
            lines.extend([String::new(), nothing(language).to_owned()]);
        }
        lines.iter().fold(String::new(), |mut text, line| {
            let _ = writeln!(text, "{line}"); // a String takes everything
            text
        })
    }

    /// One page of HTML that needs nothing else.
    #[must_use]
    pub fn html(&self, language: Language) -> String {
        page::html(self, language)
    }
}

impl ItineraryDay {
    pub(super) fn heading(&self, language: Language) -> String {
        let date = words::date(self.date, language);
        if self.holiday.is_empty() { date } else { format!("{date} ({})", self.holiday) }
    }
}

/// `08:00–12:00` at the site.
pub(super) fn times(entry: &Entry) -> String {
    let (start, end) = entry.span;
    let days = (entry.zone.date_of(end) - entry.zone.date_of(start)).num_days();
    let over_midnight = if days > 0 { format!(" (+{days})") } else { String::new() };
    format!("{}–{}{over_midnight}", words::time(entry.zone, start), words::time(entry.zone, end))
}

pub(super) fn place(entry: &Entry) -> String {
    match &entry.room {
        Some(room) => format!("{} · {room}", entry.site_name),
        None => entry.site_name.clone(),
    }
}

/// Who, what for and whether it stands.
pub(super) fn details(entry: &Entry, language: Language) -> Vec<String> {
    let label = |chinese, english, value: &str| labelled(language.choose(chinese, english), value, language);
    let separator = language.choose("、", ", ");
    let mut details = vec![words::state(entry.state, language).to_owned()];
    details.extend(entry.assistant.as_ref().map(|assistant| label("助手", "assistant", assistant)));
    if !entry.beside.is_empty() {
        details.push(label("同行专家", "with", &entry.beside.join(separator)));
    }
    details.extend(entry.specialty.as_ref().map(|specialty| label("诊疗科目", "specialty", specialty.as_str())));
    if entry.capacity > 0 {
        details.push(label("号源", "places", &entry.capacity.to_string()));
    }
    details
}

pub(super) fn journey(minutes: Option<i64>, to: &str, language: Language) -> String {
    match (minutes, language) {
        (Some(minutes), Language::Chinese) => format!("前往 {to}，路程 {minutes} 分钟"),
        (Some(minutes), Language::English) => format!("to {to}, {minutes} minutes"),
        (None, Language::Chinese) => format!("前往 {to}，路程时间未知"),
        (None, Language::English) => format!("to {to}, travel time not known"),
    }
}

pub(super) fn nothing(language: Language) -> &'static str {
    language.choose("暂无场次", "No session yet")
}
