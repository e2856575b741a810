//! Tariffs, policies and estimates over a socket, on both engines.
use homecoming::kernel::Reason;
use homecoming::pb;
use homecoming::pb::saving_service_client::SavingServiceClient;
use tonic::transport::Channel;
use tonic::{Code, Request};

use crate::support::errors::{Refused, refused};
use crate::support::figures::{self, PROGRAMME, date, name};
use crate::support::{TestServer, each_engine};

pub type Client = SavingServiceClient<Channel>;

pub fn client(server: &TestServer) -> Client {
    SavingServiceClient::new(server.channel.clone())
}

pub fn by<T>(person: &str, message: T) -> Request<T> {
    let mut request = Request::new(message);
    request.metadata_mut().insert("x-homecoming-person", person.parse().unwrap());
    request
}

pub fn sure(value: i64) -> Option<pb::Cases> {
    Some(pb::Cases { low: value, base: value, high: value })
}

/// (component, origin, destination, mode, class, item, value): the worked cases' prices and terms.
pub type Price = (pb::TariffComponent, &'static str, &'static str, pb::TravelMode, pb::PersonClass, &'static str, i64);

pub fn prices() -> Vec<Price> {
    use pb::PersonClass::{Adult, Any, ResidentInsured};
    use pb::TariffComponent::{
        Deductible, EncounterBill, Fare, Feeder, FundRatio, LocalFare, MealDay, RoomNight, Scope, WageDay,
    };
    use pb::TravelMode::{Bus, Rail, Taxi, Unspecified};
    let (home, far) = ("430281", "430100");
    vec![
        (Fare, home, far, Rail, Adult, "", 12_000),
        (Feeder, home, "", Taxi, Adult, "", 4_000),
        (LocalFare, home, home, Bus, Adult, "", 1_000),
        (RoomNight, "", far, Unspecified, Any, "", 15_000),
        (MealDay, "", far, Unspecified, Any, "", 3_000),
        (WageDay, home, "", Unspecified, Any, "", 18_993),
        (EncounterBill, "", far, Unspecified, Any, "47.01", 1_446_590),
        (EncounterBill, "", home, Unspecified, Any, "47.01", 687_200),
        (Scope, "", far, Unspecified, ResidentInsured, "", 8_500),
        (Deductible, "", far, Unspecified, ResidentInsured, "", 150_000),
        (FundRatio, "", far, Unspecified, ResidentInsured, "", 6_000),
        (Scope, "", home, Unspecified, ResidentInsured, "", 9_000),
        (Deductible, "", home, Unspecified, ResidentInsured, "", 50_000),
        (FundRatio, "", home, Unspecified, ResidentInsured, "", 7_500),
    ]
}

pub fn tariff((component, origin, destination, mode, class, item, value): Price) -> pb::Tariff {
    pb::Tariff {
        component: component as i32,
        origin: origin.to_owned(),
        destination: destination.to_owned(),
        mode: mode as i32,
        person_class: class as i32,
        item: item.to_owned(),
        values: sure(value),
        valid_from: date(2024, 1, 1),
        source: "a price list of 2024".to_owned(),
        source_hash: "0123456789abcdef".repeat(4),
        grade: pb::TariffGrade::Assumed as i32,
        ..Default::default()
    }
}

fn fare() -> pb::Tariff {
    tariff(prices()[0])
}

pub fn create(id: &str, tariff: pb::Tariff) -> Request<pb::CreateTariffRequest> {
    let parent = PROGRAMME.to_owned();
    by("one", pb::CreateTariffRequest { parent, tariff_id: id.to_owned(), tariff: Some(tariff), ..Default::default() })
}

pub fn approve(id: &str) -> pb::ApproveTariffRequest {
    pb::ApproveTariffRequest { name: name("tariffs", id), ..Default::default() }
}

pub fn policy() -> pb::SavingPolicy {
    let stay = Some(pb::Stay { nights: sure(1), meal_days: sure(1), wage_half_days: sure(2) });
    pb::SavingPolicy {
        valid_from: date(2024, 1, 1),
        mode: pb::TravelMode::Rail as i32,
        feeder_mode: pb::TravelMode::Taxi as i32,
        near_mode: pb::TravelMode::Bus as i32,
        most_companions: 2,
        persons_a_room: 2,
        outpatient: stay,
        inpatient: stay,
        source: "the county's decision".to_owned(),
        ..Default::default()
    }
}

pub fn create_policy(id: &str, policy: pb::SavingPolicy) -> Request<pb::CreateSavingPolicyRequest> {
    let parent = PROGRAMME.to_owned();
    let request =
        pb::CreateSavingPolicyRequest { parent, policy_id: id.to_owned(), policy: Some(policy), ..Default::default() };
    by("one", request)
}

/// The county with the worked cases' tariffs and policy, approved.
pub async fn make(server: &TestServer) -> Client {
    figures::make(server).await;
    let mut client = client(server);
    for (index, price) in prices().into_iter().enumerate() {
        let id = format!("t{index}");
        client.create_tariff(create(&id, tariff(price))).await.unwrap();
        client.approve_tariff(by("two", approve(&id))).await.unwrap();
    }
    client.create_saving_policy(create_policy("p2024", policy())).await.unwrap();
    let approve = pb::ApproveSavingPolicyRequest { name: name("saving-policies", "p2024"), ..Default::default() };
    client.approve_saving_policy(by("two", approve)).await.unwrap();
    client
}

pub fn facts() -> pb::SavingFacts {
    pb::SavingFacts {
        date: date(2024, 5, 6),
        services: vec![pb::SavingServiceGiven {
            session_kind: pb::SessionKind::Operation as i32,
            kind: pb::ActivityKind::OperationCase as i32,
            performer: pb::Performer::Expert as i32,
            screening: false,
        }],
        evidence: pb::EvidenceGrade::K1 as i32,
        origin: "430281".to_owned(),
        destination: "430100".to_owned(),
        near: "430281".to_owned(),
        journey: Some(pb::SavingJourney {
            patient_class: pb::PersonClass::Adult as i32,
            patient_earns: true,
            setting: pb::CareSetting::Outpatient as i32,
            companion_grounds: vec![pb::CompanionGround::Anaesthesia as i32],
            companions: 1,
            near_journeys: 1,
        }),
        settled_bill: Some(pb::SettledBill {
            total_fen: 687_200,
            in_scope_fen: 618_480,
            deductible_fen: 50_000,
            fund_paid_fen: 426_360,
            assistance_fen: 0,
            cash_fen: 260_840,
            currency: "CNY".to_owned(),
            document: "B-1".to_owned(),
        }),
        item: "47.01".to_owned(),
        ..Default::default()
    }
}

fn estimate(facts: pb::SavingFacts) -> pb::EstimateSavingRequest {
    pb::EstimateSavingRequest { parent: PROGRAMME.to_owned(), facts: Some(facts) }
}

pub fn base(saving: &pb::Saving, ledger: pb::SavingLedger) -> i64 {
    let found = saving.ledgers.iter().find(|it| it.ledger() == ledger).unwrap();
    found.amount.unwrap().fen.unwrap().base
}

#[tokio::test]
async fn a_tariff_is_entered_by_one_person_approved_by_another_and_superseded_by_a_version() {
    each_engine("saving_tariffs", async |server| {
        figures::make(&server).await;
        let mut client = client(&server);
        let entered = client.create_tariff(create("f1", fare())).await.unwrap().into_inner();
        assert_eq!((entered.state(), entered.entered_by.as_str()), (pb::TariffState::Entered, "one"));
        assert_eq!(entered.unit(), pb::TariffUnit::FenPerLeg);
        let own = refused(client.approve_tariff(by("one", approve("f1"))).await);
        let expected = Refused::new(Code::FailedPrecondition, Reason::SecondPersonRequired);
        assert_eq!(own, expected.with("name", &entered.name));
        let stale = pb::ApproveTariffRequest { etag: "stale".to_owned(), ..approve("f1") };
        assert_eq!(refused(client.approve_tariff(by("two", stale)).await).reason, Reason::EtagMismatch);
        let approved = client.approve_tariff(by("two", approve("f1"))).await.unwrap().into_inner();
        assert_eq!((approved.state(), approved.approved_by.as_str()), (pb::TariffState::Approved, "two"));
        let withdraw = pb::WithdrawTariffRequest { name: approved.name.clone(), ..Default::default() };
        let late = refused(client.withdraw_tariff(withdraw.clone()).await);
        assert_eq!(late.reason, Reason::IllegalTransition, "what is approved can have been used");

        client.create_tariff(create("f2", fare())).await.unwrap();
        let overlap = refused(client.approve_tariff(by("two", approve("f2"))).await);
        let expected = Refused::new(Code::FailedPrecondition, Reason::TariffOverlap);
        assert_eq!(overlap, expected.with("tariff", "f2").with("other", "f1"));
        let withdraw = pb::WithdrawTariffRequest { name: name("tariffs", "f2"), ..withdraw };
        let withdrawn = client.withdraw_tariff(withdraw).await.unwrap().into_inner();
        assert_eq!(withdrawn.state(), pb::TariffState::Withdrawn);

        let fix = pb::Tariff { values: sure(12_500), replaces: approved.name.clone(), ..fare() };
        client.create_tariff(create("f3", fix)).await.unwrap();
        client.approve_tariff(by("two", approve("f3"))).await.unwrap();
        let old = pb::GetTariffRequest { name: approved.name.clone() };
        let old = client.get_tariff(old).await.unwrap().into_inner();
        assert_eq!((old.state(), old.values), (pb::TariffState::Superseded, sure(12_000)), "its numbers stay");

        let list = |state: pb::TariffState, page_token: String| pb::ListTariffsRequest {
            parent: PROGRAMME.to_owned(),
            state: state as i32,
            page_size: 2,
            page_token,
            ..Default::default()
        };
        let all = list(pb::TariffState::Unspecified, String::new());
        let first = client.list_tariffs(all).await.unwrap().into_inner();
        let rest = list(pb::TariffState::Unspecified, first.next_page_token.clone());
        let rest = client.list_tariffs(rest).await.unwrap().into_inner();
        assert_eq!((first.tariffs.len(), rest.tariffs.len(), rest.next_page_token.as_str()), (2, 1, ""));
        let standing = list(pb::TariffState::Approved, String::new());
        let standing = client.list_tariffs(standing).await.unwrap().into_inner().tariffs;
        assert_eq!(standing.iter().map(|it| it.name.as_str()).collect::<Vec<_>>(), [name("tariffs", "f3")]);
    })
    .await;
}

#[tokio::test]
async fn a_repeated_request_enters_one_tariff() {
    each_engine("saving_replay", async |server| {
        figures::make(&server).await;
        let mut client = client(&server);
        let request = || {
            let request = create("", fare()).into_inner();
            by("one", pb::CreateTariffRequest { request_id: "once".to_owned(), ..request })
        };
        let first = client.create_tariff(request()).await.unwrap().into_inner();
        assert_eq!(client.create_tariff(request()).await.unwrap().into_inner(), first);
        let dry = pb::CreateTariffRequest { validate_only: true, ..create("dry", fare()).into_inner() };
        client.create_tariff(by("one", dry)).await.unwrap();
        let absent = refused(client.get_tariff(pb::GetTariffRequest { name: name("tariffs", "dry") }).await);
        assert_eq!(absent.reason, Reason::ResourceNotFound);
        let again = create("dry", pb::Tariff { replaces: name("tariffs", "nobody"), ..fare() });
        assert_eq!(refused(client.create_tariff(again).await).reason, Reason::ResourceNotFound);
    })
    .await;
}

#[tokio::test]
async fn wrong_tariffs_are_refused_with_every_field() {
    each_engine("saving_tariff_fields", async |server| {
        figures::make(&server).await;
        let mut client = client(&server);
        let wrong = pb::Tariff {
            origin: String::new(),
            item: "47.01".to_owned(),
            values: Some(pb::Cases { low: -1, base: 1_000_000_000_000_000_000, high: 5 }),
            valid_to: date(2023, 1, 1),
            source: String::new(),
            source_hash: "ABC".to_owned(),
            ..fare()
        };
        let refusal = refused(client.create_tariff(create("f1", wrong)).await);
        let fields: Vec<(&str, Reason)> =
            refusal.violations.iter().map(|(field, why)| (field.as_str(), *why)).collect();
        let expected = [
            ("tariff.origin", Reason::Required),
            ("tariff.item", Reason::Inconsistent),
            ("tariff.values.low", Reason::OutOfRange),
            ("tariff.values.base", Reason::OutOfRange),
            ("tariff.values.base", Reason::Inconsistent),
            ("tariff.valid_to", Reason::Inconsistent),
            ("tariff.source", Reason::Required),
            ("tariff.source_hash", Reason::Malformed),
        ];
        assert_eq!(fields, expected);
        let lecture = pb::MethodItem {
            label: "讲座价值".to_owned(),
            nature: pb::MethodNature::LectureValue as i32,
            unit: pb::MethodUnit::Consultation as i32,
            amount_fen: 50_000,
        };
        let method = pb::CountyMethod { title: "口径".to_owned(), version: "2017".to_owned(), items: vec![lecture] };
        let policy = pb::SavingPolicy { method: Some(method), ..policy() };
        let refusal = refused(client.create_saving_policy(create_policy("p", policy)).await);
        assert_eq!(refusal.violations, [("policy.method.items[0].nature".to_owned(), Reason::SavingNotApplicable)]);
    })
    .await;
}

#[tokio::test]
async fn policies_do_not_overlap_and_a_later_one_takes_the_place_of_an_earlier() {
    each_engine("saving_policies", async |server| {
        let mut client = make(&server).await;
        client.create_saving_policy(create_policy("p2", policy())).await.unwrap();
        let approve = |id: &str| {
            by("two", pb::ApproveSavingPolicyRequest { name: name("saving-policies", id), ..Default::default() })
        };
        assert_eq!(refused(client.approve_saving_policy(approve("p2")).await).reason, Reason::TariffOverlap);
        let withdraw = pb::WithdrawSavingPolicyRequest { name: name("saving-policies", "p2"), ..Default::default() };
        client.withdraw_saving_policy(withdraw).await.unwrap();
        let next = pb::SavingPolicy { replaces: name("saving-policies", "p2024"), persons_a_room: 1, ..policy() };
        client.create_saving_policy(create_policy("p3", next)).await.unwrap();
        client.approve_saving_policy(approve("p3")).await.unwrap();
        let list = pb::ListSavingPoliciesRequest { parent: PROGRAMME.to_owned(), ..Default::default() };
        let all = client.list_saving_policies(list).await.unwrap().into_inner().policies;
        let states: Vec<_> = all.iter().map(pb::SavingPolicy::state).collect();
        assert_eq!(states, [pb::TariffState::Withdrawn, pb::TariffState::Superseded, pb::TariffState::Approved]);
        let get = pb::GetSavingPolicyRequest { name: name("saving-policies", "p3") };
        assert_eq!(client.get_saving_policy(get).await.unwrap().into_inner(), all[2]);
        let saving = client.estimate_saving(estimate(facts())).await.unwrap().into_inner().saving.unwrap();
        assert_eq!(saving.policy, name("saving-policies", "p3"));
        assert_eq!(base(&saving, pb::SavingLedger::Cash), 96_000, "a room each");
    })
    .await;
}

#[tokio::test]
async fn an_estimate_explains_every_line() {
    each_engine("saving_estimate", async |server| {
        let mut client = make(&server).await;
        let answer = client.estimate_saving(estimate(facts())).await.unwrap().into_inner();
        let saving = answer.saving.unwrap();
        use pb::SavingLedger::{Bill, Cash, Fund, Net, Time};
        let figures = [Cash, Bill, Net, Time, Fund].map(|ledger| base(&saving, ledger));
        assert_eq!(figures, [81_000, 537_989, 618_989, 37_986, 221_401]);
        let rail = saving.lines.iter().find(|line| line.component() == pb::TariffComponent::Fare).unwrap();
        assert_eq!(
            (rail.quantity.unwrap().base, rail.rate_fen.unwrap().base, rail.product_fen.unwrap().base),
            (4, 12_000, 48_000)
        );
        assert_eq!(
            (rail.tariff.as_str(), rail.source.as_str()),
            (name("tariffs", "t0").as_str(), "a price list of 2024")
        );
        let scope = saving.lines.iter().find(|line| line.component() == pb::TariffComponent::Scope).unwrap();
        assert_eq!(
            (scope.product_fen.unwrap().base, scope.rounding),
            (1_229_602, 5_000),
            "half a fen, rounded away from zero"
        );
        let identity = saving.identity.unwrap();
        let of = |cases: Option<pb::Cases>| cases.unwrap().base;
        let explained =
            of(identity.bill_fen) + of(identity.fund_fen) + of(identity.assistance_fen) + of(identity.fee_fen);
        assert_eq!((of(identity.gap_fen), explained), (759_390, 759_390));
        let again = client.estimate_saving(estimate(facts())).await.unwrap().into_inner().saving.unwrap();
        assert_eq!(again, saving, "the same tariffs, the same saving");
    })
    .await;
}

#[tokio::test]
async fn bad_facts_are_refused_with_the_reason() {
    each_engine("saving_bad_facts", async |server| {
        let mut client = make(&server).await;
        let gap = pb::SavingFacts { date: date(2023, 12, 31), ..facts() };
        assert_eq!(refused(client.estimate_saving(estimate(gap)).await).reason, Reason::SavingPolicyGap);
        let far = pb::SavingFacts { destination: "110000".to_owned(), ..facts() };
        let far = refused(client.estimate_saving(estimate(far)).await);
        assert_eq!((far.reason, far.metadata["component"].as_str()), (Reason::TariffGap, "FARE"));
        let bill = pb::SettledBill { cash_fen: 260_839, currency: "USD".to_owned(), ..facts().settled_bill.unwrap() };
        let bill =
            refused(client.estimate_saving(estimate(pb::SavingFacts { settled_bill: Some(bill), ..facts() })).await);
        let expected = [
            ("facts.settled_bill.currency".to_owned(), Reason::Inconsistent),
            ("facts.settled_bill.total_fen".to_owned(), Reason::Inconsistent),
        ];
        assert_eq!(bill.violations, expected);
        let given = |value, quantity| pb::GivenRate {
            component: pb::TariffComponent::Fare as i32,
            side: pb::SavingSide::Avoided as i32,
            quantity,
            values: sure(value),
            provenance: pb::ProvenanceClass::Tariff as i32,
            document: String::new(),
        };
        let wrong = pb::SavingFacts { given: vec![given(1_000_000_000_000_000_000, Some(-1))], ..facts() };
        let wrong = refused(client.estimate_saving(estimate(wrong)).await);
        let fields: Vec<&str> = wrong.violations.iter().map(|(field, _)| field.as_str()).collect();
        assert_eq!(fields[0], "facts.given[0].provenance");
        assert!(
            fields.contains(&"facts.given[0].values.low") && fields.contains(&"facts.given[0].quantity"),
            "{fields:?}"
        );
    })
    .await;
}

#[tokio::test]
async fn published_tables_and_a_countys_method_are_reckoned_alike() {
    each_engine("saving_published", async |server| {
        let mut client = client(&server);
        let line = |units: i64, bearer: pb::MoneyBearer| pb::PublishedLine {
            label: String::new(),
            amount: units * 100,
            bearer: bearer as i32,
            currency: "AUD".to_owned(),
        };
        use pb::MoneyBearer::{Mixed, Others};
        let avoided = vec![line(658_760, Mixed), line(52_400, Others), line(47_634, Others), line(3_600, Mixed)];
        let incurred = vec![line(36_000, Others), line(143_271, Others), line(261_520, Others)];
        let table = pb::ReckonPublishedRequest {
            avoided: Some(pb::PublishedSide { lines: avoided, stated: None }),
            incurred: Some(pb::PublishedSide { lines: incurred, stated: Some(44_227_600) }),
            ..Default::default()
        };
        let result = client.reckon_published(table.clone()).await.unwrap().into_inner();
        assert_eq!((result.saved, result.incurred.unwrap().unallocated), (32_011_800, 148_500));
        assert_eq!(result.avoided.unwrap().households_at_most, 66_236_000);
        let mut mixed = table;
        mixed.incurred.as_mut().unwrap().lines[0].currency = "CNY".to_owned();
        let mixed = refused(client.reckon_published(mixed).await);
        assert_eq!(mixed.violations, [("incurred.lines[0].currency".to_owned(), Reason::Inconsistent)]);

        let item = |nature: pb::MethodNature, yuan: i64| pb::MethodItem {
            label: "一项".to_owned(),
            nature: nature as i32,
            unit: pb::MethodUnit::Consultation as i32,
            amount_fen: yuan * 100,
        };
        use pb::MethodNature::{Board, LectureValue, Travel};
        let items = vec![item(Travel, 2_000), item(Board, 2_000), item(LectureValue, 500)];
        let method = pb::CountyMethod { title: "口径".to_owned(), version: "2017".to_owned(), items };
        let request = pb::ReckonMethodRequest { method: Some(method), consultations: 205, ..Default::default() };
        let figure = client.reckon_method(request).await.unwrap().into_inner();
        assert_eq!((figure.accepted_fen, figure.refused_fen), (82_000_000, 10_250_000));
        assert_eq!((figure.provenance(), figure.evidence()), (pb::ProvenanceClass::Declared, pb::EvidenceGrade::K3));
    })
    .await;
}
