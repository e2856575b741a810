//! Sensitivity and break-even: halving as a table and as a property, what an assumption moves over a socket, and what coverage counts.
use homecoming::activities::{Kind, Performer, leaf};
use homecoming::db::{Query, Tx};
use homecoming::kernel::{Fen, Id, Result, SessionKind, Vocabulary as _};
use homecoming::pb;
use homecoming::savings::Unit;
use homecoming::savings::break_even::least;
use homecoming::savings::eligibility::{Service, exclusion};
use homecoming::savings::sensitivity::{TripKinds, scaled};
use homecoming::savings::store::{recomputations, trips as store};
use homecoming::savings::trip::{Prices, Trip};
use homecoming::sites::DivisionCode;
use homecoming::tallies::queries::AnalyseSavings;
use homecoming::tallies::sensitivity::Period;
use proptest::prelude::*;

use super::api::{self, by};
use super::trips::{asking, bill, county, trip};
use crate::support::figures::{self, PROGRAMME, date, name};
use crate::support::{TestServer, each_engine};

#[test]
fn break_even_is_the_least_value_at_which_the_saving_has_come_to_the_target() {
    type Saving = fn(i64) -> i64;
    let cases: [(&str, Saving, i64, Option<i64>); 10] = [
        ("rises through it", |value| 10 * value - 45, 0, Some(5)),
        ("rises onto it", |value| 10 * value - 40, 0, Some(4)),
        ("falls through it", |value| 45 - 10 * value, 0, Some(5)),
        ("falls onto it", |value| 40 - 10 * value, 0, Some(4)),
        ("is there from the beginning", |value| 10 * value, 0, Some(0)),
        ("stays on it: the first value", |value| (value - 7).max(0) - 1, -1, Some(0)),
        ("steps over it", |value| if value < 60 { -5 } else { 5 }, 0, Some(60)),
        ("comes to it at the very end", |value| value - 100, 0, Some(100)),
        ("never comes to it", |value| value + 1, 0, None),
        ("moves away from it", |value| -1 - value, 0, None),
    ];
    for (case, saving, target, expected) in cases {
        let found = least(&(0..=100), Fen::new(target), |value| Ok(Fen::new(saving(value)))).unwrap();
        assert_eq!(found, expected, "{case}");
    }
    let nothing = std::ops::RangeInclusive::new(1, 0);
    assert_eq!(least(&nothing, Fen::ZERO, |_| Ok(Fen::ZERO)).unwrap(), None, "no value at all");
}

#[test]
fn a_share_of_a_tariff_rounds_half_away_from_zero_and_stays_in_its_range() {
    for (unit, base, share, expected) in [
        (Unit::FenPerLeg, 12_000, 10_000, 12_000),
        (Unit::FenPerLeg, 3, 5_000, 2),
        (Unit::FenPerEncounter, 1_446_590, 1_268, 183_428),
        (Unit::BasisPoints, 8_500, 20_000, 10_000),
        (Unit::FenPerDay, 0, 1_000_000, 0),
        (Unit::FenPerNight, 1_000_000_000_000, 20_000, 1_000_000_000_000),
    ] {
        assert_eq!(scaled(unit, base, share).unwrap(), expected, "{unit:?} {base} × {share}");
    }
}

proptest! {
    #[test]
    fn halving_finds_what_trying_every_value_finds(
        mut steps in prop::collection::vec(0..50_i64, 1..60),
        begin in -500..500_i64,
        target in -600..600_i64,
        falls in any::<bool>(),
    ) {
        steps[0] = 0;
        let sign = if falls { -1 } else { 1 };
        let savings: Vec<i64> = steps.iter().scan(begin, |sum, step| { *sum += sign * step; Some(*sum) }).collect();
        let end = i64::try_from(savings.len()).unwrap() - 1;
        let at = |value: i64| savings[usize::try_from(value).unwrap()];
        let rises = begin < target;
        let tried = (0..=end).find(|value| if rises { at(*value) >= target } else { at(*value) <= target });
        let found = least(&(0..=end), Fen::new(target), |value| Ok(Fen::new(at(value)))).unwrap();
        // Where it stands on the target at once, that is the first value.
        prop_assert_eq!(found, if begin == target { Some(0) } else { tried });
    }
}

