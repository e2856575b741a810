//! Recording that somebody turned to an expert.
use super::{expert_name, roster};
use crate::charters::{Contact, Contacts, Limits, is_beyond, store, week_of};
use crate::db::{Command, Context, Decision, Tx};
use crate::experts::{ConsentMedium, Roster};
use crate::kernel::{Change, Date, Error, Id, NaiveTime, Name, Result, Timestamp};
use crate::programmes;

/// Records one contact; a fact, whatever the charter says.
#[derive(Debug)]
pub struct RecordContact {
    /// The name to be.
    pub name: Name<Contacts>,
    /// Who was turned to.
    pub expert: Id,
    /// When.
    pub time: Timestamp,
    /// How.
    pub medium: ConsentMedium,
    /// Who did it.
    pub made_by: String,
    /// What it was about.
    pub note: String,
}

/// What a new contact rests on.
#[derive(Debug)]
pub struct NewContact {
    exists: bool,
    roster: Roster,
    limits: Limits,
    day: Date,
    others: Vec<Date>,
}

impl Command for RecordContact {
    type Facts = NewContact;
    type Effects = Contact;
    type Output = Contact;
    const METHOD: &'static str = "CharterService.RecordContact";

    fn programme(&self) -> &Id {
        self.name.programme()
    }

    async fn load(&self, tx: &mut Tx<'_>) -> Result<NewContact> {
        let programme = self.name.programme();
        let roster = roster(tx, programme, &self.expert).await?;
        let zone = programmes::store::get(tx, programme).await?.zone;
        let day = zone.date_of(self.time);
        let (first, last) = week_of(day);
        let from = zone.instant(first, NaiveTime::MIN);
        let until = zone.instant(last.succ_opt().unwrap_or(last), NaiveTime::MIN);
        let ids = std::slice::from_ref(&self.expert);
        let (mut others, mut charters) =
            tx.ask(store::contacts(programme, ids, from, until).and(store::of_experts(programme, ids))).await?;
        let others = others.remove(&self.expert).unwrap_or_default();
        let charter = charters.remove(&self.expert);
        Ok(NewContact {
            exists: store::find_contact(tx, &self.name).await?.is_some(),
            roster,
            limits: charter.map(|charter| charter.limits).unwrap_or_default(),
            day,
            others: others.into_iter().map(|time| zone.date_of(time)).collect(),
        })
    }

    fn decide(&self, known: NewContact, context: &Context<'_>) -> Result<Decision<Contact, Contact>> {
        if known.exists {
            return Err(Error::already_exists(&self.name));
        }
        known.roster.changeable(&expert_name(self.name.programme(), &self.expert), "record_contact")?;
        let contact = Contact {
            name: self.name.clone(),
            expert: self.expert.clone(),
            time: self.time,
            medium: self.medium,
            made_by: self.made_by.clone(),
            note: self.note.clone(),
            beyond_charter: is_beyond(&known.limits, known.day, &known.others),
            create_time: context.now,
        };
        Ok(Decision::new(contact.clone(), contact, vec![Change::created(&self.name)]))
    }

    async fn apply(&self, contact: &Contact, tx: &mut Tx<'_>) -> Result<()> {
        store::insert_contact(tx, contact).await
    }

    async fn recall(&self, tx: &mut Tx<'_>, names: &[String]) -> Result<Contact> {
        let made = names.first().and_then(|name| Name::parse(name).ok());
        let name = made.as_ref().unwrap_or(&self.name);
        store::find_contact(tx, name).await?.ok_or_else(|| Error::not_found(name))
    }
}
