//! What can be done about persons: one struct per use case, and what they share.
mod erase;
mod lift;
mod restrict;
mod tokens;

pub use erase::{DestroyKeys, ErasePerson};
pub use lift::LiftRestriction;
pub use restrict::RestrictPerson;
pub use tokens::settle;

use super::{Person, PersonRestrictions, Restriction, store};
use crate::assistants::{self, Assistant};
use crate::db::Tx;
use crate::experts::{self, Expert};
use crate::kernel::{Change, Error, Id, Name, Result, Timestamp, Verb};

/// The records of an expert, duplicates that were merged into it too, or of an assistant.
#[derive(Debug, Default)]
pub struct Own {
    experts: Vec<Expert>,
    assistant: Option<Assistant>,
}

impl Own {
    async fn load(tx: &mut Tx<'_>, programme: &Id, person: &Person) -> Result<Own> {
        let mut own = Own::default();
        match person {
            Person::Expert(id) => {
                let ids = experts::store::merged(tx, programme).await?.known_as(id);
                let mut found = experts::store::many(tx, programme, &ids).await?;
                own.experts = ids.iter().filter_map(|id| found.remove(id)).collect();
            }
            Person::Assistant(id) => {
                own.assistant = assistants::store::find(tx, &Name::new(programme.clone(), id.clone())).await?;
            }
            Person::Patient(_) => {}
        }
        Ok(own)
    }
}

/// Records as they were and as they will be.
#[derive(Debug, Default)]
pub struct Step {
    experts: Vec<(Expert, Expert)>,
    assistant: Option<(Assistant, Assistant)>,
}

impl Step {
    /// Counts the revisions on, and says what changed.
    fn touched(&mut self, now: Timestamp) -> Vec<Change> {
        let mut changes = Vec::new();
        for (before, after) in &mut self.experts {
            after.meta = before.meta.touched(now);
            let paused = before.roster.standing != after.roster.standing;
            let verb = if paused { Verb::new("pause") } else { Verb::UPDATE };
            changes.push(Change::new(&after.name, verb, after.meta.revision));
        }
        if let Some((before, after)) = &mut self.assistant {
            after.meta = before.meta.touched(now);
            changes.push(Change::new(&after.name, Verb::UPDATE, after.meta.revision));
        }
        changes
    }

    async fn apply(&self, tx: &mut Tx<'_>) -> Result<()> {
        for (before, after) in &self.experts {
            experts::store::update(tx, before, after).await?;
        }
        if let Some((before, after)) = &self.assistant {
            assistants::store::update(tx, before, after).await?;
        }
        Ok(())
    }
}

/// The restriction that a first run touched, as it is now.
async fn recalled(tx: &mut Tx<'_>, names: &[String]) -> Result<Restriction> {
    let name = names.iter().find_map(|name| Name::<PersonRestrictions>::parse(name).ok());
    store::get(tx, &name.ok_or(Error::Internal("a replay without the restriction's name"))?).await
}