/// What an activity's kind says of coverage is what the rules of savings say of it.
#[test]
fn a_service_can_save_a_trip_exactly_where_no_rule_excludes_it() {
    for session_kind in SessionKind::ALL {
        for kind in Kind::ALL {
            for performer in [None].into_iter().chain(Performer::ALL.iter().copied().map(Some)) {
                let service = Service { session_kind: *session_kind, kind: *kind, performer, screening: false };
                let can_save = leaf::can_save(*session_kind, *kind, performer);
                assert_eq!(can_save, exclusion(&service).is_none(), "{service:?}");
            }
        }
    }
}

/// The far bill and the fare get a range; the county's method states 7,000 yuan a trip.
async fn with_ranges(server: &TestServer) {
    let mut trips = county(server).await;
    let mut savings = api::client(server);
    for (place, id, low, high) in [(0, "fares", 8_000, 20_000), (6, "bills", 1_000_000, 2_000_000)] {
        let base = api::tariff(api::prices()[place]);
        let values = Some(pb::Cases { low, high, base: base.values.unwrap().base });
        let next = pb::Tariff { values, replaces: name("tariffs", &format!("t{place}")), ..base };
        savings.create_tariff(api::create(id, next)).await.unwrap();
        savings.approve_tariff(by("two", api::approve(id))).await.unwrap();
    }
    let item = pb::MethodItem {
        label: "交通".to_owned(),
        nature: pb::MethodNature::Travel as i32,
        unit: pb::MethodUnit::Trip as i32,
        amount_fen: 700_000,
    };
    let method =
        pb::CountyMethod {
            title: "县卫健局测算口径".to_owned(), version: "2024".to_owned(), items: vec![item]
        };
    let next = pb::SavingPolicy { method: Some(method), replaces: name("saving-policies", "p2024"), ..api::policy() };
    savings.create_saving_policy(api::create_policy("p3", next)).await.unwrap();
    let approve = pb::ApproveSavingPolicyRequest { name: name("saving-policies", "p3"), ..Default::default() };
    savings.approve_saving_policy(by("two", approve)).await.unwrap();
    trips.record_trip(asking("t1", trip(&["a1"]))).await.unwrap();
    trips.record_encounter(bill("b1", "t1")).await.unwrap();
    // Beside the headline, so that no assumption moves it there.
    trips.record_trip(asking("t2", pb::Trip { evidence: None, ..trip(&["a3"]) })).await.unwrap();
}

async fn analyse(server: &TestServer, basis: pb::TallyBasis) -> pb::SavingsAnalysis {
    let request = pb::AnalyseSavingsRequest {
        parent: PROGRAMME.to_owned(),
        from_date: date(2024, 3, 1),
        to_date: date(2024, 3, 31),
        basis: basis.into(),
    };
    figures::tallies(server).analyse_savings(request).await.unwrap().into_inner()
}

