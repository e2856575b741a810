//! What every write does by itself, once per batch and one statement each: heads, request ids, changes, the audit
//! chain, and the cells of tallies.
use std::collections::{BTreeMap, BTreeSet, HashMap};

use futures_util::future::join;

use super::chain::{Entry, Link, ORIGIN, fresh_salts, keyed_digest};
use super::sql::Sql;
use super::tx::Tx;
use crate::kernel::{Call, Change, Error, Fact, Id, Result, Timestamp};
use crate::rows;

/// A pure fold from a fact to what it adds to cells.
pub type Projection = fn(&Fact) -> Vec<Delta>;

/// What a fact adds to the cells of one face, month and key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delta {
    /// The set of dimensions that the cells belong to.
    pub face: &'static str,
    /// `YYYY-MM`.
    pub month: String,
    /// The values of the face's dimensions.
    pub key: String,
    /// What is counted, and how much of it is added.
    pub by: Vec<(&'static str, i64)>,
}

/// The tables that this file writes.
pub const TABLES: &[&str] = &["heads", "request_ids", "changes", "audit_entries", "tally_cells"];

/// A request id is answered from the record for so long.
pub const REQUEST_ID_DAYS: i64 = 7;
const REQUEST_ID_MICROS: i64 = REQUEST_ID_DAYS * 86_400_000_000;

const LOCK_HEADS: Sql = Sql::pair(
    "SELECT h.programme, h.sequence, h.entry, h.link, h.time, h.ended FROM jsonb_each($1) AS r JOIN heads h ON h.programme = r.value->>0",
    // In name order, so that two servers' batches wait for each other and never deadlock.
    "SELECT h.programme, h.sequence, h.entry, h.link, h.time, h.ended FROM jsonb_array_elements(CAST($1 AS JSONB)) AS r \
     JOIN heads h ON h.programme = r.value->>0 ORDER BY h.programme FOR UPDATE OF h",
);
/// In the order of the array, which is the names': two servers that make the same programme wait for each other here.
const CLAIM_HEADS: Sql = rows!(
    "INSERT INTO heads (programme, sequence, entry, link, time, ended) SELECT r.value->>0, 0, 0, '', 0, FALSE FROM ",
    "WHERE TRUE ON CONFLICT (programme) DO NOTHING"
);
const DROP_HEADS: Sql = rows!("DELETE FROM heads WHERE entry = 0 AND programme IN (SELECT r.value->>0 FROM ", ")");
const MOVE_HEADS: Sql = rows!(
    "INSERT INTO heads (programme, sequence, entry, link, time, ended) SELECT r.value->>0, CAST(r.value->>1 AS BIGINT), \
     CAST(r.value->>2 AS BIGINT), r.value->>3, CAST(r.value->>4 AS BIGINT), CAST(r.value->>5 AS BIGINT) = 1 FROM ",
    "WHERE TRUE ON CONFLICT (programme) DO UPDATE SET sequence = excluded.sequence, entry = excluded.entry, link = excluded.link, \
     time = excluded.time, ended = excluded.ended"
);
const FIND_REQUESTS: Sql = rows!(
    "SELECT CAST(r.value->>4 AS BIGINT) AS position, q.digest, q.names, q.time FROM ",
    "JOIN request_ids q ON q.programme = r.value->>0 AND q.subject = r.value->>1 AND q.method = r.value->>2 AND q.request_id = r.value->>3"
);
const INSERT_REQUESTS: Sql = rows!(
    "INSERT INTO request_ids (programme, subject, method, request_id, digest, names, time) \
     SELECT r.value->>0, r.value->>1, r.value->>2, r.value->>3, r.value->>4, r.value->>5, CAST(r.value->>6 AS BIGINT) FROM ",
    "WHERE TRUE ON CONFLICT (programme, subject, method, request_id) DO UPDATE \
     SET digest = excluded.digest, names = excluded.names, time = excluded.time"
);
const INSERT_CHANGES: Sql = rows!(
    "INSERT INTO changes (programme, sequence, name, verb, revision, time) \
     SELECT r.value->>0, CAST(r.value->>1 AS BIGINT), r.value->>2, r.value->>3, CAST(r.value->>4 AS BIGINT), CAST(r.value->>5 AS BIGINT) FROM ",
    "WHERE TRUE"
);
const INSERT_ENTRIES: Sql = rows!(
    "INSERT INTO audit_entries (programme, entry, time, subject, on_behalf_of, method, names, digest, salt, link) \
     SELECT r.value->>0, CAST(r.value->>1 AS BIGINT), CAST(r.value->>2 AS BIGINT), r.value->>3, r.value->>4, r.value->>5, r.value->>6, r.value->>7, r.value->>8, r.value->>9 FROM ",
    "WHERE TRUE"
);
const ADD_CELLS: Sql = rows!(
    "INSERT INTO tally_cells (programme, face, measure, month, key, quantity) \
     SELECT r.value->>0, r.value->>1, r.value->>2, r.value->>3, r.value->>4, CAST(r.value->>5 AS BIGINT) FROM ",
    "WHERE TRUE ON CONFLICT (programme, face, measure, month, key) DO UPDATE SET quantity = tally_cells.quantity + excluded.quantity"
);
const HAS_ENDED: Sql = Sql::new("SELECT h.ended FROM heads h WHERE h.programme = $1");
const SEE_HEAD: Sql =
    Sql::new("SELECT h.sequence, h.entry, h.link FROM heads h WHERE h.programme = $1 AND h.entry > 0");
