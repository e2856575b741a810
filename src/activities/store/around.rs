//! What is known around some drafts: one statement per table, whatever their number.

use std::collections::{BTreeSet, HashMap, HashSet};

use crate::activities::record::{Draft, Known, KnownExpert, KnownSession, KnownSite};
use crate::db::{Row, Sql, Tx};
use crate::experts::{Affiliation, Days};
use crate::kernel::{Date, Error, Id, Name, Result, Zone};
use crate::rows;
use crate::sessions::{SessionState, Sessions};

pub(super) const SESSIONS: Sql = rows!(
    "SELECT s.session, s.state, s.kind, s.site, s.date, s.half_day, COALESCE(s.credited_expert, s.expert) AS lead_expert, \
     s.expert, s.service_specialty FROM ",
    "JOIN sessions s ON s.programme = r.value->>0 AND s.session = r.value->>1"
);
pub(super) const SESSION_CO_EXPERTS: Sql = rows!(
    "SELECT c.session, c.expert FROM ",
    "JOIN session_co_experts c ON c.programme = r.value->>0 AND c.session = r.value->>1"
);
// Whether nobody has changed the programme's policy is told by its row's absence.
pub(super) const SITES: Sql = rows!(
    "SELECT s.site, s.level, s.zone, p.late_entry_days FROM ",
    "JOIN sites s ON s.programme = r.value->>0 AND s.site = r.value->>1 \
     LEFT JOIN activity_policies p ON p.programme = s.programme"
);
pub(super) const EXPERTS: Sql = rows!(
    "SELECT d.expert AS named, e.expert, e.roster_entry_date, e.roster_exit_date, \
     (SELECT p.specialty FROM expert_specialties p WHERE p.programme = e.programme AND p.expert = e.expert \
     ORDER BY p.ordinal LIMIT 1) AS specialty FROM ",
    "JOIN experts d ON d.programme = r.value->>0 AND d.expert = r.value->>1 \
     JOIN experts e ON e.programme = d.programme AND e.expert = COALESCE(d.merged_into, d.expert)"
);
pub(super) const AFFILIATIONS: Sql = rows!(
    "SELECT d.expert AS named, a.hospital, a.from_date, a.to_date, a.main FROM ",
    "JOIN experts d ON d.programme = r.value->>0 AND d.expert = r.value->>1 \
     JOIN expert_affiliations a ON a.programme = d.programme AND a.expert = COALESCE(d.merged_into, d.expert) \
     ORDER BY d.expert, a.ordinal"
);
pub(super) const ASSISTANTS: Sql =
    rows!("SELECT a.assistant FROM ", "JOIN assistants a ON a.programme = r.value->>0 AND a.assistant = r.value->>1");

/// Loads what is known of the sessions, sites, experts and assistants that drafts name; the programme's window for late entries comes with the
/// sites, so that a record costs no statement more.
///
/// # Errors
/// A storage error.
pub async fn known<'a>(
    tx: &mut Tx<'_>,
    programme: &Id,
    drafts: impl Iterator<Item = &'a Draft> + Clone,
) -> Result<Known> {
    let sessions =
        sessions(tx, programme, &drafts.clone().filter_map(|draft| draft.session.as_ref()).collect()).await?;
    let mut sites: BTreeSet<&Id> = drafts.clone().filter_map(|draft| draft.site.as_ref()).collect();
    sites.extend(sessions.values().map(|session| &session.site));
    let mut experts: BTreeSet<&Id> = drafts.clone().filter_map(|draft| draft.lead_expert.as_ref()).collect();
    let assistants: BTreeSet<&Id> = drafts.clone().filter_map(|draft| draft.details.assistant.as_ref()).collect();
    experts.extend(drafts.flat_map(|draft| &draft.co_experts));
    experts.extend(sessions.values().map(|session| &session.lead_expert));
    let sites = load_sites(tx, programme, &sites).await?;
    let experts = load_experts(tx, programme, &experts).await?;
    let assistants = fetch(tx, ASSISTANTS, programme, &assistants).await?;
    let assistants = assistants.iter().map(|row| row.get("assistant")).collect::<Result<HashSet<Id>>>()?;
    Ok(Known { sessions, sites, experts, assistants })
}

async fn fetch(tx: &mut Tx<'_>, sql: Sql, programme: &Id, ids: &BTreeSet<&Id>) -> Result<Vec<Row>> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let keys: Vec<_> = ids.iter().map(|id| (programme, id)).collect();
    tx.sql(sql).bind_rows(&keys).fetch_all().await
}

async fn sessions(tx: &mut Tx<'_>, programme: &Id, ids: &BTreeSet<&Id>) -> Result<HashMap<Id, KnownSession>> {
    let mut found = HashMap::new();
    for row in fetch(tx, SESSIONS, programme, ids).await? {
        let lead_expert: Id = row.get("lead_expert")?;
        // Who was planned to lead and was replaced stays one of the session's experts.
        let planned: Id = row.get("expert")?;
        let session = KnownSession {
            state: row.code("state")?,
            kind: row.code("kind")?,
            site: row.get("site")?,
            date: row.get("date")?,
            half_day: row.code("half_day")?,
            co_experts: if planned == lead_expert { Vec::new() } else { vec![planned] },
            lead_expert,
            specialty: row.get("service_specialty")?,
        };
        found.insert(row.get("session")?, session);
    }
    for row in fetch(tx, SESSION_CO_EXPERTS, programme, ids).await? {
        if let Some(session) = found.get_mut(&row.get::<Id>("session")?) {
            session.co_experts.push(row.get("expert")?);
        }
    }
    Ok(found)
}

async fn load_sites(tx: &mut Tx<'_>, programme: &Id, ids: &BTreeSet<&Id>) -> Result<HashMap<Id, KnownSite>> {
    let rows = fetch(tx, SITES, programme, ids).await?;
    let site = |row: &Row| {
        let zone = Zone::parse(&row.get::<String>("zone")?).ok_or_else(|| Error::storage("sites.zone is no zone"))?;
        let late_entry_days = row.get::<Option<i64>>("late_entry_days")?.unwrap_or_default();
        Ok((row.get("site")?, KnownSite { level: row.code("level")?, zone, late_entry_days }))
    };
    rows.iter().map(site).collect()
}

async fn load_experts(tx: &mut Tx<'_>, programme: &Id, ids: &BTreeSet<&Id>) -> Result<HashMap<Id, KnownExpert>> {
    let mut found: HashMap<Id, KnownExpert> = HashMap::new();
    for row in fetch(tx, EXPERTS, programme, ids).await? {
        let expert = KnownExpert {
            id: row.get("expert")?,
            roster: Days { from: row.get("roster_entry_date")?, to: row.get("roster_exit_date")? },
            affiliations: Vec::new(),
            specialty: row.get("specialty")?,
        };
        found.insert(row.get("named")?, expert);
    }
    for row in fetch(tx, AFFILIATIONS, programme, ids).await? {
        let days = Days { from: row.get::<Date>("from_date")?, to: row.get("to_date")? };
        if let Some(expert) = found.get_mut(&row.get::<Id>("named")?) {
            expert.affiliations.push(Affiliation { hospital: row.get("hospital")?, days, main: row.get("main")? });
        }
    }
    Ok(found)
}

/// The state of a session as this transaction sees it.
///
/// # Errors
/// A storage error.
pub async fn session_state(tx: &mut Tx<'_>, session: &Name<Sessions>) -> Result<Option<SessionState>> {
    let found = sessions(tx, session.programme(), &BTreeSet::from([session.id()])).await?;
    Ok(found.get(session.id()).map(|session| session.state))
}
