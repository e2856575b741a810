//! What can be asked: a calendar of somebody's sessions, and the itinerary of a visit.

use std::collections::{BTreeMap, HashMap};

use super::itinerary::{Itinerary, ItineraryDay, Step};
use super::{Entry, Language, Reader, sequence};
use crate::assistants::{self, Assistant, Assistants};
use crate::calendars;
use crate::db::{Query, Tx};
use crate::experts::{self, Expert, Experts};
use crate::kernel::{Cursor, Date, Error, Id, Key, Name, Page, PageRequest, Result, Timestamp};
use crate::programmes;
use crate::sessions::{self, Session, store::Filter};
use crate::sites::{self, Site, Sites};
use crate::visits::{self, Visits};

/// Whose calendar.
#[derive(Clone, Debug, PartialEq)]
pub enum Owner {
    /// An expert's.
    Expert(Name<Experts>),
    /// An assistant's.
    Assistant(Name<Assistants>),
    /// A site's.
    Site(Name<Sites>),
}

impl Owner {
    /// Reads the name of an expert, an assistant or a site.
    #[must_use]
    pub fn parse(text: &str) -> Option<Owner> {
        let expert = Name::parse(text).map(Owner::Expert);
        expert.or_else(|_| Name::parse(text).map(Owner::Assistant)).or_else(|_| Name::parse(text).map(Owner::Site)).ok()
    }

    fn programme(&self) -> &Id {
        match self {
            Owner::Expert(name) => name.programme(),
            Owner::Assistant(name) => name.programme(),
            Owner::Site(name) => name.programme(),
        }
    }

    /// Who reads it.
    #[must_use]
    pub fn reader(&self) -> Reader {
        match self {
            Owner::Expert(_) | Owner::Assistant(_) => Reader::Person,
            Owner::Site(_) => Reader::Site,
        }
    }

    /// What it is called. Errors: `RESOURCE_NOT_FOUND`.
    async fn title(&self, tx: &mut Tx<'_>) -> Result<String> {
        Ok(match self {
            Owner::Expert(name) => experts::store::get(tx, name).await?.profile.display_name,
            Owner::Assistant(name) => assistants::store::get(tx, name).await?.profile.display_name,
            Owner::Site(name) => sites::store::get(tx, name).await?.profile.display_name,
        })
    }

    /// Conditions that together find its sessions, some perhaps twice.
    fn filters(&self, filter: &Filter) -> Vec<Filter> {
        match self {
            Owner::Expert(name) => vec![
                Filter { expert: Some(name.id().clone()), ..filter.clone() },
                Filter { co_expert: Some(name.id().clone()), ..filter.clone() },
            ],
            Owner::Assistant(name) => vec![Filter { assistant: Some(name.id().clone()), ..filter.clone() }],
            Owner::Site(name) => vec![Filter { site: Some(name.id().clone()), ..filter.clone() }],
        }
    }
}

/// A page of somebody's sessions, by planned start.
#[derive(Debug)]
pub struct GetCalendarFeed {
    /// Whose.
    pub owner: Owner,
    /// Planned to start from the first instant to before the second.
    pub window: (Timestamp, Timestamp),
    /// In which language.
    pub language: Language,
    /// When it is asked for.
    pub now: Timestamp,
    /// Which page.
    pub page: PageRequest,
    /// The query that its token belongs to.
    pub bound_to: String,
}

/// Somebody's sessions.
#[derive(Debug)]
pub struct Feed {
    /// What the owner is called.
    pub title: String,
    /// The sessions.
    pub entries: Page<Entry>,
}

impl Query for GetCalendarFeed {
    type Output = Feed;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Feed> {
        let title = self.owner.title(tx).await?;
        let (start_from, start_until) = (Some(self.window.0), Some(self.window.1));
        let all = Filter { start_from, start_until, ..Filter::default() };
        let mut found: BTreeMap<(Timestamp, Id), Session> = BTreeMap::new();
        for filter in self.owner.filters(&all) {
            for session in sessions::store::list(tx, self.owner.programme(), &filter, &self.page).await? {
                found.insert((session.plan.start, session.plan.session.clone()), session);
            }
        }
        let sessions: Vec<Session> = found.into_values().take(self.page.size + 1).collect();
        let names = Names::of(tx, self.owner.programme(), &sessions).await?;
        let entries = sessions.into_iter().map(|session| Ok((session.plan.start, names.entry(session, self.now)?)));
        let entries: Vec<(Timestamp, Entry)> = entries.collect::<Result<_>>()?;
        let cursor = |(start, entry): &(Timestamp, Entry)| Cursor(vec![Key::from(*start), Key::from(&entry.session)]);
        let page = Page::cut_sized(entries, &self.page, &self.bound_to, cursor, |(_, entry)| entry.bytes());
        Ok(Feed { title, entries: page.map(|(_, entry)| entry) })
    }
}

/// The itinerary of a visit.
#[derive(Debug)]
pub struct GetVisitItinerary {
    /// Which visit.
    pub name: Name<Visits>,
    /// When it is asked for.
    pub now: Timestamp,
}

