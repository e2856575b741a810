//! Changes an expert's fields.

use super::{Obstacles, Step, checked, recalled};
use crate::db::{Command, Context, Decision, Tx};
use crate::experts::{
    Affiliation, Expert, ExpertTitle, Experts, HomeTie, LicenceNumber, LicenceSecret, Profile, Scope, hospitals_of,
    store,
};
use crate::kernel::{Date, Error, ExternalId, Id, Name, Reason, Result, Specialty, Verb};

/// Changes an expert's fields.
#[derive(Debug)]
pub struct UpdateExpert {
    /// Which expert.
    pub name: Name<Experts>,
    /// The etag that the caller read, if it cares.
    pub etag: Option<String>,
    /// The new values.
    pub patch: Patch,
    /// Becomes the programme's secret if it has none and a licence is given.
    pub secret: LicenceSecret,
}

/// New values; what is `None` stays.
#[derive(Debug, Default)]
pub struct Patch {
    /// See [`Profile::display_name`].
    pub display_name: Option<String>,
    /// See [`Profile::title`].
    pub title: Option<ExpertTitle>,
    /// See [`Profile::specialties`].
    pub specialties: Option<Vec<Specialty>>,
    /// See [`Profile::affiliations`].
    pub affiliations: Option<Vec<Affiliation>>,
    /// See [`Profile::home_ties`].
    pub home_ties: Option<Vec<HomeTie>>,
    /// See [`Profile::scope`].
    pub scope: Option<Scope>,
    /// See [`Profile::external_ids`].
    pub external_ids: Option<Vec<ExternalId>>,
    /// First day on the roster.
    pub entry: Option<Date>,
    /// Another licence, or none any more.
    pub licence: Option<Option<LicenceNumber>>,
}

impl Patch {
    fn applied(&self, profile: &Profile) -> Profile {
        let Profile { display_name, title, specialties, affiliations, home_ties, scope, external_ids } = profile;
        Profile {
            display_name: self.display_name.as_ref().unwrap_or(display_name).clone(),
            title: self.title.unwrap_or(*title),
            specialties: self.specialties.as_ref().unwrap_or(specialties).clone(),
            affiliations: self.affiliations.as_ref().unwrap_or(affiliations).clone(),
            home_ties: self.home_ties.as_ref().unwrap_or(home_ties).clone(),
            scope: self.scope.as_ref().unwrap_or(scope).clone(),
            external_ids: self.external_ids.as_ref().unwrap_or(external_ids).clone(),
        }
    }
}

/// What is written.
pub struct Effects {
    step: Step,
    new_secret: Option<LicenceSecret>,
}

impl Command for UpdateExpert {
    type Facts = (Expert, Obstacles);
    type Effects = Effects;
    type Output = Expert;
    const METHOD: &'static str = "ExpertService.UpdateExpert";

    fn programme(&self) -> &Id {
        self.name.programme()
    }

    async fn load(&self, tx: &mut Tx<'_>) -> Result<(Expert, Obstacles)> {
        let expert = store::get(tx, &self.name).await?;
        let external_ids = self.patch.external_ids.as_deref().unwrap_or_default();
        let hospitals = hospitals_of(self.patch.affiliations.as_deref().unwrap_or_default());
        let licence = self.patch.licence.as_ref().and_then(Option::as_ref).map(|number| (number, &self.secret));
        let obstacles = Obstacles::load(tx, &self.name, external_ids, &hospitals, licence).await?;
        Ok((expert, obstacles))
    }

    fn decide(&self, facts: (Expert, Obstacles), context: &Context<'_>) -> Result<Decision<Effects, Expert>> {
        let (expert, obstacles) = facts;
        let before = checked(expert, self.etag.as_deref())?;
        before.roster.changeable(&before.name, "update")?;
        obstacles.none(&self.name)?;
        let mut after = Expert { profile: self.patch.applied(&before.profile), ..before.clone() };
        after.roster.entry = self.patch.entry.unwrap_or(before.roster.entry);
        if after.roster.exit.is_some_and(|exit| exit < after.roster.entry) {
            let text = "must not be after the roster exit";
            return Err(Error::field("expert.roster_entry_date", Reason::Inconsistent, text));
        }
        let mut new_secret = None;
        if self.patch.licence.is_some() {
            (after.licence, new_secret) = match obstacles.licence {
                Some(licensed) => (Some(licensed.hash), licensed.new_secret),
                None => (None, None),
            };
        }
        let Decision { effects, output, changes, facts } = Step { before, after }.decided(Verb::UPDATE, context.now);
        Ok(Decision { effects: Effects { step: effects, new_secret }, output, changes, facts })
    }

    async fn apply(&self, effects: &Effects, tx: &mut Tx<'_>) -> Result<()> {
        if let Some(secret) = &effects.new_secret {
            store::keep_secret(tx, self.name.programme(), secret).await?;
        }
        effects.step.apply(tx).await
    }

    async fn recall(&self, tx: &mut Tx<'_>, names: &[String]) -> Result<Expert> {
        recalled(tx, names).await
    }
}
