//! Finding, checking and explaining slots: read only.
//!
//! A check is the command that plans, loaded and decided and no more. What is found and explained is judged by the same predicate, on a
//! snapshot of the same rows; only what a search looks up of places may have been read before ([`Atlas`]).
use std::num::NonZero;
use std::sync::{Arc, LazyLock};
use std::thread;

use super::{BookSession, CreateHold, ProposeSession};
use crate::db::{self, Ask, Db, Query, Tx};
use crate::kernel::{
    Call, Cursor as Keys, Error, Id, Key, Page, PageRequest, Reason, Result, SessionKind, Timestamp, Vocabulary as _,
    page::MAX_BYTES,
};
use crate::programmes;
use crate::sessions::atlas::{Atlas, Places};
use crate::sessions::slots::{
    ALTERNATIVE_MINUTES, Cursor, Explanation, MOST_EXAMINED, MOST_SITES, Search, Slot, SlotPurpose, Step, Wanted,
    explain, needs_offer,
};
use crate::sessions::snapshot::Snapshot;
use crate::sessions::store::{self, Scope};
use crate::sessions::{Session, SessionDraft, predicate};
use crate::{experts, sites};

const DAY_MINUTES: i64 = 24 * 60;
/// How many threads count: asking the system anew reads files of its control groups.
static CORES: LazyLock<usize> = LazyLock::new(|| thread::available_parallelism().map_or(1, NonZero::get));

/// The most that is examined where a search was loaded: some milliseconds, as [`MOST_EXAMINED`] are some hundred.
const FEW_EXAMINED: usize = 5_000;

/// Looks for slots.
#[derive(Clone, Debug)]
pub struct FindSlots {
    /// What is looked for; no experts: everybody on the roster; no sites: all.
    pub wanted: Wanted,
    /// Which page.
    pub page: PageRequest,
    /// What the page's token is bound to.
    pub bound_to: String,
    /// Whether the search goes on to the end of the window, to count.
    pub count_all: bool,
    /// The most experts that are looked among.
    pub most_experts: usize,
    /// What has lapsed is told by this instant.
    pub now: Timestamp,
    /// Where places are kept that were looked up before.
    pub atlas: Arc<Atlas>,
}

/// Slots that were found.
#[derive(Debug)]
pub struct Found {
    /// A page of them.
    pub page: Page<Slot>,
    /// How many there are from the page's first on, where all were counted.
    pub total: Option<i64>,
}

impl FindSlots {
    /// What a page token of a search is bound to.
    #[must_use]
    pub fn bound_to(wanted: &Wanted) -> String {
        // Two calls make up two ids for what isn't a session yet.
        let SessionDraft { programme, specialty, grade, dossier, .. } = &wanted.template;
        let SessionDraft { before_minutes, after_minutes, capacity, .. } = &wanted.template;
        let Wanted { purpose, experts, sites, kinds, window, grid_minutes, minutes, .. } = wanted;
        format!(
            "FindSlots {programme} {purpose:?} {experts:?} {sites:?} {kinds:?} {specialty:?} {grade:?} {dossier:?} {window:?} \
             {grid_minutes} {minutes} {before_minutes} {after_minutes} {capacity}"
        )
    }
}

/// A search whose every row is loaded: what is left of it is computing.
struct Loaded {
    /// Its experts and sites named.
    find: FindSlots,
    snapshot: Snapshot,
}

/// What became of a search.
struct Searched {
    found: Found,
    /// Whether it was broken off, since more had to be examined than it was allowed.
    is_cut: bool,
}

impl Loaded {
    /// Searches on threads of its own, unless it is done before one of them has begun: the runtime's are for those who wait for nothing but
    /// a row.
    async fn search_aside(self) -> Result<Found> {
        if self.starts() <= FEW_EXAMINED {
            let searched = self.search(FEW_EXAMINED, 1)?;
            if !searched.is_cut {
                return Ok(searched.found);
            }
        }
        aside(move || self.search(MOST_EXAMINED, *CORES)).await?.map(|searched| searched.found)
    }

