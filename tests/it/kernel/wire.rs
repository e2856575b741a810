//! The caller in the metadata, and what an error looks like to a client.
use homecoming::kernel::{Caller, Class, Error, Reason, Refusal, Timestamp, Violation, Vocabulary as _};
use homecoming::{pb, server, wire};
use tonic::metadata::{MetadataMap, MetadataValue};
use tonic::{Code, Status};
use tonic_types::StatusExt as _;

fn metadata(entries: &[(&'static str, &str)]) -> MetadataMap {
    let mut map = MetadataMap::new();
    for (key, value) in entries {
        map.append(*key, MetadataValue::try_from(value.as_bytes()).unwrap());
    }
    map
}

#[test]
fn a_caller_who_says_nothing_is_anonymous() {
    assert_eq!(wire::caller_in(&metadata(&[])).unwrap(), Caller::anonymous());
    assert_eq!(wire::caller_in(&metadata(&[("x-homecoming-subject", "")])).unwrap(), Caller::anonymous());
}

#[test]
fn a_caller_says_who_for_whom_and_in_which_roles() {
    let caller = wire::caller_in(&metadata(&[
        ("x-homecoming-subject", "his.liling"),
        ("x-homecoming-person", "科室 07"),
        ("x-homecoming-roles", " scheduler, recorder ,,scheduler"),
        ("x-homecoming-on-behalf-of", "talent-office"),
    ]))
    .unwrap();
    assert_eq!(caller.subject, "his.liling");
    assert_eq!(caller.person.as_deref(), Some("科室 07"));
    assert_eq!(caller.roles, ["recorder", "scheduler"]);
    assert_eq!(caller.on_behalf_of.as_deref(), Some("talent-office"));
}

#[test]
fn malformed_callers_are_refused_by_key() {
    let long = "x".repeat(129);
    let many = "r,".repeat(33);
    let cases: [&[(&'static str, &str)]; 5] = [
        &[("x-homecoming-subject", &long)],
        &[("x-homecoming-person", "a\tb")],
        &[("x-homecoming-roles", &many.replace("r,", "role,"))],
        &[("x-homecoming-on-behalf-of", &long)],
        &[("x-homecoming-subject", "a"), ("x-homecoming-subject", "b")],
    ];
    for entries in cases {
        let Err(Error::CallerInvalid { metadata_key }) = wire::caller_in(&metadata(entries)) else {
            panic!("{entries:?}")
        };
        assert_eq!(metadata_key, entries[0].0);
    }
    let mut bytes = MetadataMap::new();
    bytes.insert("x-homecoming-subject", MetadataValue::try_from(&b"\xff\xfe"[..]).unwrap());
    assert!(wire::caller_in(&bytes).is_err());
}

#[derive(Debug)]
struct Driver;
impl std::fmt::Display for Driver {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("UNIQUE constraint failed: experts.id")
    }
}
impl std::error::Error for Driver {}

#[test]
fn every_error_has_a_code_a_reason_and_metadata() {
    let refusal = Error::refused(Reason::InUse, "a site still has sessions").with("name", "s").with("referrer", "x");
    let cases = [
        (Error::field("title", Reason::Required, "must be set"), Code::InvalidArgument, "INVALID_FIELDS", vec![]),
        (Error::not_found("n"), Code::NotFound, "RESOURCE_NOT_FOUND", vec![("name", "n")]),
        (Error::already_exists("n"), Code::AlreadyExists, "RESOURCE_EXISTS", vec![("name", "n")]),
        (refusal, Code::FailedPrecondition, "IN_USE", vec![("name", "s"), ("referrer", "x")]),
        (Error::refused(Reason::ExternalIdTaken, "taken"), Code::AlreadyExists, "EXTERNAL_ID_TAKEN", vec![]),
        (Error::Stale { name: "n".into() }, Code::Aborted, "ETAG_MISMATCH", vec![("name", "n")]),
        (
            Error::RequestIdReused { request_id: "r".into() },
            Code::AlreadyExists,
            "REQUEST_ID_REUSED",
            vec![("request_id", "r")],
        ),
        (
            Error::CallerInvalid { metadata_key: "k" },
            Code::InvalidArgument,
            "CALLER_INVALID",
            vec![("metadata_key", "k")],
        ),
        (Error::Overloaded { retry_after_ms: 1 }, Code::Unavailable, "OVERLOADED", vec![]),
        (Error::Unavailable, Code::Unavailable, "STORAGE_UNAVAILABLE", vec![]),
        (Error::ShuttingDown, Code::Unavailable, "SHUTTING_DOWN", vec![]),
        (Error::storage(Driver), Code::Internal, "INTERNAL", vec![]),
        (Error::Internal("a secret invariant"), Code::Internal, "INTERNAL", vec![]),
    ];
    for (error, code, reason, metadata) in cases {
        let shown = format!("{error:?}");
        let status = Status::from(error);
        let info = status.get_details_error_info().unwrap();
        assert_eq!(
            (status.code(), info.reason.as_str(), info.domain.as_str()),
            (code, reason, server::DOMAIN),
            "{shown}"
        );
        let mut entries: Vec<_> = info.metadata.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
        entries.sort_unstable();
        assert_eq!(entries, metadata, "{shown}");
        assert!(!status.message().is_empty());
    }
}

#[test]
fn driver_text_stays_inside() {
    for error in [Error::storage(Driver), Error::Internal("a secret invariant")] {
        let status = Status::from(error);
        let seen = format!("{status:?} {}", String::from_utf8_lossy(status.details()));
        assert!(!seen.contains("constraint") && !seen.contains("secret"), "{seen}");
    }
}

#[test]
fn an_overloaded_server_says_when_to_try_again() {
    let status = Status::from(Error::Overloaded { retry_after_ms: 1_250 });
    let delay = status.get_details_retry_info().unwrap().retry_delay;
    assert_eq!(delay, Some(std::time::Duration::from_millis(1_250)));
}

/// A client that is told when would try again, of what waiting doesn't help.
#[test]
fn what_waiting_does_not_help_says_no_time() {
    let refused = |retry_after_ms| {
        let mut refusal = Error::refused(Reason::SessionFull, "all places are taken");
        if let Error::Refused(inner) = &mut refusal {
            inner.retry_after_ms = retry_after_ms;
        }
        Status::from(refusal).get_details_retry_info()
    };
    assert!(refused(None).is_none());
    assert_eq!(refused(Some(10)).unwrap().retry_delay, Some(std::time::Duration::from_millis(10)));
}

#[test]
fn violations_carry_their_reasons_and_fit_into_a_header() {
    let violation = |index: usize| Violation {
        field: format!("sessions[{index}].operations[0].procedures[0].code"),
        reason: Reason::Malformed,
        description: "must be two digits, a dot and two to four digits".to_owned(),
    };
    let status = Status::from(Error::Invalid((0..3).map(violation).collect()));
    let listed = status.get_details_bad_request().unwrap().field_violations;
    assert_eq!(listed.len(), 3);
    assert_eq!((listed[2].field.as_str(), listed[2].reason.as_str()), (violation(2).field.as_str(), "MALFORMED"));

    let status = Status::from(Error::Invalid((0..100).map(violation).collect()));
    assert!(status.details().len() < 6_000, "{} bytes", status.details().len());
    let listed = status.get_details_bad_request().unwrap().field_violations;
    let rest = listed.last().unwrap();
    assert_eq!(rest.description, format!("{} more fields are wrong", 100 - (listed.len() - 1)));

    let refusal = Refusal {
        reason: Reason::IllegalTransition,
        message: "no".to_owned(),
        metadata: Vec::new(),
        violations: vec![violation(0)],
        retry_after_ms: None,
    };
    assert_eq!(Status::from(Error::Refused(refusal)).get_details_bad_request().unwrap().field_violations.len(), 1);
}

#[test]
fn every_reason_has_a_class_and_only_some_are_violations() {
    let violations = Reason::ALL.iter().filter(|reason| reason.class() == Class::FieldViolation).count();
    assert!(violations >= 10 && violations < Reason::ALL.len());
    assert_eq!(Error::refused(Reason::InUse, "no").reason(), Reason::InUse);
}

#[test]
fn days_and_instants_go_out_as_they_are() {
    let day = pb::Date::from("2024-02-29".parse::<homecoming::kernel::Date>().unwrap());
    assert_eq!((day.year, day.month, day.day), (2024, 2, 29));
    let before_1970 = prost_types::Timestamp::from(Timestamp::from_micros(-1));
    assert_eq!((before_1970.seconds, before_1970.nanos), (-1, 999_999_000));
    assert_eq!(Reason::from_code("IN_USE"), Some(Reason::InUse));
}
