//! Bad files: every bad row is named, nothing of such a file is written, unless the good part is asked for.
use homecoming::kernel::Reason;
use homecoming::pb;
use homecoming::pb::hospital_service_client::HospitalServiceClient;
use homecoming::pb::import_service_client::ImportServiceClient;
use tonic::Code;
use tonic::transport::Channel;

use super::{example, header, import, messages, programme, send, told};
use crate::support::each_engine;

const BAD: &str = "编号,名称,级别,统一社会信用代码\n\
                   h01,甲医院,省级,\n\
                   h02,,三级,123\n\
                   h03,乙医院,特级,\n\
                   h01,丙医院,三级,\n\
                   h05,甲 医院,三级,\n\
                   h06,丁医院,三级,,多\n";

async fn hospitals(channel: &Channel) -> usize {
    let request = pb::ListHospitalsRequest { parent: "programmes/liling".to_owned(), ..Default::default() };
    let listed = HospitalServiceClient::new(channel.clone()).list_hospitals(request).await.unwrap();
    listed.into_inner().hospitals.len()
}

#[tokio::test]
async fn of_many_problems_the_first_are_told_and_all_are_counted() {
    each_engine("import_many_bad", async |server| {
        programme(&server.channel).await;
        // 700 rows that can't be read, and 700 that refer to what isn't there, which is found later.
        let bad = (0..700).map(|row| format!("b{row},x,y,2024-13-01\n"));
        let lost = (0..700).map(|row| format!("r{row},nobody,nobody,2024-03-01\n"));
        let rows: String = bad.chain(lost).collect();
        let file = format!("编号,专家,助手,起始日期\n{rows}");
        let answer = send(&server.channel, header("结对.csv"), file.as_bytes()).await.unwrap();
        assert_eq!(answer.problems.len(), 1_000);
        assert!(answer.report.problem_count >= 1_400, "{:?}", answer.report);
        assert_eq!(answer.counts(), (1_400, 0, 0, 1_400, false));
        // What is found later of earlier lines comes first, and is among the first.
        let lost = (0..700).map(|row| format!("r{row},nobody,nobody,2024-03-01\n"));
        let bad = (0..700).map(|row| format!("b{row},x,y,2024-13-01\n"));
        let rows: String = lost.chain(bad).collect();
        let file = format!("编号,专家,助手,起始日期\n{rows}");
        let answer = send(&server.channel, header("结对.csv"), file.as_bytes()).await.unwrap();
        let lines: Vec<i64> = answer.problems.iter().map(|(line, ..)| *line).collect();
        assert!(lines.is_sorted() && lines[0] == 2 && lines.len() == 1_000, "{lines:?}");
    })
    .await;
}

#[tokio::test]
async fn every_bad_row_is_named_and_nothing_of_the_file_is_written() {
    each_engine("import_bad", async |server| {
        programme(&server.channel).await;
        let answer = import(&server.channel, "医院.csv", BAD.as_bytes()).await;
        let expected = [
            (3, "名称", Reason::Required),
            (3, "统一社会信用代码", Reason::Malformed),
            (4, "级别", Reason::UnknownValue),
            (5, "", Reason::Duplicate),
            (6, "名称", Reason::HospitalNameTaken),
            (7, "", Reason::Malformed),
        ];
        assert_eq!(told(&answer), expected);
        assert_eq!(answer.counts(), (6, 0, 0, 5, false));
        assert_eq!(hospitals(&server.channel).await, 0);

        let partial = pb::ImportTableHeader { partial: true, ..header("医院.csv") };
        let answer = send(&server.channel, partial, BAD.as_bytes()).await.unwrap();
        let (rows, created, _, bad, written) = answer.counts();
        assert_eq!((rows, created, bad, written), (6, 1, 5, true));
        assert_eq!(hospitals(&server.channel).await, 1);
    })
    .await;
}

