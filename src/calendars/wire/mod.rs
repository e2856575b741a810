//! Requests about offers to commands and queries, and offers to messages.

use std::collections::BTreeSet;

use super::commands::{CreateOffer, WithdrawOffer};
use super::queries::{GetOffer, ListOfferedTimes, ListOffers, OfferedTime};
use super::shape::{MOST_EXCEPTIONS, Occurrence};
use super::store::offers::Filter;
use super::{Offer, Shape, Span, WallTime, Weekday, Weekly};
use crate::experts::{Consent, ConsentMedium, Experts, wire as experts};
use crate::kernel::{Date, Fields, Id, Name, Page, Reason, Timestamp, Vocabulary as _, Zone};
use crate::pb;
use crate::pb::offer::Shape as Sent;
use crate::sites::Sites;
use crate::wire::mutations;

pub(super) mod absences;
pub(super) mod days;

mutations!(
    pb::ImportCalendarYearRequest,
    pb::CreateOfferRequest,
    pb::WithdrawOfferRequest,
    pb::CreateExpertAbsenceRequest,
    pb::WithdrawExpertAbsenceRequest,
);

const MAX_SITES: usize = 50;
/// So many occurrences are shown with an offer.
const SHOWN: usize = 10;

pub(super) fn create_offer(fields: &mut Fields, request: pb::CreateOfferRequest, now: Timestamp) -> CreateOffer {
    let programme = fields.parent("parent", &request.parent);
    let id = fields.id("offer_id", &request.offer_id).unwrap_or_else(|| Id::fresh(now));
    let offer = fields.message("offer", request.offer);
    fields.within("offer", |fields| {
        let (shape, in_own_zone) = shape(fields, offer.shape);
        let consent = experts::consent(fields, "consent", offer.consent.as_ref(), now);
        CreateOffer {
            expert: fields.name_in::<Experts>("expert", &offer.expert, &programme),
            kinds: fields.choices("kinds", &offer.kinds),
            sites: sites(fields, &offer.sites, &programme),
            mode: fields.choice("mode", offer.mode),
            shape,
            in_own_zone,
            consent: consent.unwrap_or_else(|| unsaid(now)),
            external_ids: fields.external_ids("external_ids", &offer.external_ids),
            name: Name::new(programme, id),
        }
    })
}

/// Where a consent is refused, nothing is done with this placeholder.
fn unsaid(now: Timestamp) -> Consent {
    Consent { heard_by: String::new(), medium: ConsentMedium::Message, heard_time: now, words: String::new() }
}

pub(super) fn get_offer(fields: &mut Fields, request: pb::GetOfferRequest) -> GetOffer {
    GetOffer { name: fields.name("name", &request.name) }
}

pub(super) fn list_offers(fields: &mut Fields, request: pb::ListOffersRequest) -> ListOffers {
    let programme = fields.parent("parent", &request.parent);
    let unpaged = pb::ListOffersRequest { page_size: 0, page_token: String::new(), ..request.clone() };
    let bound_to = format!("ListOffers {unpaged:?}");
    let external_id = request.external_id.as_ref();
    ListOffers {
        filter: Filter {
            id: None,
            expert: fields.optional_name_in::<Experts>("expert", &request.expert, &programme),
            state: fields.optional_choice("state", request.state),
            mode: fields.optional_choice("mode", request.mode),
            window: request.window.as_ref().map(|window| fields.interval("window", Some(window))),
            site: fields.optional_name_in::<Sites>("site", &request.site, &programme),
        },
        external_id: external_id.and_then(|id| fields.external_id("external_id", &id.system, &id.value)),
        page: fields.page(request.page_size, &request.page_token, &bound_to),
        programme,
        bound_to,
    }
}

pub(super) fn withdraw_offer(fields: &mut Fields, request: pb::WithdrawOfferRequest, _: Timestamp) -> WithdrawOffer {
    WithdrawOffer { name: fields.name("name", &request.name), etag: fields.etag("etag", &request.etag) }
}

