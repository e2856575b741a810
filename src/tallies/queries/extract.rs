//! Comparing an extract with the records, and reading the queue of what was found.

use std::collections::HashSet;

use crate::activities::store::{Filter, list, with_external_ids};
use crate::activities::{self, Activities, Activity};
use crate::db::{Query, Tx, external_ids};
use crate::experts::sealed::SEALED;
use crate::kernel::{Collection as _, Cursor, ExternalId, Id, Key, Name, Page, PageRequest, Result};
use crate::persons;
use crate::programmes;
use crate::tallies::extract::{
    Discrepancies, Discrepancy, DiscrepancyState, Report, Scope, Theirs, compare, settled_by,
};
use crate::tallies::store;

/// Rows that are read at a time.
const PAGE: usize = 1_000;

/// Compares an extract with the records of its days and site.
#[derive(Clone, Debug)]
pub struct CompareExtract {
    /// The programme.
    pub programme: Id,
    /// Which records it is about.
    pub scope: Scope,
    /// Its rows.
    pub rows: Vec<Theirs>,
}

/// A comparison, and which discrepancies of before are no more.
#[derive(Clone, Debug)]
pub struct Compared {
    /// What came of it.
    pub report: Report,
    /// Open discrepancies of which the extract speaks, and which it doesn't find any more.
    pub gone: Vec<Id>,
}

impl Query for CompareExtract {
    type Output = Compared;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Compared> {
        programmes::store::state(tx, &self.programme).await?;
        let theirs = self.of_others(tx).await?;
        let mut ours = self.in_scope(tx).await?;
        let known: HashSet<Id> = ours.iter().map(|it| it.name.id().clone()).collect();
        for rows in theirs.chunks(PAGE) {
            let wanted: Vec<ExternalId> =
                rows.iter().filter_map(|row| ExternalId::parse(&self.scope.system, &row.value).ok()).collect();
            let named: Vec<&ExternalId> = wanted.iter().collect();
            let found = external_ids::find_all(tx, &self.programme, Activities::COLLECTION, &named).await?;
            let others: Vec<&Id> = found.values().filter(|id| !known.contains(*id)).collect();
            let current = activities::store::current(tx, &self.programme, &others).await?;
            ours.extend(current.into_values());
        }
        let left_out = self.leave_out(tx, &mut ours).await?;
        let report = compare(&self.scope, &theirs, &ours);
        let report = Report { rows: self.rows.len(), restricted: self.rows.len() - theirs.len(), ..report };
        let mut open = store::discrepancies::open_of(tx, &self.programme, &self.scope).await?;
        open.retain(|it| it.value != SEALED && it.activity.as_ref().is_none_or(|it| !left_out.contains(it)));
        let gone = settled_by(&self.scope, &theirs, &report, open);
        Ok(Compared { report, gone })
    }
}

impl CompareExtract {
    /// The rows that aren't a restricted patient's, by its token or by a number that is sealed: a discrepancy would keep the number anew.
    async fn of_others(&self, tx: &mut Tx<'_>) -> Result<Vec<Theirs>> {
        let sealed = store::discrepancies::sealed(tx, &self.programme).await?;
        let mut others = Vec::with_capacity(self.rows.len());
        for rows in self.rows.chunks(PAGE) {
            let patients = rows.iter().filter_map(|row| row.patient.as_ref());
            let restricted = persons::store::restricted(tx, &self.programme, patients).await?;
            let is_others = |row: &&Theirs| {
                !sealed.has(&self.scope.system, &row.value)
                    && row.patient.as_ref().is_none_or(|patient| !restricted.contains(patient))
            };
            others.extend(rows.iter().filter(is_others).cloned());
        }
        Ok(others)
    }

    /// Takes restricted patients' records out, whose numbers nobody can tell, and answers which they are.
    async fn leave_out(&self, tx: &mut Tx<'_>, ours: &mut Vec<Activity>) -> Result<HashSet<Id>> {
        let mut left_out = HashSet::new();
        for some in ours.chunks(PAGE) {
            let patients = some.iter().filter_map(|it| it.record.patient.as_ref());
            let restricted = persons::store::on_record(tx, &self.programme, patients).await?;
            let is_restricted = |it: &&Activity| it.record.patient.as_ref().is_some_and(|it| restricted.contains(it));
            left_out.extend(some.iter().filter(is_restricted).map(|it| it.name.id().clone()));
        }
        ours.retain(|it| !left_out.contains(it.name.id()));
        Ok(left_out)
    }

    async fn in_scope(&self, tx: &mut Tx<'_>) -> Result<Vec<Activity>> {
        let Scope { from, to, site, .. } = &self.scope;
        let filter = Filter { from: Some(*from), to: Some(*to), site: site.clone(), ..Filter::default() };
        let mut ours: Vec<Activity> = Vec::new();
        loop {
            let after = ours.last().map(|it| Cursor(vec![Key::from(it.record.date), Key::from(it.name.id())]));
            let mut select = list(&self.programme, &filter);
            select.page(&PageRequest { size: PAGE, after });
            let mut rows = tx.select(&select).await?;
            let is_last = rows.len() <= PAGE;
            rows.truncate(PAGE);
            ours.extend(with_external_ids(tx, &self.programme, rows).await?);
            if is_last {
                return Ok(ours);
            }
        }
    }
}

/// Reads one discrepancy.
#[derive(Clone, Debug)]
pub struct GetDiscrepancy {
    /// Which.
    pub name: Name<Discrepancies>,
}

impl Query for GetDiscrepancy {
    type Output = Discrepancy;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Discrepancy> {
        store::discrepancies::get(tx, &self.name).await
    }
}

/// Reads a page of discrepancies by id.
#[derive(Clone, Debug)]
pub struct ListDiscrepancies {
    /// The programme.
    pub programme: Id,
    /// Only in this state.
    pub state: Option<DiscrepancyState>,
    /// Only with this system's extracts.
    pub system: Option<String>,
    /// Which page.
    pub page: PageRequest,
    /// The question that page tokens belong to.
    pub bound_to: String,
}

impl Query for ListDiscrepancies {
    type Output = Page<Discrepancy>;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Page<Discrepancy>> {
        programmes::store::state(tx, &self.programme).await?;
        let mut select = store::discrepancies::list(&self.programme, self.state, self.system.as_deref());
        let rows = tx.select(select.page(&self.page)).await?;
        let found = rows.iter().map(store::discrepancies::discrepancy).collect::<Result<Vec<_>>>()?;
        let cursor = |it: &Discrepancy| Cursor::from([it.name.id()]);
        Ok(Page::cut_sized(found, &self.page, &self.bound_to, cursor, |it| 1_200 + it.note.len()))
    }
}
