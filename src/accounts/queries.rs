//! What can be asked: the burden of a quarter, and a certificate of service.
use std::collections::BTreeSet;

use super::burden::{Burden, Evidence, burden, journeys};
use super::certificate::{Certificate, certificate};
use super::{quarter_days, store};
use crate::charters::{self, CharterVersion, Charters, Contact, week_of};
use crate::db::{Query, Tx};
use crate::experts::{self, Experts};
use crate::kernel::{
    Cursor, Date, Error, Id, Key, NaiveTime, Name, PageRequest, Reason, Result, Timestamp, Zone, page,
};
use crate::programmes;
use crate::sessions::{self, Session};
use crate::sites;
use crate::visits::{self, Visit};

/// How far a site's day can be from the same day elsewhere, in minutes.
const DAY_MINUTES: i64 = 24 * 60;

/// Whose account it is: the expert, or who the expert turned out to be.
#[derive(Clone, Debug)]
struct Person {
    name: Name<Experts>,
    /// The survivor's id, then the duplicates'.
    ids: Vec<Id>,
}

async fn person(tx: &mut Tx<'_>, name: &Name<Experts>) -> Result<Person> {
    let programme = name.programme();
    if experts::store::rosters(tx, programme, std::slice::from_ref(name.id())).await?.is_empty() {
        return Err(Error::not_found(name));
    }
    let merged = experts::store::merged(tx, programme).await?;
    let ids = merged.known_as(name.id());
    let survivor = ids.first().cloned().unwrap_or_else(|| name.id().clone());
    Ok(Person { name: Name::new(programme.clone(), survivor), ids })
}

/// The first instant of the first day, and the first one after the last.
fn instants(zone: Zone, days: (Date, Date)) -> (Timestamp, Timestamp) {
    let after = days.1.succ_opt().unwrap_or(days.1);
    (zone.instant(days.0, NaiveTime::MIN), zone.instant(after, NaiveTime::MIN))
}

async fn sessions_of(
    tx: &mut Tx<'_>,
    person: &Person,
    window: (Timestamp, Timestamp),
    days: (Date, Date),
) -> Result<Vec<Session>> {
    let programme = person.name.programme();
    let mut ids = BTreeSet::new();
    for expert in &person.ids {
        ids.extend(store::sessions_of(tx, programme, expert, window, days).await?);
    }
    sessions::store::get_many(tx, programme, &ids.iter().collect::<Vec<_>>()).await
}

/// Asks what a quarter asked of an expert.
#[derive(Debug)]
pub struct GetBurdenStatement {
    /// The expert.
    pub expert: Name<Experts>,
    /// The year.
    pub year: i32,
    /// The quarter, 1 to 4.
    pub quarter: u32,
    /// When it is asked.
    pub now: Timestamp,
}

/// The answer, with what it is about.
#[derive(Debug)]
pub struct BurdenStatement {
    /// Whose.
    pub expert: Name<Experts>,
    /// The first and the last day.
    pub days: (Date, Date),
    /// Whether the quarter is over.
    pub closed: bool,
    /// When it was asked.
    pub now: Timestamp,
    /// What was asked of the expert.
    pub burden: Burden,
}

impl Query for GetBurdenStatement {
    type Output = BurdenStatement;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<BurdenStatement> {
        let programme = self.expert.programme();
        let zone = programmes::store::get(tx, programme).await?.zone;
        let begun = quarter_days(self.year, self.quarter).filter(|days| days.0 <= zone.date_of(self.now));
        let days = begun.ok_or_else(|| Error::field("quarter", Reason::OutOfRange, "must have begun"))?;
        let person = person(tx, &self.expert).await?;
        let window = instants(zone, days);
        let around = (week_of(days.0).0, days.1);
        let (from, until) = instants(zone, around);
        let reach = (from.plus_minutes(-DAY_MINUTES), until.plus_minutes(DAY_MINUTES));
        let sessions = sessions_of(tx, &person, reach, around).await?;
        let pairs = journeys(&sessions, &person.ids);
        let travel = tx.ask(sites::store::travel::minutes(programme, &pairs)).await?;
        let contacts = match store::has_contacts(tx, programme, window).await? {
            true => Some(contacts_with(tx, &person, window).await?),
            false => None,
        };
        let evidence = Evidence {
            ids: &person.ids,
            days,
            window,
            now: self.now,
            sessions: &sessions,
            travel: &travel,
            contacts: contacts.as_deref(),
            visits: &visits_of(tx, &person, reach).await?,
            versions: &versions_of(tx, &person).await?,
        };
        let closed = window.1 <= self.now;
        Ok(BurdenStatement { burden: burden(&evidence), expert: person.name, days, closed, now: self.now })
    }
}

