//! Where the resources are that a request names, whose they are, and who made them: one statement for each collection.
use std::collections::{BTreeMap, BTreeSet};

use crate::access::decide::{Found, Whereabouts};
use crate::db::{self, Sql, Tx};
use crate::kernel::{Id, Result};
use crate::rows;

const SESSIONS: Sql = rows!(
    "SELECT t.session AS id, t.site, t.expert, NULL AS made_by FROM ",
    "JOIN sessions t ON t.programme = r.value->>0 AND t.session = r.value->>1"
);
const RESERVATIONS: Sql = rows!(
    "SELECT t.reservation AS id, s.site, s.expert, t.made_by FROM ",
    "JOIN reservations t ON t.programme = r.value->>0 AND t.reservation = r.value->>1 \
     JOIN sessions s ON s.programme = t.programme AND s.session = t.session"
);
const VISITS: Sql = rows!(
    "SELECT t.visit AS id, t.host_site AS site, t.expert, NULL AS made_by FROM ",
    "JOIN visits t ON t.programme = r.value->>0 AND t.visit = r.value->>1"
);
/// Who recorded the first version made it.
const ACTIVITIES: Sql = rows!(
    "SELECT t.activity AS id, t.site, t.lead_expert AS expert, COALESCE(t.made_by, t.recorder) AS made_by FROM ",
    "JOIN activity_versions t ON t.programme = r.value->>0 AND t.activity = r.value->>1 AND t.revision = 1"
);
const OFFERS: Sql = rows!(
    "SELECT t.offer AS id, NULL AS site, t.expert, NULL AS made_by FROM ",
    "JOIN offers t ON t.programme = r.value->>0 AND t.offer = r.value->>1"
);
const ABSENCES: Sql = rows!(
    "SELECT t.absence AS id, NULL AS site, t.expert, NULL AS made_by FROM ",
    "JOIN expert_absences t ON t.programme = r.value->>0 AND t.absence = r.value->>1"
);
const CONTACTS: Sql = rows!(
    "SELECT t.contact AS id, NULL AS site, t.expert, NULL AS made_by FROM ",
    "JOIN contacts t ON t.programme = r.value->>0 AND t.contact = r.value->>1"
);
const CREDENTIALS: Sql = rows!(
    "SELECT t.credential AS id, NULL AS site, t.expert, NULL AS made_by FROM ",
    "JOIN credentials t ON t.programme = r.value->>0 AND t.credential = r.value->>1"
);
const DOSSIERS: Sql = rows!(
    "SELECT t.dossier AS id, t.site, t.expert, NULL AS made_by FROM ",
    "JOIN dossiers t ON t.programme = r.value->>0 AND t.dossier = r.value->>1"
);
const ONBOARDINGS: Sql = rows!(
    "SELECT t.onboarding AS id, t.site, t.expert, NULL AS made_by FROM ",
    "JOIN onboardings t ON t.programme = r.value->>0 AND t.onboarding = r.value->>1"
);
const PAIRINGS: Sql = rows!(
    "SELECT t.pairing AS id, t.site, t.expert, NULL AS made_by FROM ",
    "JOIN pairings t ON t.programme = r.value->>0 AND t.pairing = r.value->>1"
);
const ASSISTANTS: Sql = rows!(
    "SELECT t.assistant AS id, t.site, NULL AS expert, NULL AS made_by FROM ",
    "JOIN assistants t ON t.programme = r.value->>0 AND t.assistant = r.value->>1"
);
const CLOSURES: Sql = rows!(
    "SELECT t.closure AS id, t.site, NULL AS expert, NULL AS made_by FROM ",
    "JOIN site_closures t ON t.programme = r.value->>0 AND t.closure = r.value->>1"
);

/// The statements of this file, for the test that prepares them.
pub const STATEMENTS: &[(&str, Sql)] = &[
    ("SESSIONS", SESSIONS),
    ("RESERVATIONS", RESERVATIONS),
    ("VISITS", VISITS),
    ("ACTIVITIES", ACTIVITIES),
    ("OFFERS", OFFERS),
    ("ABSENCES", ABSENCES),
    ("CONTACTS", CONTACTS),
    ("CREDENTIALS", CREDENTIALS),
    ("DOSSIERS", DOSSIERS),
    ("ONBOARDINGS", ONBOARDINGS),
    ("PAIRINGS", PAIRINGS),
    ("ASSISTANTS", ASSISTANTS),
    ("CLOSURES", CLOSURES),
];

/// The statement for a collection of [`crate::access::decide::LOCATED`].
fn statement(collection: &str) -> Option<Sql> {
    Some(match collection {
        // A register has the id of its session.
        "sessions" | "registers" => SESSIONS,
        "reservations" => RESERVATIONS,
        "visits" => VISITS,
        "activities" => ACTIVITIES,
        "offers" => OFFERS,
        "expert-absences" => ABSENCES,
        "contacts" => CONTACTS,
        "credentials" => CREDENTIALS,
        "dossiers" => DOSSIERS,
        "onboardings" => ONBOARDINGS,
        "pairings" => PAIRINGS,
        "assistants" => ASSISTANTS,
        "closures" => CLOSURES,
        _ => return None,
    })
}

/// Whether a collection's resources can be looked up here.
#[must_use]
pub fn is_known(collection: &str) -> bool {
    statement(collection).is_some()
}

/// What is known of a programme's resources; those that aren't there are left out.
///
/// # Errors
/// A storage error.
pub async fn find(tx: &mut Tx<'_>, programme: &Id, resources: &BTreeSet<(String, Id)>) -> Result<Found> {
    let mut by_collection: BTreeMap<&str, Vec<Id>> = BTreeMap::new();
    for (collection, id) in resources {
        by_collection.entry(collection).or_default().push(id.clone());
    }
    let mut found = BTreeMap::new();
    for (collection, ids) in by_collection {
        let Some(sql) = statement(collection) else { continue };
        for row in tx.sql(sql).bind_rows(&db::keys(programme, &ids)).fetch_all().await? {
            let (site, expert, made_by) = (row.get("site")?, row.get("expert")?, row.get("made_by")?);
            found.insert((collection.to_owned(), row.get("id")?), Whereabouts { site, expert, made_by });
        }
    }
    Ok(found)
}
