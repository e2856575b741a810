//! Persons restricted, put back and erased: nothing identifies them any more, and every figure and the chain stay as they were.
mod erasing;
mod restricted;

use homecoming::db::verify::VerifyLedger;
use homecoming::kernel::Reason;
use homecoming::pb;
use homecoming::pb::assistant_service_client::AssistantServiceClient;
use homecoming::pb::credential_service_client::CredentialServiceClient;
use homecoming::pb::expert_service_client::ExpertServiceClient;
use homecoming::pb::person_restriction::Person;
use homecoming::pb::person_service_client::PersonServiceClient;
use sqlx::{Connection as _, Row as _};
use tonic::Code;
use tonic::transport::Channel;

use crate::support::errors::{Refused, refused};
use crate::support::figures::{self, PROGRAMME, activities, amend, consultation, date, name, record, tallies};
use crate::support::{TestServer, each_engine, liling};

const TOKEN: &str = "tok_of_somebody";

pub fn persons(server: &TestServer) -> PersonServiceClient<Channel> {
    PersonServiceClient::new(server.channel.clone())
}

pub fn restrict(id: &str, person: Person) -> pb::RestrictPersonRequest {
    let restriction =
        pb::PersonRestriction { person: Some(person), document: "申请 1 号".to_owned(), ..Default::default() };
    pb::RestrictPersonRequest {
        parent: PROGRAMME.to_owned(),
        person_restriction_id: id.to_owned(),
        person_restriction: Some(restriction),
        request_id: format!("restrict-{id}"),
        ..Default::default()
    }
}

fn restriction(id: &str) -> String {
    name("personRestrictions", id)
}

pub fn erase(id: &str) -> pb::ErasePersonRequest {
    pb::ErasePersonRequest { name: restriction(id), ..Default::default() }
}

pub fn lift(id: &str) -> pb::LiftRestrictionRequest {
    pb::LiftRestrictionRequest { name: restriction(id), ..Default::default() }
}

async fn expert(server: &TestServer, id: &str) -> pb::Expert {
    let request = pb::GetExpertRequest { name: name("experts", id) };
    ExpertServiceClient::new(server.channel.clone()).get_expert(request).await.unwrap().into_inner()
}

async fn tally(server: &TestServer) -> pb::QueryTallyResponse {
    let request = pb::QueryTallyRequest {
        parent: PROGRAMME.to_owned(),
        from_date: date(2024, 1, 1),
        to_date: date(2024, 3, 31),
        measures: ["consultations", "experts", "declared_savings_fen"].map(str::to_owned).to_vec(),
        group_by: vec![pb::TallyDimension::Month as i32],
        ..Default::default()
    };
    pb::QueryTallyResponse {
        // Whether cells or records were asked is no figure, and a restriction is a change like any other: the sequence moves on.
        source: 0,
        sequence: 0,
        ..tallies(server).query_tally(request).await.unwrap().into_inner()
    }
}

/// Every text that the database holds anywhere in a table of ours.
pub async fn everything(server: &TestServer) -> String {
    let target = match &server.target {
        homecoming::db::Target::Sqlite(path) => {
            let mut connection = sqlx::SqliteConnection::connect(path.to_str().unwrap()).await.unwrap();
            let tables = "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT IN ('sqlite_sequence', '_sqlx_migrations')";
            let tables = sqlx::query(tables).fetch_all(&mut connection).await.unwrap();
            let mut all = String::new();
            for table in tables {
                let table: String = table.get(0);
                let columns = format!("SELECT group_concat(quote(name), ', ') FROM pragma_table_info('{table}')");
                let columns = sqlx::query(sqlx::AssertSqlSafe(columns)).fetch_one(&mut connection).await.unwrap();
                let columns = columns.get::<String, _>(0).replace('\'', "\"");
                let rows = format!("SELECT json_array({columns}) FROM \"{table}\"");
                for row in sqlx::query(sqlx::AssertSqlSafe(rows)).fetch_all(&mut connection).await.unwrap() {
                    all.push_str(&row.get::<String, _>(0));
                    all.push('\n');
                }
            }
            return all;
        }
        homecoming::db::Target::Postgres(url) => url.clone(),
    };
    let mut connection = sqlx::PgConnection::connect(&target).await.unwrap();
    let tables = "SELECT tablename::text FROM pg_tables WHERE schemaname = current_schema()";
    let mut all = String::new();
    for table in sqlx::query(tables).fetch_all(&mut connection).await.unwrap() {
        let table: String = table.get(0);
        let rows = format!("SELECT row_to_json(t)::text FROM \"{table}\" t");
        for row in sqlx::query(sqlx::AssertSqlSafe(rows)).fetch_all(&mut connection).await.unwrap() {
            all.push_str(&row.get::<String, _>(0));
            all.push('\n');
        }
    }
    all
}

