//! The decision, the scan for names and the shapes of secrets, without a server.
use homecoming::access::decide::{self, LOCATED, Named, Verdict};
use homecoming::access::secret::{Secret, digest, digest_of, hash};
use homecoming::access::store::places;
use homecoming::access::table::{Sight, by_path};
use homecoming::access::{Role, Scope, is_bound_subject, is_token_subject};
use homecoming::kernel::{Id, Reason};
use homecoming::pb;
use homecoming::server::names_in_request as names;
use proptest::prelude::*;
use prost::Message as _;
use prost_reflect::{DescriptorPool, DynamicMessage, Kind, MessageDescriptor, Value};

#[test]
fn a_secret_is_256_bits_that_come_back_and_nothing_else_is_one() {
    let (one, other) = (Secret::fresh().unwrap(), Secret::fresh().unwrap());
    assert_ne!(one, other);
    assert_eq!(one.text().len(), 46);
    assert_eq!(Secret::parse(one.text()), Some(one.clone()));
    assert_eq!(one.hash(), hash(one.text()));
    assert_eq!(one.hash().len(), 64);
    assert_eq!(digest_of(&one.hash()), Some(digest(one.text())), "both are the same hash");
    for wrong in ["", "ab", &"g".repeat(64), &"é".repeat(32)] {
        assert_eq!(digest_of(wrong), None, "{wrong}");
    }
    assert!(!format!("{one:?}").contains(&one.text()[3..]));
    for wrong in [
        "",
        "hc_",
        "hc_AAAA",
        &one.text()[3..],
        &format!("{}A", one.text()),
        "hc_!AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
    ] {
        assert_eq!(Secret::parse(wrong), None, "{wrong}");
    }
}

#[test]
fn subjects_say_who_vouches_for_them() {
    assert!(is_token_subject("desk-1@county", false) && !is_token_subject("platform:desk", false));
    assert!(is_token_subject("platform:desk", true) && !is_token_subject("desk", true));
    assert!(is_bound_subject("oidc:https://a|b", false) && is_bound_subject("oidc:x", true));
    assert!(is_bound_subject("desk", false) && !is_bound_subject("desk", true));
    for wrong in ["", "oidc:", "platform:", "a b", "oidc:a b", "é"] {
        assert!(!is_bound_subject(wrong, false), "{wrong}");
    }
}

#[test]
fn whatever_can_be_located_is_looked_up() {
    for collection in LOCATED {
        assert!(places::is_known(collection), "{collection} has no statement in places.rs");
    }
}

#[test]
fn nobody_in_a_programme_learns_whether_it_is_there() {
    let entry = by_path("/homecoming.v1.ExpertService/GetExpert").unwrap();
    let refused = decide::decide(entry, &[], "programmes/p/experts/e").unwrap_err();
    assert_eq!(refused.reason(), Reason::ResourceNotFound);
    assert_eq!(refused.to_string(), "programmes/p/experts/e was not found");
    assert!(matches!(decide::decide(entry, &[(Role::Reporter, Scope::Whole)], ""), Ok(Verdict::Granted)));
}

#[test]
fn a_watcher_sees_the_states_that_it_may_read_all_of() {
    let desk = Sight::of(vec![Role::HospitalSystem]);
    assert!(desk.sees("Site") && !desk.sees("Reservation") && !desk.sees("Dossier") && !desk.sees("Token"));
    let scheduler = Sight::of(vec![Role::Scheduler]);
    assert!(scheduler.sees("Reservation") && !scheduler.sees("Activity"));
    assert!(Sight::all().sees("Token") && !Sight::default().sees("Site"));
    assert!(!scheduler.sees("Nothing"), "of what no call reads");
}

/// A message of this type with a text in every field that can have one, so deep.
#[expect(clippy::wildcard_enum_match_arm, reason = "the descriptor's kinds are not ours")]
fn filled(descriptor: &MessageDescriptor, text: &str, depth: usize) -> DynamicMessage {
    let mut message = DynamicMessage::new(descriptor.clone());
    for field in descriptor.fields() {
        let value = match field.kind() {
            Kind::String => Value::String(text.to_owned()),
            Kind::Message(inner) if depth > 0 && !field.is_map() => Value::Message(filled(&inner, text, depth - 1)),
            _ => continue,
        };
        let value = if field.is_list() { Value::List(vec![value]) } else { value };
        message.set_field(&field, value);
    }
    message
}

#[expect(clippy::wildcard_enum_match_arm, reason = "the descriptor's kinds are not ours")]
fn texts(message: &DynamicMessage) -> usize {
    let of = |value: &Value| match value {
        Value::String(_) => 1,
        Value::Message(inner) => texts(inner),
        _ => 0,
    };
    let each = |value: &Value| value.as_list().map_or_else(|| of(value), |list| list.iter().map(of).sum());
    message.fields().map(|(_, value)| each(value)).sum()
}

#[test]
fn every_name_in_every_request_is_found() {
    let pool = DescriptorPool::decode(pb::DESCRIPTOR_SET).unwrap();
    let mut looked = 0;
    for service in pool.services().filter(|service| service.package_name() == "homecoming.v1") {
        for method in service.methods() {
            let message = filled(&method.input(), "programmes/p/experts/e", 4);
            let found = names(&message.encode_to_vec());
            assert_eq!(found.len(), texts(&message), "{}", method.full_name());
            looked += found.len();
        }
    }
    assert!(looked > 1_000, "{looked}");
}

proptest! {
    #[test]
    fn any_bytes_can_be_looked_through(bytes in proptest::collection::vec(any::<u8>(), 0..600)) {
        prop_assert!(names(&bytes).len() <= bytes.len());
    }

    /// However a name is wrapped, in messages, groups and repeated fields, among texts and bytes.
    #[test]
    fn a_name_is_found_at_any_depth(
        id in "[a-z0-9]([a-z0-9-]{0,20}[a-z0-9])?",
        wraps in proptest::collection::vec((1u32..2000, any::<bool>()), 0..40),
        noise in proptest::collection::vec(any::<u8>(), 0..30),
    ) {
        let name = format!("programmes/{id}/sites/s");
        let mut bytes = Vec::new();
        prost::encoding::string::encode(1, &name, &mut bytes);
        for (field, is_group) in wraps {
            let mut outer = Vec::new();
            prost::encoding::bytes::encode(field, &noise, &mut outer);
            if is_group {
                prost::encoding::encode_key(field, prost::encoding::WireType::StartGroup, &mut outer);
                outer.extend_from_slice(&bytes);
                prost::encoding::encode_key(field, prost::encoding::WireType::EndGroup, &mut outer);
            } else {
                prost::encoding::bytes::encode(field, &bytes, &mut outer);
            }
            bytes = outer;
        }
        let found = names(&bytes);
        let resource = Some(("sites".to_owned(), Id::parse("s").unwrap()));
        let right = Named { text: name, programme: Id::parse(&id).unwrap(), resource };
        prop_assert!(found.contains(&right));
    }
}