/// Every contact with the expert in a window. A merge moves contacts, so that only the survivor has any.
async fn contacts_with(tx: &mut Tx<'_>, person: &Person, window: (Timestamp, Timestamp)) -> Result<Vec<Contact>> {
    let expert = Some(person.name.id().clone());
    let filter = charters::store::Filter { expert, from: Some(window.0), until: Some(window.1) };
    let mut page = PageRequest::first(page::MAX_SIZE);
    let mut all: Vec<Contact> = Vec::new();
    loop {
        let mut found = charters::store::list_contacts(tx, person.name.programme(), &filter, &page).await?;
        let is_last = found.len() <= page.size;
        found.truncate(page.size);
        page.after = found.last().map(|last| Cursor(vec![Key::from(last.time), Key::from(last.name.id())]));
        all.append(&mut found);
        if is_last {
            return Ok(all);
        }
    }
}

async fn visits_of(tx: &mut Tx<'_>, person: &Person, window: (Timestamp, Timestamp)) -> Result<Vec<Visit>> {
    let mut all = Vec::new();
    // A visit may have begun long before the quarter; its sessions lie in it all the same.
    let from = window.0.plus_minutes(-visits::LONGEST_DAYS * DAY_MINUTES);
    for expert in &person.ids {
        let filter = visits::store::Filter {
            expert: Some(expert.clone()),
            arrival_from: Some(from),
            arrival_until: Some(window.1),
            ..Default::default()
        };
        let page = PageRequest::first(page::MAX_SIZE);
        all.extend(visits::store::list(tx, person.name.programme(), &filter, &page).await?);
    }
    Ok(all)
}

async fn versions_of(tx: &mut Tx<'_>, person: &Person) -> Result<Vec<CharterVersion>> {
    let name = Name::<Charters>::new(person.name.programme().clone(), person.name.id().clone());
    charters::store::versions(tx, &name, &PageRequest::first(page::MAX_SIZE)).await
}

/// Asks what an expert gave from a day to a day.
#[derive(Debug)]
pub struct GetServiceCertificate {
    /// The expert.
    pub expert: Name<Experts>,
    /// The first and the last day.
    pub days: (Date, Date),
    /// When it is asked.
    pub now: Timestamp,
}

/// The answer, with what it is about.
#[derive(Debug)]
pub struct ServiceCertificate {
    /// Whose.
    pub expert: Name<Experts>,
    /// The first and the last day.
    pub days: (Date, Date),
    /// When it was asked.
    pub now: Timestamp,
    /// What the expert gave.
    pub certificate: Certificate,
}

impl Query for GetServiceCertificate {
    type Output = ServiceCertificate;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<ServiceCertificate> {
        let programme = programmes::store::get(tx, self.expert.programme()).await?;
        let person = person(tx, &self.expert).await?;
        let (from, until) = instants(programme.zone, self.days);
        let reach = (from.plus_minutes(-DAY_MINUTES), until.plus_minutes(DAY_MINUTES));
        let mut sessions = sessions_of(tx, &person, reach, self.days).await?;
        sessions.retain(|session| (self.days.0..=self.days.1).contains(&session.place.date));
        let mut done = Vec::new();
        for expert in &person.ids {
            done.extend(store::done_by(tx, &programme.id, expert, self.days).await?);
        }
        let certificate = certificate(&person.ids, &sessions, &done, |date| programme.sitting_unit_on(date));
        Ok(ServiceCertificate { expert: person.name, days: self.days, now: self.now, certificate })
    }
}