    /// How many starts there are on the grid, whether the expert has offered them or not.
    fn starts(&self) -> usize {
        let Wanted { experts, kinds, window: (from, until), grid_minutes, .. } = &self.find.wanted;
        let lanes = experts.len() * kinds.len() * self.snapshot.sites.len();
        // The grid begins anew each midnight.
        let days = until.minutes_since(*from) / DAY_MINUTES + 2;
        let a_day = (DAY_MINUTES - 1) / (*grid_minutes).max(1) + 1;
        lanes.saturating_mul(usize::try_from(days.saturating_mul(a_day)).unwrap_or(usize::MAX))
    }

    fn search(&self, most: usize, threads: usize) -> Result<Searched> {
        let FindSlots { wanted, page, bound_to, count_all, .. } = &self.find;
        let from = page.after.as_ref().map(cursor_of).transpose()?;
        let mut search = Search::new(wanted, &self.snapshot, from.as_ref());
        let (mut slots, mut bytes, mut is_over) = (Vec::new(), 0, false);
        while !is_over && search.examined() < most {
            match search.step() {
                Step::Found(slot) => {
                    bytes += slot.bytes();
                    slots.push(*slot);
                    is_over = slots.len() >= page.size || bytes >= MAX_BYTES;
                }
                Step::Passed => {}
                Step::Done => is_over = true,
            }
        }
        let next = search.cursor().as_ref().map(keys_of);
        let is_over = is_over || next.is_none();
        let others = if *count_all && is_over { search.count(most, threads) } else { None };
        let total = others.and_then(|others| i64::try_from(slots.len() + others).ok());
        let is_cut = !is_over || (*count_all && total.is_none());
        Ok(Searched { found: Found { page: Page::ended_at(slots, next, bound_to), total }, is_cut })
    }
}

/// Computes on a thread of its own, while this one serves others.
async fn aside<T: Send + 'static>(compute: impl FnOnce() -> T + Send + 'static) -> Result<T> {
    tokio::task::spawn_blocking(compute).await.map_err(|_| Error::Internal("a search or an explanation panicked"))
}

impl Query for FindSlots {
    type Output = Found;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Found> {
        let programme = &self.wanted.template.programme;
        let mut find = self.clone();
        let wanted = &mut find.wanted;
        // A day in UTC is at most one off anywhere.
        let first = wanted.window.0.to_utc().date_naive().pred_opt().unwrap_or_default();
        let experts = match wanted.experts.is_empty() {
            true => experts::store::on_roster_from(programme, first, self.most_experts + 1),
            false => Ask::known(Vec::new()),
        };
        let sites = match wanted.sites.is_empty() {
            true => sites::store::first(programme, MOST_SITES + 1),
            false => sites::store::briefs_asked(programme, &wanted.sites).map(|known| Ok(known.into_keys().collect())),
        };
        let kept = self.atlas.of(programme);
        let first = programmes::store::state_asked(programme).and(experts.and(sites));
        let named = store::known(programme, &wanted.experts, wanted.window)
            .and(db::since(programme, kept.as_deref().and_then(Places::as_of)));
        let ((state, (experts, sites)), (mut known, since)) = tx.ask(first.and(named)).await?;
        state.must_be_active(programme)?;
        if wanted.experts.is_empty() {
            let text = format!("the programme has more: name at most {}", self.most_experts);
            wanted.experts = at_most(experts, self.most_experts, "experts", &text)?;
            known = tx.ask(store::known(programme, &wanted.experts, wanted.window)).await?;
        }
        if wanted.sites.is_empty() {
            wanted.sites = at_most(sites, MOST_SITES, "sites", "the programme has more: name at most 200")?;
        } else if let Some(id) = wanted.sites.iter().find(|id| !sites.contains(id)) {
            return Err(predicate::not_found(programme, &format!("sites/{id}")));
        }
        let scope = Scope {
            programme,
            experts: &wanted.experts,
            sites: &wanted.sites,
            offered: needs_offer(wanted.purpose).then_some(&wanted.kinds),
            assistants: &[],
            dossier: wanted.template.dossier.as_ref(),
            window: wanted.window,
            now: self.now,
            days: false,
        };
        let mut places = Places::since(kept.as_deref(), since, wanted.window, self.now);
        let snapshot = store::load_scope(tx, &scope, known, &mut places).await?;
        self.atlas.keep(programme, places, &wanted.sites);
        if let Some(id) = wanted.experts.iter().find(|id| !snapshot.experts.contains_key(id)) {
            return Err(predicate::not_found(programme, &format!("experts/{id}")));
        }
        // The connection is kept meanwhile: no more searches at a time than there are readers.
        Loaded { find, snapshot }.search_aside().await
    }
}

