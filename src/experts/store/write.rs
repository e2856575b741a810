//! Writes experts: the row, and the lists that hang on it.

use crate::db::{Sql, Tx, external_ids};
use crate::experts::{Affiliation, Consent, Expert, Experts, LicenceSecret, Standing};
use crate::kernel::{Collection as _, Date, Error, Id, Result, Vocabulary as _};
use crate::rows;
use crate::sites::DivisionCode;

pub(super) const INSERT: Sql = Sql::new(
    "INSERT INTO experts (programme, expert, display_name, title, state, roster_entry_date, roster_exit_date, \
     pause_until_date, scope, licence_hash, merged_into, revision, create_time, update_time) \
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)",
);
pub(super) const UPDATE: Sql = Sql::new(
    "UPDATE experts SET display_name = $3, title = $4, state = $5, roster_entry_date = $6, roster_exit_date = $7, \
     pause_until_date = $8, scope = $9, licence_hash = $10, merged_into = $11, revision = $12, create_time = $13, \
     update_time = $14 WHERE programme = $1 AND expert = $2",
);
pub(super) const DROP_SPECIALTIES: Sql =
    Sql::new("DELETE FROM expert_specialties WHERE programme = $1 AND expert = $2");
pub(super) const DROP_AFFILIATIONS: Sql =
    Sql::new("DELETE FROM expert_affiliations WHERE programme = $1 AND expert = $2");
pub(super) const DROP_TIES: Sql = Sql::new("DELETE FROM expert_ties WHERE programme = $1 AND expert = $2");
pub(super) const ADD_SPECIALTIES: Sql = rows!(
    "INSERT INTO expert_specialties (programme, expert, ordinal, specialty) \
     SELECT r.value->>0, r.value->>1, CAST(r.value->>2 AS BIGINT), r.value->>3 FROM ",
    "WHERE TRUE"
);
pub(super) const ADD_AFFILIATIONS: Sql = rows!(
    "INSERT INTO expert_affiliations (programme, expert, ordinal, hospital, from_date, to_date, main) \
     SELECT r.value->>0, r.value->>1, CAST(r.value->>2 AS BIGINT), r.value->>3, r.value->>4, r.value->>5, \
     CAST(r.value->>6 AS BIGINT) = 1 FROM ",
    "WHERE TRUE"
);
pub(super) const ADD_TIES: Sql = rows!(
    "INSERT INTO expert_ties (programme, expert, ordinal, kind, division, place, heard_by, medium, heard_time, words) \
     SELECT r.value->>0, r.value->>1, CAST(r.value->>2 AS BIGINT), r.value->>3, r.value->>4, r.value->>5, r.value->>6, \
     r.value->>7, CAST(r.value->>8 AS BIGINT), r.value->>9 FROM ",
    "WHERE TRUE"
);
pub(super) const KEEP_SECRET: Sql =
    Sql::new("INSERT INTO expert_licence_keys (programme, secret) VALUES ($1, $2) ON CONFLICT DO NOTHING");

/// Adds an expert.
pub async fn insert(tx: &mut Tx<'_>, expert: &Expert) -> Result<()> {
    row(tx, INSERT, expert).await?;
    specialties(tx, expert).await?;
    affiliations(tx, expert).await?;
    ties(tx, expert).await?;
    let (programme, id) = (expert.name.programme(), expert.name.id());
    external_ids::insert_all(tx, programme, Experts::COLLECTION, &[(id, &expert.profile.external_ids)]).await
}

