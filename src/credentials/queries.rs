//! What reads credentials, dossiers and checklists: one struct per use case.
use std::collections::BTreeSet;

use super::expiry::{Expiring, is_renewed};
use super::lawful::{Gap, Papers, Question};
use super::store::{self, Filter, dossiers, onboardings};
use super::{Credential, Credentials, Dossier, Dossiers, Onboarding, Onboardings};
use crate::db::{Query, Tx};
use crate::experts::{self, Expert, Experts};
use crate::kernel::{Cursor, Date, Error, Grade, Id, Key, Name, Page, PageRequest, Result, SessionKind};
use crate::sites::{self, Sites};

/// Reads one paper.
#[derive(Debug)]
pub struct GetCredential {
    /// The paper.
    pub name: Name<Credentials>,
}

impl Query for GetCredential {
    type Output = Credential;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Credential> {
        store::get(tx, &self.name).await
    }
}

/// Reads a page of papers by id.
#[derive(Debug)]
pub struct ListCredentials {
    /// Of which programme.
    pub programme: Id,
    /// Which ones.
    pub filter: Filter,
    /// Which page.
    pub page: PageRequest,
    /// What the page's token is bound to.
    pub bound_to: String,
}

impl Query for ListCredentials {
    type Output = Page<Credential>;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Page<Credential>> {
        let found = store::list(tx, &self.programme, &self.filter, &self.page).await?;
        let after = |last: &Credential| Cursor(vec![last.name.id().into()]);
        Ok(Page::cut_sized(found, &self.page, &self.bound_to, after, Credential::bytes))
    }
}

/// Reads a page of the papers that end in a window, by their last day and id.
#[derive(Debug)]
pub struct ListExpiring {
    /// Of which programme.
    pub programme: Id,
    /// The first and the last day looked at.
    pub window: (Date, Date),
    /// Which ones: by expert, site and kind.
    pub filter: Filter,
    /// Which page.
    pub page: PageRequest,
    /// What the page's token is bound to.
    pub bound_to: String,
}

impl Query for ListExpiring {
    type Output = Page<Expiring>;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Page<Expiring>> {
        let found = store::expiring(tx, &self.programme, self.window, &self.filter, &self.page).await?;
        let after = |last: &Credential| {
            let day = last.days.to.map_or(Key::Text(String::new()), Key::from);
            Cursor(vec![day, last.name.id().into()])
        };
        let page = Page::cut_sized(found, &self.page, &self.bound_to, after, Credential::bytes);
        let experts: BTreeSet<Id> = page.items.iter().filter_map(|one| one.paper.expert().cloned()).collect();
        let lists = page.items.iter().filter(|one| one.paper.expert().is_none());
        let sites: BTreeSet<Id> = lists.flat_map(|one| one.paper.sites().to_vec()).collect();
        let (experts, sites): (Vec<Id>, Vec<Id>) = (experts.into_iter().collect(), sites.into_iter().collect());
        let papers = tx.ask(store::papers(&self.programme, &experts, &sites)).await?;
        Ok(page.map(|credential| {
            let is_renewed = is_renewed(&credential, around(&papers, &credential));
            Expiring { credential, is_renewed }
        }))
    }
}

/// The papers of the same expert, or site, as this one.
fn around<'a>(papers: &'a Papers, credential: &Credential) -> impl Iterator<Item = &'a Credential> {
    let of = match credential.paper.expert() {
        Some(expert) => papers.of_experts.get(expert),
        None => credential.paper.sites().first().and_then(|site| papers.of_sites.get(site)),
    };
    of.into_iter().flatten()
}

/// What plans of one expert would miss, where they would.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Missing {
    /// Whose plans.
    pub expert: Id,
    /// What, by site and kind.
    pub gaps: Vec<(Id, SessionKind, Vec<Gap>)>,
}

impl Missing {
    /// How large it is in an answer, in bytes, at most.
    fn bytes(&self) -> usize {
        300 + self.gaps.len() * 200
    }
}

/// Reads a page of what plans on a day would miss of papers, by expert.
#[derive(Debug)]
pub struct ListMissing {
    /// Of which programme.
    pub programme: Id,
    /// The day.
    pub day: Date,
    /// Only this expert; none: everybody on the roster that day.
    pub expert: Option<Id>,
    /// Where.
    pub sites: Vec<Id>,
    /// What kinds of session.
    pub kinds: Vec<SessionKind>,
    /// Which page, of experts.
    pub page: PageRequest,
    /// What the page's token is bound to.
    pub bound_to: String,
}