#[tokio::test]
async fn the_biggest_swing_comes_first_and_says_where_it_breaks_even() {
    each_engine("sensitivity", async |server| {
        with_ranges(&server).await;
        let analysis = analyse(&server, pb::TallyBasis::Recorded).await;
        let headline = analysis.headline.unwrap();
        assert_eq!((headline.base, analysis.trip_count, analysis.county_fen), (618_989, 1, Some(1_400_000)));
        assert_eq!((headline.low, headline.high), (618_989 - 218_829 - 16_000, 618_989 + 271_171 + 32_000));
        let moves: Vec<(i32, i64, i64, i64)> = analysis
            .swings
            .iter()
            .filter(|swing| swing.swing_fen > 0)
            .map(|it| (it.assumption.as_ref().unwrap().component, it.low_fen, it.high_fen, it.swing_fen))
            .collect();
        let (bill, fare) = (pb::TariffComponent::EncounterBill as i32, pb::TariffComponent::Fare as i32);
        assert_eq!(moves, [(bill, 400_160, 890_160, 490_000), (fare, 602_989, 650_989, 48_000)]);
        let first = &analysis.swings[0];
        assert_eq!((first.zero_at, first.county_at), (Some(1_268), Some(21_019)), "in hundredths of a per cent");
        let value = &first.values[0];
        assert_eq!(
            (value.version.clone(), value.zero, value.county),
            (name("tariffs", "bills"), Some(183_428), Some(3_040_588))
        );
        let second = &analysis.swings[1];
        assert_eq!(second.zero_at, None, "free fares leave what the bill saves");
        let nights = pb::AssumptionKind::Nights;
        let nights = analysis.swings.iter().find(|it| it.assumption.as_ref().unwrap().kind() == nights).unwrap();
        // A room for both a night: 15,000 fen; 781,011 fen are missing, which 53 more nights pay.
        assert_eq!((nights.swing_fen, nights.zero_at, nights.county_at), (0, None, Some(54)));
        assert_eq!(analysis.assumption_count, i64::try_from(analysis.swings.len()).unwrap());

        let attested = analyse(&server, pb::TallyBasis::Attested).await;
        assert_eq!((attested.headline.unwrap().base, attested.trip_count, attested.swings.len()), (0, 0, 0));
    })
    .await;
}

/// The trips that stand, and the prices of the first.
struct Stored;

impl Query for Stored {
    type Output = (Vec<Trip>, Prices);

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Self::Output> {
        let (programme, march) =
            (Id::parse("liling").unwrap(), ("2024-03-01".parse().unwrap(), "2024-03-31".parse().unwrap()));
        let stored = recomputations::chunk(tx, &programme, march, None, 10).await?;
        let prices = store::prices_of(tx, &programme, &stored[0].reckoned).await?;
        Ok((stored, prices))
    }
}

#[tokio::test]
async fn what_was_read_is_worked_out_by_kinds_once_the_read_has_ended() {
    each_engine("sensitivity_kinds", async |server| {
        with_ranges(&server).await;
        let period = Period {
            from: "2024-03-01".parse().unwrap(),
            to: "2024-03-31".parse().unwrap(),
            basis: homecoming::tallies::Basis::Recorded,
        };
        let query = AnalyseSavings { programme: Id::parse("liling").unwrap(), period };
        let gathered = server.db.read(query).await.unwrap();
        // On a thread without a runtime: nothing is read any more.
        let analysis = std::thread::spawn(move || gathered.analyse()).join().unwrap().unwrap();
        assert_eq!(analysis.headline.base, Fen::new(618_989));

        // Alike or not, so many trips move so much: where care was given, as the record said it, moves nothing.
        let (stored, prices) = server.db.read(Stored).await.unwrap();
        let (mut one, mut many) = (TripKinds::default(), TripKinds::default());
        for counted in [&mut one, &mut many] {
            assert!(!counted.is_priced(&stored[0].reckoned));
            counted.price(&stored[0].reckoned, prices.clone());
        }
        for number in 0..KINDS {
            let mut other = stored[0].clone();
            other.basis.words.near =
                Some(DivisionCode::parse(&format!("{:06}{:03}", 430_281 + number / 1_000, number % 1_000)).unwrap());
            one.count(&stored[0]).unwrap();
            many.count(&other).unwrap();
        }
        assert_eq!((one.kinds(), many.kinds()), (1, KINDS));
        assert_eq!((one.headline, one.trips), (many.headline, many.trips));
        let swings = one.weighed().unwrap().swings().unwrap();
        assert_eq!(swings, many.weighed().unwrap().swings().unwrap());
        for swing in &swings {
            for target in [Fen::ZERO, Fen::new(1_000_000_000)] {
                let found =
                    [&one, &many].map(|it| it.weighed().unwrap().break_even(&swing.assumption, target).unwrap());
                assert_eq!(found[0], found[1], "{:?}", swing.assumption);
            }
        }
        assert_eq!(swings[0].size(), 490_000 * u64::try_from(KINDS).unwrap());

        // Prices were read for a trip that turned out not to count: nothing rests on them.
        let mut nothing = TripKinds::default();
        nothing.price(&stored[0].reckoned, prices);
        assert!(nothing.weighed().unwrap().swings().unwrap().is_empty());
    })
    .await;
}

