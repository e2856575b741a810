//! The example county: it imports whole, again without doubling, and its bulletin says what its tables say.
use homecoming::pb;
use homecoming::pb::bulletin_service_client::BulletinServiceClient;
use homecoming::pb::expert_service_client::ExpertServiceClient;

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
        assert_eq!(rows, [5, 5, 6, 12, 12, 12, 40, 124, 3]);
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
        assert!(bulletin.text.contains("坐诊 20 次") && bulletin.text.contains("示例文件〔2023〕1号"));
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
