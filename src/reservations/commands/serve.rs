//! The patient was seen; where the programme says so, the consultation is recorded by the activities' own command.
use super::changes;
use crate::activities::commands::{RecordActivity, Row};
use crate::activities::record::Draft;
use crate::activities::{Activity, Details, Kind};
use crate::db::{Command, Context, Decision, Tx};
use crate::kernel::{Etag, Id, Name, Residence, Result};
use crate::reservations::store::{self, desks, desks::Written};
use crate::reservations::{Act, Reservation, Reservations};

/// Says that a patient was seen.
#[derive(Debug)]
pub struct MarkServed {
    /// Whose reservation.
    pub name: Name<Reservations>,
    /// The revision that the caller saw; none: whichever there is.
    pub etag: Option<String>,
    /// The id that the consultation's record will have, if one is made.
    pub activity: Id,
    /// Where the patient lives.
    pub residence: Residence,
}

/// A reservation, and how its consultation is recorded, if it is.
pub struct Serving {
    before: Reservation,
    recording: Option<(RecordActivity, <RecordActivity as Command>::Facts)>,
}

impl MarkServed {
    /// The consultation: in the reservation's session, by who leads it.
    fn consultation(&self, reservation: &Reservation) -> RecordActivity {
        let draft = Draft {
            kind: Kind::Consultation,
            session: Some(reservation.session.clone()),
            site: None,
            date: None,
            half_day: None,
            session_kind: None,
            lead_expert: None,
            co_experts: Vec::new(),
            specialty: None,
            residence: self.residence,
            patient: Some(reservation.patient.clone()),
            quantity: 0,
            operation: None,
            details: Details::default(),
            declared_saving: None,
            external_ids: Vec::new(),
        };
        let row = Row { id: self.activity.clone(), draft, place: None };
        RecordActivity { programme: self.name.programme().clone(), row }
    }
}

impl Command for MarkServed {
    type Facts = Serving;
    type Effects = (Written, Option<(RecordActivity, Activity)>);
    type Output = Reservation;
    const METHOD: &'static str = "ReservationService.MarkReservationServed";

    fn programme(&self) -> &Id {
        self.name.programme()
    }

    async fn load(&self, tx: &mut Tx<'_>) -> Result<Serving> {
        let before = desks::reservation(tx, &self.name).await?;
        let mut recording = None;
        if store::policy(tx, self.name.programme()).await?.records_consultations {
            let record = self.consultation(&before);
            let around = record.load(tx).await?;
            recording = Some((record, around));
        }
        Ok(Serving { before, recording })
    }

    fn decide(&self, facts: Serving, context: &Context<'_>) -> Result<Decision<Self::Effects, Reservation>> {
        let Serving { before, recording } = facts;
        Etag::check(self.etag.as_deref(), &self.name.to_string(), before.meta.revision)?;
        Act::Serve.check(&self.name, before.clone().at(context.now).state)?;
        let mut after = before.after(Act::Serve, context.now);
        let mut all = (Vec::new(), Vec::new());
        let mut recorded = None;
        if let Some((record, around)) = recording {
            // The record's version begins with the first change.
            let Decision { effects, changes, facts, .. } = record.decide(around, context)?;
            after.activity = Some(self.activity.clone());
            all = (changes, facts);
            recorded = Some((record, effects));
        }
        let (mut all_changes, facts) = all;
        all_changes.extend(changes(after.change(Act::Serve), &[]));
        let written = Written { updated: vec![(after.clone(), Act::Serve)], ..Written::default() };
        Ok(Decision { effects: (written, recorded), output: after, changes: all_changes, facts })
    }

    async fn apply(&self, effects: &Self::Effects, tx: &mut Tx<'_>) -> Result<()> {
        if let Some((record, activity)) = &effects.1 {
            record.apply(activity, tx).await?;
        }
        desks::write(tx, self.name.programme(), &effects.0).await
    }

    async fn recall(&self, tx: &mut Tx<'_>, _names: &[String]) -> Result<Reservation> {
        let now = tx.now();
        Ok(desks::reservation(tx, &self.name).await?.at(now))
    }
}