pub(super) fn list_offered_times(fields: &mut Fields, request: pb::ListOfferedTimesRequest) -> ListOfferedTimes {
    let expert = fields.name::<Experts>("expert", &request.expert);
    let unpaged = pb::ListOfferedTimesRequest { page_size: 0, page_token: String::new(), ..request.clone() };
    let bound_to = format!("ListOfferedTimes {unpaged:?}");
    let most_days = fields.bounds().window_days;
    let window = fields.window("window", request.window.as_ref(), most_days);
    ListOfferedTimes {
        window,
        kind: fields.optional_choice("kind", request.kind),
        site: fields.optional_name_in::<Sites>("site", &request.site, expert.programme()),
        page: fields.page(request.page_size, &request.page_token, &bound_to),
        expert,
        bound_to,
    }
}

fn sites(fields: &mut Fields, values: &[String], programme: &Id) -> Vec<Id> {
    let mut seen = BTreeSet::new();
    fields.list("sites", values, MAX_SITES, |fields, value| {
        if !seen.insert(value) {
            fields.refuse("", Reason::Duplicate, "stands twice");
        }
        fields.name_in::<Sites>("", value, programme)
    })
}

/// The shape, and whether its zone is still to be the programme's.
fn shape(fields: &mut Fields, sent: Option<Sent>) -> (Shape, bool) {
    match sent {
        None => {
            fields.refuse("shape", Reason::Required, "must be an interval, a civil interval or a weekly pattern");
            (Shape::Instants { start: Timestamp::default(), end: Timestamp::default() }, false)
        }
        Some(Sent::Interval(interval)) => {
            let (start, end) = fields.interval("interval", Some(&interval));
            (Shape::Instants { start, end }, false)
        }
        Some(Sent::Civil(civil)) => fields.within("civil", |fields| {
            let start = (fields.date("start_date", civil.start_date.as_ref()), start_time(fields, civil.start));
            let end = (fields.date("end_date", civil.end_date.as_ref()), end_time(fields, civil.end));
            let dated = civil.start_date.is_some() && civil.end_date.is_some();
            if dated && civil.start.is_some() && civil.end.is_some() && end <= start {
                fields.refuse("end", Reason::Inconsistent, "must be after the start");
            }
            (Shape::Civil { zone: zone(fields, &civil.zone), start, end }, civil.zone.is_empty())
        }),
        Some(Sent::Weekly(weekly)) => fields.within("weekly", |fields| {
            let zone = zone(fields, &weekly.zone);
            (Shape::Weekly(pattern(fields, &weekly, zone)), weekly.zone.is_empty())
        }),
    }
}

fn pattern(fields: &mut Fields, weekly: &pb::WeeklyPattern, zone: Zone) -> Weekly {
    if weekly.weekdays.is_empty() {
        fields.refuse("weekdays", Reason::Required, "must name a day of the week");
    }
    let (start, end) = (start_time(fields, weekly.start), end_time(fields, weekly.end));
    if weekly.start.is_some() && weekly.end.is_some() && end <= start {
        fields.refuse("end", Reason::Inconsistent, "must be after the start: after midnight it is the next day's");
    }
    let first = fields.date("first_date", weekly.first_date.as_ref());
    let last = fields.optional_date("last_date", weekly.last_date.as_ref());
    if weekly.first_date.is_some() && last.is_some_and(|last| last < first) {
        fields.refuse("last_date", Reason::Inconsistent, "must not be before first_date");
    }
    let mut except = BTreeSet::new();
    fields.list("except_dates", &weekly.except_dates, MOST_EXCEPTIONS, |fields, date| {
        if !except.insert(fields.date("", Some(date))) {
            fields.refuse("", Reason::Duplicate, "stands twice");
        }
    });
    let weekdays: BTreeSet<Weekday> = fields.choices("weekdays", &weekly.weekdays).into_iter().collect();
    Weekly { zone, weekdays, start, end, first, last, except }
}

/// A zone; UTC, which is replaced, where it is left to the programme.
fn zone(fields: &mut Fields, value: &str) -> Zone {
    if value.is_empty() { Zone::UTC } else { fields.zone("zone", value) }
}

/// The time on the wall at which something starts.
pub fn start_time(fields: &mut Fields, value: Option<pb::LocalTime>) -> WallTime {
    wall(fields, "start", value, 23)
}

/// The time on the wall at which something ends, to the midnight that ends its day.
pub fn end_time(fields: &mut Fields, value: Option<pb::LocalTime>) -> WallTime {
    wall(fields, "end", value, 24)
}

