//! Tokens and bindings over the socket: shown once, revoked everywhere within a second, streams too; and the first owner.
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::time::Duration;

use homecoming::db::Engine;
use homecoming::kernel::Reason;
use homecoming::pb;
use homecoming::pb::access_service_client::AccessServiceClient;
use homecoming::pb::audit_service_client::AuditServiceClient;
use homecoming::pb::change_service_client::ChangeServiceClient;
use homecoming::pb::hospital_service_client::HospitalServiceClient;
use homecoming::pb::programme_service_client::ProgrammeServiceClient;
use tokio::time::timeout;
use tonic::Code;

use super::{Line, bind, each_guarded, line, make_programme, make_token, member, whole};
use crate::support::errors::{Refused, refusal, refused};
use crate::support::program::{Program, command};
use crate::support::{Database, TestServer};

/// Longer than a revocation may take.
const SECOND: Duration = Duration::from_secs(1);

fn hospitals(programme: &str) -> pb::ListHospitalsRequest {
    pb::ListHospitalsRequest { parent: format!("programmes/{programme}"), ..Default::default() }
}

async fn calls(line: &Line, programme: &str) -> Result<(), Reason> {
    let answer = HospitalServiceClient::new(line.clone()).list_hospitals(hospitals(programme)).await;
    answer.map(drop).map_err(|status| refusal(&status).reason)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_is_shown_once() {
    each_guarded("shown_once", async |server, owner| {
        let mine = line(&server, &owner);
        make_programme(&mine, "mine").await;
        let mut access = AccessServiceClient::new(mine.clone());
        let start = crate::support::START.micros() / 1_000_000;
        let expire_time = Some(prost_types::Timestamp { seconds: start + 3_600, nanos: 0 });
        let token = pb::Token { subject: "desk".to_owned(), expire_time, ..Default::default() };
        let request = pb::CreateTokenRequest {
            parent: "programmes/mine".to_owned(),
            token_id: "desk".to_owned(),
            token: Some(token.clone()),
            request_id: "once".to_owned(),
            ..Default::default()
        };
        let dry = pb::CreateTokenRequest { validate_only: true, request_id: String::new(), ..request.clone() };
        assert_eq!(access.create_token(dry).await.unwrap().into_inner().secret, "");
        let made = access.create_token(request.clone()).await.unwrap().into_inner();
        let again = access.create_token(request.clone()).await.unwrap().into_inner();
        assert_eq!((made.secret.len(), again.secret.as_str()), (46, ""));
        assert_eq!(made.token, again.token);
        let get = pb::GetTokenRequest { name: "programmes/mine/tokens/desk".to_owned() };
        assert_eq!(access.get_token(get).await.unwrap().into_inner(), made.token.clone().unwrap());
        let list = pb::ListTokensRequest { parent: "programmes/mine".to_owned(), ..Default::default() };
        assert_eq!(access.list_tokens(list).await.unwrap().into_inner().tokens, [made.token.unwrap()]);
        let late = Some(prost_types::Timestamp { seconds: start + 401 * 86_400, nanos: 0 });
        let wrong = pb::Token { subject: "platform:desk".to_owned(), expire_time: late, ..token };
        let wrong = pb::CreateTokenRequest { token: Some(wrong), token_id: "w".to_owned(), ..request };
        let fields = refused(access.create_token(wrong).await).violations;
        let range = [("token.subject", Reason::Malformed), ("token.expire_time", Reason::OutOfRange)];
        assert_eq!(fields, range.map(|(field, reason)| (field.to_owned(), reason)));
        let Database { target, .. } = Database::of(&server.target);
        if let homecoming::db::Target::Sqlite(path) = target {
            let bytes = [fs::read(&path).unwrap(), fs::read(format!("{}-wal", path.display())).unwrap_or_default()];
            let secret = made.secret.as_bytes();
            assert!(
                !bytes.concat().windows(secret.len()).any(|window| window == secret),
                "the database has the secret"
            );
        }
    })
    .await;
}

/// Revoked on one server, refused on the other within a second, and so does a stream end there.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_revoked_stops_everywhere_within_a_second() {
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let Some(database) = Database::fresh("revoked", engine).await else { continue };
        let (first, owner) = TestServer::guarded(&database).await;
        let second = if engine == Engine::Postgres { first.second_guarded().await } else { first.clone() };
        let mine = line(&first, &owner);
        make_programme(&mine, "mine").await;
        for is_binding in [true, false] {
            let subject = format!("desk-{is_binding}");
            let token = make_token(&mine, "mine", &subject, 9_000).await;
            let binding = bind(&mine, "mine", whole(&subject, pb::AccessRole::Scheduler)).await;
            let there = line(&second, &token.secret);
            let comes = async { while calls(&there, "mine").await.is_err() {} };
            timeout(SECOND, comes).await.expect("a new token is known within a second");
            let watch = pb::WatchChangesRequest { parent: "programmes/mine".to_owned(), ..Default::default() };
            let mut watching = ChangeServiceClient::new(there.clone()).watch_changes(watch).await.unwrap().into_inner();
            let mut access = AccessServiceClient::new(mine.clone());
            if is_binding {
                let revoke = pb::RevokeBindingRequest { name: binding.name, ..Default::default() };
                access.revoke_binding(revoke).await.unwrap();
            } else {
                let revoke = pb::RevokeTokenRequest { name: token.token.unwrap().name, ..Default::default() };
                access.revoke_token(revoke).await.unwrap();
            }
            let right = if is_binding { Reason::ResourceNotFound } else { Reason::CredentialsInvalid };
            let goes = async {
                loop {
                    if let Err(reason) = calls(&there, "mine").await {
                        return reason;
                    }
                }
            };
            assert_eq!(timeout(SECOND, goes).await.expect("refused within a second"), right);
            let ends = async {
                loop {
                    if let Err(status) = watching.message().await {
                        return refusal(&status).reason;
                    }
                }
            };
            assert_eq!(timeout(SECOND, ends).await.expect("the stream ends within a second"), right);
        }
        second.stop().await;
        first.stop().await;
        database.remove().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operator_appoints_owners_and_sees_nothing() {
    each_guarded("operator", async |server, owner| {
        let mine = line(&server, &owner);
        let token = make_token(&mine, "-", "platform:op", 9_000).await;
        bind(&mine, "-", whole("platform:op", pb::AccessRole::PlatformOperator)).await;
        let operator = line(&server, &token.secret);
        make_programme(&operator, "mine").await;
        assert_eq!(calls(&operator, "mine").await, Err(Reason::RoleRequired));
        let mut access = AccessServiceClient::new(operator.clone());
        let grant = |role: pb::AccessRole| pb::CreateBindingRequest {
            parent: "programmes/mine".to_owned(),
            binding: Some(whole("chief", role)),
            ..Default::default()
        };
        let no = refused(access.create_binding(grant(pb::AccessRole::Auditor)).await);
        let right = Refused::new(Code::PermissionDenied, Reason::GrantNotAllowed);
        assert_eq!(no, right.with("name", "programmes/mine").with("role", "AUDITOR"));
        access.create_binding(grant(pb::AccessRole::Owner)).await.unwrap();
        // A programme's owner makes tokens there, and is nobody elsewhere.
        let chief = make_token(&mine, "mine", "chief", 9_000).await;
        let chief = line(&server, &chief.secret);
        assert_eq!(calls(&chief, "mine").await, Ok(()));
        member(&server, &chief, "mine", "desk", pb::AccessRole::Scheduler).await;
        make_programme(&mine, "other").await;
        for elsewhere in ["other", "-", "absent"] {
            assert_eq!(calls(&chief, elsewhere).await, Err(Reason::ResourceNotFound), "{elsewhere}");
        }
        let mut programmes = ProgrammeServiceClient::new(chief);
        let listed = programmes.list_programmes(pb::ListProgrammesRequest::default()).await.unwrap().into_inner();
        assert_eq!(listed.programmes.iter().map(|one| one.name.as_str()).collect::<Vec<_>>(), ["programmes/mine"]);
        // What the platform did is in its own audit, who did it in the programme's.
        let mut audit = AuditServiceClient::new(mine);
        let list = |parent: &str| pb::ListAuditEntriesRequest { parent: parent.to_owned(), ..Default::default() };
        let platform = audit.list_audit_entries(list("programmes/-")).await.unwrap().into_inner().entries;
        assert_eq!(platform.len(), 3, "the owner, the operator's token and binding");
        let there = audit.list_audit_entries(list("programmes/mine")).await.unwrap().into_inner().entries;
        assert_eq!(there[0].subject, "platform:op");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_doesnt_vouch_says_nothing_of_others() {
    each_guarded("vouching", async |server, owner| {
        let mine = line(&server, &owner);
        make_programme(&mine, "mine").await;
        let desk = member(&server, &mine, "mine", "desk", pb::AccessRole::Scheduler).await;
        for key in ["x-homecoming-person", "x-homecoming-on-behalf-of"] {
            for (line, may) in [(&mine, true), (&desk, false)] {
                let mut request = tonic::Request::new(hospitals("mine"));
                request.metadata_mut().insert(key, "p-7".parse().unwrap());
                request.metadata_mut().insert("x-homecoming-subject", "somebody-else".parse().unwrap());
                let answer = HospitalServiceClient::new(line.clone()).list_hospitals(request).await;
                assert_eq!(answer.is_ok(), may, "{key}: {answer:?}");
            }
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_given_can_be_taken_after_a_programme_has_ended() {
    each_guarded("ended", async |server, owner| {
        let mine = line(&server, &owner);
        make_programme(&mine, "mine").await;
        let binding = bind(&mine, "mine", whole("desk", pb::AccessRole::Reporter)).await;
        let end = pb::EndProgrammeRequest { name: "programmes/mine".to_owned(), ..Default::default() };
        ProgrammeServiceClient::new(mine.clone()).end_programme(end).await.unwrap();
        let mut access = AccessServiceClient::new(mine.clone());
        let revoke = pb::RevokeBindingRequest { name: binding.name, ..Default::default() };
        access.revoke_binding(revoke.clone()).await.unwrap();
        assert_eq!(refused(access.revoke_binding(revoke).await).reason, Reason::IllegalTransition);
        let parent = "programmes/mine".to_owned();
        let binding = Some(whole("x", pb::AccessRole::Owner));
        let more = pb::CreateBindingRequest { parent, binding, ..Default::default() };
        assert_eq!(refused(access.create_binding(more).await).reason, Reason::ProgrammeEnded);
    })
    .await;
}

/// The program itself: its owner's token in a file, calls by it from the command line, and the log without it.
#[test]
fn the_first_start_makes_an_owner_in_a_file_of_its_own() {
    let folder = tempfile::tempdir().unwrap();
    let database = folder.path().join("own.db");
    let file = folder.path().join("own.db.token");
    let program = Program::guarded(database.to_str().unwrap(), &[]);
    let secret = fs::read_to_string(&file).unwrap();
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    let server = format!("http://{}", program.address);
    let audit = |token: &str| {
        let arguments = ["audit", "-", "--server", &server, "--token-file", token];
        let output = command(&arguments).output().unwrap();
        (output.status.success(), String::from_utf8(output.stdout).unwrap())
    };
    let (is_well, entries) = audit(file.to_str().unwrap());
    assert!(is_well && entries.lines().count() == 1, "{entries}");
    let other = folder.path().join("other.token");
    fs::write(&other, "hc_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA").unwrap();
    assert!(!audit(other.to_str().unwrap()).0);
    for more in [&[][..], &["--token-file", other.to_str().unwrap()]] {
        let elsewhere = tempfile::tempdir().unwrap();
        let arguments = [&["audit", "-", "--server", &server], more].concat();
        let output = command(&arguments).current_dir(elsewhere.path()).output().unwrap();
        let told = String::from_utf8(output.stderr).unwrap();
        assert!(!output.status.success() && told.contains("--token-file or HOMECOMING_TOKEN_FILE"), "{told}");
    }
    program.terminate();
    let (_, log) = program.wait();
    assert!(!log.contains(secret.trim()), "the log has the secret");
    // A second start finds its owner, and leaves the file alone.
    let program = Program::guarded(database.to_str().unwrap(), &[]);
    assert_eq!(fs::read_to_string(&file).unwrap(), secret);
    drop(program);
    // A secret that was put there beforehand is taken.
    let second = folder.path().join("second.db");
    fs::write(folder.path().join("second.db.token"), &secret).unwrap();
    let program = Program::guarded(second.to_str().unwrap(), &[]);
    let server = format!("http://{}", program.address);
    let arguments = ["audit", "-", "--server", &server, "--token-file", file.to_str().unwrap()];
    assert!(command(&arguments).output().unwrap().status.success());
}

/// A token goes in plain text to this machine only; refused before anybody is called.
#[test]
fn a_token_isnt_sent_where_others_can_read_it() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("some.token");
    fs::write(&file, "hc_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA").unwrap();
    for (server, right) in [("http://192.0.2.1:50051", "call it by https"), ("https://192.0.2.1:50051", "--ca-file")] {
        let arguments = ["audit", "-", "--server", server, "--token-file", file.to_str().unwrap()];
        let output = command(&arguments).output().unwrap();
        let told = String::from_utf8(output.stderr).unwrap();
        assert!(!output.status.success() && told.contains(right) && !told.contains("hc_"), "{told}");
    }
}
