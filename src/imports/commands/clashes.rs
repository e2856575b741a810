//! Rows of one file that can't stand beside each other, found before anything is written: checked one by one against the
//! database, each of them would pass.

use std::collections::HashMap;

use super::steps::Step;
use super::trouble::Place;
use crate::assistants::Pairing;
use crate::hospitals::NameKey;
use crate::imports::Problem;
use crate::imports::headers::Column;
use crate::kernel::{Id, Meta, Reason, Timestamp};

/// What the rows so far have taken, and on which line.
pub(super) struct Taken {
    now: Timestamp,
    ids: HashMap<String, u32>,
    names: HashMap<NameKey, u32>,
    pairings: HashMap<Id, Vec<(Pairing, u32)>>,
}

impl Taken {
    pub(super) fn nothing(now: Timestamp) -> Self {
        Self { now, ids: HashMap::new(), names: HashMap::new(), pairings: HashMap::new() }
    }

    /// Takes what a row takes, or says which earlier line has it.
    pub(super) fn take(&mut self, step: &Step, place: Place<'_>) -> Option<Problem> {
        let clash = |column, reason, line: &u32, what: &str| {
            Some(place.problem(Some(column), reason, format!("line {line} of this file {what}")))
        };
        let id = step.id();
        if let Some(line) = self.ids.get(&id) {
            return clash(Column::Id, Reason::Duplicate, line, "has this number in other letters");
        }
        if let Step::Hospital(create) = step {
            let taken = create.profile.names().find_map(|(key, _)| self.names.get(&key));
            if let Some(line) = taken {
                return clash(Column::DisplayName, Reason::HospitalNameTaken, line, "is known by this name or alias");
            }
            self.names.extend(create.profile.names().map(|(key, _)| (key, place.line)));
        }
        if let Step::Pairing { create, site } = step {
            let pairing = Pairing {
                name: create.name.clone(),
                expert: create.expert.clone(),
                assistant: create.assistant.clone(),
                site: site.clone(),
                role: create.role,
                days: create.days,
                external_ids: Vec::new(),
                meta: Meta::new(self.now),
            };
            let others = self.pairings.entry(create.expert.clone()).or_default();
            if let Some((_, line)) = others.iter().find(|(other, _)| pairing.doubles(other).is_some()) {
                return clash(
                    Column::Assistant,
                    Reason::PairedAlready,
                    line,
                    "pairs the same two on some of these days",
                );
            }
            if let Some((_, line)) = others.iter().find(|(other, _)| pairing.primary_with(other).is_some()) {
                return clash(
                    Column::PairingRole,
                    Reason::PrimaryTaken,
                    line,
                    "has another primary assistant there then",
                );
            }
            others.push((pairing, place.line));
        }
        self.ids.insert(id, place.line);
        None
    }
}
