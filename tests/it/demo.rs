//! The demo in a database: exactly the published figures, whatever ends a load before it is complete. What the plan says
//! is `demo_plan`'s.
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};

use chrono::NaiveTime;
use homecoming::db::Engine;
use homecoming::demo::commands::{DemoError, load};
use homecoming::demo::{
    AS_OF, DECLARED_SAVINGS_ABOVE_FEN, OPERATION_CASES, Outcome, PROGRAMME, Plan, ROSTER, SITTINGS, ZONE,
};
use homecoming::kernel::{SessionKind, Zone};
use homecoming::pb;
use homecoming::pb::activity_service_client::ActivityServiceClient;
use homecoming::pb::bulletin_service_client::BulletinServiceClient;
use homecoming::pb::programme_service_client::ProgrammeServiceClient;
use homecoming::pb::session_service_client::SessionServiceClient;
use homecoming::pb::tally_service_client::TallyServiceClient;
use homecoming::sessions::predicate::is_among_patients;
use tonic::transport::Channel;

use crate::support::program::{self, Program};
use crate::support::{self, Database, TestServer};

const PARENT: &str = "programmes/liling";

/// A server that has loaded the demo holds so much for itself at most.
const MOST_KIB: u64 = 150 * 1024;

#[tokio::test]
async fn a_load_that_was_killed_is_completed_with_the_published_figures() {
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let Some(database) = Database::fresh("demo", engine).await else { continue };
        kill_at(&database.setting(), 50);
        let program = Program::serve(&database.setting(), &["--demo"]);
        let channel = support::connect(program.address).await;
        figures(&channel).await;
        savings(&channel).await;
        reconciles(&channel).await;
        control_totals(&channel).await;
        irregularities(&channel).await;
        let own = program.held_kib();
        assert!(own < MOST_KIB, "{own} KiB");
        bases(&channel).await;
        drop(program);

        // Once it is complete, the next start has next to nothing to do, and changes no figure.
        let program = Program::serve(&database.setting(), &["--demo"]);
        figures(&support::connect(program.address).await).await;
        program.terminate();
        let (_, log) = program.wait();
        assert!(!log.contains("a plan of the demo"), "what an earlier load did is no clash: {log}");
        database.remove().await;
    }
}

/// Starts a load and kills it, as `kill -9` would, when its log says that it is so far.
fn kill_at(database: &str, percent: u32) {
    let arguments = ["serve", "--demo", "--listen", "127.0.0.1:0", "--database", database];
    let mut child = program::command(&arguments).spawn().unwrap();
    let log = BufReader::new(child.stderr.take().unwrap());
    let reached = log.lines().map(Result::unwrap).any(|line| line.contains(&format!("percent={percent}")));
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(reached, "the load ended before {percent} %");
}

async fn figures(channel: &Channel) {
    let mut tallies = TallyServiceClient::new(channel.clone());
    let measures =
        ["sittings", "operation_cases", "consultations", "declared_savings_fen", "experts", "home_hospitals"];
    let as_of = pb::Date { year: 2024, month: 4, day: 22 };
    let request = pb::QueryTallyRequest {
        parent: PARENT.into(),
        from_date: Some(pb::Date { year: 2017, month: 4, day: 1 }),
        to_date: Some(as_of),
        measures: measures.map(Into::into).into(),
        ..Default::default()
    };
    let totals = tallies.query_tally(request).await.unwrap().into_inner().totals;
    let [sittings, cases, consultations, savings, experts, hospitals] = totals.as_slice() else {
        panic!("{totals:?}");
    };
    assert_eq!((sittings.quantity, cases.quantity), (i64::from(SITTINGS), i64::from(OPERATION_CASES)));
    assert_eq!((experts.quantity, hospitals.quantity), (i64::from(ROSTER), 15));
    assert!(savings.quantity > DECLARED_SAVINGS_ABOVE_FEN);
    assert_eq!((consultations.quantity + sittings.quantity / 2) / sittings.quantity, 12);
}

