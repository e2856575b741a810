//! The tables of tariffs and policies: versions that are added and change their state alone.

use serde::{Deserialize, Serialize};

use super::county::Method;
use super::policy::{Policy, Stay};
use super::tariff::{Key, Version};
use super::travel::Places;
use super::versions::{Approval, Dated, PolicyDraft, PolicyVersion, Tariff, TariffDraft, TariffState};
use super::{Cases, Component, TravelMode};
use crate::db::{List, Row, Sql, Tx, Value};
use crate::kernel::{Date, Error, Id, Name, PageRequest, Result, Vocabulary as _};
use crate::sites::DivisionCode;

mod columns;
pub mod encounters;
pub mod patients;
pub mod recomputations;
pub mod trips;

/// The tables that this slice owns.
pub const TABLES: &[&str] =
    &["tariffs", "saving_policies", "trip_versions", "trip_activities", "encounters", "recomputations"];

const GET_TARIFF: Sql = Sql::new("SELECT t.* FROM tariffs t WHERE t.programme = $1 AND t.tariff = $2");
const INSERT_TARIFF: Sql = Sql::new(
    "INSERT INTO tariffs (programme, tariff, component, origin, destination, mode, person_class, item, low, base, high, valid_from, \
     valid_to, source, source_hash, grade, state, replaces, entered_by, approved_by, revision, create_time, update_time) \
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23)",
);
const MOVE_TARIFF: Sql = Sql::new(
    "UPDATE tariffs SET state = $3, approved_by = $4, revision = $5, update_time = $6 WHERE programme = $1 AND tariff = $2",
);
const APPROVED_OF_KEY: Sql = Sql::new(
    "SELECT t.* FROM tariffs t WHERE t.programme = $1 AND t.origin = $2 AND t.destination = $3 AND t.component = $4 \
     AND t.mode = $5 AND t.person_class = $6 AND t.item = $7 AND t.state = 'APPROVED'",
);
const TARIFFS_ON: Sql = Sql::new(
    "SELECT t.* FROM tariffs t WHERE t.programme = $1 AND t.origin IN ('', $2) AND t.destination IN ('', $3, $4) \
     AND t.state = 'APPROVED' AND t.valid_from <= $5 AND (t.valid_to IS NULL OR t.valid_to > $5)",
);
const GET_POLICY: Sql = Sql::new("SELECT p.* FROM saving_policies p WHERE p.programme = $1 AND p.policy = $2");
const INSERT_POLICY: Sql = Sql::new(
    "INSERT INTO saving_policies (programme, policy, valid_from, valid_to, rules, source, state, replaces, entered_by, approved_by, \
     revision, create_time, update_time) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)",
);
const MOVE_POLICY: Sql = Sql::new(
    "UPDATE saving_policies SET state = $3, approved_by = $4, revision = $5, update_time = $6 WHERE programme = $1 AND policy = $2",
);
const APPROVED_POLICIES: Sql =
    Sql::new("SELECT p.* FROM saving_policies p WHERE p.programme = $1 AND p.state = 'APPROVED'");
const POLICIES_ON: Sql = Sql::new(
    "SELECT p.* FROM saving_policies p WHERE p.programme = $1 AND p.state = 'APPROVED' AND p.valid_from <= $2 \
     AND (p.valid_to IS NULL OR p.valid_to > $2)",
);

/// The statements of this slice, for the test that prepares them.
pub const STATEMENTS: &[(&str, Sql)] = &[
    ("GET_TARIFF", GET_TARIFF),
    ("INSERT_TARIFF", INSERT_TARIFF),
    ("MOVE_TARIFF", MOVE_TARIFF),
    ("APPROVED_OF_KEY", APPROVED_OF_KEY),
    ("TARIFFS_ON", TARIFFS_ON),
    ("GET_POLICY", GET_POLICY),
    ("INSERT_POLICY", INSERT_POLICY),
    ("MOVE_POLICY", MOVE_POLICY),
    ("APPROVED_POLICIES", APPROVED_POLICIES),
    ("POLICIES_ON", POLICIES_ON),
];

