//! Messages of trips and bills to commands and queries, and trips and bills to messages.
use std::ops::Not as _;

use super::facts::{document, given, insured, journey, settled};
use super::saving::{ledger_amounts, part_amounts, saving};
use crate::activities::Activities;
use crate::kernel::{Date, Error, Fen, Fields, Id, Mask, Reason, Result, Timestamp, Violation, Vocabulary as _};
use crate::pb;
use crate::savings::bill::MOST_FEN;
use crate::savings::commands::{
    AmendTrip, BatchRecordEncounters, BatchRecordTrips, BillRow, ExplainSaving, Explained, GetEncounter, GetTrip,
    ListEncounters, ListPossibleDoubles, ListTripVersions, ListTrips, RecordEncounter, RecordTrip, TripRow,
    VoidEncounter, VoidTrip,
};
use crate::savings::eligibility::{Attendance, FollowUp, Onward};
use crate::savings::encounter::Encounter;
use crate::savings::settle::{AMENDABLE, Draft, MOST_ACTIVITIES};
use crate::savings::store::trips::{Double, Filter};
use crate::savings::trip::{Billed, Evidence, OnwardRecord, Trip, Trips, Words};
use crate::savings::{Cases, EvidenceGrade, Ledger, PersonClass};
use crate::sessions::Sessions;
use crate::sites::DivisionCode;
use crate::wire::mutations;

mutations!(
    pb::RecordTripRequest,
    pb::BatchRecordTripsRequest,
    pb::AmendTripRequest,
    pb::VoidTripRequest,
    pb::RecordEncounterRequest,
    pb::BatchRecordEncountersRequest,
    pb::VoidEncounterRequest,
);

pub(in crate::savings) fn record(fields: &mut Fields, request: pb::RecordTripRequest, now: Timestamp) -> RecordTrip {
    let programme = fields.parent("parent", &request.parent);
    let row = trip_row(fields, &programme, (&request.trip_id, request.trip), None, now);
    RecordTrip { programme, row }
}

pub(in crate::savings) fn batch(
    fields: &mut Fields,
    request: pb::BatchRecordTripsRequest,
    now: Timestamp,
) -> BatchRecordTrips {
    let programme = fields.parent("parent", &request.parent);
    let rows = rows(fields, request.rows, BatchRecordTrips::MOST_ROWS, |fields, row, place| {
        trip_row(fields, &programme, (&row.trip_id, row.trip), place, now)
    });
    BatchRecordTrips { programme, rows }
}

/// The rows of a batch, each read by itself: what is wrong with one concerns no other.
fn rows<M, R>(
    fields: &mut Fields,
    rows: Vec<M>,
    most: usize,
    read: impl Fn(&mut Fields, M, Option<i64>) -> R,
) -> Vec<Result<R, Vec<Violation>>> {
    if rows.is_empty() {
        fields.refuse("rows", Reason::Required, "must have at least one row");
    } else if rows.len() > most {
        fields.refuse("rows", Reason::OutOfRange, format!("must have at most {most} rows"));
    }
    let one = |(message, place)| {
        let mut fields = Fields::new();
        let row = read(&mut fields, message, Some(place));
        match fields.check() {
            Ok(()) => Ok(row),
            Err(error) => Err(if let Error::Invalid(violations) = error { violations } else { Vec::new() }),
        }
    };
    rows.into_iter().take(most).zip(0..).map(one).collect()
}

fn trip_row(
    fields: &mut Fields,
    programme: &Id,
    (id, message): (&str, Option<pb::Trip>),
    place: Option<i64>,
    now: Timestamp,
) -> TripRow {
    let id = fields.id("trip_id", id).unwrap_or_else(|| Id::fresh(now));
    let message = fields.message("trip", message);
    let draft = fields.within("trip", |fields| {
        let all = Mask::parse(fields, &[], AMENDABLE);
        let draft = draft(fields, programme, &message, &all);
        draft.refuse_unfit(fields);
        draft
    });
    TripRow { id, draft, place }
}

