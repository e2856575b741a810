//! Enters, changes and ends assistants.

use super::PairingChanges;
use crate::assistants::{Absence, Assistant, Assistants, Pairing, Profile, cut_at, store};
use crate::db::{Command, Context, Decision, Tx, external_ids};
use crate::experts::Days;
use crate::kernel::{Change, Collection as _, Date, Error, Etag, ExternalId, Id, Meta, Name, Result, Specialty, Verb};
use crate::sites::{self, Sites};

/// Enters an assistant.
#[derive(Debug)]
pub struct CreateAssistant {
    /// The name to be.
    pub name: Name<Assistants>,
    /// Where the assistant is stationed.
    pub site: Id,
    /// The assistant's fields.
    pub profile: Profile,
}

/// What a creation rests on.
pub struct Room {
    exists: bool,
    site_exists: bool,
    taken: Vec<(ExternalId, Id)>,
}

impl Command for CreateAssistant {
    type Facts = Room;
    type Effects = Assistant;
    type Output = Assistant;
    const METHOD: &'static str = "AssistantService.CreateAssistant";

    fn programme(&self) -> &Id {
        self.name.programme()
    }

    fn touches(&self) -> Option<Vec<String>> {
        let own = std::iter::once(format!("id {}", self.name.id()));
        Some(own.chain(external_ids::touched(&self.profile.external_ids)).collect())
    }

    async fn load(&self, tx: &mut Tx<'_>) -> Result<Room> {
        let programme = self.name.programme();
        let own = store::named(programme, std::slice::from_ref(self.name.id()));
        let site = sites::store::briefs_asked(programme, std::slice::from_ref(&self.site));
        let external_ids = &self.profile.external_ids;
        let taken = external_ids::taken_asked(programme, Assistants::COLLECTION, external_ids, None);
        let (own, (site, taken)) = tx.ask(own.and(site.and(taken))).await?;
        Ok(Room { exists: !own.is_empty(), site_exists: !site.is_empty(), taken })
    }

    fn decide(&self, room: Room, context: &Context<'_>) -> Result<Decision<Assistant, Assistant>> {
        let programme = self.name.programme();
        if room.exists {
            return Err(Error::already_exists(&self.name));
        }
        if !room.site_exists {
            return Err(Error::not_found(Name::<Sites>::new(programme.clone(), self.site.clone())));
        }
        external_ids::refuse_taken(programme, Assistants::COLLECTION, room.taken)?;
        let assistant = Assistant {
            name: self.name.clone(),
            site: self.site.clone(),
            profile: self.profile.clone(),
            end: None,
            meta: Meta::new(context.now),
        };
        Ok(Decision::new(assistant.clone(), assistant, vec![Change::created(&self.name)]))
    }

    async fn apply(&self, assistant: &Assistant, tx: &mut Tx<'_>) -> Result<()> {
        store::insert(tx, assistant).await
    }

    async fn recall(&self, tx: &mut Tx<'_>, names: &[String]) -> Result<Assistant> {
        // The id may have been made up anew for the replay: the first run's name counts.
        let name = names.iter().find_map(|name| Name::parse(name).ok());
        store::get(tx, &name.ok_or(Error::Internal("a replay without the assistant's name"))?).await
    }
}

/// Changes an assistant's fields.
#[derive(Debug)]
pub struct UpdateAssistant {
    /// Which assistant.
    pub name: Name<Assistants>,
    /// The etag that the caller read, if it cares.
    pub etag: Option<String>,
    /// The new values.
    pub patch: AssistantPatch,
}

/// New values; what is `None` stays.
#[derive(Debug, Default)]
pub struct AssistantPatch {
    /// See [`Profile::display_name`].
    pub display_name: Option<String>,
    /// See [`Profile::specialties`].
    pub specialties: Option<Vec<Specialty>>,
    /// See [`Profile::licence`].
    pub licence: Option<Option<Days>>,
    /// See [`Profile::absences`].
    pub absences: Option<Vec<Absence>>,
    /// See [`Profile::external_ids`].
    pub external_ids: Option<Vec<ExternalId>>,
}

impl AssistantPatch {
    fn applied(&self, profile: &Profile) -> Profile {
        let Profile { display_name, specialties, licence, absences, external_ids } = profile;
        Profile {
            display_name: self.display_name.as_ref().unwrap_or(display_name).clone(),
            specialties: self.specialties.as_ref().unwrap_or(specialties).clone(),
            licence: self.licence.unwrap_or(*licence),
            absences: self.absences.as_ref().unwrap_or(absences).clone(),
            external_ids: self.external_ids.as_ref().unwrap_or(external_ids).clone(),
        }
    }
}

