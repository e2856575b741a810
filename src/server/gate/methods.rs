//! What each path of this API needs, and whether it streams: the table of access beside the descriptor.
use std::collections::HashMap;
use std::sync::LazyLock;

use crate::access::table::{self, Entry};

/// A call that is served.
#[derive(Clone, Copy, Debug)]
pub(super) struct Method {
    pub entry: &'static Entry,
    /// The message that its requests are, by its full name.
    pub input: &'static str,
    /// Whether requests come as a stream.
    pub takes_stream: bool,
    /// Whether answers go as a stream.
    pub gives_stream: bool,
}

/// Path, type of the requests, whether they stream, whether answers do.
type Call = (&'static str, &'static str, bool, bool);

/// Every call of the protos; the build writes it.
const CALLS: &[Call] = &include!(concat!(env!("OUT_DIR"), "/methods.rs"));

/// The call of a path; nothing where it has no entry in the table, and so isn't served.
pub(super) fn of(path: &str) -> Option<Method> {
    static METHODS: LazyLock<HashMap<&'static str, Method>> = LazyLock::new(read);
    METHODS.get(path).copied()
}

fn read() -> HashMap<&'static str, Method> {
    let known = |&(path, input, takes_stream, gives_stream): &Call| {
        table::by_path(path).map(|entry| (path, Method { entry, input, takes_stream, gives_stream }))
    };
    CALLS.iter().filter_map(known).collect()
}