/// Kinds of trips that differ in nothing that moves anything.
const KINDS: usize = 20;

#[tokio::test]
async fn a_bulletin_says_what_carries_its_savings_and_which_records_count() {
    use homecoming::pb::bulletin_service_client::BulletinServiceClient;
    each_engine("sensitivity_bulletin", async |server| {
        with_ranges(&server).await;
        figures::attest(&server, figures::days("county", date(2024, 3, 4), date(2024, 3, 4))).await;
        let mut bulletins = BulletinServiceClient::new(server.channel.clone());
        let request = pb::GetBulletinRequest {
            name: PROGRAMME.to_owned(),
            from_date: date(2024, 3, 1),
            to_date: date(2024, 3, 31),
            with_html: true,
            with_sensitivity: true,
            ..Default::default()
        };
        let recorded = bulletins.get_bulletin(request.clone()).await.unwrap().into_inner();
        let analysis = recorded.analysis.clone().unwrap();
        assert_eq!(analysis, analyse(&server, pb::TallyBasis::Recorded).await);
        for said in [
            "1. 医疗费用总额（430100，47.01）：低 4,001.60 元，高 8,901.60 元，相差 4,900.00 元；为基准的 12.68 % 时净节省归零；为基准的 210.19 % 时达到县自定方法之数",
            "2. 单程票价（430281→430100，RAIL）：低 6,029.89 元",
            "单凭此项不会归零",
            "3 人次（台次）中 1 已知（未登记行程的也在内）",
            "不以核验为条件",
        ] {
            assert!(recorded.text.contains(said), "{said} is missing in\n{}", recorded.text);
        }
        assert!(recorded.html.contains("各假设使净节省相差") && recorded.html.contains("12.68 %"), "{}", recorded.html);
        let english = pb::GetBulletinRequest { language: pb::BulletinLanguage::En.into(), ..request.clone() };
        let english = bulletins.get_bulletin(english).await.unwrap().into_inner().text;
        assert!(english.contains("whole bill (430100, 47.01): low 4,001.60 yuan"), "{english}");

        let request = pb::GetBulletinRequest { basis: pb::TallyBasis::Attested.into(), ..request };
        let attested = bulletins.get_bulletin(request).await.unwrap().into_inner();
        assert_eq!((recorded.basis(), attested.basis()), (pb::TallyBasis::Recorded, pb::TallyBasis::Attested));
        let seen = |bulletin: &pb::Bulletin| bulletin.figures.unwrap().consultations;
        assert_eq!((seen(&recorded), seen(&attested)), (3, 1));
        let trips = |bulletin: &pb::Bulletin| bulletin.savings.as_ref().unwrap().avoided_trip_count;
        assert_eq!((trips(&recorded), trips(&attested)), (2, 1), "of trips, those whose every service is attested");
        assert_eq!(attested.analysis.as_ref().unwrap().county_fen, Some(700_000));
        assert!(attested.text.contains("只统计经登记人以外的人核验的记录"), "{}", attested.text);
        assert!(attested.footnotes.len() == recorded.footnotes.len() && attested.footnotes != recorded.footnotes);
    })
    .await;
}
