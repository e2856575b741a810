//! Field masks of updates.
use super::{Fields, Reason};

/// Which fields an update writes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mask(Vec<&'static str>);

impl Mask {
    /// Reads the paths of `update_mask`. None, or `*` alone, means all the allowed fields; an unknown path is a violation.
    pub fn parse(fields: &mut Fields, paths: &[String], allowed: &[&'static str]) -> Self {
        if paths.is_empty() || matches!(paths, [all] if all == "*") {
            return Self(allowed.to_vec());
        }
        let mut chosen = Vec::new();
        for (index, path) in paths.iter().enumerate() {
            match allowed.iter().find(|field| *field == path) {
                Some(field) if chosen.contains(field) => {}
                Some(field) => chosen.push(*field),
                None => {
                    let text = format!("must be one of {}", allowed.join(", "));
                    fields.refuse(&format!("update_mask.paths[{index}]"), Reason::NotUpdatable, text);
                }
            }
        }
        Self(chosen)
    }

    /// Whether the update writes this field.
    #[must_use]
    pub fn has(&self, field: &str) -> bool {
        self.0.contains(&field)
    }

    /// The fields that the update writes.
    pub fn iter(&self) -> impl Iterator<Item = &'static str> {
        self.0.iter().copied()
    }
}