static LIST_TARIFFS: List = List {
    head: "SELECT t.* FROM tariffs t WHERE t.programme = ?",
    filters: &["t.state = ?", "t.component = ?"],
    after: "t.tariff > ?",
    order: "ORDER BY t.tariff",
};
static LIST_POLICIES: List = List {
    head: "SELECT p.* FROM saving_policies p WHERE p.programme = ?",
    filters: &[],
    after: "p.policy > ?",
    order: "ORDER BY p.policy",
};

/// The lists of this slice, for the test that prepares them.
pub const LISTS: &[(&str, &List)] = &[("LIST_TARIFFS", &LIST_TARIFFS), ("LIST_POLICIES", &LIST_POLICIES)];

/// A dated version that is stored.
pub trait Stored: Dated {
    /// The version, if it is there.
    ///
    /// # Errors
    /// A storage error.
    fn find(tx: &mut Tx<'_>, name: &Name<Self::Collection>) -> impl Future<Output = Result<Option<Self>>> + Send;
    /// The approved versions of the same thing.
    ///
    /// # Errors
    /// A storage error.
    fn approved_of_one(&self, tx: &mut Tx<'_>) -> impl Future<Output = Result<Vec<Self>>> + Send;
    /// Writes a new version.
    ///
    /// # Errors
    /// A storage error.
    fn insert(&self, tx: &mut Tx<'_>) -> impl Future<Output = Result<()>> + Send;
    /// Writes where it stands.
    ///
    /// # Errors
    /// A storage error.
    fn update(&self, tx: &mut Tx<'_>) -> impl Future<Output = Result<()>> + Send;
}

impl Stored for Tariff {
    async fn find(tx: &mut Tx<'_>, name: &Name<Self::Collection>) -> Result<Option<Self>> {
        let row = tx.sql(GET_TARIFF).bind(name.programme()).bind(name.id()).fetch_optional().await?;
        row.as_ref().map(tariff).transpose()
    }

    async fn approved_of_one(&self, tx: &mut Tx<'_>) -> Result<Vec<Self>> {
        let key = &self.draft.version.key;
        let stmt = tx.sql(APPROVED_OF_KEY).bind(self.name.programme()).bind(place(&key.origin));
        let stmt = stmt.bind(place(&key.destination)).bind(key.component.code()).bind(mode(key.mode));
        let rows = stmt.bind(key.person_class.code()).bind(key.item.as_str()).fetch_all().await?;
        rows.iter().map(tariff).collect()
    }

    async fn insert(&self, tx: &mut Tx<'_>) -> Result<()> {
        let (version, approval) = (&self.draft.version, &self.approval);
        let key = &version.key;
        let stmt = tx.sql(INSERT_TARIFF).bind(self.name.programme()).bind(self.name.id()).bind(key.component.code());
        let stmt = stmt.bind(place(&key.origin)).bind(place(&key.destination)).bind(mode(key.mode));
        let stmt = stmt.bind(key.person_class.code()).bind(key.item.as_str());
        let stmt = stmt.bind(version.values.low).bind(version.values.base).bind(version.values.high);
        let stmt = stmt.bind(version.valid_from).bind(version.valid_to).bind(version.source.as_str());
        let stmt = stmt.bind(self.draft.source_hash.as_str()).bind(self.draft.grade.code()).bind(approval.state.code());
        let stmt = stmt.bind(approval.replaces.clone()).bind(approval.entered_by.as_str());
        let stmt = stmt.bind(approval.approved_by.as_deref()).bind(self.meta.revision);
        stmt.bind(self.meta.create_time).bind(self.meta.update_time).execute().await
    }

    async fn update(&self, tx: &mut Tx<'_>) -> Result<()> {
        let stmt = tx.sql(MOVE_TARIFF).bind(self.name.programme()).bind(self.name.id());
        let stmt = stmt.bind(self.approval.state.code()).bind(self.approval.approved_by.as_deref());
        stmt.bind(self.meta.revision).bind(self.meta.update_time).execute().await
    }
}

impl Stored for PolicyVersion {
    async fn find(tx: &mut Tx<'_>, name: &Name<Self::Collection>) -> Result<Option<Self>> {
        let row = tx.sql(GET_POLICY).bind(name.programme()).bind(name.id()).fetch_optional().await?;
        row.as_ref().map(policy).transpose()
    }

    async fn approved_of_one(&self, tx: &mut Tx<'_>) -> Result<Vec<Self>> {
        let rows = tx.sql(APPROVED_POLICIES).bind(self.name.programme()).fetch_all().await?;
        rows.iter().map(policy).collect()
    }

    async fn insert(&self, tx: &mut Tx<'_>) -> Result<()> {
        let (policy, approval) = (&self.draft.policy, &self.approval);
        let rules = serde_json::to_string(&Rules::of(policy)).map_err(Error::storage)?;
        let stmt = tx.sql(INSERT_POLICY).bind(self.name.programme()).bind(self.name.id()).bind(policy.valid_from);
        let stmt = stmt.bind(policy.valid_to).bind(rules).bind(self.draft.source.as_str()).bind(approval.state.code());
        let stmt = stmt.bind(approval.replaces.clone()).bind(approval.entered_by.as_str());
        let stmt = stmt.bind(approval.approved_by.as_deref()).bind(self.meta.revision);
        stmt.bind(self.meta.create_time).bind(self.meta.update_time).execute().await
    }

    async fn update(&self, tx: &mut Tx<'_>) -> Result<()> {
        let stmt = tx.sql(MOVE_POLICY).bind(self.name.programme()).bind(self.name.id());
        let stmt = stmt.bind(self.approval.state.code()).bind(self.approval.approved_by.as_deref());
        stmt.bind(self.meta.revision).bind(self.meta.update_time).execute().await
    }
}

/// A page of tariffs by id, one more than it holds.
///
/// # Errors
/// A storage error.
pub async fn tariffs(
    tx: &mut Tx<'_>,
    programme: &Id,
    (state, component): (Option<TariffState>, Option<Component>),
    page: &PageRequest,
) -> Result<Vec<Tariff>> {
    let mut select = LIST_TARIFFS.select([Value::from(programme)]);
    if let Some(state) = state {
        select.filter(0, [Value::from(state.code())]);
    }
    if let Some(component) = component {
        select.filter(1, [Value::from(component.code())]);
    }
    tx.select(select.page(page)).await?.iter().map(tariff).collect()
}

/// A page of policies by id, one more than it holds.
///
/// # Errors
/// A storage error.
pub async fn policies(tx: &mut Tx<'_>, programme: &Id, page: &PageRequest) -> Result<Vec<PolicyVersion>> {
    let mut select = LIST_POLICIES.select([Value::from(programme)]);
    tx.select(select.page(page)).await?.iter().map(policy).collect()
}

/// The approved tariffs that a journey between some places can ask for on a day.
///
/// # Errors
/// A storage error.
pub async fn tariffs_on(tx: &mut Tx<'_>, programme: &Id, places: &Places, date: Date) -> Result<Vec<Version>> {
    let stmt = tx.sql(TARIFFS_ON).bind(programme).bind(places.origin.as_str()).bind(places.destination.as_str());
    let rows = stmt.bind(places.near.as_str()).bind(date).fetch_all().await?;
    rows.iter().map(|row| Ok(tariff(row)?.draft.version)).collect()
}

/// The approved policies, which don't overlap.
///
/// # Errors
/// A storage error.
pub async fn approved_policies(tx: &mut Tx<'_>, programme: &Id) -> Result<Vec<Policy>> {
    let rows = tx.sql(APPROVED_POLICIES).bind(programme).fetch_all().await?;
    rows.iter().map(|row| Ok(policy(row)?.draft.policy)).collect()
}

/// The approved policies that hold on a day: at most one.
///
/// # Errors
/// A storage error.
pub async fn policies_on(tx: &mut Tx<'_>, programme: &Id, date: Date) -> Result<Vec<Policy>> {
    let rows = tx.sql(POLICIES_ON).bind(programme).bind(date).fetch_all().await?;
    rows.iter().map(|row| Ok(policy(row)?.draft.policy)).collect()
}

/// A place as its key column has it: empty where the key has none.
fn place(code: &Option<DivisionCode>) -> &str {
    code.as_ref().map_or("", DivisionCode::as_str)
}

fn mode(mode: Option<TravelMode>) -> &'static str {
    mode.map_or("", |mode| mode.code())
}

fn tariff(row: &Row) -> Result<Tariff> {
    let code = |column| Ok::<_, Error>(DivisionCode::parse(&row.get::<String>(column)?));
    let id: Id = row.get("tariff")?;
    let key = Key {
        component: row.code("component")?,
        origin: code("origin")?,
        destination: code("destination")?,
        mode: TravelMode::from_code(&row.get::<String>("mode")?),
        person_class: row.code("person_class")?,
        item: row.get("item")?,
    };
    let version = Version {
        id: id.clone(),
        key,
        values: Cases::new(row.get("low")?, row.get("base")?, row.get("high")?),
        valid_from: row.get("valid_from")?,
        valid_to: row.get("valid_to")?,
        source: row.get("source")?,
    };
    Ok(Tariff {
        name: Name::new(row.get("programme")?, id),
        draft: TariffDraft { version, source_hash: row.get("source_hash")?, grade: row.code("grade")? },
        approval: approval(row)?,
        meta: row.meta()?,
    })
}

fn policy(row: &Row) -> Result<PolicyVersion> {
    let id: Id = row.get("policy")?;
    let rules: Rules = row.json("rules")?;
    Ok(PolicyVersion {
        name: Name::new(row.get("programme")?, id.clone()),
        draft: PolicyDraft {
            policy: rules.policy(id, row.get("valid_from")?, row.get("valid_to")?),
            source: row.get("source")?,
        },
        approval: approval(row)?,
        meta: row.meta()?,
    })
}

fn approval(row: &Row) -> Result<Approval> {
    Ok(Approval {
        state: row.code("state")?,
        replaces: row.get("replaces")?,
        entered_by: row.get("entered_by")?,
        approved_by: row.get("approved_by")?,
    })
}

/// What a policy says, as the column `rules` has it.
#[derive(Serialize, Deserialize)]
struct Rules {
    mode: TravelMode,
    feeder_mode: Option<TravelMode>,
    near_mode: TravelMode,
    most_companions: i64,
    persons_a_room: i64,
    outpatient: Stay,
    inpatient: Stay,
    near_wage_half_days: i64,
    method: Option<Method>,
}

impl Rules {
    fn of(policy: &Policy) -> Self {
        Self {
            mode: policy.mode,
            feeder_mode: policy.feeder_mode,
            near_mode: policy.near_mode,
            most_companions: policy.most_companions,
            persons_a_room: policy.persons_a_room,
            outpatient: policy.outpatient,
            inpatient: policy.inpatient,
            near_wage_half_days: policy.near_wage_half_days,
            method: policy.method.clone(),
        }
    }

    fn policy(self, id: Id, valid_from: Date, valid_to: Option<Date>) -> Policy {
        Policy {
            id,
            valid_from,
            valid_to,
            mode: self.mode,
            feeder_mode: self.feeder_mode,
            near_mode: self.near_mode,
            most_companions: self.most_companions,
            persons_a_room: self.persons_a_room,
            outpatient: self.outpatient,
            inpatient: self.inpatient,
            near_wage_half_days: self.near_wage_half_days,
            method: self.method,
        }
    }
}
