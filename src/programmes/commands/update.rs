//! Changing a programme: its fields, its counting unit, its end.
use crate::db::{Command, Context, Decision, Tx};
use crate::kernel::{Change, Error, Etag, ExternalId, Id, Mask, Reason, Result, Verb};
use crate::programmes::{Programme, ProgrammeState, SittingUnitVersion, store, with_sitting_unit};

/// Changes the fields that the mask names.
#[derive(Clone, Debug)]
pub struct UpdateProgramme {
    /// The programme.
    pub id: Id,
    /// Which fields.
    pub mask: Mask,
    /// What people call it.
    pub display_name: String,
    /// The county's six digits.
    pub division_code: String,
    /// In other systems.
    pub external_ids: Vec<ExternalId>,
    /// The etag that the caller read, if it cares.
    pub etag: Option<String>,
}

impl UpdateProgramme {
    /// What an update can change.
    pub const FIELDS: &'static [&'static str] = &["display_name", "division_code", "external_ids"];
}

impl Command for UpdateProgramme {
    type Facts = Programme;
    type Effects = Programme;
    type Output = Programme;
    const METHOD: &'static str = "ProgrammeService.UpdateProgramme";

    fn programme(&self) -> &Id {
        &self.id
    }

    async fn load(&self, tx: &mut Tx<'_>) -> Result<Programme> {
        store::get(tx, &self.id).await
    }

    fn decide(&self, mut programme: Programme, context: &Context<'_>) -> Result<Decision<Programme, Programme>> {
        check_etag(self.etag.as_deref(), &programme)?;
        if self.mask.has("display_name") {
            programme.display_name.clone_from(&self.display_name);
        }
        if self.mask.has("division_code") {
            programme.division_code.clone_from(&self.division_code);
        }
        if self.mask.has("external_ids") {
            programme.external_ids.clone_from(&self.external_ids);
        }
        Ok(changed(programme, Verb::UPDATE, context))
    }

    async fn apply(&self, programme: &Programme, tx: &mut Tx<'_>) -> Result<()> {
        store::update(tx, programme).await
    }

    async fn recall(&self, tx: &mut Tx<'_>, _names: &[String]) -> Result<Programme> {
        store::get(tx, &self.id).await
    }
}

/// Counts sittings by another unit from a later day on.
#[derive(Clone, Debug)]
pub struct SetSittingUnit {
    /// The programme.
    pub id: Id,
    /// From which day by which unit.
    pub version: SittingUnitVersion,
    /// The etag that the caller read, if it cares.
    pub etag: Option<String>,
}

impl Command for SetSittingUnit {
    type Facts = Programme;
    type Effects = Programme;
    type Output = Programme;
    const METHOD: &'static str = "ProgrammeService.SetSittingUnit";

    fn programme(&self) -> &Id {
        &self.id
    }

    async fn load(&self, tx: &mut Tx<'_>) -> Result<Programme> {
        store::get(tx, &self.id).await
    }

    fn decide(&self, mut programme: Programme, context: &Context<'_>) -> Result<Decision<Programme, Programme>> {
        check_etag(self.etag.as_deref(), &programme)?;
        let today = programme.zone.date_of(context.now);
        programme.sitting_units = with_sitting_unit(&programme.sitting_units, self.version, today)?;
        Ok(changed(programme, Verb::UPDATE, context))
    }

    async fn apply(&self, programme: &Programme, tx: &mut Tx<'_>) -> Result<()> {
        store::put_sitting_unit(tx, &self.id, &self.version).await?;
        store::update(tx, programme).await
    }

    async fn recall(&self, tx: &mut Tx<'_>, _names: &[String]) -> Result<Programme> {
        store::get(tx, &self.id).await
    }
}

/// Ends a programme for good.
#[derive(Clone, Debug)]
pub struct EndProgramme {
    /// The programme.
    pub id: Id,
    /// The etag that the caller read, if it cares.
    pub etag: Option<String>,
}

impl Command for EndProgramme {
    type Facts = Programme;
    type Effects = Programme;
    type Output = Programme;
    const METHOD: &'static str = "ProgrammeService.EndProgramme";
    const ENDS_PROGRAMME: bool = true;

    fn programme(&self) -> &Id {
        &self.id
    }

    async fn load(&self, tx: &mut Tx<'_>) -> Result<Programme> {
        store::get(tx, &self.id).await
    }

    fn decide(&self, mut programme: Programme, context: &Context<'_>) -> Result<Decision<Programme, Programme>> {
        check_etag(self.etag.as_deref(), &programme)?;
        if programme.state == ProgrammeState::Ended {
            let message = format!("{} has ended already", programme.name());
            let refusal = Error::refused(Reason::IllegalTransition, message).with("name", programme.name());
            return Err(refusal.with("state", "ENDED").with("verb", "end"));
        }
        programme.state = ProgrammeState::Ended;
        Ok(changed(programme, Verb::new("end"), context))
    }

    async fn apply(&self, programme: &Programme, tx: &mut Tx<'_>) -> Result<()> {
        store::update(tx, programme).await
    }

    async fn recall(&self, tx: &mut Tx<'_>, _names: &[String]) -> Result<Programme> {
        store::get(tx, &self.id).await
    }
}

fn check_etag(given: Option<&str>, programme: &Programme) -> Result<()> {
    Etag::check(given, &programme.name().to_string(), programme.meta.revision)
}

/// The programme at its next revision.
fn changed(mut programme: Programme, verb: Verb, context: &Context<'_>) -> Decision<Programme, Programme> {
    programme.meta = programme.meta.touched(context.now);
    let change = Change::new(programme.name(), verb, programme.meta.revision);
    Decision::new(programme.clone(), programme, vec![change])
}
