//! The protos as a manual: everything that a client can see has a comment, and reasons say their gRPC code.
use homecoming::kernel::{Call, Class, Reason, Vocabulary as _};
use homecoming::pb;
use prost::Message as _;
use prost_types::source_code_info::Location;
use prost_types::{DescriptorProto, EnumDescriptorProto, FileDescriptorProto, FileDescriptorSet};

// Field numbers in `descriptor.proto`: a location's path is made of them.
const FILE_MESSAGE: i32 = 4;
const FILE_ENUM: i32 = 5;
const FILE_SERVICE: i32 = 6;
const MESSAGE_FIELD: i32 = 2;
const MESSAGE_NESTED: i32 = 3;
const MESSAGE_ENUM: i32 = 4;
const MESSAGE_ONEOF: i32 = 8;
const ENUM_VALUE: i32 = 2;
const SERVICE_METHOD: i32 = 2;

/// A thing that a client can see: its full name, and its path in the file.
type Item = (String, Vec<i32>);

fn own_files() -> Vec<FileDescriptorProto> {
    let set = FileDescriptorSet::decode(pb::DESCRIPTOR_SET).unwrap();
    set.file.into_iter().filter(|file| file.package() == "homecoming.v1").collect()
}

fn below(path: &[i32], field: i32, index: usize) -> Vec<i32> {
    [path, &[field, i32::try_from(index).unwrap()]].concat()
}

fn enum_items(items: &mut Vec<Item>, descriptor: &EnumDescriptorProto, path: Vec<i32>) {
    for (index, value) in descriptor.value.iter().enumerate() {
        items.push((value.name().to_owned(), below(&path, ENUM_VALUE, index)));
    }
    items.push((descriptor.name().to_owned(), path));
}

fn message_items(items: &mut Vec<Item>, message: &DescriptorProto, path: Vec<i32>) {
    let synthetic = |oneof: usize| {
        let index = i32::try_from(oneof).unwrap();
        message.field.iter().any(|field| field.oneof_index == Some(index) && field.proto3_optional())
    };
    for (index, field) in message.field.iter().enumerate() {
        items.push((format!("{}.{}", message.name(), field.name()), below(&path, MESSAGE_FIELD, index)));
    }
    for (index, oneof) in message.oneof_decl.iter().enumerate().filter(|(index, _)| !synthetic(*index)) {
        items.push((format!("{}.{}", message.name(), oneof.name()), below(&path, MESSAGE_ONEOF, index)));
    }
    for (index, nested) in message.nested_type.iter().enumerate() {
        // The entry of a map is the compiler's.
        if !nested.options.as_ref().is_some_and(prost_types::MessageOptions::map_entry) {
            message_items(items, nested, below(&path, MESSAGE_NESTED, index));
        }
    }
    for (index, nested) in message.enum_type.iter().enumerate() {
        enum_items(items, nested, below(&path, MESSAGE_ENUM, index));
    }
    items.push((message.name().to_owned(), path));
}

fn items(file: &FileDescriptorProto) -> Vec<Item> {
    let mut items = Vec::new();
    for (index, message) in file.message_type.iter().enumerate() {
        message_items(&mut items, message, vec![FILE_MESSAGE, i32::try_from(index).unwrap()]);
    }
    for (index, descriptor) in file.enum_type.iter().enumerate() {
        enum_items(&mut items, descriptor, vec![FILE_ENUM, i32::try_from(index).unwrap()]);
    }
    for (index, service) in file.service.iter().enumerate() {
        let path = vec![FILE_SERVICE, i32::try_from(index).unwrap()];
        for (index, method) in service.method.iter().enumerate() {
            items.push((format!("{}.{}", service.name(), method.name()), below(&path, SERVICE_METHOD, index)));
        }
        items.push((service.name().to_owned(), path));
    }
    items
}

fn comment<'a>(file: &'a FileDescriptorProto, path: &[i32]) -> &'a str {
    let locations: &[Location] = file.source_code_info.as_ref().map_or(&[], |info| info.location.as_slice());
    let location = locations.iter().find(|location| location.path == path);
    location.map_or("", |location| location.leading_comments().trim())
}

#[test]
fn everything_is_commented() {
    let mut bare = Vec::new();
    let mut seen = 0;
    for file in own_files() {
        for (name, path) in items(&file) {
            seen += 1;
            if comment(&file, &path).is_empty() {
                bare.push(format!("{}: {name}", file.name()));
            }
        }
    }
    assert!(bare.is_empty(), "without a leading comment:\n{}\n", bare.join("\n"));
    assert!(seen > 50, "only {seen} things looked at");
}

#[test]
fn every_request_id_says_what_is_accepted() {
    const ACCEPTED: &str = "1 to 64 of `[A-Za-z0-9_-]`";
    for character in (0..=u8::MAX).map(char::from) {
        let named = character.is_ascii_alphanumeric() || "_-".contains(character);
        assert_eq!(Call::is_request_id(&character.to_string()), named, "{character:?}");
    }
    assert!(!Call::is_request_id("") && Call::is_request_id(&"a".repeat(64)) && !Call::is_request_id(&"a".repeat(65)));
    let (mut wrong, mut seen) = (Vec::new(), 0);
    for file in own_files() {
        for (name, path) in items(&file).iter().filter(|(name, _)| name.ends_with("Request.request_id")) {
            seen += 1;
            // A comment may be wrapped anywhere.
            if !comment(&file, path).split_whitespace().collect::<Vec<_>>().join(" ").contains(ACCEPTED) {
                wrong.push(format!("{}: {name}", file.name()));
            }
        }
    }
    assert!(wrong.is_empty(), "should say {ACCEPTED}:\n{}\n", wrong.join("\n"));
    assert!(seen > 30, "only {seen} looked at");
}

/// How the comment of a reason begins: with what a client's library shows.
fn beginning(class: Class) -> &'static str {
    match class {
        Class::InvalidArgument => "INVALID_ARGUMENT. ",
        Class::FieldViolation => "A field violation: ",
        Class::NotFound => "NOT_FOUND. ",
        Class::AlreadyExists => "ALREADY_EXISTS. ",
        Class::Aborted => "ABORTED. ",
        Class::FailedPrecondition => "FAILED_PRECONDITION. ",
        Class::ResourceExhausted => "RESOURCE_EXHAUSTED. ",
        Class::PermissionDenied => "PERMISSION_DENIED. ",
        Class::Unauthenticated => "UNAUTHENTICATED. ",
        Class::Unavailable => "UNAVAILABLE. ",
        Class::DeadlineExceeded => "DEADLINE_EXCEEDED. ",
        Class::Cancelled => "CANCELLED. ",
        Class::Unimplemented => "UNIMPLEMENTED. ",
        Class::Internal => "INTERNAL. ",
    }
}

#[test]
fn every_reason_says_its_code() {
    let files = own_files();
    let file = files.iter().find(|file| file.name().ends_with("errors.proto")).unwrap();
    let items = items(file);
    let mut wrong = Vec::new();
    for reason in Reason::ALL {
        let name = format!("ERROR_REASON_{}", reason.code());
        let Some((_, path)) = items.iter().find(|(item, _)| *item == name) else { continue };
        if !comment(file, path).starts_with(beginning(reason.class())) {
            wrong.push(format!("{name} should begin with {:?}", beginning(reason.class())));
        }
    }
    assert!(wrong.is_empty(), "\n{}\n", wrong.join("\n"));
}