impl Query for GetVisitItinerary {
    type Output = Itinerary;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Itinerary> {
        let programme = self.name.programme();
        let visit = visits::store::get(tx, &self.name).await?;
        let ids: Vec<&Id> = visit.profile.sessions.iter().collect();
        let sessions = sessions::store::get_many(tx, programme, &ids).await?;
        let names = Names::of(tx, programme, &sessions).await?;
        let entries = sessions.into_iter().map(|session| names.entry(session, self.now));
        let mut entries: Vec<Entry> = entries.collect::<Result<_>>()?;
        entries.sort_by(|a, b| (a.span, &a.session).cmp(&(b.span, &b.session)));

        let host = sites::store::get(tx, &Name::new(programme.clone(), visit.profile.host_site.clone())).await?;
        let expert = experts::store::get(tx, &Name::new(programme.clone(), visit.expert.clone())).await?;
        let minutes = tx.ask(sites::store::travel::minutes(programme, &journeys(&entries))).await?;
        let holidays = holidays(tx, programme, &entries).await?;
        let updated = entries.iter().map(|entry| entry.update_time).chain([visit.meta.update_time]).max();
        Ok(Itinerary {
            programme: programmes::store::get(tx, programme).await?.display_name,
            expert: expert.profile.display_name,
            host: host.profile.display_name,
            address: host.profile.address,
            zone: visit.place.zone,
            arrival: visit.profile.arrival,
            departure: visit.profile.departure,
            state: visit.state,
            days: days(entries, &minutes, &holidays),
            update_time: updated.unwrap_or(visit.meta.update_time),
        })
    }
}

/// What each day of the entries is called, where it has a name.
async fn holidays(tx: &mut Tx<'_>, programme: &Id, entries: &[Entry]) -> Result<BTreeMap<Date, String>> {
    let dates: Vec<Date> = entries.iter().map(date).collect();
    let (Some(first), Some(last)) = (dates.iter().min(), dates.iter().max()) else { return Ok(BTreeMap::new()) };
    let calendar = tx.ask(calendars::store::days::calendar(programme, &[], *first, *last)).await?;
    Ok(dates.into_iter().map(|date| (date, calendar.day(None, date).holiday)).collect())
}

/// The civil day at the site.
fn date(entry: &Entry) -> Date {
    entry.zone.date_of(entry.span.0)
}

/// The ways between sites that follow each other on one day; what doesn't take place is passed over.
fn journeys(entries: &[Entry]) -> Vec<(Id, Id)> {
    let standing: Vec<&Entry> = entries.iter().filter(|entry| entry.stands()).collect();
    let pairs = standing.windows(2).filter(|pair| pair[0].site != pair[1].site && date(pair[0]) == date(pair[1]));
    pairs.map(|pair| (pair[0].site.clone(), pair[1].site.clone())).collect()
}

/// Entries in order as days, with the ways between them.
fn days(entries: Vec<Entry>, minutes: &HashMap<(Id, Id), i64>, holidays: &BTreeMap<Date, String>) -> Vec<ItineraryDay> {
    let mut days: Vec<ItineraryDay> = Vec::new();
    let mut at: Option<(Date, Id)> = None;
    for entry in entries {
        let date = date(&entry);
        if days.last().is_none_or(|day| day.date != date) {
            let holiday = holidays.get(&date).cloned().unwrap_or_default();
            days.push(ItineraryDay { date, holiday, steps: Vec::new() });
        }
        let Some(day) = days.last_mut() else { continue };
        if entry.stands() {
            let from = at.take().filter(|(day, site)| *day == date && *site != entry.site);
            day.steps.extend(from.map(|(_, from)| Step::Journey {
                minutes: minutes.get(&(from, entry.site.clone())).copied(),
                to: entry.site_name.clone(),
            }));
            at = Some((date, entry.site.clone()));
        }
        day.steps.push(Step::Session(Box::new(entry)));
    }
    days
}

/// What the people and places of some sessions are called.
struct Names {
    experts: HashMap<Id, Expert>,
    assistants: HashMap<Id, Assistant>,
    sites: HashMap<Id, Site>,
}

impl Names {
    async fn of(tx: &mut Tx<'_>, programme: &Id, sessions: &[Session]) -> Result<Names> {
        let plans = || sessions.iter().map(|session| &session.plan);
        let experts = once_each(plans().flat_map(|plan| plan.experts()));
        let assistants = once_each(plans().filter_map(|plan| plan.assistant.as_ref()));
        let sites = once_each(plans().map(|plan| &plan.site));
        Ok(Names {
            experts: experts::store::many(tx, programme, &experts).await?,
            assistants: assistants::store::many(tx, programme, &assistants).await?,
            sites: sites::store::many(tx, programme, &sites).await?,
        })
    }

    /// Errors: a defect, when a session names what isn't there.
    fn entry(&self, session: Session, now: Timestamp) -> Result<Entry> {
        let sequence = sequence(&session, now);
        let Session { plan, state, zone, meta, .. } = session.clone().at(now);
        let site = self.sites.get(&plan.site).ok_or(Error::Internal("a session is at no site"))?;
        let expert = |id: &Id| {
            let expert = self.experts.get(id).ok_or(Error::Internal("a session has no expert"))?;
            Ok(expert.profile.display_name.clone())
        };
        let room = plan.room.as_ref().and_then(|id| site.profile.rooms.iter().find(|room| room.id == *id));
        let assistant = plan.assistant.as_ref().and_then(|id| self.assistants.get(id));
        Ok(Entry {
            kind: plan.kind,
            state,
            span: session.interval(),
            zone,
            site_name: site.profile.display_name.clone(),
            address: site.profile.address.clone(),
            room: room.map(|room| room.display_name.clone()),
            expert: expert(&plan.expert)?,
            beside: plan.co_experts.iter().map(expert).collect::<Result<_>>()?,
            assistant: assistant.map(|assistant| assistant.profile.display_name.clone()),
            specialty: plan.specialty,
            capacity: plan.capacity,
            sequence,
            create_time: meta.create_time,
            update_time: meta.update_time,
            programme: plan.programme,
            session: plan.session,
            site: plan.site,
        })
    }
}

fn once_each<'a>(ids: impl Iterator<Item = &'a Id>) -> Vec<Id> {
    let once: std::collections::BTreeSet<&Id> = ids.collect();
    once.into_iter().cloned().collect()
}
