//! What bounds a narrow role: fields that say where, whose or which, as the handler reads them, and nothing else.
use std::collections::BTreeSet;

use homecoming::access::decide::{Claims, Named};
use homecoming::access::table::{Reach, by_path};
use homecoming::kernel::Reason;
use homecoming::pb;
use homecoming::pb::activity_service_client::ActivityServiceClient;
use homecoming::pb::change_service_client::ChangeServiceClient;
use homecoming::pb::session_service_client::SessionServiceClient;
use homecoming::pb::slot_service_client::SlotServiceClient;
use homecoming::server::claims::{FIELDS, claims};
use prost::Message as _;
use prost_reflect::{DescriptorPool, Kind, MessageDescriptor};
use tokio::sync::mpsc;
use tokio_stream::wrappers::UnboundedReceiverStream;

use super::scopes::{county, narrow, scheduler};
use super::{Line, bind, each_guarded, line, make_programme, make_token, member, whole};
use crate::support::errors::{refusal, refused};
use crate::support::schedule::{PARENT, booking, clinic, name};

/// The fields of texts in a message and its parts that may say where, whose or which.
fn saying(descriptor: &MessageDescriptor, depth: usize, found: &mut BTreeSet<String>) {
    for field in descriptor.fields() {
        if let Kind::Message(part) = field.kind()
            && depth > 0
        {
            saying(&part, depth - 1, found);
        }
        if field.kind() == Kind::String && (FIELDS.contains(&field.name()) || field.name() == "name") {
            found.insert(field.name().to_owned());
        }
    }
}

/// Calls whose parent is itself at a site or somebody's.
const LOCATED_PARENTS: [&str; 1] = ["SessionService.ListSessionOutcomes"];

#[test]
fn whatever_a_narrow_role_may_call_can_say_where_or_whose_it_is() {
    let pool = DescriptorPool::decode(pb::DESCRIPTOR_SET).unwrap();
    let (mut all, mut silent) = (BTreeSet::new(), Vec::new());
    for service in pool.services().filter(|service| service.package_name() == "homecoming.v1") {
        for method in service.methods() {
            let entry = by_path(&format!("/{}/{}", service.full_name(), method.name())).unwrap();
            let mut found = BTreeSet::new();
            saying(&method.input(), 3, &mut found);
            let is_parent_located = LOCATED_PARENTS.contains(&entry.method);
            assert!(found.remove("parent") || !is_parent_located);
            let says = !found.is_empty() || is_parent_located;
            if entry.reach == Reach::Within && !says {
                silent.push(entry.method);
            }
            all.append(&mut found);
        }
    }
    assert!(silent.is_empty(), "no narrow role can call {silent:?}");
    let unheard: Vec<_> = FIELDS.into_iter().filter(|field| *field != "parent" && !all.contains(*field)).collect();
    assert!(unheard.is_empty(), "no request has the fields {unheard:?}");
}

/// A request to list sessions with what its message doesn't have, or has once.
#[derive(Clone, PartialEq, Eq, prost::Message)]
struct Smuggled {
    #[prost(string, tag = "1")]
    parent: String,
    #[prost(string, repeated, tag = "6")]
    sites: Vec<String>,
    #[prost(string, tag = "999")]
    beside: String,
}

const LIST: &str = "homecoming.v1.ListSessionsRequest";

fn named(text: &str) -> Vec<Named> {
    Named::read(text).into_iter().collect()
}

#[test]
fn a_request_claims_what_its_handler_reads() {
    let (here, there) = (name("sites", "county"), name("sites", "guanzhuang"));
    let list = |sites: &[&str], beside: &str| {
        let sites = sites.iter().map(|site| (*site).to_owned()).collect();
        let request = Smuggled { parent: PARENT.to_owned(), sites, beside: beside.to_owned() };
        claims(LIST, &request.encode_to_vec()).names
    };
    let with = |site: &str| [named(PARENT), named(site)].concat();
    assert_eq!(list(&[&here], ""), with(&here));
    assert_eq!(list(&[], &here), with(""), "a field that the message doesn't have");
    assert_eq!(list(&[&here, ""], ""), with(""), "the last one counts");
    assert_eq!(list(&[&there, &here], ""), with(&here));
    assert_eq!(claims(LIST, b"\xff\xff"), Claims::default());
    assert_eq!(claims("homecoming.v1.Unheard", b""), Claims::default());
}

