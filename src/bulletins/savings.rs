//! What a bulletin says of savings: the headline with its range, coverage and class shares; beside it the rest, and the county's own
//! method with the assumptions that carry its figure. Pure.

use super::Language;
use super::text::{Line, group, yuan, yuan_words};
use crate::kernel::{Date, Fen, Id};
use crate::savings::county::MethodUnit;

/// An amount in three cases: every assumption against it, as they are, and for it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Range {
    /// The low case.
    pub low: Fen,
    /// The base case.
    pub base: Fen,
    /// The high case.
    pub high: Fen,
}

/// The savings of a period, reckoned trip by trip.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Savings {
    /// CASH + BILL: the headline.
    pub net: Range,
    /// "Medical expenses saved": BILL alone, the headline.
    pub bill: Range,
    /// CASH + BILL that other evidence or other sources carry; in no headline.
    pub net_beside: Fen,
    /// BILL, likewise.
    pub bill_beside: Fen,
    /// CASH + BILL, headline and beside together, of class A, B, C and X.
    pub classes: [Fen; 4],
    /// Trips whose CASH + BILL is known in every part.
    pub known: i64,
    /// Trips that can have a saving by rule.
    pub eligible: i64,
    /// Trips whose BILL is known.
    pub bill_known: i64,
    /// Trips whose BILL counts by rule.
    pub bill_eligible: i64,
    /// Consultations and operation cases of a kind that can save a trip, on a trip or not.
    pub services: i64,
    /// Of these, those on a trip whose CASH + BILL is known in every part, or nothing by rule.
    pub services_told: i64,
    /// Trips that were not made.
    pub trips: i64,
    /// Trips to sessions that were cancelled.
    pub in_vain: i64,
    /// The county's own method, version by version.
    pub methods: Vec<Method>,
}

/// A version of the county's own method, and what it comes to on its days of the period: class C, in no headline.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Method {
    /// The policy version that states it.
    pub policy: Id,
    /// What the county calls it, with its version.
    pub name: String,
    /// Its first day in the period.
    pub from: Date,
    /// Its last day in the period.
    pub to: Date,
    /// What it comes to.
    pub amount: Fen,
    /// The assumptions that carry it.
    pub items: Vec<MethodItem>,
}

/// A flat amount of a method, multiplied out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MethodItem {
    /// What the county calls it.
    pub label: String,
    /// What it is multiplied by.
    pub unit: MethodUnit,
    /// For one.
    pub rate: Fen,
    /// How many.
    pub quantity: i64,
    /// Both multiplied.
    pub amount: Fen,
    /// Whether it is households' money: else it is in no figure.
    pub counts: bool,
}

const CLASSES: [(&str, &str); 4] = [
    ("A类（逐项凭据）", "A, itemised"),
    ("B类（测算参数）", "B, tariffs"),
    ("C类（自报）", "C, declared"),
    ("X类（无来源）", "X, no source"),
];

impl Savings {
    /// Whether there is anything to say.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        !self.has_trips() && self.methods.is_empty()
    }

    /// Whether a trip is on record, so that coverage means something.
    #[must_use]
    pub const fn has_trips(&self) -> bool {
        self.eligible > 0 || self.trips > 0 || self.in_vain > 0
    }

    /// What is said of it, line by line.
    #[must_use]
    pub fn lines(&self, language: Language) -> Vec<Line> {
        let zh = language == Language::Chinese;
        let mut lines = Vec::new();
        if self.has_trips() {
            lines.push(range(
                self.net,
                zh,
                "净节省（交通、住宿、餐费及自付医疗费用）",
                "Net savings (fares, lodging, meals and medical expenses)",
            ));
            lines.push(range(self.bill, zh, "其中节省自付医疗费用", "Of these, medical expenses"));
            lines.push(coverage(self, zh));
            let parts = CLASSES.iter().zip(self.classes).filter(|(_, amount)| *amount != Fen::ZERO);
            let shares: Vec<String> = parts
                .map(|((own, other), amount)| {
                    let share = share(amount, self.classes);
                    if zh {
                        format!("{own} {} 元{share}", yuan(amount))
                    } else {
                        format!("{other}: {} yuan{share}", yuan(amount))
                    }
                })
                .collect();
            if !shares.is_empty() {
                let joined = shares.join(if zh { "，" } else { "; " });
                lines.push(if zh {
                    format!("按来源类别（主口径与另列合计）：{joined}。")
                } else {
                    format!("By class, headline and beside together: {joined}.")
                });
            }
            lines.push(if zh {
                format!(
                    "另列、未计入主口径：净节省 {} 元，其中自付医疗费用 {} 元。",
                    yuan(self.net_beside),
                    yuan(self.bill_beside)
                )
            } else {
                format!(
                    "Beside the headline, never inside: net {} yuan, medical expenses {} yuan.",
                    yuan(self.net_beside),
                    yuan(self.bill_beside)
                )
            });
            lines.push(if zh {
                format!("免于外出就医 {} 人次；场次取消而患者已到 {} 人次。", group(self.trips), group(self.in_vain))
            } else {
                format!("Trips that were not made: {}; trips in vain: {}.", group(self.trips), group(self.in_vain))
            });
        }
        let methods = self.methods.iter().flat_map(|method| method.lines(language));
        lines.into_iter().map(Line::own).chain(methods).collect()
    }
}

