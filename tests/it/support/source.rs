//! The project's own source as text: files, the code without comments, string literals, and the paths that it names.
//!
//! A small reader for the layering test, not a parser: it knows comments, strings and `use` groups, nothing else of Rust.
use std::fs;
use std::path::Path;

/// One Rust file.
pub struct File {
    /// Relative to the project, as `src/sites/store.rs`.
    pub path: String,
    /// The module path under `src/`, as `["sites", "store"]`.
    pub module: Vec<String>,
    /// The text without comments; string literals are still in it.
    pub code: String,
    /// The string literals.
    pub strings: Vec<String>,
    /// Lines of the text.
    pub lines: usize,
}

impl File {
    pub fn new(path: &str, text: &str) -> File {
        let (code, strings) = without_comments(text);
        let module = path.trim_end_matches(".rs").split('/').skip(1).filter(|name| !matches!(*name, "mod" | "lib"));
        File {
            path: path.to_owned(),
            module: module.map(str::to_owned).collect(),
            code,
            strings,
            lines: text.lines().count(),
        }
    }
}

/// Every Rust file under a folder of the project, in order.
pub fn files(folder: &str) -> Vec<File> {
    let mut found = Vec::new();
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut folders = vec![root.join(folder)];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(&next).into_iter().flatten() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|end| end == "rs") {
                let name = path.strip_prefix(root).unwrap().to_string_lossy().into_owned();
                found.push(File::new(&name, &fs::read_to_string(&path).unwrap()));
            }
        }
    }
    found.sort_by(|a, b| a.path.cmp(&b.path));
    found
}

/// The text without `//` and `/* */`, and its string literals.
fn without_comments(text: &str) -> (String, Vec<String>) {
    let (mut code, mut strings) = (String::new(), Vec::new());
    let mut rest = text;
    while let Some(next) = rest.chars().next() {
        if rest.starts_with("//") {
            rest = &rest[rest.find('\n').unwrap_or(rest.len())..];
        } else if rest.starts_with("/*") {
            rest = &rest[rest.find("*/").map_or(rest.len(), |at| at + 2)..];
        } else if rest.starts_with("'\"'") {
            code.push_str("'\"'");
            rest = &rest[3..];
        } else if let Some((literal, content)) = string_literal(rest) {
            code.push_str(literal);
            strings.push(content.to_owned());
            rest = &rest[literal.len()..];
        } else {
            code.push(next);
            rest = &rest[next.len_utf8()..];
        }
    }
    (code, strings)
}

/// A string literal that the text begins with, whole and without its quotes.
fn string_literal(text: &str) -> Option<(&str, &str)> {
    let hashes = text.strip_prefix('r').map(|raw| raw.chars().take_while(|c| *c == '#').count());
    if let Some(hashes) = hashes.filter(|hashes| text[1 + hashes..].starts_with('"')) {
        let begin = 2 + hashes;
        let close = format!("\"{}", "#".repeat(hashes));
        let end = begin + text[begin..].find(&close)?;
        return Some((&text[..end + close.len()], &text[begin..end]));
    }
    if !text.starts_with('"') {
        return None;
    }
    let mut escaped = false;
    for (at, character) in text.char_indices().skip(1) {
        match character {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return Some((&text[..=at], &text[1..at])),
            _ => {}
        }
    }
    None
}

/// Every path from the crate's root that the code names by `crate::` or `super::`, groups spread out.
pub fn paths(code: &str, module: &[String]) -> Vec<Vec<String>> {
    let mut found = Vec::new();
    for (at, _) in code.match_indices("crate::") {
        if starts_word(code, at) {
            spread(&code[at + "crate::".len()..], &[], &mut found);
        }
    }
    for (at, _) in code.match_indices("super::") {
        if !starts_word(code, at) || code[..at].ends_with("super::") {
            continue;
        }
        let (mut rest, mut base) = (&code[at..], module.to_vec());
        while let Some(after) = rest.strip_prefix("super::") {
            base.pop();
            rest = after;
        }
        spread(rest, &base, &mut found);
    }
    found.retain(|path| !path.is_empty());
    found
}

fn starts_word(code: &str, at: usize) -> bool {
    !code[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_')
}

/// Reads `a::b` or `a::{b, c::d}` and returns how much was read.
fn spread(text: &str, base: &[String], found: &mut Vec<Vec<String>>) -> usize {
    let mut path = base.to_vec();
    let mut at = 0;
    loop {
        let rest = &text[at..];
        if rest.starts_with('{') {
            return at + spread_group(rest, &path, found);
        }
        let word: String = rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
        at += word.len();
        if !word.is_empty() && word != "self" {
            path.push(word);
        }
        if !text[at..].starts_with("::") {
            found.push(path);
            return at;
        }
        at += 2;
    }
}

fn spread_group(text: &str, base: &[String], found: &mut Vec<Vec<String>>) -> usize {
    let mut at = 1;
    while let Some(next) = text[at..].chars().next() {
        match next {
            '}' => return at + 1,
            c if c.is_alphanumeric() || c == '_' || c == '{' => at += spread(&text[at..], base, found).max(1),
            c => at += c.len_utf8(),
        }
    }
    at
}

/// The names in `const TABLES: &[&str] = &["…"]`.
pub fn declared_tables(code: &str) -> Vec<&str> {
    let Some((_, after)) = code.split_once("const TABLES: &[&str] =") else { return Vec::new() };
    // The list may begin on the next line.
    let list = after.trim_start().trim_start_matches("&[").split(']').next().unwrap_or_default();
    list.split(',').map(|name| name.trim().trim_matches('"')).filter(|name| !name.is_empty()).collect()
}

/// The names after `CREATE TABLE`.
pub fn created_tables(text: &str) -> Vec<String> {
    let name = |after: &str| {
        let after = after.trim_start().trim_start_matches("IF NOT EXISTS ");
        after.split(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap_or_default().to_owned()
    };
    text.split("CREATE TABLE").skip(1).map(name).collect()
}
