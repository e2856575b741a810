//! Whatever a client sends, it gets an answer or a refusal with a stable reason: every unary method of the API, found
//! by its descriptor, with random messages of nasty values, on both engines.
use homecoming::db::verify::VerifyLedger;
use homecoming::pb;
use prost::Message as _;
use prost_reflect::{
    Cardinality, DescriptorPool, DynamicMessage, FieldDescriptor, Kind, MessageDescriptor, MethodDescriptor, Value,
};
use tonic::Code;

use crate::support::errors::refusal;
use crate::support::{TestServer, connect, each_engine, raw};

/// Messages for each method and engine.
const MESSAGES: u64 = 15;

#[tokio::test]
async fn random_messages_are_answered_or_refused_with_a_reason() {
    let pool = DescriptorPool::decode(pb::DESCRIPTOR_SET).unwrap();
    each_engine("bad_input", async |server| {
        seed(&server).await;
        let mut chance = Chance(0x5EED);
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

/// SplitMix64: the same messages in every run.
struct Chance(u64);

impl Chance {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    fn below(&mut self, n: u64) -> u64 {
        self.next() % n
    }

    fn one_of<T: Copy>(&mut self, values: &[T]) -> T {
        values[usize::try_from(self.below(values.len() as u64)).unwrap()]
    }
}

fn random(message: &MessageDescriptor, chance: &mut Chance, depth: u32) -> DynamicMessage {
    let mut filled = DynamicMessage::new(message.clone());
    if depth > 5 {
        return filled;
    }
    for field in message.fields() {
        if chance.below(10) < 2 {
            continue;
        }
        let value = match field.cardinality() {
            Cardinality::Repeated => {
                let length = chance.one_of(&[0, 1, 1, 2, 3, 25]);
                Value::List((0..length).map(|_| single(&field, chance, depth)).collect())
            }
            Cardinality::Optional | Cardinality::Required => single(&field, chance, depth),
        };
        filled.set_field(&field, value);
    }
    filled
}

fn single(field: &FieldDescriptor, chance: &mut Chance, depth: u32) -> Value {
    match field.kind() {
        Kind::Message(message) => Value::Message(random(&message, chance, depth + 1)),
        Kind::Enum(_) => Value::EnumNumber(chance.one_of(&[0, 1, 1, 2, 3, 99, -7, i32::MIN])),
        Kind::String => Value::String(text(field.name(), chance)),
        Kind::Bytes => Value::Bytes(vec![0, 159, 146, 150].into()),
        Kind::Bool => Value::Bool(chance.below(2) == 0),
        Kind::Int32 | Kind::Sint32 | Kind::Sfixed32 => {
            Value::I32(chance.one_of(&[0, 1, 2, 12, 31, 2024, -1, i32::MAX, i32::MIN]))
        }
        Kind::Int64 | Kind::Sint64 | Kind::Sfixed64 => {
            Value::I64(chance.one_of(&[0, 1, 30, 1_711_929_600, -1, i64::MAX, i64::MIN]))
        }
        Kind::Uint32 | Kind::Fixed32 => Value::U32(chance.one_of(&[0, 1, u32::MAX])),
        Kind::Uint64 | Kind::Fixed64 => Value::U64(chance.one_of(&[0, 1, u64::MAX])),
        Kind::Float => Value::F32(f32::NAN),
        Kind::Double => Value::F64(f64::INFINITY),
    }
}

/// A text that is wrong in its own way, or that could be right: names of resources lead into the commands.
fn text(field: &str, chance: &mut Chance) -> String {
    let name = [
        "programmes/p",
        "programmes/q",
        "programmes/p/experts/e1",
        "programmes/p/sites/s1",
        "programmes/p/hospitals/h1",
    ];
    let nasty = [
        "",
        "\0",
        "a\0b",
        "x",
        "-",
        "'; DROP TABLE heads; --",
        "%",
        "\u{202e}",
        "🩺",
        "Asia/Liling",
        "430281199001011234",
    ];
    let fair = ["Asia/Shanghai", "03.04", "430281", "2024-02-30", "eyJxIjoiIiwiayI6W119", "liling", "10:00"];
    let choice = chance.below(10);
    match choice {
        0..8 if field == "parent" => "programmes/p".to_owned(),
        0..4 => chance.one_of(&name).to_owned(),
        4..7 => chance.one_of(&nasty).to_owned(),
        7 | 8 => chance.one_of(&fair).to_owned(),
        _ => "长".repeat(3_000),
    }
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
