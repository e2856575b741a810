//! Reading sessions, their outcomes and their counts.
use crate::db::{Query, Tx};
use crate::kernel::{Cursor, Id, Key, Name, Page, PageRequest, Result, Timestamp};
use crate::programmes;
use crate::sessions::store::{self, Filter};
use crate::sessions::{ControlTotals, OutcomeVersion, Session, Sessions};

/// Reads one session.
#[derive(Debug)]
pub struct GetSession {
    /// The session.
    pub name: Name<Sessions>,
}

impl Query for GetSession {
    type Output = Session;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Session> {
        store::get(tx, self.name.programme(), self.name.id()).await
    }
}

/// Reads a page of sessions by start time and id.
#[derive(Debug)]
pub struct ListSessions {
    /// Of which programme.
    pub programme: Id,
    /// Which ones.
    pub filter: Filter,
    /// Which page.
    pub page: PageRequest,
    /// What the page's token is bound to.
    pub bound_to: String,
}

impl ListSessions {
    /// What a page token of this list is bound to.
    #[must_use]
    pub fn bound_to(programme: &Id, filter: &Filter) -> String {
        format!("ListSessions {programme} {filter:?}")
    }
}

impl Query for ListSessions {
    type Output = Page<Session>;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Page<Session>> {
        programmes::store::state(tx, &self.programme).await?;
        let sessions = store::list(tx, &self.programme, &self.filter, &self.page).await?;
        let after =
            |last: &Session| Cursor(vec![Key::Int(last.plan.start.micros()), Key::Text(last.plan.session.to_string())]);
        Ok(Page::cut_sized(sessions, &self.page, &self.bound_to, after, Session::bytes))
    }
}

/// Reads a page of the versions of a session's outcome, the oldest first.
#[derive(Debug)]
pub struct ListOutcomes {
    /// The session.
    pub session: Name<Sessions>,
    /// Which page.
    pub page: PageRequest,
    /// What the page's token is bound to.
    pub bound_to: String,
}

impl ListOutcomes {
    /// What a page token of this list is bound to.
    #[must_use]
    pub fn bound_to(session: &Name<Sessions>) -> String {
        format!("ListSessionOutcomes {session}")
    }
}

impl Query for ListOutcomes {
    type Output = Page<OutcomeVersion>;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Page<OutcomeVersion>> {
        store::get(tx, self.session.programme(), self.session.id()).await?;
        let versions = store::outcome_page(tx, self.session.programme(), self.session.id(), &self.page).await?;
        let after = |last: &OutcomeVersion| Cursor(vec![Key::Int(last.outcome.version)]);
        Ok(Page::cut_sized(versions, &self.page, &self.bound_to, after, OutcomeVersion::bytes))
    }
}

/// Counts a programme's sessions by what became of them.
#[derive(Debug)]
pub struct GetControlTotals {
    /// The programme.
    pub programme: Id,
    /// What has passed and what is to come is told by this instant.
    pub now: Timestamp,
}

impl Query for GetControlTotals {
    type Output = ControlTotals;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<ControlTotals> {
        programmes::store::get(tx, &self.programme).await?;
        store::control_totals(tx, &self.programme, self.now).await
    }
}
