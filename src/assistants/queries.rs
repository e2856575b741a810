//! What can be asked about assistants and pairings, and which experts suit a need.

use super::search::{self, Criteria, MatchReason};
use super::store::{self, Filter, pairings};
use super::{Assistant, Assistants, Pairing, Pairings};
use crate::db::{Query, Tx, external_ids};
use crate::experts::{self, Expert};
use crate::kernel::{Collection as _, Cursor, Error, ExternalId, Id, Name, Page, PageRequest, Result};
use crate::programmes;
use crate::sites::{self, Sites};

/// One assistant.
#[derive(Debug)]
pub struct GetAssistant {
    /// Which.
    pub name: Name<Assistants>,
}

impl Query for GetAssistant {
    type Output = Assistant;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Assistant> {
        store::get(tx, &self.name).await
    }
}

/// A page of assistants, by id.
#[derive(Debug)]
pub struct ListAssistants {
    /// Whose.
    pub programme: Id,
    /// Which.
    pub filter: Filter,
    /// With this external id.
    pub external_id: Option<ExternalId>,
    /// Which page.
    pub page: PageRequest,
    /// The query that its token belongs to.
    pub bound_to: String,
}

impl Query for ListAssistants {
    type Output = Page<Assistant>;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Page<Assistant>> {
        programmes::store::state(tx, &self.programme).await?;
        let mut filter = self.filter.clone();
        if let Some(external_id) = &self.external_id {
            match external_ids::find(tx, &self.programme, Assistants::COLLECTION, external_id).await? {
                Some(id) => filter.id = Some(id),
                None => return Ok(Page { items: Vec::new(), next: None }),
            }
        }
        let assistants = store::list(tx, &self.programme, &filter, &self.page).await?;
        let cursor = |assistant: &Assistant| Cursor::from([assistant.name.id()]);
        Ok(Page::cut_sized(assistants, &self.page, &self.bound_to, cursor, |assistant| assistant.profile.bytes()))
    }
}

/// One pairing.
#[derive(Debug)]
pub struct GetPairing {
    /// Which.
    pub name: Name<Pairings>,
}

impl Query for GetPairing {
    type Output = Pairing;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Pairing> {
        pairings::get(tx, &self.name).await
    }
}

/// A page of pairings, by id.
#[derive(Debug)]
pub struct ListPairings {
    /// Whose.
    pub programme: Id,
    /// Which.
    pub filter: pairings::Filter,
    /// With this external id.
    pub external_id: Option<ExternalId>,
    /// Which page.
    pub page: PageRequest,
    /// The query that its token belongs to.
    pub bound_to: String,
}

impl Query for ListPairings {
    type Output = Page<Pairing>;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Page<Pairing>> {
        programmes::store::state(tx, &self.programme).await?;
        let mut filter = self.filter.clone();
        if let Some(external_id) = &self.external_id {
            match external_ids::find(tx, &self.programme, Pairings::COLLECTION, external_id).await? {
                Some(id) => filter.id = Some(id),
                None => return Ok(Page { items: Vec::new(), next: None }),
            }
        }
        let found = pairings::list(tx, &self.programme, &filter, &self.page).await?;
        let cursor = |pairing: &Pairing| Cursor::from([pairing.name.id()]);
        Ok(Page::cut_sized(found, &self.page, &self.bound_to, cursor, Pairing::bytes))
    }
}

/// A page of experts that meet criteria, by id, each with the reasons.
#[derive(Debug)]
pub struct SearchExperts {
    /// Whose.
    pub programme: Id,
    /// What is looked for.
    pub criteria: Criteria,
    /// Which page.
    pub page: PageRequest,
    /// The query that its token belongs to.
    pub bound_to: String,
}

/// An expert that meets criteria, and why.
#[derive(Debug)]
pub struct Match {
    /// The expert.
    pub expert: Expert,
    /// At least one for each criterion.
    pub reasons: Vec<MatchReason>,
}

/// So many candidates are read at a time: the rule, not SQL, says who matches.
const CANDIDATES: usize = 200;

impl Query for SearchExperts {
    type Output = Page<Match>;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Page<Match>> {
        programmes::store::state(tx, &self.programme).await?;
        let (licensed, paired) = match &self.criteria.site {
            None => (Vec::new(), Vec::new()),
            Some(site) => {
                let mut sites = sites::store::many(tx, &self.programme, std::slice::from_ref(site)).await?;
                let name = || Name::<Sites>::new(self.programme.clone(), site.clone());
                let found = sites.remove(site).ok_or_else(|| Error::not_found(name()))?;
                let paired = pairings::at_site_on(tx, &self.programme, site, self.criteria.day).await?;
                (found.profile.licensed_specialties, paired)
            }
        };
        let filter = experts::store::Filter {
            related: self.criteria.specialty.clone(),
            hospital: self.criteria.hospital.clone().map(|hospital| (hospital, Some(self.criteria.day))),
            roster_day: Some(self.criteria.day),
            tie_kind: self.criteria.tie_kind,
            tie_division: self.criteria.tie_division.clone(),
            ..experts::store::Filter::default()
        };
        let mut candidates = PageRequest { size: CANDIDATES, after: self.page.after.clone() };
        let mut matches = Vec::new();
        loop {
            let mut experts = experts::store::list(tx, &self.programme, &filter, &candidates).await?;
            let more = experts.len() > CANDIDATES;
            experts.truncate(CANDIDATES);
            candidates.after = experts.last().map(|expert| Cursor::from([expert.name.id()]));
            for expert in experts {
                let own = search::of(&paired, expert.name.id());
                if let Some(reasons) = search::reasons(&self.criteria, &expert, &licensed, &own) {
                    matches.push(Match { expert, reasons });
                }
            }
            if !more || matches.len() > self.page.size {
                break;
            }
        }
        // What was found beyond the page and one more would only be cut off.
        matches.truncate(self.page.size + 1);
        let cursor = |each: &Match| Cursor::from([each.expert.name.id()]);
        let bytes = |each: &Match| each.expert.profile.bytes() + 200 * each.reasons.len();
        Ok(Page::cut_sized(matches, &self.page, &self.bound_to, cursor, bytes))
    }
}
