//! Reading fields: every violation at once, each with its path, none with the value.
use homecoming::kernel::{Collection, Error, Fields, HalfDay, Id, Mask, Reason, SessionKind, Violation};
use homecoming::pb;

#[derive(Debug)]
enum Experts {}
impl Collection for Experts {
    const COLLECTION: &'static str = "experts";
}

fn violations(read: impl FnOnce(&mut Fields)) -> Vec<Violation> {
    let mut fields = Fields::new();
    read(&mut fields);
    match fields.check() {
        Ok(()) => Vec::new(),
        Err(Error::Invalid(violations)) => violations,
        Err(other) => panic!("{other:?}"),
    }
}

fn found(read: impl FnOnce(&mut Fields)) -> Vec<(String, Reason)> {
    violations(read).into_iter().map(|violation| (violation.field, violation.reason)).collect()
}

fn at(field: &str, reason: Reason) -> (String, Reason) {
    (field.to_owned(), reason)
}

#[test]
fn every_violation_is_found_with_its_path() {
    let found = found(|fields| {
        fields.parent("parent", "programs/p");
        fields.id("expert_id", "Not An Id");
        fields.within("session", |fields| {
            fields.required("title", "  ", 10);
            fields.text("note", "a\0b", 10);
            fields.text("short", "four", 3);
            fields.choice::<SessionKind>("kind", 0);
            fields.choice::<SessionKind>("other_kind", 99);
            fields.number("capacity", 0, 1..=500);
            fields.zone("zone", "Asia/Liling");
            fields.specialty("specialty", "3.4");
            fields.name::<Experts>("expert", "programmes/p/sites/s");
            fields.list("rooms", &["a", "B", "c-"], 5, |fields, room| fields.id("id", room));
            fields.list("tags", &["ok", ""], 5, |fields, tag| fields.required("", tag, 5));
            fields.list("too_many", &[1, 2, 3], 2, |_, number| *number);
        });
        fields.date("valid_from", None);
    });
    assert_eq!(
        found,
        [
            at("parent", Reason::Malformed),
            at("expert_id", Reason::Malformed),
            at("session.title", Reason::Required),
            at("session.note", Reason::ControlCharacter),
            at("session.short", Reason::OutOfRange),
            at("session.kind", Reason::Required),
            at("session.other_kind", Reason::UnknownValue),
            at("session.capacity", Reason::OutOfRange),
            at("session.zone", Reason::Malformed),
            at("session.specialty", Reason::Malformed),
            at("session.expert", Reason::Malformed),
            at("session.rooms[1].id", Reason::Malformed),
            at("session.rooms[2].id", Reason::Malformed),
            at("session.tags[1]", Reason::Required),
            at("session.too_many", Reason::OutOfRange),
            at("valid_from", Reason::Required),
        ]
    );
}

#[test]
fn what_is_right_is_answered() {
    let mut fields = Fields::new();
    let fields_ref = &mut fields;
    assert_eq!(fields_ref.parent("parent", "programmes/liling").as_str(), "liling");
    assert_eq!(fields_ref.id("expert_id", ""), None);
    assert_eq!(fields_ref.id("expert_id", "e1").unwrap().as_str(), "e1");
    assert_eq!(fields_ref.name::<Experts>("name", "programmes/p/experts/e").id().as_str(), "e");
    assert_eq!(fields_ref.text("note", "", 3), "");
    assert_eq!(fields_ref.text("note", "专家一", 3), "专家一");
    assert_eq!(fields_ref.prose("note", "a\nb\tc", 10), "a\nb\tc");
    assert_eq!(fields_ref.choice::<HalfDay>("half_day", 2), HalfDay::Afternoon);
    assert_eq!(fields_ref.optional_choice::<HalfDay>("half_day", 0), None);
    assert_eq!(fields_ref.choices::<HalfDay>("half_days", &[2, 1]), [HalfDay::Afternoon, HalfDay::Morning]);
    assert_eq!(fields_ref.number("capacity", 500i32, 1..=500), 500);
    assert_eq!(fields_ref.optional_number("capacity", None::<i64>, 1..=500), None);
    assert_eq!(fields_ref.zone("zone", "Asia/Shanghai").name(), "Asia/Shanghai");
    assert!(fields.check().is_ok());
}

