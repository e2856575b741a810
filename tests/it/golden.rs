//! What is made of the source and committed: the API as clients hold it, which is what the protos compile to without comments, and the
//! table of which call needs which role.
//!
//! Whether a difference breaks clients is for `buf breaking` in `.ci/run` to say.
use std::fmt::Write as _;
use std::path::Path;
use std::{env, fs};

use homecoming::access::Role;
use homecoming::access::table::{Entry, METHODS, Reach};
use homecoming::kernel::Vocabulary as _;
use homecoming::pb;
use prost::Message as _;
use prost_types::FileDescriptorSet;

#[test]
fn the_golden_descriptor_is_current() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("proto/homecoming.binpb");
    let mut built = FileDescriptorSet::decode(pb::DESCRIPTOR_SET).unwrap();
    for file in &mut built.file {
        file.source_code_info = None;
    }
    if env::var("UPDATE_GOLDEN").as_deref() == Ok("1") {
        fs::write(&path, built.encode_to_vec()).unwrap();
    }
    let golden = FileDescriptorSet::decode(fs::read(&path).unwrap().as_slice()).unwrap();
    for file in &built.file {
        let before = golden.file.iter().find(|other| other.name == file.name);
        assert!(
            before == Some(file),
            "{} differs from proto/homecoming.binpb. Look with `buf breaking --against proto/homecoming.binpb` at what clients lose, \
             then `UPDATE_GOLDEN=1 cargo test --test it golden` and commit the file",
            file.name(),
        );
    }
    assert_eq!(
        golden.file.len(),
        built.file.len(),
        "a proto file is gone: `UPDATE_GOLDEN=1 cargo test --test it golden`"
    );
}

const ROLES: &str = "# Which call needs which role

Made of `src/access/table.rs` by `UPDATE_GOLDEN=1 cargo test --test it golden`; a test compares. What the roles are for stands in docs/security.md.

A caller needs one of the roles that are named, as far as the call reaches:

- *anybody*: whoever is known, without a role.
- *platform*: a binding at `programmes/-`.
- *whole*: a role in the whole programme; one within a site or an expert doesn't do.
- *anywhere*: a role anywhere in the programme: what everybody there may know.
- *within*: a role in the whole programme, or within the site or the expert where everything lies that the request names.
- *own*: as *within*; a role within one's own records reaches what the caller made, and HOSPITAL_SYSTEM never more than that.

*All* are OWNER, SCHEDULER, RECORDER, ATTESTER, REPORTER, HOSPITAL_SYSTEM and AUDITOR; *staff* are those without HOSPITAL_SYSTEM. An owner at `programmes/-` is one in every programme. HOSPITAL_SYSTEM gets of experts what it books by
(`GetExpert`, `ListExperts`), and a table of an import is for those who may enter its rows one by one.
";

/// docs/roles.md as the table has it.
fn roles() -> String {
    let mut text = ROLES.to_owned();
    let mut services: Vec<&str> = Vec::new();
    for entry in METHODS {
        let (service, _) = entry.method.split_once('.').unwrap();
        if services.contains(&service) {
            continue;
        }
        services.push(service);
        write!(text, "\n## {service}\n\n| call | needs one of | reach |\n| --- | --- | --- |\n").unwrap();
        for (entry, call) in METHODS.iter().filter_map(|entry| Some((entry, entry.method.split_once('.')?))) {
            if call.0 == service {
                writeln!(text, "| {} | {} | {} |", call.1, needed(entry), reach(entry)).unwrap();
            }
        }
    }
    text
}

fn needed(entry: &Entry) -> String {
    const ALL: [Role; 7] = [
        Role::Owner,
        Role::Scheduler,
        Role::Recorder,
        Role::Attester,
        Role::Reporter,
        Role::HospitalSystem,
        Role::Auditor,
    ];
    let roles: Vec<Role> = entry.roles().collect();
    let staff: Vec<Role> = ALL.into_iter().filter(|role| *role != Role::HospitalSystem).collect();
    let codes = |roles: &[Role]| roles.iter().map(|role| role.code()).collect::<Vec<_>>().join(", ");
    match roles.as_slice() {
        [] => "none".to_owned(),
        roles if roles == ALL => "*all*".to_owned(),
        roles if roles == staff => "*staff*".to_owned(),
        roles if ALL.iter().all(|role| roles.contains(role)) => format!("*all*, {}", codes(&roles[ALL.len()..])),
        roles => codes(roles),
    }
}

fn reach(entry: &Entry) -> &'static str {
    match entry.reach {
        Reach::Anyone => "anybody",
        Reach::Platform => "platform",
        Reach::Whole => "whole",
        Reach::Shared => "anywhere",
        Reach::Within if entry.has_own() => "own",
        Reach::Within => "within",
    }
}

#[test]
fn the_table_of_roles_is_current() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/roles.md");
    if env::var("UPDATE_GOLDEN").as_deref() == Ok("1") {
        fs::write(&path, roles()).unwrap();
    }
    let written = fs::read_to_string(&path).unwrap();
    assert!(
        written == roles(),
        "docs/roles.md isn't src/access/table.rs: `UPDATE_GOLDEN=1 cargo test --test it golden`"
    );
}