pub(in crate::savings) fn amend(fields: &mut Fields, request: pb::AmendTripRequest, _now: Timestamp) -> AmendTrip {
    let mask = fields.mask(&request.update_mask, AMENDABLE);
    let message = fields.message("trip", request.trip);
    fields.within("trip", |fields| {
        let name = fields.name::<Trips>("name", &message.name);
        let draft = draft(fields, name.programme(), &message, &mask);
        AmendTrip { etag: fields.etag("etag", &message.etag), name, draft, mask }
    })
}

fn draft(fields: &mut Fields, programme: &Id, m: &pb::Trip, mask: &Mask) -> Draft {
    let place = |fields: &mut Fields, field: &str, code: &str| {
        let wanted = mask
            .has(field)
            .then(|| fields.shaped(field, code, DivisionCode::SHAPE, |code| DivisionCode::parse(code).ok_or(())));
        wanted.flatten().unwrap_or_else(DivisionCode::placeholder)
    };
    let onward = |f: &mut Fields| onward(f, m);
    let words = Words {
        attendance: fields.optional_choice("attendance", m.attendance).unwrap_or(Attendance::Seen),
        transferable: m.not_transferable.not(),
        screening: m.screening,
        follow_up: follow_up(fields, m),
        evidence: fields.within("evidence", |f| evidence(f, programme, m.evidence.as_ref())),
        origin: place(fields, "origin", &m.origin),
        destination: place(fields, "destination", &m.destination),
        near: m.near.is_empty().not().then(|| place(fields, "near", &m.near)),
        journey: m.journey.as_ref().map(|it| fields.within("journey", |fields| journey(fields, it))),
        insured: insured(fields, m.insured),
        item: fields.text("item", &m.item, 64),
        given: given(fields, &m.given),
        onward: fields.masked(mask, "onward", onward),
    };
    Draft {
        activities: fields.names_in::<Activities>("activities", &m.activities, MOST_ACTIVITIES, programme),
        session: fields.optional_name_in::<Sessions>("session", &m.session, programme),
        patient: fields.patient("patient", m.patient.as_ref()),
        date: fields.optional_date("date", m.date.as_ref()),
        words,
        external_ids: fields.external_ids("external_ids", &m.external_ids),
    }
}

fn follow_up(fields: &mut Fields, m: &pb::Trip) -> Option<FollowUp> {
    if m.trip_needed && !m.follow_up {
        fields.refuse("trip_needed", Reason::Inconsistent, "must be unset: only a follow-up needs it");
    }
    m.follow_up.then_some(FollowUp { trip_needed: m.trip_needed })
}

fn onward(fields: &mut Fields, m: &pb::Trip) -> Option<OnwardRecord> {
    let date = fields.optional_date("onward_date", m.onward_date.as_ref());
    if date.is_none() && (m.onward_same_problem || !m.onward_document.is_empty()) {
        fields.refuse("onward_date", Reason::Required, "must be set: onward travel has a day");
    }
    let day = m.date.as_ref().and_then(|_| fields.optional_date("date", m.date.as_ref()));
    if date.zip(day).is_some_and(|(onward, day)| onward < day) {
        fields.refuse("onward_date", Reason::Inconsistent, "must not be before the service date");
    }
    let document = date.map(|_| fields.required("onward_document", &m.onward_document, 100)).unwrap_or_default();
    Some(OnwardRecord { onward: Onward { date: date?, same_problem: m.onward_same_problem }, document })
}

fn evidence(fields: &mut Fields, programme: &Id, message: Option<&pb::TripEvidence>) -> Evidence {
    let none = pb::TripEvidence::default();
    let message = message.unwrap_or(&none);
    Evidence {
        grade: fields.optional_choice("grade", message.grade).unwrap_or(EvidenceGrade::K3),
        record: fields.text("record", &message.record, 200),
        asked: fields.names_in::<Sessions>("asked_sessions", &message.asked_sessions, 20, programme),
        transfer: message.transfer_on_record,
    }
}

pub(in crate::savings) fn void(fields: &mut Fields, request: pb::VoidTripRequest, _now: Timestamp) -> VoidTrip {
    VoidTrip {
        name: fields.name("name", &request.name),
        etag: fields.etag("etag", &request.etag),
        reason: fields.choice("reason", request.reason),
    }
}

