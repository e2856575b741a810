//! Bulletins: growth, round words and text as pure cases, then the whole over the socket on both engines.
use std::collections::BTreeMap;

use homecoming::bulletins::chart::{self, Bar};
use homecoming::bulletins::growth::{basis_points, growth};
use homecoming::bulletins::round::{self, Word};
use homecoming::bulletins::savings::{Method, MethodItem, Range, Savings};
use homecoming::bulletins::{Bulletin, Figures, Footnote, Language, Opening, Top, Year, first, html, text, years};
use homecoming::kernel::{Date, Fen, Id};
use homecoming::savings::county::MethodUnit;
use homecoming::savings::policy::CareSetting;
use homecoming::savings::sensitivity::{Assumption, Swing};
use homecoming::savings::tariff::Key;
use homecoming::savings::{Cases, Component, PersonClass, TravelMode};
use homecoming::sites::DivisionCode;
use homecoming::tallies::Basis;
use homecoming::tallies::sensitivity::{Analysis, Line, Period};
use proptest::prelude::*;

fn day(year: i32, month: u32, day: u32) -> Date {
    Date::from_ymd_opt(year, month, day).unwrap()
}

#[test]
fn growth_is_that_of_the_published_cases() {
    // Shaoguan: senior titles 1,361 → 1,575 and master's degrees 538 → 786, as printed (+15.72 %, +46.1 %).
    assert_eq!(basis_points(1_361, 1_575), Some(1_572));
    assert_eq!(basis_points(538, 786), Some(4_610));
    assert_eq!(basis_points(100, 50), Some(-5_000));
    assert_eq!(basis_points(0, 5), None);
    assert_eq!(basis_points(-5, 5), None);
    assert_eq!(basis_points(1, i64::MAX), None);
}

#[test]
fn round_words_are_those_of_the_field() {
    for (figure, word, round) in [
        (5_712_345_678, Word::Over, 5_700_000_000),
        (9_919, Word::Nearly, 10_000),
        (6_416, Word::Over, 6_400),
        (118_000, Word::Nearly, 120_000),
        (119_500, Word::Nearly, 120_000),
    ] {
        assert_eq!(round::rounded(figure), Some((word, round)), "{figure}");
    }
    for exact in [0, -5, 999, 1_000, 57_000_000] {
        assert_eq!(round::rounded(exact), None, "{exact}");
    }
    assert_eq!(round::per(119_028, 9_919), Some((None, 12)));
    assert_eq!(round::per(119_000, 9_919), Some((Some(Word::About), 12)));
    assert_eq!(round::per(3, 2), None, "one and a half is about nothing");
    assert_eq!(round::per(5, 0), None);
}

proptest! {
    #[test]
    fn no_round_word_is_ever_false(figure in 0_i64..=i64::MAX) {
        if let Some((word, round)) = round::rounded(figure) {
            prop_assert!(word.is_true(figure, round), "{word:?} {round} of {figure}");
        }
    }

    #[test]
    fn no_about_is_ever_false(figure in 1_i64..1_000_000_000, of in 1_i64..1_000_000) {
        if let Some((word, whole)) = round::per(figure, of) {
            let near = (figure as f64 / of as f64 - whole as f64).abs() <= 0.05 * whole as f64 + 1e-9;
            prop_assert!(near);
            prop_assert_eq!(word.is_none(), figure == whole * of);
        }
    }

    #[test]
    fn the_years_of_a_period_cover_it_once(start in 0_i64..20_000, length in 0_i64..20_000) {
        let from = day(1990, 1, 1) + chrono::TimeDelta::try_days(start).unwrap();
        let to = from + chrono::TimeDelta::try_days(length).unwrap();
        let years = years(from, to);
        let days: i64 = years.iter().map(|(_, from, to)| (*to - *from).num_days() + 1).sum();
        prop_assert_eq!(days, length + 1);
    }
}

