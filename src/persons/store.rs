//! The tables of restrictions and of what they seal.
use std::collections::{HashMap, HashSet};

use super::{LIFT, PATIENT, Person, PersonRestrictions, RESTRICT, Restricted, Restriction, STAND_IN, Seal, State};
use crate::db::{List, Row, Sql, Tx, Value};
use crate::experts::sealed::SEALED;
use crate::kernel::{Change, Error, ExternalId, Id, Name, PageRequest, Patient, Result, Vocabulary as _};
use crate::rows;

/// The tables that this slice owns.
pub const TABLES: &[&str] = &["person_restrictions", "person_seals"];

const GET: Sql = Sql::new("SELECT r.* FROM person_restrictions r WHERE r.programme = $1 AND r.restriction = $2");
const STANDING: Sql = Sql::new(
    "SELECT r.restriction FROM person_restrictions r WHERE r.programme = $1 AND r.kind = $2 AND r.subject = $3 \
     AND r.state IN ('RESTRICTED', 'ERASING', 'ERASED') LIMIT 1",
);
/// Patients by their own tokens, which stand in seals alone; `r`: programme, issuer, token.
const RESTRICTED: Sql = rows!(
    "SELECT q.patient_issuer, s.value AS patient_token, s.restriction FROM ",
    "JOIN person_seals s ON s.programme = r.value->>0 AND s.part = 'patient' AND s.value = r.value->>2 \
     JOIN person_restrictions q ON q.programme = s.programme AND q.restriction = s.restriction AND q.patient_issuer = r.value->>1"
);
/// Patients by the tokens that took their own ones' place; `r`: programme, issuer, token.
const ON_RECORD: Sql = rows!(
    "SELECT q.patient_issuer, q.subject AS patient_token, q.restriction FROM ",
    "JOIN person_restrictions q ON q.programme = r.value->>0 AND q.kind = 'PATIENT' AND q.subject = r.value->>2 \
     AND q.patient_issuer = r.value->>1 AND q.state IN ('RESTRICTED', 'ERASING', 'ERASED')"
);
const ERASING: Sql = Sql::new(
    "SELECT r.programme, r.restriction FROM person_restrictions r WHERE r.state = 'ERASING' \
     AND (r.programme, r.restriction) > ($1, $2) ORDER BY r.programme, r.restriction LIMIT 100",
);
const INSERT: Sql = Sql::new(
    "INSERT INTO person_restrictions (programme, restriction, kind, subject, patient_issuer, document, erase_after_date, state, \
     keys_done, touched, revision, create_time, update_time) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)",
);
const UPDATE: Sql = Sql::new(
    "UPDATE person_restrictions SET state = $3, keys_done = $4, touched = $5, revision = $6, update_time = $7 \
     WHERE programme = $1 AND restriction = $2",
);
const ADD_SEALS: Sql = rows!(
    "INSERT INTO person_seals (programme, restriction, part, item, value) \
     SELECT r.value->>0, r.value->>1, r.value->>2, r.value->>3, r.value->>4 FROM ",
    "WHERE TRUE"
);
const SEALS: Sql = Sql::new(
    "SELECT s.item, s.value FROM person_seals s WHERE s.programme = $1 AND s.restriction = $2 AND s.part = $3 ORDER BY s.item",
);
/// What is sealed of records of one part, by whichever restriction.
const OF_PART: Sql =
    Sql::new("SELECT s.value FROM person_seals s WHERE s.programme = $1 AND s.part = $2 AND s.value <> ''");
const ITEMS: Sql = Sql::new(
    "SELECT s.part, s.item FROM person_seals s WHERE s.programme = $1 AND s.restriction = $2 ORDER BY s.part, s.item",
);
/// Also in the seals of another person's restriction that has touched the same record.
const EMPTY_SEALS: Sql = Sql::new(
    "UPDATE person_seals SET value = '' WHERE programme = $1 AND (part, item) IN \
     (SELECT o.part, o.item FROM person_seals o WHERE o.programme = $1 AND o.restriction = $2)",
);
/// What other restrictions that stand have touched too is sealed by them from now on; `r`: programme, restriction, part, item, value.
const HAND_ON: Sql = rows!(
    "UPDATE person_seals SET value = r.value->>4 FROM ",
    "WHERE person_seals.programme = r.value->>0 AND person_seals.restriction <> r.value->>1 AND person_seals.part = r.value->>2 \
     AND person_seals.item = r.value->>3 AND EXISTS (SELECT 1 FROM person_restrictions q WHERE q.programme = r.value->>0 \
     AND q.restriction = person_seals.restriction AND q.state = 'RESTRICTED') RETURNING person_seals.item"
);
const DROP_SEALS: Sql = Sql::new("DELETE FROM person_seals WHERE programme = $1 AND restriction = $2");

