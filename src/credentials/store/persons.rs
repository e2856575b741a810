//! What a restriction seals among papers: the documents of an expert's credentials, and a patient's token in dossiers.
use crate::db::{Row, Sql, Tx};
use crate::experts::sealed::SEALED;
use crate::kernel::{Id, Result, Timestamp};
use crate::persons::store::Swap;
use crate::rows;

const DOCUMENTS: Sql = Sql::new(
    "SELECT c.credential, c.document, c.revision FROM credentials c WHERE c.programme = $1 AND c.expert = $2 ORDER BY c.credential",
);
const PUT_DOCUMENTS: Sql = rows!(
    "UPDATE credentials SET document = r.value->>2, revision = CAST(r.value->>3 AS BIGINT), update_time = CAST(r.value->>4 AS BIGINT) FROM ",
    "WHERE programme = r.value->>0 AND credential = r.value->>1"
);
const SWAP_DOSSIERS: Sql = Sql::new(
    "UPDATE dossiers SET patient_token = $4, revision = revision + 1, update_time = $5 \
     WHERE programme = $1 AND patient_issuer = $2 AND patient_token = $3 RETURNING dossier, revision",
);

/// The statements of this file, for the test that prepares them.
pub const STATEMENTS: &[(&str, Sql)] =
    &[("DOCUMENTS", DOCUMENTS), ("PUT_DOCUMENTS", PUT_DOCUMENTS), ("SWAP_DOSSIERS", SWAP_DOSSIERS)];

/// A paper, its document and its revision.
pub type Document = (Id, String, i64);

/// The documents of an expert's papers.
///
/// # Errors
/// A storage error.
pub async fn documents(tx: &mut Tx<'_>, programme: &Id, expert: &Id) -> Result<Vec<Document>> {
    let rows = tx.sql(DOCUMENTS).bind(programme).bind(expert).fetch_all().await?;
    rows.iter().map(|row| Ok((row.get("credential")?, row.get("document")?, row.get("revision")?))).collect()
}

/// Writes the documents of papers, which thereby have the revision after theirs; none of a text of its own is the sealed one.
///
/// # Errors
/// A storage error.
pub async fn put_documents(
    tx: &mut Tx<'_>,
    programme: &Id,
    documents: &[(&Id, Option<&str>, i64)],
    now: Timestamp,
) -> Result<()> {
    if documents.is_empty() {
        return Ok(());
    }
    let row = |(id, text, revision): &(&Id, Option<&str>, i64)| {
        (programme.to_string(), id.to_string(), text.unwrap_or(SEALED).to_owned(), revision + 1, now.micros())
    };
    let rows: Vec<_> = documents.iter().map(row).collect();
    tx.sql(PUT_DOCUMENTS).bind_rows(&rows).execute().await
}

/// Puts one token in place of another: the dossiers that have it, with their revisions.
///
/// # Errors
/// A storage error.
pub async fn swap_patient(tx: &mut Tx<'_>, swap: &Swap, now: Timestamp) -> Result<Vec<(Id, i64)>> {
    let programme = swap.restriction.name.programme();
    let stmt = tx.sql(SWAP_DOSSIERS).bind(programme).bind(&swap.issuer).bind(&swap.from).bind(&swap.to).bind(now);
    let dossier = |row: &Row| Ok((row.get("dossier")?, row.get("revision")?));
    stmt.fetch_all().await?.iter().map(dossier).collect()
}
