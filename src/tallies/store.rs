//! Opening balances, cells, and the records that tallies are recounted from.

use std::collections::{BTreeMap, HashMap};

use super::reckon::Slice;
use super::{BalanceState, Definition, OpeningBalance, cells, measures};
use crate::db::{List, Row, Sql, Tx, Value};
use crate::kernel::{Error, Id, Measure, Name, PageRequest, Result, Vocabulary as _};
use crate::rows;

pub mod discrepancies;
mod records;
pub mod statements;

pub use records::{Cut, held_leaves, leaves, roster, span, trip_leaves, visit_leaves, visits_since};

/// The tables that this slice owns.
pub const TABLES: &[&str] = &["opening_balances", "statements", "discrepancies"];

const GET: Sql = Sql::new("SELECT b.* FROM opening_balances b WHERE b.programme = $1 AND b.opening_balance = $2");
const STANDING: Sql = Sql::new("SELECT b.* FROM opening_balances b WHERE b.programme = $1 AND b.state = 'DECLARED'");
const INSERT: Sql = Sql::new(
    "INSERT INTO opening_balances (programme, opening_balance, measure, quantity, as_of_date, document, declared_by, state, \
     revision, create_time, update_time) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
);
const VOID: Sql = Sql::new(
    "UPDATE opening_balances SET state = 'VOIDED', revision = $3, update_time = $4 WHERE programme = $1 AND opening_balance = $2",
);
const CELLS: Sql = rows!(
    "SELECT c.measure, c.month, c.key, c.quantity FROM ",
    "JOIN tally_cells c ON c.programme = r.value->>0 AND c.face = r.value->>1 AND c.measure = r.value->>2 \
     AND c.month >= r.value->>3 AND c.month <= r.value->>4 WHERE c.quantity <> 0"
);
const MONTH_CELLS: Sql = rows!(
    "SELECT c.face, c.measure, c.key, c.quantity FROM ",
    "JOIN tally_cells c ON c.programme = r.value->>0 AND c.face = r.value->>1 AND c.measure = r.value->>2 AND c.month = r.value->>3"
);
const CELL_SPAN: Sql = Sql::new(
    "SELECT COUNT(*) AS cells, MIN(c.month) AS first_month, MAX(c.month) AS last_month FROM tally_cells c WHERE c.programme = $1",
);
/// The statements of this slice, for the test that prepares them.
pub const STATEMENTS: &[(&str, Sql)] = &[
    ("GET", GET),
    ("STANDING", STANDING),
    ("INSERT", INSERT),
    ("VOID", VOID),
    ("CELLS", CELLS),
    ("MONTH_CELLS", MONTH_CELLS),
    ("CELL_SPAN", CELL_SPAN),
    ("HELD", records::HELD),
    ("HELD_THEN", records::HELD_THEN),
    ("HELD_SPAN", records::HELD_SPAN),
    ("VISITS", records::VISITS),
    ("VISITS_SINCE", records::VISITS_SINCE),
    ("VISIT_SPAN", records::VISIT_SPAN),
    ("ROSTER", records::ROSTER),
    ("AFFILIATIONS", records::AFFILIATIONS),
];

static LIST: List = List {
    head: "SELECT b.* FROM opening_balances b WHERE b.programme = ?",
    filters: &["b.measure = ?"],
    after: "b.opening_balance > ?",
    order: "ORDER BY b.opening_balance",
};

/// The lists of this slice, for the test that prepares them.
pub const LISTS: &[(&str, &List)] = &[("LIST", &LIST)];

/// An opening balance, if it is there.
///
/// # Errors
/// A storage error.
pub async fn find(tx: &mut Tx<'_>, programme: &Id, id: &Id) -> Result<Option<OpeningBalance>> {
    let row = tx.sql(GET).bind(programme).bind(id).fetch_optional().await?;
    row.map(|row| balance(&row)).transpose()
}

/// The opening balances that stand, at most one for each measure.
///
/// # Errors
/// A storage error.
pub async fn standing(tx: &mut Tx<'_>, programme: &Id) -> Result<Vec<OpeningBalance>> {
    tx.sql(STANDING).bind(programme).fetch_all().await?.iter().map(balance).collect()
}

