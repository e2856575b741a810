//! Creating a programme.
use crate::db::{Command, Context, Decision, Tx};
use crate::kernel::{Change, Error, ExternalId, Id, Meta, Result, Zone};
use crate::programmes::{Programme, ProgrammeState, SittingUnit, SittingUnitVersion, store};

/// Creates a programme, which counts sittings by the half-day from its first day on.
#[derive(Clone, Debug)]
pub struct CreateProgramme {
    /// Its id, the caller's or a fresh one.
    pub id: Id,
    /// What people call it.
    pub display_name: String,
    /// The county's six digits.
    pub division_code: String,
    /// The zone of its days.
    pub zone: Zone,
    /// In other systems.
    pub external_ids: Vec<ExternalId>,
}

impl Command for CreateProgramme {
    type Facts = bool;
    type Effects = Programme;
    type Output = Programme;
    const METHOD: &'static str = "ProgrammeService.CreateProgramme";
    const CREATES_PROGRAMME: bool = true;

    fn programme(&self) -> &Id {
        &self.id
    }

    /// Whether there is one with this id.
    async fn load(&self, tx: &mut Tx<'_>) -> Result<bool> {
        Ok(store::find(tx, &self.id).await?.is_some())
    }

    fn decide(&self, exists: bool, context: &Context<'_>) -> Result<Decision<Programme, Programme>> {
        if exists {
            return Err(Error::already_exists(format!("programmes/{}", self.id)));
        }
        let first_day = self.zone.date_of(context.now);
        let programme = Programme {
            id: self.id.clone(),
            display_name: self.display_name.clone(),
            division_code: self.division_code.clone(),
            zone: self.zone,
            state: ProgrammeState::Active,
            sitting_units: vec![SittingUnitVersion { from_date: first_day, unit: SittingUnit::HalfDay }],
            external_ids: self.external_ids.clone(),
            meta: Meta::new(context.now),
        };
        let change = Change::created(programme.name());
        Ok(Decision::new(programme.clone(), programme, vec![change]))
    }

    async fn apply(&self, programme: &Programme, tx: &mut Tx<'_>) -> Result<()> {
        store::insert(tx, programme).await
    }

    async fn recall(&self, tx: &mut Tx<'_>, _names: &[String]) -> Result<Programme> {
        store::get(tx, &self.id).await
    }
}