fn example() -> Bulletin {
    let figures = |sittings, operations| Figures {
        experts: 232,
        home_hospitals: 15,
        active_experts: 230,
        sites: 24,
        sittings,
        consultations: sittings * 12,
        operations,
        declared_savings_fen: Fen::new(5_712_345_678),
        declared_savings_own_county_fen: Fen::new(5_000_000_000),
        declared_savings_neighbouring_fen: Fen::new(712_345_678),
    };
    let by_year: Vec<_> = years(day(2022, 1, 1), day(2024, 4, 30))
        .into_iter()
        .map(|(year, from, to)| Year { year, from, to, figures: figures(i64::from(year), 10) })
        .collect();
    Bulletin {
        programme: Id::parse("liling").unwrap(),
        display_name: "湘雅乡情·专家醴陵行".to_owned(),
        from: day(2022, 1, 1),
        to: day(2024, 4, 30),
        figures: figures(9_919, 6_416),
        growth: growth(&by_year),
        by_year,
        savings: savings(),
        analysis: Some(analysis()),
        basis: Basis::Recorded,
        top_sites: vec![top("county", "醴陵市<中医院>", 4_000, 40), top("baitutan", "白兔潭镇卫生院", 300, 0)],
        top_specialties: vec![top("03.04", "03.04", 3_000, 0), top("99.01", "99.01", 9, 1)],
        openings: vec![Opening {
            measure: "sittings".to_owned(),
            declared: 1_000,
            as_of: day(2021, 12, 31),
            document: "醴卫函〔2022〕1号".to_owned(),
            recorded_since: 9_919,
            cumulative: 10_919,
        }],
        footnotes: vec![
            Footnote {
                zh: "坐诊次：每位专家在一个服务点的一个午别计一次".to_owned(),
                en: "One sitting is …".to_owned(),
            },
            Footnote { zh: String::new(), en: String::new() },
        ],
    }
}

fn savings() -> Savings {
    let item = |label: &str, unit, rate, quantity: i64, counts| MethodItem {
        label: label.to_owned(),
        unit,
        rate: Fen::new(rate),
        quantity,
        amount: Fen::new(rate * quantity),
        counts,
    };
    let range = |low, base, high| Range { low: Fen::new(low), base: Fen::new(base), high: Fen::new(high) };
    Savings {
        net: range(80_000, 100_000, 130_000),
        bill: range(30_000, 40_000, 50_000),
        net_beside: Fen::new(7_000),
        bill_beside: Fen::new(-500),
        classes: [Fen::new(25_000), Fen::new(75_000), Fen::new(7_000), Fen::ZERO],
        known: 90,
        eligible: 120,
        bill_known: 30,
        bill_eligible: 110,
        services: 1_200,
        services_told: 90,
        trips: 118,
        in_vain: 2,
        methods: vec![Method {
            policy: Id::parse("county-2017").unwrap(),
            name: "县卫健局测算口径 2017".to_owned(),
            from: day(2022, 1, 1),
            to: day(2024, 4, 30),
            amount: Fen::new(5_712_340_000),
            items: vec![
                item("交通费", MethodUnit::Consultation, 40_000, 119_028, true),
                item("讲座价值", MethodUnit::OperationCase, 50_000, 205, false),
            ],
        }],
    }
}

#[test]
fn savings_say_range_coverage_shares_and_what_carries_the_countys_figure() {
    let said_in = |savings: &Savings, language| -> String {
        savings.lines(language).into_iter().map(|line| line.text + "\n").collect()
    };
    let lines = said_in(&savings(), Language::Chinese);
    for said in [
        "净节省（交通、住宿、餐费及自付医疗费用） 1,000.00 元，低方案 800.00 元，高方案 1,300.00 元",
        "净节省 90 / 120 人次可知，自付医疗费用 30 / 110 人次可知",
        "可能免于外出就医的诊疗和手术 1,200 人次（台次）中 90 已知（未登记行程的也在内）",
        "A类（逐项凭据） 250.00 元 (23.36 %)，B类（测算参数） 750.00 元 (70.09 %)，C类（自报） 70.00 元 (6.54 %)",
        "另列、未计入主口径：净节省 70.00 元，其中自付医疗费用 -5.00 元",
        "“县卫健局测算口径 2017”（2022-01-01 至 2024-04-30，county-2017）：57,123,400.00 元（超 5,700 万元），C类",
        "交通费：119,028 人次诊疗 × 400.00 元 = 47,611,200.00 元",
        "讲座价值：205 台次手术 × 500.00 元 = 102,500.00 元，非患者家庭费用，未计入",
    ] {
        assert!(lines.contains(said), "{said} is missing in\n{lines}");
    }
    let english = said_in(&savings(), Language::English);
    assert!(english.contains("57,123,400.00 yuan (over 57,000,000 yuan), class C, beside the headline"), "{english}");
    assert!(Savings::default().is_empty() && Savings::default().lines(Language::Chinese).is_empty());
    let below =
        Savings { classes: [Fen::new(-1), Fen::new(2), Fen::ZERO, Fen::ZERO], eligible: 1, ..Savings::default() };
    assert!(!said_in(&below, Language::English).contains('%'), "shares of what is below zero mean nothing");
}