/// The statements of this slice, for the test that prepares them.
pub const STATEMENTS: &[(&str, Sql)] = &[
    ("GET", GET),
    ("STANDING", STANDING),
    ("RESTRICTED", RESTRICTED),
    ("ON_RECORD", ON_RECORD),
    ("ERASING", ERASING),
    ("INSERT", INSERT),
    ("UPDATE", UPDATE),
    ("ADD_SEALS", ADD_SEALS),
    ("SEALS", SEALS),
    ("OF_PART", OF_PART),
    ("ITEMS", ITEMS),
    ("EMPTY_SEALS", EMPTY_SEALS),
    ("HAND_ON", HAND_ON),
    ("DROP_SEALS", DROP_SEALS),
];

static LIST: List = List {
    head: "SELECT r.* FROM person_restrictions r WHERE r.programme = ?",
    filters: &["r.state = ?"],
    after: "r.restriction > ?",
    order: "ORDER BY r.restriction",
};

/// The lists of this slice, for the test that prepares them.
pub const LISTS: &[(&str, &List)] = &[("LIST", &LIST)];

const EXPERT: &str = "EXPERT";
const ASSISTANT: &str = "ASSISTANT";
const OF_PATIENT: &str = "PATIENT";

/// How a person is told from others: a kind and a text.
fn subject(person: &Person) -> (&'static str, String) {
    match person {
        Person::Expert(id) => (EXPERT, id.to_string()),
        Person::Assistant(id) => (ASSISTANT, id.to_string()),
        Person::Patient(patient) => (OF_PATIENT, patient.token().to_owned()),
    }
}

/// A restriction. Errors: `RESOURCE_NOT_FOUND`.
pub async fn get(tx: &mut Tx<'_>, name: &Name<PersonRestrictions>) -> Result<Restriction> {
    find(tx, name).await?.ok_or_else(|| Error::not_found(name))
}

/// A restriction, if it is there.
pub async fn find(tx: &mut Tx<'_>, name: &Name<PersonRestrictions>) -> Result<Option<Restriction>> {
    let row = tx.sql(GET).bind(name.programme()).bind(name.id()).fetch_optional().await?;
    row.map(|row| restriction(&row)).transpose()
}

/// The restriction that a person is under; a patient by the own token, or by the one that took its place.
pub async fn standing(tx: &mut Tx<'_>, programme: &Id, person: &Person) -> Result<Option<Id>> {
    let (kind, subject) = subject(person);
    let row = tx.sql(STANDING).bind(programme).bind(kind).bind(&subject).fetch_optional().await?;
    match (row, person) {
        (Some(row), _) => Ok(Some(row.get("restriction")?)),
        (None, Person::Expert(_) | Person::Assistant(_)) => Ok(None),
        (None, Person::Patient(own)) => {
            let found = restricted(tx, programme, std::iter::once(own)).await?;
            Ok(found.of(own).map(|name| name.id().clone()))
        }
    }
}

/// Which of these patients are restricted, told by their own tokens.
pub async fn restricted<'a>(
    tx: &mut Tx<'_>,
    programme: &Id,
    patients: impl Iterator<Item = &'a Patient>,
) -> Result<Restricted> {
    under(tx, RESTRICTED, programme, patients).await
}

/// Which of the patients in records are restricted, told by the tokens that took their own ones' place there. Nothing is read where no token
/// looks like one of those.
pub async fn on_record<'a>(
    tx: &mut Tx<'_>,
    programme: &Id,
    patients: impl Iterator<Item = &'a Patient>,
) -> Result<Restricted> {
    under(tx, ON_RECORD, programme, patients.filter(|patient| patient.token().starts_with(STAND_IN))).await
}

/// For which of these patients nothing may be planned, whichever token says who they are.
pub async fn barred<'a>(
    tx: &mut Tx<'_>,
    programme: &Id,
    patients: impl Iterator<Item = &'a Patient> + Clone,
) -> Result<Restricted> {
    let own = restricted(tx, programme, patients.clone()).await?;
    Ok(own.and(on_record(tx, programme, patients).await?))
}

async fn under<'a>(
    tx: &mut Tx<'_>,
    by: Sql,
    programme: &Id,
    patients: impl Iterator<Item = &'a Patient>,
) -> Result<Restricted> {
    let rows: Vec<_> = patients.map(|patient| (programme, patient.issuer(), patient.token())).collect();
    if rows.is_empty() {
        return Ok(Restricted::default());
    }
    let mut found = HashMap::new();
    for row in tx.sql(by).bind_rows(&rows).fetch_all().await? {
        let (issuer, token): (String, String) = (row.get("patient_issuer")?, row.get("patient_token")?);
        let patient = Patient::parse(&issuer, &token).map_err(|_| Error::storage("a sealed token is none"))?;
        found.insert(patient, Name::new(programme.clone(), row.get("restriction")?));
    }
    Ok(Restricted::new(found))
}