#[tokio::test]
async fn a_patient_is_restricted_put_back_and_erased() {
    each_engine("persons_patient", async |server| {
        figures::make(&server).await;
        let mut client = activities(&server);
        let numbered = pb::Activity {
            external_ids: vec![pb::ExternalId { system: "his".to_owned(), value: "visit-4711".to_owned() }],
            declared_saving_fen: Some(900),
            ..consultation(date(2024, 2, 4), TOKEN)
        };
        client.record_activity(record("a1", numbered)).await.unwrap();
        client.record_activity(record("a2", consultation(date(2024, 3, 4), TOKEN))).await.unwrap();
        client.record_activity(record("a3", consultation(date(2024, 3, 4), "tok_of_another"))).await.unwrap();
        // An earlier version has the token, too.
        let other = pb::Activity { patient: figures::patient("tok_corrected"), ..Default::default() };
        client.amend_activity(amend("a2", other, &["patient"])).await.unwrap();
        let figures_before = tally(&server).await;
        let get = |id: &str| pb::GetActivityRequest { name: name("activities", id) };
        let before = client.get_activity(get("a1")).await.unwrap().into_inner();

        let patient = || Person::Patient(figures::patient(TOKEN).unwrap());
        let made = persons(&server).restrict_person(restrict("r1", patient())).await.unwrap().into_inner();
        assert_eq!(made.state(), pb::PersonRestrictionState::Restricted);
        assert_eq!(made.touched_count, 3, "two activities and the token itself");
        let Some(Person::Patient(shown)) = made.person.clone() else { panic!("{made:?}") };
        let hidden = client.get_activity(get("a1")).await.unwrap().into_inner();
        assert_eq!((hidden.patient, hidden.external_ids), (Some(shown.clone()), Vec::new()));
        let of = pb::ListActivitiesRequest {
            parent: PROGRAMME.to_owned(),
            patient: figures::patient(TOKEN),
            ..Default::default()
        };
        assert!(client.list_activities(of).await.unwrap().into_inner().activities.is_empty());
        assert_eq!(tally(&server).await, figures_before);
        let again = persons(&server).restrict_person(restrict("r1", patient())).await.unwrap().into_inner();
        assert_eq!(again, made, "a repeated request answers the same");

        persons(&server).lift_restriction(lift("r1")).await.unwrap();
        let back = client.get_activity(get("a1")).await.unwrap().into_inner();
        assert_eq!(back, before);

        persons(&server).restrict_person(restrict("r2", patient())).await.unwrap();
        let erased = persons(&server).erase_person(erase("r2")).await.unwrap().into_inner();
        assert_eq!(erased.state(), pb::PersonRestrictionState::Erased);
        let all = everything(&server).await;
        assert!(all.contains("tok_of_another") && all.contains("liling"));
        assert!(!all.contains("visit-4711"), "what names the patient's records elsewhere is gone");
        let held: Vec<&str> = all.lines().filter(|line| line.contains(TOKEN)).collect();
        assert_eq!(held, Vec::<&str>::new());
        assert_eq!(tally(&server).await, figures_before);
        assert_eq!(server.db.read(VerifyLedger).await.unwrap().wrong, Vec::<String>::new());
        let illegal =
            Refused::new(Code::FailedPrecondition, Reason::IllegalTransition).with("name", &restriction("r2"));
        let refusal = refused(persons(&server).lift_restriction(lift("r2")).await);
        assert_eq!(refusal, illegal.with("state", "ERASED").with("verb", "lift"));
    })
    .await;
}