#[tokio::test]
async fn a_row_that_says_something_else_than_before_is_a_problem_and_changes_nothing() {
    each_engine("import_differs", async |server| {
        programme(&server.channel).await;
        let first = "id,name,level,city\nh01,甲医院,TERTIARY,株洲市\n";
        assert_eq!(import(&server.channel, "hospitals.csv", first.as_bytes()).await.counts(), (1, 1, 0, 0, true));
        let same = "级别,名称,编号,城市\n三级医院,甲医院,h01,株洲市\n";
        assert_eq!(import(&server.channel, "x.csv", same.as_bytes()).await.counts(), (1, 0, 1, 0, true));
        let other = first.replace("株洲市", "长沙市");
        let answer = import(&server.channel, "hospitals.csv", other.as_bytes()).await;
        assert_eq!(told(&answer), [(2, "city", Reason::RowDiffers)]);
        assert_eq!(answer.counts(), (1, 0, 0, 1, false));
        let more = "编号,名称,级别\nh01,甲 医院,二级医院\n";
        let answer = import(&server.channel, "hospitals.csv", more.as_bytes()).await;
        let expected =
            [(2, "名称", Reason::RowDiffers), (2, "级别", Reason::RowDiffers), (2, "城市", Reason::RowDiffers)];
        assert_eq!(told(&answer), expected, "{:?}", answer.texts);
        assert_eq!(answer.counts(), (1, 0, 0, 1, false));
        let marked = ["\u{feff}", first, "\n,,,\n"].concat();
        assert_eq!(import(&server.channel, "hospitals.csv", marked.as_bytes()).await.counts(), (1, 0, 1, 0, true));
    })
    .await;
}

#[tokio::test]
async fn references_that_lead_nowhere_and_tokens_that_could_identify_are_named_and_not_repeated() {
    each_engine("import_references", async |server| {
        programme(&server.channel).await;
        for (name, bytes) in example().iter().take(5) {
            import(&server.channel, name, bytes).await;
        }
        let sessions = "编号,专家,服务点,类型,日期,午别,助手\n\
                        x1,E001,s-county,坐诊,2024-03-05,上午,A001\n\
                        x2,E999,白兔潭镇卫生院,坐诊,2024-03-05,上午,A001\n\
                        x3,E001,没有的地方,坐诊,2024-03-05,上午,A999\n";
        let answer = import(&server.channel, "sessions.csv", sessions.as_bytes()).await;
        let expected = [
            (3, "专家", Reason::ResourceNotFound),
            (4, "服务点", Reason::ResourceNotFound),
            (4, "助手", Reason::ResourceNotFound),
        ];
        assert_eq!(told(&answer), expected);
        let partial = pb::ImportTableHeader { partial: true, ..header("sessions.csv") };
        assert_eq!(send(&server.channel, partial, sessions.as_bytes()).await.unwrap().counts(), (3, 1, 0, 2, true));

        let (identity, phone) = ("430281198001011234", "13800000000");
        let activities = format!(
            "编号,场次,类型,患者标识,人数\n\
             r1,x1,诊疗,{identity},\nr2,x1,诊疗,{phone},\nr3,x1,诊疗,4302811980010112X,\nr4,x9,人次数,,12\nr5,x1,诊疗,,\n\
             r6,x1,讲座,LLpt0001,30\nr7,x1,诊疗,LLpt0001,\n"
        );
        let answer = import(&server.channel, "activities.csv", activities.as_bytes()).await;
        let expected = [
            (2, "患者标识", Reason::TokenNotDeidentified),
            (3, "患者标识", Reason::TokenNotDeidentified),
            (4, "患者标识", Reason::TokenNotDeidentified),
            (5, "场次", Reason::ResourceNotFound),
            (6, "患者标识", Reason::Required),
            (7, "患者标识", Reason::Inconsistent),
        ];
        assert_eq!(told(&answer), expected);
        assert!(answer.texts.iter().all(|text| !text.contains(identity) && !text.contains(phone)));
        assert!(!answer.report.written);
    })
    .await;
}

