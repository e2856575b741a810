//! What kinds say besides, the skill ladder of a pairing, and what is done locally now.
use homecoming::activities::Performer;
use homecoming::activities::ladder::{Cases, OperationCode, SuccessionStage, succession};
use homecoming::kernel::{Id, Reason};
use homecoming::pb;
use homecoming::pb::assistant_service_client::AssistantServiceClient;
use homecoming::pb::pairing_service_client::PairingServiceClient;
use homecoming::pb::succession_service_client::SuccessionServiceClient;
use tonic::Code;

use crate::support::errors::{Refused, refused};
use crate::support::figures::{
    self, activities, consultation, date, headcount, name, operation, record, tallies, void,
};
use crate::support::{TestServer, each_engine};

fn cases(performer: Performer, count: i64, first: &str, last: &str) -> Cases {
    Cases {
        site: Id::parse("county").unwrap(),
        operation: OperationCode { system: "glb".to_owned(), code: "51.23".to_owned() },
        performer,
        part: None,
        count,
        first: first.parse().unwrap(),
        last: last.parse().unwrap(),
    }
}

#[test]
fn an_operation_is_local_once_local_hands_have_done_it_often_enough_since_the_expert_did() {
    let expert = cases(Performer::Expert, 4, "2023-05-01", "2023-09-01");
    let supervised = cases(Performer::AssistantSupervised, 2, "2023-07-01", "2023-10-01");
    let local = cases(Performer::Local, 3, "2023-08-01", "2024-01-01");
    let before = cases(Performer::Local, 9, "2020-01-01", "2021-01-01");
    for (of, least, expected) in [
        (vec![expert.clone()], 1, Some(SuccessionStage::ExpertLed)),
        (vec![expert.clone(), supervised.clone()], 1, Some(SuccessionStage::Supervised)),
        (vec![expert.clone(), local.clone()], 1, Some(SuccessionStage::Local)),
        (vec![supervised.clone(), local.clone()], 3, Some(SuccessionStage::Local)),
        (vec![expert.clone(), supervised, local.clone()], 4, Some(SuccessionStage::Supervised)),
        (vec![expert, before], 1, Some(SuccessionStage::ExpertLed)),
        (vec![local], 1, None),
    ] {
        let found = succession(&of, least);
        assert_eq!(found.first().map(|it| it.stage), expected, "{of:?}");
    }
}

async fn pair(server: &TestServer) -> String {
    let assistant =
        pb::Assistant { display_name: "助手 001".to_owned(), site: name("sites", "county"), ..Default::default() };
    let request = pb::CreateAssistantRequest {
        parent: figures::PROGRAMME.to_owned(),
        assistant_id: "h1".to_owned(),
        assistant: Some(assistant),
        ..Default::default()
    };
    AssistantServiceClient::new(server.channel.clone()).create_assistant(request).await.unwrap();
    let pairing = pb::Pairing {
        expert: name("experts", "e2"),
        assistant: name("assistants", "h1"),
        role: pb::PairingRole::Primary as i32,
        from_date: date(2023, 6, 1),
        ..Default::default()
    };
    let request = pb::CreatePairingRequest {
        parent: figures::PROGRAMME.to_owned(),
        pairing_id: "p1".to_owned(),
        pairing: Some(pairing),
        ..Default::default()
    };
    PairingServiceClient::new(server.channel.clone()).create_pairing(request).await.unwrap().into_inner().name
}

fn case(day: Option<pb::Date>, performer: pb::Performer, part: pb::AssistantPart) -> pb::Activity {
    pb::Activity { assistant: name("assistants", "h1"), assistant_part: part as i32, ..operation(day, performer) }
}

#[tokio::test]
async fn a_ladder_grows_from_cases_and_says_what_is_done_locally_now() {
    use pb::AssistantPart::{Assisted, Independent, Observed, Supervised};
    use pb::Performer::{AssistantSupervised, Expert, Local};
    each_engine("ladder", async |server| {
        figures::make(&server).await;
        let pairing = pair(&server).await;
        let mut client = activities(&server);
        for (id, activity) in [
            ("a1", case(date(2023, 6, 5), Expert, Observed)),
            ("a2", case(date(2023, 6, 6), Expert, Assisted)),
            ("a3", case(date(2023, 7, 5), Expert, Assisted)),
            ("a4", case(date(2023, 9, 5), AssistantSupervised, Supervised)),
            ("a5", case(date(2023, 5, 1), Expert, Observed)),
            (
                "a6",
                pb::Activity {
                    lead_expert: String::new(),
                    specialty: "04.01".to_owned(),
                    ..case(date(2024, 1, 5), Local, Independent)
                },
            ),
            ("a7", case(date(2024, 2, 5), Local, Independent)),
        ] {
            client.record_activity(record(id, activity)).await.unwrap();
        }
        client.void_activity(void("a3")).await.unwrap();
        let mut succession = SuccessionServiceClient::new(server.channel.clone());
        let request = pb::GetSkillLadderRequest { pairing: pairing.clone() };
        let ladder = succession.get_skill_ladder(request).await.unwrap().into_inner();
        assert_eq!((&ladder.pairing, ladder.skills.len()), (&pairing, 1));
        let skill = &ladder.skills[0];
        let rungs: Vec<_> = skill.rungs.iter().map(|it| (it.part(), it.count.unwrap().cases)).collect();
        assert_eq!(rungs, [(Observed, 1), (Assisted, 1), (Supervised, 1), (Independent, 2)], "since the pairing began");
        assert_eq!((skill.code.as_str(), skill.reached()), ("51.2300", Independent));
        assert_eq!(skill.rungs[3].count.unwrap().first_date, date(2024, 1, 5));

        let list = pb::ListSuccessionRequest { parent: figures::PROGRAMME.to_owned(), ..Default::default() };
        let all = succession.list_succession(list.clone()).await.unwrap().into_inner().succession;
        let [one] = all.as_slice() else { panic!("{all:?}") };
        assert_eq!((one.site.as_str(), one.stage()), (name("sites", "county").as_str(), pb::SuccessionStage::Local));
        assert_eq!((one.expert.unwrap().cases, one.supervised.unwrap().cases, one.local.unwrap().cases), (3, 1, 2));
        let often = pb::ListSuccessionRequest { least_cases: 3, stage: pb::SuccessionStage::Local as i32, ..list };
        assert_eq!(succession.list_succession(often).await.unwrap().into_inner().succession, []);
    })
    .await;
}