#[tokio::test]
async fn an_expert_is_restricted_put_back_and_erased() {
    each_engine("persons_expert", async |server| {
        figures::make(&server).await;
        let mut experts = ExpertServiceClient::new(server.channel.clone());
        let update = pb::UpdateExpertRequest {
            expert: Some(pb::Expert {
                name: name("experts", "e1"),
                display_name: "专家 甲".to_owned(),
                licence_number: "110430281000017".to_owned(),
                external_ids: vec![pb::ExternalId { system: "hr".to_owned(), value: "staff-0815".to_owned() }],
                home_ties: vec![pb::HomeTie {
                    kind: pb::HomeTieKind::Born as i32,
                    place: "白兔潭镇某村".to_owned(),
                    consent: Some(pb::Consent {
                        heard_by: "行程办".to_owned(),
                        medium: pb::ConsentMedium::Phone as i32,
                        heard_time: Some(prost_types::Timestamp { seconds: 1_700_000_000, nanos: 0 }),
                        words: "可以".to_owned(),
                    }),
                    ..Default::default()
                }],
                ..Default::default()
            }),
            update_mask: Some(prost_types::FieldMask {
                paths: ["display_name", "licence_number", "external_ids", "home_ties"].map(str::to_owned).to_vec(),
            }),
            ..Default::default()
        };
        experts.update_expert(update).await.unwrap();
        let paper = pb::Credential {
            document: "证书 00042 号".to_owned(),
            from_date: date(2020, 1, 1),
            paper: Some(pb::credential::Paper::Licence(pb::LicencePeriod { expert: name("experts", "e1") })),
            ..Default::default()
        };
        let request = pb::CreateCredentialRequest {
            parent: PROGRAMME.to_owned(),
            credential_id: "licence".to_owned(),
            credential: Some(paper),
            ..Default::default()
        };
        let mut credentials = CredentialServiceClient::new(server.channel.clone());
        credentials.create_credential(request).await.unwrap();
        activities(&server).record_activity(record("a1", consultation(date(2024, 2, 4), TOKEN))).await.unwrap();
        let (before, figures_before) = (expert(&server, "e1").await, tally(&server).await);

        let of_e1 = || Person::Expert(name("experts", "e1"));
        let dated = |mut request: pb::RestrictPersonRequest| {
            request.person_restriction.as_mut().unwrap().erase_after_date = date(2024, 5, 1);
            request
        };
        persons(&server).restrict_person(dated(restrict("r1", of_e1()))).await.unwrap();
        let hidden = expert(&server, "e1").await;
        assert_eq!(hidden.state(), pb::ExpertState::Paused, "nobody plans with who is restricted");
        assert!(hidden.home_ties.is_empty() && hidden.external_ids.is_empty(), "{hidden:?}");
        assert_eq!((hidden.display_name.as_str(), &hidden.affiliations), ("（已封存）", &before.affiliations));
        let get = pb::GetCredentialRequest { name: name("credentials", "licence") };
        let paper = credentials.get_credential(get.clone()).await.unwrap().into_inner();
        assert_eq!(paper.document, "（已封存）");
        assert_eq!(tally(&server).await, figures_before);
        let twice = refused(persons(&server).restrict_person(restrict("r2", of_e1())).await);
        assert_eq!(twice, Refused::new(Code::AlreadyExists, Reason::ResourceExists).with("name", &restriction("r1")));

        persons(&server).lift_restriction(lift("r1")).await.unwrap();
        let back = expert(&server, "e1").await;
        assert_eq!((&back.display_name, &back.home_ties), (&before.display_name, &before.home_ties));
        assert_eq!(back.external_ids, before.external_ids);
        assert_eq!(credentials.get_credential(get.clone()).await.unwrap().into_inner().document, "证书 00042 号");

        persons(&server).restrict_person(dated(restrict("r3", of_e1()))).await.unwrap();
        let present = refused(persons(&server).erase_person(erase("r3")).await);
        let illegal = Refused::new(Code::FailedPrecondition, Reason::IllegalTransition).with("state", "PAUSED");
        assert_eq!(present, illegal.with("name", &name("experts", "e1")).with("verb", "erase"));
        let exit =
            pb::EndExpertRequest { name: name("experts", "e1"), exit_date: date(2024, 3, 31), ..Default::default() };
        experts.end_expert(exit).await.unwrap();
        let early = refused(persons(&server).erase_person(erase("r3")).await);
        let due = Refused::new(Code::FailedPrecondition, Reason::ErasureNotDue).with("erase_after_date", "2024-05-01");
        assert_eq!(early, due.with("name", &restriction("r3")));
        server.clock.advance_minutes(31 * 24 * 60);
        let erased = persons(&server).erase_person(erase("r3")).await.unwrap().into_inner();
        assert_eq!(erased.state(), pb::PersonRestrictionState::Erased);
        let all = everything(&server).await;
        for gone in ["专家 甲", "staff-0815", "白兔潭镇某村", "证书 00042 号"] {
            assert!(!all.contains(gone), "{gone} is still there");
        }
        assert_eq!(server.db.read(VerifyLedger).await.unwrap().wrong, Vec::<String>::new());
        let listed = pb::ListPersonRestrictionsRequest {
            parent: PROGRAMME.to_owned(),
            state: pb::PersonRestrictionState::Lifted as i32,
            ..Default::default()
        };
        let listed = persons(&server).list_person_restrictions(listed).await.unwrap().into_inner();
        assert_eq!(listed.person_restrictions.len(), 1);
    })
    .await;
}

