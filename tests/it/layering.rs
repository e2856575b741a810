//! The arrows of ARCHITECTURE.md, read off the source as text: who may name whom, where SQL, engines and wire types stand.
//!
//! What a type, a lint or clippy.toml can hold isn't repeated here.
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use crate::support::source::{self, File};

/// The slices, earlier ones first: a slice names itself and earlier ones.
const SLICES: [&str; 24] = [
    "programmes",
    "hospitals",
    "sites",
    "experts",
    "assistants",
    "persons",
    "calendars",
    "charters",
    "credentials",
    "sessions",
    "visits",
    "activities",
    "savings",
    "reservations",
    "tallies",
    "accounts",
    "feeds",
    "access",
    "changes",
    "audit",
    "imports",
    "exports",
    "bulletins",
    "demo",
];

/// Rooms that aren't slices, and the rooms each may name.
const ROOMS: [(&str, &[&str]); 4] =
    [("kernel", &[]), ("pb", &[]), ("db", &["kernel"]), ("wire", &["kernel", "db", "pb", "server"])];

const LONGEST_FILE: usize = 500;

/// A file's place in its slice; arrows run from a later layer to an earlier one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Layer {
    Rules,
    Store,
    Commands,
    Service,
}

impl Layer {
    fn of(module: &str) -> Layer {
        match module {
            "service" | "wire" => Layer::Service,
            "commands" | "queries" | "reactions" => Layer::Commands,
            "store" => Layer::Store,
            _ => Layer::Rules,
        }
    }
}

fn slice_order(room: &str) -> Option<usize> {
    SLICES.iter().position(|slice| *slice == room)
}

/// Every arrow of one file that runs the wrong way.
fn wrong_arrows(file: &File) -> Vec<String> {
    let (Some(room), module) = (file.module.first(), file.module.get(1).map_or("", String::as_str)) else {
        return Vec::new();
    };
    let mut wrong = Vec::new();
    let mut refuse = |path: &[String], why: &str| wrong.push(format!("{}: `{}` {why}", file.path, path.join("::")));
    for path in source::paths(&file.code, &file.module) {
        let target = path[0].as_str();
        let named = path.get(1).map_or("", String::as_str);
        if let Some((_, allowed)) = ROOMS.iter().find(|(name, _)| name == room) {
            let known =
                slice_order(target).is_some() || ROOMS.iter().any(|(name, _)| *name == target) || target == "server";
            if known && target != room && !allowed.contains(&target) {
                refuse(&path, "points out of the kernel's side of the house");
            }
            continue;
        }
        let Some(own) = slice_order(room) else { continue };
        let layer = Layer::of(module);
        if target == "pb" && layer != Layer::Service {
            refuse(&path, "is a wire type outside service.rs and wire.rs");
        }
        if matches!(target, "wire" | "server" | "cli") && layer != Layer::Service {
            refuse(&path, "belongs to the wire: only service.rs and wire.rs name it");
        }
        let Some(other) = slice_order(target) else { continue };
        if other > own {
            refuse(&path, "is a later slice: register a reaction instead");
        } else if other < own && named == "service" {
            refuse(&path, "is another slice's service");
        } else if Layer::of(named) > layer {
            refuse(&path, "is a later layer: service → commands → store → mod");
        }
    }
    wrong
}

/// Texts that stand where they mustn't: SQL, engines' names, `allow`, and files that grew too long.
fn wrong_texts(file: &File) -> Vec<String> {
    let mut wrong = Vec::new();
    let room = file.module.first().map_or("", String::as_str);
    let layer = Layer::of(file.module.get(1).map_or("", String::as_str));
    let in_store = room == "db" || (slice_order(room).is_some() && layer == Layer::Store);
    if !in_store && file.strings.iter().any(|text| looks_like_sql(text)) {
        wrong.push(format!("{}: SQL outside store.rs and db/", file.path));
    }
    if slice_order(room).is_some() || matches!(room, "kernel" | "wire") {
        let text = file.code.to_lowercase();
        for engine in ["sqlite", "postgres"] {
            if text.contains(engine) {
                wrong.push(format!("{}: names the engine {engine} outside db/", file.path));
            }
        }
    }
    if file.code.contains("#[allow(") || file.code.contains("#![allow(") {
        wrong.push(format!("{}: `allow` instead of `expect` with a reason", file.path));
    }
    if file.module.iter().any(|name| matches!(name.as_str(), "utils" | "util" | "helpers" | "common" | "misc")) {
        wrong.push(format!("{}: a drawer for odds and ends, not a room", file.path));
    }
    wrong.extend(too_long(file));
    wrong
}

