//! Tallies over a real socket: measures, groups, stocks, opening balances. The arithmetic is in `tallies/`.
mod arithmetic;
mod controls;
mod extracts;
mod merged;
pub mod partitions;
mod statements;

use homecoming::kernel::Reason;
use homecoming::pb;
use homecoming::pb::TallyDimension::{Expert, HomeHospital, Kind, Month, Site, SiteLevel, Specialty, Year};
use tonic::Code;

use crate::support::errors::{Refused, refused};
use crate::support::figures::{self, activities, batch, consultation, date, headcount, name, operation, row, tallies};
use crate::support::{TestServer, each_engine};

fn query(measures: &[&str], group_by: &[pb::TallyDimension]) -> pb::QueryTallyRequest {
    pb::QueryTallyRequest {
        parent: figures::PROGRAMME.to_owned(),
        from_date: date(2024, 1, 1),
        to_date: date(2024, 3, 31),
        measures: measures.iter().map(ToString::to_string).collect(),
        group_by: group_by.iter().map(|dimension| *dimension as i32).collect(),
        ..Default::default()
    }
}

async fn ask(server: &TestServer, request: pb::QueryTallyRequest) -> pb::QueryTallyResponse {
    tallies(server).query_tally(request).await.unwrap().into_inner()
}

fn quantities(values: &[pb::TallyValue]) -> Vec<i64> {
    values.iter().map(|value| value.quantity).collect()
}

/// Each row as a text of its key, and its quantities.
fn table(answer: &pb::QueryTallyResponse, key: impl Fn(&pb::TallyKey) -> String) -> Vec<(String, Vec<i64>)> {
    answer.rows.iter().map(|row| (key(row.key.as_ref().unwrap()), quantities(&row.values))).collect()
}

/// January: 10 heads and a consultation. February: 5 heads in the township. March: a case, a local case, a consultation.
async fn record_some(server: &TestServer) {
    let saving = |saving, activity| pb::Activity { declared_saving_fen: Some(saving), ..activity };
    let township = pb::Activity { site: name("sites", "township"), ..headcount(date(2024, 2, 29), 5) };
    let remote = pb::Activity {
        session_kind: pb::SessionKind::RemoteConsultation as i32,
        residence: 0,
        ..consultation(date(2024, 3, 31), "tok_remote")
    };
    let rows = vec![
        row("a1", headcount(date(2024, 1, 1), 10)),
        row("a2", saving(700, consultation(date(2024, 1, 31), "tok_aaaa"))),
        row("a3", township),
        row("a4", saving(-200, operation(date(2024, 3, 1), pb::Performer::Expert))),
        row("a5", operation(date(2024, 3, 15), pb::Performer::Local)),
        row("a6", remote),
    ];
    let answer = activities(server).batch_record_activities(batch(rows)).await.unwrap().into_inner();
    for result in answer.results {
        let Some(pb::activity_result::Result::Activity(_)) = result.result else { panic!("{result:?}") };
    }
}

#[tokio::test]
async fn a_tally_groups_filters_and_says_where_it_read() {
    each_engine("tally_groups", async |server| {
        figures::make(&server).await;
        record_some(&server).await;
        let measures = ["consultations", "operation_cases", "local_operation_cases", "declared_savings_fen"];
        let all = ask(&server, query(&measures, &[])).await;
        assert_eq!(quantities(&all.totals), [17, 1, 1, 500]);
        assert_eq!((all.source(), all.rows.len()), (pb::TallySource::Cells, 1));
        let names: Vec<_> = all.definitions.iter().map(|it| it.measure.as_str()).collect();
        assert_eq!(names, measures);

        let by_month = ask(&server, query(&measures, &[Month])).await;
        let expected =
            [("2024-01", vec![11, 0, 0, 700]), ("2024-02", vec![5, 0, 0, 0]), ("2024-03", vec![1, 1, 1, -200])];
        assert_eq!(table(&by_month, |key| key.month.clone()), expected.map(|(month, it)| (month.to_owned(), it)));

        let by_site = ask(&server, query(&measures, &[Year, SiteLevel])).await;
        let key = |key: &pb::TallyKey| format!("{} {}", key.year, key.site_level().as_str_name());
        let expected = [
            ("2024 SITE_LEVEL_COUNTY_HOSPITAL", vec![12, 1, 1, 500]),
            ("2024 SITE_LEVEL_TOWNSHIP_HEALTH_CENTRE", vec![5, 0, 0, 0]),
        ];
        assert_eq!(table(&by_site, key), expected.map(|(key, it)| (key.to_owned(), it)));

        let by_home = ask(&server, query(&["consultations"], &[HomeHospital, Specialty])).await;
        let key = |key: &pb::TallyKey| format!("{} {}", key.home_hospital, key.specialty);
        let expected = [(name("hospitals", "second"), vec![1]), (name("hospitals", "xiangya"), vec![16])];
        assert_eq!(table(&by_home, key), expected.map(|(key, it)| (format!("{key} 03.04"), it)));

        // No face knows site and expert together: the records tell, and agree.
        let by_both = ask(&server, query(&measures, &[Site, Expert])).await;
        assert_eq!(by_both.source(), pb::TallySource::Records);
        assert_eq!(by_both.totals, all.totals);
        // Days at the ends come from records, the whole months between from cells.
        let days = pb::QueryTallyRequest {
            from_date: date(2024, 1, 2),
            to_date: date(2024, 3, 30),
            ..query(&measures, &[Kind])
        };
        let days = ask(&server, days).await;
        assert_eq!(days.source(), pb::TallySource::CellsAndRecords);
        assert_eq!(quantities(&days.totals), [6, 1, 1, 500]);

        let filter = pb::TallyFilter {
            kinds: vec![pb::SessionKind::RemoteConsultation as i32, pb::SessionKind::Operation as i32],
            specialties: vec!["03".to_owned()],
            ..Default::default()
        };
        let narrow = ask(&server, pb::QueryTallyRequest { filter: Some(filter), ..query(&measures, &[]) }).await;
        assert_eq!(quantities(&narrow.totals), [1, 0, 0, 0], "03 covers 03.04, not 04.01");

        let first = ask(&server, pb::QueryTallyRequest { page_size: 2, ..query(&measures, &[Month]) }).await;
        let rest = pb::QueryTallyRequest {
            page_size: 2,
            page_token: first.next_page_token.clone(),
            ..query(&measures, &[Month])
        };
        let rest = ask(&server, rest).await;
        assert_eq!([first.rows, rest.rows].concat(), by_month.rows);
        assert_eq!((rest.totals, rest.next_page_token.as_str()), (all.totals, ""));
    })
    .await;
}