#[tokio::test]
async fn the_keys_of_the_audit_go_with_the_person_and_no_others() {
    each_engine("persons_keys", async |server| {
        figures::make(&server).await;
        let mut client = activities(&server);
        for number in 0..1_100 {
            let token = if number % 100 == 0 { TOKEN.to_owned() } else { format!("tok_nr_{number}") };
            let request = record(&format!("a{number}"), consultation(date(2024, 2, 4), &token));
            client.record_activity(request).await.unwrap();
        }
        let patient = Person::Patient(figures::patient(TOKEN).unwrap());
        persons(&server).restrict_person(restrict("r1", patient)).await.unwrap();
        persons(&server).erase_person(erase("r1")).await.unwrap();
        let all = everything(&server).await;
        // An entry's row ends with salt and link; eleven records, the restriction and the erasure's beginning have no key any more.
        let keyless = match &server.target {
            homecoming::db::Target::Sqlite(path) => {
                let mut connection = sqlx::SqliteConnection::connect(path.to_str().unwrap()).await.unwrap();
                let count = "SELECT COUNT(*) FROM audit_entries WHERE salt IS NULL";
                sqlx::query(count).fetch_one(&mut connection).await.unwrap().get::<i64, _>(0)
            }
            homecoming::db::Target::Postgres(url) => {
                let mut connection = sqlx::PgConnection::connect(url).await.unwrap();
                let count = "SELECT COUNT(*) FROM audit_entries WHERE salt IS NULL";
                sqlx::query(count).fetch_one(&mut connection).await.unwrap().get::<i64, _>(0)
            }
        };
        assert_eq!(keyless, 11 + 2);
        assert!(!all.contains(TOKEN));
        assert_eq!(server.db.read(VerifyLedger).await.unwrap().wrong, Vec::<String>::new());
    })
    .await;
}

