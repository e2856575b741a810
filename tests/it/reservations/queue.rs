//! The queue: in the order of arrival, in the same transaction, by whatever way a place comes free.
use homecoming::kernel::Reason;
use homecoming::pb;
use homecoming::pb::ReservationState as State;
use homecoming::server::lapses;

use super::{availability, book, cancel, get, hold, join, open, set_rule, take};
use crate::support::each_engine;
use crate::support::errors::refused;
use crate::support::schedule::{self, name};

#[tokio::test]
async fn a_freed_place_is_given_to_the_first_who_waits() {
    each_engine("queue_give", async |server| {
        let mut client = open(&server.channel, 1).await;
        set_rule(&mut client, pb::WaitlistRule::Give, 60).await;
        client.book_reservation(book(1)).await.unwrap();
        for number in [5, 4, 3] {
            let waits = client.join_waitlist(join(number)).await.unwrap().into_inner();
            assert_eq!((waits.state(), waits.place), (State::Waiting, 0));
        }
        assert_eq!(availability(&mut client, "s1").await.waiting, 3);
        let twice = pb::JoinWaitlistRequest { reservation_id: "r9".to_owned(), ..join(4) };
        assert_eq!(refused(client.join_waitlist(twice).await).reason, Reason::PatientHoldsPlace);
        client.cancel_reservation(cancel(1)).await.unwrap();
        let first = get(&mut client, 5).await;
        assert_eq!((first.state(), first.place, first.arrival), (State::Booked, 1, 1));
        assert_eq!(get(&mut client, 4).await.state(), State::Waiting);
        // Who leaves the queue leaves it to the next.
        client.cancel_reservation(cancel(4)).await.unwrap();
        client.cancel_reservation(cancel(5)).await.unwrap();
        assert_eq!(get(&mut client, 3).await.state(), State::Booked);
        let seen = availability(&mut client, "s1").await;
        assert_eq!((seen.taken, seen.waiting), (1, 0));
        client.cancel_reservation(cancel(3)).await.unwrap();
        // Nobody waits: a free place is had at once.
        let joined = client.join_waitlist(join(6)).await.unwrap().into_inner();
        assert_eq!((joined.state(), joined.place), (State::Booked, 1));
    })
    .await;
}

#[tokio::test]
async fn an_offer_passes_on_when_its_time_runs_out() {
    each_engine("queue_offer", async |server| {
        let mut client = open(&server.channel, 1).await;
        set_rule(&mut client, pb::WaitlistRule::Offer, 30).await;
        client.hold_reservation(hold(1, 5)).await.unwrap();
        for number in 2..=4 {
            client.join_waitlist(join(number)).await.unwrap();
        }
        server.clock.advance_minutes(5);
        // The hold has lapsed, but the place is the queue's: nobody passes it.
        assert_eq!(availability(&mut client, "s1").await.free, 0);
        assert_eq!(refused(client.book_reservation(book(9)).await).reason, Reason::SessionFull);
        // The server does it by itself as well; who comes second finds nothing to do.
        lapses::places(&server.db, "test").await.unwrap();
        let offered = get(&mut client, 2).await;
        assert_eq!((offered.state(), offered.place), (State::Offered, 1));
        assert_eq!(refused(client.book_reservation(book(9)).await).reason, Reason::SessionFull);
        server.clock.advance_minutes(30);
        assert_eq!(get(&mut client, 2).await.state(), State::Lapsed);
        lapses::places(&server.db, "test").await.unwrap();
        assert_eq!(lapses::places(&server.db, "test").await.unwrap(), 0);
        assert_eq!(get(&mut client, 3).await.state(), State::Offered);
        // One declines, the next accepts.
        client.cancel_reservation(cancel(3)).await.unwrap();
        let taken = client.book_reservation(take(4)).await.unwrap().into_inner();
        assert_eq!((taken.state(), taken.place, taken.lapse_time), (State::Booked, 1, None));
        let early = refused(client.book_reservation(take(2)).await);
        assert_eq!(early.reason, Reason::IllegalTransition);
    })
    .await;
}

#[tokio::test]
async fn added_places_are_the_queues_first() {
    each_engine("queue_extra", async |server| {
        let mut client = open(&server.channel, 1).await;
        set_rule(&mut client, pb::WaitlistRule::Give, 60).await;
        client.book_reservation(book(1)).await.unwrap();
        client.join_waitlist(join(2)).await.unwrap();
        let grant = pb::GrantExtraPlacesRequest {
            name: name("registers", "s1"),
            places: 2,
            consent: Some(schedule::consent()),
            ..Default::default()
        };
        client.grant_extra_places(grant).await.unwrap();
        let second = get(&mut client, 2).await;
        assert_eq!((second.state(), second.place, second.extra), (State::Booked, 2, true));
        assert_eq!(client.book_reservation(book(3)).await.unwrap().into_inner().place, 3);
    })
    .await;
}
