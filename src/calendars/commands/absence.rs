//! Records absences of experts and takes them back.

use super::{expert_name, first_name, roster};
use crate::calendars::{Absent, ExpertAbsence, ExpertAbsences, WITHDRAW, store};
use crate::db::{Command, Context, Decision, Tx, external_ids};
use crate::experts::Roster;
use crate::kernel::{Change, Collection as _, Error, Etag, ExternalId, Id, Meta, Name, Reason, Result, Zone};
use crate::programmes;

/// Records that an expert can't come.
#[derive(Debug)]
pub struct CreateExpertAbsence {
    /// The name to be.
    pub name: Name<ExpertAbsences>,
    /// See [`ExpertAbsence::expert`].
    pub expert: Id,
    /// See [`ExpertAbsence::when`].
    pub when: Absent,
    /// Whether the days' zone is the programme's, whatever stands in them.
    pub in_own_zone: bool,
    /// See [`ExpertAbsence::external_ids`].
    pub external_ids: Vec<ExternalId>,
}

/// What a creation rests on.
pub struct Room {
    zone: Zone,
    roster: Roster,
    exists: bool,
    taken: Vec<(ExternalId, Id)>,
}

impl Command for CreateExpertAbsence {
    type Facts = Room;
    type Effects = ExpertAbsence;
    type Output = ExpertAbsence;
    const METHOD: &'static str = "CalendarService.CreateExpertAbsence";

    fn programme(&self) -> &Id {
        self.name.programme()
    }

    async fn load(&self, tx: &mut Tx<'_>) -> Result<Room> {
        let programme = self.name.programme();
        let external_ids = &self.external_ids;
        Ok(Room {
            zone: programmes::store::get(tx, programme).await?.zone,
            roster: roster(tx, &expert_name(programme, &self.expert)).await?,
            exists: store::absences::find(tx, &self.name).await?.is_some(),
            taken: external_ids::taken(tx, programme, ExpertAbsences::COLLECTION, external_ids, None).await?,
        })
    }

    fn decide(&self, room: Room, context: &Context<'_>) -> Result<Decision<ExpertAbsence, ExpertAbsence>> {
        let programme = self.name.programme();
        if room.exists {
            return Err(Error::already_exists(&self.name));
        }
        room.roster.changeable(&expert_name(programme, &self.expert), "be absent")?;
        external_ids::refuse_taken(programme, ExpertAbsences::COLLECTION, room.taken)?;
        let when = if self.in_own_zone { self.when.in_zone(room.zone) } else { self.when };
        let (start, end) = when.span();
        if end <= start {
            let message = "must have some time: the zone never had these days";
            return Err(Error::field("absence.when", Reason::Inconsistent, message));
        }
        let absence = ExpertAbsence {
            name: self.name.clone(),
            expert: self.expert.clone(),
            when,
            tz_version: when.zone().map(|_| Zone::tz_version().to_owned()),
            withdrawn: None,
            external_ids: self.external_ids.clone(),
            meta: Meta::new(context.now),
        };
        Ok(Decision::new(absence.clone(), absence, vec![Change::created(&self.name)]))
    }

    async fn apply(&self, absence: &ExpertAbsence, tx: &mut Tx<'_>) -> Result<()> {
        store::absences::insert(tx, absence).await
    }

    async fn recall(&self, tx: &mut Tx<'_>, names: &[String]) -> Result<ExpertAbsence> {
        store::absences::get(tx, &first_name(names)?).await
    }
}

/// Takes an absence back.
#[derive(Debug)]
pub struct WithdrawExpertAbsence {
    /// Which absence.
    pub name: Name<ExpertAbsences>,
    /// The etag that the caller read, if it cares.
    pub etag: Option<String>,
}

impl Command for WithdrawExpertAbsence {
    type Facts = ExpertAbsence;
    type Effects = ExpertAbsence;
    type Output = ExpertAbsence;
    const METHOD: &'static str = "CalendarService.WithdrawExpertAbsence";

    fn programme(&self) -> &Id {
        self.name.programme()
    }

    async fn load(&self, tx: &mut Tx<'_>) -> Result<ExpertAbsence> {
        store::absences::get(tx, &self.name).await
    }

    fn decide(&self, before: ExpertAbsence, context: &Context<'_>) -> Result<Decision<ExpertAbsence, ExpertAbsence>> {
        Etag::check(self.etag.as_deref(), &self.name.to_string(), before.meta.revision)?;
        let absence = before.withdraw(context.now)?;
        let change = Change::new(&self.name, WITHDRAW, absence.meta.revision);
        Ok(Decision::new(absence.clone(), absence, vec![change]))
    }

    async fn apply(&self, absence: &ExpertAbsence, tx: &mut Tx<'_>) -> Result<()> {
        store::absences::update(tx, absence).await
    }

    async fn recall(&self, tx: &mut Tx<'_>, _names: &[String]) -> Result<ExpertAbsence> {
        store::absences::get(tx, &self.name).await
    }
}