#[tokio::test]
async fn what_a_kind_says_besides_is_kept_counted_and_refused_where_it_does_not_belong() {
    each_engine("details", async |server| {
        figures::make(&server).await;
        pair(&server).await;
        let mut client = activities(&server);
        let day = date(2024, 3, 5);
        let gained = |kind: pb::ActivityKind| pb::Activity { kind: kind as i32, quantity: 0, ..headcount(day, 1) };
        let first =
            pb::Activity { consultation_type: pb::ConsultationType::New as i32, ..consultation(day, "tok_0001") };
        let heads = pb::Activity { consultation_type: pb::ConsultationType::FollowUp as i32, ..headcount(day, 7) };
        let technique =
            pb::Activity { technique: "腹腔镜胆囊切除".to_owned(), ..gained(pb::ActivityKind::Technique) };
        let gap = pb::Activity {
            technique: "急诊冠脉介入".to_owned(),
            gap_level: pb::GapLevel::City as i32,
            ..gained(pb::ActivityKind::GapFilled)
        };
        let staff = pb::Activity { quantity: 4, ..gained(pb::ActivityKind::TrainedStaff) };
        for (id, activity) in
            [("a1", first), ("a2", heads), ("a3", technique.clone()), ("a4", gap.clone()), ("a5", staff.clone())]
        {
            let kept = client.record_activity(record(id, activity.clone())).await.unwrap().into_inner();
            let said = |it: &pb::Activity| (it.consultation_type, it.technique.clone(), it.gap_level);
            assert_eq!(said(&kept), said(&activity), "{id}");
        }
        let measures = [
            "consultations",
            "new_consultations",
            "follow_up_consultations",
            "techniques_adopted",
            "gaps_filled",
            "gaps_filled_city",
            "gaps_filled_province",
            "trained_staff",
        ];
        let request = pb::QueryTallyRequest {
            parent: figures::PROGRAMME.to_owned(),
            from_date: date(2024, 3, 1),
            to_date: date(2024, 3, 31),
            measures: measures.map(str::to_owned).to_vec(),
            ..Default::default()
        };
        let totals = tallies(&server).query_tally(request).await.unwrap().into_inner().totals;
        assert_eq!(totals.iter().map(|it| it.quantity).collect::<Vec<_>>(), [8, 1, 7, 1, 1, 1, 0, 4]);

        for (activity, field, reason) in [
            (pb::Activity { consultation_type: 1, ..technique.clone() }, "consultation_type", Reason::Inconsistent),
            (pb::Activity { technique: String::new(), ..technique }, "technique", Reason::Required),
            (pb::Activity { gap_level: 0, ..gap }, "gap_level", Reason::Required),
            (pb::Activity { quantity: 0, ..staff }, "quantity", Reason::Required),
            (
                pb::Activity { assistant_part: 0, ..case(day, pb::Performer::Expert, pb::AssistantPart::Observed) },
                "assistant_part",
                Reason::Inconsistent,
            ),
            (case(day, pb::Performer::Expert, pb::AssistantPart::Independent), "assistant_part", Reason::Inconsistent),
            (
                pb::Activity {
                    assistant: name("assistants", "h1"),
                    assistant_part: 1,
                    ..consultation(day, "tok_0002")
                },
                "assistant",
                Reason::Inconsistent,
            ),
        ] {
            let violations = refused(client.record_activity(record("", activity)).await).violations;
            assert!(violations.contains(&(format!("activity.{field}"), reason)), "{field}: {violations:?}");
        }
        let nobody = pb::Activity {
            assistant: name("assistants", "h9"),
            ..case(day, pb::Performer::Expert, pb::AssistantPart::Observed)
        };
        let expected = Refused::new(Code::NotFound, Reason::ResourceNotFound).with("name", &name("assistants", "h9"));
        assert_eq!(refused(client.record_activity(record("", nobody)).await), expected);
    })
    .await;
}
