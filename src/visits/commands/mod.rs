//! What can be done with visits.
mod create;
mod end;
mod read;
mod update;

pub use create::{CreateVisit, NewVisit};
pub use end::{CancelVisit, EndVisit};
pub use read::{GetVisit, ListVisits};
pub use update::UpdateVisit;

use super::{Inside, Place, Profile, Visit, Visits, store};
use crate::charters::{self, Limits, Load};
use crate::db::{Tx, external_ids};
use crate::experts;
use crate::kernel::{Collection as _, Error, Etag, ExternalId, Id, Name, Reason, Result, Timestamp, Violation, Zone};
use crate::sessions::{Sessions, predicate::not_found};
use crate::sites::{self, SiteLevel};

/// What is known of a visit's surroundings.
#[derive(Debug)]
pub struct Surroundings {
    programme: Id,
    zone: Zone,
    site_level: SiteLevel,
    expert: experts::Expert,
    limits: Option<Limits>,
    sessions: Vec<Inside>,
    taken: Vec<(ExternalId, Id)>,
}

impl Surroundings {
    /// Reads them, for a profile that an expert's visit has or is to have.
    ///
    /// # Errors
    /// `RESOURCE_NOT_FOUND`: the programme, the site, the expert or a session; or a storage error.
    async fn load(tx: &mut Tx<'_>, name: &Name<Visits>, expert: &Id, profile: &Profile) -> Result<Surroundings> {
        let programme = name.programme();
        let site = &profile.host_site;
        let brief = sites::store::briefs(tx, programme, std::slice::from_ref(site)).await?.remove(site);
        let brief = brief.ok_or_else(|| not_found(programme, &format!("sites/{site}")))?;
        let pairs: Vec<(&Id, &Id)> = profile.sessions.iter().map(|session| (expert, session)).collect();
        let mut known = store::inside(tx, programme, &pairs).await?;
        let known = |session: &Id| {
            let inside = known.remove(&(expert.clone(), session.clone()));
            inside.ok_or_else(|| not_found(programme, &format!("{}/{session}", Sessions::COLLECTION)))
        };
        let sessions = profile.sessions.iter().map(known).collect::<Result<Vec<_>>>()?;
        let ids = &profile.external_ids;
        let mut limits = tx.ask(charters::store::of_experts(programme, std::slice::from_ref(expert))).await?;
        Ok(Surroundings {
            programme: programme.clone(),
            zone: brief.zone,
            site_level: brief.level,
            expert: experts::store::get(tx, &Name::new(programme.clone(), expert.clone())).await?,
            limits: limits.remove(expert).map(|charter| charter.limits),
            sessions,
            taken: external_ids::taken(tx, programme, Visits::COLLECTION, ids, Some(name.id())).await?,
        })
    }

    /// Where and by what a visit is counted that arrives as the profile says.
    fn place(&self, profile: &Profile) -> Place {
        let date = self.zone.date_of(profile.arrival);
        Place {
            zone: self.zone,
            date,
            site_level: self.site_level,
            home_hospital: experts::home_hospital_on(&self.expert.profile.affiliations, date).cloned(),
            specialty: self.expert.profile.specialties.first().cloned(),
        }
    }

    /// Refuses a trip that is still to end and longer than the expert's charter lets a visit be; one that is over is a fact.
    ///
    /// # Errors
    /// `CHARTER_LIMIT`.
    fn must_keep_to_charter(&self, profile: &Profile, now: Timestamp) -> Result<()> {
        let visit_minutes = Some(profile.departure.minutes_since(profile.arrival));
        let planned = self.limits.as_ref().filter(|_| profile.departure > now);
        let load = Load { visit_minutes, ..Load::default() };
        let Some(breach) = planned.and_then(|limits| limits.breaches(&load).into_iter().next()) else { return Ok(()) };
        let text = "a limit that the expert has set would be passed: the visit is too long";
        let violation = Violation {
            field: "visit.departure_time".to_owned(),
            reason: Reason::CharterLimit,
            description: text.to_owned(),
        };
        let error = Error::refused(Reason::CharterLimit, text).with("expert", self.expert.name.id());
        let error = error.with("limit", breach.limit.field()).with("allowed", breach.allowed);
        Err(error.with("date", self.zone.date_of(profile.arrival)).with_violations(vec![violation]))
    }

    /// Refuses external ids that other visits have.
    fn check_external_ids(&self) -> Result<()> {
        external_ids::refuse_taken(&self.programme, Visits::COLLECTION, self.taken.clone())
    }
}

/// Refuses a stale etag.
fn check_etag(etag: Option<&str>, visit: &Visit) -> Result<()> {
    Etag::check(etag, &visit.name.to_string(), visit.meta.revision)
}

/// The visit as it is now: the answer to a repeated request.
async fn recalled(tx: &mut Tx<'_>, name: &Name<Visits>) -> Result<Visit> {
    store::get(tx, name).await
}
