//! Compiles the protos without protoc and lists the migrations, so that both are part of the binary.
#![expect(clippy::disallowed_methods, reason = "cargo speaks to build scripts through the environment")]

use std::error::Error;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs};

use prost::Message as _;

fn main() -> Result<(), Box<dyn Error>> {
    let out = PathBuf::from(env::var("OUT_DIR")?);
    compile_protos(&out)?;
    list_migrations(&out)
}

/// Messages, services, and the descriptor set (with comments) that reflection and the golden test read.
fn compile_protos(out: &Path) -> Result<(), Box<dyn Error>> {
    println!("cargo:rerun-if-changed=proto");
    let files = names_in("proto/homecoming/v1", "proto")?;
    let files: Vec<_> = files.iter().map(|name| format!("homecoming/v1/{name}.proto")).collect();
    let mut compiler = protox::Compiler::new(["proto"])?;
    compiler.include_imports(true).include_source_info(true).open_files(&files)?;
    let encoded = compiler.encode_file_descriptor_set();
    let descriptors = prost_types::FileDescriptorSet::decode(encoded.as_slice())?;
    fs::write(out.join("descriptor.bin"), encoded)?;
    list_methods(&descriptors, out)?;
    tonic_prost_build::configure().build_transport(true).compile_fds(descriptors)?;
    Ok(())
}

/// One table of (path, type of the requests, whether they stream, whether answers do): no call waits for descriptors to be read.
fn list_methods(descriptors: &prost_types::FileDescriptorSet, out: &Path) -> Result<(), Box<dyn Error>> {
    let mut text = String::from("[\n");
    for file in &descriptors.file {
        for service in &file.service {
            for method in &service.method {
                let path = format!("/{}.{}/{}", file.package(), service.name(), method.name());
                let (input, takes, gives) = (method.input_type(), method.client_streaming(), method.server_streaming());
                writeln!(text, "    ({path:?}, {:?}, {takes}, {gives}),", input.trim_start_matches('.'))?;
            }
        }
    }
    text.push(']');
    fs::write(out.join("methods.rs"), text)?;
    Ok(())
}

/// One table of (name, SQLite text, PostgreSQL text); a file that one engine lacks fails the build.
fn list_migrations(out: &Path) -> Result<(), Box<dyn Error>> {
    println!("cargo:rerun-if-changed=migrations");
    let sqlite = names_in("migrations/sqlite", "sql")?;
    let postgres = names_in("migrations/postgres", "sql")?;
    if sqlite != postgres {
        return Err(format!("the engines' migrations differ: {sqlite:?} and {postgres:?}").into());
    }
    let root = env::var("CARGO_MANIFEST_DIR")?;
    let mut text = String::from("[\n");
    for name in &sqlite {
        let file = |engine: &str| format!("include_str!({:?})", format!("{root}/migrations/{engine}/{name}.sql"));
        writeln!(text, "    ({name:?}, {}, {}),", file("sqlite"), file("postgres"))?;
    }
    text.push(']');
    fs::write(out.join("migrations.rs"), text)?;
    Ok(())
}

/// The names, without extension, of the files of one kind in a folder, in order.
fn names_in(folder: &str, extension: &str) -> Result<Vec<String>, Box<dyn Error>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.extension().is_some_and(|end| end == extension) {
            names.extend(path.file_stem().map(|stem| stem.to_string_lossy().into_owned()));
        }
    }
    names.sort();
    Ok(names)
}