/// What an update rests on.
pub struct Present {
    assistant: Assistant,
    taken: Vec<(ExternalId, Id)>,
}

/// An assistant before and after a command.
pub struct Step {
    before: Assistant,
    after: Assistant,
}

impl Command for UpdateAssistant {
    type Facts = Present;
    type Effects = Step;
    type Output = Assistant;
    const METHOD: &'static str = "AssistantService.UpdateAssistant";

    fn programme(&self) -> &Id {
        self.name.programme()
    }

    async fn load(&self, tx: &mut Tx<'_>) -> Result<Present> {
        let (programme, id) = (self.name.programme(), self.name.id());
        let external_ids = self.patch.external_ids.as_deref().unwrap_or_default();
        Ok(Present {
            assistant: store::get(tx, &self.name).await?,
            taken: external_ids::taken(tx, programme, Assistants::COLLECTION, external_ids, Some(id)).await?,
        })
    }

    fn decide(&self, present: Present, context: &Context<'_>) -> Result<Decision<Step, Assistant>> {
        let before = present.assistant;
        Etag::check(self.etag.as_deref(), &self.name.to_string(), before.meta.revision)?;
        external_ids::refuse_taken(self.name.programme(), Assistants::COLLECTION, present.taken)?;
        let mut after = Assistant { profile: self.patch.applied(&before.profile), ..before.clone() };
        after.meta = before.meta.touched(context.now);
        let change = Change::updated(&self.name, after.meta.revision);
        Ok(Decision::new(Step { before, after: after.clone() }, after, vec![change]))
    }

    async fn apply(&self, step: &Step, tx: &mut Tx<'_>) -> Result<()> {
        store::update(tx, &step.before, &step.after).await
    }

    async fn recall(&self, tx: &mut Tx<'_>, _names: &[String]) -> Result<Assistant> {
        store::get(tx, &self.name).await
    }
}

/// Ends an assistant's time at the site, and the pairings that would outlast it.
#[derive(Debug)]
pub struct EndAssistant {
    /// Which assistant.
    pub name: Name<Assistants>,
    /// The etag that the caller read, if it cares.
    pub etag: Option<String>,
    /// The last day at the site.
    pub end: Date,
}

/// What an end rests on.
pub struct Leaver {
    assistant: Assistant,
    pairings: Vec<Pairing>,
}

impl Command for EndAssistant {
    type Facts = Leaver;
    type Effects = (Step, PairingChanges);
    type Output = Assistant;
    const METHOD: &'static str = "AssistantService.EndAssistant";

    fn programme(&self) -> &Id {
        self.name.programme()
    }

    async fn load(&self, tx: &mut Tx<'_>) -> Result<Leaver> {
        let (programme, id) = (self.name.programme(), self.name.id());
        Ok(Leaver {
            assistant: store::get(tx, &self.name).await?,
            pairings: store::pairings::of_assistant(tx, programme, id).await?,
        })
    }

    fn decide(&self, leaver: Leaver, context: &Context<'_>) -> Result<Decision<(Step, PairingChanges), Assistant>> {
        let before = leaver.assistant;
        Etag::check(self.etag.as_deref(), &self.name.to_string(), before.meta.revision)?;
        let meta = before.meta.touched(context.now);
        let after = Assistant { end: Some(self.end), meta, ..before.clone() };
        let (shortened, deleted) = cut_at(&leaver.pairings, self.end);
        let pairings = PairingChanges::new(shortened, deleted, context.now);
        let verb = Verb::new("end");
        let mut changes = vec![Change::new(&self.name, verb, meta.revision)];
        changes.extend(pairings.changes(verb));
        Ok(Decision::new((Step { before, after: after.clone() }, pairings), after, changes))
    }

    async fn apply(&self, (step, pairings): &(Step, PairingChanges), tx: &mut Tx<'_>) -> Result<()> {
        store::update(tx, &step.before, &step.after).await?;
        pairings.apply(tx).await
    }

    async fn recall(&self, tx: &mut Tx<'_>, _names: &[String]) -> Result<Assistant> {
        store::get(tx, &self.name).await
    }
}
