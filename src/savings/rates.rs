//! Which number is taken: what a record gives itself, or else the tariff in force on the service date.

use serde::{Deserialize, Serialize};

use super::tariff::{Book, Key, facing};
use super::{Cases, Component, ProvenanceClass, Side, Source};
use crate::kernel::{Date, Result};

/// A number that a record gives itself: a receipt's, a bill's, or somebody's word.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Given {
    /// What is priced.
    pub component: Component,
    /// In which world.
    pub side: Side,
    /// How many of them at this price; none: as many as the policy says.
    pub quantity: Option<i64>,
    /// Low, base and high, in the component's unit.
    pub values: Cases<i64>,
    /// ITEMISED for receipts and bills, DECLARED for a word, NONE where nothing says it.
    pub class: ProvenanceClass,
    /// The document; empty where there is none.
    pub document: String,
}

/// A number, and where it comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rate {
    /// In the component's unit, as the cases of its side.
    pub values: Cases<i64>,
    /// How strong it is.
    pub class: ProvenanceClass,
    /// Where it comes from.
    pub source: Source,
}

/// What an estimate may take its numbers from.
#[derive(Debug, Clone, Copy)]
pub struct Rates<'a> {
    /// The tariffs.
    pub book: &'a Book,
    /// The record's own numbers; at most one for a component and side.
    pub given: &'a [Given],
    /// The service date.
    pub date: Date,
}

impl Rates<'_> {
    /// The record's own number.
    #[must_use]
    pub fn given(&self, component: Component, side: Side) -> Option<(Rate, Option<i64>)> {
        let given = self.given.iter().find(|given| given.component == component && given.side == side)?;
        let rate = Rate {
            values: facing(component, side, given.values),
            class: given.class,
            source: Source::Document(given.document.clone()),
        };
        Some((rate, given.quantity))
    }

    /// The record's own number, or else the tariff's.
    ///
    /// # Errors
    /// `TARIFF_GAP`.
    pub fn of(&self, side: Side, key: &Key) -> Result<Rate> {
        match self.given(key.component, side) {
            Some((rate, _)) => Ok(rate),
            None => {
                let version = self.book.on(key, self.date)?;
                let source =
                    Source::Tariff { tariff: version.id.as_str().to_owned(), published: version.source.clone() };
                let values = facing(key.component, side, version.values);
                Ok(Rate { values, class: ProvenanceClass::Tariff, source })
            }
        }
    }
}