const FIND_LINK: Sql = Sql::new("SELECT a.link FROM audit_entries a WHERE a.programme = $1 AND a.entry = $2");
const TOUCHED_AFTER: Sql = Sql::new(
    "SELECT a.entry, a.names FROM audit_entries a WHERE a.programme = $1 AND a.entry > $2 ORDER BY a.entry LIMIT $3 + 0",
);
const DESTROY_KEYS: Sql = rows!(
    "UPDATE audit_entries SET salt = NULL FROM ",
    "WHERE programme = r.value->>0 AND entry = CAST(r.value->>1 AS BIGINT)"
);
const FORGET_REQUESTS: Sql = Sql::new(
    "DELETE FROM request_ids WHERE (programme, subject, method, request_id) IN \
     (SELECT q.programme, q.subject, q.method, q.request_id FROM request_ids q WHERE q.time < $1 LIMIT 1000) AND time < $1",
);

/// The statements of this file, for the test that prepares and explains them.
pub const STATEMENTS: &[(&str, Sql)] = &[
    ("LOCK_HEADS", LOCK_HEADS),
    ("CLAIM_HEADS", CLAIM_HEADS),
    ("DROP_HEADS", DROP_HEADS),
    ("MOVE_HEADS", MOVE_HEADS),
    ("FIND_REQUESTS", FIND_REQUESTS),
    ("INSERT_REQUESTS", INSERT_REQUESTS),
    ("INSERT_CHANGES", INSERT_CHANGES),
    ("INSERT_ENTRIES", INSERT_ENTRIES),
    ("ADD_CELLS", ADD_CELLS),
    ("HAS_ENDED", HAS_ENDED),
    ("SEE_HEAD", SEE_HEAD),
    ("FIND_LINK", FIND_LINK),
    ("TOUCHED_AFTER", TOUCHED_AFTER),
    ("DESTROY_KEYS", DESTROY_KEYS),
    ("FORGET_REQUESTS", FORGET_REQUESTS),
];

/// Where a programme's ledger ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Head {
    pub sequence: i64,
    pub entry: i64,
    pub link: String,
    /// Of the last batch: a later one's isn't earlier, whatever its server's clock says.
    pub time: Timestamp,
    /// Whether its programme has ended: only its replays are answered.
    pub ended: bool,
}

/// The heads of a batch's programmes, locked. A programme without one, or with one at its origin, doesn't exist.
pub(super) type Heads = BTreeMap<String, Head>;