#[test]
fn no_programme_passes_for_a_refused_one() {
    for programme in ["refused", "p", "0"] {
        let programme = Id::parse(programme).unwrap();
        let foreign =
            found(|fields| drop(fields.name_in::<Experts>("expert", "programmes/other/experts/e", &programme)));
        assert_eq!(foreign, [at("expert", Reason::Inconsistent)], "{programme}");
    }
    // A programme that was refused is said once, and no name can agree with it.
    let refused = found(|fields| {
        let programme = fields.parent("parent", "Liling");
        assert!(Id::parse(programme.as_str()).is_err(), "{programme}");
        fields.name_in::<Experts>("expert", "programmes/other/experts/e", &programme);
    });
    assert_eq!(refused, [at("parent", Reason::Malformed)]);
}

#[test]
fn a_list_says_what_stands_twice() {
    let twice = ["03.04".to_owned(), "03.04".to_owned(), "03".to_owned()];
    assert_eq!(
        found(|fields| drop(fields.specialties("specialties", &twice))),
        [at("specialties[1]", Reason::Duplicate)]
    );
    assert_eq!(found(|fields| drop(fields.choices::<HalfDay>("days", &[1, 1]))), [at("days[1]", Reason::Duplicate)]);
}

#[test]
fn values_are_never_echoed() {
    let secret = "430281199001011234";
    let found = violations(|fields| {
        fields.text("text", secret, 3);
        fields.zone("zone", secret);
        fields.specialty("specialty", secret);
        fields.name::<Experts>("name", secret);
        fields.parent("parent", secret);
        fields.external_id("external_id", secret, "\0");
        fields.shaped("token", secret, "must be a token", |_| Err::<(), ()>(()));
        fields.id("id", &format!("{secret}_"));
    });
    assert_eq!(found.len(), 8);
    assert!(found.iter().all(|violation| !violation.description.contains("4302")), "{found:?}");
}

#[test]
fn ten_megabytes_are_refused_and_not_kept() {
    let huge = "x".repeat(10_000_000);
    let mut fields = Fields::new();
    assert_eq!(fields.text("a", &huge, 100), "");
    assert_eq!(fields.required("b", &" ".repeat(10_000_000), 100), "");
    fields.zone("c", &huge);
    fields.name::<Experts>("d", &huge);
    fields.external_id("e", "his", &huge);
    let Err(Error::Invalid(violations)) = fields.check() else { panic!("accepted") };
    assert_eq!(violations.len(), 5);
    assert!(violations.iter().all(|violation| violation.description.len() < 200));
}

#[test]
fn a_thousand_violations_are_counted_not_listed() {
    let found = violations(|fields| {
        fields.list("entries", &[""; 1000], 1000, |fields, entry| fields.required("", entry, 5));
    });
    assert_eq!(found.len(), 101);
    assert_eq!(found[99].field, "entries[99]");
    assert_eq!(found[100].description, "900 more fields are wrong");
}

#[test]
fn a_name_of_another_programme_is_inconsistent() {
    let programme = Id::parse("p").unwrap();
    let wrong = found(|fields| {
        fields.name_in::<Experts>("expert", "programmes/q/experts/e", &programme);
        fields.name_in::<Experts>("same", "programmes/p/experts/e", &programme);
        fields.optional_name_in::<Experts>("none", "", &programme);
    });
    assert_eq!(wrong, [at("expert", Reason::Inconsistent)]);
}

