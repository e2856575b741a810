//! Opening a session's register, changing its times, adding places by the expert's grace.
use super::{changes, touched};
use crate::charters::{self, CharterLimit, Load};
use crate::db::{Command, Context, Decision, Tx};
use crate::experts::{Consent, Experts};
use crate::kernel::{Change, Error, Etag, Id, Mask, Name, Reason, Result, SessionKind, Timestamp, Vocabulary as _};
use crate::reservations::register::{LONGEST_PLACE_MINUTES, MOST_EXTRA_PLACES, Times, facts_of, takes_patients};
use crate::reservations::store::desks::{self, Written};
use crate::reservations::{Desk, Grant, Register, Registers, store};
use crate::sessions::{self, Session};

/// Opens the register of a session.
#[derive(Debug)]
pub struct OpenRegister {
    /// The name it will have, by its session.
    pub name: Name<Registers>,
    /// Minutes a place; none: as the session's time and capacity come to, at least 1.
    pub place_minutes: Option<i64>,
    /// From when on places are to be had; none: from now on.
    pub open: Option<Timestamp>,
    /// Until when; none: until the session ends.
    pub close: Option<Timestamp>,
}

/// A session whose register is to be opened, and the register that it has.
#[derive(Debug)]
pub struct Opened {
    session: Session,
    present: Option<Register>,
}

impl Command for OpenRegister {
    type Facts = Opened;
    type Effects = Register;
    type Output = Register;
    const METHOD: &'static str = "ReservationService.OpenRegister";

    fn programme(&self) -> &Id {
        self.name.programme()
    }

    async fn load(&self, tx: &mut Tx<'_>) -> Result<Opened> {
        let session = sessions::store::get(tx, self.name.programme(), self.name.id()).await?;
        Ok(Opened { session, present: store::find(tx, &self.name).await? })
    }

    fn decide(&self, opened: Opened, context: &Context<'_>) -> Result<Decision<Register, Register>> {
        if opened.present.is_some() {
            return Err(Error::already_exists(&self.name));
        }
        let session = facts_of(&opened.session);
        if !takes_patients(session.state) || session.capacity == 0 {
            let message = "a session in this state, or without capacity, takes no patients";
            return Err(Error::refused(Reason::TakesNoPatients, message)
                .with("session", opened.session.name())
                .with("state", session.state.code())
                .with("capacity", session.capacity));
        }
        let minutes = session.end.minutes_since(session.start) / session.capacity;
        let times = Times {
            place_minutes: self.place_minutes.unwrap_or(minutes.clamp(1, LONGEST_PLACE_MINUTES)),
            open: self.open.unwrap_or(context.now),
            close: self.close,
        };
        let register = Register::new(self.name.clone(), &session, times, context.now);
        must_ever_be_open(&register, "")?;
        Ok(Decision::new(register.clone(), register, vec![Change::created(&self.name)]))
    }

    async fn apply(&self, register: &Register, tx: &mut Tx<'_>) -> Result<()> {
        store::insert(tx, register).await
    }

    async fn recall(&self, tx: &mut Tx<'_>, _names: &[String]) -> Result<Register> {
        store::get(tx, &self.name).await
    }
}

/// Refuses times between which no place could ever be had.
fn must_ever_be_open(register: &Register, within: &str) -> Result<()> {
    if register.open < register.closes() {
        return Ok(());
    }
    let text = "must be before close_time and before the session's end";
    Err(Error::field(format!("{within}open_time"), Reason::Inconsistent, text))
}

/// Changes when places are to be had and how long each takes.
#[derive(Debug)]
pub struct UpdateRegister {
    /// Which.
    pub name: Name<Registers>,
    /// The revision that the caller saw; none: whichever there is.
    pub etag: Option<String>,
    /// Which fields.
    pub mask: Mask,
    /// Their values; the others' aren't looked at.
    pub times: Times,
}

impl UpdateRegister {
    /// The fields that it can name.
    pub const FIELDS: &'static [&'static str] = &["place_minutes", "open_time", "close_time"];
}

/// A desk with what a change of its register lets happen there.
async fn desk_of(tx: &mut Tx<'_>, name: &Name<Registers>) -> Result<Desk> {
    let session = std::slice::from_ref(name.id());
    desks::desks(tx, name.programme(), session, true).await?.remove(name.id()).ok_or_else(|| Error::not_found(name))
}

/// The decision: a register that was changed, and who moves up now.
fn decided(mut desk: Desk, verb: &'static str, now: Timestamp) -> Decision<(Register, Written), Register> {
    desk.register.meta = desk.register.meta.touched(now);
    let updated = desk.settle(now);
    if !desk.queue.is_empty() && now < desk.register.open {
        desk.register.remind(desk.register.open);
    }
    let changes = changes(desk.register.change(verb), &updated);
    let (register, read) = touched(desk);
    let written = Written { updated, registers: vec![(register.clone(), read)], ..Written::default() };
    Decision::new((register.clone(), written), register, changes)
}

impl Command for UpdateRegister {
    type Facts = Desk;
    type Effects = (Register, Written);
    type Output = Register;
    const METHOD: &'static str = "ReservationService.UpdateRegister";