fn range(range: Range, zh: bool, own: &str, other: &str) -> String {
    let Range { low, base, high } = range;
    let word = yuan_words(base, if zh { Language::Chinese } else { Language::English });
    let [low, base, high] = [low, base, high].map(yuan);
    if zh {
        format!("{own} {base} 元{word}，低方案 {low} 元，高方案 {high} 元。")
    } else {
        format!("{other}: {base} yuan{word}, low case {low} yuan, high case {high} yuan.")
    }
}

/// How much of what can be known is.
fn coverage(savings: &Savings, zh: bool) -> String {
    let [known, eligible, bill_known, bill_eligible, told, services] = [
        savings.known,
        savings.eligible,
        savings.bill_known,
        savings.bill_eligible,
        savings.services_told,
        savings.services,
    ]
    .map(group);
    if zh {
        format!(
            "覆盖：可能免于外出就医的诊疗和手术 {services} 人次（台次）中 {told} 已知（未登记行程的也在内）；已登记行程中净节省 {known} / {eligible} 人次可知，自付医疗费用 {bill_known} / {bill_eligible} 人次可知；缺失不估补。"
        )
    } else {
        format!(
            "Coverage: known for {told} of {services} consultations and operation cases that can save a trip, those without a trip on record included; of the trips on record, net known for {known} of {eligible}, medical expenses for {bill_known} of {bill_eligible}; what is missing isn't guessed."
        )
    }
}

/// ` (46.10 %)` of the classes' sum; nothing where shares would mean nothing, because some are below zero.
fn share(amount: Fen, classes: [Fen; 4]) -> String {
    let whole = classes.iter().try_fold(0_i64, |sum, class| sum.checked_add(class.get()));
    let is_fair = classes.iter().all(|class| *class >= Fen::ZERO);
    let Some(whole) = whole.filter(|whole| is_fair && *whole > 0).map(i128::from) else { return String::new() };
    let points = (i128::from(amount.get()) * 20_000 + whole) / (2 * whole);
    format!(" ({}.{:02} %)", points / 100, points % 100)
}

impl Method {
    fn lines(&self, language: Language) -> Vec<Line> {
        let zh = language == Language::Chinese;
        let Self { name, from, to, amount, items, policy } = self;
        let word = yuan_words(*amount, language);
        let stated = if zh {
            format!(
                "县自定方法“{name}”（{from} 至 {to}，{policy}）：{} 元{word}，C类，与主口径并列而不并入。支撑该数的假设：",
                yuan(*amount)
            )
        } else {
            format!(
                "The county's own method “{name}” ({from} to {to}, {policy}): {} yuan{word}, class C, beside the headline and never inside. The assumptions that carry it:",
                yuan(*amount)
            )
        };
        let mut lines = vec![Line::own(stated)];
        for item in items {
            let MethodItem { label, unit, rate, quantity, amount, counts } = item;
            let (rate, quantity, amount) = (yuan(*rate), group(*quantity), yuan(*amount));
            let unit = match (unit, zh) {
                (MethodUnit::Consultation, true) => "人次诊疗",
                (MethodUnit::OperationCase, true) => "台次手术",
                (MethodUnit::Trip, true) => "人次行程",
                (MethodUnit::Consultation, false) => "consultations",
                (MethodUnit::OperationCase, false) => "operation cases",
                (MethodUnit::Trip, false) => "trips",
            };
            lines.push(Line::under(match (zh, *counts) {
                (true, true) => format!("{label}：{quantity} {unit} × {rate} 元 = {amount} 元"),
                (true, false) => {
                    format!("{label}：{quantity} {unit} × {rate} 元 = {amount} 元，非患者家庭费用，未计入")
                }
                (false, true) => format!("{label}: {quantity} {unit} × {rate} yuan = {amount} yuan"),
                (false, false) => format!(
                    "{label}: {quantity} {unit} × {rate} yuan = {amount} yuan, no household's money, not counted"
                ),
            }));
        }
        lines
    }
}