/// Locks the heads of programmes in name order: from here to the commit nobody else writes them. Those that may be
/// made get a head at its origin first; [`drop_unused`] takes it away again.
pub(super) async fn lock(tx: &mut Tx<'_>, programmes: &BTreeSet<&str>, may_be_made: &BTreeSet<&str>) -> Result<Heads> {
    if !may_be_made.is_empty() {
        let keys: Vec<_> = may_be_made.iter().map(|programme| (programme,)).collect();
        tx.sql(CLAIM_HEADS).bind_rows(&keys).execute().await?;
    }
    let keys: Vec<_> = programmes.iter().map(|programme| (programme,)).collect();
    let rows = tx.sql(LOCK_HEADS).bind_rows(&keys).fetch_all().await?;
    rows.iter()
        .map(|row| {
            let (sequence, entry, link) = (row.get("sequence")?, row.get("entry")?, row.get("link")?);
            let head = Head { sequence, entry, link, time: row.get("time")?, ended: row.get("ended")? };
            Ok((row.get("programme")?, head))
        })
        .collect()
}

/// Keeps the heads of the programmes that were written, and drops those that [`lock`] made for nothing.
pub(super) async fn drop_unused(tx: &mut Tx<'_>, heads: &mut Heads, written: &BTreeSet<&str>) -> Result<()> {
    let unused = |(programme, head): (&String, &Head)| {
        (head.is_origin() && !written.contains(programme.as_str())).then(|| (programme.clone(),))
    };
    let unused: Vec<_> = heads.iter().filter_map(unused).collect();
    if !unused.is_empty() {
        tx.sql(DROP_HEADS).bind_rows(&unused).execute().await?;
    }
    heads.retain(|programme, _| written.contains(programme.as_str()));
    Ok(())
}

/// What makes a request id one: programme, subject, method, id.
pub(super) type RequestOf<'a> = (&'a str, &'a str, &'a str, &'a str);

/// What is known of a request: the body's digest, and the resources that it touched.
#[derive(Clone, Debug)]
pub(super) struct Answered {
    pub digest: String,
    pub names: Vec<String>,
}

/// The requests among these that were answered before, within the days that they are kept, by their place.
pub(super) async fn answered<'a>(
    tx: &mut Tx<'_>,
    requests: &[Option<RequestOf<'a>>],
    now: Timestamp,
) -> Result<HashMap<usize, Answered>> {
    let keyed = |(position, request): (usize, &Option<RequestOf<'a>>)| {
        request.map(|(programme, subject, method, id)| (programme, subject, method, id, position))
    };
    let asked: Vec<_> = requests.iter().enumerate().filter_map(keyed).collect();
    if asked.is_empty() {
        return Ok(HashMap::new());
    }
    let mut found = HashMap::new();
    for row in tx.sql(FIND_REQUESTS).bind_rows(&asked).fetch_all().await? {
        let time: i64 = row.get("time")?;
        if time + REQUEST_ID_MICROS < now.micros() {
            continue;
        }
        let position = usize::try_from(row.get::<i64>("position")?).map_err(Error::storage)?;
        found.insert(position, Answered { digest: row.get("digest")?, names: row.json("names")? });
    }
    Ok(found)
}

/// A command that was carried out, as the ledger records it.
pub(super) struct Record<'a> {
    pub programme: &'a str,
    pub call: &'a Call,
    pub method: &'static str,
    pub changes: &'a [Change],
    pub facts: &'a [Fact],
    pub ends_programme: bool,
}