pub(in crate::savings) fn get(fields: &mut Fields, request: pb::GetTripRequest) -> GetTrip {
    GetTrip { name: fields.name("name", &request.name) }
}

fn days(fields: &mut Fields, from: Option<&pb::Date>, to: Option<&pb::Date>) -> (Option<Date>, Option<Date>) {
    let (from, to) = (fields.optional_date("from_date", from), fields.optional_date("to_date", to));
    if from.zip(to).is_some_and(|(from, to)| to < from) {
        fields.refuse("to_date", Reason::Inconsistent, "must not be before from_date");
    }
    (from, to)
}

pub(in crate::savings) fn list(fields: &mut Fields, request: pb::ListTripsRequest) -> ListTrips {
    let programme = fields.parent("parent", &request.parent);
    let (from, to) = days(fields, request.from_date.as_ref(), request.to_date.as_ref());
    let filter = Filter {
        from,
        to,
        patient: fields.patient("patient", request.patient.as_ref()),
        activity: fields.optional_name_in::<Activities>("activity", &request.activity, &programme),
        state: fields.optional_choice("state", request.state),
    };
    // `Debug` of a patient has no token, so the digest takes it by itself.
    let token = filter.patient.as_ref().map(crate::kernel::Patient::token);
    let bound_to = format!("ListTrips {programme} {filter:?} {token:?}");
    let page = fields.page(request.page_size, &request.page_token, &bound_to);
    ListTrips { programme, filter, page, bound_to }
}

pub(in crate::savings) fn list_versions(fields: &mut Fields, request: pb::ListTripVersionsRequest) -> ListTripVersions {
    let name = fields.name::<Trips>("name", &request.name);
    let bound_to = format!("ListTripVersions {name}");
    let page = fields.page(request.page_size, &request.page_token, &bound_to);
    ListTripVersions { name, page, bound_to }
}

pub(in crate::savings) fn doubles(
    fields: &mut Fields,
    request: pb::ListPossibleDoubleTripsRequest,
) -> ListPossibleDoubles {
    let programme = fields.parent("parent", &request.parent);
    let (from, to) = days(fields, request.from_date.as_ref(), request.to_date.as_ref());
    let bound_to = format!("ListPossibleDoubleTrips {programme} {from:?} {to:?}");
    let page = fields.page(request.page_size, &request.page_token, &bound_to);
    ListPossibleDoubles { programme, from, to, page, bound_to }
}

pub(in crate::savings) fn explain(fields: &mut Fields, request: pb::ExplainSavingRequest) -> ExplainSaving {
    let revision = fields.number("revision", request.revision, 0..=i64::MAX);
    ExplainSaving { name: fields.name("name", &request.name), revision: Some(revision).filter(|it| *it > 0) }
}

pub(in crate::savings) fn record_bill(
    fields: &mut Fields,
    request: pb::RecordEncounterRequest,
    now: Timestamp,
) -> RecordEncounter {
    let programme = fields.parent("parent", &request.parent);
    let row = bill_row(fields, &programme, (&request.encounter_id, request.encounter), None, now);
    RecordEncounter { programme, row }
}

pub(in crate::savings) fn batch_bills(
    fields: &mut Fields,
    request: pb::BatchRecordEncountersRequest,
    now: Timestamp,
) -> BatchRecordEncounters {
    let programme = fields.parent("parent", &request.parent);
    let rows = rows(fields, request.rows, BatchRecordEncounters::MOST_ROWS, |fields, row, place| {
        bill_row(fields, &programme, (&row.encounter_id, row.encounter), place, now)
    });
    BatchRecordEncounters { programme, rows }
}

