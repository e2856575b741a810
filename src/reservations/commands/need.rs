//! The need list: who waits before any date exists, and how a new session is filled from it.
use std::collections::HashSet;

use super::touched;
use crate::db::{Command, Context, Decision, Tx, external_ids};
use crate::experts::{self, Experts};
use crate::kernel::{Change, Collection as _, Error, Etag, ExternalId, Id, Meta, Name, Patient, Reason, Result};
use crate::persons::{self, Restricted};
use crate::reservations::need::{MOST_FILLED, Need, NeedState, NeedUrgency, Needs, Wanted};
use crate::reservations::store::desks::{self, Asking, Met, Written};
use crate::reservations::store::needs;
use crate::reservations::{Act, Desk, Registers, Reservation, ReservationState, Reservations};
use crate::sessions;

/// Puts a patient on the list.
#[derive(Debug)]
pub struct CreateNeed {
    /// The name it will have.
    pub name: Name<Needs>,
    /// What for.
    pub wanted: Wanted,
    /// How soon.
    pub urgency: NeedUrgency,
    /// Who.
    pub patient: Patient,
    /// Identifiers in other systems.
    pub external_ids: Vec<ExternalId>,
}

/// What a new need meets.
#[derive(Debug)]
pub struct NeedFacts {
    is_present: bool,
    live: Option<Id>,
    taken: Vec<(ExternalId, Id)>,
    barred: Restricted,
}

impl Command for CreateNeed {
    type Facts = NeedFacts;
    type Effects = Need;
    type Output = Need;
    const METHOD: &'static str = "NeedService.CreateNeed";

    fn programme(&self) -> &Id {
        self.name.programme()
    }

    async fn load(&self, tx: &mut Tx<'_>) -> Result<NeedFacts> {
        let programme = self.name.programme();
        if let Wanted::Expert(expert) = &self.wanted {
            experts::store::get(tx, &Name::<Experts>::new(programme.clone(), expert.clone())).await?;
        }
        Ok(NeedFacts {
            is_present: needs::find(tx, &self.name).await?.is_some(),
            live: needs::live(tx, programme, &self.patient, &self.wanted).await?,
            taken: external_ids::taken(tx, programme, Needs::COLLECTION, &self.external_ids, None).await?,
            barred: persons::store::barred(tx, programme, std::iter::once(&self.patient)).await?,
        })
    }

    fn decide(&self, facts: NeedFacts, context: &Context<'_>) -> Result<Decision<Need, Need>> {
        if facts.is_present {
            return Err(Error::already_exists(&self.name));
        }
        let programme = self.name.programme();
        external_ids::refuse_taken(programme, Needs::COLLECTION, facts.taken)?;
        facts.barred.refuse(&self.patient)?;
        if let Some(live) = facts.live {
            let live: Name<Needs> = Name::new(programme.clone(), live);
            return Err(Error::refused(Reason::NeedExists, "the patient waits for the same already").with("name", live));
        }
        let need = Need {
            name: self.name.clone(),
            wanted: self.wanted.clone(),
            urgency: self.urgency,
            patient: self.patient.clone(),
            state: NeedState::Open,
            reservation: None,
            external_ids: self.external_ids.clone(),
            meta: Meta::new(context.now),
        };
        Ok(Decision::new(need.clone(), need, vec![Change::created(&self.name)]))
    }

    async fn apply(&self, need: &Need, tx: &mut Tx<'_>) -> Result<()> {
        needs::insert(tx, need).await
    }

    async fn recall(&self, tx: &mut Tx<'_>, names: &[String]) -> Result<Need> {
        let name = names.first().map(String::as_str).unwrap_or_default();
        needs::get(tx, &Name::parse(name).map_err(Error::Internal)?).await
    }
}

/// Takes a patient off the list.
#[derive(Debug)]
pub struct WithdrawNeed {
    /// Which need.
    pub name: Name<Needs>,
    /// The revision that the caller saw; none: whichever there is.
    pub etag: Option<String>,
}

impl Command for WithdrawNeed {
    type Facts = Need;
    type Effects = Need;
    type Output = Need;
    const METHOD: &'static str = "NeedService.WithdrawNeed";

    fn programme(&self) -> &Id {
        self.name.programme()
    }

    async fn load(&self, tx: &mut Tx<'_>) -> Result<Need> {
        needs::get(tx, &self.name).await
    }

    fn decide(&self, before: Need, context: &Context<'_>) -> Result<Decision<Need, Need>> {
        Etag::check(self.etag.as_deref(), &self.name.to_string(), before.meta.revision)?;
        let need = before.withdrawn(context.now)?;
        let changes = vec![need.change("withdraw")];
        Ok(Decision::new(need.clone(), need, changes))
    }

    async fn apply(&self, need: &Need, tx: &mut Tx<'_>) -> Result<()> {
        needs::close(tx, std::slice::from_ref(need)).await
    }

    async fn recall(&self, tx: &mut Tx<'_>, _names: &[String]) -> Result<Need> {
        needs::get(tx, &self.name).await
    }
}