/// Fares that move 2,000 yuan, and nights that move 500 and break even at none.
fn analysis() -> Analysis {
    let day = |month, of| day(2024, month, of);
    let place = |code| Some(DivisionCode::parse(code).unwrap());
    let key =
        Key { origin: place("430281"), mode: Some(TravelMode::Rail), ..Key::new(Component::Fare, PersonClass::Adult) };
    let line = |assumption, low, high, zero, county| Line {
        swing: Swing { assumption, low: Fen::new(low), high: Fen::new(high), values: BTreeMap::default() },
        zero,
        county,
    };
    Analysis {
        period: Period { from: day(1, 1), to: day(4, 30), basis: Basis::Recorded },
        headline: Cases::new(Fen::new(80_000), Fen::new(100_000), Fen::new(130_000)),
        trips: 118,
        county: Some(Fen::new(5_712_340_000)),
        lines: vec![
            line(
                Assumption::Tariff(Key { destination: place("430100"), ..key }),
                -50_000,
                150_000,
                Some(4_120),
                Some(23_011),
            ),
            line(Assumption::Nights(CareSetting::Inpatient), 75_000, 125_000, None, Some(12)),
        ],
        assumptions: 9,
    }
}

#[test]
fn the_assumptions_say_what_they_move_and_where_they_break_even() {
    let text = text::render(&example(), Language::Chinese);
    for said in [
        "敏感性（净节省主口径",
        "1. 单程票价（430281→430100，RAIL）：低 -500.00 元，高 1,500.00 元，相差 2,000.00 元；为基准的 41.20 % 时净节省归零；为基准的 230.11 % 时达到县自定方法之数",
        "2. 外出住宿夜数：住院：低 750.00 元，高 1,250.00 元，相差 500.00 元；单凭此项不会归零；为 12 时达到县自定方法之数",
        "其余 7 项影响较小",
    ] {
        assert!(text.contains(said), "{said} is missing in\n{text}");
    }
    let english = text::render(&example(), Language::English);
    for said in [
        "1. fare (430281→430100, RAIL): low -500.00 yuan, high 1,500.00 yuan, a swing of 2,000.00 yuan; zero at 41.20 % of its base value; the county's figure at 230.11 % of its base value",
        "2. nights away, inpatients: low 750.00 yuan, high 1,250.00 yuan, a swing of 500.00 yuan; never zero by this alone; the county's figure at 12",
        "7 others move less.",
    ] {
        assert!(english.contains(said), "{said} is missing in\n{english}");
    }
    let without = Bulletin { analysis: None, ..example() };
    assert!(!text::render(&without, Language::Chinese).contains("敏感性"));
}

fn top(key: &str, name: &str, consultations: i64, operations: i64) -> Top {
    Top { key: key.to_owned(), name: name.to_owned(), sittings: consultations / 12, consultations, operations }
}

#[test]
fn the_first_are_those_with_most_consultations() {
    let all = [("a", 5, 0), ("b", 7, 0), ("c", 5, 1), ("d", 0, 0), ("e", 0, 3), ("f", 5, 0), ("g", 1, 0)];
    let tops = first(all.into_iter().map(|(key, seen, operated)| top(key, key, seen, operated)).collect());
    assert_eq!(tops.iter().map(|top| top.key.as_str()).collect::<Vec<_>>(), ["b", "c", "a", "f", "g"]);
}