/// Restrictions of any programme whose erasure has begun and isn't over, after one by name; 100 of them at most.
pub async fn erasing(
    tx: &mut Tx<'_>,
    after: Option<&Name<PersonRestrictions>>,
) -> Result<Vec<Name<PersonRestrictions>>> {
    let (programme, id) = after.map_or(("", ""), |after| (after.programme().as_str(), after.id().as_str()));
    let rows = tx.sql(ERASING).bind(programme).bind(id).fetch_all().await?;
    rows.iter().map(|row| Ok(Name::new(row.get("programme")?, row.get("restriction")?))).collect()
}

/// Restrictions by id, and one more than the page holds.
pub async fn list(
    tx: &mut Tx<'_>,
    programme: &Id,
    state: Option<State>,
    page: &PageRequest,
) -> Result<Vec<Restriction>> {
    let mut select = LIST.select([Value::from(programme)]);
    if let Some(state) = state {
        select.filter(0, [Value::from(state.code())]);
    }
    select.page(page);
    tx.select(&select).await?.iter().map(restriction).collect()
}

/// Adds a restriction.
pub async fn insert(tx: &mut Tx<'_>, restriction: &Restriction) -> Result<()> {
    let Restriction { name, person, document, erase_after, state, keys_done, touched, meta } = restriction;
    let (kind, subject) = subject(person);
    let issuer = match person {
        Person::Patient(patient) => Some(patient.issuer()),
        Person::Expert(_) | Person::Assistant(_) => None,
    };
    let stmt = tx.sql(INSERT).bind(name.programme()).bind(name.id()).bind(kind).bind(&subject).bind(issuer);
    let stmt = stmt.bind(document).bind(*erase_after).bind(state.code()).bind(*keys_done).bind(*touched);
    stmt.bind(meta.revision).bind(meta.create_time).bind(meta.update_time).execute().await
}

/// Writes where a restriction stands.
pub async fn update(tx: &mut Tx<'_>, restriction: &Restriction) -> Result<()> {
    let Restriction { name, state, keys_done, touched, meta, .. } = restriction;
    let stmt = tx.sql(UPDATE).bind(name.programme()).bind(name.id()).bind(state.code()).bind(*keys_done).bind(*touched);
    stmt.bind(meta.revision).bind(meta.update_time).execute().await
}

/// Keeps what a slice takes out of its records, and counts them.
pub async fn seal(tx: &mut Tx<'_>, restriction: &Restriction, seals: &[Seal]) -> Result<()> {
    if seals.is_empty() {
        return Ok(());
    }
    let (programme, id) = (restriction.name.programme(), restriction.name.id());
    let rows: Vec<_> = seals.iter().map(|seal| (programme, id, seal.part, &seal.key, &seal.value)).collect();
    tx.sql(ADD_SEALS).bind_rows(&rows).execute().await?;
    let now = get(tx, &restriction.name).await?;
    let touched = now.touched.saturating_add(i64::try_from(seals.len()).unwrap_or(i64::MAX));
    update(tx, &Restriction { touched, ..now }).await
}

/// What a slice has sealed: ids and what stood there.
pub async fn sealed(tx: &mut Tx<'_>, restriction: &Restriction, part: &str) -> Result<Vec<(String, String)>> {
    let (programme, id) = (restriction.name.programme(), restriction.name.id());
    let rows = tx.sql(SEALS).bind(programme).bind(id).bind(part).fetch_all().await?;
    rows.iter().map(|row| Ok((row.get("item")?, row.get("value")?))).collect()
}

/// What a lifting puts back of a slice: ids and what stood there. Left out is what was empty, or sealed by another restriction before, and
/// what another one that stands has touched too: that one keeps it.
pub async fn unsealed(tx: &mut Tx<'_>, restriction: &Restriction, part: &str) -> Result<Vec<(String, String)>> {
    let mut sealed = sealed(tx, restriction, part).await?;
    sealed.retain(|(_, value)| holds(value));
    if sealed.is_empty() {
        return Ok(sealed);
    }
    let (programme, id) = (restriction.name.programme(), restriction.name.id());
    let rows: Vec<_> = sealed.iter().map(|(item, value)| (programme, id, part, item, value)).collect();
    let kept = tx.sql(HAND_ON).bind_rows(&rows).fetch_all().await?;
    let kept: HashSet<String> = kept.iter().map(|row| row.get("item")).collect::<Result<_>>()?;
    sealed.retain(|(item, _)| !kept.contains(item));
    Ok(sealed)
}

