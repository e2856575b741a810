//! How each collection's resources are read for the change log: a line for each Get call of a resource that changes.
//!
//! `tests/it/changes.rs` names the ones that are missing.
use prost_types::Any;
use tonic::{Code, Request, Status};

use crate::access::service::directory::Directory;
use crate::changes::service::present::Collection;
use crate::pb;
use crate::pb::access_service_server::AccessService as _;
use crate::pb::activity_service_server::ActivityService as _;
use crate::pb::assistant_service_server::AssistantService as _;
use crate::pb::calendar_service_server::CalendarService as _;
use crate::pb::charter_service_server::CharterService as _;
use crate::pb::credential_service_server::CredentialService as _;
use crate::pb::dossier_service_server::DossierService as _;
use crate::pb::expert_service_server::ExpertService as _;
use crate::pb::hospital_service_server::HospitalService as _;
use crate::pb::need_service_server::NeedService as _;
use crate::pb::onboarding_service_server::OnboardingService as _;
use crate::pb::pairing_service_server::PairingService as _;
use crate::pb::person_service_server::PersonService as _;
use crate::pb::programme_service_server::ProgrammeService as _;
use crate::pb::recomputation_service_server::RecomputationService as _;
use crate::pb::reconciliation_service_server::ReconciliationService as _;
use crate::pb::reservation_service_server::ReservationService as _;
use crate::pb::saving_service_server::SavingService as _;
use crate::pb::session_service_server::SessionService as _;
use crate::pb::sheet_service_server::SheetService as _;
use crate::pb::site_service_server::SiteService as _;
use crate::pb::tally_service_server::TallyService as _;
use crate::pb::trip_service_server::TripService as _;
use crate::pb::visit_service_server::VisitService as _;
use crate::wire::Api;
use crate::{
    activities, assistants, calendars, charters, credentials, experts, hospitals, persons, programmes, reservations,
    savings, sessions, sites, tallies, visits,
};

/// Resources that are listed at a time.
const PAGE: i32 = 200;

/// The reader of a collection's pages, where it is listed for a whole programme.
macro_rules! list_of {
    ($slice:ident, $message:ident) => {
        None
    };
    ($slice:ident, $message:ident, $list:ident($page:ident).$field:ident) => {
        Some(|api, parent, page_token| {
            Box::pin(async move {
                let service = $slice::service::Service { api };
                let first = pb::$page { parent, ..Default::default() };
                let request = pb::$page { page_size: PAGE, page_token, ..first };
                let page = service.$list(Request::new(request)).await?.into_inner();
                let resources = page.$field.iter().map(|one| packed(stringify!($message), one)).collect();
                Ok((resources, page.next_page_token))
            })
        })
    };
}

/// `"experts": experts, Expert, get_expert(GetExpertRequest), list_experts(ListExpertsRequest).experts`: the collection, its slice,
/// its message, and the calls of the slice's service; without the
/// second it isn't listed for a whole programme.
macro_rules! collections {
    ($($name:literal: $slice:ident, $message:ident, $get:ident($one:ident) $(, $list:ident($page:ident).$field:ident)?;)+) => {
        /// Every collection that has a reader, in the order of the slices.
        pub(super) const COLLECTIONS: &[Collection] = &[
            Collection {
                name: "programmes",
                message: "Programme",
                get: |api, name| {
                    Box::pin(async move {
                        let service = programmes::service::Service { api };
                        let found = service.get_programme(Request::new(pb::GetProgrammeRequest { name })).await?;
                        Ok(packed("Programme", found.get_ref()))
                    })
                },
                list: Some(|api, name, _token| {
                    Box::pin(async move {
                        let service = programmes::service::Service { api };
                        let found = service.get_programme(Request::new(pb::GetProgrammeRequest { name })).await?;
                        Ok((vec![packed("Programme", found.get_ref())], String::new()))
                    })
                }),
            },
            Collection {
                name: "tokens",
                message: "Token",
                get: |api, name| {
                    Box::pin(async move {
                        let request = Request::new(pb::GetTokenRequest { name });
                        Ok(packed("Token", access(api).get_token(request).await?.get_ref()))
                    })
                },
                list: Some(|api, parent, page_token| {
                    Box::pin(async move {
                        let request = pb::ListTokensRequest { parent, page_size: PAGE, page_token, ..Default::default() };
                        let page = access(api).list_tokens(Request::new(request)).await?.into_inner();
                        Ok((page.tokens.iter().map(|one| packed("Token", one)).collect(), page.next_page_token))
                    })
                }),
            },
            Collection {
                name: "bindings",
                message: "Binding",
                get: |api, name| {
                    Box::pin(async move {
                        let request = Request::new(pb::GetBindingRequest { name });
                        Ok(packed("Binding", access(api).get_binding(request).await?.get_ref()))
                    })
                },
                list: Some(|api, parent, page_token| {
                    Box::pin(async move {
                        let request = pb::ListBindingsRequest { parent, page_size: PAGE, page_token, ..Default::default() };
                        let page = access(api).list_bindings(Request::new(request)).await?.into_inner();
                        Ok((page.bindings.iter().map(|one| packed("Binding", one)).collect(), page.next_page_token))
                    })
                }),
            },
            Collection {
                name: "charters",
                message: "Charter",
                get: |api, name| Box::pin(charter(api, name)),
                list: Some(|api, parent, token| Box::pin(charters(api, parent, token))),
            },
            $(Collection {
                name: $name,
                message: stringify!($message),
                get: |api, name| {
                    Box::pin(async move {
                        let service = $slice::service::Service { api };
                        let found = service.$get(Request::new(pb::$one { name })).await?;
                        Ok(packed(stringify!($message), found.get_ref()))
                    })
                },
                list: list_of!($slice, $message $(, $list($page).$field)?),
            },)+
        ];
    };
}

