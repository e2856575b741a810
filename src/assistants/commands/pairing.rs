//! Pairs experts with assistants, and changes and ends pairings.

use crate::assistants::{Assistant, Assistants, Pairing, PairingRole, Pairings, admitted, store};
use crate::db::{Command, Context, Decision, Tx, external_ids};
use crate::experts::{self, Days, Experts, Roster};
use crate::kernel::{
    Change, Collection as _, Date, Error, Etag, ExternalId, Id, Meta, Name, Reason, Result, Timestamp, Verb,
};

/// What the rule of pairings looks at.
pub struct Around {
    roster: Roster,
    assistant: Assistant,
    others: Vec<Pairing>,
    taken: Vec<(ExternalId, Id)>,
}

impl Around {
    /// Errors: `RESOURCE_NOT_FOUND` for the expert or the assistant.
    async fn load(
        tx: &mut Tx<'_>,
        pairing: &Name<Pairings>,
        (expert, assistant): (&Id, &Id),
        external_ids: &[ExternalId],
    ) -> Result<Self> {
        let programme = pairing.programme();
        let mut rosters = experts::store::rosters(tx, programme, std::slice::from_ref(expert)).await?;
        let expert_name = || Name::<Experts>::new(programme.clone(), expert.clone());
        let roster = rosters.remove(expert).ok_or_else(|| Error::not_found(expert_name()))?;
        let id = Some(pairing.id());
        Ok(Around {
            roster,
            assistant: store::get(tx, &Name::<Assistants>::new(programme.clone(), assistant.clone())).await?,
            others: store::pairings::of_experts(tx, programme, std::slice::from_ref(expert)).await?,
            taken: external_ids::taken(tx, programme, Pairings::COLLECTION, external_ids, id).await?,
        })
    }

    async fn of(tx: &mut Tx<'_>, pairing: &Pairing, external_ids: &[ExternalId]) -> Result<Self> {
        Around::load(tx, &pairing.name, (&pairing.expert, &pairing.assistant), external_ids).await
    }

    fn admits(&self, pairing: &Pairing) -> Result<()> {
        external_ids::refuse_taken(pairing.name.programme(), Pairings::COLLECTION, self.taken.clone())?;
        admitted(pairing, &self.others, &self.roster, &self.assistant)
    }
}

/// Pairs an expert with an assistant at the assistant's site.
#[derive(Debug)]
pub struct CreatePairing {
    /// The name to be.
    pub name: Name<Pairings>,
    /// The expert.
    pub expert: Id,
    /// The assistant.
    pub assistant: Id,
    /// What the assistant is to the expert.
    pub role: PairingRole,
    /// On which days.
    pub days: Days,
    /// Identifiers in other systems.
    pub external_ids: Vec<ExternalId>,
}

impl Command for CreatePairing {
    type Facts = (Around, bool);
    type Effects = Pairing;
    type Output = Pairing;
    const METHOD: &'static str = "PairingService.CreatePairing";

    fn programme(&self) -> &Id {
        self.name.programme()
    }

    async fn load(&self, tx: &mut Tx<'_>) -> Result<(Around, bool)> {
        let around = Around::load(tx, &self.name, (&self.expert, &self.assistant), &self.external_ids).await?;
        Ok((around, store::pairings::find(tx, &self.name).await?.is_some()))
    }

    fn decide(&self, facts: (Around, bool), context: &Context<'_>) -> Result<Decision<Pairing, Pairing>> {
        let (around, exists) = facts;
        if exists {
            return Err(Error::already_exists(&self.name));
        }
        let pairing = Pairing {
            name: self.name.clone(),
            expert: self.expert.clone(),
            assistant: self.assistant.clone(),
            site: around.assistant.site.clone(),
            role: self.role,
            days: self.days,
            external_ids: self.external_ids.clone(),
            meta: Meta::new(context.now),
        };
        around.admits(&pairing)?;
        Ok(Decision::new(pairing.clone(), pairing, vec![Change::created(&self.name)]))
    }

    async fn apply(&self, pairing: &Pairing, tx: &mut Tx<'_>) -> Result<()> {
        store::pairings::insert(tx, pairing).await
    }

    async fn recall(&self, tx: &mut Tx<'_>, names: &[String]) -> Result<Pairing> {
        let name = names.iter().find_map(|name| Name::parse(name).ok());
        store::pairings::get(tx, &name.ok_or(Error::Internal("a replay without the pairing's name"))?).await
    }
}

