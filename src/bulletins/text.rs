//! A bulletin as text: the headline, the years, the growth, the opening balances apart, the footnotes.

use std::fmt::Write as _;

use super::round::{self, Word};
use super::{Bulletin, Growth, Language, Opening, Top, Year, measure, sensitivity, specialties};
use crate::kernel::Fen;

/// A heading, without what would end it, and what stands under it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct List {
    /// What it is about.
    pub heading: &'static str,
    /// Never empty.
    pub lines: Vec<Line>,
}

/// A line of a list, without a mark: each rendering has its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// How it stands in the list.
    pub level: Level,
    /// What it says.
    pub text: String,
}

/// How a line stands in its list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// By itself.
    Own,
    /// Under the line before.
    Under,
    /// In this place of an order.
    Place(usize),
}

impl Line {
    /// A line by itself.
    #[must_use]
    pub const fn own(text: String) -> Line {
        Line { level: Level::Own, text }
    }

    /// A line under the one before.
    #[must_use]
    pub const fn under(text: String) -> Line {
        Line { level: Level::Under, text }
    }

    /// A line in a place of an order, from 1.
    #[must_use]
    pub const fn place(place: usize, text: String) -> Line {
        Line { level: Level::Place(place), text }
    }

    fn marked(&self) -> String {
        match self.level {
            Level::Own => self.text.clone(),
            Level::Under => format!("— {}", self.text),
            Level::Place(place) => format!("{place}. {}", self.text),
        }
    }
}

/// What a bulletin says, part by part, in the order in which it is said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sections {
    /// The programme and the period.
    pub title: String,
    /// The figures of the whole period, in sentences.
    pub headline: Vec<String>,
    /// The years, where there are any.
    pub years: Option<List>,
    /// The sites and the specialties that have most; empty ones are left out.
    pub tops: Vec<List>,
    /// Savings, growth, and opening balances apart; empty ones are left out.
    pub lists: Vec<List>,
    /// What the figures mean.
    pub footnotes: Vec<String>,
}

/// What a bulletin says in a language.
#[must_use]
pub fn sections(bulletin: &Bulletin, language: Language) -> Sections {
    let words = Words::of(language);
    let list = |heading: &'static str, lines: Vec<Line>| (!lines.is_empty()).then_some(List { heading, lines });
    let tops = |tops: &[Top], name: fn(&Top, Language) -> String| -> Vec<Line> {
        let line = |(place, top)| Line::place(place, (words.top)(&name(top, language), top));
        (1..).zip(tops).map(line).collect()
    };
    let own = |texts: Vec<String>| -> Vec<Line> { texts.into_iter().map(Line::own).collect() };
    let sites = tops(&bulletin.top_sites, |top, _| top.name.clone());
    let fields = tops(&bulletin.top_specialties, |top, language| specialties::name(&top.name, language));
    let savings = bulletin.savings.lines(language);
    let carrying = bulletin.analysis.as_ref().map_or_else(Vec::new, |it| sensitivity::lines(it, language));
    let growth = own(bulletin.growth.iter().map(words.grown).collect());
    let openings = own(bulletin.openings.iter().map(words.opening).collect());
    Sections {
        title: (words.title)(bulletin),
        headline: (words.headline)(bulletin),
        years: list(words.by_year, own(bulletin.by_year.iter().map(words.year).collect())),
        tops: [list(words.sites, sites), list(words.specialties, fields)].into_iter().flatten().collect(),
        lists: [
            list(words.savings, savings),
            list(words.sensitivity, carrying),
            list(words.growth, growth),
            list(words.openings, openings),
        ]
        .into_iter()
        .flatten()
        .collect(),
        footnotes: bulletin.footnotes_in(language),
    }
}

