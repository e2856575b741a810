//! What each path of this API needs, and whether it streams: the table of access beside the descriptor.
use std::collections::HashMap;
use std::sync::LazyLock;

use prost::Message as _;
use prost_types::FileDescriptorSet;

use crate::access::table::{self, Entry};
use crate::pb;

/// A call that is served.
#[derive(Clone, Copy, Debug)]
pub(super) struct Method {
    pub entry: &'static Entry,
    /// Whether requests come as a stream.
    pub takes_stream: bool,
    /// Whether answers go as a stream.
    pub gives_stream: bool,
}

/// The call of a path; nothing where it has no entry in the table, and so isn't served.
pub(super) fn of(path: &str) -> Option<Method> {
    static METHODS: LazyLock<HashMap<String, Method>> = LazyLock::new(read);
    METHODS.get(path).copied()
}

fn read() -> HashMap<String, Method> {
    // What the program itself was built with can be read; a path that isn't found isn't served.
    let set = FileDescriptorSet::decode(pb::DESCRIPTOR_SET).unwrap_or_default();
    let mut methods = HashMap::new();
    for file in &set.file {
        for service in &file.service {
            for method in &service.method {
                let path = format!("/{}.{}/{}", file.package(), service.name(), method.name());
                let streams = (method.client_streaming(), method.server_streaming());
                if let Some(entry) = table::by_path(&path) {
                    methods.insert(path, Method { entry, takes_stream: streams.0, gives_stream: streams.1 });
                }
            }
        }
    }
    methods
}
