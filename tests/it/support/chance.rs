//! Chance that comes again: random messages of any type of the API, with nasty values, and bytes changed at random.
use prost_reflect::{Cardinality, DynamicMessage, FieldDescriptor, Kind, MessageDescriptor, Value};

/// SplitMix64: the same messages in every run.
pub struct Chance(u64);

impl Chance {
    pub fn new(seed: u64) -> Chance {
        Chance(seed)
    }

    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    pub fn below(&mut self, n: u64) -> u64 {
        self.next() % n
    }

    /// Bytes changed here and there: flipped, cut, doubled, or with something nasty inside.
    pub fn mutated(&mut self, bytes: &[u8]) -> Vec<u8> {
        let mut changed = bytes.to_vec();
        for _ in 0..=self.below(4) {
            let at = self.place(changed.len() + 1);
            let to = (at + self.place(24)).min(changed.len());
            match self.below(6) {
                0 => changed.truncate(at),
                1 => drop(changed.drain(at..to)),
                2 => changed.splice(at..at, changed[at..to].to_vec()).for_each(drop),
                3 => changed.splice(at..to, self.one_of(&NASTY).bytes()).for_each(drop),
                4 => changed.splice(at..at, self.next().to_le_bytes()).for_each(drop),
                _ => changed.iter_mut().skip(at).take(1).for_each(|byte| *byte ^= 1 << self.below(8)),
            }
        }
        changed
    }

    fn place(&mut self, length: usize) -> usize {
        usize::try_from(self.below(length.max(1) as u64)).unwrap()
    }

    pub fn one_of<T: Copy>(&mut self, values: &[T]) -> T {
        values[usize::try_from(self.below(values.len() as u64)).unwrap()]
    }
}

/// A message of a method's type with random fields, as deep as messages go.
pub fn random(message: &MessageDescriptor, chance: &mut Chance, depth: u32) -> DynamicMessage {
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

/// An identity number that nobody has, where a patient's token belongs: no answer may repeat it.
pub const CANARY: &str = "110105194912310021";

/// Texts that are wrong, each in its own way.
const NASTY: [&str; 14] = [
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
    "\"",
    "9223372036854775808",
    "\r\n",
];

/// A text that is wrong in its own way, or that could be right: names of resources lead into the commands.
fn text(field: &str, chance: &mut Chance) -> String {
    let name = [
        "programmes/p",
        "programmes/q",
        "programmes/p/experts/e1",
        "programmes/p/sites/s1",
        "programmes/p/hospitals/h1",
    ];
    let fair = ["Asia/Shanghai", "03.04", "430281", "2024-02-30", "eyJxIjoiIiwiayI6W119", "liling", "10:00"];
    let choice = chance.below(10);
    match choice {
        0..3 if field == "token" => CANARY.to_owned(),
        0..8 if field == "parent" => "programmes/p".to_owned(),
        0..4 => chance.one_of(&name).to_owned(),
        4..7 => chance.one_of(&NASTY).to_owned(),
        7 | 8 => chance.one_of(&fair).to_owned(),
        _ => "长".repeat(3_000),
    }
}
