//! What can be asked about days, offers and absences.

use super::days::shipped;
use super::shape::Occurrence;
use super::store::{self, absences, offers};
use super::{CalendarName, CalendarYear, Day, ExpertAbsence, ExpertAbsences, Offer, OfferMode, Offers, Span};
use crate::db::{Query, Tx, external_ids};
use crate::experts::{self, Experts};
use crate::hospitals::{self, Hospitals};
use crate::kernel::{
    Collection, Cursor, Date, Error, ExternalId, Id, Key, Name, Page, PageRequest, Result, SessionKind,
};
use crate::programmes;

/// One year, imported or shipped.
#[derive(Debug)]
pub struct GetCalendarYear {
    /// Which.
    pub name: CalendarName,
}

impl Query for GetCalendarYear {
    type Output = CalendarYear;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<CalendarYear> {
        programmes::store::state(tx, &self.name.programme).await?;
        if let Some(year) = store::days::find(tx, &self.name).await? {
            return Ok(year);
        }
        let shipped = shipped().get(&self.name.year).filter(|_| self.name.hospital.is_none());
        let shipped = shipped.ok_or_else(|| Error::not_found(&self.name))?.clone();
        let (source, version, days) = (shipped.source, shipped.version, shipped.days);
        Ok(CalendarYear { name: self.name.clone(), source, version, days, meta: None })
    }
}

/// A page of imported years, by hospital and year.
#[derive(Debug)]
pub struct ListCalendarYears {
    /// Whose.
    pub programme: Id,
    /// Only this hospital's.
    pub hospital: Option<Id>,
    /// Which page.
    pub page: PageRequest,
    /// The query that its token belongs to.
    pub bound_to: String,
}

impl Query for ListCalendarYears {
    type Output = Page<CalendarYear>;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Page<CalendarYear>> {
        programmes::store::state(tx, &self.programme).await?;
        let hospital = self.hospital.as_ref().map(Some);
        let years = store::days::list(tx, &self.programme, hospital, &self.page).await?;
        let cursor = |year: &CalendarYear| {
            let hospital = year.name.hospital.as_ref().map_or("", Id::as_str);
            Cursor(vec![Key::from(hospital), Key::from(i64::from(year.name.year))])
        };
        Ok(Page::cut_sized(years, &self.page, &self.bound_to, cursor, CalendarYear::bytes))
    }
}

/// What each day of a span is.
#[derive(Debug)]
pub struct ListDays {
    /// Whose.
    pub programme: Id,
    /// For those who work at this hospital; none: for everybody.
    pub hospital: Option<Id>,
    /// First day.
    pub from: Date,
    /// Last day, part of it, not before the first.
    pub to: Date,
}

impl Query for ListDays {
    type Output = Vec<Day>;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Vec<Day>> {
        programmes::store::state(tx, &self.programme).await?;
        let hospital = self.hospital.as_slice();
        if hospitals::store::present(tx, &self.programme, hospital).await?.len() < hospital.len() {
            let name = |hospital: &Id| Name::<Hospitals>::new(self.programme.clone(), hospital.clone());
            return Err(hospital
                .first()
                .map_or(Error::Internal("no hospital is missing"), |id| Error::not_found(name(id))));
        }
        let calendar = tx.ask(store::days::calendar(&self.programme, hospital, self.from, self.to)).await?;
        let days = self.from.iter_days().take_while(|date| *date <= self.to);
        Ok(days.map(|date| calendar.day(self.hospital.as_ref(), date)).collect())
    }
}

/// One offer.
#[derive(Debug)]
pub struct GetOffer {
    /// Which.
    pub name: Name<Offers>,
}

impl Query for GetOffer {
    type Output = Offer;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Offer> {
        offers::get(tx, &self.name).await
    }
}

/// A page of offers, by id.
#[derive(Debug)]
pub struct ListOffers {
    /// Whose.
    pub programme: Id,
    /// Which.
    pub filter: offers::Filter,
    /// With this external id.
    pub external_id: Option<ExternalId>,
    /// Which page.
    pub page: PageRequest,
    /// The query that its token belongs to.
    pub bound_to: String,
}

impl Query for ListOffers {
    type Output = Page<Offer>;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Page<Offer>> {
        programmes::store::state(tx, &self.programme).await?;
        let mut filter = self.filter.clone();
        if let Some(external_id) = &self.external_id {
            match external_ids::find(tx, &self.programme, Offers::COLLECTION, external_id).await? {
                Some(id) => filter.id = Some(id),
                None => return Ok(Page { items: Vec::new(), next: None }),
            }
        }
        let found = offers::list(tx, &self.programme, &filter, &self.page).await?;
        let cursor = |offer: &Offer| Cursor::from([offer.name.id()]);
        Ok(Page::cut_sized(found, &self.page, &self.bound_to, cursor, Offer::bytes))
    }
}

