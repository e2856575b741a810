//! Random input for the API over a socket: messages that the descriptor tells, and credentials. Parsers are called in `parsers`.
//!
//! The bench `fuzz` runs a million; the tests run some. An input is known by its seed and number: the same come in every run.
use homecoming::pb;
use prost::Message as _;
use prost_reflect::{DescriptorPool, MethodDescriptor};
use tonic::transport::Channel;
use tonic::{Code, Status};
use tonic_types::StatusExt as _;

use super::chance::{CANARY, Chance, random};
use super::raw;

/// What an answer must not hold: words of engines, drivers and the source.
const INSIDE: [&str; 8] = ["sqlx", "sqlite", "sqlstate", "postgres", "panicked", "constraint", "src/", CANARY];

/// The methods of the API that one message calls; not what would end the programme that all inputs are about.
pub fn methods() -> Vec<MethodDescriptor> {
    let pool = DescriptorPool::decode(pb::DESCRIPTOR_SET).unwrap();
    let ours = pool.services().filter(|service| service.package_name() == "homecoming.v1");
    let methods: Vec<_> = ours.flat_map(|service| service.methods().collect::<Vec<_>>()).collect();
    let called = methods.into_iter().filter(|method| !method.is_client_streaming() && method.name() != "EndProgramme");
    called.collect()
}

/// Calls a random method with a random message, or with one that was changed on the way. What is wrong with the answer, if anything.
pub async fn call(channel: &Channel, methods: &[MethodDescriptor], chance: &mut Chance) -> Option<String> {
    let method = &methods[usize::try_from(chance.below(methods.len() as u64)).unwrap()];
    let path = format!("/{}/{}", method.parent_service().full_name(), method.name());
    let message = random(&method.input(), chance, 0);
    let mut bytes = message.encode_to_vec();
    if chance.below(8) == 0 {
        bytes = chance.mutated(&bytes);
    }
    let status = if method.is_server_streaming() {
        raw::stream(channel, &path, bytes, 1).await.err()
    } else {
        raw::call(channel, &path, bytes).await.err()
    };
    let wrong = status.as_ref().and_then(flaw)?;
    Some(format!("{path} {wrong}: {status:?} to {message:?}"))
}

/// What is wrong with a refusal: a code of a defect, no reason, or words from inside.
pub fn flaw(status: &Status) -> Option<&'static str> {
    if matches!(status.code(), Code::Internal | Code::Unknown | Code::DataLoss) {
        return Some("answers a defect");
    }
    if status.get_error_details().error_info().is_none() {
        return Some("answers without a reason");
    }
    let said = format!("{}{}", status.message(), String::from_utf8_lossy(status.details())).to_lowercase();
    INSIDE.iter().any(|word| said.contains(&word.to_lowercase())).then_some("says what is inside")
}

/// Knocks with a credential that was changed on the way, or is nobody's. What is wrong with the answer, if anything.
pub async fn knock(channel: &Channel, token: &str, jwt: &str, chance: &mut Chance) -> Option<String> {
    let credential = match chance.below(8) {
        0..3 => chance.mutated(token.as_bytes()),
        3..6 => chance.mutated(jwt.as_bytes()),
        6 => b"\xff\xfe\0".to_vec(),
        _ => vec![b'A'; 9_000],
    };
    let scheme = chance.one_of(&["Bearer ", "Bearer ", "Bearer ", "bearer\t", "Basic ", "", "Bearer"]);
    let authorization = [scheme.as_bytes(), &credential].concat();
    let path = "/homecoming.v1.ProgrammeService/ListProgrammes";
    let answer = raw::knock(channel, path, &authorization).await?;
    let said = String::from_utf8_lossy(&authorization).into_owned();
    match answer {
        Ok(_) if said.contains(token) || said.contains(jwt) => None,
        Ok(_) => Some(format!("let in by {said:?}")),
        Err(status) if status.code() == Code::Unauthenticated => flaw(&status).map(|flaw| format!("{flaw}: {said:?}")),
        Err(status) => Some(format!("{status:?} to {said:?}")),
    }
}
