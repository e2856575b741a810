//! The change log as clients read it: pages, states, tombstones, snapshots, and what isn't kept any more.
//!
//! Watching is in `changes/watching.rs`.
mod watching;

use std::collections::{BTreeMap, BTreeSet};

use homecoming::db::verify::VerifyLedger;
use homecoming::db::{Command, Context, Decision, Options, Tx};
use homecoming::kernel::{Call, Caller, Change, Id, Reason, Result};
use homecoming::pb::change_service_client::ChangeServiceClient;
use homecoming::pb::hospital_service_client::HospitalServiceClient;
use homecoming::pb::programme_service_client::ProgrammeServiceClient;
use homecoming::{pb, server};
use prost::Message as _;
use prost_reflect::DescriptorPool;
use tonic::Code;
use tonic::transport::Channel;

use crate::process::programme;
use crate::support::errors::{Refused, refused};
use crate::support::{Database, TestServer, each_engine};

const PARENT: &str = "programmes/liling";

async fn create_programme(channel: &Channel) {
    ProgrammeServiceClient::new(channel.clone()).create_programme(programme("liling")).await.unwrap();
}

async fn create_hospital(channel: &Channel, id: &str) -> pb::Hospital {
    let hospital = pb::Hospital {
        display_name: format!("hospital {id}"),
        level: pb::HospitalLevel::Tertiary.into(),
        ..Default::default()
    };
    let request = pb::CreateHospitalRequest {
        parent: PARENT.to_owned(),
        hospital_id: id.to_owned(),
        hospital: Some(hospital),
        ..Default::default()
    };
    HospitalServiceClient::new(channel.clone()).create_hospital(request).await.unwrap().into_inner()
}

async fn delete_hospital(channel: &Channel, id: &str) {
    let request = pb::DeleteHospitalRequest { name: format!("{PARENT}/hospitals/{id}"), ..Default::default() };
    HospitalServiceClient::new(channel.clone()).delete_hospital(request).await.unwrap();
}

fn listing(after_sequence: i64) -> pb::ListChangesRequest {
    pb::ListChangesRequest { parent: PARENT.to_owned(), after_sequence, ..Default::default() }
}

/// Touches so many resources at once that nobody has, for those who look at the log alone.
struct Touch {
    programme: Id,
    count: usize,
}

impl Touch {
    async fn times(server: &TestServer, commands: usize, count: usize) {
        for _ in 0..commands {
            let touch = Touch { programme: Id::parse("liling").unwrap(), count };
            server.db.write(Call::new(Caller::new("tests")), touch).await.unwrap();
        }
    }
}

impl Command for Touch {
    type Facts = ();
    type Effects = ();
    type Output = ();
    const METHOD: &'static str = "TestService.Touch";

    fn programme(&self) -> &Id {
        &self.programme
    }

    async fn load(&self, _tx: &mut Tx<'_>) -> Result<()> {
        Ok(())
    }

    fn decide(&self, (): (), _context: &Context<'_>) -> Result<Decision<(), ()>> {
        let long = "x".repeat(200);
        let changes = (0..self.count).map(|n| Change::created(format!("{PARENT}/things/{long}-{n}")));
        Ok(Decision::new((), (), changes.collect()))
    }

    async fn apply(&self, (): &(), _tx: &mut Tx<'_>) -> Result<()> {
        Ok(())
    }