fn bill_row(
    fields: &mut Fields,
    programme: &Id,
    (id, message): (&str, Option<pb::Encounter>),
    place: Option<i64>,
    now: Timestamp,
) -> BillRow {
    let id = fields.id("encounter_id", id).unwrap_or_else(|| Id::fresh(now));
    let m = fields.message("encounter", message);
    fields.within("encounter", |fields| {
        let trip = fields.name_in::<Trips>("trip", &m.trip, programme);
        let number = fields.message("number", m.number.clone());
        let number = match fields.external_id("number", &number.system, &number.value) {
            Some(number) => number,
            None => crate::kernel::ExternalId::placeholder(),
        };
        let bill = fields.message("bill", m.bill.clone());
        let (settled, document) = fields.within("bill", |f| (settled(f, &bill), document(f, &bill.document)));
        let insured = (m.insured != 0).then(|| insured(fields, m.insured));
        let item = fields.text("item", &m.item, 64);
        let fee = Fen::new(fields.number("expert_fee_fen", m.expert_fee_fen, 0..=MOST_FEN));
        BillRow { id, trip, number, bill: Billed { settled, document, insured, item, fee }, place }
    })
}

pub(in crate::savings) fn void_bill(
    fields: &mut Fields,
    request: pb::VoidEncounterRequest,
    _now: Timestamp,
) -> VoidEncounter {
    VoidEncounter {
        name: fields.name("name", &request.name),
        etag: fields.etag("etag", &request.etag),
        reason: fields.choice("reason", request.reason),
    }
}

pub(in crate::savings) fn get_bill(fields: &mut Fields, request: pb::GetEncounterRequest) -> GetEncounter {
    GetEncounter { name: fields.name("name", &request.name) }
}

pub(in crate::savings) fn list_bills(fields: &mut Fields, request: pb::ListEncountersRequest) -> ListEncounters {
    let programme = fields.parent("parent", &request.parent);
    let trip = fields.optional_name_in::<Trips>("trip", &request.trip, &programme);
    let bound_to = format!("ListEncounters {programme} {trip:?}");
    let page = fields.page(request.page_size, &request.page_token, &bound_to);
    ListEncounters { programme, trip, page, bound_to }
}

fn named(programme: &Id, collection: &str, id: &Id) -> String {
    format!("programmes/{programme}/{collection}/{id}")
}

/// A trip's version with what it saved.
///
/// # Errors
/// `AMOUNT_OUT_OF_RANGE`.
pub(in crate::savings) fn trip(trip: &Trip) -> Result<pb::Trip> {
    let name = trip.name.to_string();
    let programme = trip.name.programme();
    let of = |collection: &str, id: &Id| named(programme, collection, id);
    let words = &trip.basis.words;
    let saving = trip.saving()?;
    let onward = words.onward.as_ref();
    Ok(pb::Trip {
        etag: trip.meta.etag(&name),
        activities: trip.activities.iter().map(|id| of("activities", id)).collect(),
        session: trip.session.as_ref().map(|id| of("sessions", id)).unwrap_or_default(),
        patient: Some(pb::Patient { issuer: trip.patient.issuer().to_owned(), token: trip.patient.token().to_owned() }),
        date: Some(trip.dimensions.date.into()),
        attendance: words.attendance.number(),
        not_transferable: !words.transferable,
        screening: words.screening,
        follow_up: words.follow_up.is_some(),
        trip_needed: words.follow_up.is_some_and(|it| it.trip_needed),
        evidence: Some(pb::TripEvidence {
            grade: words.evidence.grade.number(),
            record: words.evidence.record.clone(),
            asked_sessions: words.evidence.asked.iter().map(|id| of("sessions", id)).collect(),
            transfer_on_record: words.evidence.transfer,
        }),
        origin: words.origin.as_str().to_owned(),
        destination: words.destination.as_str().to_owned(),
        near: trip.basis.near.as_str().to_owned(),
        journey: words.journey.as_ref().map(super::facts::journey_message),
        insured: words.insured.number(),
        item: words.item.clone(),
        given: words.given.iter().map(super::facts::given_message).collect(),
        onward_date: onward.map(|it| it.onward.date.into()),
        onward_same_problem: onward.is_some_and(|it| it.onward.same_problem),
        onward_document: onward.map(|it| it.document.clone()).unwrap_or_default(),
        external_ids: trip.external_ids.iter().cloned().map(Into::into).collect(),
        state: trip.state.number(),
        cause: trip.cause.number(),
        void_reason: trip.void_reason.map_or(0, |reason| reason.number()),
        encounter: trip.encounter.as_ref().map(|id| of("encounters", id)).unwrap_or_default(),
        parts: part_amounts(&saving),
        ledgers: ledger_amounts(&saving)?,
        stratum: saving.stratum.number(),
        policy: of("saving-policies", &trip.reckoned.policy),
        tariffs: trip.reckoned.tariffs.iter().map(|id| of("tariffs", id)).collect(),
        site: of("sites", &trip.dimensions.site),
        recorder: trip.recorder.clone(),
        revision: trip.meta.revision,
        since_sequence: trip.since_sequence,
        until_sequence: trip.until_sequence.unwrap_or_default(),
        create_time: Some(trip.meta.create_time.into()),
        update_time: Some(trip.meta.update_time.into()),
        name,
    })
}

