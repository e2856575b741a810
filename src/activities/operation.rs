//! Operation cases: one table, one anaesthetic; several procedures are one case.

use serde::{Deserialize, Serialize};

use super::Performer;
use crate::kernel::Grade;

/// A code such as `36.0601x001`: `\d{2}\.\d{2,4}(x\d{3})?` of 国临版 3.0.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ProcedureCode(String);

impl ProcedureCode {
    /// What a code looks like, for the caller.
    pub const SHAPE: &'static str = "must be two digits, a point and two to four digits, perhaps x and three digits";

    /// The code, if it has the shape.
    #[must_use]
    pub fn parse(text: &str) -> Option<ProcedureCode> {
        let digits = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
        let (chapter, rest) = text.split_once('.')?;
        let (detail, extension) = match rest.split_once('x') {
            Some((detail, extension)) => (detail, Some(extension)),
            None => (rest, None),
        };
        let shaped = chapter.len() == 2
            && digits(chapter)
            && matches!(detail.len(), 2..=4)
            && digits(detail)
            && extension.is_none_or(|part| part.len() == 3 && digits(part));
        shaped.then(|| ProcedureCode(text.to_owned()))
    }

    /// The code's text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// One line of a case.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Procedure {
    /// The code.
    pub code: ProcedureCode,
    /// The code system, 1 to 63 of `[a-z0-9._-]`.
    pub system: String,
    /// The system's version, 1 to 32 characters.
    pub version: String,
    /// Whether it is the main one.
    pub main: bool,
}

/// What was operated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Operation {
    /// 1 to 20 lines, exactly one of them main.
    pub procedures: Vec<Procedure>,
    /// 1 to 4.
    pub grade: Grade,
    /// Whose list graded it, 1 to 64 characters.
    pub grade_list: String,
    /// Who performed it.
    pub performer: Performer,
}

/// Most lines of a case.
pub const MOST_PROCEDURES: usize = 20;

/// Whether exactly one line is the main one.
#[must_use]
pub fn has_one_main(procedures: &[Procedure]) -> bool {
    procedures.iter().filter(|line| line.main).count() == 1
}

/// What a code system's name looks like, for the caller.
pub const SYSTEM_SHAPE: &str = "must be 1 to 63 of [a-z0-9._-]";

/// The name of a code system, if it has the shape.
///
/// # Errors
/// [`SYSTEM_SHAPE`].
pub fn system(text: &str) -> Result<String, &'static str> {
    let shaped = matches!(text.len(), 1..=63)
        && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'.' | b'_' | b'-'));
    if shaped { Ok(text.to_owned()) } else { Err(SYSTEM_SHAPE) }
}
