//! The measures of savings as data; what each counts is `savings/figures`. None is asked for unless it is named.

use super::{Definition, MeasureSpan, Origin, Rule, Text, flow};
use crate::activities::leaf;
use crate::savings::figures;

const FEN: Text = ("分", "fen");
const TRIPS: Text = ("人次", "trips");
const SERVICES: Text = ("人次、台次", "services");
/// What both coverages say under them.
const COVERED: Text = (
    "未登记行程的服务计入分母；缺失数据不估补",
    "Services without a trip on record are in the part below; what is missing isn't guessed.",
);

/// Every measure of savings, in the order in which they are printed.
pub static SAVINGS: &[Definition] = &[
    flow(
        figures::NET,
        Origin::Savings,
        FEN,
        (
            "患者家庭净节省费用：交通、住宿、餐费与自付医疗费用之差，首诊，A、B类且K1、K2级证据",
            "What households saved, net: fares, lodging, meals and what they pay for care themselves; first visits, classes A and B with K1 and K2.",
        ),
        (
            "主口径；随访、其余证据与县级自定方法另列，不并入",
            "The headline; follow-ups, other evidence and the county's own method stand beside it, never inside.",
        ),
    ),
    flow(
        figures::NET_LOW,
        Origin::Savings,
        FEN,
        ("净节省费用，低方案：每项假设均取不利值", "The same in the low case: every assumption against it."),
        ("", ""),
    ),
    flow(
        figures::NET_HIGH,
        Origin::Savings,
        FEN,
        ("净节省费用，高方案：每项假设均取有利值", "The same in the high case: every assumption for it."),
        ("", ""),
    ),
    flow(
        figures::NET_POSITIVE,
        Origin::Savings,
        FEN,
        ("净节省费用中的正值之和", "What of it is above zero, summed trip by trip."),
        ("", ""),
    ),
    flow(
        figures::NET_NEGATIVE,
        Origin::Savings,
        FEN,
        ("净节省费用中的负值之和", "What of it is below zero, summed trip by trip."),
        ("负值照实列示，不归零", "Negative savings stay negative."),
    ),
    flow(
        figures::NET_BESIDE,
        Origin::Savings,
        FEN,
        ("主口径以外的净节省费用：C、X类或K3级", "Net savings beside the headline: class C or X, or K3."),
        ("不并入主口径", "Never inside the headline."),
    ),
    flow(
        figures::BILL,
        Origin::Savings,
        FEN,
        (
            "患者自付医疗费用节省（“节省医疗费用”），首诊，A、B类且K1、K2级证据",
            "Medical expenses saved: what households pay for care themselves, away less near home; the headline.",
        ),
        ("不含交通食宿", "Without travel, lodging and meals."),
    ),
    flow(figures::BILL_LOW, Origin::Savings, FEN, ("节省医疗费用，低方案", "The same in the low case."), ("", "")),
    flow(figures::BILL_HIGH, Origin::Savings, FEN, ("节省医疗费用，高方案", "The same in the high case."), ("", "")),
    flow(
        figures::BILL_POSITIVE,
        Origin::Savings,
        FEN,
        ("节省医疗费用中的正值之和", "What of it is above zero, summed trip by trip."),
        ("", ""),
    ),
    flow(
        figures::BILL_NEGATIVE,
        Origin::Savings,
        FEN,
        ("节省医疗费用中的负值之和", "What of it is below zero, summed trip by trip."),
        ("", ""),
    ),
    flow(
        figures::BILL_BESIDE,
        Origin::Savings,
        FEN,
        ("主口径以外的节省医疗费用", "Medical expenses saved, beside the headline."),
        ("不并入主口径", "Never inside the headline."),
    ),
    flow(
        figures::CASH,
        Origin::Savings,
        FEN,
        ("节省的交通、住宿、餐费，主口径", "Fares, lodging and meals saved: the headline."),
        ("", ""),
    ),
    flow(
        figures::CASH_BESIDE,
        Origin::Savings,
        FEN,
        ("主口径以外节省的交通、住宿、餐费", "Fares, lodging and meals saved, beside the headline."),
        ("", ""),
    ),
    flow(
        figures::FOLLOW_UP_NET,
        Origin::Savings,
        FEN,
        (
            "随访的净节省费用，A、B类且K1、K2级证据",
            "Net savings of follow-ups for which a trip would have been needed.",
        ),
        ("单独分层，不并入主口径", "A stratum of its own, in no other figure."),
    ),
    flow(
        figures::FOLLOW_UP_BILL,
        Origin::Savings,
        FEN,
        ("随访的节省医疗费用", "Medical expenses saved by follow-ups."),
        ("单独分层，不并入主口径", "A stratum of its own, in no other figure."),
    ),
    flow(
        figures::FOLLOW_UP_BESIDE,
        Origin::Savings,
        FEN,
        ("随访中证据或来源不足的净节省费用", "Net savings of follow-ups, beside their headline."),
        ("", ""),
    ),
    flow(
        figures::TIME,
        Origin::Savings,
        FEN,
        ("误工时间价值（备查）", "Wages not lost: a memo."),
        ("备查项，不计入任何节省费用", "In no ledger of money saved."),
    ),
    flow(
        figures::FUND,
        Origin::Savings,
        FEN,
        ("医保基金少支出（备查）", "What the insurance fund pays less: a memo."),
        ("备查项，基金与家庭分账", "The fund's money, never added to the household's."),
    ),
    flow(
        figures::ITEMISED,
        Origin::Savings,
        FEN,
        (
            "净节省费用中凭票据、结算单的部分（A类），含主口径内外",
            "Net savings of class A, receipts and settled bills; headline and beside together.",
        ),
        ("四类之和等于主口径内外之和", "The four classes sum to headline and beside."),
    ),
    flow(
        figures::TARIFF,
        Origin::Savings,
        FEN,
        (
            "净节省费用中按测算参数的部分（B类），含主口径内外",
            "Net savings of class B, by an approved tariff; headline and beside together.",
        ),
        ("四类之和等于主口径内外之和", "The four classes sum to headline and beside."),
    ),
    flow(
        figures::DECLARED,
        Origin::Savings,
        FEN,
        ("净节省费用中自报的部分（C类）", "Net savings of class C, somebody's word."),
        ("不在主口径内", "Never in the headline."),
    ),
    flow(
        figures::UNSOURCED,
        Origin::Savings,
        FEN,
        ("净节省费用中无来源的部分（X类）", "Net savings of class X, without a source."),
        ("不在主口径内", "Never in the headline."),
    ),
    flow(
        figures::KNOWN,
        Origin::Savings,
        TRIPS,
        ("净节省费用各项齐全的首诊行程数", "First visits' trips whose net saving is known in every part."),
        ("", ""),
    ),
    flow(
        figures::ELIGIBLE,
        Origin::Savings,
        TRIPS,
        ("按规则可能有节省费用的首诊行程数", "First visits' trips that can have a saving by rule."),
        ("", ""),
    ),
    flow(
        figures::BILL_KNOWN,
        Origin::Savings,
        TRIPS,
        ("自付医疗费用可比的首诊行程数", "First visits' trips whose medical expenses are known on both sides."),
        ("", ""),
    ),
    flow(
        figures::BILL_ELIGIBLE,
        Origin::Savings,
        TRIPS,
        ("按规则可比自付医疗费用的首诊行程数", "First visits' trips whose medical expenses count by rule."),
        ("", ""),
    ),
    flow(
        figures::FOLLOW_UP_KNOWN,
        Origin::Savings,
        TRIPS,
        ("净节省费用各项齐全的随访行程数", "Follow-ups' trips whose net saving is known in every part."),
        ("", ""),
    ),
    flow(
        figures::FOLLOW_UP_ELIGIBLE,
        Origin::Savings,
        TRIPS,
        ("按规则可能有节省费用的随访行程数", "Follow-ups' trips that can have a saving by rule."),
        ("", ""),
    ),
    flow(
        figures::AVOIDED_TRIPS,
        Origin::Savings,
        TRIPS,
        (
            "免于外出就医的行程数：同一患者、同一目的地、同一日计一次",
            "Trips that were not made: one for each patient, destination and day.",
        ),
        ("一次住院内的多项服务计一次", "Several services of one stay are one trip."),
    ),
    flow(
        figures::TRIPS_IN_VAIN,
        Origin::Savings,
        TRIPS,
        ("场次取消而患者已到的行程数", "Trips of patients who came to a session that was cancelled."),
        ("计为负节省", "They are negative savings."),
    ),
    flow(
        leaf::ELIGIBLE_SERVICES,
        Origin::Activities,
        SERVICES,
        (
            "按类别可能使患者免于外出就医的诊疗人次与手术台次，无论是否登记了行程",
            "Consultations and operation cases of a kind that can save a trip, whether or not a trip is on record.",
        ),
        (
            "不含义诊、查房、带教、讲座、仅有人数的登记及本地医生独立手术",
            "Without free clinics, rounds, lessons, lectures, headcounts and cases of local surgeons alone.",
        ),
    ),
    flow(
        figures::TOLD_SERVICES,
        Origin::Savings,
        SERVICES,
        (
            "所在行程净节省费用已知、或按规则为零的诊疗人次与手术台次",
            "Of these, those on a trip whose net saving is known in every part, or nothing by rule.",
        ),
        ("", ""),
    ),
    flow(
        figures::BILL_TOLD_SERVICES,
        Origin::Savings,
        SERVICES,
        (
            "所在行程自付医疗费用已知、或按规则不计的诊疗人次与手术台次",
            "Of these, those on a trip whose medical expenses are known on both sides, or don't count by rule.",
        ),
        ("", ""),
    ),
    Definition {
        name: "savings_coverage",
        rule: Rule::Quotient("services_with_told_saving", "services_that_can_save"),
        span: MeasureSpan::Flow,
        unit: ("比例", "share"),
        definition: (
            "净节省费用覆盖率：已知的与全部可能免于外出就医的诊疗人次和手术台次之比",
            "How much of what can be known of net savings is, of every service that can save a trip: both parts kept.",
        ),
        footnote: COVERED,
        version: 2,
    },
    Definition {
        name: "bill_savings_coverage",
        rule: Rule::Quotient("services_with_told_bill_saving", "services_that_can_save"),
        span: MeasureSpan::Flow,
        unit: ("比例", "share"),
        definition: (
            "节省医疗费用覆盖率：已知的与全部可能免于外出就医的诊疗人次和手术台次之比",
            "How much of what can be known of medical expenses is, of every service that can save a trip: both parts kept.",
        ),
        footnote: COVERED,
        version: 2,
    },
    Definition {
        name: figures::COUNTY_METHOD.as_str(),
        rule: Rule::Method,
        span: MeasureSpan::Flow,
        unit: FEN,
        definition: (
            "县级自定方法的节省费用：人次、台次、行程数乘以该县公布的定额，按服务日期适用版本",
            "The county's own named method: consultations, cases and trips times its flat amounts, by the version in force on the service date.",
        ),
        footnote: ("C类，自定口径，与主口径并列而不并入", "Class C: printed beside the headline, never inside."),
        version: 1,
    },
];
