//! The need list: who waits before any date exists, and how a new session is filled from it.
use homecoming::kernel::Reason;
use homecoming::pb;
use homecoming::pb::need_service_client::NeedServiceClient;

use super::{book, open, patient};
use crate::support::each_engine;
use crate::support::errors::refused;
use crate::support::schedule::{PARENT, name};

fn need(number: usize, expert: &str, specialty: &str, urgency: pb::NeedUrgency) -> pb::CreateNeedRequest {
    let expert = if expert.is_empty() { String::new() } else { name("experts", expert) };
    let need = pb::Need {
        expert,
        specialty: specialty.to_owned(),
        urgency: urgency as i32,
        patient: Some(patient(number)),
        external_ids: vec![pb::ExternalId { system: "his".to_owned(), value: format!("N{number} {specialty}") }],
        ..Default::default()
    };
    let need_id = format!("n{number}{}", specialty.replace('.', "-"));
    pb::CreateNeedRequest { parent: PARENT.to_owned(), need_id, need: Some(need), ..Default::default() }
}

#[tokio::test]
async fn a_session_is_filled_from_the_list_in_order() {
    each_engine("needs_filled", async |server| {
        let mut reservations = open(&server.channel, 5).await;
        let mut client = NeedServiceClient::new(server.channel.clone());
        let (routine, soon, urgent) = (pb::NeedUrgency::Routine, pb::NeedUrgency::Soon, pb::NeedUrgency::Urgent);
        for request in [
            need(1, "", "03.04", routine),
            need(2, "e1", "", soon),
            need(3, "", "03", urgent),
            need(4, "", "04", urgent),
            need(5, "e2", "", urgent),
            need(6, "", "03.04.01", urgent),
            need(7, "", "03.04", soon),
            need(2, "", "03.04", routine),
        ] {
            server.clock.advance_minutes(1);
            client.create_need(request).await.unwrap();
        }
        let again = pb::CreateNeedRequest { need_id: "other".to_owned(), ..need(1, "", "03.04", soon) };
        assert_eq!(refused(client.create_need(again.clone()).await).reason, Reason::ExternalIdTaken);
        let mut again = again;
        again.need.as_mut().unwrap().external_ids.clear();
        let twice = refused(client.create_need(again).await);
        assert_eq!((twice.reason, &twice.metadata["name"]), (Reason::NeedExists, &name("needs", "n103-04")));
        let neither = refused(client.create_need(need(9, "", "", soon)).await);
        assert_eq!(neither.violations, [("need.expert".to_owned(), Reason::Required)]);
        let nobody = refused(client.create_need(need(9, "nobody", "", soon)).await);
        assert_eq!(nobody.reason, Reason::ResourceNotFound);

        reservations.book_reservation(book(7)).await.unwrap();
        let fill = pb::FillFromNeedsRequest {
            session: name("sessions", "s1"),
            places: 2,
            request_id: "fill".to_owned(),
            ..Default::default()
        };
        let first = client.fill_from_needs(fill.clone()).await.unwrap().into_inner().reservations;
        let who = |made: &[pb::Reservation]| made.iter().map(|one| one.patient.clone().unwrap()).collect::<Vec<_>>();
        // A need for a child of the specialty, for another one, for another expert, and of who is booked are passed over.
        assert_eq!(who(&first), [patient(3), patient(2)]);
        assert_eq!(first.iter().map(|one| one.place).collect::<Vec<_>>(), [2, 3]);
        assert_eq!(client.fill_from_needs(fill.clone()).await.unwrap().into_inner().reservations, first, "a replay");
        let rest = pb::FillFromNeedsRequest { places: 200, request_id: String::new(), ..fill };
        let second = client.fill_from_needs(rest.clone()).await.unwrap().into_inner().reservations;
        assert_eq!(who(&second), [patient(1)]);
        assert!(client.fill_from_needs(rest).await.unwrap().into_inner().reservations.is_empty());
        let get = pb::GetNeedRequest { name: name("needs", "n303") };
        let filled = client.get_need(get).await.unwrap().into_inner();
        assert_eq!((filled.state(), &filled.reservation), (pb::NeedState::Filled, &first[0].name));

        let list =
            pb::ListNeedsRequest { parent: PARENT.to_owned(), state: pb::NeedState::Open as i32, ..Default::default() };
        let open = client.list_needs(list).await.unwrap().into_inner().needs;
        let ids: Vec<_> = open.iter().map(|need| need.name.rsplit_once('/').unwrap().1).collect();
        assert_eq!(ids, ["n203-04", "n404", "n5", "n603-04-01", "n703-04"]);
        let withdraw = pb::WithdrawNeedRequest { name: name("needs", "n404"), ..Default::default() };
        let gone = client.withdraw_need(withdraw.clone()).await.unwrap().into_inner();
        assert_eq!(gone.state(), pb::NeedState::Withdrawn);
        assert_eq!(refused(client.withdraw_need(withdraw).await).reason, Reason::IllegalTransition);
        client
            .create_need(pb::CreateNeedRequest { need_id: "anew".to_owned(), ..need(4, "e1", "", urgent) })
            .await
            .unwrap();
    })
    .await;
}