    fn programme(&self) -> &Id {
        self.name.programme()
    }

    async fn load(&self, tx: &mut Tx<'_>) -> Result<Desk> {
        desk_of(tx, &self.name).await
    }

    fn decide(&self, mut desk: Desk, context: &Context<'_>) -> Result<Decision<Self::Effects, Register>> {
        let register = &mut desk.register;
        Etag::check(self.etag.as_deref(), &self.name.to_string(), register.meta.revision)?;
        if self.mask.has("place_minutes") {
            register.place_minutes = self.times.place_minutes;
        }
        if self.mask.has("open_time") {
            register.open = self.times.open;
        }
        if self.mask.has("close_time") {
            register.close = self.times.close;
        }
        must_ever_be_open(register, "register.")?;
        Ok(decided(desk, "update", context.now))
    }

    async fn apply(&self, effects: &Self::Effects, tx: &mut Tx<'_>) -> Result<()> {
        store::update(tx, &effects.0).await?;
        desks::write(tx, self.name.programme(), &effects.1).await
    }

    async fn recall(&self, tx: &mut Tx<'_>, _names: &[String]) -> Result<Register> {
        store::get(tx, &self.name).await
    }
}

/// 加号: adds places that the expert granted.
#[derive(Debug)]
pub struct GrantExtraPlaces {
    /// In which session.
    pub name: Name<Registers>,
    /// The revision that the caller saw; none: whichever there is.
    pub etag: Option<String>,
    /// How many, 1 to [`MOST_EXTRA_PLACES`].
    pub places: i64,
    /// The expert's yes.
    pub consent: Consent,
}

/// What a grant is judged by.
#[derive(Debug)]
pub struct Granting {
    desk: Desk,
    kind: SessionKind,
    limits: Option<charters::Charter>,
    grants: i64,
}

impl Command for GrantExtraPlaces {
    type Facts = Granting;
    type Effects = (Register, Written, Grant);
    type Output = Register;
    const METHOD: &'static str = "ReservationService.GrantExtraPlaces";

    fn programme(&self) -> &Id {
        self.name.programme()
    }

    async fn load(&self, tx: &mut Tx<'_>) -> Result<Granting> {
        let desk = desk_of(tx, &self.name).await?;
        let programme = self.name.programme();
        let session = sessions::store::get(tx, programme, self.name.id()).await?;
        let expert = &session.plan.expert;
        let mut charters = tx.ask(charters::store::of_experts(programme, std::slice::from_ref(expert))).await?;
        let grants = i64::try_from(store::grants(tx, &self.name).await?.len()).map_err(Error::storage)?;
        Ok(Granting { desk, kind: session.plan.kind, limits: charters.remove(expert), grants })
    }

    fn decide(&self, facts: Granting, context: &Context<'_>) -> Result<Decision<Self::Effects, Register>> {
        let Granting { mut desk, kind, limits, grants } = facts;
        let register = &mut desk.register;
        Etag::check(self.etag.as_deref(), &self.name.to_string(), register.meta.revision)?;
        if !takes_patients(register.session_state) || register.end <= context.now {
            register.must_be_open(context.now)?;
        }
        register.granted += self.places;
        if register.granted > MOST_EXTRA_PLACES {
            let text = format!("a session has at most {MOST_EXTRA_PLACES} extra places");
            return Err(Error::field("places", Reason::OutOfRange, text));
        }
        must_keep_to_charter(register, kind, limits.as_ref())?;
        let grant = Grant { number: grants + 1, places: self.places, consent: self.consent.clone(), time: context.now };
        let Decision { effects: (register, written), output, changes, facts } = decided(desk, "grant", context.now);
        Ok(Decision { effects: (register, written, grant), output, changes, facts })
    }

    async fn apply(&self, effects: &Self::Effects, tx: &mut Tx<'_>) -> Result<()> {
        store::update(tx, &effects.0).await?;
        store::insert_grant(tx, &self.name, &effects.2).await?;
        desks::write(tx, self.name.programme(), &effects.1).await
    }

    async fn recall(&self, tx: &mut Tx<'_>, _names: &[String]) -> Result<Register> {
        store::get(tx, &self.name).await
    }
}

/// Refuses more patients in a clinic than the expert's charter allows: a yes to extra places isn't one to looser limits.
fn must_keep_to_charter(register: &Register, kind: SessionKind, charter: Option<&charters::Charter>) -> Result<()> {
    let load = Load { kind: Some(kind), patients: Some(register.places()), ..Load::default() };
    let breaches = charter.map(|charter| charter.limits.breaches(&load)).unwrap_or_default();
    let Some(breach) = breaches.into_iter().find(|breach| breach.limit == CharterLimit::PatientsAClinic) else {
        return Ok(());
    };
    let expert: Name<Experts> = Name::new(register.name.programme().clone(), register.expert.clone());
    Err(Error::refused(Reason::CharterLimit, "the expert's charter allows fewer patients in a clinic")
        .with("expert", expert)
        .with("limit", breach.limit.field())
        .with("allowed", breach.allowed))
}