/// Makes an expert what it is `after`; lists that are as `before` aren't touched.
pub async fn update(tx: &mut Tx<'_>, before: &Expert, after: &Expert) -> Result<()> {
    let (programme, id) = (after.name.programme(), after.name.id());
    row(tx, UPDATE, after).await?;
    if before.profile.specialties != after.profile.specialties {
        tx.sql(DROP_SPECIALTIES).bind(programme).bind(id).execute().await?;
        specialties(tx, after).await?;
    }
    if before.profile.affiliations != after.profile.affiliations {
        tx.sql(DROP_AFFILIATIONS).bind(programme).bind(id).execute().await?;
        affiliations(tx, after).await?;
    }
    if before.profile.home_ties != after.profile.home_ties {
        tx.sql(DROP_TIES).bind(programme).bind(id).execute().await?;
        ties(tx, after).await?;
    }
    if before.profile.external_ids != after.profile.external_ids {
        external_ids::put(tx, programme, Experts::COLLECTION, id, &after.profile.external_ids).await?;
    }
    Ok(())
}

/// Keeps the secret of a programme's licence hashes, unless there is one.
pub async fn keep_secret(tx: &mut Tx<'_>, programme: &Id, secret: &LicenceSecret) -> Result<()> {
    tx.sql(KEEP_SECRET).bind(programme).bind(secret.as_str()).execute().await?;
    Ok(())
}

async fn row(tx: &mut Tx<'_>, sql: Sql, expert: &Expert) -> Result<()> {
    let (pause_until, merged_into): (Option<Date>, Option<&Id>) = match &expert.roster.standing {
        Standing::Active | Standing::Exited => (None, None),
        Standing::Paused { until } => (*until, None),
        Standing::Merged { into } => (None, Some(into)),
    };
    let scope = serde_json::to_string(&expert.profile.scope).map_err(Error::storage)?;
    tx.sql(sql)
        .bind(expert.name.programme())
        .bind(expert.name.id())
        .bind(&expert.profile.display_name)
        .bind(expert.profile.title.code())
        .bind(expert.roster.standing.state().code())
        .bind(expert.roster.entry)
        .bind(expert.roster.exit)
        .bind(pause_until)
        .bind(scope)
        .bind(expert.licence.as_ref().map(|licence| licence.as_str()))
        .bind(merged_into)
        .bind(expert.meta.revision)
        .bind(expert.meta.create_time)
        .bind(expert.meta.update_time)
        .execute()
        .await?;
    Ok(())
}

async fn specialties(tx: &mut Tx<'_>, expert: &Expert) -> Result<()> {
    let key = (expert.name.programme(), expert.name.id());
    let rows: Vec<_> =
        expert.profile.specialties.iter().enumerate().map(|(at, each)| (key.0, key.1, at, each)).collect();
    if !rows.is_empty() {
        tx.sql(ADD_SPECIALTIES).bind_rows(&rows).execute().await?;
    }
    Ok(())
}

async fn affiliations(tx: &mut Tx<'_>, expert: &Expert) -> Result<()> {
    let key = (expert.name.programme(), expert.name.id());
    let rows = expert.profile.affiliations.iter().enumerate().map(|(at, affiliation)| {
        let Affiliation { hospital, days, main } = affiliation;
        (key.0, key.1, at, hospital, days.from.to_string(), days.to.map(|to| to.to_string()), i64::from(*main))
    });
    let rows: Vec<_> = rows.collect();
    if !rows.is_empty() {
        tx.sql(ADD_AFFILIATIONS).bind_rows(&rows).execute().await?;
    }
    Ok(())
}

async fn ties(tx: &mut Tx<'_>, expert: &Expert) -> Result<()> {
    let key = (expert.name.programme(), expert.name.id());
    let rows = expert.profile.home_ties.iter().enumerate().map(|(at, tie)| {
        let (division, consent) = (tie.division.as_ref().map(DivisionCode::as_str), &tie.consent);
        let Consent { heard_by, medium, heard_time, words } = consent;
        (key.0, key.1, at, tie.kind, division, &tie.place, heard_by, medium, heard_time, words)
    });
    let rows: Vec<_> = rows.collect();
    if !rows.is_empty() {
        tx.sql(ADD_TIES).bind_rows(&rows).execute().await?;
    }
    Ok(())
}