impl ListMissing {
    async fn experts(&self, tx: &mut Tx<'_>) -> Result<Vec<Expert>> {
        let filter = experts::store::Filter {
            id: self.expert.clone(),
            roster_day: self.expert.is_none().then_some(self.day),
            ..Default::default()
        };
        experts::store::list(tx, &self.programme, &filter, &self.page).await
    }

    fn missing(&self, expert: &Expert, papers: &Papers) -> Missing {
        let id = expert.name.id();
        let gaps = |site: &Id, kind: SessionKind| {
            let is_operation = matches!(kind, SessionKind::Operation);
            papers.gaps(&Question {
                kind,
                expert: id,
                scope: Some(&expert.profile.scope),
                site,
                day: self.day,
                specialty: expert.profile.specialties.first(),
                grade: if is_operation { Grade::new(1) } else { None },
                dossier: None,
            })
        };
        let each = self.sites.iter().flat_map(|site| self.kinds.iter().map(move |kind| (site, *kind)));
        let found = each.map(|(site, kind)| (site.clone(), kind, gaps(site, kind)));
        Missing { expert: id.clone(), gaps: found.filter(|(_, _, gaps)| !gaps.is_empty()).collect() }
    }
}

impl Query for ListMissing {
    type Output = Page<Missing>;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Page<Missing>> {
        let known = sites::store::briefs(tx, &self.programme, &self.sites).await?;
        if let Some(site) = self.sites.iter().find(|site| !known.contains_key(*site)) {
            return Err(Error::not_found(Name::<Sites>::new(self.programme.clone(), site.clone())));
        }
        let experts = self.experts(tx).await?;
        if let (Some(expert), true, None) = (&self.expert, experts.is_empty(), &self.page.after) {
            return Err(Error::not_found(Name::<Experts>::new(self.programme.clone(), expert.clone())));
        }
        let ids: Vec<Id> = experts.iter().map(|expert| expert.name.id().clone()).collect();
        let papers = tx.ask(store::papers(&self.programme, &ids, &self.sites)).await?;
        let missing = experts.iter().map(|expert| self.missing(expert, &papers)).collect();
        let after = |last: &Missing| Cursor(vec![Key::from(&last.expert)]);
        let mut page = Page::cut_sized(missing, &self.page, &self.bound_to, after, Missing::bytes);
        page.items.retain(|missing| !missing.gaps.is_empty());
        Ok(page)
    }
}

/// Reads one dossier.
#[derive(Debug)]
pub struct GetDossier {
    /// The dossier.
    pub name: Name<Dossiers>,
}

impl Query for GetDossier {
    type Output = Dossier;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Dossier> {
        dossiers::get(tx, &self.name).await
    }
}

/// Reads a page of dossiers by id.
#[derive(Debug)]
pub struct ListDossiers {
    /// Of which programme.
    pub programme: Id,
    /// Which ones.
    pub filter: dossiers::Filter,
    /// Which page.
    pub page: PageRequest,
    /// What the page's token is bound to.
    pub bound_to: String,
}

impl Query for ListDossiers {
    type Output = Page<Dossier>;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Page<Dossier>> {
        let found = dossiers::list(tx, &self.programme, &self.filter, &self.page).await?;
        let after = |last: &Dossier| Cursor(vec![last.name.id().into()]);
        Ok(Page::cut_sized(found, &self.page, &self.bound_to, after, Dossier::bytes))
    }
}

/// Reads one checklist.
#[derive(Debug)]
pub struct GetOnboarding {
    /// The checklist.
    pub name: Name<Onboardings>,
}

impl Query for GetOnboarding {
    type Output = Onboarding;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Onboarding> {
        onboardings::get(tx, &self.name).await
    }
}

/// Reads a page of checklists by id.
#[derive(Debug)]
pub struct ListOnboardings {
    /// Of which programme.
    pub programme: Id,
    /// Which ones.
    pub filter: onboardings::Filter,
    /// Which page.
    pub page: PageRequest,
    /// What the page's token is bound to.
    pub bound_to: String,
}

impl Query for ListOnboardings {
    type Output = Page<Onboarding>;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Page<Onboarding>> {
        let found = onboardings::list(tx, &self.programme, &self.filter, &self.page).await?;
        let after = |last: &Onboarding| Cursor(vec![last.name.id().into()]);
        Ok(Page::cut_sized(found, &self.page, &self.bound_to, after, Onboarding::bytes))
    }
}
