//! Reading versions, and estimates by them.
use super::versions::get;
use crate::db::{Query, Tx};
use crate::kernel::{Cursor, Error, Fields, Id, Key, Name, Page, PageRequest, Result};
use crate::savings::estimate::{Facts, estimate};
use crate::savings::store::{self, Stored};
use crate::savings::tariff::Book;
use crate::savings::versions::{PolicyVersion, Tariff, TariffState};
use crate::savings::{Component, Saving, policy};

/// Reads one version.
#[derive(Debug)]
pub struct GetVersion<T: Stored> {
    /// Which.
    pub name: Name<T::Collection>,
}

impl<T: Stored> Query for GetVersion<T> {
    type Output = T;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<T> {
        get(tx, &self.name).await
    }
}

/// Reads a page of tariffs by id.
#[derive(Debug)]
pub struct ListTariffs {
    /// Of which programme.
    pub programme: Id,
    /// In which state.
    pub state: Option<TariffState>,
    /// Of which component.
    pub component: Option<Component>,
    /// Which page.
    pub page: PageRequest,
    /// What the page's token is bound to.
    pub bound_to: String,
}

impl Query for ListTariffs {
    type Output = Page<Tariff>;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Page<Tariff>> {
        let rows = store::tariffs(tx, &self.programme, (self.state, self.component), &self.page).await?;
        let after = |last: &Tariff| Cursor(vec![Key::Text(last.name.id().to_string())]);
        Ok(Page::cut_sized(rows, &self.page, &self.bound_to, after, |_| MOST_BYTES))
    }
}

/// Reads a page of policies by id.
#[derive(Debug)]
pub struct ListPolicies {
    /// Of which programme.
    pub programme: Id,
    /// Which page.
    pub page: PageRequest,
    /// What the page's token is bound to.
    pub bound_to: String,
}

impl Query for ListPolicies {
    type Output = Page<PolicyVersion>;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Page<PolicyVersion>> {
        let rows = store::policies(tx, &self.programme, &self.page).await?;
        let after = |last: &PolicyVersion| Cursor(vec![Key::Text(last.name.id().to_string())]);
        Ok(Page::cut_sized(rows, &self.page, &self.bound_to, after, |_| 5 * MOST_BYTES))
    }
}

/// About how many bytes a tariff's message has at most; a policy's has its method beside.
const MOST_BYTES: usize = 2_600;

/// Reckons a saving by what is in force; nothing is stored.
#[derive(Debug)]
pub struct EstimateSaving {
    /// By whose tariffs.
    pub programme: Id,
    /// What it is reckoned from.
    pub facts: Facts,
}

impl Query for EstimateSaving {
    type Output = (Saving, Id);

    async fn run(&self, tx: &mut Tx<'_>) -> Result<(Saving, Id)> {
        let (date, places) = (self.facts.date, &self.facts.places);
        let policies = store::policies_on(tx, &self.programme, date).await?;
        let policy = policy::on(&policies, date)?;
        let book = Book::new(store::tariffs_on(tx, &self.programme, places, date).await?)?;
        let saving = estimate(&self.facts, policy, &book).map_err(within_facts)?;
        Ok((saving, policy.id.clone()))
    }
}

/// Violations of a bill, by the path that they have in the request.
fn within_facts(error: Error) -> Error {
    let Error::Invalid(violations) = error else { return error };
    let mut fields = Fields::new();
    for violation in violations {
        let field = violation.field.replacen("bill", "facts.settled_bill", 1);
        fields.refuse(&field, violation.reason, violation.description);
    }
    fields.check().err().unwrap_or(Error::Internal("a violation that is none"))
}
