//! Specialties by the register of clinical departments (医疗机构诊疗科目).
use std::fmt;

use serde::{Deserialize, Serialize};

/// A code of one to three levels of two digits: `03`, `03.04`, `03.04.01`. Whether the register has it isn't known here.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Specialty(String);

impl Specialty {
    /// How many one list of them has at most.
    pub const MAX_COUNT: usize = 100;

    /// Reads `\d{2}(\.\d{2}){0,2}`.
    ///
    /// # Errors
    /// The shape, where the text has another.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        let level = |part: &str| part.len() == 2 && part.bytes().all(|byte| byte.is_ascii_digit());
        let shaped = text.len() <= 8 && text.split('.').all(level);
        if shaped { Ok(Self(text.to_owned())) } else { Err("must be one to three levels of two digits, such as 03.04") }
    }

    /// Whether what is needed lies in this specialty: itself or below it. A parent covers its children, not the other way.
    #[must_use]
    pub fn covers(&self, needed: &Self) -> bool {
        needed.0.strip_prefix(&self.0).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    }

    /// The code.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// This specialty and every parent of it, the nearest first: what may cover it.
    #[must_use]
    pub fn with_parents(&self) -> Vec<Self> {
        (2..=self.0.len())
            .rev()
            .step_by(3)
            .filter_map(|end| self.0.get(..end))
            .map(|code| Self(code.to_owned()))
            .collect()
    }

    /// What an accessor of [`super::Fields`] answers for a field that it refused; never used after `check`.
    pub(super) fn placeholder() -> Self {
        Self("00".to_owned())
    }
}

impl fmt::Display for Specialty {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

impl TryFrom<String> for Specialty {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, &'static str> {
        Self::parse(&text)
    }
}

impl From<Specialty> for String {
    fn from(specialty: Specialty) -> Self {
        specialty.0
    }
}
