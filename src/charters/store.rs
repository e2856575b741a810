//! SQL of charters and contacts, and rows to types.
use std::collections::BTreeMap;

use super::{Charter, CharterLimit, CharterVersion, Charters, Contact, Contacts, Limits};
use crate::db::{self, Ask, List, Read, Row, Sql, Tx, Value};
use crate::experts::Consent;
use crate::kernel::{Error, Id, Name, PageRequest, Result, Timestamp, Vocabulary as _};
use crate::rows;

/// The tables that this slice writes.
pub const TABLES: &[&str] = &["charters", "charter_sites", "charter_versions", "contacts"];

const OF_EXPERTS: Sql = rows!(
    "SELECT c.programme, c.expert, c.limits, c.heard_by, c.medium, c.heard_time, c.words, c.revision, c.create_time, c.update_time FROM ",
    "JOIN charters c ON c.programme = r.value->>0 AND c.expert = r.value->>1"
);
const INSERT: Sql = Sql::new(
    "INSERT INTO charters (programme, expert, limits, heard_by, medium, heard_time, words, revision, create_time, update_time) \
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
);
const UPDATE: Sql = Sql::new(
    "UPDATE charters SET limits = $3, heard_by = $4, medium = $5, heard_time = $6, words = $7, revision = $8, update_time = $9 \
     WHERE programme = $1 AND expert = $2",
);
const INSERT_VERSION: Sql = Sql::new(
    "INSERT INTO charter_versions (programme, expert, version, limits, loosened, heard_by, medium, heard_time, words, \
     since_sequence, create_time, update_time) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
);
const INSERT_SITES: Sql = rows!(
    "INSERT INTO charter_sites (programme, expert, site) SELECT r.value->>0, r.value->>1, r.value->>2 FROM ",
    "WHERE TRUE"
);
const DELETE_SITES: Sql = Sql::new("DELETE FROM charter_sites WHERE programme = $1 AND expert = $2");
const NAMING_SITE: Sql =
    Sql::new("SELECT s.expert FROM charter_sites s WHERE s.programme = $1 AND s.site = $2 ORDER BY s.expert LIMIT 1");
const GET_CONTACT: Sql = Sql::new(
    "SELECT c.programme, c.contact, c.expert, c.contact_time, c.medium, c.made_by, c.note, c.beyond_charter, c.create_time \
     FROM contacts c WHERE c.programme = $1 AND c.contact = $2",
);
const INSERT_CONTACT: Sql = Sql::new(
    "INSERT INTO contacts (programme, contact, expert, contact_time, medium, made_by, note, beyond_charter, create_time) \
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
);
const CONTACTS: Sql = rows!(
    "SELECT c.expert, c.contact_time FROM ",
    "JOIN contacts c ON c.programme = r.value->>0 AND c.expert = r.value->>1 \
     AND c.contact_time >= CAST(r.value->>2 AS BIGINT) AND c.contact_time < CAST(r.value->>3 AS BIGINT) \
     ORDER BY c.expert, c.contact_time"
);
const MOVE_CONTACTS: Sql = Sql::new("UPDATE contacts SET expert = $3 WHERE programme = $1 AND expert = $2");
const VERSIONS: List = List {
    head: "SELECT v.programme, v.expert, v.limits, v.loosened, v.heard_by, v.medium, v.heard_time, v.words, v.version AS revision, \
           v.create_time, v.update_time FROM charter_versions v WHERE v.programme = ? AND v.expert = ?",
    filters: &[],
    after: "v.version < ?",
    order: "ORDER BY v.version DESC",
};
const CONTACT_LIST: List = List {
    head: "SELECT c.programme, c.contact, c.expert, c.contact_time, c.medium, c.made_by, c.note, c.beyond_charter, c.create_time \
           FROM contacts c WHERE c.programme = ?",
    filters: &["c.expert = ?", "c.contact_time >= ?", "c.contact_time < ?"],
    after: "(c.contact_time, c.contact) > (?, ?)",
    order: "ORDER BY c.contact_time, c.contact",
};

/// The statements of this slice, for the test that prepares them.
pub const STATEMENTS: &[(&str, Sql)] = &[
    ("OF_EXPERTS", OF_EXPERTS),
    ("INSERT", INSERT),
    ("UPDATE", UPDATE),
    ("INSERT_VERSION", INSERT_VERSION),
    ("INSERT_SITES", INSERT_SITES),
    ("DELETE_SITES", DELETE_SITES),
    ("NAMING_SITE", NAMING_SITE),
    ("GET_CONTACT", GET_CONTACT),
    ("INSERT_CONTACT", INSERT_CONTACT),
    ("CONTACTS", CONTACTS),
    ("MOVE_CONTACTS", MOVE_CONTACTS),
];
/// The lists of this slice.
pub const LISTS: &[(&str, &List)] = &[("VERSIONS", &VERSIONS), ("CONTACTS", &CONTACT_LIST)];