/// Headline, range and the county's own method stand side by side: the published round words are the method's, not the headline's.
async fn savings(channel: &Channel) {
    let mut tallies = TallyServiceClient::new(channel.clone());
    let measures = [
        "net_savings_low_fen",
        "net_savings_fen",
        "net_savings_high_fen",
        "net_savings_beside_fen",
        "county_method_fen",
        "savings_coverage",
        "trips_in_vain",
        "follow_up_net_savings_fen",
        "avoided_trips",
    ];
    let request = pb::QueryTallyRequest {
        parent: PARENT.into(),
        from_date: Some(pb::Date { year: 2017, month: 4, day: 1 }),
        to_date: Some(pb::Date { year: 2024, month: 4, day: 22 }),
        measures: measures.map(Into::into).into(),
        ..Default::default()
    };
    let totals = tallies.query_tally(request).await.unwrap().into_inner().totals;
    let quantities: Vec<i64> = totals.iter().map(|total| total.quantity).collect();
    let [low, net, high, beside, method, known, in_vain, follow_ups, trips] = quantities[..] else { panic!() };
    assert!(0 < low && low < net && net < high, "{quantities:?}");
    assert!(method > DECLARED_SAVINGS_ABOVE_FEN && method < DECLARED_SAVINGS_ABOVE_FEN + 100_000_000, "{method}");
    assert!(net < method / 2 && beside > 0, "what evidence carries is a part of what is declared: {quantities:?}");
    assert!(known > 0 && known < totals[5].denominator, "some bills are missing, and nothing is guessed");
    assert!(in_vain > 0 && follow_ups > 0, "{quantities:?}");
    let plan = Plan::new(AS_OF);
    let onward = plan.trips.iter().filter(|trip| trip.onward.is_some()).count();
    let made = plan.trips.iter().filter(|trip| trip.activity.is_some()).count();
    assert_eq!(trips, i64::try_from(made - onward).unwrap(), "who travelled on has avoided nothing");
}

/// Operations are always attested; of the rest the last two months aren't yet, and a few records are disputed.
async fn bases(channel: &Channel) {
    let mut bulletins = BulletinServiceClient::new(channel.clone());
    let mut of = async |basis: pb::TallyBasis| {
        let request = pb::GetBulletinRequest {
            name: PARENT.into(),
            to_date: Some(pb::Date { year: 2024, month: 4, day: 22 }),
            basis: basis.into(),
            with_sensitivity: true,
            ..Default::default()
        };
        bulletins.get_bulletin(request).await.unwrap().into_inner()
    };
    let (recorded, attested) = (of(pb::TallyBasis::Recorded).await, of(pb::TallyBasis::Attested).await);
    let (all, own) = (recorded.figures.unwrap(), attested.figures.unwrap());
    assert_eq!((all.operations, own.operations), (i64::from(OPERATION_CASES), i64::from(OPERATION_CASES)));
    assert_eq!(all.sittings, i64::from(SITTINGS));
    assert!(own.sittings < all.sittings && own.sittings * 10 > all.sittings * 9, "{own:?}");
    assert!(own.consultations < all.consultations && own.consultations * 10 > all.consultations * 9, "{own:?}");
    assert_eq!(all.experts, own.experts, "the roster has no sheets");
    let plan = Plan::new(AS_OF);
    let disputes = plan.sheets.iter().filter(|sheet| sheet.disputed.is_some() && !sheet.dismissed).count();
    let request = pb::ListActivitiesRequest {
        parent: PARENT.into(),
        state: pb::ActivityState::Disputed.into(),
        page_size: 1_000,
        ..Default::default()
    };
    let disputed = ActivityServiceClient::new(channel.clone()).list_activities(request).await.unwrap().into_inner();
    assert_eq!((disputed.activities.len(), disputed.next_page_token.as_str()), (disputes, ""));
    assert!(disputes > 0 && plan.sheets.iter().any(|sheet| sheet.dismissed), "some are disputed, some looked at again");

    let (savings, analysis) = (recorded.savings.unwrap(), recorded.analysis.unwrap());
    let (net, headline) = (savings.net.unwrap(), analysis.headline.unwrap());
    assert_eq!([net.low_fen, net.base_fen, net.high_fen], [headline.low, headline.base, headline.high]);
    assert!(analysis.swings.is_sorted_by(|one, other| one.swing_fen >= other.swing_fen) && analysis.swings.len() > 10);
    let breaks_even = analysis.swings.iter().any(|it| it.zero_at.is_some() || it.county_at.is_some());
    assert!(breaks_even, "some assumption alone brings the headline to zero, or to the county's figure: {analysis:?}");
    assert!(savings.service_told_count < savings.service_count && savings.service_count > savings.eligible_count);
}

