//! Creating visits.
use super::{Surroundings, recalled};
use crate::db::{Command, Context, Decision, Tx};
use crate::kernel::{Change, Error, Id, Meta, Name, Result};
use crate::visits::{Profile, Visit, VisitState, Visits, discrepancies, must_fit, store};

/// Creates a visit, OPEN.
#[derive(Debug)]
pub struct CreateVisit {
    /// The name to be.
    pub name: Name<Visits>,
    /// Whose trip.
    pub expert: Id,
    /// When, where, and the sessions inside.
    pub profile: Profile,
}

/// What a new visit rests on.
#[derive(Debug)]
pub struct NewVisit {
    exists: bool,
    around: Surroundings,
}

impl Command for CreateVisit {
    type Facts = NewVisit;
    type Effects = Visit;
    type Output = Visit;
    const METHOD: &'static str = "VisitService.CreateVisit";

    fn programme(&self) -> &Id {
        self.name.programme()
    }

    async fn load(&self, tx: &mut Tx<'_>) -> Result<NewVisit> {
        let exists = store::find(tx, &self.name).await?.is_some();
        Ok(NewVisit { exists, around: Surroundings::load(tx, &self.name, &self.expert, &self.profile).await? })
    }

    fn decide(&self, NewVisit { exists, around }: NewVisit, context: &Context<'_>) -> Result<Decision<Visit, Visit>> {
        if exists {
            return Err(Error::already_exists(&self.name));
        }
        around.check_external_ids()?;
        let discrepancies = discrepancies(&self.profile, &around.sessions);
        must_fit(&discrepancies)?;
        around.must_keep_to_charter(&self.profile, context.now)?;
        let visit = Visit {
            name: self.name.clone(),
            expert: self.expert.clone(),
            profile: self.profile.clone(),
            state: VisitState::Open,
            place: around.place(&self.profile),
            discrepancies,
            meta: Meta::new(context.now),
        };
        let change = Change::created(&visit.name);
        Ok(Decision::new(visit.clone(), visit, vec![change]))
    }

    async fn apply(&self, visit: &Visit, tx: &mut Tx<'_>) -> Result<()> {
        store::insert(tx, visit).await
    }

    async fn recall(&self, tx: &mut Tx<'_>, names: &[String]) -> Result<Visit> {
        let made = names.first().and_then(|name| Name::parse(name).ok());
        recalled(tx, made.as_ref().unwrap_or(&self.name)).await
    }
}