/// The text of a bulletin. Lines end with a line feed.
#[must_use]
pub fn render(bulletin: &Bulletin, language: Language) -> String {
    let Sections { title, headline, years, tops, lists, footnotes } = sections(bulletin, language);
    let footnotes: Vec<Line> = (1..).zip(footnotes).map(|(place, note)| Line::place(place, note)).collect();
    let notes = (!footnotes.is_empty()).then_some(List { heading: Words::of(language).footnotes, lines: footnotes });
    let colon = language.choose("：", ":");
    let mut lines = vec![title, String::new()];
    lines.extend(headline);
    for list in years.into_iter().chain(tops).chain(lists).chain(notes) {
        lines.extend([String::new(), format!("{}{colon}", list.heading)]);
        lines.extend(list.lines.iter().map(Line::marked));
    }
    lines.iter().fold(String::new(), |mut text, line| {
        let _ = writeln!(text, "{line}"); // a String takes everything
        text
    })
}

/// What is said in one language.
struct Words {
    title: fn(&Bulletin) -> String,
    headline: fn(&Bulletin) -> Vec<String>,
    by_year: &'static str,
    year: fn(&Year) -> String,
    sites: &'static str,
    specialties: &'static str,
    top: fn(&str, &Top) -> String,
    savings: &'static str,
    sensitivity: &'static str,
    growth: &'static str,
    grown: fn(&Growth) -> String,
    openings: &'static str,
    opening: fn(&Opening) -> String,
    footnotes: &'static str,
}

impl Words {
    fn of(language: Language) -> Self {
        match language {
            Language::Chinese => Self {
                title: |bulletin| {
                    format!("{} 柔性引才简报（{} 至 {}）", bulletin.display_name, bulletin.from, bulletin.to)
                },
                headline: headline_zh,
                by_year: "分年度",
                year: year_zh,
                sites: "服务点（按诊疗人次，前五）",
                specialties: "诊疗科目（按诊疗人次，前五）",
                top: |name, top| {
                    let (sittings, seen, operated) =
                        (group(top.sittings), group(top.consultations), group(top.operations));
                    format!("{name}：坐诊 {sittings} 次，诊疗 {seen} 人次，手术 {operated} 台次")
                },
                savings: "节省费用（按行程逐笔测算）",
                sensitivity: "敏感性（净节省主口径；逐项取低、高方案，其余取基准，影响大者在前，前五）",
                growth: "同比",
                grown: grown_zh,
                openings: "期初数（系统记录之前的申报数，未计入以上各数）",
                opening: opening_zh,
                footnotes: "注",
            },
            Language::English => Self {
                title: |bulletin| format!("{}: bulletin, {} to {}", bulletin.display_name, bulletin.from, bulletin.to),
                headline: headline_en,
                by_year: "By year",
                year: year_en,
                sites: "Sites (the first five by consultations)",
                specialties: "Specialties (the first five by consultations)",
                top: |name, top| {
                    let (sittings, seen, operated) =
                        (group(top.sittings), group(top.consultations), group(top.operations));
                    format!("{name}: sittings {sittings}, consultations {seen}, operation cases {operated}")
                },
                savings: "Savings (reckoned trip by trip)",
                sensitivity: "Sensitivity of the net headline (each assumption alone, the biggest swing first, the first five)",
                growth: "Growth",
                grown: grown_en,
                openings: "Opening balances (declared for the time before records; in none of the figures above)",
                opening: opening_en,
                footnotes: "Notes",
            },
        }
    }
}

fn headline_zh(bulletin: &Bulletin) -> Vec<String> {
    let figures = &bulletin.figures;
    let mut lines = vec![
        format!(
            "在册专家 {} 名，来自 {} 家医院；期内到岗服务专家 {} 名，服务点 {} 个。",
            group(figures.experts),
            group(figures.home_hospitals),
            group(figures.active_experts),
            group(figures.sites)
        ),
        format!(
            "坐诊 {} 次{}，诊疗 {} 人次{}，手术 {} 台次{}。",
            group(figures.sittings),
            count_zh(figures.sittings, "次"),
            group(figures.consultations),
            count_zh(figures.consultations, "人次"),
            group(figures.operations),
            count_zh(figures.operations, "台次")
        ),
        format!(
            "申报为患者家庭节省 {} 元{}，其中本县 {} 元，周边县 {} 元。",
            yuan(figures.declared_savings_fen),
            yuan_zh(figures.declared_savings_fen),
            yuan(figures.declared_savings_own_county_fen),
            yuan(figures.declared_savings_neighbouring_fen)
        ),
    ];
    if let Some((word, per)) = round::per(figures.consultations, figures.sittings) {
        lines.push(format!(
            "平均每次坐诊对应诊疗{}{per} 人次。",
            word.map_or(" ".to_owned(), |word| format!(" {}", word_zh(word)))
        ));
    }
    lines
}

