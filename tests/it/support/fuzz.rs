//! Random input for everything that reads bytes from outside: the API over a socket, and the parsers of files and texts.
//!
//! The bench `fuzz` runs a million; the tests run some. An input is known by its seed and number: the same come in every run.
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use homecoming::activities::ProcedureCode;
use homecoming::audit::{Head, file};
use homecoming::imports::table::{self, About};
use homecoming::kernel::pseudonym::{Identifiers, normalise};
use homecoming::kernel::{
    Cursor, Fen, Fields, Id, Key, Page, PageRequest, Patient, ProgrammeName, Specialty, Timestamp, Zone,
};
use homecoming::pb;
use homecoming::wire::caller_in;
use prost::Message as _;
use prost_reflect::{DescriptorPool, MethodDescriptor};
use tonic::metadata::{MetadataMap, MetadataValue};
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

/// Valid files and lines, to be changed.
pub struct Seeds {
    tables: Vec<(String, Vec<u8>)>,
    token: String,
    line: String,
}

impl Seeds {
    pub fn new() -> Seeds {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/liling");
        let mut tables = Vec::new();
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            tables.push((path.file_name().unwrap().to_str().unwrap().to_owned(), std::fs::read(&path).unwrap()));
        }
        tables.sort();
        let next = Some(Cursor(vec![Key::Text("2024-03-05".to_owned()), Key::Int(7)]));
        let token = Page::<()>::ended_at(Vec::new(), next, "list").next_page_token();
        let line = r#"{"programme":"p","entry":1,"time_micros":1,"subject":"s","on_behalf_of":"","method":"m","names":["n"],"digest":"d","hash":"h","link":"l"}"#;
        Seeds { tables, token, line: line.to_owned() }
    }

    /// Gives one random input to one parser. What it was, where the parser panicked.
    pub fn parse(&self, chance: &mut Chance) -> Option<String> {
        let which = chance.below(20);
        let (name, bytes) = match which {
            0..8 => {
                let (name, bytes) = &self.tables[usize::try_from(chance.below(self.tables.len() as u64)).unwrap()];
                (name.as_str(), chance.mutated(bytes))
            }
            8 => ("患者.csv", chance.mutated(b"id,name,level\nh1,x,TERTIARY\n")),
            9..13 => ("token", chance.mutated(self.token.as_bytes())),
            13..15 => ("line", chance.mutated(self.line.as_bytes())),
            _ => {
                let text = chance_text(chance);
                ("text", chance.mutated(text.as_bytes()))
            }
        };
        let parsed = catch_unwind(AssertUnwindSafe(|| match which {
            0..9 => drop(table::read(&About { file_name: name.to_owned(), ..About::default() }, &bytes)),
            9..13 => {
                let token = String::from_utf8_lossy(&bytes);
                drop(PageRequest::parse(&mut Fields::new(), 10, &token, "list"));
            }
            13..15 => drop(file::read(&String::from_utf8_lossy(&bytes))),
            _ => texts(&bytes),
        }));
        parsed.is_err().then(|| format!("{name}: {:?}", String::from_utf8_lossy(&bytes)))
    }
}

fn chance_text(chance: &mut Chance) -> &'static str {
    chance.one_of(&[
        "programmes/liling/experts/e1",
        "03.04",
        "51.2300x001",
        "Asia/Shanghai",
        "-12.30",
        "tok_0000001",
        "11010519491231002X",
        "48210:9f2c",
        "2024年3月5日",
    ])
}

/// Every small parser of a text.
fn texts(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let _ = (Id::parse(&text).is_ok(), ProgrammeName::parse(&text).is_ok(), Specialty::parse(&text).is_ok());
    let _ = (ProcedureCode::parse(&text).is_some(), Zone::parse(&text).is_some(), Fen::parse_yuan(&text).is_ok());
    let _ = (Patient::parse("his", &text).is_ok(), Head::parse(&text).is_some());
    let _ = (normalise(&text, Identifiers::Any).is_ok(), normalise(&text, Identifiers::Resident).is_ok());
    let _ = Zone::UTC.date_of(Timestamp::from_micros(
        bytes.iter().fold(0_i64, |sum, byte| sum.wrapping_mul(31).wrapping_add(i64::from(*byte))),
    ));
    let mut metadata = MetadataMap::new();
    if let Ok(value) = MetadataValue::try_from(bytes) {
        metadata.insert("x-homecoming-roles", value);
    }
    let _ = caller_in(&metadata).is_ok();
}
