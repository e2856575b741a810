//! What a bulletin says of the assumptions that carry its savings: what each moves, and where it would bring them to zero or to the
//! county's own figure. Pure; what is reckoned is `savings/sensitivity`'s.

use super::text::{self, group, yuan};
use super::{Language, MOST_TOPS};
use crate::kernel::{Fen, Vocabulary as _};
use crate::savings::policy::CareSetting;
use crate::savings::sensitivity::Assumption;
use crate::savings::{Component, Side};
use crate::sites::DivisionCode;
use crate::tallies::sensitivity::{Analysis, Line};

/// The assumptions that move most, line by line.
#[must_use]
pub fn lines(analysis: &Analysis, language: Language) -> Vec<text::Line> {
    let line = |(place, line)| text::Line::place(place, said(line, analysis.county, language));
    let mut lines: Vec<text::Line> = (1..).zip(analysis.lines.iter().take(MOST_TOPS)).map(line).collect();
    let others = analysis.assumptions.saturating_sub(lines.len());
    if others > 0 {
        let less = language.choose(format!("其余 {others} 项影响较小。"), format!("{others} others move less."));
        lines.push(text::Line::own(less));
    }
    lines
}

/// What an assumption is called.
#[must_use]
pub fn name(assumption: &Assumption, language: Language) -> String {
    let setting = |setting: CareSetting| match setting {
        CareSetting::Outpatient => language.choose("门诊", "outpatients"),
        CareSetting::Inpatient => language.choose("住院", "inpatients"),
    };
    match assumption {
        Assumption::Tariff(key) => {
            let place = |code: &Option<DivisionCode>| code.as_ref().map(|code| code.as_str().to_owned());
            let journey = match (place(&key.origin), place(&key.destination)) {
                (Some(from), Some(to)) => Some(format!("{from}→{to}")),
                (from, to) => from.or(to),
            };
            let item = (!key.item.is_empty()).then(|| key.item.clone());
            let mode = key.mode.map(|mode| mode.code().to_owned());
            let parts: Vec<String> = [journey, mode, item].into_iter().flatten().collect();
            let component = component(key.component, language);
            let parts = parts.join(language.choose("，", ", "));
            language.choose(format!("{component}（{parts}）"), format!("{component} ({parts})"))
        }
        Assumption::Companions => language.choose("陪护人数", "companions").to_owned(),
        Assumption::Nights(of) => format!("{}{}", language.choose("外出住宿夜数：", "nights away, "), setting(*of)),
        Assumption::MealDays(of) => {
            format!("{}{}", language.choose("外出用餐天数：", "days of meals away, "), setting(*of))
        }
        Assumption::Recorded(of, side) => {
            let side = match side {
                Side::Avoided => language.choose("外出", "away"),
                Side::Near => language.choose("就近", "near home"),
            };
            let component = component(*of, language);
            language.choose(format!("记录自带的{component}（{side}）"), format!("{component} as recorded ({side})"))
        }
    }
}

fn component(component: Component, language: Language) -> &'static str {
    let (zh, en) = match component {
        Component::Fare => ("单程票价", "fare"),
        Component::Feeder => ("接驳费", "feeder"),
        Component::LocalFare => ("本地交通费", "local fare"),
        Component::RoomNight => ("住宿价", "room a night"),
        Component::MealDay => ("餐费", "meals a day"),
        Component::WageDay => ("日工资", "wage a day"),
        Component::EncounterBill => ("医疗费用总额", "whole bill"),
        Component::Scope => ("医保范围比例", "share in scope"),
        Component::Deductible => ("起付线", "deductible"),
        Component::FundRatio => ("报销比例", "fund's share"),
        Component::FundCap => ("封顶线", "fund's cap"),
        Component::Assistance => ("医疗救助", "assistance"),
        Component::ExpertFee => ("专家会诊费", "expert's fee"),
    };
    language.choose(zh, en)
}

fn said(line: &Line, county: Option<Fen>, language: Language) -> String {
    let (low, high) = (yuan(line.swing.low), yuan(line.swing.high));
    let size = yuan(Fen::new(i64::try_from(line.swing.size()).unwrap_or(i64::MAX)));
    let assumption = &line.swing.assumption;
    let name = name(assumption, language);
    let at = |value: Option<i64>, (zh, en): (&str, &str), (never_zh, never_en): (&str, &str)| match value {
        Some(value) => language.choose(
            format!("；{}时{zh}", value_zh(assumption, value)),
            format!("; {en} {}", value_en(assumption, value)),
        ),
        None => language.choose(format!("；{never_zh}"), format!("; {never_en}")),
    };
    let mut text = language.choose(
        format!("{name}：低 {low} 元，高 {high} 元，相差 {size} 元"),
        format!("{name}: low {low} yuan, high {high} yuan, a swing of {size} yuan"),
    );
    if assumption.range().is_some() {
        text += &at(line.zero, ("净节省归零", "zero at"), ("单凭此项不会归零", "never zero by this alone"));
        if county.is_some() {
            let never = ("单凭此项达不到县自定方法之数", "never the county's figure by this alone");
            text += &at(line.county, ("达到县自定方法之数", "the county's figure at"), never);
        }
    }
    text
}

/// Where an assumption breaks even.
fn value_zh(assumption: &Assumption, value: i64) -> String {
    match assumption {
        Assumption::Tariff(_) => format!("为基准的 {} ", percent(value)),
        Assumption::Companions | Assumption::Nights(_) | Assumption::MealDays(_) | Assumption::Recorded(..) => {
            format!("为 {} ", group(value))
        }
    }
}

fn value_en(assumption: &Assumption, value: i64) -> String {
    match assumption {
        Assumption::Tariff(_) => format!("{} of its base value", percent(value)),
        Assumption::Companions | Assumption::Nights(_) | Assumption::MealDays(_) | Assumption::Recorded(..) => {
            group(value)
        }
    }
}

fn percent(basis_points: i64) -> String {
    format!("{}.{:02} %", group(basis_points / 100), basis_points % 100)
}