fn headline_en(bulletin: &Bulletin) -> Vec<String> {
    let figures = &bulletin.figures;
    let mut lines = vec![
        format!(
            "Experts on the roster: {}, of {} hospitals; with a held session in the period: {}, at {} sites.",
            group(figures.experts),
            group(figures.home_hospitals),
            group(figures.active_experts),
            group(figures.sites)
        ),
        format!(
            "Sittings: {}{}; consultations: {}{}; operation cases: {}{}.",
            group(figures.sittings),
            count_en(figures.sittings),
            group(figures.consultations),
            count_en(figures.consultations),
            group(figures.operations),
            count_en(figures.operations)
        ),
        format!(
            "Declared savings of patients' households: {} yuan{}; own county {} yuan, neighbouring counties {} yuan.",
            yuan(figures.declared_savings_fen),
            yuan_en(figures.declared_savings_fen),
            yuan(figures.declared_savings_own_county_fen),
            yuan(figures.declared_savings_neighbouring_fen)
        ),
    ];
    if let Some((word, per)) = round::per(figures.consultations, figures.sittings) {
        lines.push(format!(
            "Consultations for each sitting: {}{per}.",
            word.map_or(String::new(), |word| format!("{} ", word_en(word)))
        ));
    }
    lines
}

fn year_zh(year: &Year) -> String {
    let figures = &year.figures;
    format!(
        "{}：专家 {} 名，医院 {} 家，坐诊 {} 次，诊疗 {} 人次，手术 {} 台次，申报节省 {} 元",
        year.label(Language::Chinese),
        group(figures.experts),
        group(figures.home_hospitals),
        group(figures.sittings),
        group(figures.consultations),
        group(figures.operations),
        yuan(figures.declared_savings_fen)
    )
}

fn year_en(year: &Year) -> String {
    let figures = &year.figures;
    format!(
        "{}: experts {}, hospitals {}, sittings {}, consultations {}, operation cases {}, declared savings {} yuan",
        year.label(Language::English),
        group(figures.experts),
        group(figures.home_hospitals),
        group(figures.sittings),
        group(figures.consultations),
        group(figures.operations),
        yuan(figures.declared_savings_fen)
    )
}

fn grown_zh(growth: &Growth) -> String {
    let rate = growth.basis_points.map_or("上年为零，不计增幅".to_owned(), percent);
    format!(
        "{} 年{} {}，上年 {}，{rate}",
        growth.year,
        name_zh(growth.measure),
        quantity(growth.measure, growth.after, Language::Chinese),
        quantity(growth.measure, growth.before, Language::Chinese)
    )
}

fn grown_en(growth: &Growth) -> String {
    let rate = growth.basis_points.map_or("no rate: nothing the year before".to_owned(), percent);
    format!(
        "{} in {}: {}, the year before {}, {rate}",
        name_en(growth.measure),
        growth.year,
        quantity(growth.measure, growth.after, Language::English),
        quantity(growth.measure, growth.before, Language::English)
    )
}

fn opening_zh(opening: &Opening) -> String {
    let measure = opening.measure.as_str();
    format!(
        "{} {}（截至 {}，依据：{}）；此后记录 {}，累计 {}",
        name_zh(measure),
        quantity(measure, opening.declared, Language::Chinese),
        opening.as_of,
        opening.document,
        quantity(measure, opening.recorded_since, Language::Chinese),
        quantity(measure, opening.cumulative, Language::Chinese)
    )
}

fn opening_en(opening: &Opening) -> String {
    let measure = opening.measure.as_str();
    format!(
        "{} {} (until {}, document: {}); recorded since {}, together {}",
        name_en(measure),
        quantity(measure, opening.declared, Language::English),
        opening.as_of,
        opening.document,
        quantity(measure, opening.recorded_since, Language::English),
        quantity(measure, opening.cumulative, Language::English)
    )
}