#[test]
fn notes_and_names_to_be_given_claim_nothing() {
    let input = "homecoming.v1.BookSessionRequest";
    let plan = pb::SessionPlan { site: name("sites", "county"), ..clinic(1, 8, 12) };
    let mut request = booking("s9", plan.clone());
    let bound = claims(input, &request.encode_to_vec());
    assert!(format!("{bound:?}").contains(&plan.site));
    let sites = |request: &pb::BookSessionRequest| {
        format!("{:?}", claims(input, &request.encode_to_vec())).matches("sites/county").count()
    };
    let before = sites(&request);
    request.session_id = plan.site.clone();
    request.request_id = plan.site.clone();
    assert_eq!(sites(&request), before);
    let patch = pb::UpdateSiteRequest {
        site: Some(pb::Site { name: plan.site.clone(), ..Default::default() }),
        update_mask: Some(prost_types::FieldMask { paths: vec!["display_name".to_owned()] }),
        ..Default::default()
    };
    let updated = claims("homecoming.v1.UpdateSiteRequest", &patch.encode_to_vec());
    assert_eq!(updated.parts[0].names, named(&plan.site));
    let site = pb::Site { name: plan.site, ..Default::default() };
    let made = pb::CreateSiteRequest { parent: PARENT.to_owned(), site: Some(site), ..Default::default() };
    let made = claims("homecoming.v1.CreateSiteRequest", &made.encode_to_vec());
    assert_eq!((made.names, made.parts[0].names.len()), (named(PARENT), 0));
}