collections! {
    "hospitals": hospitals, Hospital, get_hospital(GetHospitalRequest), list_hospitals(ListHospitalsRequest).hospitals;
    "sites": sites, Site, get_site(GetSiteRequest), list_sites(ListSitesRequest).sites;
    "closures": sites, Closure, get_closure(GetClosureRequest), list_closures(ListClosuresRequest).closures;
    "experts": experts, Expert, get_expert(GetExpertRequest), list_experts(ListExpertsRequest).experts;
    "assistants": assistants, Assistant, get_assistant(GetAssistantRequest), list_assistants(ListAssistantsRequest).assistants;
    "pairings": assistants, Pairing, get_pairing(GetPairingRequest), list_pairings(ListPairingsRequest).pairings;
    "personRestrictions": persons, PersonRestriction, get_person_restriction(GetPersonRestrictionRequest),
        list_person_restrictions(ListPersonRestrictionsRequest).person_restrictions;
    "calendar-years": calendars, CalendarYear, get_calendar_year(GetCalendarYearRequest),
        list_calendar_years(ListCalendarYearsRequest).calendar_years;
    "offers": calendars, Offer, get_offer(GetOfferRequest), list_offers(ListOffersRequest).offers;
    "expert-absences": calendars, ExpertAbsence, get_expert_absence(GetExpertAbsenceRequest),
        list_expert_absences(ListExpertAbsencesRequest).absences;
    "credentials": credentials, Credential, get_credential(GetCredentialRequest),
        list_credentials(ListCredentialsRequest).credentials;
    "dossiers": credentials, Dossier, get_dossier(GetDossierRequest), list_dossiers(ListDossiersRequest).dossiers;
    "onboardings": credentials, Onboarding, get_onboarding(GetOnboardingRequest),
        list_onboardings(ListOnboardingsRequest).onboardings;
    "sessions": sessions, Session, get_session(GetSessionRequest), list_sessions(ListSessionsRequest).sessions;
    "visits": visits, Visit, get_visit(GetVisitRequest), list_visits(ListVisitsRequest).visits;
    "activities": activities, Activity, get_activity(GetActivityRequest), list_activities(ListActivitiesRequest).activities;
    "sheets": activities, Sheet, get_sheet(GetSheetRequest), list_sheets(ListSheetsRequest).sheets;
    "activityPolicies": activities, ActivityPolicy, get_activity_policy(GetActivityPolicyRequest);
    "tariffs": savings, Tariff, get_tariff(GetTariffRequest), list_tariffs(ListTariffsRequest).tariffs;
    "saving-policies": savings, SavingPolicy, get_saving_policy(GetSavingPolicyRequest),
        list_saving_policies(ListSavingPoliciesRequest).policies;
    "trips": savings, Trip, get_trip(GetTripRequest), list_trips(ListTripsRequest).trips;
    "encounters": savings, Encounter, get_encounter(GetEncounterRequest), list_encounters(ListEncountersRequest).encounters;
    "recomputations": savings, Recomputation, get_recomputation(GetRecomputationRequest),
        list_recomputations(ListRecomputationsRequest).recomputations;
    "reservationPolicies": reservations, ReservationPolicy, get_reservation_policy(GetReservationPolicyRequest);
    "registers": reservations, Register, get_register(GetRegisterRequest);
    "reservations": reservations, Reservation, get_reservation(GetReservationRequest),
        list_reservations(ListReservationsRequest).reservations;
    "needs": reservations, Need, get_need(GetNeedRequest), list_needs(ListNeedsRequest).needs;
    "statements": tallies, Statement, get_statement(GetStatementRequest), list_statements(ListStatementsRequest).statements;
    "discrepancies": tallies, Discrepancy, get_discrepancy(GetDiscrepancyRequest),
        list_discrepancies(ListDiscrepanciesRequest).discrepancies;
    "openingBalances": tallies, OpeningBalance, get_opening_balance(GetOpeningBalanceRequest),
        list_opening_balances(ListOpeningBalancesRequest).opening_balances;
}

/// It only reads: what it knows of access is never asked.
fn access(api: Api) -> crate::access::service::Service {
    let directory = Directory::new(api.db().clone());
    crate::access::service::Service { api, directory }
}

async fn charter(api: Api, name: String) -> Result<Any, Status> {
    let service = charters::service::Service { api };
    let found = service.get_charter(Request::new(pb::GetCharterRequest { name })).await?;
    Ok(packed("Charter", found.get_ref()))
}

/// Every expert has one, and nobody lists them.
async fn charters(api: Api, parent: String, page_token: String) -> Result<(Vec<Any>, String), Status> {
    let service = experts::service::Service { api: api.clone() };
    let request = pb::ListExpertsRequest { parent, page_size: PAGE, page_token, ..Default::default() };
    let page = service.list_experts(Request::new(request)).await?.into_inner();
    let mut found = Vec::with_capacity(page.experts.len());
    for expert in page.experts {
        match charter(api.clone(), expert.name.replace("/experts/", "/charters/")).await {
            Ok(charter) => found.push(charter),
            Err(status) if status.code() == Code::NotFound => {} // gone meanwhile
            Err(status) => return Err(status),
        }
    }
    Ok((found, page.next_page_token))
}

fn packed(message: &str, resource: &impl prost::Message) -> Any {
    Any { type_url: format!("type.googleapis.com/homecoming.v1.{message}"), value: resource.encode_to_vec() }
}