#[tokio::test]
async fn stocks_are_of_the_last_day_and_ratios_keep_both_parts() {
    each_engine("tally_stocks", async |server| {
        figures::make(&server).await;
        record_some(&server).await;
        let by_month = ask(&server, query(&["experts", "home_hospitals"], &[Month])).await;
        let expected = [("2024-01", vec![2, 2]), ("2024-02", vec![3, 2]), ("2024-03", vec![3, 1])];
        assert_eq!(table(&by_month, |key| key.month.clone()), expected.map(|(month, it)| (month.to_owned(), it)));
        assert_eq!(quantities(&by_month.totals), [3, 1], "of the last day: no sum");
        let middle = pb::QueryTallyRequest { to_date: date(2024, 2, 14), ..query(&["experts"], &[]) };
        assert_eq!(quantities(&ask(&server, middle).await.totals), [2], "e3 came the day after");
        let ratio = ask(&server, query(&["consultations_per_sitting"], &[])).await;
        assert_eq!((ratio.totals[0].quantity, ratio.totals[0].denominator), (17, 0));
        // Without names, every measure that the groups can tell apart.
        let all = ask(&server, query(&[], &[Kind])).await;
        assert!(all.definitions.iter().all(|it| it.measure != "experts"));
        assert!(all.definitions.iter().any(|it| it.measure == "active_experts"));
    })
    .await;
}

#[tokio::test]
async fn what_can_not_be_asked_is_named() {
    each_engine("tally_fields", async |server| {
        figures::make(&server).await;
        let wrong = pb::QueryTallyRequest {
            from_date: date(2024, 4, 1),
            filter: Some(pb::TallyFilter {
                sites: vec!["programmes/other/sites/county".to_owned()],
                ..Default::default()
            }),
            ..query(&["experts", "patients", "sittings", "sittings"], &[Kind])
        };
        let violations = refused(tallies(&server).query_tally(wrong).await).violations;
        let expected = [
            ("to_date", Reason::Inconsistent),
            ("filter.sites[0]", Reason::Inconsistent),
            ("measures[0]", Reason::Inconsistent),
            ("measures[1]", Reason::UnknownValue),
            ("measures[3]", Reason::Duplicate),
        ];
        assert_eq!(violations, expected.map(|(field, reason)| (field.to_owned(), reason)));
        let absent = pb::QueryTallyRequest { parent: "programmes/other".to_owned(), ..query(&["sittings"], &[]) };
        let expected = Refused::new(Code::NotFound, Reason::ResourceNotFound).with("name", "programmes/other");
        assert_eq!(refused(tallies(&server).query_tally(absent).await), expected);
    })
    .await;
}

#[tokio::test]
async fn measures_are_data() {
    each_engine("tally_measures", async |server| {
        let request = pb::ListMeasuresRequest { page_size: 5, ..Default::default() };
        let first = tallies(&server).list_measures(request).await.unwrap().into_inner();
        let request = pb::ListMeasuresRequest { page_token: first.next_page_token, ..Default::default() };
        let rest = tallies(&server).list_measures(request).await.unwrap().into_inner();
        let measures = [first.measures, rest.measures].concat();
        let mut names: Vec<_> = measures.iter().map(|it| it.measure.clone()).collect();
        names.sort();
        names.dedup();
        assert_eq!((names.len(), rest.next_page_token.as_str()), (measures.len(), ""));
        for it in &measures {
            let texts = [&it.unit_zh, &it.unit_en, &it.definition_zh, &it.definition_en];
            assert!(texts.iter().all(|text| !text.is_empty()) && it.version >= 1, "{it:?}");
        }
    })
    .await;
}

