//! Records offers and takes them back.

use super::{expert_name, first_name, roster};
use crate::calendars::{Offer, OfferMode, Offers, Shape, WITHDRAW, store};
use crate::db::{Command, Context, Decision, Tx, external_ids};
use crate::experts::{Consent, Roster};
use crate::kernel::{
    Change, Collection as _, Error, Etag, ExternalId, Id, Meta, Name, Reason, Result, SessionKind, Zone,
};
use crate::programmes;
use crate::sites::{self, Sites};

/// Records an offer.
#[derive(Debug)]
pub struct CreateOffer {
    /// The name to be.
    pub name: Name<Offers>,
    /// See [`Offer::expert`].
    pub expert: Id,
    /// See [`Offer::kinds`].
    pub kinds: Vec<SessionKind>,
    /// See [`Offer::sites`].
    pub sites: Vec<Id>,
    /// See [`Offer::mode`].
    pub mode: OfferMode,
    /// See [`Offer::shape`].
    pub shape: Shape,
    /// Whether the shape's zone is the programme's, whatever stands in it.
    pub in_own_zone: bool,
    /// See [`Offer::consent`].
    pub consent: Consent,
    /// See [`Offer::external_ids`].
    pub external_ids: Vec<ExternalId>,
}

/// What a creation rests on.
pub struct Room {
    zone: Zone,
    roster: Roster,
    exists: bool,
    unknown_site: Option<Id>,
    taken: Vec<(ExternalId, Id)>,
}

impl Command for CreateOffer {
    type Facts = Room;
    type Effects = Offer;
    type Output = Offer;
    const METHOD: &'static str = "CalendarService.CreateOffer";

    fn programme(&self) -> &Id {
        self.name.programme()
    }

    async fn load(&self, tx: &mut Tx<'_>) -> Result<Room> {
        let programme = self.name.programme();
        let known = sites::store::briefs(tx, programme, &self.sites).await?;
        Ok(Room {
            zone: programmes::store::get(tx, programme).await?.zone,
            roster: roster(tx, &expert_name(programme, &self.expert)).await?,
            exists: store::offers::find(tx, &self.name).await?.is_some(),
            unknown_site: self.sites.iter().find(|site| !known.contains_key(site)).cloned(),
            taken: external_ids::taken(tx, programme, Offers::COLLECTION, &self.external_ids, None).await?,
        })
    }

    fn decide(&self, room: Room, context: &Context<'_>) -> Result<Decision<Offer, Offer>> {
        let programme = self.name.programme();
        if room.exists {
            return Err(Error::already_exists(&self.name));
        }
        room.roster.changeable(&expert_name(programme, &self.expert), "offer")?;
        if let Some(site) = room.unknown_site {
            return Err(Error::not_found(Name::<Sites>::new(programme.clone(), site)));
        }
        external_ids::refuse_taken(programme, Offers::COLLECTION, room.taken)?;
        let shape = if self.in_own_zone { self.shape.clone().in_zone(room.zone) } else { self.shape.clone() };
        if shape.is_empty() {
            let message = "must have some time: no day or no instant is left of it";
            return Err(Error::field("offer.shape", Reason::Inconsistent, message));
        }
        let offer = Offer {
            name: self.name.clone(),
            expert: self.expert.clone(),
            kinds: self.kinds.clone(),
            sites: self.sites.clone(),
            mode: self.mode,
            tz_version: shape.zone().map(|_| Zone::tz_version().to_owned()),
            shape,
            consent: self.consent.clone(),
            withdrawn: None,
            external_ids: self.external_ids.clone(),
            meta: Meta::new(context.now),
        };
        Ok(Decision::new(offer.clone(), offer, vec![Change::created(&self.name)]))
    }

    async fn apply(&self, offer: &Offer, tx: &mut Tx<'_>) -> Result<()> {
        store::offers::insert(tx, offer).await
    }

    async fn recall(&self, tx: &mut Tx<'_>, names: &[String]) -> Result<Offer> {
        store::offers::get(tx, &first_name(names)?).await
    }
}

/// Takes an offer back.
#[derive(Debug)]
pub struct WithdrawOffer {
    /// Which offer.
    pub name: Name<Offers>,
    /// The etag that the caller read, if it cares.
    pub etag: Option<String>,
}

impl Command for WithdrawOffer {
    type Facts = Offer;
    type Effects = Offer;
    type Output = Offer;
    const METHOD: &'static str = "CalendarService.WithdrawOffer";

    fn programme(&self) -> &Id {
        self.name.programme()
    }

    async fn load(&self, tx: &mut Tx<'_>) -> Result<Offer> {
        store::offers::get(tx, &self.name).await
    }

    fn decide(&self, before: Offer, context: &Context<'_>) -> Result<Decision<Offer, Offer>> {
        Etag::check(self.etag.as_deref(), &self.name.to_string(), before.meta.revision)?;
        let offer = before.withdraw(context.now)?;
        let change = Change::new(&self.name, WITHDRAW, offer.meta.revision);
        Ok(Decision::new(offer.clone(), offer, vec![change]))
    }

    async fn apply(&self, offer: &Offer, tx: &mut Tx<'_>) -> Result<()> {
        store::offers::update(tx, offer).await
    }

    async fn recall(&self, tx: &mut Tx<'_>, _names: &[String]) -> Result<Offer> {
        store::offers::get(tx, &self.name).await
    }
}
