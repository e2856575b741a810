//! Every call of the API × every role and scope × own, foreign and absent programme × no, bad, expired and revoked token: the
//! outcome is the table's.
use std::collections::BTreeMap;

use futures_util::{StreamExt as _, stream};
use homecoming::access::table::{METHODS, Reach};
use homecoming::access::{Role, Scope};
use homecoming::kernel::{Id, Reason, Vocabulary as _};
use homecoming::pb;
use homecoming::pb::access_service_client::AccessServiceClient;
use homecoming::pb::expert_service_client::ExpertServiceClient;
use homecoming::pb::site_service_client::SiteServiceClient;
use homecoming::server::claims::FIELDS;
use prost::Message as _;
use prost_reflect::{DescriptorPool, DynamicMessage, Kind, MessageDescriptor, MethodDescriptor, Value};
use tonic_types::StatusExt as _;

use super::{bind, each_guarded, line, make_programme, make_token};
use crate::support::TestServer;
use crate::support::{liling, raw};

/// How a call ended, as far as the gate has a part in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    /// Its handler answered.
    Passed,
    Refused(Reason),
    /// The programme isn't there, as far as the caller can know.
    Hidden,
}

/// What a request names beside its programme.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Names {
    Nothing,
    /// The caller's own site or expert, in fields that say where, whose or which.
    Own,
    /// Own ones in fields that the message doesn't have.
    OwnUnread,
    /// Others, anywhere.
    Other,
}

const GATES: [Reason; 6] = [
    Reason::CredentialsMissing,
    Reason::CredentialsInvalid,
    Reason::CredentialsExpired,
    Reason::RoleRequired,
    Reason::ScopeExceeded,
    Reason::MethodUnknown,
];

struct Somebody {
    role: Role,
    scope: Scope,
    secret: String,
}

fn id(text: &str) -> Id {
    Id::parse(text).unwrap()
}

/// A request that names a programme, and sites and experts. A handler finds its own fields missing or wrong; the gate has to find what is
/// anywhere, and to tell what counts.
fn request(pool: &DescriptorPool, method: &str, programme: &str, scope: &Scope, names: Names) -> Vec<u8> {
    let texts = |whose: &str| ["sites", "experts"].map(|of| format!("programmes/{programme}/{of}/{whose}"));
    let beside = match names {
        Names::Nothing => Vec::new(),
        Names::Own => {
            let of = if matches!(scope, Scope::Expert(_)) { "experts" } else { "sites" };
            let text = format!("programmes/{programme}/{of}/mine");
            let input = descriptor(pool, method).input();
            let updates = input.get_field_by_name("update_mask").is_some();
            claiming(&input, &text, 2, true, updates).encode_to_vec()
        }
        Names::OwnUnread => unread(&texts("mine")),
        Names::Other => unread(&texts("other")),
    };
    [bare(programme), beside].concat()
}

/// A request that names its programme, in a field that no message has.
fn bare(programme: &str) -> Vec<u8> {
    unread(&[format!("programmes/{programme}")])
}

fn unread(texts: &[String]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for text in texts {
        prost::encoding::string::encode(19_000, text, &mut bytes);
    }
    bytes
}

/// A message with a text in each of its fields that say where, whose or which.
#[expect(clippy::wildcard_enum_match_arm, reason = "the descriptor's kinds are not ours")]
fn claiming(input: &MessageDescriptor, text: &str, depth: usize, is_whole: bool, updates: bool) -> DynamicMessage {
    let mut message = DynamicMessage::new(input.clone());
    for field in input.fields().filter(|field| !field.is_map()) {
        let says = FIELDS.contains(&field.name()) || (field.name() == "name" && (is_whole || updates));
        let value = match field.kind() {
            Kind::String if says => Value::String(text.to_owned()),
            Kind::Message(part) if depth > 0 => Value::Message(claiming(&part, text, depth - 1, false, updates)),
            _ => continue,
        };
        message.set_field(&field, if field.is_list() { Value::List(vec![value]) } else { value });
    }
    message
}

fn descriptor(pool: &DescriptorPool, method: &str) -> MethodDescriptor {
    let (service, name) = method.split_once('.').unwrap();
    let service = pool.get_service_by_name(&format!("homecoming.v1.{service}")).unwrap();
    service.methods().find(|method| method.name() == name).unwrap()
}