fn too_long(file: &File) -> Option<String> {
    let text = || format!("{}: {} lines, more than {LONGEST_FILE}: split by what it is about", file.path, file.lines);
    (file.lines > LONGEST_FILE).then(text)
}

fn looks_like_sql(text: &str) -> bool {
    let text = text.trim_start();
    text.starts_with("INSERT INTO ")
        || text.starts_with("DELETE FROM ")
        || (text.starts_with("SELECT ") && text.contains(" FROM "))
        || (text.starts_with("UPDATE ") && text.contains(" SET "))
}

/// Tables written by a text: `INSERT INTO t`, `UPDATE t`, `DELETE FROM t`, also inside a longer statement.
fn written_tables(text: &str) -> Vec<&str> {
    let words: Vec<&str> = text
        .split(|c: char| c.is_whitespace() || matches!(c, '(' | ')' | ',' | ';'))
        .filter(|w| !w.is_empty())
        .collect();
    let mut tables = Vec::new();
    for (at, window) in words.windows(2).enumerate() {
        let before = at.checked_sub(1).map_or("", |i| words[i]);
        match window {
            ["INTO", table] if before == "INSERT" => tables.push(*table),
            ["FROM", table] if before == "DELETE" => tables.push(*table),
            // `ON CONFLICT … DO UPDATE SET` and `FOR UPDATE` name no table.
            ["UPDATE", table] if !matches!(before, "DO" | "FOR") => tables.push(*table),
            _ => {}
        }
    }
    tables
}

/// A table that nobody or two rooms own, and a write to somebody else's table.
fn wrong_writes(files: &[File], tables: &[String]) -> Vec<String> {
    let mut wrong = Vec::new();
    let mut owners: BTreeMap<&str, &str> = BTreeMap::new();
    for file in files {
        let room = file.module.first().map_or("", String::as_str);
        for table in source::declared_tables(&file.code) {
            if let Some(other) = owners.insert(table, room).filter(|other| *other != room) {
                wrong.push(format!("{}: the table {table} is {other}'s", file.path));
            }
        }
    }
    for table in tables {
        if !owners.contains_key(table.as_str()) {
            wrong.push(format!("migrations: no room has {table} in its `TABLES`"));
        }
    }
    for file in files {
        let room = file.module.first().map_or("", String::as_str);
        for table in file.strings.iter().flat_map(|text| written_tables(text)) {
            match owners.get(table) {
                Some(owner) if *owner != room => {
                    wrong.push(format!("{}: writes {table}, which is {owner}'s", file.path))
                }
                Some(_) | None => {}
            }
        }
    }
    wrong
}

/// Tests that wait for a while, retry, or don't run.
fn wrong_tests(file: &File) -> Vec<String> {
    let forbidden = ["sleep(", "#[ignore", "#[allow("];
    let found = forbidden.iter().filter(|text| file.code.contains(**text));
    let mut wrong: Vec<String> = found.map(|text| format!("{}: `{text}` in a test", file.path)).collect();
    wrong.extend(too_long(file));
    wrong
}

fn none(wrong: Vec<String>) {
    assert!(wrong.is_empty(), "\n{}\n", wrong.join("\n"));
}

#[test]
fn arrows_run_one_way() {
    none(source::files("src").iter().flat_map(wrong_arrows).collect());
}

#[test]
fn every_room_is_known() {
    let rooms: Vec<String> =
        source::files("src").into_iter().filter_map(|file| file.module.into_iter().next()).collect();
    let known = |room: &String| {
        slice_order(room).is_some()
            || ROOMS.iter().any(|(name, _)| name == room)
            || matches!(room.as_str(), "server" | "cli" | "main")
    };
    none(
        rooms
            .into_iter()
            .filter(|room| !known(room))
            .map(|room| format!("src/{room}: in no order; see SLICES"))
            .collect(),
    );
}

#[test]
fn texts_stand_where_they_belong() {
    none(source::files("src").iter().flat_map(wrong_texts).collect());
}

