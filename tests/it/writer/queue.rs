//! The queue before the writer: bounded, and rid of those whose caller has gone.
use std::pin::pin;
use std::time::Duration;

use futures_util::poll;
use homecoming::db::Options;
use homecoming::kernel::{Error, Reason};
use homecoming::pb;
use homecoming::pb::programme_service_client::ProgrammeServiceClient;
use homecoming::server::{Door, Server};
use tonic::Code;
use tonic_types::StatusExt as _;

use super::commands::Add;
use super::deeds::{Bad, Deed, Gate};
use super::{call, each_engine};
use crate::support::connect;
use crate::support::errors::refusal;

#[tokio::test]
async fn a_full_queue_says_when_to_try_again() {
    each_engine("full_queue", Options { queue: 1, ..Options::default() }, async |ward| {
        let server = Server::start(&Door::open("127.0.0.1:0".parse().unwrap()), ward.db.clone()).await.unwrap();
        let mut client = ProgrammeServiceClient::new(connect(server.address()).await);
        let gate = Gate::default();
        let mut running = pin!(ward.db.write(call(""), Bad::new(Deed::Wait(gate.clone()))));
        assert!(poll!(&mut running).is_pending());
        gate.reached.notified().await;
        let mut waiting = pin!(ward.db.write(call(""), Add::<false>::one("waits")));
        assert!(poll!(&mut waiting).is_pending());

        let create = pb::CreateProgrammeRequest {
            programme_id: "late".to_owned(),
            programme: Some(pb::Programme {
                display_name: "late".to_owned(),
                division_code: "430281".to_owned(),
                zone: "Asia/Shanghai".to_owned(),
                ..Default::default()
            }),
            ..Default::default()
        };
        let status = client.create_programme(create.clone()).await.unwrap_err();
        let refused = refusal(&status);
        assert_eq!((refused.code, refused.reason), (Code::Unavailable, Reason::Overloaded));
        let retry = status.get_error_details().retry_info().and_then(|retry| retry.retry_delay).unwrap();
        assert!(retry > Duration::ZERO && retry < Duration::from_secs(5), "{retry:?}");
        assert_eq!(ward.db.stats().counts().overloads, 1);

        gate.open.notify_one();
        assert!(matches!(running.await, Err(Error::Refused(_))));
        assert_eq!(waiting.await.unwrap(), 1);
        client.create_programme(create).await.unwrap();
        drop((client, server)); // whoever stops it closes the database
    })
    .await;
}

#[tokio::test]
async fn who_has_gone_before_its_turn_is_not_served() {
    each_engine("gone_before", Options::default(), async |ward| {
        let gate = Gate::default();
        let mut running = pin!(ward.db.write(call(""), Bad::new(Deed::Wait(gate.clone()))));
        assert!(poll!(&mut running).is_pending());
        gate.reached.notified().await;
        let commands = ward.db.stats().counts().commands;
        {
            let mut impatient = pin!(ward.db.write(call(""), Add::<false>::one("impatient")));
            assert!(poll!(&mut impatient).is_pending());
        }
        let mut patient = pin!(ward.db.write(call(""), Add::<false>::one("patient")));
        assert!(poll!(&mut patient).is_pending());
        gate.open.notify_one();
        assert!(running.await.is_err());
        assert_eq!(patient.await.unwrap(), 1);
        assert_eq!(ward.db.stats().counts().commands, commands + 1);
        assert_eq!(ward.total().await, 1);
    })
    .await;
}

#[tokio::test]
async fn who_goes_while_its_command_runs_spoils_nothing() {
    each_engine("gone_during", Options::default(), async |ward| {
        let gate = Gate::default();
        {
            let mut running = pin!(ward.db.write(call(""), Bad::new(Deed::WaitAndWrite(gate.clone()))));
            assert!(poll!(&mut running).is_pending());
            gate.reached.notified().await;
        }
        gate.open.notify_one();
        ward.add("next").await.unwrap();
        let batches = ward.db.stats().counts().batches;
        assert_eq!((ward.total().await, batches), (2, 3), "it was carried out, in a batch before the next");
    })
    .await;
}

#[tokio::test]
async fn a_database_that_closes_finishes_what_waits() {
    each_engine("closing", Options::default(), async |ward| {
        let second = ward.database.open().await;
        let writes: Vec<_> = (0..20).map(|i| second.write(call(""), Add::<false>::one(&format!("c{i}")))).collect();
        let mut writes: Vec<_> = writes.into_iter().map(Box::pin).collect();
        for write in &mut writes {
            assert!(poll!(write).is_pending());
        }
        second.close().await;
        for write in writes {
            write.await.unwrap();
        }
        assert!(matches!(second.write(call(""), Add::<false>::one("late")).await, Err(Error::ShuttingDown)));
        assert_eq!(ward.total().await, 20);
    })
    .await;
}
