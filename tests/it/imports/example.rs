//! The example county: it imports whole, again without doubling, and its bulletin says what its tables say.
use homecoming::kernel::Reason;
use homecoming::pb;
use homecoming::pb::activity_service_client::ActivityServiceClient;
use homecoming::pb::bulletin_service_client::BulletinServiceClient;
use homecoming::pb::expert_service_client::ExpertServiceClient;
use homecoming::pb::tally_service_client::TallyServiceClient;

use super::{example, header, import, programme, send};
use crate::support::each_engine;

#[tokio::test]
async fn the_example_imports_twice_without_doubling() {
    each_engine("import_example", async |server| {
        programme(&server.channel).await;
        let mut rows = Vec::new();
        for (name, bytes) in example() {
            let answer = import(&server.channel, &name, &bytes).await;
            assert_eq!(answer.problems, [], "{name}: {:?}", answer.texts);
            let (all, created, unchanged, bad, written) = answer.counts();
            assert_eq!((created, unchanged, bad, written), (all, 0, 0, true), "{name}");
            rows.push(all);
        }
        assert_eq!(rows, [5, 5, 6, 12, 12, 12, 40, 127, 3]);
        for (name, bytes) in example() {
            let (all, created, unchanged, bad, written) = import(&server.channel, &name, &bytes).await.counts();
            assert_eq!((created, unchanged, bad, written), (0, all, 0, true), "{name}");
        }
        let name = "programmes/liling/experts/e012".to_owned();
        let expert = ExpertServiceClient::new(server.channel.clone()).get_expert(pb::GetExpertRequest { name }).await;
        let expert = expert.unwrap().into_inner();
        assert_eq!(expert.state(), pb::ExpertState::Exited);
        assert_eq!(expert.roster_exit_date, Some(pb::Date { year: 2024, month: 2, day: 29 }));
        assert_eq!(expert.affiliations[0].hospital, "programmes/liling/hospitals/h01");

        let request = pb::GetBulletinRequest { name: "programmes/liling".to_owned(), ..Default::default() };
        let bulletin =
            BulletinServiceClient::new(server.channel.clone()).get_bulletin(request).await.unwrap().into_inner();
        let figures = bulletin.figures.unwrap();
        assert_eq!((figures.experts, figures.home_hospitals, figures.sites), (11, 3, 5));
        assert_eq!((figures.sittings, figures.consultations, figures.operations), (20, 1_563, 10));
        assert_eq!(figures.declared_savings_fen, 23_709_850);
        assert_eq!(bulletin.by_year.iter().map(|year| year.year).collect::<Vec<_>>(), [2023, 2024]);
        let openings: Vec<_> =
            bulletin.opening_balances.iter().map(|it| (it.measure.as_str(), it.declared, it.cumulative)).collect();
        assert_eq!(
            openings,
            [
                ("sittings", 1_250, 1_270),
                ("operation_cases", 830, 840),
                ("declared_savings_fen", 650_000_000, 673_709_850)
            ]
        );
        let measures = [
            "new_consultations",
            "follow_up_consultations",
            "techniques_adopted",
            "gaps_filled_county",
            "trained_staff",
        ];
        let day = |year, month, day| Some(pb::Date { year, month, day });
        let request = pb::QueryTallyRequest {
            parent: "programmes/liling".to_owned(),
            from_date: day(2023, 1, 1),
            to_date: day(2024, 3, 31),
            measures: measures.map(Into::into).into(),
            ..Default::default()
        };
        let totals = TallyServiceClient::new(server.channel.clone()).query_tally(request).await.unwrap().into_inner();
        let counted: Vec<i64> = totals.totals.iter().map(|total| total.quantity).collect();
        assert_eq!(counted, [49, 25, 1, 1, 2]);
        let name = "programmes/liling/activities/r00017".to_owned();
        let case =
            ActivityServiceClient::new(server.channel.clone()).get_activity(pb::GetActivityRequest { name }).await;
        let case = case.unwrap().into_inner();
        assert_eq!(case.assistant_part(), pb::AssistantPart::Supervised);
        assert_eq!(case.assistant, "programmes/liling/assistants/a001");
        assert!(bulletin.text.contains("坐诊 20 次") && bulletin.text.contains("示例文件〔2023〕1号"));
    })
    .await;
}

#[tokio::test]
async fn what_a_kind_says_besides_comes_in_under_both_headings_and_is_refused_where_it_does_not_fit() {
    each_engine("import_details", async |server| {
        programme(&server.channel).await;
        for (name, bytes) in example().iter().take(7) {
            import(&server.channel, name, bytes).await;
        }
        let good = "id,session,kind,consultation_type,technique,gap_level,count\n\
                    G1,S0001,HEADCOUNT,NEW,,,3\n\
                    G2,S0004,GAP_FILLED,,the technique,PROVINCE,\n\
                    G3,S0004,TRAINED_STAFF,,,,1\n";
        assert_eq!(import(&server.channel, "activities.csv", good.as_bytes()).await.counts(), (3, 3, 0, 0, true));
        let bad = "编号,场次,类型,初复诊,助手编号,助手参与程度,技术名称,空白级别,人数\n\
                   B1,S0001,人次数,三诊,,,,,3\n\
                   B2,S0004,填补空白,,,,某技术,,\n\
                   B3,S0004,新技术,,,,,,\n\
                   B4,S0004,带出人员,,,独立主刀,,,1\n\
                   B5,S0004,讲座,初诊,,,,县级,30\n\
                   B6,S0004,手术,,A999,协助,,,\n";
        let answer = import(&server.channel, "服务记录.csv", bad.as_bytes()).await;
        let told: Vec<_> = answer.problems.iter().map(|it| (it.0, it.1.as_str(), it.2)).collect();
        for expected in [
            (2, "初复诊", Reason::UnknownValue),
            (3, "空白级别", Reason::Required),
            (4, "技术名称", Reason::Required),
            (5, "助手参与程度", Reason::Inconsistent),
            (6, "初复诊", Reason::Inconsistent),
            (6, "空白级别", Reason::Inconsistent),
            (7, "手术编码", Reason::Required),
        ] {
            assert!(told.contains(&expected), "{expected:?} is missing in {told:?}");
        }
        assert!(!answer.counts().4, "nothing of it is written");
    })
    .await;
}

#[tokio::test]
async fn two_imports_of_one_file_at_once_write_each_row_once() {
    each_engine("import_twice_at_once", async |server| {
        programme(&server.channel).await;
        let files = example();
        for (name, bytes) in files.iter().take(7) {
            import(&server.channel, name, bytes).await;
        }
        let mut file = "编号,场次,类型,患者标识\n".to_owned();
        for row in 0..1_300 {
            file.push_str(&format!("T{row:04},S0001,诊疗,LLtt{row:06}\n"));
        }
        let other = crate::support::connect(server.address).await;
        let (one, two) = tokio::join!(
            send(&server.channel, header("activities.csv"), file.as_bytes()),
            send(&other, header("activities.csv"), file.as_bytes())
        );
        let (one, two) = (one.unwrap(), two.unwrap());
        assert!(one.problems.is_empty() && two.problems.is_empty(), "{:?} {:?}", one.texts, two.texts);
        assert_eq!(one.report.created_count + two.report.created_count, 1_300);
        assert_eq!(one.report.unchanged_count + two.report.unchanged_count, 1_300);
    })
    .await;
}
