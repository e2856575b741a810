//! Kinds of days: what is shipped, what a programme and a hospital import, and what is only provisional.
use homecoming::calendars::days::shipped;
use homecoming::calendars::{Calendar, CalendarName, DayKind, SpecialDay, Weekday};
use homecoming::kernel::{Date, Id, Reason, Vocabulary as _};
use homecoming::pb;
use homecoming::pb::calendar_service_client::CalendarServiceClient;
use tonic::Code;

use crate::support::county::{County, PROGRAMME, date, day, name};
use crate::support::each_engine;
use crate::support::errors::{Refused, refused};

fn is_weekend(date: Date) -> bool {
    matches!(Weekday::of(date), Weekday::Saturday | Weekday::Sunday)
}

#[test]
fn shipped_years_add_up() {
    let years: Vec<(i32, usize)> = shipped().iter().map(|(year, shipped)| (*year, shipped.days.len())).collect();
    assert_eq!(years, [(2024, 29), (2025, 24), (2026, 28)]);
    for (year, shipped) in shipped() {
        let of = |kind| shipped.days.iter().filter(move |day| day.kind == kind);
        // 11 days by law until 2024, 13 since.
        assert_eq!(of(DayKind::StatutoryHoliday).count(), if *year < 2025 { 11 } else { 13 }, "{year}");
        assert!(of(DayKind::MakeupWorkday).all(|day| is_weekend(day.date)), "{year}");
        assert!(of(DayKind::InLieuRest).all(|day| !is_weekend(day.date)), "{year}");
        // Each weekday off is paid for by a day worked or by a holiday that fell on a weekend.
        let on_weekends = of(DayKind::StatutoryHoliday).filter(|day| is_weekend(day.date)).count();
        assert_eq!(of(DayKind::InLieuRest).count(), of(DayKind::MakeupWorkday).count() + on_weekends, "{year}");
        assert!(shipped.days.windows(2).all(|pair| pair[0].date < pair[1].date), "{year}");
        assert!(shipped.version.starts_with("国办发明电") && shipped.source.contains(&year.to_string()));
    }
}

#[test]
fn days_are_told_apart() {
    let cases = [
        ("2024-02-09", DayKind::Workday, "", false),
        ("2024-02-10", DayKind::StatutoryHoliday, "春节", false),
        ("2024-02-13", DayKind::InLieuRest, "春节", false),
        ("2024-02-17", DayKind::Weekend, "", false),
        ("2024-02-18", DayKind::MakeupWorkday, "春节", false),
        ("2025-01-28", DayKind::StatutoryHoliday, "春节", false),
        ("2025-10-06", DayKind::StatutoryHoliday, "中秋节", false),
        ("2026-05-02", DayKind::StatutoryHoliday, "劳动节", false),
        ("2026-05-09", DayKind::MakeupWorkday, "劳动节", false),
        ("2026-05-11", DayKind::Workday, "", false),
        ("2027-10-01", DayKind::Workday, "", true),
        ("2023-10-01", DayKind::Weekend, "", true),
    ];
    for (date, kind, holiday, provisional) in cases {
        let found = Calendar::default().day(None, day(date));
        assert_eq!((found.kind, found.holiday.as_str(), found.provisional), (kind, holiday, provisional), "{date}");
    }
}

#[test]
fn a_hospitals_days_go_before_the_programmes() {
    let xiangya = Id::parse("xiangya").unwrap();
    let special = |date, kind| SpecialDay { date: day(date), kind, holiday: String::new() };
    let calendar = Calendar::new(
        vec![(None, 2027), (Some(xiangya.clone()), 2027), (Some(xiangya.clone()), 2028)],
        [
            (None, special("2027-01-01", DayKind::StatutoryHoliday)),
            (Some(xiangya.clone()), special("2027-01-02", DayKind::MakeupWorkday)),
            (Some(xiangya.clone()), special("2028-01-01", DayKind::MakeupWorkday)),
        ],
    );
    let of = |hospital: Option<&Id>, date| {
        let found = calendar.day(hospital, day(date));
        (found.kind, found.provisional)
    };
    assert_eq!(of(Some(&xiangya), "2027-01-01"), (DayKind::StatutoryHoliday, false), "the programme's");
    assert_eq!(of(Some(&xiangya), "2027-01-02"), (DayKind::MakeupWorkday, false), "its own");
    assert_eq!(of(None, "2027-01-02"), (DayKind::Weekend, false), "not everybody's");
    assert_eq!(of(Some(&Id::parse("second").unwrap()), "2027-01-02"), (DayKind::Weekend, false), "not another's");
    assert_eq!(of(Some(&xiangya), "2028-01-01"), (DayKind::MakeupWorkday, false));
    assert_eq!(of(Some(&xiangya), "2028-01-03"), (DayKind::Workday, true), "the rest of that year isn't announced");
    let imported = Calendar::new(vec![(None, 2026)], []);
    assert_eq!(
        imported.day(None, day("2026-10-01")).kind,
        DayKind::Workday,
        "an imported year replaces the shipped one"
    );
}

