//! Onboarding: what an expert is shown and given when beginning at a site, ticked off by day.
//!
//! A checklist informs; it refuses no plan. What stands on it is the programme's own choice.
use crate::kernel::{Collection, Date, Id, Meta, Name};

/// The collection `onboardings`.
pub enum Onboardings {}

impl Collection for Onboardings {
    const COLLECTION: &'static str = "onboardings";
}

/// The most items of a checklist.
pub const MOST_ITEMS: usize = 50;

/// The checklist of one expert at one site; there is at most one for both.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Onboarding {
    /// `programmes/{programme}/onboardings/{onboarding}`.
    pub name: Name<Onboardings>,
    /// Who begins.
    pub expert: Id,
    /// Where.
    pub site: Id,
    /// What is to be done, 1 to [`MOST_ITEMS`], none twice.
    pub items: Vec<Item>,
    /// Revision and times.
    pub meta: Meta,
}

/// One thing to be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// What, 1 to 128 characters.
    pub item: String,
    /// The day on which it was done.
    pub done: Option<Date>,
}

impl Onboarding {
    /// Whether everything is done.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.items.iter().all(|item| item.done.is_some())
    }

    /// The items of two checklists of one expert at one site: all of this one's, then what only the other has; done is done, on the
    /// earlier day.
    #[must_use]
    pub fn joined(&self, other: &Onboarding) -> Vec<Item> {
        let same = |item: &Item| other.items.iter().find(|theirs| theirs.item == item.item);
        let own = self.items.iter().map(|item| Item {
            item: item.item.clone(),
            done: item.done.into_iter().chain(same(item).and_then(|theirs| theirs.done)).min(),
        });
        let new = other.items.iter().filter(|theirs| self.items.iter().all(|item| item.item != theirs.item));
        own.chain(new.cloned()).take(MOST_ITEMS).collect()
    }

    /// How large it is in an answer, in bytes, at most.
    #[must_use]
    pub fn bytes(&self) -> usize {
        let name = 95 + self.name.programme().as_str().len();
        200 + 3 * name + self.items.iter().map(|item| 30 + item.item.len()).sum::<usize>()
    }
}