/// Calls ListSessions with a request that a generated client wouldn't send.
async fn smuggle(line: &Line, request: Smuggled) -> Result<usize, Reason> {
    let mut client = tonic::client::Grpc::new(line.clone());
    client.ready().await.unwrap();
    let codec = tonic_prost::ProstCodec::<Smuggled, pb::ListSessionsResponse>::default();
    let path = http::uri::PathAndQuery::from_static("/homecoming.v1.SessionService/ListSessions");
    let answer = client.unary(tonic::Request::new(request), path, codec).await;
    answer.map(|answer| answer.into_inner().sessions.len()).map_err(|status| refusal(&status).reason)
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_handler_doesnt_read_bounds_nothing() {
    county("smuggled", async |server, owner| {
        let site = pb::Binding { site: name("sites", "county"), ..scheduler() };
        let desk = narrow(&server, &owner, "desk", site).await;
        let here = name("sites", "county");
        let base = Smuggled { parent: PARENT.to_owned(), ..Default::default() };
        assert_eq!(smuggle(&desk, Smuggled { sites: vec![here.clone()], ..base.clone() }).await, Ok(1));
        let beyond = Err(Reason::ScopeExceeded);
        assert_eq!(smuggle(&desk, base.clone()).await, beyond);
        assert_eq!(smuggle(&desk, Smuggled { beside: here.clone(), ..base.clone() }).await, beyond);
        assert_eq!(smuggle(&desk, Smuggled { sites: vec![here.clone(), String::new()], ..base.clone() }).await, beyond);
        let token =
            pb::ListSessionsRequest { parent: PARENT.to_owned(), page_token: here.clone(), ..Default::default() };
        assert_eq!(
            refused(SessionServiceClient::new(desk.clone()).list_sessions(token).await).reason,
            Reason::ScopeExceeded
        );
        // Each search of a batch stands for itself.
        let mut slots = SlotServiceClient::new(desk);
        let search = pb::FindSlotsRequest { sites: vec![here.clone()], ..search() };
        let wide = pb::FindSlotsRequest { sites: Vec::new(), ..search.clone() };
        for (requests, right) in [(vec![search.clone(), search.clone()], true), (vec![search.clone(), wide], false)] {
            let batch = pb::BatchFindSlotsRequest { parent: PARENT.to_owned(), requests };
            let answer = slots.batch_find_slots(batch).await;
            assert_eq!(answer.is_ok(), right);
            assert!(right || refused(answer).reason == Reason::ScopeExceeded);
        }
        // Whom a search is for may be named beside where.
        let both = pb::FindSlotsRequest { experts: vec![name("experts", "e1")], ..search };
        slots.find_slots(both).await.unwrap();
    })
    .await;
}

fn search() -> pb::FindSlotsRequest {
    let plan = clinic(1, 8, 12);
    pb::FindSlotsRequest {
        parent: PARENT.to_owned(),
        kinds: vec![pb::SessionKind::Clinic.into()],
        window: Some(pb::Interval { start_time: plan.start_time, end_time: plan.end_time }),
        duration_minutes: 60,
        ..Default::default()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_is_about_one_programme() {
    each_guarded("two_programmes", async |server, owner| {
        let mine = line(&server, &owner);
        for programme in ["mine", "other"] {
            make_programme(&mine, programme).await;
        }
        let sessions = |line: &Line, site: &str| {
            let (mut client, site) = (SessionServiceClient::new(line.clone()), site.to_owned());
            let parent = "programmes/mine".to_owned();
            let request = pb::ListSessionsRequest { parent, site, ..Default::default() };
            async move { refused(client.list_sessions(request).await).reason }
        };
        assert_eq!(sessions(&mine, "programmes/other/sites/s").await, Reason::ScopeExceeded);
        // Who is nobody in the other learns nothing of it.
        let desk = member(&server, &mine, "mine", "desk", pb::AccessRole::Scheduler).await;
        for elsewhere in ["other", "absent"] {
            let reason = sessions(&desk, &format!("programmes/{elsewhere}/sites/s")).await;
            assert_eq!(reason, Reason::ResourceNotFound);
        }
    })
    .await;
}

fn row(number: usize) -> pb::RecordActivitiesRequest {
    let activity = pb::Activity {
        site: name("sites", "county"),
        lead_expert: name("experts", "e1"),
        kind: pb::ActivityKind::Lecture.into(),
        ..Default::default()
    };
    let row = pb::ActivityRow { activity: Some(activity), activity_id: format!("a{number}") };
    pb::RecordActivitiesRequest { parent: PARENT.to_owned(), row: Some(row) }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upload_ends_with_its_roles() {
    county("upload_revoked", async |server, owner| {
        let token = make_token(&owner, "liling", "recorder", 9_000).await;
        let binding = bind(&owner, "liling", whole("recorder", pb::AccessRole::Recorder)).await;
        let mut client = ActivityServiceClient::new(line(&server, &token.secret));
        let (rows, stream) = mpsc::unbounded_channel();
        rows.send(row(1)).unwrap();
        let mut results = client.record_activities(UnboundedReceiverStream::new(stream)).await.unwrap().into_inner();
        assert!(results.message().await.unwrap().is_some());
        let revoke = pb::RevokeBindingRequest { name: binding.name, ..Default::default() };
        homecoming::pb::access_service_client::AccessServiceClient::new(owner).revoke_binding(revoke).await.unwrap();
        rows.send(row(2)).unwrap();
        let ended = results.message().await.unwrap_err();
        assert_eq!(refusal(&ended).reason, Reason::ResourceNotFound);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_watcher_begins_again_when_its_roles_change() {
    county("watcher_roles", async |server, owner| {
        let reporter = member(&server, &owner, "liling", "reporter", pb::AccessRole::Reporter).await;
        let watch = pb::WatchChangesRequest { parent: PARENT.to_owned(), with_state: true, ..Default::default() };
        let mut watching = ChangeServiceClient::new(reporter).watch_changes(watch).await.unwrap().into_inner();
        assert!(watching.message().await.unwrap().is_some());
        bind(&owner, "liling", whole("reporter", pb::AccessRole::Recorder)).await;
        let ended = loop {
            if let Err(status) = watching.message().await {
                break status;
            }
        };
        let told = refusal(&ended);
        assert_eq!(told.reason, Reason::ScopeExceeded);
        assert!(ended.message().contains("begin again"), "{}", ended.message());
    })
    .await;
}