#[tokio::test]
async fn rows_that_clash_with_each_other_are_named_before_anything_is_written() {
    each_engine("import_clashes", async |server| {
        programme(&server.channel).await;
        for (name, bytes) in example().iter().take(5) {
            import(&server.channel, name, bytes).await;
        }
        // A001 and A007 are at one site.
        let pairings = "专家,助手,角色,起始日期,截止日期\n\
                        E001,A001,主,2024-01-01,2024-02-29\n\
                        E001,A007,主,2024-02-29,\n\
                        E001,A001,备,2024-02-01,2024-02-10\n\
                        E001,A007,主,2024-03-01,\n\
                        e001,a001,备,2023-01-01,2023-01-02\n";
        let answer = import(&server.channel, "pairings.csv", pairings.as_bytes()).await;
        let expected = [(3, "角色", Reason::PrimaryTaken), (4, "助手", Reason::PairedAlready)];
        assert_eq!(told(&answer), expected, "{:?}", answer.texts);
        assert_eq!(answer.counts(), (5, 0, 0, 2, false));
        let letters = "编号,名称,级别\nH7,己医院,三级\nh7,庚医院,三级\n";
        let answer = import(&server.channel, "hospitals.csv", letters.as_bytes()).await;
        assert_eq!(told(&answer), [(3, "编号", Reason::Duplicate)]);
    })
    .await;
}

#[tokio::test]
async fn a_check_writes_nothing_and_external_ids_are_kept_where_a_system_is_named() {
    each_engine("import_check", async |server| {
        programme(&server.channel).await;
        let file = "id,name,level\n医-7,甲医院,TERTIARY\n";
        let check = pb::ImportTableHeader { validate_only: true, ..header("hospitals.csv") };
        assert_eq!(send(&server.channel, check, file.as_bytes()).await.unwrap().counts(), (1, 1, 0, 0, false));
        assert_eq!(hospitals(&server.channel).await, 0);
        let system = pb::ImportTableHeader { system: "his.liling".to_owned(), ..header("hospitals.csv") };
        assert_eq!(send(&server.channel, system, file.as_bytes()).await.unwrap().counts(), (1, 1, 0, 0, true));
        let external_id = Some(pb::ExternalId { system: "his.liling".to_owned(), value: "医-7".to_owned() });
        let parent = "programmes/liling".to_owned();
        let request = pb::ListHospitalsRequest { parent, external_id, ..Default::default() };
        let found =
            HospitalServiceClient::new(server.channel.clone()).list_hospitals(request).await.unwrap().into_inner();
        assert_eq!(found.hospitals.len(), 1);
    })
    .await;
}

#[tokio::test]
async fn what_is_no_table_is_said_in_the_report_and_what_is_no_call_is_refused() {
    each_engine("import_not", async |server| {
        programme(&server.channel).await;
        for (name, bytes, reason) in [
            ("x.csv", &b""[..], Reason::Required),
            ("x.csv", b"a,b\n1,2\n", Reason::UnknownValue),
            ("hospitals.csv", b"\xff\xfei\0d\0", Reason::Malformed),
            ("hospitals.csv", b"id\0,name", Reason::ControlCharacter),
            ("hospitals.csv", b"id,name,level\nh1,\"x,COUNTY\nh2,y,COUNTY\n", Reason::Malformed),
            ("hospitals.xlsx", b"PK\x03\x04 not really", Reason::Malformed),
            ("hospitals.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", Reason::Malformed),
        ] {
            let answer = import(&server.channel, name, bytes).await;
            assert_eq!(
                answer.problems.iter().map(|problem| (problem.0, problem.2)).collect::<Vec<_>>(),
                [(0, reason)],
                "{name}"
            );
            assert!(!answer.report.written);
        }
        let missing = import(&server.channel, "hospitals.csv", "编号,院长\nh1,x\n".as_bytes()).await;
        let expected =
            [(1, "院长", Reason::UnknownValue), (1, "医院名称", Reason::Required), (1, "医院级别", Reason::Required)];
        assert_eq!(told(&missing), expected);

        let nowhere = pb::ImportTableHeader { parent: "programmes/nowhere".to_owned(), ..header("hospitals.csv") };
        assert_eq!(send(&server.channel, nowhere, b"x").await.err().unwrap().code(), Code::NotFound);
        let wrong = pb::ImportTableHeader { table: 99, system: "A B".to_owned(), ..header("a/b.csv") };
        assert_eq!(send(&server.channel, wrong, b"x").await.err().unwrap().code(), Code::InvalidArgument);
        let chunks = messages(header("x.csv"), b"x").into_iter().skip(1);
        let refused =
            ImportServiceClient::new(server.channel.clone()).import_table(futures_util::stream::iter(chunks)).await;
        assert_eq!(refused.err().unwrap().code(), Code::InvalidArgument);
    })
    .await;
}
