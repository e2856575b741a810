//! Published comparisons and a county's own method.
use homecoming::kernel::{Error, Fen, Fields, Reason};
use homecoming::savings::county::{Item, Method, MethodFigure, MethodNature, MethodUnit};
use homecoming::savings::published::{MoneyBearer, Published, PublishedLine, PublishedSide};
use homecoming::savings::{EvidenceGrade, ProvenanceClass};

/// Amounts of whole units, with whose money they are.
fn side(lines: &[(i64, MoneyBearer)], stated: Option<i64>) -> PublishedSide {
    let line = |(units, bearer): &(i64, MoneyBearer)| PublishedLine {
        label: "a line".to_owned(),
        amount: Fen::new(units * 100),
        bearer: *bearer,
        currency: "AUD".to_owned(),
    };
    PublishedSide { lines: lines.iter().map(line).collect(), stated: stated.map(|units| Fen::new(units * 100)) }
}

fn units(fen: Fen) -> i64 {
    assert_eq!(fen.get() % 100, 0);
    fen.get() / 100
}

#[test]
fn worked_case_of_visiting_surgeons_mja_2013() {
    use MoneyBearer::{Mixed, Others};
    let avoided = [(658_760, Mixed), (52_400, Others), (47_634, Others), (3_600, Mixed)];
    let incurred = [(36_000, Others), (143_271, Others), (261_520, Others)];
    let table =
        Published { avoided: side(&avoided, None), incurred: side(&incurred, Some(442_276)), ..Published::default() };
    let result = table.reckon().unwrap();
    assert_eq!((units(result.avoided.total), units(result.saved)), (762_394, 320_118));
    assert_eq!(units(result.incurred.unallocated), 1_485, "reported, never spread");
    assert_eq!(units(result.avoided.households_at_most), 662_360);
    assert_eq!(units(result.avoided.households_at_least), 0);
}

#[test]
fn worked_case_of_manitoba_physiatry_2021() {
    let table = Published {
        avoided: side(&[], Some(158_344)),
        incurred: side(&[], Some(33_136)),
        cases: Some(48),
        ..Published::default()
    };
    let result = table.reckon().unwrap();
    assert_eq!(result.incurred.mean.unwrap().to_string(), "690.33");
    assert_eq!(result.avoided.mean.unwrap().to_string(), "3298.83");
    assert_eq!(units(result.saved), 125_208);
    assert_eq!(result.saved_bp.unwrap().get(), 7_907);
}

#[test]
fn a_stated_saving_that_differs_is_reported() {
    let table = Published {
        avoided: side(&[], Some(1_000)),
        incurred: side(&[], Some(400)),
        stated_saving: Some(Fen::new(61_000)),
        ..Published::default()
    };
    assert_eq!(units(table.reckon().unwrap().unallocated_saving), 10);
}

#[test]
fn mixed_currencies_and_negative_amounts_are_refused() {
    let mut table = Published {
        avoided: side(&[(5, MoneyBearer::Mixed)], None),
        incurred: side(&[(4, MoneyBearer::Mixed), (-1, MoneyBearer::Mixed)], None),
        cases: Some(0),
        ..Published::default()
    };
    table.incurred.lines[0].currency = "CNY".to_owned();
    let mut fields = Fields::new();
    table.refuse_unfit(&mut fields);
    let Err(Error::Invalid(found)) = fields.check() else { panic!("accepted") };
    let fields: Vec<&str> = found.iter().map(|it| it.field.as_str()).collect();
    assert_eq!(fields, ["incurred.lines[0].currency", "incurred.lines[1].amount", "cases"]);
}

/// 2017: 205 remote consultations, flat 2,000 yuan of travel and of board each, and 500 of "lecture value".
fn municipal() -> Method {
    let item = |label: &str, nature, yuan: i64| Item {
        label: label.to_owned(),
        nature,
        unit: MethodUnit::Consultation,
        amount: Fen::new(yuan * 100),
    };
    Method {
        name: "市级医院测算".to_owned(),
        version: "2017".to_owned(),
        items: vec![
            item("交通", MethodNature::Travel, 2_000),
            item("食宿", MethodNature::Board, 2_000),
            item("讲座价值", MethodNature::LectureValue, 500),
        ],
    }
}

#[test]
fn worked_case_of_a_municipal_hospital_2017() {
    let figure = municipal().figure(|_| 205).unwrap();
    assert_eq!((figure.accepted.get(), figure.refused.get()), (82_000_000, 10_250_000));
    assert_eq!(figure.lines.iter().map(|line| line.refused).collect::<Vec<_>>(), [false, false, true]);
    assert_eq!((MethodFigure::CLASS, MethodFigure::EVIDENCE), (ProvenanceClass::Declared, EvidenceGrade::K3));
}

#[test]
fn a_lectures_value_as_a_saving_is_refused() {
    let mut fields = Fields::new();
    municipal().refuse_unfit(&mut fields);
    let Err(Error::Invalid(found)) = fields.check() else { panic!("accepted") };
    let refused: Vec<_> = found.iter().map(|it| (it.field.as_str(), it.reason)).collect();
    assert_eq!(refused, [("items[2].nature", Reason::SavingNotApplicable)]);
}

#[test]
fn a_flat_amount_that_leaves_the_range_is_an_error() {
    assert_eq!(municipal().figure(|_| i64::MAX).unwrap_err().reason(), Reason::AmountOutOfRange);
}
