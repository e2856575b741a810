//! Trips as exports have them, with the tariffs that they rest on, and as a restriction of their patient leaves them.
use homecoming::pb;
use homecoming::pb::export_part::Content;
use homecoming::pb::export_service_client::ExportServiceClient;
use homecoming::pb::person_restriction::Person;
use homecoming::pb::person_service_client::PersonServiceClient;

use super::trips::{asking, bill, county, trip};
use crate::support::figures::{self, PROGRAMME, name};
use crate::support::{TestServer, each_engine};

async fn export(server: &TestServer, as_of_sequence: i64) -> (Vec<serde_json::Value>, pb::ExportManifest) {
    let format = pb::ExportFormat::Ndjson as i32;
    let request = pb::ExportSavingsRequest {
        parent: PROGRAMME.to_owned(),
        with_patients: true,
        options: Some(pb::ExportOptions { format, as_of_sequence, ..Default::default() }),
        ..Default::default()
    };
    let mut client = ExportServiceClient::new(server.channel.clone());
    let mut parts = client.export_savings(request).await.unwrap().into_inner();
    let mut bytes = Vec::new();
    while let Some(message) = parts.message().await.unwrap() {
        match message.part.unwrap().content.unwrap() {
            Content::Head(head) => assert_eq!(head.columns.last().unwrap(), "patient_token"),
            Content::Data(data) => bytes.extend(data),
            Content::Manifest(manifest) => {
                let text = String::from_utf8(bytes).unwrap();
                return (text.lines().map(|line| serde_json::from_str(line).unwrap()).collect(), manifest);
            }
        }
    }
    panic!("no manifest came");
}

#[tokio::test]
async fn savings_are_exported_with_their_tariffs_as_they_stood() {
    each_engine("trips_exported", async |server| {
        let mut client = county(&server).await;
        client.record_trip(asking("t1", trip(&["a1", "a2"]))).await.unwrap();
        client.record_trip(asking("t2", trip(&["a3"]))).await.unwrap();
        let (rows, first) = export(&server, 0).await;
        assert_eq!(rows.iter().map(|row| row["trip"].as_str().unwrap()).collect::<Vec<_>>(), ["t1", "t2"]);
        assert_eq!(rows[0]["bill_fen"], serde_json::Value::Null, "no bill is known");
        assert_eq!(rows[0]["activities"], serde_json::json!(["a1", "a2"]));
        let total = |manifest: &pb::ExportManifest, column: &str| {
            manifest.totals.iter().find(|total| total.column == column).unwrap().sum
        };
        let cash = ["travel_fen", "lodging_fen", "meals_fen"].map(|column| total(&first, column)).iter().sum::<i64>();
        assert_eq!(cash, 2 * 81_000, "what the worked case comes to, for each trip");
        let used: Vec<String> = serde_json::from_value(rows[0]["tariffs"].clone()).unwrap();
        assert!(!used.is_empty());
        let named: Vec<&str> = first.tariffs.iter().map(|tariff| tariff.name.as_str()).collect();
        for tariff in used {
            assert!(named.contains(&name("tariffs", &tariff).as_str()), "{tariff} isn't in {named:?}");
        }
        assert!(first.tariffs.iter().all(|tariff| tariff.sha256.len() == 64));

        client.record_encounter(bill("b1", "t1")).await.unwrap();
        let (billed, _) = export(&server, 0).await;
        assert_eq!(billed[0]["bill_fen"], 537_989);
        let (again, manifest) = export(&server, first.as_of_sequence).await;
        assert_eq!((again, manifest), (rows, first));
    })
    .await;
}

#[tokio::test]
async fn a_restricted_patients_trips_and_bills_name_nobody() {
    each_engine("trips_restricted", async |server| {
        let mut client = county(&server).await;
        client.record_trip(asking("t1", trip(&["a1", "a2"]))).await.unwrap();
        client.record_encounter(bill("b1", "t1")).await.unwrap();
        let get = pb::GetTripRequest { name: name("trips", "t1") };
        let of_bill = pb::GetEncounterRequest { name: name("encounters", "b1") };
        let before = client.get_trip(get.clone()).await.unwrap().into_inner();
        let bill_before = client.get_encounter(of_bill.clone()).await.unwrap().into_inner();
        let restriction = pb::PersonRestriction {
            person: Some(Person::Patient(figures::patient("tok_first").unwrap())),
            document: "申请 2 号".to_owned(),
            ..Default::default()
        };
        let request = pb::RestrictPersonRequest {
            parent: PROGRAMME.to_owned(),
            person_restriction_id: "r1".to_owned(),
            person_restriction: Some(restriction),
            ..Default::default()
        };
        let mut persons = PersonServiceClient::new(server.channel.clone());
        let made = persons.restrict_person(request).await.unwrap().into_inner();
        let Some(Person::Patient(shown)) = made.person else { panic!("{made:?}") };
        let hidden = client.get_trip(get.clone()).await.unwrap().into_inner();
        assert_eq!(hidden.patient, Some(shown.clone()));
        assert_eq!((&hidden.parts, &hidden.ledgers), (&before.parts, &before.ledgers), "the figures stay");
        let number = client.get_encounter(of_bill.clone()).await.unwrap().into_inner().number.unwrap();
        assert_eq!(number.value, "（已封存）");
        let (rows, _) = export(&server, 0).await;
        assert_eq!(rows[0]["patient_token"].as_str(), Some(shown.token.as_str()));

        let lift = pb::LiftRestrictionRequest { name: name("personRestrictions", "r1"), ..Default::default() };
        persons.lift_restriction(lift).await.unwrap();
        let back = client.get_trip(get).await.unwrap().into_inner();
        assert_eq!((back.patient, back.external_ids), (before.patient, before.external_ids));
        assert_eq!(client.get_encounter(of_bill).await.unwrap().into_inner().number, bill_before.number);
    })
    .await;
}