async fn end(server: &TestServer, method: &str, request: Vec<u8>, token: Option<&str>) -> (End, String) {
    let path = format!("/homecoming.v1.{}", method.replacen('.', "/", 1));
    let Err(status) = raw::call_as(&server.channel, &path, request, token).await else {
        return (End::Passed, String::new());
    };
    let details = status.get_error_details();
    let info = details.error_info().unwrap_or_else(|| panic!("{method}: no reason in {status:?}"));
    let reason = Reason::from_code(&info.reason).unwrap();
    assert!(!matches!(reason, Reason::Internal | Reason::StorageUnavailable), "{method}: {status:?}");
    let is_hidden = reason == Reason::ResourceNotFound && info.metadata["name"].matches('/').count() == 1;
    let end = if is_hidden {
        End::Hidden
    } else if GATES.contains(&reason) {
        End::Refused(reason)
    } else {
        End::Passed
    };
    let metadata: BTreeMap<_, _> = info.metadata.iter().collect();
    (end, format!("{:?} {} {metadata:?}", status.code(), status.message()))
}

/// What the table says, in other words than the code's.
fn expected(method: &homecoming::access::table::Entry, role: Role, scope: &Scope, names: Names) -> End {
    let has_role = method.roles().any(|needed| needed == role);
    match method.reach {
        Reach::Anyone => return End::Passed,
        _ if !has_role => return End::Refused(Reason::RoleRequired),
        Reach::Platform => return End::Refused(Reason::RoleRequired), // a programme's member is nobody there
        Reach::Shared => return End::Passed,
        Reach::Whole | Reach::Within => {}
    }
    let is_own_desk = method.has_own() && role == Role::HospitalSystem;
    let lies = match scope {
        Scope::Whole => true,
        Scope::Own => method.has_own(),
        Scope::Site(_) | Scope::Expert(_) => method.reach == Reach::Within && !is_own_desk && names == Names::Own,
    };
    if lies { End::Passed } else { End::Refused(Reason::ScopeExceeded) }
}

/// Everybody that there can be in a programme.
async fn everybody(server: &TestServer, owner: &str, programme: &str) -> Vec<Somebody> {
    let owner = line(server, owner);
    let mut all = Vec::new();
    let parent = format!("programmes/{programme}");
    let site = Some(liling::site("mine", pb::SiteLevel::CountyHospital, &["03"]));
    let request =
        pb::CreateSiteRequest { parent: parent.clone(), site_id: "mine".to_owned(), site, ..Default::default() };
    SiteServiceClient::new(owner.clone()).create_site(request).await.unwrap();
    let expert = Some(liling::expert("03"));
    let request = pb::CreateExpertRequest { parent, expert_id: "mine".to_owned(), expert, ..Default::default() };
    ExpertServiceClient::new(owner.clone()).create_expert(request).await.unwrap();
    for role in Role::ALL.iter().copied().filter(|role| *role != Role::PlatformOperator) {
        let narrow = [Scope::Site(id("mine")), Scope::Expert(id("mine")), Scope::Own];
        let scopes = narrow.into_iter().filter(|_| role.may_be_narrow()).chain([Scope::Whole]);
        for scope in scopes {
            let subject = format!("s{}", all.len());
            let mut binding = pb::Binding { subject: subject.clone(), role: role.number(), ..Default::default() };
            match &scope {
                Scope::Whole => {}
                Scope::Site(id) => binding.site = format!("programmes/{programme}/sites/{id}"),
                Scope::Expert(id) => binding.expert = format!("programmes/{programme}/experts/{id}"),
                Scope::Own => binding.own_records = true,
            }
            bind(&owner, programme, binding).await;
            let secret = make_token(&owner, programme, &subject, 9_000).await.secret;
            all.push(Somebody { role, scope, secret });
        }
    }
    all
}