pub(in crate::savings) fn trip_result(row: i64, outcome: Result<Trip>) -> pb::TripResult {
    let result = match outcome.and_then(|recorded| trip(&recorded)) {
        Ok(recorded) => pb::trip_result::Result::Trip(recorded),
        Err(error) => pb::trip_result::Result::Refusal(error.into()),
    };
    pb::TripResult { row, result: Some(result) }
}

pub(in crate::savings) fn explained(explained: &Explained) -> Result<pb::ExplainSavingResponse> {
    let Explained { trip: version, saving: with_lines, history } = explained;
    let programme = version.name.programme();
    Ok(pb::ExplainSavingResponse {
        trip: Some(trip(version)?),
        saving: Some(saving(programme, &version.reckoned.policy, with_lines)?),
        history: history.iter().map(saving_version).collect::<Result<_>>()?,
    })
}

fn saving_version(trip: &Trip) -> Result<pb::SavingVersion> {
    let saving = trip.saving()?;
    let mut net = Cases::sure(Fen::ZERO);
    for standing in crate::savings::saving::Standing::ALL {
        let own = saving.standing(Ledger::Net, *standing)?.unwrap_or_default();
        net = crate::savings::rounding::sum_cases([net, own])?;
    }
    Ok(pb::SavingVersion {
        revision: trip.meta.revision,
        cause: trip.cause.number(),
        since_sequence: trip.since_sequence,
        until_sequence: trip.until_sequence.unwrap_or_default(),
        net_fen: Some(super::cases_message(net.map(Fen::get))),
    })
}

pub(in crate::savings) fn double(programme: &Id, double: Double) -> pb::PossibleDoubleTrip {
    pb::PossibleDoubleTrip {
        date: Some(double.date.into()),
        trip: named(programme, "trips", &double.trip.0),
        other: named(programme, "trips", &double.other.0),
        issuer: double.trip.1,
        other_issuer: double.other.1,
    }
}

pub(in crate::savings) fn bill(encounter: Encounter) -> pb::Encounter {
    let Encounter { name, trip, number, bill, state, void_reason, recorder, meta, batch_row: _ } = encounter;
    let Billed { settled, document, insured, item, fee } = bill;
    pb::Encounter {
        etag: meta.etag(&name),
        trip: named(name.programme(), "trips", &trip),
        number: Some(number.into()),
        bill: Some(pb::SettledBill {
            total_fen: settled.total.get(),
            in_scope_fen: settled.in_scope.get(),
            deductible_fen: settled.deductible.get(),
            fund_paid_fen: settled.fund_paid.get(),
            assistance_fen: settled.assistance.get(),
            cash_fen: settled.cash.get(),
            currency: "CNY".to_owned(),
            document,
        }),
        insured: insured.map_or(0, PersonClass::number),
        item,
        expert_fee_fen: fee.get(),
        state: state.number(),
        void_reason: void_reason.map_or(0, |reason| reason.number()),
        recorder,
        create_time: Some(meta.create_time.into()),
        update_time: Some(meta.update_time.into()),
        name: name.to_string(),
    }
}

pub(in crate::savings) fn bill_result(row: i64, outcome: Result<Encounter>) -> pb::EncounterResult {
    let result = match outcome {
        Ok(recorded) => pb::encounter_result::Result::Encounter(bill(recorded)),
        Err(error) => pb::encounter_result::Result::Refusal(error.into()),
    };
    pb::EncounterResult { row, result: Some(result) }
}
