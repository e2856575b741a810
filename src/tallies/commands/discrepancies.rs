//! The queue of discrepancies: filled and settled by reconciling an extract, resolved by somebody who looked.

use std::collections::HashMap;

use crate::db::{Command, Context, Decision, Tx};
use crate::kernel::{Change, Error, Id, Meta, Name, Reason, Result, Verb, Vocabulary as _, etag};
use crate::persons::{self, Restricted};
use crate::tallies::extract::{
    About, Discrepancies, Discrepancy, DiscrepancyState, Finding, FindingKey, Resolution, SealedNumbers,
};
use crate::tallies::store;

/// Queues what was found, and settles what a later extract agrees with: a chunk of both.
#[derive(Clone, Debug)]
pub struct QueueDiscrepancies {
    /// The programme.
    pub programme: Id,
    /// Whose extract it was.
    pub system: String,
    /// What was found, each once, with the id that it gets where it is new.
    pub found: Vec<(Id, Finding, About)>,
    /// What was found before, and isn't any more.
    pub gone: Vec<Id>,
}

impl QueueDiscrepancies {
    /// The most findings of a chunk.
    pub const MOST: usize = 500;

    /// What is in the queue from now on of one finding; none where it needn't change: somebody has said what it is, or it is open.
    fn queued(
        &self,
        before: Option<&Discrepancy>,
        (id, finding, about): &(Id, Finding, About),
        context: &Context<'_>,
    ) -> Option<Discrepancy> {
        let (meta, verb_is_new) = match before {
            None => (Meta::new(context.now), true),
            Some(before) => (before.meta.touched(context.now), before.state == DiscrepancyState::Settled),
        };
        let says_else = before.is_some_and(|before| before.finding.fields != finding.fields);
        (verb_is_new || says_else).then(|| Discrepancy {
            name: before.map_or_else(|| Name::new(self.programme.clone(), id.clone()), |before| before.name.clone()),
            system: self.system.clone(),
            finding: finding.clone(),
            date: about.date,
            site: about.site.clone(),
            patient: about.patient.as_ref().or(before.and_then(|before| before.patient.as_ref())).cloned(),
            state: DiscrepancyState::Open,
            resolution: None,
            note: String::new(),
            resolver: String::new(),
            meta,
        })
    }
}

/// What a chunk is judged by.
pub struct Around {
    known: HashMap<FindingKey, Discrepancy>,
    gone: Vec<Discrepancy>,
    /// Somebody may have been restricted since the extract was compared.
    sealed: SealedNumbers,
    restricted: Restricted,
}

impl Command for QueueDiscrepancies {
    type Facts = Around;
    type Effects = Vec<Discrepancy>;
    type Output = ();
    const METHOD: &'static str = "ReconciliationService.ReconcileExtract";

    fn programme(&self) -> &Id {
        &self.programme
    }

    async fn load(&self, tx: &mut Tx<'_>) -> Result<Self::Facts> {
        let (programme, findings) = (&self.programme, self.found.iter().map(|(_, finding, _)| finding));
        let patients = self.found.iter().filter_map(|(_, _, about)| about.patient.as_ref());
        Ok(Around {
            known: store::discrepancies::known(tx, programme, &self.system, findings).await?,
            gone: store::discrepancies::find_all(tx, programme, &self.gone).await?.into_values().collect(),
            sealed: store::discrepancies::sealed(tx, programme).await?,
            restricted: persons::store::restricted(tx, programme, patients).await?,
        })
    }

