//! Requests about days and years to commands and queries, and their answers to messages.

use std::collections::BTreeSet;

use chrono::Datelike as _;

use crate::calendars::commands::ImportCalendarYear;
use crate::calendars::days::MOST_DAYS;
use crate::calendars::queries::{GetCalendarYear, ListCalendarYears, ListDays};
use crate::calendars::{CalendarName, CalendarYear, Day, SpecialDay};
use crate::hospitals::Hospitals;
use crate::kernel::{Fields, Id, Page, Reason, Timestamp, Vocabulary as _};
use crate::pb;

const MAX_SOURCE: usize = 500;
const MAX_VERSION: usize = 64;
const MAX_HOLIDAY: usize = 64;
/// The longest span of days.
const LONGEST_SPAN: i64 = 400;

pub fn import(fields: &mut Fields, request: pb::ImportCalendarYearRequest, _now: Timestamp) -> ImportCalendarYear {
    let year = fields.message("calendar_year", request.calendar_year);
    fields.within("calendar_year", |fields| {
        let name = name(fields, &year.name);
        let days = special_days(fields, &year.days, name.year);
        ImportCalendarYear {
            source: fields.required("source", &year.source, MAX_SOURCE),
            version: fields.required("version", &year.version, MAX_VERSION),
            days,
            etag: fields.etag("etag", &year.etag),
            name,
        }
    })
}

pub fn get(fields: &mut Fields, request: pb::GetCalendarYearRequest) -> GetCalendarYear {
    GetCalendarYear { name: name(fields, &request.name) }
}

pub fn list(fields: &mut Fields, request: pb::ListCalendarYearsRequest) -> ListCalendarYears {
    let programme = fields.parent("parent", &request.parent);
    let unpaged = pb::ListCalendarYearsRequest { page_size: 0, page_token: String::new(), ..request.clone() };
    let bound_to = format!("ListCalendarYears {unpaged:?}");
    ListCalendarYears {
        hospital: fields.optional_name_in::<Hospitals>("hospital", &request.hospital, &programme),
        page: fields.page(request.page_size, &request.page_token, &bound_to),
        programme,
        bound_to,
    }
}

pub fn list_days(fields: &mut Fields, request: pb::ListDaysRequest) -> ListDays {
    let programme = fields.parent("parent", &request.parent);
    let from = fields.date("from_date", request.from_date.as_ref());
    let to = fields.date("to_date", request.to_date.as_ref());
    if request.from_date.is_some() && request.to_date.is_some() {
        if to < from {
            fields.refuse("to_date", Reason::Inconsistent, "must not be before from_date");
        } else if (to - from).num_days() >= LONGEST_SPAN {
            fields.refuse("to_date", Reason::OutOfRange, "must be at most 399 days after from_date");
        }
    }
    ListDays {
        hospital: fields.optional_name_in::<Hospitals>("hospital", &request.hospital, &programme),
        programme,
        from,
        to,
    }
}

fn special_days(fields: &mut Fields, days: &[pb::SpecialDay], year: i32) -> Vec<SpecialDay> {
    let mut seen = BTreeSet::new();
    fields.list("days", days, MOST_DAYS, |fields, day| {
        let date = fields.date("date", day.date.as_ref());
        if day.date.is_some() && date.year() != year {
            fields.refuse("date", Reason::Inconsistent, "must be in the year");
        } else if day.date.is_some() && !seen.insert(date) {
            fields.refuse("date", Reason::Duplicate, "stands twice");
        }
        let kind = fields.choice("kind", day.kind);
        SpecialDay { date, kind, holiday: fields.text("holiday", &day.holiday, MAX_HOLIDAY) }
    })
}

fn name(fields: &mut Fields, value: &str) -> CalendarName {
    let shape = "must be programmes/{programme}/calendar-years/{year}, a hospital's with hospitals/{hospital} between";
    let name = fields.shaped("name", value, shape, |value| CalendarName::parse(value).ok_or(()));
    // Where it is refused, nothing is done with the placeholder.
    name.unwrap_or_else(|| CalendarName { programme: Id::fresh(Timestamp::default()), hospital: None, year: 1900 })
}

impl From<SpecialDay> for pb::SpecialDay {
    fn from(day: SpecialDay) -> Self {
        pb::SpecialDay { date: Some(day.date.into()), kind: day.kind.number(), holiday: day.holiday }
    }
}

impl From<CalendarYear> for pb::CalendarYear {
    fn from(year: CalendarYear) -> Self {
        let CalendarYear { name, source, version, days, meta } = year;
        pb::CalendarYear {
            source,
            version,
            days: days.into_iter().map(Into::into).collect(),
            shipped: meta.is_none(),
            etag: meta.map(|meta| meta.etag(&name)).unwrap_or_default(),
            create_time: meta.map(|meta| meta.create_time.into()),
            update_time: meta.map(|meta| meta.update_time.into()),
            name: name.to_string(),
        }
    }
}

impl From<Day> for pb::Day {
    fn from(day: Day) -> Self {
        let Day { date, kind, holiday, provisional } = day;
        pb::Day { date: Some(date.into()), kind: kind.number(), holiday, provisional }
    }
}

impl From<Page<CalendarYear>> for pb::ListCalendarYearsResponse {
    fn from(page: Page<CalendarYear>) -> Self {
        let next_page_token = page.next_page_token();
        let calendar_years = page.items.into_iter().map(Into::into).collect();
        pb::ListCalendarYearsResponse { calendar_years, next_page_token }
    }
}
