//! Requests for accounts to queries, and accounts to messages.
use super::Beyond;
use super::queries::{BurdenStatement, GetBurdenStatement, GetServiceCertificate, ServiceCertificate};
use crate::kernel::{Fields, Reason, Timestamp, Vocabulary as _};
use crate::pb;

const MOST_DAYS: i64 = 3660;

pub(super) fn burden(
    fields: &mut Fields,
    request: &pb::GetBurdenStatementRequest,
    now: Timestamp,
) -> GetBurdenStatement {
    let year = fields.number("year", request.year, 2000..=2200);
    let quarter = fields.number("quarter", request.quarter, 1..=4);
    GetBurdenStatement {
        expert: fields.name("expert", &request.expert),
        year: i32::try_from(year).unwrap_or_default(),
        quarter: u32::try_from(quarter).unwrap_or_default(),
        now,
    }
}

pub(super) fn certificate(
    fields: &mut Fields,
    request: &pb::GetServiceCertificateRequest,
    now: Timestamp,
) -> GetServiceCertificate {
    let first = fields.date("first_date", request.first_date.as_ref());
    let last = fields.date("last_date", request.last_date.as_ref());
    let days = last.signed_duration_since(first).num_days();
    if request.first_date.is_some() && request.last_date.is_some() {
        if days < 0 {
            fields.refuse("last_date", Reason::Inconsistent, "must not be before first_date");
        } else if days > MOST_DAYS {
            fields.refuse(
                "last_date",
                Reason::OutOfRange,
                format!("must be at most {MOST_DAYS} days after first_date"),
            );
        }
    }
    GetServiceCertificate { expert: fields.name("expert", &request.expert), days: (first, last), now }
}

fn small(number: i64) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}

pub(super) fn statement(statement: BurdenStatement) -> pb::BurdenStatement {
    let BurdenStatement { expert, days, closed, now, burden } = statement;
    let programme = expert.programme().clone();
    let tail = |what: &str, collection: &str| {
        let is_one = what.starts_with(collection);
        if is_one { format!("programmes/{programme}/{what}") } else { String::new() }
    };
    let beyond = |one: Beyond| pb::BeyondCharter {
        date: Some(one.date.into()),
        limit: one.limit.number(),
        allowed: one.allowed,
        session: tail(&one.what, "sessions/"),
        visit: tail(&one.what, "visits/"),
        own_decision: one.own_decision,
    };
    pb::BurdenStatement {
        expert: expert.to_string(),
        first_date: Some(days.0.into()),
        last_date: Some(days.1.into()),
        closed,
        as_of_time: Some(now.into()),
        contacts: burden.contacts.map(|(all, _)| small(all)),
        contacts_beyond_charter: burden.contacts.map(|(_, beyond)| small(beyond)),
        proposals: small(burden.proposals),
        proposals_accepted: small(burden.proposals_accepted),
        proposals_open: small(burden.proposals_open),
        sessions_held: small(burden.held.values().map(|(sessions, _)| sessions).sum()),
        session_minutes: burden.held.values().map(|(_, minutes)| minutes).sum(),
        held: burden
            .held
            .iter()
            .map(|(kind, (sessions, minutes))| pb::HeldSessions {
                kind: kind.number(),
                sessions: small(*sessions),
                minutes: *minutes,
            })
            .collect(),
        sessions_to_come: small(burden.to_come),
        sessions_unresolved: small(burden.unresolved),
        sessions_cancelled: small(burden.cancelled),
        sessions_not_held: small(burden.not_held),
        journeys: small(burden.journeys),
        journeys_unknown: small(burden.journeys_unknown),
        travel_minutes: (burden.journeys_unknown == 0).then_some(burden.travel_minutes),
        visits: small(burden.visits),
        sessions_outside_visits: small(burden.outside_visits),
        visit_minutes: (burden.outside_visits == 0).then_some(burden.visit_minutes),
        charter_known: burden.charter_known,
        beyond: burden.beyond.into_iter().map(beyond).collect(),
    }
}

pub(super) fn certified(answer: ServiceCertificate) -> pb::ServiceCertificate {
    let ServiceCertificate { expert, days, now, certificate } = answer;
    let services = certificate.services;
    let programme = expert.programme();
    pb::ServiceCertificate {
        first_date: Some(days.0.into()),
        last_date: Some(days.1.into()),
        as_of_time: Some(now.into()),
        days: small(certificate.days),
        sittings: small(certificate.sittings),
        free_clinics: small(certificate.free_clinics),
        sessions: small(certificate.sessions),
        sessions_beside: small(certificate.sessions_beside),
        consultations: services.map(|services| services.consultations),
        operation_cases: services.map(|services| services.operation_cases),
        operation_cases_beside: services.map(|services| services.operation_cases_beside),
        teachings: services.map(|services| services.teachings),
        sites: certificate
            .sites
            .into_iter()
            .map(|(site, at)| pb::ServiceAtSite {
                site: format!("programmes/{programme}/sites/{site}"),
                days: small(i64::try_from(at.days.len()).unwrap_or(i64::MAX)),
                sittings: small(at.sittings),
                sessions: small(at.sessions),
                consultations: at.consultations,
                operation_cases: at.operation_cases,
            })
            .collect(),
        expert: expert.to_string(),
    }
}