#[test]
fn a_table_is_written_by_its_owner() {
    let migrations = Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations/sqlite");
    let texts: Vec<String> =
        fs::read_dir(migrations).unwrap().map(|e| fs::read_to_string(e.unwrap().path()).unwrap()).collect();
    let tables: Vec<String> = texts.iter().flat_map(|text| source::created_tables(text)).collect();
    none(wrong_writes(&source::files("src"), &tables));
}

#[test]
fn tests_neither_wait_nor_hide() {
    // This file must spell what it forbids; a bench measures over a while.
    let tests = source::files("tests").into_iter().filter(|file| !file.path.ends_with("layering.rs"));
    let mut wrong: Vec<String> = tests.flat_map(|file| wrong_tests(&file)).collect();
    wrong.extend(source::files("benches").iter().filter_map(too_long));
    none(wrong);
}

fn file(path: &str, text: &str) -> File {
    File::new(path, text)
}

#[test]
fn wrong_arrows_are_found() {
    let wrong = |path, text| wrong_arrows(&file(path, text)).len();
    assert_eq!(wrong("src/experts/store.rs", "use crate::sites::Site;"), 0);
    assert_eq!(wrong("src/sites/store.rs", "use crate::experts::Expert;"), 1, "a later slice");
    assert_eq!(wrong("src/sites/store.rs", "use crate::{kernel::Id, experts::{Expert, store::X}};"), 2, "in a group");
    assert_eq!(wrong("src/sites/store.rs", "// crate::experts::Expert"), 0, "a comment");
    assert_eq!(wrong("src/sessions/service.rs", "crate::experts::service::X"), 1, "another's service");
    assert_eq!(wrong("src/sessions/commands/book.rs", "crate::experts::store::by_id"), 0);
    assert_eq!(wrong("src/sessions/mod.rs", "crate::experts::store::by_id"), 1, "rules read no store");
    assert_eq!(wrong("src/sessions/store.rs", "use super::commands::Book;"), 1);
    assert_eq!(wrong("src/sessions/commands/book.rs", "use super::super::service::S;"), 1);
    assert_eq!(wrong("src/sessions/commands/book.rs", "use super::super::super::pb::S;"), 1, "out of the slice");
    assert_eq!(wrong("src/sessions/store/rows.rs", "use crate::pb;"), 1);
    assert_eq!(wrong("src/sessions/wire.rs", "use crate::pb;"), 0);
    assert_eq!(wrong("src/kernel/id.rs", "use crate::db::Tx;"), 1);
    assert_eq!(wrong("src/db/tx.rs", "use crate::kernel::Id;"), 0);
}

#[test]
fn wrong_texts_are_found() {
    let wrong = |path, text| wrong_texts(&file(path, text)).len();
    assert_eq!(wrong("src/sites/commands.rs", r#"let sql = "SELECT 1 FROM sites";"#), 1);
    assert_eq!(wrong("src/sites/store.rs", r#"let sql = "SELECT 1 FROM sites";"#), 0);
    assert_eq!(wrong("src/sites/store.rs", r#"if sqlite {}"#), 1);
    assert_eq!(wrong("src/sites/mod.rs", "// as sqlite does"), 0);
    assert_eq!(wrong("src/sites/mod.rs", "#[allow(dead_code)]"), 1);
    assert_eq!(wrong("src/sites/utils.rs", ""), 1);
    assert_eq!(wrong("src/sites/mod.rs", &"\n".repeat(501)), 1);
}

#[test]
fn wrong_writes_are_found() {
    let own = r#"pub const TABLES: &[&str] = &["sites", "rooms"]; const A: &str = "INSERT INTO sites VALUES ($1) ON CONFLICT DO UPDATE SET a = 1";"#;
    let other =
        r#"pub const TABLES: &[&str] = &["experts"]; const A: &str = "WITH x AS (SELECT 1) UPDATE rooms SET a = $1";"#;
    let files = [file("src/sites/store.rs", own), file("src/experts/store.rs", other)];
    assert_eq!(wrong_writes(&files, &["sites".into(), "rooms".into(), "experts".into()]).len(), 1);
    assert_eq!(wrong_writes(&files[..1], &["experts".into()]).len(), 1, "nobody's table");
    let twice = [file("src/sites/store.rs", own), file("src/experts/store.rs", own)];
    assert!(!wrong_writes(&twice, &[]).is_empty(), "two owners");
    assert_eq!(
        source::created_tables("CREATE TABLE a (x);\nCREATE TABLE IF NOT EXISTS b(x);\nCREATE INDEX c ON a (x);"),
        ["a", "b"]
    );
}
