//! Where a tally is read and how it adds up, without a database.
use std::collections::{BTreeMap, BTreeSet};

use homecoming::kernel::{Date, Dimensions, Fact, HalfDay, Id, Leaf, Measure, Residence, Vocabulary as _};
use homecoming::tallies::Dimension;
use homecoming::tallies::cells::{self, FACES, face_for, project};
use homecoming::tallies::measures::{self, MEASURES, Rule};
use homecoming::tallies::question::{Question, month_ends, plan};
use homecoming::tallies::reckon::{Answer, Counted, Number, Slice};
use homecoming::tallies::statement::{self, Below, Figure, Said};
use proptest::prelude::*;

fn day(text: &str) -> Date {
    text.parse().unwrap()
}

/// First day, last day, first and last month of cells, ranges of days.
type Case = (&'static str, &'static str, Option<(&'static str, &'static str)>, &'static [(&'static str, &'static str)]);

#[test]
fn whole_months_come_from_cells_and_days_at_the_ends_from_records() {
    let cases: &[Case] = &[
        ("2024-01-01", "2024-12-31", Some(("2024-01", "2024-12")), &[]),
        ("2024-02-01", "2024-02-29", Some(("2024-02", "2024-02")), &[]),
        ("2024-01-02", "2024-03-31", Some(("2024-02", "2024-03")), &[("2024-01-02", "2024-01-31")]),
        ("2024-01-01", "2024-03-30", Some(("2024-01", "2024-02")), &[("2024-03-01", "2024-03-30")]),
        (
            "2023-12-31",
            "2024-02-01",
            Some(("2024-01", "2024-01")),
            &[("2023-12-31", "2023-12-31"), ("2024-02-01", "2024-02-01")],
        ),
        ("2024-01-15", "2024-02-15", None, &[("2024-01-15", "2024-02-15")]),
        ("2024-01-05", "2024-01-05", None, &[("2024-01-05", "2024-01-05")]),
        ("2023-02-01", "2023-02-27", None, &[("2023-02-01", "2023-02-27")]),
    ];
    for (from, to, months, records) in cases {
        let plan = plan(day(from), day(to), &[Dimension::Kind, Dimension::Month]);
        let found = plan.cells.as_ref().map(|(face, first, last)| {
            assert_eq!(face.name, "kind");
            (first.as_str(), last.as_str())
        });
        assert_eq!(found, *months, "{from} to {to}");
        let records: Vec<_> = records.iter().map(|(from, to)| (day(from), day(to))).collect();
        assert_eq!(plan.records, records, "{from} to {to}");
    }
    let both = plan(day("2024-01-01"), day("2024-12-31"), &[Dimension::Site, Dimension::Expert]);
    assert_eq!((both.cells, both.records), (None, vec![(day("2024-01-01"), day("2024-12-31"))]));
}

#[test]
fn a_question_takes_the_smallest_face_that_covers_it() {
    let name = |dimensions: &[Dimension]| face_for(dimensions).map(|face| face.name);
    assert_eq!(name(&[]), Some("kind"));
    assert_eq!(name(&[Dimension::Month, Dimension::Year, Dimension::Residence]), Some("kind"));
    assert_eq!(name(&[Dimension::Site, Dimension::Specialty]), Some("site"));
    assert_eq!(name(&[Dimension::Site, Dimension::Kind]), Some("place"));
    assert_eq!(name(&[Dimension::Specialty, Dimension::HomeHospital]), Some("person"));
    assert_eq!(name(&[Dimension::HalfDay, Dimension::Site]), None);
    let names: BTreeSet<_> = FACES.iter().map(|face| face.name).collect();
    assert_eq!(names.len(), FACES.len());
}

#[test]
fn the_last_days_of_months_are_cut_at_the_end() {
    let days = |from, to| month_ends(day(from), day(to)).iter().map(ToString::to_string).collect::<Vec<_>>();
    assert_eq!(days("2023-12-15", "2024-02-10"), ["2023-12-31", "2024-01-31", "2024-02-10"]);
    assert_eq!(days("2024-02-29", "2024-02-29"), ["2024-02-29"]);
}

#[test]
fn every_quotient_is_of_sums_and_every_name_is_one() {
    let names: BTreeSet<_> = MEASURES.iter().map(|it| it.name).collect();
    assert_eq!(names.len(), MEASURES.len());
    for definition in MEASURES {
        if let Rule::Quotient(above, below) = definition.rule {
            for part in [above, below] {
                assert!(matches!(measures::find(part).unwrap().rule, Rule::Sum(..)), "{part}");
            }
        }
    }
}

fn any_leaf() -> impl Strategy<Value = Leaf> {
    let half_day = prop::option::of(prop::sample::select(HalfDay::ALL));
    let expert = prop::option::of(1..4_u8);
    let specialty = prop::sample::select(vec!["03", "03.04", "04.01"]);
    let kind = prop::sample::select(vec!["CLINIC", "OPERATION", ""]);
    let residence = prop::sample::select(Residence::ALL);
    (0..120_u64, half_day, 1..4_u8, expert, specialty, kind, residence, -50..500_i64, 1..30_i64).prop_map(
        |(days, half_day, site, expert, specialty, kind, residence, saving, heads)| {
            let id = |prefix: &str, n: u8| Id::parse(&format!("{prefix}{n}")).unwrap();
            Leaf {
                dimensions: Dimensions {
                    date: day("2023-11-15").checked_add_days(chrono::Days::new(days)).unwrap(),
                    half_day,
                    site: id("s", site),
                    site_level: if site == 1 { "COUNTY_HOSPITAL" } else { "TOWNSHIP_HEALTH_CENTRE" }.to_owned(),
                    expert: expert.map(|n| id("e", n)),
                    home_hospital: expert.map(|n| id("h", n % 2)),
                    specialty: specialty.to_owned(),
                    kind: kind.to_owned(),
                    residence,
                },
                quantities: vec![(Measure::CONSULTATIONS, heads), (Measure::DECLARED_SAVINGS_FEN, saving)],
                attested: heads % 2 == 0,
            }
        },
    )
}

fn question(group_by: Vec<Dimension>) -> Question {
    let measures = ["consultations", "declared_savings_fen"].map(|name| measures::find(name).unwrap()).to_vec();
    let (from, to) = (day("2023-11-01"), day("2024-03-31"));
    Question { group_by, ..Question::of(measures, from, to) }
}

proptest! {
    #[test]
    fn an_additive_total_is_the_sum_of_any_partition(
        leaves in prop::collection::vec(any_leaf(), 0..60),
        group_by in prop::sample::subsequence(Dimension::ALL.to_vec(), 0..4),
        wanted in prop::collection::btree_set(prop::sample::select(vec!["s1", "s2", "s3"]), 0..3),
    ) {
        let filtered = |question: Question| {
            let mut question = question;
            if !wanted.is_empty() {
                let sites = wanted.iter().map(ToString::to_string).collect();
                question.filter.values.insert(Dimension::Site, sites);
            }
            question
        };
        let counted = |question: &Question| {
            let mut counted = Counted::default();
            for measure in [Measure::CONSULTATIONS, Measure::DECLARED_SAVINGS_FEN] {
                let dimensions = question.dimensions().into_iter().filter(|it| !matches!(it, Dimension::Month | Dimension::Year));
                let mut slice = Slice { dimensions: dimensions.collect(), rows: Vec::new() };
                slice.add_leaves(leaves.iter(), measure);
                counted.sums.insert(measure, slice.sums(question).unwrap());
            }
            counted.answer(question).unwrap()
        };
        let whole = counted(&filtered(question(Vec::new())));
        let parts = counted(&filtered(question(group_by)));
        prop_assert_eq!(&parts.totals, &whole.totals);
        for (place, total) in whole.totals.iter().enumerate() {
            let sum: i64 = parts.rows.iter().map(|(_, numbers)| numbers[place].quantity).sum();
            prop_assert_eq!(sum, total.quantity);
        }
        let expected: i64 = leaves
            .iter()
            .filter(|leaf| wanted.is_empty() || wanted.contains(leaf.dimensions.site.as_str()))
            .map(|leaf| leaf.quantities[1].1)
            .sum();
        prop_assert_eq!(whole.totals[1].quantity, expected);
    }

    #[test]
    fn what_comes_and_goes_leaves_no_cell_and_a_change_leaves_the_new_one(
        before in any_leaf(),
        after in any_leaf(),
    ) {
        let fold = |facts: &[Fact]| {
            let mut cells: BTreeMap<(&str, &str, String, String), i64> = BTreeMap::new();
            for delta in facts.iter().flat_map(project) {
                for (measure, by) in delta.by {
                    *cells.entry((delta.face, measure, delta.month.clone(), delta.key.clone())).or_default() += by;
                }
            }
            cells.retain(|_, quantity| *quantity != 0);
            cells
        };
        let fact = |before: Option<&Leaf>, after: Option<&Leaf>| Fact {
            name: "programmes/p/activities/a".to_owned(),
            kind: "activity",
            before: before.cloned(),
            after: after.cloned(),
        };
        let gone = fold(&[fact(None, Some(&before)), fact(Some(&before), None)]);
        prop_assert_eq!(gone, BTreeMap::new());
        let changed = fold(&[fact(None, Some(&before)), fact(Some(&before), Some(&after))]);
        prop_assert_eq!(changed, fold(&[fact(None, Some(&after))]));
        let face = &FACES[1];
        let key = cells::key(&after.dimensions, face.dimensions);
        prop_assert_eq!(cells::values(&key).count(), face.dimensions.len());
    }
}

fn answer(rows: &[(&str, &[i64])]) -> Answer {
    let number = |quantity: &i64| Number { quantity: *quantity, denominator: 0 };
    let row = |(key, numbers): &(&str, &[i64])| (vec![(*key).to_owned()], numbers.iter().map(number).collect());
    Answer { rows: rows.iter().map(row).collect(), totals: Vec::new() }
}

#[test]
fn a_group_stands_in_a_statement_though_what_is_recorded_cancels_to_nothing() {
    // 700 fen are attested in `a`, and as much was lost by a trip that isn't; nobody has attested anything in `c`.
    let attested = answer(&[("a", &[700, 1]), ("b", &[5, 2])]);
    let recorded = answer(&[("a", &[0, 2]), ("b", &[5, 2]), ("c", &[-3, 0])]);
    let figures = statement::side_by_side(&["net", "trips"], "SITE", &attested, &recorded);
    let found: Vec<_> =
        figures.iter().map(|it| (it.measure.as_str(), it.key.as_str(), it.attested, it.recorded)).collect();
    let expected =
        [("net", "a", 700, 0), ("net", "b", 5, 5), ("net", "c", 0, -3), ("trips", "a", 1, 2), ("trips", "b", 2, 2)];
    assert_eq!(found, expected);
    let only = statement::side_by_side(&["net"], "SITE", &attested, &answer(&[]));
    assert_eq!(only.iter().map(|it| it.key.as_str()).collect::<Vec<_>>(), ["a", "b"], "nor where no group is recorded");
}

#[test]
fn a_ratios_delta_is_that_of_both_its_parts() {
    let ratio = |above, below| {
        let number = Number { quantity: above, denominator: below };
        [Said::Figure(Figure::new("consultations_per_sitting", ("", ""), number, number))]
    };
    let deltas = statement::deltas(&ratio(6, 2), &ratio(6, 3));
    let [delta] = deltas.as_slice() else { panic!("{deltas:?}") };
    assert_eq!((delta.before, delta.after, delta.delta), (6, 6, 0));
    assert_eq!(delta.below, Below { before: 2, after: 3, delta: 1 }, "3 a sitting then, 2 now");
    assert_eq!(statement::deltas(&ratio(6, 3), &ratio(6, 3)), []);
    let text = statement::write(&[Said::Delta(delta.clone())]).unwrap();
    assert_eq!(statement::read(&text), Some(vec![Said::Delta(delta.clone())]));
    // A text of before says nothing below the line, and neither does one about a sum.
    let sum = r#"{"record":"delta","measure":"consultations","by":"","key":"","before":2,"after":3,"delta":1}"#;
    let read = statement::read(sum).unwrap();
    assert_eq!(statement::write(&read).unwrap().trim_end(), sum);
}
