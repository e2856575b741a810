//! Reading sessions, their outcomes and their counts.
use crate::charters::CharterLimit;
use crate::db::{Query, Tx};
use crate::kernel::{Cursor, Id, Key, Name, Page, PageRequest, Result, Timestamp};
use crate::programmes;
use crate::sessions::predicate::{Concern, Finding};
use crate::sessions::store::{self, Filter};
use crate::sessions::{
    ControlTotals, IrregularityNote, OutcomeVersion, Purpose, Session, SessionDraft, SessionState, Sessions, predicate,
};

/// A session as a caller sees it.
#[derive(Clone, Debug, PartialEq)]
pub struct Seen {
    /// The session as it is at this instant.
    pub session: Session,
    /// What has come between since it was planned; none where nobody looked.
    pub attention: Option<Vec<IrregularityNote>>,
    /// Whether the caller is its expert, who alone sees how it lapsed.
    pub is_own: bool,
}

/// Reads one session, and looks at it again.
#[derive(Debug)]
pub struct GetSession {
    /// The session.
    pub name: Name<Sessions>,
    /// The present.
    pub now: Timestamp,
    /// The person who asks.
    pub person: Option<String>,
}

impl Query for GetSession {
    type Output = Seen;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Seen> {
        let session = store::get(tx, self.name.programme(), self.name.id()).await?.at(self.now);
        let attention = attention(tx, self.name.programme(), std::slice::from_ref(&session), self.now).await?.pop();
        let is_own = self.person.as_deref() == Some(session.plan.expert.as_str());
        Ok(Seen { session, attention, is_own })
    }
}

/// Reads a page of sessions by start time and id.
#[derive(Debug)]
pub struct ListSessions {
    /// Of which programme.
    pub programme: Id,
    /// Which ones.
    pub filter: Filter,
    /// Whether each is looked at again.
    pub with_attention: bool,
    /// Which page.
    pub page: PageRequest,
    /// What the page's token is bound to.
    pub bound_to: String,
}

impl ListSessions {
    /// What a page token of this list is bound to.
    #[must_use]
    pub fn bound_to(programme: &Id, filter: &Filter) -> String {
        format!("ListSessions {programme} {:?}", Filter { now: Timestamp::default(), ..filter.clone() })
    }
}

impl Query for ListSessions {
    type Output = Page<Seen>;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Page<Seen>> {
        let sessions = store::list(tx, &self.programme, &self.filter, &self.page).await?;
        if sessions.is_empty() {
            // Only then it isn't plain that there is such a programme.
            programmes::store::state(tx, &self.programme).await?;
        }
        let now = self.filter.now;
        let sessions: Vec<Session> = sessions.into_iter().map(|session| session.at(now)).collect();
        let mut looked_at = Vec::new();
        if self.with_attention {
            looked_at = attention(tx, &self.programme, &sessions, now).await?;
        }
        let mut looked_at = looked_at.into_iter();
        let seen = sessions.into_iter().map(|session| Seen { session, attention: looked_at.next(), is_own: false });
        let after = |last: &Seen| {
            let plan = &last.session.plan;
            Cursor(vec![Key::Int(plan.start.micros()), Key::Text(plan.session.to_string())])
        };
        Ok(Page::cut_sized(seen.collect(), &self.page, &self.bound_to, after, Seen::bytes))
    }
}

impl Seen {
    /// How large it is in an answer, in bytes, at most.
    #[must_use]
    pub fn bytes(&self) -> usize {
        let note = 95 + self.session.plan.programme.as_str().len();
        self.session.bytes() + self.attention.as_ref().map_or(0, |notes| notes.len() * note)
    }
}

/// For what a plan in this state is looked at again; none: it isn't any more.
const fn reviewed_for(state: SessionState) -> Option<Purpose> {
    match state {
        SessionState::Tentative => Some(Purpose::Hold),
        SessionState::Proposed => Some(Purpose::Propose),
        SessionState::Confirmed => Some(Purpose::Review),
        SessionState::InProgress
        | SessionState::Completed
        | SessionState::NotHeld
        | SessionState::Cancelled
        | SessionState::Lapsed
        | SessionState::Voided => None,
    }
}

/// Whether it is about how long before its start a session is planned.
fn is_notice(finding: &Finding) -> bool {
    let notice = Concern::Code(CharterLimit::NoticeHours.field());
    finding.concerns.iter().any(|(key, value)| *key == "limit" && *value == notice)
}

/// What has come between since each of these sessions was planned, rules that were set aside for it aside.
pub(in crate::sessions) async fn attention(
    tx: &mut Tx<'_>,
    programme: &Id,
    sessions: &[Session],
    now: Timestamp,
) -> Result<Vec<Vec<IrregularityNote>>> {
    let mut notes: Vec<Vec<IrregularityNote>> = sessions.iter().map(|_| Vec::new()).collect();
    for purpose in [Purpose::Hold, Purpose::Propose, Purpose::Review] {
        let is_asked = |session: &&Session| reviewed_for(session.state) == Some(purpose);
        let plans: Vec<&SessionDraft> = sessions.iter().filter(is_asked).map(|session| &session.plan).collect();
        if plans.is_empty() {
            continue;
        }
        let mut snapshot = store::load_snapshot(tx, programme, &plans, purpose).await?;
        snapshot.settle(now);
        for (session, notes) in sessions.iter().zip(&mut notes).filter(|(session, _)| is_asked(session)) {
            let set_aside = session.overridden.as_ref().map_or(&[][..], |overridden| &overridden.irregularities);
            let mut found = predicate::findings(&session.plan, &snapshot, purpose);
            found.retain(|finding| finding.refuses() && !set_aside.contains(&finding.irregularity));
            // It was made in time, whatever is left of it.
            found.retain(|finding| !is_notice(finding));
            *notes = super::notes(&found);
        }
    }
    Ok(notes)
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
