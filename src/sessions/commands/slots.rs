//! Finding, checking and explaining slots: read only.
//!
//! A check is the command that plans, loaded and decided and no more; what is found and explained is judged by the same predicate
//! on a snapshot that was loaded the same way.
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

/// How many threads count: asking the system anew reads files of its control groups.
static CORES: LazyLock<usize> = LazyLock::new(|| thread::available_parallelism().map_or(1, NonZero::get));

/// So many starts, some milliseconds at most, are looked at where the search is loaded.
const FEW_STARTS: i64 = 5_000;

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

impl Loaded {
    /// Searches on threads of its own, unless it is done before one of them has begun: the runtime's are for those who wait for nothing but
    /// a row.
    async fn search_aside(self) -> Result<Found> {
        if self.starts() <= FEW_STARTS {
            return self.search();
        }
        let searched = tokio::task::spawn_blocking(move || self.search()).await;
        searched.map_err(|_| Error::Internal("a search panicked"))?
    }

    /// How many starts there are on the grid, whoever offered none of them: at least as many as are looked at.
    fn starts(&self) -> i64 {
        let Wanted { experts, kinds, window: (from, until), grid_minutes, .. } = &self.find.wanted;
        let lanes = experts.len() * kinds.len() * self.snapshot.sites.len();
        i64::try_from(lanes).unwrap_or(i64::MAX).saturating_mul(until.minutes_since(*from) / (*grid_minutes).max(1) + 1)
    }

    fn search(&self) -> Result<Found> {
        let FindSlots { wanted, page, bound_to, count_all, .. } = &self.find;
        let from = page.after.as_ref().map(cursor_of).transpose()?;
        let mut search = Search::new(wanted, &self.snapshot, from.as_ref());
        let (mut slots, mut bytes, mut looked_at) = (Vec::new(), 0, 0);
        let is_full = |slots: &Vec<Slot>, bytes| slots.len() >= page.size || bytes >= MAX_BYTES;
        while looked_at < MOST_EXAMINED && !is_full(&slots, bytes) {
            match search.step() {
                Step::Found(slot) => {
                    bytes += slot.bytes();
                    slots.push(*slot);
                }
                Step::Passed => {}
                Step::Done => break,
            }
            looked_at += 1;
        }
        let next = search.cursor().as_ref().map(keys_of);
        let others = if *count_all { search.count(MOST_EXAMINED - looked_at, *CORES) } else { None };
        let total = others.and_then(|others| i64::try_from(slots.len() + others).ok());
        Ok(Found { page: Page::ended_at(slots, next, bound_to), total })
    }
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
        let (kept, as_of) = self.atlas.of(programme);
        let first = programmes::store::state_asked(programme).and(experts.and(sites));
        let named = store::known(programme, &wanted.experts, wanted.window).and(db::since(programme, as_of));
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
        let since = (since.newest, since.names.as_deref());
        let mut places = Places::since(kept.as_deref(), since, wanted.window, self.now);
        let snapshot = store::load_scope(tx, &scope, known, &mut places).await?;
        self.atlas.keep(programme, places);
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
        match predicate::unknown(draft, &snapshot) {
            Some(tail) => Err(predicate::not_found(&draft.programme, &tail)),
            None => Ok(explain(draft, &snapshot, self.purpose, self.grid_minutes)),
        }
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
