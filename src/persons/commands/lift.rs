//! Lifts a restriction: what was sealed is put back.
use super::{Own, Step, recalled};
use crate::assistants::{self, Assistants};
use crate::db::{Command, Context, Decision, Tx, external_ids};
use crate::experts::{self, Expert, Experts};
use crate::kernel::{Change, Collection, Error, ExternalId, Id, Name, Reason, Result, etag};
use crate::persons::{LIFT, PersonRestrictions, Restriction, State, store};

/// Lifts a restriction.
#[derive(Debug)]
pub struct LiftRestriction {
    /// Which.
    pub name: Name<PersonRestrictions>,
    /// The version that the caller has read; none: whichever stands.
    pub etag: Option<String>,
}

/// What a lifting rests on.
pub struct Facts {
    restriction: Restriction,
    step: Step,
    taken: Vec<(&'static str, Vec<(ExternalId, Id)>)>,
    licence_holder: Option<Id>,
}

impl Command for LiftRestriction {
    type Facts = Facts;
    type Effects = (Restriction, Step);
    type Output = Restriction;
    const METHOD: &'static str = "PersonService.LiftRestriction";

    fn programme(&self) -> &Id {
        self.name.programme()
    }

    async fn load(&self, tx: &mut Tx<'_>) -> Result<Facts> {
        let programme = self.name.programme();
        let restriction = store::get(tx, &self.name).await?;
        let own = Own::load(tx, programme, &restriction.person).await?;
        let (mut step, mut taken, mut licence_holder) = (Step::default(), Vec::new(), None);
        if restriction.state != State::Restricted {
            return Ok(Facts { restriction, step, taken, licence_holder });
        }
        let sealed = store::sealed(tx, &restriction, Experts::COLLECTION).await?;
        for before in own.experts {
            let of_record = sealed.iter().find(|(id, _)| id == before.name.id().as_str());
            // What another restriction's erasure has destroyed stays destroyed: a duplicate that was merged since.
            let Some((_, value)) = of_record.filter(|(_, value)| !value.is_empty()) else { continue };
            let after = experts::sealed::shown(&before, value)?;
            let ids = &after.profile.external_ids;
            let own = external_ids::taken(tx, programme, Experts::COLLECTION, ids, Some(before.name.id())).await?;
            taken.push((Experts::COLLECTION, own));
            licence_holder = licence_holder.or(holder(tx, &after).await?);
            step.experts.push((before, after));
        }
        let sealed = store::sealed(tx, &restriction, Assistants::COLLECTION).await?;
        if let Some((before, (_, value))) = own.assistant.zip(sealed.first()) {
            let after = assistants::sealed::shown(&before, value)?;
            let ids = &after.profile.external_ids;
            let own = external_ids::taken(tx, programme, Assistants::COLLECTION, ids, Some(before.name.id())).await?;
            taken.push((Assistants::COLLECTION, own));
            step.assistant = Some((before, after));
        }
        Ok(Facts { restriction, step, taken, licence_holder })
    }

    fn decide(&self, facts: Facts, context: &Context<'_>) -> Result<Decision<(Restriction, Step), Restriction>> {
        let Facts { restriction, mut step, taken, licence_holder } = facts;
        etag::check(self.etag.as_deref(), &self.name.to_string(), restriction.meta.revision)?;
        restriction.needs(&[State::Restricted], "lift")?;
        for (collection, taken) in taken {
            external_ids::refuse_taken(self.name.programme(), collection, taken)?;
        }
        if let Some(holder) = licence_holder {
            let refusal = Error::refused(Reason::LicenceTaken, "another expert has this licence by now");
            return Err(refusal.with("name", Name::<Experts>::new(self.name.programme().clone(), holder)));
        }
        let meta = restriction.meta.touched(context.now);
        let lifted = Restriction { state: State::Lifted, meta, ..restriction };
        let mut changes = vec![Change::new(&self.name, LIFT, lifted.meta.revision)];
        changes.extend(step.touched(context.now));
        Ok(Decision::new((lifted.clone(), step), lifted, changes))
    }

    async fn apply(&self, (lifted, step): &(Restriction, Step), tx: &mut Tx<'_>) -> Result<()> {
        store::update(tx, lifted).await?;
        step.apply(tx).await
    }

    async fn recall(&self, tx: &mut Tx<'_>, names: &[String]) -> Result<Restriction> {
        recalled(tx, names).await
    }
}

/// Who else has an expert's licence by now.
async fn holder(tx: &mut Tx<'_>, expert: &Expert) -> Result<Option<Id>> {
    let Some(licence) = &expert.licence else { return Ok(None) };
    let holder = experts::store::licence_holder(tx, expert.name.programme(), licence).await?;
    Ok(holder.filter(|holder| holder != expert.name.id()))
}
