//! A restricted patient's bills: their numbers are sealed and put back, of those that were taken back too, and each counts once all the while.
use homecoming::kernel::Reason;
use homecoming::pb;
use homecoming::pb::person_restriction::Person;
use homecoming::pb::trip_service_client::TripServiceClient;
use tonic::transport::Channel;

use super::trips::{asking, bill, county, trip};
use crate::persons::{erase, everything, lift, persons, restrict};
use crate::support::each_engine;
use crate::support::errors::refused;
use crate::support::figures::{name, patient};

const NUMBER: &str = "ZY-b1";
const SEALED: &str = "（已封存）";

/// The bill's record under another id, with the number of `b1`.
fn again(id: &str, trip: &str) -> pb::RecordEncounterRequest {
    pb::RecordEncounterRequest { encounter_id: id.to_owned(), ..bill("b1", trip) }
}

fn void(id: &str) -> pb::VoidEncounterRequest {
    let reason = pb::VoidReason::EntryError as i32;
    pb::VoidEncounterRequest { name: name("encounters", id), reason, ..Default::default() }
}

async fn get(client: &mut TripServiceClient<Channel>, id: &str) -> pb::Encounter {
    client.get_encounter(pb::GetEncounterRequest { name: name("encounters", id) }).await.unwrap().into_inner()
}

async fn number(client: &mut TripServiceClient<Channel>, id: &str) -> String {
    get(client, id).await.number.unwrap().value
}

#[tokio::test]
async fn a_bill_that_was_taken_back_gets_its_number_back_and_does_not_take_it() {
    each_engine("restricted_bills", async |server| {
        let mut client = county(&server).await;
        client.record_trip(asking("t1", trip(&["a1"]))).await.unwrap();
        client.record_trip(asking("t2", trip(&["a3"]))).await.unwrap();
        client.record_encounter(bill("b1", "t1")).await.unwrap();
        client.void_encounter(void("b1")).await.unwrap();
        client.record_encounter(again("b2", "t1")).await.unwrap();
        let before = [get(&mut client, "b1").await, get(&mut client, "b2").await];

        let first = || Person::Patient(patient("tok_first").unwrap());
        persons(&server).restrict_person(restrict("r1", first())).await.unwrap();
        for id in ["b1", "b2"] {
            assert_eq!(number(&mut client, id).await, SEALED, "a number names the patient's record elsewhere");
        }
        persons(&server).lift_restriction(lift("r1")).await.unwrap();
        for (id, before) in ["b1", "b2"].into_iter().zip(&before) {
            let back = get(&mut client, id).await;
            assert_eq!((&back.number, back.state()), (&before.number, before.state()));
            assert_ne!(back.etag, before.etag, "it was written twice");
        }
        let twice = refused(client.record_encounter(again("b3", "t2")).await);
        assert_eq!(twice.reason, Reason::ExternalIdTaken, "the one that stands has the number");

        persons(&server).restrict_person(restrict("r2", first())).await.unwrap();
        client.void_encounter(void("b2")).await.unwrap();
        persons(&server).lift_restriction(lift("r2")).await.unwrap();
        for id in ["b1", "b2"] {
            assert_eq!(number(&mut client, id).await, NUMBER);
        }
        client.record_encounter(again("b3", "t2")).await.expect("nothing that stands has the number");
        client.void_encounter(void("b3")).await.unwrap();

        persons(&server).restrict_person(restrict("r3", first())).await.unwrap();
        let second = Person::Patient(patient("tok_second").unwrap());
        persons(&server).restrict_person(restrict("r4", second)).await.unwrap();
        for id in ["r3", "r4"] {
            persons(&server).erase_person(erase(id)).await.unwrap();
        }
        let all = everything(&server).await;
        assert_eq!(all.lines().filter(|line| line.contains(NUMBER)).collect::<Vec<_>>(), Vec::<&str>::new());
    })
    .await;
}
