//! The queue of discrepancies: filled and settled by reconciling an extract, resolved by somebody who looked.

use std::collections::{HashMap, HashSet};

use crate::activities::Activities;
use crate::db::{Command, Context, Decision, Tx};
use crate::kernel::{
    Change, Collection as _, Error, ExternalId, Id, Meta, Name, Reason, Result, Verb, Vocabulary as _, etag,
};
use crate::persons;
use crate::tallies::extract::{About, Discrepancies, Discrepancy, DiscrepancyState, Finding, Resolution};
use crate::tallies::store;

/// Queues what was found, and settles what a later extract agrees with: a chunk of both.
#[derive(Clone, Debug)]
pub struct QueueDiscrepancies {
    /// The programme.
    pub programme: Id,
    /// Whose extract it was.
    pub system: String,
    /// What was found, each once.
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
            name: Name::new(self.programme.clone(), id.clone()),
            system: self.system.clone(),
            finding: finding.clone(),
            date: about.date,
            site: about.site.clone(),
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
    before: HashMap<Id, Discrepancy>,
    /// Numbers of restricted patients' records: one may have been sealed since the extract was compared.
    sealed: HashSet<ExternalId>,
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
        let ids: Vec<Id> = self.found.iter().map(|(id, ..)| id).chain(&self.gone).cloned().collect();
        let before = store::discrepancies::find_all(tx, &self.programme, &ids).await?;
        let sealed = persons::store::all_sealed_numbers(tx, &self.programme, Activities::COLLECTION).await?;
        Ok(Around { before, sealed })
    }

    fn decide(&self, facts: Around, context: &Context<'_>) -> Result<Decision<Vec<Discrepancy>, ()>> {
        let Around { before, sealed } = facts;
        let is_sealed = |finding: &Finding| {
            ExternalId::parse(&self.system, &finding.value).is_ok_and(|number| sealed.contains(&number))
        };
        let others = self.found.iter().filter(|(_, finding, _)| !is_sealed(finding));
        let mut after: Vec<Discrepancy> =
            others.filter_map(|found| self.queued(before.get(&found.0), found, context)).collect();
        let is_open = |it: &&Discrepancy| it.state == DiscrepancyState::Open;
        for gone in self.gone.iter().filter_map(|id| before.get(id)).filter(is_open) {
            let meta = gone.meta.touched(context.now);
            after.push(Discrepancy { state: DiscrepancyState::Settled, meta, ..gone.clone() });
        }
        let change = |it: &Discrepancy| {
            let verb = if it.state == DiscrepancyState::Open { "open" } else { "settle" };
            Change::new(&it.name, Verb::new(verb), it.meta.revision)
        };
        let changes = after.iter().map(change).collect();
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