    async fn recall(&self, _tx: &mut Tx<'_>, _names: &[String]) -> Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn changes_are_listed_with_the_states_of_their_resources() {
    each_engine("changes", async |server| {
        create_programme(&server.channel).await;
        let first = create_hospital(&server.channel, "first").await;
        create_hospital(&server.channel, "second").await;
        delete_hospital(&server.channel, "second").await;
        Touch::times(&server, 1, 1).await;
        let mut client = ChangeServiceClient::new(server.channel.clone());

        let request = pb::ListChangesRequest { with_state: true, ..listing(0) };
        let all = client.list_changes(request).await.unwrap().into_inner();
        let told: Vec<_> = all.changes.iter().map(|c| (c.sequence, c.verb.as_str(), c.revision, c.deleted)).collect();
        let expected = [
            (1, "create", 1, false),
            (2, "create", 1, false),
            (3, "create", 1, false),
            (4, "delete", 2, true),
            (5, "create", 1, false),
        ];
        assert_eq!(told, expected);
        assert_eq!((all.sequence, all.newest_sequence), (5, 5));
        let state = all.changes[1].state.clone().unwrap();
        assert_eq!(state.type_url, "type.googleapis.com/homecoming.v1.Hospital");
        assert_eq!(pb::Hospital::decode(state.value.as_slice()).unwrap(), first);
        let joined: Vec<bool> = all.changes.iter().map(|change| change.state.is_some()).collect();
        assert_eq!(joined, [true, true, false, false, false], "gone, a tombstone, and what has no Get call");

        let request = pb::ListChangesRequest { page_size: 2, ..listing(1) };
        let page = client.list_changes(request).await.unwrap().into_inner();
        assert_eq!(page.changes.iter().map(|change| change.sequence).collect::<Vec<_>>(), [2, 3]);
        assert!(page.sequence == 3 && page.newest_sequence == 5 && page.changes.iter().all(|c| c.state.is_none()));
        let request = pb::ListChangesRequest { collections: vec!["programmes".to_owned()], ..listing(0) };
        let page = client.list_changes(request).await.unwrap().into_inner();
        assert_eq!((page.changes.len(), page.sequence), (1, 5), "others are looked at and left out");

        let ahead = refused(client.list_changes(listing(6)).await);
        let expected = Refused::new(Code::FailedPrecondition, Reason::SequenceAhead);
        assert_eq!(ahead, expected.with("name", PARENT).with("newest", "5"));
        let nowhere = pb::ListChangesRequest { parent: "programmes/none".to_owned(), ..listing(0) };
        assert_eq!(refused(client.list_changes(nowhere).await).reason, Reason::ResourceNotFound);
        let negative = refused(client.list_changes(listing(-1)).await);
        assert_eq!(negative.violations, [("after_sequence".to_owned(), Reason::OutOfRange)]);
    })
    .await;
}

#[tokio::test]
async fn a_snapshot_has_what_is_there_and_where_to_go_on() {
    each_engine("snapshot", async |server| {
        create_programme(&server.channel).await;
        for number in 0..250 {
            create_hospital(&server.channel, &format!("h{number:03}")).await;
        }
        delete_hospital(&server.channel, "h007").await;
        let mut client = ChangeServiceClient::new(server.channel.clone());
        let request = pb::GetSnapshotRequest { parent: PARENT.to_owned(), collections: Vec::new() };
        let mut stream = client.get_snapshot(request).await.unwrap().into_inner();
        let (mut found, mut is_complete) = (BTreeMap::<String, usize>::new(), false);
        while let Some(part) = stream.message().await.unwrap() {
            assert!(part.sequence == 252 && !is_complete);
            is_complete = part.complete;
            for resource in part.resources {
                *found.entry(resource.type_url).or_default() += 1;
            }
        }
        let of = |message: &str| format!("type.googleapis.com/homecoming.v1.{message}");
        assert!(is_complete);
        assert_eq!(found, BTreeMap::from([(of("Programme"), 1), (of("Hospital"), 249)]));

        let request = pb::GetSnapshotRequest { parent: PARENT.to_owned(), collections: vec!["hopsitals".to_owned()] };
        let wrong = client.get_snapshot(request).await.map(|_| tonic::Response::new(()));
        assert_eq!(refused(wrong).violations, [("collections[0]".to_owned(), Reason::UnknownValue)]);
    })
    .await;
}

#[tokio::test]
async fn what_is_kept_no_longer_is_said() {
    for engine in [homecoming::db::Engine::Sqlite, homecoming::db::Engine::Postgres] {
        let Some(database) = Database::fresh("expired", engine).await else { continue };
        let options = Options { keep_changes_days: 10, ..server::options() };
        let server = TestServer::start(&database, options).await;
        create_programme(&server.channel).await;
        Touch::times(&server, 3, 700).await;
        server.clock.advance_minutes(9 * 24 * 60);
        create_hospital(&server.channel, "young").await;
        assert_eq!(server.db.forget_changes().await.unwrap(), 0, "none is ten days old");
        server.clock.advance_minutes(2 * 24 * 60);
        assert_eq!(server.db.forget_changes().await.unwrap(), 2_101);
        let verified = server.db.read(VerifyLedger).await.unwrap();
        assert_eq!((verified.wrong, verified.changes, verified.entries), (Vec::new(), 1, 5));

        let mut client = ChangeServiceClient::new(server.channel.clone());
        let expected = Refused::new(Code::FailedPrecondition, Reason::SequenceExpired);
        let expected = expected.with("name", PARENT).with("oldest", "2102");
        assert_eq!(refused(client.list_changes(listing(2_100)).await), expected);
        let watch = pb::WatchChangesRequest { parent: PARENT.to_owned(), after_sequence: 2_100, ..Default::default() };
        assert_eq!(refused(client.watch_changes(watch).await.map(|_| tonic::Response::new(()))), expected);
        let kept = client.list_changes(listing(2_101)).await.unwrap().into_inner();
        assert_eq!((kept.changes.len(), kept.newest_sequence), (1, 2_102));
        create_hospital(&server.channel, "younger").await;
        assert_eq!(client.list_changes(listing(2_102)).await.unwrap().into_inner().changes[0].sequence, 2_103);

        database.execute("DELETE FROM changes WHERE sequence = 2102").await;
        let wrong = server.db.read(VerifyLedger).await.unwrap().wrong;
        assert!(wrong.len() == 1 && wrong[0].contains("2102 to 2103"), "{wrong:?}");
        server.stop().await;
        database.remove().await;
    }
}

/// Get calls whose request is a name alone and whose answer isn't a resource that changes.
const NO_RESOURCES: &[&str] = &["SessionControlTotals"];

#[test]
fn every_resource_can_be_joined() {
    let pool = DescriptorPool::decode(pb::DESCRIPTOR_SET).unwrap();
    let joined: BTreeSet<&str> = server::joined_messages().collect();
    let methods: Vec<_> = pool.services().flat_map(|service| service.methods().collect::<Vec<_>>()).collect();
    let gets = methods.iter().filter(|method| {
        let asks_by_name = method.input().fields().map(|field| field.name().to_owned()).eq(["name"]);
        method.name().starts_with("Get") && asks_by_name && method.output().get_field_by_name("name").is_some()
    });
    let messages: Vec<String> = gets.map(|method| method.output().name().to_owned()).collect();
    let missing: Vec<_> = messages
        .iter()
        .filter(|message| !joined.contains(message.as_str()) && !NO_RESOURCES.contains(&message.as_str()))
        .collect();
    assert!(missing.is_empty(), "without a line in src/server/present.rs: {missing:?}");
    assert!(messages.len() > 10, "only {messages:?}");
}