fn balance(measure: &str, quantity: i64) -> pb::CreateOpeningBalanceRequest {
    pb::CreateOpeningBalanceRequest {
        parent: figures::PROGRAMME.to_owned(),
        opening_balance_id: format!("{}-2023", measure.replace('_', "-")),
        opening_balance: Some(pb::OpeningBalance {
            measure: measure.to_owned(),
            quantity,
            as_of_date: date(2024, 1, 31),
            document: "醴卫函〔2024〕3号".to_owned(),
            declared_by: "醴陵市卫生健康局".to_owned(),
            ..Default::default()
        }),
        ..Default::default()
    }
}

#[tokio::test]
async fn an_opening_balance_is_declared_voided_and_always_shown_apart() {
    each_engine("opening_balances", async |server| {
        figures::make(&server).await;
        record_some(&server).await;
        let mut client = tallies(&server);
        let made = client.create_opening_balance(balance("consultations", 9_000)).await.unwrap().into_inner();
        assert_eq!(made.state(), pb::OpeningBalanceState::Declared);
        let get = pb::GetOpeningBalanceRequest { name: made.name.clone() };
        assert_eq!(client.get_opening_balance(get).await.unwrap().into_inner(), made);

        let answer = ask(&server, query(&["operation_cases", "consultations"], &[Month])).await;
        assert_eq!(quantities(&answer.totals), [1, 17], "the balance is in no total");
        let [line] = answer.cumulative.as_slice() else { panic!("one line: {answer:?}") };
        assert_eq!(
            (line.measure.as_str(), line.flow, line.cumulative),
            ("consultations", 6, 9_006),
            "from 1 February on"
        );
        assert_eq!(line.opening_balance.as_ref(), Some(&made));
        let filter = Some(pb::TallyFilter { sites: vec![name("sites", "county")], ..Default::default() });
        let narrow = pb::QueryTallyRequest { filter, ..query(&["consultations"], &[]) };
        assert_eq!(ask(&server, narrow).await.cumulative, [], "a balance knows no sites");

        let no_day = pb::QueryTallyRequest { from_date: date(2023, 2, 30), ..query(&["consultations"], &[]) };
        let mut tallies = pb::tally_service_client::TallyServiceClient::new(server.channel.clone());
        let wrong = refused(tallies.query_tally(no_day).await).violations;
        assert_eq!(
            wrong,
            [("from_date".to_owned(), Reason::Malformed)],
            "nothing is said of a period without a first day"
        );

        let second =
            pb::CreateOpeningBalanceRequest { opening_balance_id: "other".to_owned(), ..balance("consultations", 1) };
        let expected = Refused::new(Code::AlreadyExists, Reason::ResourceExists).with("name", &made.name);
        assert_eq!(refused(client.create_opening_balance(second.clone()).await), expected);
        let mut late = balance("sittings", 1);
        late.opening_balance.as_mut().unwrap().as_of_date = date(2024, 4, 2);
        assert_eq!(refused(client.create_opening_balance(late).await).reason, Reason::InTheFuture);
        let wrong = refused(client.create_opening_balance(balance("experts", -1)).await).violations;
        let expected = [("measure", Reason::MeasureNotAdditive), ("quantity", Reason::OutOfRange)];
        assert_eq!(wrong, expected.map(|(field, reason)| (format!("opening_balance.{field}"), reason)));

        let void =
            pb::VoidOpeningBalanceRequest { name: made.name.clone(), etag: made.etag.clone(), ..Default::default() };
        let voided = client.void_opening_balance(void.clone()).await.unwrap().into_inner();
        assert_eq!(voided.state(), pb::OpeningBalanceState::Voided);
        assert_eq!(refused(client.void_opening_balance(void).await).reason, Reason::EtagMismatch);
        let void = pb::VoidOpeningBalanceRequest { name: made.name.clone(), ..Default::default() };
        assert_eq!(refused(client.void_opening_balance(void).await).reason, Reason::IllegalTransition);
        assert_eq!(ask(&server, query(&["consultations"], &[])).await.cumulative, []);
        client.create_opening_balance(second).await.unwrap();
        let list = pb::ListOpeningBalancesRequest { parent: figures::PROGRAMME.to_owned(), ..Default::default() };
        let listed = client.list_opening_balances(list).await.unwrap().into_inner().opening_balances;
        let ids: Vec<_> = listed.iter().map(|it| it.name.rsplit('/').next().unwrap()).collect();
        assert_eq!(ids, ["consultations-2023", "other"], "voided ones stay on record");
    })
    .await;
}
