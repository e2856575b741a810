//! Lists of reservations.
use super::super::{Reservation, ReservationState, Reservations};
use super::desks::{complete, reservation_columns};
use crate::db::{List, Tx, Value, external_ids};
use crate::kernel::{Collection as _, ExternalId, Id, PageRequest, Patient, Result, Timestamp, Vocabulary as _};

macro_rules! head {
    () => {
        concat!(
            "SELECT ",
            reservation_columns!(),
            "FROM reservations x JOIN registers g ON g.programme = x.programme AND g.session = x.session WHERE x.programme = ?"
        )
    };
}

const FILTERS: &[&str] = &[
    "x.session = ?",
    "x.patient_token = ? AND x.patient_issuer = ?",
    "x.reservation = ?",
    "x.affected_time IS NOT NULL",
    // As things stand: what has lapsed and isn't written yet is LAPSED.
    "x.state = ? AND (x.lapse_time IS NULL OR x.lapse_time > ?)",
    "(x.state = 'LAPSED' OR x.lapse_time <= ?)",
    "x.made_by = ?",
];

static LIST: List =
    List { head: head!(), filters: FILTERS, after: "x.reservation > ?", order: "ORDER BY x.reservation" };

/// The same of few: for the order of the key alone an engine would walk the whole programme.
static FEW: List = List {
    head: head!(),
    filters: FILTERS,
    after: "COALESCE(x.reservation, '') > ?",
    order: "ORDER BY COALESCE(x.reservation, '')",
};

/// The lists of reservations, for the test that prepares them.
pub const LISTS: &[(&str, &List)] = &[("LIST", &LIST), ("FEW", &FEW)];

/// Which reservations a list is about; what is set must all hold.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Filter {
    /// Of this session.
    pub session: Option<Id>,
    /// Of this patient.
    pub patient: Option<Patient>,
    /// With this external id.
    pub external_id: Option<ExternalId>,
    /// In this state.
    pub state: Option<ReservationState>,
    /// Whose patients have to be told something.
    pub affected: bool,
    /// That this subject made.
    pub made_by: Option<String>,
}

/// A page of reservations by id, one more than it holds; states as they are at this time.
///
/// # Errors
/// A storage error.
pub async fn list(
    tx: &mut Tx<'_>,
    programme: &Id,
    filter: &Filter,
    page: &PageRequest,
    now: Timestamp,
) -> Result<Vec<Reservation>> {
    let is_few = filter.session.is_some() || filter.patient.is_some() || filter.affected;
    let mut select = if is_few { &FEW } else { &LIST }.select([Value::from(programme)]);
    if let Some(external_id) = &filter.external_id {
        let found = external_ids::find(tx, programme, Reservations::COLLECTION, external_id).await?;
        let Some(id) = found else { return Ok(Vec::new()) };
        select.filter(2, [Value::from(id)]);
    }
    if let Some(session) = &filter.session {
        select.filter(0, [Value::from(session)]);
    }
    if let Some(patient) = &filter.patient {
        select.filter(1, [Value::from(patient.token()), Value::from(patient.issuer())]);
    }
    if filter.affected {
        select.filter(3, []);
    }
    if let Some(subject) = &filter.made_by {
        select.filter(6, [Value::from(subject.as_str())]);
    }
    match filter.state {
        Some(ReservationState::Lapsed) => {
            select.filter(5, [Value::from(now)]);
        }
        Some(state) => {
            select.filter(4, [Value::from(state.code()), Value::from(now)]);
        }
        None => {}
    }
    let rows = tx.select(select.page(page)).await?;
    let reservations = complete(tx, programme, &rows).await?;
    Ok(reservations.into_iter().map(|reservation| reservation.at(now)).collect())
}