fn name_zh(measure: &str) -> &str {
    const NAMES: &[(&str, &str)] = &[
        (measure::EXPERTS, "在册专家"),
        (measure::SITTINGS, "坐诊次"),
        (measure::CONSULTATIONS, "诊疗人次"),
        (measure::OPERATIONS, "手术台次"),
        (measure::DECLARED_SAVINGS, "申报节省费用"),
    ];
    NAMES.iter().find(|(name, _)| *name == measure).map_or(measure, |(_, zh)| zh)
}

/// A figure in its unit: yuan for what is kept in fen.
fn quantity(measure: &str, figure: i64, language: Language) -> String {
    let unit = language.choose("元", "yuan");
    if measure.ends_with("_fen") { format!("{} {unit}", yuan(Fen::new(figure))) } else { group(figure) }
}

/// A measure as a sentence says it: the unit stands beside the figure.
fn name_en(measure: &str) -> String {
    measure.trim_end_matches("_fen").replace('_', " ")
}

fn percent(basis_points: i64) -> String {
    let sign = if basis_points < 0 { "-" } else { "+" };
    let size = basis_points.unsigned_abs();
    format!("{sign}{}.{:02} %", size / 100, size % 100)
}

fn word_zh(word: Word) -> &'static str {
    match word {
        Word::Over => "超",
        Word::Nearly => "近",
        Word::About => "约",
    }
}

fn word_en(word: Word) -> &'static str {
    match word {
        Word::Over => "over",
        Word::Nearly => "nearly",
        Word::About => "about",
    }
}

/// `（近 1 万次）`, where there is a round number to say.
fn count_zh(figure: i64, unit: &str) -> String {
    round::rounded(figure).map_or(String::new(), |(word, round)| format!("（{} {}{unit}）", word_zh(word), wan(round)))
}

fn count_en(figure: i64) -> String {
    round::rounded(figure).map_or(String::new(), |(word, round)| format!(" ({} {})", word_en(word), group(round)))
}

/// `（超 5,700 万元）`: rounded in whole yuan, so 超 is said of the yuan, which the fen can only make larger.
fn yuan_zh(amount: Fen) -> String {
    let round = round_yuan(amount);
    round.map_or(String::new(), |(word, round)| format!("（{} {}元）", word_zh(word), wan(round)))
}

fn yuan_en(amount: Fen) -> String {
    round_yuan(amount).map_or(String::new(), |(word, round)| format!(" ({} {} yuan)", word_en(word), group(round)))
}

/// The round words of an amount, where some are true.
pub(super) fn yuan_words(amount: Fen, language: Language) -> String {
    match language {
        Language::Chinese => yuan_zh(amount),
        Language::English => yuan_en(amount),
    }
}

/// Rounded in fen, so that no fraction of a yuan can make a word false.
fn round_yuan(amount: Fen) -> Option<(Word, i64)> {
    let (word, fen) = round::rounded(amount.get())?;
    (fen % 100 == 0 && fen >= 100_000).then_some((word, fen / 100))
}

/// A round number with 万 or 亿 where it is whole in them.
fn wan(round: i64) -> String {
    match round {
        whole if whole >= 100_000_000 && whole % 100_000_000 == 0 => format!("{} 亿", group(whole / 100_000_000)),
        whole if whole >= 10_000 && whole % 10_000 == 0 => format!("{} 万", group(whole / 10_000)),
        other => format!("{} ", group(other)),
    }
}

/// `-1,234.50`.
pub(super) fn yuan(amount: Fen) -> String {
    let plain = amount.to_string();
    let (whole, decimals) = plain.split_once('.').unwrap_or((&plain, "00"));
    let (sign, digits) = whole.strip_prefix('-').map_or(("", whole), |digits| ("-", digits));
    format!("{sign}{}.{decimals}", group_digits(digits))
}

/// `1,234`.
pub(super) fn group(number: i64) -> String {
    let sign = if number < 0 { "-" } else { "" };
    format!("{sign}{}", group_digits(&number.unsigned_abs().to_string()))
}

fn group_digits(digits: &str) -> String {
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}
