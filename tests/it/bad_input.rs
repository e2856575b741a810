//! Whatever a client sends, it gets an answer or a refusal with a stable reason: every unary method of the API, found
//! by its descriptor, with random messages of nasty values, on both engines.
use homecoming::db::verify::VerifyLedger;
use homecoming::pb;
use prost::Message as _;
use prost_reflect::{DescriptorPool, MethodDescriptor};
use tonic::Code;

use crate::support::chance::{Chance, random};
use crate::support::errors::refusal;
use crate::support::{TestServer, connect, each_engine, raw};

/// Messages for each method and engine.
const MESSAGES: u64 = 15;

#[tokio::test]
async fn random_messages_are_answered_or_refused_with_a_reason() {
    let pool = DescriptorPool::decode(pb::DESCRIPTOR_SET).unwrap();
    each_engine("bad_input", async |server| {
        seed(&server).await;
        let mut chance = Chance::new(0x5EED);
        let mut refused = 0;
        for method in methods(&pool) {
            let path = format!("/{}/{}", method.parent_service().full_name(), method.name());
            for _ in 0..MESSAGES {
                let message = random(&method.input(), &mut chance, 0);
                let Err(status) = raw::call(&server.channel, &path, message.encode_to_vec()).await else { continue };
                refused += 1;
                let what = format!("{path} answers {status:?} to {message:?}");
                assert!(!matches!(status.code(), Code::Internal | Code::Unknown | Code::DataLoss), "{what}");
                let refusal = refusal(&status);
                for (field, _) in &refusal.violations {
                    assert!(!field.is_empty() || refusal.violations.len() > 5, "a violation without its field: {what}");
                }
            }
        }
        assert!(refused > 100, "nasty values are refused: {refused}");
        let verified = server.db.read(VerifyLedger).await.unwrap();
        assert_eq!(verified.wrong, Vec::<String>::new());
    })
    .await;
}

/// A programme, so that some of the messages get past its absence.
async fn seed(server: &TestServer) {
    let programme = pb::Programme {
        display_name: "p".to_owned(),
        division_code: "430281".to_owned(),
        zone: "Asia/Shanghai".to_owned(),
        ..Default::default()
    };
    let request =
        pb::CreateProgrammeRequest { programme_id: "p".to_owned(), programme: Some(programme), ..Default::default() };
    let mut client = pb::programme_service_client::ProgrammeServiceClient::new(server.channel.clone());
    client.create_programme(request).await.unwrap();
}

fn methods(pool: &DescriptorPool) -> Vec<MethodDescriptor> {
    let ours = pool.services().filter(|service| service.package_name() == "homecoming.v1");
    let methods: Vec<_> = ours.flat_map(|service| service.methods().collect::<Vec<_>>()).collect();
    let unary = methods.into_iter().filter(|method| !method.is_client_streaming() && !method.is_server_streaming());
    // An ended programme would refuse all that follows.
    unary.filter(|method| method.name() != "EndProgramme").collect()
}

#[tokio::test]
async fn bytes_that_are_no_message_and_too_many_of_them_are_refused() {
    let pool = DescriptorPool::decode(pb::DESCRIPTOR_SET).unwrap();
    each_engine("bad_bytes", async |server| {
        for method in methods(&pool) {
            let path = format!("/{}/{}", method.parent_service().full_name(), method.name());
            let garbage = raw::call(&server.channel, &path, vec![0xFF; 64]).await.unwrap_err();
            assert_eq!(refusal(&garbage).code, Code::InvalidArgument, "{path} answers {garbage:?}");
        }
        let path = "/homecoming.v1.ProgrammeService/CreateProgramme";
        let huge = pb::CreateProgrammeRequest { programme_id: "长".repeat(3_500_000), ..Default::default() };
        let refused = raw::call(&connect(server.address).await, path, huge.encode_to_vec()).await.unwrap_err();
        assert_eq!(refusal(&refused).reason, homecoming::kernel::Reason::MessageTooLarge, "{refused:?}");
    })
    .await;
}