/// Which contacts a list is about; what is set must all hold.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// With this expert.
    pub expert: Option<Id>,
    /// Then or later.
    pub from: Option<Timestamp>,
    /// Before then.
    pub until: Option<Timestamp>,
}

/// Asks for the charters of these experts; one of whom no limit was ever recorded is left out.
pub fn of_experts(programme: &Id, experts: &[Id]) -> Ask<BTreeMap<Id, Charter>> {
    if experts.is_empty() {
        return Ask::known(BTreeMap::new());
    }
    Ask::rows(Read::of(OF_EXPERTS).bind_rows(&db::keys(programme, experts)), |rows| {
        rows.iter().map(|row| Ok((row.get("expert")?, charter_of(row)?))).collect()
    })
}

/// An expert's charter; one without limits where none was ever recorded, whether or not there is such an expert.
///
/// # Errors
/// A storage error.
pub async fn get(tx: &mut Tx<'_>, name: &Name<Charters>) -> Result<Charter> {
    let charter = tx.ask(of_experts(name.programme(), std::slice::from_ref(name.id()))).await?.remove(name.id());
    Ok(charter.unwrap_or_else(|| Charter::unset(name.programme().clone(), name.id().clone())))
}

/// The versions of a charter, the newest first: a page and one more.
///
/// # Errors
/// A storage error.
pub async fn versions(tx: &mut Tx<'_>, name: &Name<Charters>, page: &PageRequest) -> Result<Vec<CharterVersion>> {
    let mut select = VERSIONS.select([Value::from(name.programme()), Value::from(name.id())]);
    let rows = tx.select(select.page(page)).await?;
    let loosened = |row: &Row| {
        let fields: Vec<String> = row.json("loosened")?;
        Ok(CharterLimit::ALL
            .iter()
            .map(|limit| limit.field())
            .filter(|field| fields.iter().any(|f| f == field))
            .collect())
    };
    rows.iter().map(|row| Ok(CharterVersion { charter: charter_of(row)?, loosened: loosened(row)? })).collect()
}

/// Asks when these experts were contacted, from an instant until another; who wasn't is left out.
pub fn contacts(
    programme: &Id,
    experts: &[Id],
    from: Timestamp,
    until: Timestamp,
) -> Ask<BTreeMap<Id, Vec<Timestamp>>> {
    if experts.is_empty() {
        return Ask::known(BTreeMap::new());
    }
    let key = |expert: &Id| (programme.clone(), expert.clone(), from.micros(), until.micros());
    let keys: Vec<_> = experts.iter().map(key).collect();
    Ask::rows(Read::of(CONTACTS).bind_rows(&keys), |rows| {
        let mut found: BTreeMap<Id, Vec<Timestamp>> = BTreeMap::new();
        for row in &rows {
            found.entry(row.get("expert")?).or_default().push(row.get("contact_time")?);
        }
        Ok(found)
    })
}

/// A page of contacts by time and id, one more than it holds.
///
/// # Errors
/// A storage error.
pub async fn list_contacts(
    tx: &mut Tx<'_>,
    programme: &Id,
    filter: &Filter,
    page: &PageRequest,
) -> Result<Vec<Contact>> {
    let mut select = CONTACT_LIST.select([Value::from(programme)]);
    if let Some(expert) = &filter.expert {
        select.filter(0, [Value::from(expert)]);
    }
    for (index, time) in [(1, filter.from), (2, filter.until)] {
        if let Some(time) = time {
            select.filter(index, [Value::from(time)]);
        }
    }
    tx.select(select.page(page)).await?.iter().map(contact_of).collect()
}

/// The contact, if it is there.
///
/// # Errors
/// A storage error.
pub async fn find_contact(tx: &mut Tx<'_>, name: &Name<Contacts>) -> Result<Option<Contact>> {
    let row = tx.sql(GET_CONTACT).bind(name.programme()).bind(name.id()).fetch_optional().await?;
    row.as_ref().map(contact_of).transpose()
}

/// The first expert whose charter names a site.
///
/// # Errors
/// A storage error.
pub async fn naming_site(tx: &mut Tx<'_>, programme: &Id, site: &Id) -> Result<Option<Id>> {
    let row = tx.sql(NAMING_SITE).bind(programme).bind(site).fetch_optional().await?;
    row.map(|row| row.get("expert")).transpose()
}