#[test]
fn a_wrong_parent_is_said_once() {
    let wrong = found(|fields| {
        let programme = fields.parent("parent", "nonsense");
        fields.name_in::<Experts>("expert", "programmes/p/experts/e", &programme);
    });
    assert_eq!(wrong, [at("parent", Reason::Malformed)]);
}

#[test]
fn masks_name_the_allowed_fields() {
    let mask = |paths: &[&str]| {
        let paths: Vec<String> = paths.iter().map(|path| (*path).to_owned()).collect();
        let mut fields = Fields::new();
        let mask = Mask::parse(&mut fields, &paths, &["title", "site"]);
        fields.check().map(|()| mask.iter().collect::<Vec<_>>())
    };
    assert_eq!(mask(&[]).unwrap(), ["title", "site"]);
    assert_eq!(mask(&["*"]).unwrap(), ["title", "site"]);
    assert_eq!(mask(&["site"]).unwrap(), ["site"]);
    assert_eq!(mask(&["site", "title", "site"]).unwrap(), ["site", "title"]);
    let Err(Error::Invalid(wrong)) = mask(&["title", "name", "Title"]) else { panic!("accepted") };
    let wrong: Vec<_> = wrong.into_iter().map(|violation| (violation.field, violation.reason)).collect();
    let expected = [at("update_mask.paths[1]", Reason::NotUpdatable), at("update_mask.paths[2]", Reason::NotUpdatable)];
    assert_eq!(wrong, expected);
}

#[test]
fn days_are_those_of_the_calendar() {
    let date = |year, month, day| {
        found(|fields| {
            fields.date("day", Some(&pb::Date { year, month, day }));
        })
        .len()
    };
    assert_eq!((date(2024, 2, 29), date(1900, 1, 1), date(2200, 12, 31)), (0, 0, 0));
    let bad = [(2023, 2, 29), (1899, 12, 31), (2201, 1, 1), (2024, 0, 1), (2024, 13, 1), (2024, 1, 0), (2024, -1, 1)];
    for (year, month, day) in bad {
        assert_eq!(date(year, month, day), 1, "{year}-{month}-{day}");
    }
}

#[test]
fn instants_and_intervals_are_checked() {
    let at_second = |seconds| Some(prost_types::Timestamp { seconds, nanos: 0 });
    let mut fields = Fields::new();
    let cut = fields.time("time", Some(&prost_types::Timestamp { seconds: 1, nanos: 999_999_999 }));
    assert_eq!(cut.micros(), 1_999_999);
    let wrong = found(|fields| {
        fields.time("missing", None);
        fields.optional_time("unset", None);
        for (seconds, nanos) in [(i64::MAX, 0), (i64::MIN, 0), (0, -1), (0, 1_000_000_000), (-2_208_988_801, 0)] {
            fields.time("time", Some(&prost_types::Timestamp { seconds, nanos }));
        }
        fields.interval("interval", Some(&pb::Interval { start_time: at_second(5), end_time: at_second(5) }));
        fields.interval("half", Some(&pb::Interval { start_time: None, end_time: at_second(5) }));
        fields.interval("none", None);
        fields.interval("good", Some(&pb::Interval { start_time: at_second(4), end_time: at_second(5) }));
        for (field, end) in [("two_days", 172_800), ("longer", 172_860), ("backwards", -1)] {
            let window = pb::Interval { start_time: at_second(0), end_time: at_second(end) };
            fields.window(field, Some(&window), 2);
        }
        fields.window("nowhere", None, 2);
    });
    let mut expected = vec![at("missing", Reason::Required)];
    expected.extend(vec![at("time", Reason::Malformed); 5]);
    expected.push(at("interval.end_time", Reason::Inconsistent));
    expected.push(at("half.start_time", Reason::Required));
    expected.push(at("none", Reason::Required));
    expected.push(at("longer", Reason::OutOfRange));
    expected.push(at("backwards.end_time", Reason::Inconsistent));
    expected.push(at("nowhere", Reason::Required));
    assert_eq!(wrong, expected);
}