fn wall(fields: &mut Fields, field: &str, value: Option<pb::LocalTime>, last_hour: i64) -> WallTime {
    let Some(value) = value else {
        fields.refuse(field, Reason::Required, "must be set");
        return WallTime::MIDNIGHT;
    };
    fields.within(field, |fields| {
        let hour = fields.number("hour", value.hour, 0..=last_hour);
        let minute = fields.number("minute", value.minute, 0..=if hour == 24 { 0 } else { 59 });
        WallTime::new(hour * 60 + minute).unwrap_or(WallTime::MIDNIGHT)
    })
}

fn local_time(time: WallTime) -> Option<pb::LocalTime> {
    let part = |number: i64| i32::try_from(number).unwrap_or_default();
    Some(pb::LocalTime { hour: part(time.minutes() / 60), minute: part(time.minutes() % 60) })
}

fn interval((start, end): Span) -> pb::Interval {
    pb::Interval { start_time: Some(start.into()), end_time: Some(end.into()) }
}

impl From<Shape> for Sent {
    fn from(shape: Shape) -> Self {
        match shape {
            Shape::Instants { start, end } => Sent::Interval(interval((start, end))),
            Shape::Civil { zone, start, end } => Sent::Civil(pb::CivilInterval {
                zone: zone.to_string(),
                start_date: Some(start.0.into()),
                start: local_time(start.1),
                end_date: Some(end.0.into()),
                end: local_time(end.1),
            }),
            Shape::Weekly(weekly) => Sent::Weekly(pb::WeeklyPattern {
                zone: weekly.zone.to_string(),
                weekdays: weekly.weekdays.into_iter().map(Weekday::number).collect(),
                start: local_time(weekly.start),
                end: local_time(weekly.end),
                first_date: Some(weekly.first.into()),
                last_date: weekly.last.map(Date::into),
                except_dates: weekly.except.into_iter().map(Into::into).collect(),
            }),
        }
    }
}

impl From<Occurrence> for pb::Occurrence {
    fn from(occurrence: Occurrence) -> Self {
        pb::Occurrence { interval: Some(interval(occurrence.span)), adjusted: occurrence.adjusted }
    }
}

impl From<Offer> for pb::Offer {
    fn from(offer: Offer) -> Self {
        let state = offer.state().number();
        let site = |site: &Id| Name::<Sites>::new(offer.name.programme().clone(), site.clone()).to_string();
        let sites = offer.sites.iter().map(site).collect();
        let Offer { name, expert, kinds, mode, shape, tz_version, consent, withdrawn, external_ids, meta, .. } = offer;
        pb::Offer {
            name: name.to_string(),
            expert: Name::<Experts>::new(name.programme().clone(), expert).to_string(),
            kinds: kinds.into_iter().map(|kind| kind.number()).collect(),
            sites,
            mode: mode.number(),
            first_occurrences: shape.first(SHOWN).into_iter().map(Into::into).collect(),
            shape: Some(shape.into()),
            consent: Some(consent.into()),
            tz_version: tz_version.unwrap_or_default(),
            state,
            withdraw_time: withdrawn.map(Into::into),
            external_ids: external_ids.into_iter().map(Into::into).collect(),
            etag: meta.etag(&name),
            create_time: Some(meta.create_time.into()),
            update_time: Some(meta.update_time.into()),
        }
    }
}

impl From<Page<Offer>> for pb::ListOffersResponse {
    fn from(page: Page<Offer>) -> Self {
        let next_page_token = page.next_page_token();
        pb::ListOffersResponse { offers: page.items.into_iter().map(Into::into).collect(), next_page_token }
    }
}

impl From<Page<OfferedTime>> for pb::ListOfferedTimesResponse {
    fn from(page: Page<OfferedTime>) -> Self {
        let next_page_token = page.next_page_token();
        let time = |time: OfferedTime| pb::OfferedTime {
            offer: time.offer.to_string(),
            mode: time.mode.number(),
            occurrence: Some(time.occurrence.into()),
            absent: time.absent,
        };
        pb::ListOfferedTimesResponse { times: page.items.into_iter().map(time).collect(), next_page_token }
    }
}