    fn decide(&self, facts: Around, context: &Context<'_>) -> Result<Decision<Vec<Discrepancy>, ()>> {
        let Around { known, mut gone, sealed, restricted } = facts;
        let is_others = |(_, finding, about): &&(Id, Finding, About)| {
            let is_restricted = about.patient.as_ref().is_some_and(|patient| restricted.contains(patient));
            !is_restricted && !sealed.has(&self.system, &finding.value)
        };
        let others = self.found.iter().filter(is_others);
        let mut after: Vec<Discrepancy> =
            others.filter_map(|found| self.queued(known.get(&found.1.key()), found, context)).collect();
        gone.retain(|it| it.state == DiscrepancyState::Open);
        gone.sort_by(|one, other| one.name.id().cmp(other.name.id()));
        for gone in gone {
            let meta = gone.meta.touched(context.now);
            after.push(Discrepancy { state: DiscrepancyState::Settled, meta, ..gone });
        }
        let change = |it: &Discrepancy| {
            let verb = if it.state == DiscrepancyState::Open { "open" } else { "settle" };
            Change::new(&it.name, Verb::new(verb), it.meta.revision)
        };
        let changes = after.iter().map(change).collect();
        // For whom something is missing is in no answer: to learn it is no change.
        let learns = |(_, finding, about): &&(Id, Finding, About)| {
            let before = known.get(&finding.key()).filter(|before| before.patient.is_none())?;
            let is_written = after.iter().any(|it| it.name == before.name);
            about.patient.clone().filter(|_| !is_written).map(|it| Discrepancy { patient: Some(it), ..before.clone() })
        };
        let learned: Vec<Discrepancy> = self.found.iter().filter(is_others).filter_map(|it| learns(&it)).collect();
        after.extend(learned);
        Ok(Decision::new(after, (), changes))
    }

    async fn apply(&self, after: &Vec<Discrepancy>, tx: &mut Tx<'_>) -> Result<()> {
        store::discrepancies::put(tx, after).await
    }

    async fn recall(&self, _tx: &mut Tx<'_>, _names: &[String]) -> Result<()> {
        Ok(())
    }
}

/// Says what a discrepancy is.
#[derive(Clone, Debug)]
pub struct ResolveDiscrepancy {
    /// Which.
    pub name: Name<Discrepancies>,
    /// The version that the caller has read; none: whichever stands.
    pub etag: Option<String>,
    /// What it is.
    pub resolution: Resolution,
    /// In words, without personal data.
    pub note: String,
}

impl Command for ResolveDiscrepancy {
    type Facts = Discrepancy;
    type Effects = Discrepancy;
    type Output = Discrepancy;
    const METHOD: &'static str = "ReconciliationService.ResolveDiscrepancy";

    fn programme(&self) -> &Id {
        self.name.programme()
    }

    async fn load(&self, tx: &mut Tx<'_>) -> Result<Discrepancy> {
        store::discrepancies::get(tx, &self.name).await
    }

    fn decide(&self, before: Discrepancy, context: &Context<'_>) -> Result<Decision<Discrepancy, Discrepancy>> {
        etag::check(self.etag.as_deref(), &self.name.to_string(), before.meta.revision)?;
        if before.state != DiscrepancyState::Open {
            let refusal = Error::refused(Reason::IllegalTransition, "only an open discrepancy is resolved");
            let refusal = refusal.with("name", &self.name).with("state", before.state.code());
            return Err(refusal.with("verb", "resolve"));
        }
        let after = Discrepancy {
            state: DiscrepancyState::Resolved,
            resolution: Some(self.resolution),
            note: self.note.clone(),
            resolver: context.call.caller.actor().to_owned(),
            meta: before.meta.touched(context.now),
            ..before
        };
        let changes = vec![Change::new(&self.name, Verb::new("resolve"), after.meta.revision)];
        Ok(Decision::new(after.clone(), after, changes))
    }

    async fn apply(&self, after: &Discrepancy, tx: &mut Tx<'_>) -> Result<()> {
        store::discrepancies::put(tx, std::slice::from_ref(after)).await
    }

    async fn recall(&self, tx: &mut Tx<'_>, _names: &[String]) -> Result<Discrepancy> {
        store::discrepancies::get(tx, &self.name).await
    }
}
