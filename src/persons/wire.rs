//! Messages of persons to commands and queries, and restrictions to messages.
use super::commands::{ErasePerson, LiftRestriction, RestrictPerson};
use super::queries::{GetRestriction, ListRestrictions};
use super::{Person, PersonRestrictions, Restriction};
use crate::assistants::Assistants;
use crate::experts::Experts;
use crate::kernel::{Fields, Id, Name, Patient, Reason, Timestamp, Vocabulary as _};
use crate::pb;
use crate::pb::person_restriction::Person as Message;
use crate::wire::mutations;

mutations!(pb::RestrictPersonRequest, pb::LiftRestrictionRequest, pb::ErasePersonRequest);

pub(super) fn restrict(fields: &mut Fields, request: pb::RestrictPersonRequest, now: Timestamp) -> RestrictPerson {
    let programme = fields.parent("parent", &request.parent);
    let id = fields.id("person_restriction_id", &request.person_restriction_id).unwrap_or_else(|| Id::fresh(now));
    let message = fields.message("person_restriction", request.person_restriction);
    fields.within("person_restriction", |fields| RestrictPerson {
        person: person(fields, &programme, message.person.as_ref()),
        document: fields.required("document", &message.document, 500),
        erase_after: fields.optional_date("erase_after_date", message.erase_after_date.as_ref()),
        name: Name::new(programme, id),
    })
}

fn person(fields: &mut Fields, programme: &Id, message: Option<&Message>) -> Person {
    match message {
        Some(Message::Expert(name)) => Person::Expert(fields.name_in::<Experts>("expert", name, programme)),
        Some(Message::Assistant(name)) => Person::Assistant(fields.name_in::<Assistants>("assistant", name, programme)),
        Some(Message::Patient(patient)) => Person::Patient(fields.required_patient("patient", Some(patient))),
        None => {
            fields.refuse("person", Reason::Required, "must be an expert, an assistant or a patient");
            Person::Patient(Patient::placeholder())
        }
    }
}

pub(super) fn lift(fields: &mut Fields, request: pb::LiftRestrictionRequest, _: Timestamp) -> LiftRestriction {
    LiftRestriction { name: fields.name("name", &request.name), etag: fields.etag("etag", &request.etag) }
}

pub(super) fn erase(fields: &mut Fields, request: pb::ErasePersonRequest, _: Timestamp) -> ErasePerson {
    ErasePerson { name: fields.name("name", &request.name), etag: fields.etag("etag", &request.etag) }
}

pub(super) fn get(fields: &mut Fields, request: pb::GetPersonRestrictionRequest) -> GetRestriction {
    GetRestriction { name: fields.name::<PersonRestrictions>("name", &request.name) }
}

pub(super) fn list(fields: &mut Fields, request: pb::ListPersonRestrictionsRequest) -> ListRestrictions {
    let programme = fields.parent("parent", &request.parent);
    let state = fields.optional_choice("state", request.state);
    let bound_to = format!("ListPersonRestrictions {programme} {state:?}");
    let page = fields.page(request.page_size, &request.page_token, &bound_to);
    ListRestrictions { programme, state, page, bound_to }
}

pub(super) fn restriction(restriction: Restriction) -> pb::PersonRestriction {
    let name = restriction.name.to_string();
    let programme = restriction.name.programme().clone();
    let person = match restriction.person {
        Person::Expert(id) => Message::Expert(Name::<Experts>::new(programme, id).to_string()),
        Person::Assistant(id) => Message::Assistant(Name::<Assistants>::new(programme, id).to_string()),
        Person::Patient(patient) => {
            Message::Patient(pb::Patient { issuer: patient.issuer().to_owned(), token: patient.token().to_owned() })
        }
    };
    pb::PersonRestriction {
        etag: restriction.meta.etag(&name),
        name,
        person: Some(person),
        document: restriction.document,
        erase_after_date: restriction.erase_after.map(Into::into),
        state: restriction.state.number(),
        touched_count: restriction.touched,
        create_time: Some(restriction.meta.create_time.into()),
        update_time: Some(restriction.meta.update_time.into()),
    }
}
