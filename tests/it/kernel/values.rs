//! Money, specialties, grades and vocabularies.
use homecoming::kernel::{Change, Fen, Grade, HalfDay, SessionKind, Specialty, Verb, Vocabulary as _, hex};
use proptest::prelude::*;

#[test]
fn yuan_is_read_exactly_or_not_at_all() {
    let good =
        [("0", 0), ("12", 1_200), ("12.3", 1_230), ("12.30", 1_230), ("-0.05", -5), ("007.01", 701), ("0.99", 99)];
    for (text, fen) in good {
        assert_eq!(Fen::parse_yuan(text), Ok(Fen::new(fen)), "{text}");
    }
    let bad = ["", "-", ".", "1.", ".5", "1.234", "1,000", "1 ", " 1", "+1", "--1", "1e3", "１", "¥1", "1.-5", "NaN"];
    for text in bad.into_iter().chain(["92233720368547758.08", "99999999999999999999999999999999999999999"]) {
        assert!(Fen::parse_yuan(text).is_err(), "{text:?}");
    }
}

#[test]
fn ratios_round_half_away_from_zero_once() {
    let cases = [
        (10, 1, 4, Some(3)), // 2.5
        (-10, 1, 4, Some(-3)),
        (10, -1, 4, Some(-3)),
        (10, 1, -4, Some(-3)),
        (9, 1, 4, Some(2)),  // 2.25
        (11, 1, 4, Some(3)), // 2.75
        (1, 1, 2, Some(1)),
        (0, 7, 3, Some(0)),
        (1_446_590, 8_500, 10_000, Some(1_229_602)), // DOMAIN: e1 of the provincial bill, 1,229,601.5
        (i64::MAX, 10_000, 10_000, Some(i64::MAX)),
        (i64::MIN, 1, 1, Some(i64::MIN)),
        (i64::MIN, -1, 1, None),
        (i64::MAX, 3, 2, None),
        (5, 5, 0, None),
    ];
    for (fen, numerator, denominator, expected) in cases {
        let rounded = Fen::new(fen).times_ratio(numerator, denominator).map(Fen::get);
        assert_eq!(rounded, expected, "{fen} × {numerator} / {denominator}");
    }
}

#[test]
fn money_never_wraps() {
    let most = Fen::new(i64::MAX);
    assert_eq!(most.checked_add(Fen::new(1)), None);
    assert_eq!(Fen::new(i64::MIN).checked_sub(Fen::new(1)), None);
    assert_eq!(Fen::new(i64::MIN).checked_neg(), None);
    assert_eq!(most.checked_neg(), Some(Fen::new(-i64::MAX)));
    assert_eq!(format!("{}|{:>8}|{}", Fen::new(-5), Fen::new(1_230), Fen::ZERO), "-0.05|   12.30|0.00");
    assert_eq!(Fen::new(i64::MIN).to_string(), "-92233720368547758.08");
}

proptest! {
    #[test]
    fn printed_money_is_read_back(fen: i64) {
        prop_assert_eq!(Fen::parse_yuan(&Fen::new(fen).to_string()), Ok(Fen::new(fen)));
    }

    #[test]
    fn a_rounded_ratio_is_nearest(fen in -1_000_000i64..1_000_000, numerator in -10_000i64..10_000, denominator in 1i64..10_000) {
        let rounded = Fen::new(fen).times_ratio(numerator, denominator).unwrap().get();
        prop_assert!(2 * (fen * numerator - rounded * denominator).abs() <= denominator);
    }
}

#[test]
fn a_parent_covers_its_children() {
    let cases = [
        ("03", "03", true),
        ("03", "03.04", true),
        ("03", "03.04.01", true),
        ("03.04", "03.04.01", true),
        ("03.04", "03", false),
        ("03.04", "03.05", false),
        ("03", "04.03", false),
    ];
    let specialty = |text: &str| Specialty::parse(text).unwrap();
    for (has, needs, covers) in cases {
        assert_eq!(specialty(has).covers(&specialty(needs)), covers, "{has} for {needs}");
        assert_eq!(specialty(needs).with_parents().contains(&specialty(has)), covers, "{has} above {needs}");
    }
    for bad in ["", "3", "034", "03.", "03.4", "03.04.01.02", "03,04", "ab", "０３", "03.04\0"] {
        assert!(Specialty::parse(bad).is_err(), "{bad:?}");
    }
}

#[test]
fn grades_are_one_to_four() {
    let grades: Vec<i64> = (-1..7).filter_map(Grade::new).map(Grade::number).collect();
    assert_eq!(grades, [1, 2, 3, 4]);
    assert_eq!(Grade::new(257), None);
}

#[test]
fn a_vocabulary_is_its_code_in_json() {
    assert_eq!(serde_json::to_string(&SessionKind::OutConsultation).unwrap(), "\"OUT_CONSULTATION\"");
    assert_eq!(serde_json::from_str::<HalfDay>("\"AFTERNOON\"").unwrap(), HalfDay::Afternoon);
    assert!(serde_json::from_str::<HalfDay>("\"NOON\"").is_err());
    assert_eq!((HalfDay::from_number(0), HalfDay::from_number(3), HalfDay::from_code("")), (None, None, None));
}

#[test]
fn a_deletion_is_one_revision_more() {
    let change = Change::deleted("programmes/p", 4);
    assert_eq!((change.verb, change.revision, change.verb.as_str()), (Verb::DELETE, 5, "delete"));
    assert_eq!(Change::created("programmes/p").revision, 1);
}

#[test]
fn bytes_are_two_digits_each() {
    assert_eq!(hex([0x00, 0x0f, 0xa0, 0xff]), "000fa0ff");
    assert_eq!(hex([0_u8; 0]), "");
}
