//! Beginning checklists and ticking them off.
use super::People;
use crate::credentials::{Item, Onboarding, Onboardings, store::onboardings};
use crate::db::{Command, Context, Decision, Tx};
use crate::kernel::{Change, Error, Etag, Id, Meta, Name, Result};

/// Begins the checklist of an expert at a site.
#[derive(Debug)]
pub struct CreateOnboarding {
    /// The name to be.
    pub name: Name<Onboardings>,
    /// Who begins.
    pub expert: Id,
    /// Where.
    pub site: Id,
    /// What is to be done.
    pub items: Vec<Item>,
}

/// What a new checklist rests on.
#[derive(Debug)]
pub struct NewOnboarding {
    exists: bool,
    of_both: Option<Name<Onboardings>>,
    people: People,
}

impl Command for CreateOnboarding {
    type Facts = NewOnboarding;
    type Effects = Onboarding;
    type Output = Onboarding;
    const METHOD: &'static str = "OnboardingService.CreateOnboarding";

    fn programme(&self) -> &Id {
        self.name.programme()
    }

    async fn load(&self, tx: &mut Tx<'_>) -> Result<NewOnboarding> {
        let programme = self.name.programme();
        let (experts, sites) = (std::slice::from_ref(&self.expert), std::slice::from_ref(&self.site));
        let own = onboardings::of_expert(tx, programme, &self.expert).await?;
        Ok(NewOnboarding {
            exists: onboardings::find(tx, &self.name).await?.is_some(),
            of_both: own.into_iter().find(|other| other.site == self.site).map(|other| other.name),
            people: People::load(tx, programme, experts, sites).await?,
        })
    }

    fn decide(&self, known: NewOnboarding, context: &Context<'_>) -> Result<Decision<Onboarding, Onboarding>> {
        let taken = if known.exists { Some(self.name.clone()) } else { known.of_both };
        if let Some(taken) = taken {
            return Err(Error::already_exists(taken));
        }
        let programme = self.name.programme();
        known.people.must_have_expert(programme, &self.expert, "create_onboarding")?;
        known.people.zone(programme, &self.site)?;
        let onboarding = Onboarding {
            name: self.name.clone(),
            expert: self.expert.clone(),
            site: self.site.clone(),
            items: self.items.clone(),
            meta: Meta::new(context.now),
        };
        let change = Change::created(&onboarding.name);
        Ok(Decision::new(onboarding.clone(), onboarding, vec![change]))
    }

    async fn apply(&self, onboarding: &Onboarding, tx: &mut Tx<'_>) -> Result<()> {
        onboardings::insert(tx, onboarding).await
    }

    async fn recall(&self, tx: &mut Tx<'_>, names: &[String]) -> Result<Onboarding> {
        let made = names.first().and_then(|name| Name::parse(name).ok());
        onboardings::get(tx, made.as_ref().unwrap_or(&self.name)).await
    }
}

/// Replaces the items of a checklist.
#[derive(Debug)]
pub struct UpdateOnboarding {
    /// The checklist.
    pub name: Name<Onboardings>,
    /// The etag that the caller read, if it cares.
    pub etag: Option<String>,
    /// The items.
    pub items: Vec<Item>,
}

impl UpdateOnboarding {
    /// What an update can change.
    pub const FIELDS: &'static [&'static str] = &["items"];
}

impl Command for UpdateOnboarding {
    type Facts = Onboarding;
    type Effects = Onboarding;
    type Output = Onboarding;
    const METHOD: &'static str = "OnboardingService.UpdateOnboarding";

    fn programme(&self) -> &Id {
        self.name.programme()
    }

    async fn load(&self, tx: &mut Tx<'_>) -> Result<Onboarding> {
        onboardings::get(tx, &self.name).await
    }

    fn decide(&self, before: Onboarding, context: &Context<'_>) -> Result<Decision<Onboarding, Onboarding>> {
        Etag::check(self.etag.as_deref(), &before.name.to_string(), before.meta.revision)?;
        let after = Onboarding { items: self.items.clone(), meta: before.meta.touched(context.now), ..before };
        let change = Change::updated(&after.name, after.meta.revision);
        Ok(Decision::new(after.clone(), after, vec![change]))
    }

    async fn apply(&self, onboarding: &Onboarding, tx: &mut Tx<'_>) -> Result<()> {
        onboardings::update(tx, onboarding).await
    }

    async fn recall(&self, tx: &mut Tx<'_>, _names: &[String]) -> Result<Onboarding> {
        onboardings::get(tx, &self.name).await
    }
}