async fn reconciles(channel: &Channel) {
    let mut tallies = TallyServiceClient::new(channel.clone());
    let reconciled = tallies.reconcile(pb::ReconcileRequest { parent: PARENT.into() }).await.unwrap().into_inner();
    assert!(reconciled.equal, "{:?}", reconciled.differences);
}

async fn control_totals(channel: &Channel) {
    let mut sessions = SessionServiceClient::new(channel.clone());
    let request = pb::GetSessionControlTotalsRequest { parent: PARENT.into() };
    let totals = sessions.get_session_control_totals(request).await.unwrap().into_inner();
    assert!(totals.balanced && totals.unresolved == 0, "{totals:?}");
    assert!(totals.completed > i64::from(SITTINGS), "{totals:?}");
    assert!([totals.cancelled, totals.not_held, totals.future].iter().all(|count| *count > 0), "{totals:?}");
}

/// What was missing in held sessions is what the plan leaves out, and nothing else: everybody has the papers of the day.
async fn irregularities(channel: &Channel) {
    let mut sessions = SessionServiceClient::new(channel.clone());
    let mut found: BTreeMap<i32, usize> = BTreeMap::new();
    let mut request = pb::ListSessionsRequest {
        parent: PARENT.into(),
        state: pb::SessionState::Completed.into(),
        page_size: 1000,
        ..Default::default()
    };
    loop {
        let page = sessions.list_sessions(request.clone()).await.unwrap().into_inner();
        for note in page.sessions.iter().flat_map(|session| &session.irregularities) {
            *found.entry(note.irregularity).or_default() += 1;
        }
        if page.next_page_token.is_empty() {
            break;
        }
        request.page_token = page.next_page_token;
    }
    let plan = Plan::new(AS_OF);
    let held = || plan.sessions.iter().filter(|session| session.outcome == Outcome::Held);
    let alone = held().filter(|session| is_among_patients(session.kind) && session.assistant.is_none()).count();
    let unasked = held().filter(|session| session.consent.is_none()).count();
    let operated = held().filter(|session| session.kind == SessionKind::Operation && session.assistant.is_none());
    let expected = [
        (pb::Irregularity::NoConsent as i32, unasked),
        (pb::Irregularity::NoAssistant as i32, alone),
        // Nobody before, nobody after.
        (pb::Irregularity::NoResponsiblePhysician as i32, 2 * operated.count()),
    ];
    let expected = expected.into();
    assert_eq!(found, expected);
}

#[tokio::test]
async fn before_the_day_of_the_figures_nothing_is_loaded() {
    support::each_engine("demo_early", async |server: TestServer| {
        let refused = load(&server.db, &|_, _| ()).await.unwrap_err();
        assert!(matches!(refused, DemoError::TooEarly(_)), "{refused:?}");
        let mut programmes = ProgrammeServiceClient::new(server.channel.clone());
        let listed = programmes.list_programmes(pb::ListProgrammesRequest::default()).await.unwrap().into_inner();
        assert!(listed.programmes.is_empty());
    })
    .await;
}

#[tokio::test]
async fn somebody_elses_programme_is_left_alone() {
    support::each_engine("demo_foreign", async |server: TestServer| {
        let zone = Zone::parse(ZONE).unwrap();
        server.clock.set(zone.instant(AS_OF, NaiveTime::MIN));
        let mut programmes = ProgrammeServiceClient::new(server.channel.clone());
        let programme = pb::Programme {
            display_name: "另一个项目".into(),
            division_code: "430281".into(),
            zone: ZONE.into(),
            ..Default::default()
        };
        let request = pb::CreateProgrammeRequest {
            programme_id: PROGRAMME.into(),
            programme: Some(programme),
            ..Default::default()
        };
        let before = programmes.create_programme(request).await.unwrap().into_inner();
        let refused = load(&server.db, &|_, _| ()).await.unwrap_err();
        assert!(matches!(refused, DemoError::NotTheDemos), "{refused:?}");
        let request = pb::GetProgrammeRequest { name: PARENT.into() };
        assert_eq!(programmes.get_programme(request).await.unwrap().into_inner(), before);
    })
    .await;
}