/// A page of opening balances by id, and one more row.
///
/// # Errors
/// A storage error.
pub async fn list(
    tx: &mut Tx<'_>,
    programme: &Id,
    measure: Option<&Definition>,
    page: &PageRequest,
) -> Result<Vec<OpeningBalance>> {
    let mut select = LIST.select([Value::from(programme)]);
    if let Some(measure) = measure {
        select.filter(0, [Value::from(measure.name)]);
    }
    select.page(page);
    tx.select(&select).await?.iter().map(balance).collect()
}

/// Writes a new opening balance.
///
/// # Errors
/// A storage error.
pub async fn insert(tx: &mut Tx<'_>, balance: &OpeningBalance) -> Result<()> {
    let OpeningBalance { name, measure, quantity, as_of, document, declared_by, state, meta } = balance;
    let stmt = tx.sql(INSERT).bind(name.programme()).bind(name.id()).bind(measure.name).bind(*quantity).bind(*as_of);
    let stmt = stmt.bind(document).bind(declared_by).bind(state.code());
    stmt.bind(meta.revision).bind(meta.create_time).bind(meta.update_time).execute().await?;
    Ok(())
}

/// Writes that an opening balance was voided.
///
/// # Errors
/// A storage error.
pub async fn void(tx: &mut Tx<'_>, balance: &OpeningBalance) -> Result<()> {
    let stmt = tx.sql(VOID).bind(balance.name.programme()).bind(balance.name.id());
    stmt.bind(balance.meta.revision).bind(balance.meta.update_time).execute().await?;
    Ok(())
}

fn balance(row: &Row) -> Result<OpeningBalance> {
    let measure: String = row.get("measure")?;
    Ok(OpeningBalance {
        name: Name::new(row.get("programme")?, row.get("opening_balance")?),
        measure: measures::find(&measure).ok_or_else(|| Error::storage("opening_balances.measure is no measure"))?,
        quantity: row.get("quantity")?,
        as_of: row.get("as_of_date")?,
        document: row.get("document")?,
        declared_by: row.get("declared_by")?,
        state: row.code::<BalanceState>("state")?,
        meta: row.meta()?,
    })
}

/// Adds to the slices of measures what the cells of a face, by one of its names, have of each, from a month to a month.
///
/// # Errors
/// A storage error.
pub async fn add_cells(
    tx: &mut Tx<'_>,
    programme: &Id,
    face: &str,
    (first, last): (&str, &str),
    slices: &mut BTreeMap<Measure, Slice>,
) -> Result<()> {
    let key = |measure: &Measure| (programme, face, measure.as_str(), first, last);
    let keys: Vec<_> = slices.keys().map(key).collect();
    let mut by_name: HashMap<&str, &mut Slice> = slices.iter_mut().map(|(it, slice)| (it.as_str(), slice)).collect();
    for row in tx.sql(CELLS).bind_rows(&keys).fetch_all().await? {
        if let Some(slice) = by_name.get_mut(row.get::<String>("measure")?.as_str()) {
            slice.rows.push((row.get("month")?, row.get("key")?, row.get("quantity")?));
        }
    }
    Ok(())
}

/// A cell as the table has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cell {
    /// The face's name.
    pub face: String,
    /// The measure's name.
    pub measure: String,
    /// The values of the face's dimensions.
    pub key: String,
    /// How much.
    pub quantity: i64,
}

/// Every cell of a month, of the faces and measures that there are.
///
/// # Errors
/// A storage error.
pub async fn month_cells(tx: &mut Tx<'_>, programme: &Id, month: &str) -> Result<Vec<Cell>> {
    let faces = || cells::FACES.iter().flat_map(|face| [face.name, face.attested]);
    let sums = measures::sums().flat_map(|(sum, _)| faces().map(move |face| (programme, face, sum.as_str(), month)));
    let rows = tx.sql(MONTH_CELLS).bind_rows(&sums.collect::<Vec<_>>()).fetch_all().await?;
    let cell = |row: &Row| {
        Ok(Cell {
            face: row.get("face")?,
            measure: row.get("measure")?,
            key: row.get("key")?,
            quantity: row.get("quantity")?,
        })
    };
    rows.iter().map(cell).collect()
}

/// How many cells there are, and their first and last month.
///
/// # Errors
/// A storage error.
pub async fn cell_span(tx: &mut Tx<'_>, programme: &Id) -> Result<(i64, Option<(String, String)>)> {
    let row = tx.sql(CELL_SPAN).bind(programme).fetch_one().await?;
    let months = row.get::<Option<String>>("first_month")?.zip(row.get::<Option<String>>("last_month")?);
    Ok((row.get("cells")?, months))
}
