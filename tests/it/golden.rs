//! The API as clients hold it: the committed descriptor set equals what the protos compile to, without comments.
//!
//! Whether a difference breaks clients is for `buf breaking` in `.ci/run` to say.
use std::path::Path;
use std::{env, fs};

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
