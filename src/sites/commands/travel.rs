//! Sets how long journeys between sites take.

use std::collections::{BTreeMap, HashMap};

use super::super::{Journey, Sites, store};
use crate::db::{Command, Context, Decision, Tx};
use crate::kernel::{Change, Error, Id, Name, Result, Timestamp, Verb};

/// Sets journeys, all or none; one without minutes is forgotten.
#[derive(Debug)]
pub struct SetTravelMinutes {
    /// Of which programme.
    pub programme: Id,
    /// The journeys, by origin and destination, none twice.
    pub journeys: Vec<Journey>,
}

/// What a change of journeys writes beside them: each origin's new revision, since when.
pub struct Departures {
    revisions: Vec<(Id, i64)>,
    now: Timestamp,
}

impl Command for SetTravelMinutes {
    type Facts = HashMap<Id, i64>;
    type Effects = Departures;
    type Output = Vec<Journey>;
    const METHOD: &'static str = "SiteService.SetTravelMinutes";

    fn programme(&self) -> &Id {
        &self.programme
    }

    async fn load(&self, tx: &mut Tx<'_>) -> Result<Self::Facts> {
        let mut ids: Vec<Id> =
            self.journeys.iter().flat_map(|each| [&each.origin, &each.destination]).cloned().collect();
        ids.sort();
        ids.dedup();
        store::revisions(tx, &self.programme, &ids).await
    }

    fn decide(&self, known: HashMap<Id, i64>, context: &Context<'_>) -> Result<Decision<Departures, Vec<Journey>>> {
        let name = |id: &Id| Name::<Sites>::new(self.programme.clone(), id.clone());
        let revision_of = |id: &Id| known.get(id).copied().ok_or_else(|| Error::not_found(name(id)));
        let mut revisions = BTreeMap::new();
        for journey in &self.journeys {
            revisions.insert(journey.origin.clone(), revision_of(&journey.origin)?.saturating_add(1));
            revision_of(&journey.destination)?;
        }
        let verb = Verb::new("set_travel_minutes");
        let changes = revisions.iter().map(|(id, revision)| Change::new(name(id), verb, *revision)).collect();
        let departures = Departures { revisions: revisions.into_iter().collect(), now: context.now };
        Ok(Decision::new(departures, self.journeys.clone(), changes))
    }

    async fn apply(&self, departures: &Departures, tx: &mut Tx<'_>) -> Result<()> {
        store::travel::set(tx, &self.programme, &self.journeys).await?;
        store::touch(tx, &self.programme, &departures.revisions, departures.now).await
    }

    async fn recall(&self, tx: &mut Tx<'_>, _names: &[String]) -> Result<Vec<Journey>> {
        let pairs: Vec<_> = self.journeys.iter().map(|each| (each.origin.clone(), each.destination.clone())).collect();
        let minutes = tx.ask(store::travel::minutes(&self.programme, &pairs)).await?;
        let journey = |pair: (Id, Id)| {
            let minutes = minutes.get(&pair).copied();
            Journey { origin: pair.0, destination: pair.1, minutes }
        };
        Ok(pairs.into_iter().map(journey).collect())
    }
}