#[test]
fn every_call_has_an_entry_and_every_entry_a_call() {
    let pool = DescriptorPool::decode(pb::DESCRIPTOR_SET).unwrap();
    let served = pool.services().filter(|service| service.package_name() == "homecoming.v1");
    let mut calls: Vec<String> = served
        .flat_map(|service| {
            let methods: Vec<_> = service.methods().map(|m| format!("{}.{}", service.name(), m.name())).collect();
            methods
        })
        .collect();
    let mut entries: Vec<String> = METHODS.iter().map(|entry| entry.method.to_owned()).collect();
    calls.sort();
    entries.sort();
    let missing: Vec<&String> = calls.iter().filter(|call| !entries.contains(call)).collect();
    assert!(missing.is_empty(), "say in src/access/table.rs who may call {missing:?}");
    assert_eq!(entries, calls, "an entry of a call that isn't there, or two of one");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_outcome_is_the_tables() {
    each_guarded("walk", async |server, owner| {
        let mine = line(&server, &owner);
        for programme in ["mine", "foreign"] {
            make_programme(&mine, programme).await;
        }
        let all = everybody(&server, &owner, "mine").await;
        let pool = &DescriptorPool::decode(pb::DESCRIPTOR_SET).unwrap();
        let cases = METHODS.iter().flat_map(|entry| all.iter().map(move |who| (entry, who)));
        let checked = stream::iter(cases).map(|(entry, who)| {
            let server = &server;
            async move {
                for names in [Names::Nothing, Names::Own, Names::OwnUnread, Names::Other] {
                    let (end, said) = end(
                        server,
                        entry.method,
                        request(pool, entry.method, "mine", &who.scope, names),
                        Some(&who.secret),
                    )
                    .await;
                    let right = expected(entry, who.role, &who.scope, names);
                    assert_eq!(end, right, "{} as {:?} {:?} {names:?}: {said}", entry.method, who.role, who.scope);
                }
                if who.scope != Scope::Whole {
                    return;
                }
                let foreign = end(server, entry.method, bare("foreign"), Some(&who.secret)).await;
                let absent = end(server, entry.method, bare("absent1"), Some(&who.secret)).await;
                assert_eq!(foreign.0, absent.0, "{}", entry.method);
                assert_eq!(foreign.1, absent.1.replace("absent1", "foreign"), "{}", entry.method);
                match entry.reach {
                    Reach::Anyone => assert_eq!(foreign.0, End::Passed, "{}", entry.method),
                    Reach::Platform => assert_eq!(foreign.0, End::Refused(Reason::RoleRequired), "{}", entry.method),
                    // Before a stream has named a programme, nobody without the role anywhere is let in.
                    Reach::Whole | Reach::Shared | Reach::Within
                        if descriptor(pool, entry.method).is_client_streaming() && !entry.takes(who.role) =>
                    {
                        assert_eq!(foreign.0, End::Refused(Reason::RoleRequired), "{}", entry.method);
                    }
                    Reach::Whole | Reach::Shared | Reach::Within => {
                        assert_eq!(foreign.0, End::Hidden, "{} as {:?}", entry.method, who.role);
                    }
                }
            }
        });
        // No more at once: of a caller's imports two are taken, and a third is refused for that.
        checked.buffer_unordered(2).collect::<Vec<()>>().await;
        // The platform's operator is in every programme what it is.
        let operator = make_token(&mine, "-", "platform:op", 9_000).await.secret;
        bind(&mine, "-", super::whole("platform:op", pb::AccessRole::PlatformOperator)).await;
        for entry in METHODS {
            let may = entry.reach == Reach::Anyone || entry.takes(Role::PlatformOperator);
            let right = if may { End::Passed } else { End::Refused(Reason::RoleRequired) };
            let (end, said) = end(&server, entry.method, bare("mine"), Some(&operator)).await;
            assert_eq!(end, right, "{}: {said}", entry.method);
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_calls_without_a_token_that_holds() {
    each_guarded("credentials", async |server, owner| {
        let mine = line(&server, &owner);
        make_programme(&mine, "mine").await;
        let short = make_token(&mine, "mine", "short", 1).await;
        let revoked = make_token(&mine, "mine", "gone", 9_000).await;
        for subject in ["short", "gone"] {
            bind(&mine, "mine", super::whole(subject, pb::AccessRole::Owner)).await;
        }
        let ends = async |token: Option<&str>| {
            let mut ends: BTreeMap<&str, (End, String)> = BTreeMap::new();
            for entry in METHODS {
                ends.insert(entry.method, end(&server, entry.method, bare("mine"), token).await);
            }
            ends
        };
        let all_are = |ends: &BTreeMap<&str, (End, String)>, reason| {
            for (method, (end, said)) in ends {
                assert_eq!(*end, End::Refused(reason), "{method}: {said}");
            }
        };
        all_are(&ends(None).await, Reason::CredentialsMissing);
        let bad = ends(Some("hc_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")).await;
        all_are(&bad, Reason::CredentialsInvalid);
        all_are(&ends(Some("x")).await, Reason::CredentialsInvalid);
        let name = revoked.token.unwrap().name;
        let revoke = pb::RevokeTokenRequest { name, ..Default::default() };
        AccessServiceClient::new(mine.clone()).revoke_token(revoke).await.unwrap();
        assert_eq!(ends(Some(&revoked.secret)).await, bad, "a revoked token is like one that never was");
        server.clock.advance_minutes(61);
        all_are(&ends(Some(&short.secret)).await, Reason::CredentialsExpired);
    })
    .await;
}

/// The gate lets a request through that names nothing: every handler then says what is missing.
#[tokio::test(flavor = "multi_thread")]
async fn what_names_nothing_reaches_nothing() {
    each_guarded("nameless", async |server, owner| {
        for entry in METHODS {
            if matches!(entry.reach, Reach::Anyone | Reach::Platform) {
                continue;
            }
            let path = format!("/homecoming.v1.{}", entry.method.replacen('.', "/", 1));
            let refused = raw::call_as(&server.channel, &path, Vec::new(), Some(&owner)).await.unwrap_err();
            assert_eq!(refused.code(), tonic::Code::InvalidArgument, "{}: {refused:?}", entry.method);
        }
    })
    .await;
}