#[test]
fn names_of_years() {
    let own = "programmes/liling/calendar-years/2027";
    let hospitals = "programmes/liling/hospitals/xiangya/calendar-years/2027";
    for text in [own, hospitals] {
        assert_eq!(CalendarName::parse(text).unwrap().to_string(), text);
    }
    let wrong = ["", "2027", "programmes/liling/calendar-years/27", "programmes/liling/calendar-years/+027"];
    let more = ["programmes/liling/calendar-years/2201", "programmes/L/calendar-years/2027"];
    let last = ["programmes/liling/calendar-years/2027/days/1", "programmes/liling/sites/a/calendar-years/2027"];
    for text in wrong.into_iter().chain(more).chain(last) {
        assert_eq!(CalendarName::parse(text), None, "{text}");
    }
}

fn year(name: &str, days: &[(&str, DayKind, &str)]) -> pb::CalendarYear {
    let day = |(on, kind, holiday): &(&str, DayKind, &str)| pb::SpecialDay {
        date: date(on),
        kind: kind.number(),
        holiday: (*holiday).to_owned(),
    };
    pb::CalendarYear {
        name: name.to_owned(),
        source: "国务院办公厅通知".to_owned(),
        version: "1".to_owned(),
        days: days.iter().map(day).collect(),
        ..Default::default()
    }
}

fn import(year: pb::CalendarYear) -> pb::ImportCalendarYearRequest {
    pb::ImportCalendarYearRequest { calendar_year: Some(year), ..Default::default() }
}

#[tokio::test]
async fn a_year_is_imported_read_and_replaced() {
    each_engine("calendar_years", async |server| {
        let county = County::new(&server).await;
        let mut client = CalendarServiceClient::new(server.channel.clone());
        let own = name("calendar-years", "2027");
        let theirs = format!("{}/calendar-years/2027", name("hospitals", "xiangya"));
        let absent = client.get_calendar_year(pb::GetCalendarYearRequest { name: own.clone() }).await;
        let not_found = Refused::new(Code::NotFound, Reason::ResourceNotFound);
        assert_eq!(refused(absent), not_found.clone().with("name", &own));
        let shipped = pb::GetCalendarYearRequest { name: name("calendar-years", "2026") };
        let shipped = client.get_calendar_year(shipped).await.unwrap().into_inner();
        assert_eq!(
            (shipped.shipped, shipped.days.len(), shipped.version.as_str()),
            (true, 28, "国办发明电〔2025〕7号")
        );

        let days =
            [("2027-10-01", DayKind::StatutoryHoliday, "国庆节"), ("2027-01-01", DayKind::StatutoryHoliday, "元旦")];
        let request = pb::ImportCalendarYearRequest { request_id: "once".into(), ..import(year(&own, &days)) };
        let first = client.import_calendar_year(request.clone()).await.unwrap().into_inner();
        assert_eq!(client.import_calendar_year(request).await.unwrap().into_inner(), first, "a replay");
        let dates: Vec<_> = first.days.iter().map(|day| day.date).collect();
        assert_eq!((dates, first.shipped), (vec![date("2027-01-01"), date("2027-10-01")], false));
        let again = pb::CalendarYear { version: "2".into(), etag: first.etag.clone(), ..year(&own, &days[1..]) };
        let second = client.import_calendar_year(import(again.clone())).await.unwrap().into_inner();
        assert_eq!((second.days.len(), second.version.as_str(), second.create_time), (1, "2", first.create_time));
        let stale = Refused::new(Code::Aborted, Reason::EtagMismatch).with("name", &own);
        assert_eq!(refused(client.import_calendar_year(import(again)).await), stale);

        let makeup = year(&theirs, &[("2027-01-02", DayKind::MakeupWorkday, "元旦")]);
        client.import_calendar_year(import(makeup)).await.unwrap();
        let nowhere = year(&format!("{}/calendar-years/2027", name("hospitals", "nowhere")), &[]);
        let nowhere = refused(client.import_calendar_year(import(nowhere)).await);
        assert_eq!(nowhere, not_found.with("name", &name("hospitals", "nowhere")));

        let list = pb::ListCalendarYearsRequest { parent: PROGRAMME.into(), page_size: 1, ..Default::default() };
        let page = client.list_calendar_years(list.clone()).await.unwrap().into_inner();
        let next = pb::ListCalendarYearsRequest { page_token: page.next_page_token, ..list.clone() };
        let last = client.list_calendar_years(next).await.unwrap().into_inner();
        let names = [&page.calendar_years[0].name, &last.calendar_years[0].name];
        assert_eq!((names, last.next_page_token.as_str()), ([&own, &theirs], ""));
        let only = pb::ListCalendarYearsRequest { hospital: name("hospitals", "xiangya"), ..list };
        assert_eq!(client.list_calendar_years(only).await.unwrap().into_inner().calendar_years.len(), 1);

        let hospital = pb::DeleteHospitalRequest { name: name("hospitals", "xiangya"), ..Default::default() };
        let in_use = Refused::new(Code::FailedPrecondition, Reason::InUse).with("name", &name("hospitals", "xiangya"));
        assert_eq!(refused(county.hospitals.clone().delete_hospital(hospital).await), in_use.with("referrer", &theirs));
    })
    .await;
}

