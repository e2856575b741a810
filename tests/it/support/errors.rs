//! What a refusal looks like to a client, read from the status and its details.
use std::collections::BTreeMap;

use homecoming::kernel::{Reason, Vocabulary as _};
use tonic::{Code, Response, Status};
use tonic_types::StatusExt as _;

/// A refusal as a client sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    pub code: Code,
    pub reason: Reason,
    pub metadata: BTreeMap<String, String>,
    /// (field, reason), in the order of the answer.
    pub violations: Vec<(String, Reason)>,
}

impl Refused {
    pub fn new(code: Code, reason: Reason) -> Refused {
        Refused { code, reason, metadata: BTreeMap::new(), violations: Vec::new() }
    }

    pub fn with(mut self, key: &str, value: &str) -> Refused {
        self.metadata.insert(key.to_owned(), value.to_owned());
        self
    }
}

/// The refusal in an answer that must be one.
pub fn refused<T: std::fmt::Debug>(answer: Result<Response<T>, Status>) -> Refused {
    refusal(&answer.expect_err("a refusal"))
}

/// The refusal in a status.
pub fn refusal(status: &Status) -> Refused {
    let details = status.get_error_details();
    let info = details.error_info().unwrap_or_else(|| panic!("no ErrorInfo in {status:?}"));
    assert_eq!(info.domain, "homecoming");
    let reason = |text: &str| Reason::from_code(text).unwrap_or_else(|| panic!("{text} is no reason"));
    let violations = details.bad_request().map(|bad| bad.field_violations.clone()).unwrap_or_default();
    Refused {
        code: status.code(),
        reason: reason(&info.reason),
        metadata: info.metadata.clone().into_iter().collect(),
        violations: violations.into_iter().map(|v| (v.field, reason(&v.reason))).collect(),
    }
}