/// Writes a batch's ledger and moves the heads, which then say what a committed batch leaves behind. Its rows are put together while the
/// engine carries out what the commands wrote, where that takes it longer than a message.
pub(super) async fn write(
    tx: &mut Tx<'_>,
    heads: &mut Heads,
    records: &[Record<'_>],
    projections: &[Projection],
    now: Timestamp,
) -> Result<()> {
    tx.leave_commands();
    let (sent, rows) = join(tx.flush_long(), async { rows(heads, records, projections, now) }).await;
    sent?;
    let Rows { entries, changes, cells, requests } = rows?;
    tx.sql(INSERT_ENTRIES).bind_rows(&entries).execute().await?;
    if !changes.is_empty() {
        tx.sql(INSERT_CHANGES).bind_rows(&changes).execute().await?;
    }
    if !cells.is_empty() {
        tx.sql(ADD_CELLS).bind_rows(&cells).execute().await?;
    }
    if !requests.is_empty() {
        tx.sql(INSERT_REQUESTS).bind_rows(&requests).execute().await?;
    }
    let moved: Vec<_> = heads
        .iter()
        .map(|(programme, head)| {
            (programme, head.sequence, head.entry, &head.link, head.time.micros(), i64::from(head.ended))
        })
        .collect();
    tx.sql(MOVE_HEADS).bind_rows(&moved).execute().await?;
    tx.flush().await
}

/// A batch's ledger: the rows of four of its tables.
struct Rows<'a> {
    entries: Vec<EntryRow>,
    changes: Vec<(&'a str, i64, &'a str, &'static str, i64, i64)>,
    cells: Vec<CellRow<'a>>,
    requests: Vec<(&'a str, &'a str, &'static str, &'a str, &'a str, String, i64)>,
}

/// The rows of a batch's ledger; the heads move with them.
fn rows<'a>(heads: &mut Heads, records: &[Record<'a>], projections: &[Projection], now: Timestamp) -> Result<Rows<'a>> {
    let cells = fold(records, projections);
    let (mut changes, mut requests) = (Vec::new(), Vec::new());
    let mut entries: BTreeMap<&str, Vec<(Entry, String)>> = BTreeMap::new();
    let salts = fresh_salts(records.len()).ok_or(Error::Internal("the system has no random bits"))?;
    for (record, salt) in records.iter().zip(salts) {
        let head = heads.entry(record.programme.to_owned()).or_insert_with(Head::origin);
        head.time = now;
        head.ended |= record.ends_programme;
        for change in record.changes {
            head.sequence += 1;
            let (name, verb) = (change.name.as_str(), change.verb.as_str());
            changes.push((record.programme, head.sequence, name, verb, change.revision, now.micros()));
        }
        head.entry += 1;
        let names: Vec<_> = record.changes.iter().map(|change| &change.name).collect();
        let names = serde_json::to_string(&names).map_err(|error| Error::Storage(Box::new(error)))?;
        let caller = &record.call.caller;
        let entry = Entry {
            programme: record.programme.to_owned(),
            entry: head.entry,
            time: now.micros(),
            subject: caller.subject.clone(),
            on_behalf_of: caller.on_behalf_of.clone().unwrap_or_default(),
            method: record.method.to_owned(),
            names: names.clone(),
            digest: keyed_digest(&salt, &record.call.body_digest),
        };
        entries.entry(record.programme).or_default().push((entry, salt));
        if let Some(id) = &record.call.request_id {
            let (subject, digest) = (caller.subject.as_str(), record.call.body_digest.as_str());
            requests.push((record.programme, subject, record.method, id.as_str(), digest, names, now.micros()));
        }
    }
    Ok(Rows { entries: linked(entries, heads), changes, cells, requests })
}

impl Head {
    /// Of a programme that is being made.
    pub(super) fn origin() -> Head {
        Head { sequence: 0, entry: 0, link: ORIGIN.to_owned(), time: Timestamp::default(), ended: false }
    }

    /// Whether nothing was ever written to its programme.
    pub(super) fn is_origin(&self) -> bool {
        self.entry == 0
    }
}

/// A row of `audit_entries`; the last of a batch carries its link.
type EntryRow = (String, i64, i64, String, String, String, String, String, String, Option<String>);

/// One link for each programme of the batch, on its last entry; the heads take it over.
fn linked(entries: BTreeMap<&str, Vec<(Entry, String)>>, heads: &mut Heads) -> Vec<EntryRow> {
    let mut rows = Vec::new();
    for (programme, entries) in entries {
        let Some(head) = heads.get_mut(programme) else { continue };
        let mut link = Link::after(&head.link);
        for (entry, salt) in entries {
            link.cover(&entry);
            let Entry { programme, entry, time, subject, on_behalf_of, method, names, digest } = entry;
            rows.push((programme, entry, time, subject, on_behalf_of, method, names, digest, salt, None));
        }
        head.link = link.finish();
        if let Some(last) = rows.last_mut() {
            last.9 = Some(head.link.clone());
        }
    }
    rows
}

/// A row of `tally_cells`.
type CellRow<'a> = (&'a str, &'static str, &'static str, String, String, i64);