/// Writes a new version of a charter, which holds from the command's first change on.
///
/// # Errors
/// A storage error, also when the charter is one that was never recorded.
pub async fn put(tx: &mut Tx<'_>, charter: &Charter, loosened: &[&'static str]) -> Result<()> {
    let meta = charter.meta.ok_or(Error::Internal("a charter is written with its revision"))?;
    let (programme, expert, sequence) = (charter.name.programme(), charter.expert(), tx.sequence());
    let limits = serde_json::to_string(&charter.limits).map_err(Error::storage)?;
    let loosened = serde_json::to_string(loosened).map_err(Error::storage)?;
    let (heard_by, medium, heard_time, words) = columns(charter.word.as_ref());
    let stmt = tx.sql(if meta.revision == 1 { INSERT } else { UPDATE }).bind(programme).bind(expert).bind(&limits);
    let stmt = stmt.bind(heard_by).bind(medium).bind(heard_time).bind(words).bind(meta.revision);
    let stmt = if meta.revision == 1 { stmt.bind(meta.create_time) } else { stmt };
    stmt.bind(meta.update_time).execute().await?;
    let stmt = tx.sql(INSERT_VERSION).bind(programme).bind(expert).bind(meta.revision).bind(limits).bind(loosened);
    let stmt = stmt.bind(heard_by).bind(medium).bind(heard_time).bind(words).bind(sequence);
    stmt.bind(meta.create_time).bind(meta.update_time).execute().await?;
    tx.sql(DELETE_SITES).bind(programme).bind(expert).execute().await?;
    let sites: Vec<_> =
        charter.limits.sites.iter().map(|site| (programme.as_str(), expert.as_str(), site.as_str())).collect();
    if !sites.is_empty() {
        tx.sql(INSERT_SITES).bind_rows(&sites).execute().await?;
    }
    Ok(())
}

/// Forgets which sites a charter names that binds nobody any more.
///
/// # Errors
/// A storage error.
pub async fn forget_sites(tx: &mut Tx<'_>, name: &Name<Charters>) -> Result<()> {
    tx.sql(DELETE_SITES).bind(name.programme()).bind(name.id()).execute().await?;
    Ok(())
}

/// Writes a new contact.
///
/// # Errors
/// A storage error.
pub async fn insert_contact(tx: &mut Tx<'_>, contact: &Contact) -> Result<()> {
    let stmt = tx.sql(INSERT_CONTACT).bind(contact.name.programme()).bind(contact.name.id()).bind(&contact.expert);
    let stmt = stmt.bind(contact.time).bind(contact.medium.code()).bind(&contact.made_by).bind(&contact.note);
    stmt.bind(contact.beyond_charter).bind(contact.create_time).execute().await?;
    Ok(())
}

/// Gives the contacts with a duplicate to the expert that it is.
///
/// # Errors
/// A storage error.
pub async fn move_contacts(tx: &mut Tx<'_>, programme: &Id, from: &Id, to: &Id) -> Result<()> {
    tx.sql(MOVE_CONTACTS).bind(programme).bind(from).bind(to).execute().await?;
    Ok(())
}

type WordColumns<'a> = (Option<&'a str>, Option<&'static str>, Option<Timestamp>, Option<&'a str>);

fn columns(word: Option<&Consent>) -> WordColumns<'_> {
    let Some(word) = word else { return (None, None, None, None) };
    (Some(&word.heard_by), Some(word.medium.code()), Some(word.heard_time), Some(&word.words))
}

fn charter_of(row: &Row) -> Result<Charter> {
    let word = match row.get::<Option<String>>("heard_by")? {
        None => None,
        Some(heard_by) => Some(Consent {
            heard_by,
            medium: row.code("medium")?,
            heard_time: row.get("heard_time")?,
            words: row.get("words")?,
        }),
    };
    Ok(Charter {
        name: Name::new(row.get("programme")?, row.get("expert")?),
        limits: row.json::<Limits>("limits")?,
        word,
        meta: Some(row.meta()?),
    })
}

fn contact_of(row: &Row) -> Result<Contact> {
    Ok(Contact {
        name: Name::new(row.get("programme")?, row.get("contact")?),
        expert: row.get("expert")?,
        time: row.get("contact_time")?,
        medium: row.code("medium")?,
        made_by: row.get("made_by")?,
        note: row.get("note")?,
        beyond_charter: row.get("beyond_charter")?,
        create_time: row.get("create_time")?,
    })
}