/// A page of the time that an expert has offered, by start.
#[derive(Debug)]
pub struct ListOfferedTimes {
    /// Who.
    pub expert: Name<Experts>,
    /// From the first instant to before the second.
    pub window: Span,
    /// Only offers for this kind of session.
    pub kind: Option<SessionKind>,
    /// Only offers for this site.
    pub site: Option<Id>,
    /// Which page.
    pub page: PageRequest,
    /// The query that its token belongs to.
    pub bound_to: String,
}

/// One occurrence of one offer.
#[derive(Clone, Debug, PartialEq)]
pub struct OfferedTime {
    /// The offer.
    pub offer: Name<Offers>,
    /// Whether it is booked at once or asked for.
    pub mode: OfferMode,
    /// When.
    pub occurrence: Occurrence,
    /// Whether an absence of the expert has an instant in it.
    pub absent: bool,
}

impl Query for ListOfferedTimes {
    type Output = Page<OfferedTime>;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Page<OfferedTime>> {
        let (programme, expert) = (self.expert.programme(), std::slice::from_ref(self.expert.id()));
        if experts::store::rosters(tx, programme, expert).await?.is_empty() {
            return Err(Error::not_found(&self.expert));
        }
        let (from, until) = self.window;
        let offers = offers::of_experts(programme, expert, from, until);
        let (offers, absences) = tx.ask(offers.and(absences::of_experts(programme, expert, from, until))).await?;
        let absences: Vec<&ExpertAbsence> = absences.values().flatten().collect();
        let fits = |offer: &&Offer| {
            let kind = self.kind.is_none_or(|kind| offer.kinds.is_empty() || offer.kinds.contains(&kind));
            kind && self.site.as_ref().is_none_or(|site| offer.sites.is_empty() || offer.sites.contains(site))
        };
        let mut times = Vec::new();
        for offer in offers.values().flatten().filter(fits) {
            times.extend(offer.shape.occurrences(from, until).into_iter().map(|occurrence| OfferedTime {
                offer: offer.name.clone(),
                mode: offer.mode,
                occurrence,
                absent: absences.iter().any(|absence| absence.takes(occurrence.span.0, occurrence.span.1)),
            }));
        }
        let cursor = |time: &OfferedTime| Cursor(vec![Key::from(time.occurrence.span.0), Key::from(time.offer.id())]);
        times.retain(|time| self.page.after.as_ref().is_none_or(|after| cursor(time).keys() > after.keys()));
        times.sort_by_key(|time| cursor(time).0);
        times.truncate(self.page.size + 1);
        Ok(Page::cut(times, &self.page, &self.bound_to, cursor))
    }
}

/// One absence.
#[derive(Debug)]
pub struct GetExpertAbsence {
    /// Which.
    pub name: Name<ExpertAbsences>,
}

impl Query for GetExpertAbsence {
    type Output = ExpertAbsence;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<ExpertAbsence> {
        absences::get(tx, &self.name).await
    }
}

/// A page of absences, by id.
#[derive(Debug)]
pub struct ListExpertAbsences {
    /// Whose.
    pub programme: Id,
    /// Which.
    pub filter: absences::Filter,
    /// With this external id.
    pub external_id: Option<ExternalId>,
    /// Which page.
    pub page: PageRequest,
    /// The query that its token belongs to.
    pub bound_to: String,
}

impl Query for ListExpertAbsences {
    type Output = Page<ExpertAbsence>;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Page<ExpertAbsence>> {
        programmes::store::state(tx, &self.programme).await?;
        let mut filter = self.filter.clone();
        if let Some(external_id) = &self.external_id {
            match external_ids::find(tx, &self.programme, ExpertAbsences::COLLECTION, external_id).await? {
                Some(id) => filter.id = Some(id),
                None => return Ok(Page { items: Vec::new(), next: None }),
            }
        }
        let found = absences::list(tx, &self.programme, &filter, &self.page).await?;
        let cursor = |absence: &ExpertAbsence| Cursor::from([absence.name.id()]);
        Ok(Page::cut_sized(found, &self.page, &self.bound_to, cursor, ExpertAbsence::bytes))
    }
}