#[tokio::test]
async fn days_are_answered_for_everybody_and_for_a_hospital() {
    each_engine("calendar_days", async |server| {
        County::new(&server).await;
        let mut client = CalendarServiceClient::new(server.channel.clone());
        let theirs = format!("{}/calendar-years/2025", name("hospitals", "xiangya"));
        let makeup = year(&theirs, &[("2025-10-12", DayKind::MakeupWorkday, "国庆节")]);
        client.import_calendar_year(import(makeup)).await.unwrap();
        let ask = |hospital: &str, from: &str, to: &str| pb::ListDaysRequest {
            parent: PROGRAMME.to_owned(),
            hospital: if hospital.is_empty() { String::new() } else { name("hospitals", hospital) },
            from_date: date(from),
            to_date: date(to),
        };
        let cases = [
            ("", vec![DayKind::Workday, DayKind::MakeupWorkday, DayKind::Weekend]),
            ("second", vec![DayKind::Workday, DayKind::MakeupWorkday, DayKind::Weekend]),
            ("xiangya", vec![DayKind::Workday, DayKind::MakeupWorkday, DayKind::MakeupWorkday]),
        ];
        for (hospital, expected) in cases {
            let days = client.list_days(ask(hospital, "2025-10-10", "2025-10-12")).await.unwrap().into_inner().days;
            let kinds: Vec<_> = days.iter().map(|day| DayKind::from_number(day.kind).unwrap()).collect();
            assert_eq!(kinds, expected, "{hospital}");
            assert!(days.iter().all(|day| !day.provisional));
        }
        let over_new_year = client.list_days(ask("", "2026-12-31", "2027-01-01")).await.unwrap().into_inner().days;
        assert_eq!(over_new_year.iter().map(|day| day.provisional).collect::<Vec<_>>(), [false, true]);
        assert_eq!(client.list_days(ask("", "2024-01-01", "2025-02-03")).await.unwrap().into_inner().days.len(), 400);
        let long = refused(client.list_days(ask("", "2024-01-01", "2025-02-04")).await);
        assert_eq!(long.violations, [("to_date".to_owned(), Reason::OutOfRange)]);
        let back = refused(client.list_days(ask("", "2024-01-02", "2024-01-01")).await);
        assert_eq!(back.violations, [("to_date".to_owned(), Reason::Inconsistent)]);
        let nowhere = refused(client.list_days(ask("nowhere", "2024-01-02", "2024-01-02")).await);
        assert_eq!(nowhere.reason, Reason::ResourceNotFound);
    })
    .await;
}

#[tokio::test]
async fn every_wrong_field_of_a_year_is_named_at_once() {
    each_engine("calendar_year_fields", async |server| {
        County::new(&server).await;
        let mut client = CalendarServiceClient::new(server.channel.clone());
        let days = [
            ("2027-01-01", DayKind::Weekend, ""),
            ("2027-01-01", DayKind::Weekend, ""),
            ("2026-01-01", DayKind::Weekend, "a\u{7}"),
        ];
        let mut wrong = year(&name("calendar-years", "2027"), &days);
        (wrong.source, wrong.version) = (" ".to_owned(), "v".repeat(65));
        wrong.days.push(pb::SpecialDay { date: None, kind: 9, holiday: String::new() });
        let mut found = refused(client.import_calendar_year(import(wrong)).await).violations;
        let at = |field: &str, reason| (format!("calendar_year.{field}"), reason);
        let mut expected = vec![
            at("source", Reason::Required),
            at("version", Reason::OutOfRange),
            at("days[1].date", Reason::Duplicate),
            at("days[2].date", Reason::Inconsistent),
            at("days[2].holiday", Reason::ControlCharacter),
            at("days[3].date", Reason::Required),
            at("days[3].kind", Reason::UnknownValue),
        ];
        found.sort();
        expected.sort();
        assert_eq!(found, expected);
        let misnamed = refused(client.import_calendar_year(import(year("calendar-years/2027", &[]))).await);
        assert_eq!(misnamed.violations, [("calendar_year.name".to_owned(), Reason::Malformed)]);
    })
    .await;
}