#[test]
fn the_page_is_whole_in_itself_and_has_charts() {
    let page = html::render(&example(), Language::Chinese).unwrap();
    for said in [
        "坐诊 9,919 次（近 1 万次）",
        "2024 年（2024-01-01至2024-04-30）",
        "白兔潭镇卫生院",
        "内科 03.04",
        "未计入以上各数",
    ] {
        assert!(page.contains(said), "{said} is missing in\n{page}");
    }
    assert!(
        page.contains("醴陵市&lt;中医院&gt;") && !page.contains("<中医院>"),
        "text is no markup, in charts neither"
    );
    // Three flows, the savings, the sites, the specialties and the assumptions; each chart has the bars that its table or list has rows.
    assert_eq!(page.matches("<svg").count(), 7);
    assert_eq!(page.matches("</svg>").count(), 7);
    for fetched in ["<script", "<link", "<img", " src=", " href=", "url("] {
        assert!(!page.contains(fetched), "{fetched}");
    }
    assert_eq!(page, html::render(&example(), Language::Chinese).unwrap(), "the same bytes each time");
    let english = html::render(&example(), Language::English).unwrap();
    assert!(english.contains("<h2>Growth</h2>") && page.contains("<h2>同比</h2>"), "a heading ends in no colon");
    for mark in ["<li>—", "<li>1.", "<li class=\"under\">—"] {
        assert!(!english.contains(mark) && !page.contains(mark), "a line has one mark: {mark}");
    }
    assert!(page.contains("<li class=\"under\">交通费：") && page.contains("<ol>\n<li>单程票价"), "{page}");
    for printed in ["@page{size:A4", "table{table-layout:fixed"] {
        assert!(page.contains(printed), "a table of seven columns has to stay on the paper: {printed}");
    }
    for said in ["<html lang=\"en\">", "Internal medicine 03.04", "Sites, by consultations", ">99.01<"] {
        assert!(english.contains(said), "{said} is missing in\n{english}");
    }
}

#[test]
fn a_chart_has_a_column_and_two_words_for_each_bar_and_nothing_else() {
    for count in [1, 2, 7] {
        let bar = |at: i64| Bar { label: format!("{}", 2020 + at), value: 5 - 2 * at, text: format!("v{at}") };
        let bars: Vec<Bar> = (0..count).map(bar).collect();
        let svg = chart::columns(&bars).unwrap();
        let drawn = [svg.matches("<text").count(), svg.matches("<rect").count(), svg.matches("<polyline").count()];
        assert_eq!(drawn, [2 * bars.len(), bars.len(), 1], "{svg}");
        assert!(!svg.contains("width=\"0\"") && bars.iter().all(|bar| svg.contains(&bar.label)), "{svg}");
    }
}

#[test]
fn the_text_says_what_is_true_and_shows_opening_balances_apart() {
    let text = text::render(&example(), Language::Chinese);
    for said in [
        "在册专家 232 名，来自 15 家医院",
        "坐诊 9,919 次（近 1 万次）",
        "手术 6,416 台次（超 6,400 台次）",
        "57,123,456.78 元（超 5,700 万元）",
        "平均每次坐诊对应诊疗 12 人次",
        "2024 年（2024-01-01至2024-04-30）",
        "2023 年坐诊次 2,023，上年 2,022，+0.05 %",
        "1. 醴陵市<中医院>：坐诊 333 次，诊疗 4,000 人次，手术 40 台次",
        "1. 内科 03.04：坐诊 250 次",
        "未计入以上各数",
        "坐诊次 1,000（截至 2021-12-31，依据：醴卫函〔2022〕1号）；此后记录 9,919，累计 10,919",
        "1. 坐诊次：每位专家",
    ] {
        assert!(text.contains(said), "{said} is missing in\n{text}");
    }
    assert!(!text.contains("2. \n"));
    for headed in
        ["分年度：\n2022 年：", "注：\n1. ", "支撑该数的假设：\n— 交通费：", "相差 500.00 元；", "\n其余 7 项"]
    {
        assert!(text.contains(headed), "{headed} is missing in\n{text}");
    }
    let english = text::render(&example(), Language::English);
    for said in [
        "Sittings: 9,919 (nearly 10,000)",
        "57,123,456.78 yuan (over 57,000,000 yuan)",
        "Opening balances",
        "1. One sitting is",
    ] {
        assert!(english.contains(said), "{said} is missing in\n{english}");
    }
    for foreign in ["元", "savings fen"] {
        assert!(!english.contains(foreign), "{foreign} stands in\n{english}");
    }
}