#[tokio::test]
async fn who_isnt_there_cant_be_restricted() {
    each_engine("persons_refused", async |server| {
        figures::make(&server).await;
        let nobody =
            refused(persons(&server).restrict_person(restrict("r1", Person::Expert(name("experts", "x")))).await);
        let missing = Refused::new(Code::NotFound, Reason::ResourceNotFound);
        assert_eq!(nobody, missing.clone().with("name", &name("experts", "x")));
        let nobody = Person::Assistant(name("assistants", "x"));
        let nobody = refused(persons(&server).restrict_person(restrict("r1", nobody)).await);
        assert_eq!(nobody, missing.with("name", &name("assistants", "x")));
        let number = Person::Patient(pb::Patient { issuer: "his".to_owned(), token: "430281199001011234".to_owned() });
        let number = refused(persons(&server).restrict_person(restrict("r1", number)).await);
        assert_eq!(number.violations, [("person_restriction.patient.token".to_owned(), Reason::TokenNotDeidentified)]);
        let empty = pb::RestrictPersonRequest { parent: PROGRAMME.to_owned(), ..Default::default() };
        let empty = refused(persons(&server).restrict_person(empty).await);
        assert!(empty.violations.iter().any(|(field, _)| field == "person_restriction.person"), "{empty:?}");

        let assistant = pb::Assistant {
            display_name: "助手 乙".to_owned(),
            site: name("sites", "county"),
            specialties: vec!["03".to_owned()],
            ..Default::default()
        };
        let request = pb::CreateAssistantRequest {
            parent: PROGRAMME.to_owned(),
            assistant_id: "s1".to_owned(),
            assistant: Some(assistant),
            ..Default::default()
        };
        let mut assistants = AssistantServiceClient::new(server.channel.clone());
        assistants.create_assistant(request).await.unwrap();
        let of_s1 = Person::Assistant(name("assistants", "s1"));
        persons(&server).restrict_person(restrict("r1", of_s1)).await.unwrap();
        let hidden =
            assistants.get_assistant(pb::GetAssistantRequest { name: name("assistants", "s1") }).await.unwrap();
        assert_eq!(hidden.into_inner().display_name, "（已封存）");
    })
    .await;
}

#[tokio::test]
async fn what_an_erasure_destroyed_of_a_duplicate_stays_destroyed() {
    each_engine("persons_duplicate", async |server| {
        figures::make(&server).await;
        let twice = pb::Expert { affiliations: Vec::new(), ..liling::expert("03.04") };
        liling::make_expert(&server.channel, "twice", twice).await;
        let of = |id: &str| Person::Expert(name("experts", id));
        persons(&server).restrict_person(restrict("r1", of("twice"))).await.unwrap();
        let merge = pb::MergeExpertsRequest {
            survivor: name("experts", "e1"),
            duplicate: name("experts", "twice"),
            ..Default::default()
        };
        let mut experts = ExpertServiceClient::new(server.channel.clone());
        experts.merge_experts(merge).await.unwrap();
        let exit =
            pb::EndExpertRequest { name: name("experts", "e1"), exit_date: date(2024, 3, 31), ..Default::default() };
        experts.end_expert(exit).await.unwrap();
        let before = expert(&server, "e1").await;
        // Both records are the survivor's now.
        persons(&server).restrict_person(restrict("r2", of("e1"))).await.unwrap();
        persons(&server).erase_person(erase("r1")).await.unwrap();
        persons(&server).lift_restriction(lift("r2")).await.unwrap();
        assert_eq!(expert(&server, "e1").await.display_name, before.display_name);
        assert_eq!(expert(&server, "twice").await.display_name, "（已封存）");
    })
    .await;
}