/// Several searches in one snapshot of the database.
#[derive(Debug)]
pub struct BatchFindSlots(pub Vec<FindSlots>);

impl Query for BatchFindSlots {
    type Output = Vec<Found>;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Vec<Found>> {
        let mut all = Vec::with_capacity(self.0.len());
        for find in &self.0 {
            all.push(find.run(tx).await?);
        }
        Ok(all)
    }
}

/// Says what stands against a session, and what would do instead.
#[derive(Debug)]
pub struct ExplainSlot {
    /// The session.
    pub draft: SessionDraft,
    /// What for.
    pub purpose: SlotPurpose,
    /// How many minutes the starts of alternatives are apart.
    pub grid_minutes: i64,
    /// What has lapsed is told by this instant.
    pub now: Timestamp,
}

impl Query for ExplainSlot {
    type Output = Explanation;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Explanation> {
        let draft = &self.draft;
        let experts: Vec<Id> = draft.experts().cloned().collect();
        let window = (draft.start.plus_minutes(-ALTERNATIVE_MINUTES), draft.end.plus_minutes(ALTERNATIVE_MINUTES));
        let known = store::known(&draft.programme, &experts, window);
        let (state, known) = tx.ask(programmes::store::state_asked(&draft.programme).and(known)).await?;
        state.must_be_active(&draft.programme)?;
        let assistants: Vec<Id> = draft.assistants().into_iter().cloned().collect();
        let scope = Scope {
            programme: &draft.programme,
            experts: &experts,
            sites: std::slice::from_ref(&draft.site),
            offered: None,
            assistants: &assistants,
            dossier: draft.dossier.as_ref(),
            window,
            now: self.now,
            days: true,
        };
        let snapshot = store::load_scope(tx, &scope, known, &mut Places::within(window)).await?;
        if let Some(tail) = predicate::unknown(draft, &snapshot) {
            return Err(predicate::not_found(&draft.programme, &tail));
        }
        let (draft, purpose, grid_minutes) = (draft.clone(), self.purpose, self.grid_minutes);
        aside(move || explain(&draft, &snapshot, purpose, grid_minutes)).await
    }
}

fn at_most(ids: Vec<Id>, most: usize, field: &str, text: &str) -> Result<Vec<Id>> {
    if ids.len() > most { Err(Error::field(field, Reason::OutOfRange, text)) } else { Ok(ids) }
}

fn keys_of(cursor: &Cursor) -> Keys {
    let mut keys = vec![Key::Int(cursor.start.micros())];
    if let Some((expert, site, kind)) = &cursor.after {
        keys.extend([Key::from(expert), Key::from(site), Key::from(kind.code())]);
    }
    Keys(keys)
}

/// A token's keys; they are the service's own, so that others are a defect.
fn cursor_of(keys: &Keys) -> Result<Cursor> {
    let id = |text: &str| Id::parse(text).ok();
    let cursor = match keys.keys() {
        [Key::Int(start)] => Some(Cursor { start: Timestamp::from_micros(*start), after: None }),
        [Key::Int(start), Key::Text(expert), Key::Text(site), Key::Text(kind)] => {
            let after = id(expert).zip(id(site)).zip(SessionKind::from_code(kind));
            let after = after.map(|((expert, site), kind)| (expert, site, kind));
            after.map(|after| Cursor { start: Timestamp::from_micros(*start), after: Some(after) })
        }
        _ => None,
    };
    cursor.ok_or(Error::Internal("a page token with other keys"))
}

/// Takes the decision that planning a draft would take, and writes nothing.
///
/// # Errors
/// The refusal that planning would get now.
pub async fn check(db: &Db, call: Call, purpose: SlotPurpose, draft: SessionDraft) -> Result<Session> {
    match purpose {
        SlotPurpose::Book => db.check(call, BookSession::new(draft)).await,
        SlotPurpose::Hold => db.check(call, CreateHold::new(draft)).await,
        SlotPurpose::Propose => db.check(call, ProposeSession::new(draft)).await,
    }
}