/// Whether a seal holds anything: a record that had nothing to seal is sealed with nothing, or with an empty list.
pub fn holds(value: &str) -> bool {
    !matches!(value, "" | "[]" | SEALED)
}

/// The numbers in other systems that a slice has sealed of its records.
pub async fn sealed_numbers(tx: &mut Tx<'_>, restriction: &Restriction, part: &str) -> Result<Vec<ExternalId>> {
    let sealed = sealed(tx, restriction, part).await?;
    let numbers = sealed.iter().filter(|(_, value)| holds(value)).map(|(_, value)| numbers(value));
    Ok(numbers.collect::<Result<Vec<_>>>()?.concat())
}

/// The numbers in other systems that a slice has sealed of all restricted patients' records.
pub async fn all_sealed_numbers(tx: &mut Tx<'_>, programme: &Id, part: &str) -> Result<HashSet<ExternalId>> {
    let mut found = HashSet::new();
    for row in tx.sql(OF_PART).bind(programme).bind(part).fetch_all().await? {
        found.extend(numbers(&row.get::<String>("value")?)?);
    }
    Ok(found)
}

/// The numbers in the seal of one record.
pub fn numbers(sealed: &str) -> Result<Vec<ExternalId>> {
    serde_json::from_str(sealed).map_err(Error::storage)
}

/// The collections and ids of all records that were touched.
pub async fn items(tx: &mut Tx<'_>, name: &Name<PersonRestrictions>) -> Result<Vec<(String, String)>> {
    let rows = tx.sql(ITEMS).bind(name.programme()).bind(name.id()).fetch_all().await?;
    rows.iter().map(|row| Ok((row.get("part")?, row.get("item")?))).collect()
}

/// Destroys what stood in the records; which they were is still known.
pub async fn destroy(tx: &mut Tx<'_>, name: &Name<PersonRestrictions>) -> Result<()> {
    tx.destroys();
    tx.sql(EMPTY_SEALS).bind(name.programme()).bind(name.id()).execute().await
}

/// Forgets which records were touched, and what stood in them.
pub async fn forget(tx: &mut Tx<'_>, name: &Name<PersonRestrictions>) -> Result<()> {
    tx.sql(DROP_SEALS).bind(name.programme()).bind(name.id()).execute().await
}

fn restriction(row: &Row) -> Result<Restriction> {
    let subject: String = row.get("subject")?;
    let corrupt = || Error::storage("person_restrictions.subject is no person");
    let id = || Id::parse(&subject).map_err(|_| corrupt());
    let person = match (row.get::<String>("kind")?.as_str(), row.get::<Option<String>>("patient_issuer")?) {
        (EXPERT, None) => Person::Expert(id()?),
        (ASSISTANT, None) => Person::Assistant(id()?),
        (OF_PATIENT, Some(issuer)) => Person::Patient(Patient::parse(&issuer, &subject).map_err(|_| corrupt())?),
        (_, _) => return Err(corrupt()),
    };
    Ok(Restriction {
        name: Name::new(row.get("programme")?, row.get("restriction")?),
        person,
        document: row.get("document")?,
        erase_after: row.get("erase_after_date")?,
        state: row.code("state")?,
        keys_done: row.get("keys_done")?,
        touched: row.get("touched")?,
        meta: row.meta()?,
    })
}

/// One token in place of another, in all records that a slice has of a patient.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Swap {
    /// The restriction that asks for it.
    pub restriction: Restriction,
    /// The patient's issuer.
    pub issuer: String,
    /// The token that records have.
    pub from: String,
    /// The token that they get.
    pub to: String,
    /// Whether records are sealed by it, or what was sealed is put back.
    pub seals: bool,
}

/// What a restriction or a lifting asks of the slices that hold tokens; nothing, where it isn't about a patient.
pub async fn swap(tx: &mut Tx<'_>, change: &Change) -> Result<Option<Swap>> {
    let name = Name::<PersonRestrictions>::parse(&change.name).map_err(Error::Internal)?;
    let restriction = get(tx, &name).await?;
    let Person::Patient(other) = &restriction.person else { return Ok(None) };
    let own = sealed(tx, &restriction, PATIENT).await?.pop().map(|(_, own)| own);
    let own = own.ok_or_else(|| Error::storage("a restricted patient's own token isn't sealed"))?;
    let (issuer, other) = (other.issuer().to_owned(), other.token().to_owned());
    let (from, to, seals) = match change.verb {
        RESTRICT => (own, other, true),
        LIFT => (other, own, false),
        _ => return Ok(None),
    };
    Ok(Some(Swap { restriction, issuer, from, to, seals }))
}