/// What a batch's facts add to cells, in their order, zero sums left out.
fn fold<'a>(records: &[Record<'a>], projections: &[Projection]) -> Vec<CellRow<'a>> {
    let mut places: HashMap<_, Vec<(&'static str, i64)>> = HashMap::new();
    for record in records {
        for delta in record.facts.iter().flat_map(|fact| projections.iter().flat_map(|project| project(fact))) {
            let Delta { face, month, key, by } = delta;
            let sums = places.entry((record.programme, face, month, key)).or_default();
            for (measure, by) in by {
                match sums.iter_mut().find(|(known, _)| *known == measure) {
                    Some((_, sum)) => *sum += by,
                    None => sums.push((measure, by)),
                }
            }
        }
    }
    let mut rows = Vec::with_capacity(places.len());
    for ((programme, face, month, key), sums) in places {
        let sums = sums.into_iter().filter(|(_, by)| *by != 0);
        rows.extend(sums.map(|(measure, by)| (programme, face, measure, month.clone(), key.clone(), by)));
    }
    rows.sort_unstable();
    rows
}

/// Whether a batch that left these heads behind is there. Locks them first, so that whoever makes or moves them has
/// ended.
pub(super) async fn is_committed(tx: &mut Tx<'_>, expected: &Heads) -> Result<bool> {
    let programmes: BTreeSet<&str> = expected.keys().map(String::as_str).collect();
    lock(tx, &programmes, &programmes).await?;
    for (programme, head) in expected {
        let row = tx.sql(FIND_LINK).bind(programme).bind(head.entry).fetch_optional().await?;
        let Some(row) = row else { return Ok(false) };
        if row.get::<Option<String>>("link")?.as_deref() != Some(head.link.as_str()) {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Forgets up to 1,000 requests that are older than they are kept; returns how many.
pub(super) async fn forget_requests(tx: &mut Tx<'_>, now: Timestamp) -> Result<u64> {
    tx.sql(FORGET_REQUESTS).bind(now.micros() - REQUEST_ID_MICROS).count().await
}

/// Where a programme's ledger ends, as a snapshot sees it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Seen {
    /// The last change's sequence.
    pub sequence: i64,
    /// The last audit entry.
    pub entry: i64,
    /// The link there: 64 hexadecimal digits.
    pub link: String,
}

/// Where a programme's ledger ends.
///
/// # Errors
/// `RESOURCE_NOT_FOUND` (the programme), or a storage error.
pub async fn head(tx: &mut Tx<'_>, programme: &Id) -> Result<Seen> {
    let row = tx.sql(SEE_HEAD).bind(programme).fetch_optional().await?;
    let row = row.ok_or_else(|| Error::not_found(format!("programmes/{programme}")))?;
    Ok(Seen { sequence: row.get("sequence")?, entry: row.get("entry")?, link: row.get("link")? })
}

/// Whether a programme has ended; nothing, if it isn't there.
pub(super) async fn has_ended(tx: &mut Tx<'_>, programme: &Id) -> Result<Option<bool>> {
    tx.sql(HAS_ENDED).bind(programme).fetch_optional().await?.map(|row| row.get("ended")).transpose()
}

/// An audit entry and the resources that it touched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Touched {
    /// Its number.
    pub entry: i64,
    /// The resources' names.
    pub names: Vec<String>,
}

/// The audit entries after one, in order, at most so many.
///
/// # Errors
/// A storage error.
pub async fn touched_after(tx: &mut Tx<'_>, programme: &Id, after: i64, most: i64) -> Result<Vec<Touched>> {
    let rows = tx.sql(TOUCHED_AFTER).bind(programme).bind(after).bind(most).fetch_all().await?;
    rows.iter().map(|row| Ok(Touched { entry: row.get("entry")?, names: row.json("names")? })).collect()
}

/// Destroys the keys of these entries' digests. The chain verifies as before: a key is no part of what is hashed.
///
/// # Errors
/// A storage error.
pub async fn destroy_keys(tx: &mut Tx<'_>, programme: &Id, entries: &[i64]) -> Result<()> {
    if entries.is_empty() {
        return Ok(());
    }
    let rows: Vec<_> = entries.iter().map(|entry| (programme, entry)).collect();
    tx.destroys();
    tx.sql(DESTROY_KEYS).bind_rows(&rows).execute().await
}