/// Changes a pairing's fields.
#[derive(Debug)]
pub struct UpdatePairing {
    /// Which pairing.
    pub name: Name<Pairings>,
    /// The etag that the caller read, if it cares.
    pub etag: Option<String>,
    /// The new values.
    pub patch: PairingPatch,
}

/// New values; what is `None` stays.
#[derive(Debug, Default)]
pub struct PairingPatch {
    /// What the assistant is to the expert.
    pub role: Option<PairingRole>,
    /// First day.
    pub from: Option<Date>,
    /// Last day, or none any more.
    pub to: Option<Option<Date>>,
    /// Identifiers in other systems.
    pub external_ids: Option<Vec<ExternalId>>,
}

impl Command for UpdatePairing {
    type Facts = (Pairing, Around);
    type Effects = Pairing;
    type Output = Pairing;
    const METHOD: &'static str = "PairingService.UpdatePairing";

    fn programme(&self) -> &Id {
        self.name.programme()
    }

    async fn load(&self, tx: &mut Tx<'_>) -> Result<(Pairing, Around)> {
        let pairing = store::pairings::get(tx, &self.name).await?;
        let external_ids = self.patch.external_ids.as_deref().unwrap_or_default();
        let around = Around::of(tx, &pairing, external_ids).await?;
        Ok((pairing, around))
    }

    fn decide(&self, facts: (Pairing, Around), context: &Context<'_>) -> Result<Decision<Pairing, Pairing>> {
        let (before, around) = facts;
        Etag::check(self.etag.as_deref(), &self.name.to_string(), before.meta.revision)?;
        let days = Days::new(self.patch.from.unwrap_or(before.days.from), self.patch.to.unwrap_or(before.days.to));
        let unordered = || Error::field("pairing.to_date", Reason::Inconsistent, "must not be before from_date");
        let after = Pairing {
            role: self.patch.role.unwrap_or(before.role),
            days: days.ok_or_else(unordered)?,
            external_ids: self.patch.external_ids.as_ref().unwrap_or(&before.external_ids).clone(),
            ..before
        };
        around.admits(&after)?;
        Ok(changed(after, Verb::UPDATE, context.now))
    }

    async fn apply(&self, pairing: &Pairing, tx: &mut Tx<'_>) -> Result<()> {
        store::pairings::update(tx, pairing).await
    }

    async fn recall(&self, tx: &mut Tx<'_>, _names: &[String]) -> Result<Pairing> {
        store::pairings::get(tx, &self.name).await
    }
}

/// Ends a pairing on a day, or moves its end.
#[derive(Debug)]
pub struct EndPairing {
    /// Which pairing.
    pub name: Name<Pairings>,
    /// The etag that the caller read, if it cares.
    pub etag: Option<String>,
    /// The last day.
    pub to: Date,
}

impl Command for EndPairing {
    type Facts = (Pairing, Around);
    type Effects = Pairing;
    type Output = Pairing;
    const METHOD: &'static str = "PairingService.EndPairing";

    fn programme(&self) -> &Id {
        self.name.programme()
    }

    async fn load(&self, tx: &mut Tx<'_>) -> Result<(Pairing, Around)> {
        let pairing = store::pairings::get(tx, &self.name).await?;
        let around = Around::of(tx, &pairing, &[]).await?;
        Ok((pairing, around))
    }

    fn decide(&self, facts: (Pairing, Around), context: &Context<'_>) -> Result<Decision<Pairing, Pairing>> {
        let (before, around) = facts;
        Etag::check(self.etag.as_deref(), &self.name.to_string(), before.meta.revision)?;
        let unordered = || Error::field("to_date", Reason::Inconsistent, "must not be before the pairing's first day");
        let days = Days::new(before.days.from, Some(self.to)).ok_or_else(unordered)?;
        let after = Pairing { days, ..before };
        around.admits(&after)?;
        Ok(changed(after, Verb::new("end"), context.now))
    }

    async fn apply(&self, pairing: &Pairing, tx: &mut Tx<'_>) -> Result<()> {
        store::pairings::update(tx, pairing).await
    }

    async fn recall(&self, tx: &mut Tx<'_>, _names: &[String]) -> Result<Pairing> {
        store::pairings::get(tx, &self.name).await
    }
}

fn changed(mut after: Pairing, verb: Verb, now: Timestamp) -> Decision<Pairing, Pairing> {
    after.meta = after.meta.touched(now);
    let change = Change::new(&after.name, verb, after.meta.revision);
    Decision::new(after.clone(), after, vec![change])
}