/// Fills a session's free places from the list, the most urgent first, then in the order of arrival.
#[derive(Debug)]
pub struct FillFromNeeds {
    /// The session's register.
    pub name: Name<Registers>,
    /// The ids of the reservations, as many as are made at most: 1 to [`MOST_FILLED`].
    pub reservations: Vec<Id>,
}

/// What a session is filled by.
#[derive(Debug)]
pub struct Filling {
    desk: Desk,
    needs: Vec<Need>,
    met: Met,
}

impl Command for FillFromNeeds {
    type Facts = Filling;
    type Effects = (Written, Vec<Need>);
    type Output = Vec<Reservation>;
    const METHOD: &'static str = "NeedService.FillFromNeeds";

    fn programme(&self) -> &Id {
        self.name.programme()
    }

    async fn load(&self, tx: &mut Tx<'_>) -> Result<Filling> {
        let (programme, session) = (self.name.programme(), self.name.id());
        let desk = desks::desks(tx, programme, std::slice::from_ref(session), true).await?.remove(session);
        let desk = desk.ok_or_else(|| Error::not_found(&self.name))?;
        let held = sessions::store::get(tx, programme, session).await?;
        let wanted = Wanted::met_by(&held.plan.expert, &held.place.specialty);
        // Who waits for the expert and for the specialty, has a place here already, or is restricted since, is passed over.
        let mut needs = needs::open(tx, programme, &wanted, 2 * MOST_FILLED).await?;
        let restricted = persons::store::on_record(tx, programme, needs.iter().map(|need| &need.patient)).await?;
        needs.retain(|need| !restricted.contains(&need.patient));
        let asking = needs.iter().map(|need| Asking { reservation: session, session, patient: &need.patient });
        let met = desks::enter(tx, programme, &asking.collect::<Vec<_>>(), false).await?;
        Ok(Filling { desk, needs, met })
    }

    fn decide(&self, facts: Filling, context: &Context<'_>) -> Result<Decision<Self::Effects, Vec<Reservation>>> {
        let Filling { mut desk, needs, met } = facts;
        let (programme, session, now) = (self.name.programme(), self.name.id(), context.now);
        desk.register.must_be_open(now)?;
        let mut seated: HashSet<Patient> = HashSet::new();
        let due: Vec<Id> = desk.due.iter().map(|due| due.name.id().clone()).collect();
        let updated = desk.settle(now);
        let (mut inserted, mut filled) = (Vec::new(), Vec::new());
        let mut ids = self.reservations.iter();
        for need in needs {
            let holder = met.holders.get(&(session.clone(), need.patient.clone())).filter(|id| !due.contains(id));
            if holder.is_some() || seated.contains(&need.patient) || desk.register.free() == 0 {
                continue;
            }
            let Some(id) = ids.next() else { break };
            let name: Name<Reservations> = Name::new(programme.clone(), id.clone());
            let made_by = context.call.caller.subject.clone();
            let reservation = booked(name, session.clone(), need.patient.clone(), made_by, Meta::new(now));
            inserted.push(desk.seat(reservation)?);
            seated.insert(need.patient.clone());
            filled.push(need.filled(&Name::new(programme.clone(), id.clone()), now));
        }
        let mut changes: Vec<Change> = inserted.iter().map(|reservation| reservation.change(Act::Book)).collect();
        changes.extend(filled.iter().map(|need| need.change("fill")));
        changes.extend(updated.iter().map(|(reservation, act)| reservation.change(*act)));
        let written = Written { inserted: inserted.clone(), updated, registers: vec![touched(desk)] };
        Ok(Decision::new((written, filled), inserted, changes))
    }

    async fn apply(&self, effects: &Self::Effects, tx: &mut Tx<'_>) -> Result<()> {
        needs::close(tx, &effects.1).await?;
        desks::write(tx, self.name.programme(), &effects.0).await
    }

    /// The reservations that were made: those before the first need that was filled, where one was.
    async fn recall(&self, tx: &mut Tx<'_>, names: &[String]) -> Result<Vec<Reservation>> {
        let reservation = |name: &String| Name::<Reservations>::parse(name).ok().map(Name::into_id);
        let mut ids: Vec<Id> = names.iter().map_while(reservation).collect();
        if ids.len() == names.len() {
            ids.clear(); // others moved up, and no need was filled
        }
        let mut found = desks::reservations(tx, self.name.programme(), &ids).await?;
        found.sort_by_key(|one| ids.iter().position(|id| id == one.name.id()));
        let now = tx.now();
        Ok(found.into_iter().map(|reservation| reservation.at(now)).collect())
    }
}

/// A reservation as it begins, before it has its place.
fn booked(name: Name<Reservations>, session: Id, patient: Patient, made_by: String, meta: Meta) -> Reservation {
    Reservation {
        name,
        session,
        patient,
        made_by,
        state: ReservationState::Booked,
        place: None,
        arrival: None,
        lapse_time: None,
        affected: None,
        cancelled_by: None,
        activity: None,
        expected: None,
        external_ids: Vec::new(),
        meta,
    }
}
