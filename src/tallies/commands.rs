//! What can be done with opening balances: declared, and taken back; and with periods: closed, and restated.

use super::{BalanceState, Definition, MeasureType, OpeningBalance, OpeningBalances, store};
use crate::db::{Command, Context, Decision, Tx};
use crate::kernel::{Change, Date, Error, Id, Meta, Name, Reason, Result, Verb, Vocabulary as _, etag};
use crate::programmes::{self, Programme};

mod discrepancies;
mod statements;

pub use discrepancies::{QueueDiscrepancies, ResolveDiscrepancy};
pub use statements::{ClosePeriod, RestatePeriod};

/// Declares an opening balance.
#[derive(Clone, Debug)]
pub struct CreateOpeningBalance {
    /// Its name.
    pub name: Name<OpeningBalances>,
    /// An additive measure.
    pub measure: &'static Definition,
    /// The figure.
    pub quantity: i64,
    /// Its last day.
    pub as_of: Date,
    /// The document that states it.
    pub document: String,
    /// The office that declared it.
    pub declared_by: String,
}

/// Whether a measure can have an opening balance: only what adds up can go on from a figure.
#[must_use]
pub fn opens(measure: &Definition) -> bool {
    match measure.measure_type() {
        MeasureType::Additive => true,
        MeasureType::Distinct | MeasureType::Ratio => false,
    }
}

/// What a new balance is judged by: its programme, who has its id, and what stands.
type Around = (Programme, Option<OpeningBalance>, Vec<OpeningBalance>);

impl Command for CreateOpeningBalance {
    type Facts = Around;
    type Effects = OpeningBalance;
    type Output = OpeningBalance;
    const METHOD: &'static str = "TallyService.CreateOpeningBalance";

    fn programme(&self) -> &Id {
        self.name.programme()
    }

    async fn load(&self, tx: &mut Tx<'_>) -> Result<Around> {
        let programme = self.name.programme();
        Ok((
            programmes::store::get(tx, programme).await?,
            store::find(tx, programme, self.name.id()).await?,
            store::standing(tx, programme).await?,
        ))
    }

    fn decide(
        &self,
        (programme, same, standing): Around,
        context: &Context<'_>,
    ) -> Result<Decision<OpeningBalance, OpeningBalance>> {
        if let Some(same) = same.or_else(|| standing.into_iter().find(|it| it.measure == self.measure)) {
            return Err(Error::already_exists(same.name));
        }
        if self.as_of > programme.zone.date_of(context.now) {
            let message = "an opening balance is of a day that has been";
            return Err(Error::refused(Reason::InTheFuture, message).with("field", "opening_balance.as_of_date"));
        }
        let balance = OpeningBalance {
            name: self.name.clone(),
            measure: self.measure,
            quantity: self.quantity,
            as_of: self.as_of,
            document: self.document.clone(),
            declared_by: self.declared_by.clone(),
            state: BalanceState::Declared,
            meta: Meta::new(context.now),
        };
        Ok(Decision::new(balance.clone(), balance, vec![Change::created(&self.name)]))
    }

    async fn apply(&self, balance: &OpeningBalance, tx: &mut Tx<'_>) -> Result<()> {
        store::insert(tx, balance).await
    }

    async fn recall(&self, tx: &mut Tx<'_>, names: &[String]) -> Result<OpeningBalance> {
        let name = names.first().map_or_else(String::new, Clone::clone);
        let name = Name::<OpeningBalances>::parse(&name).map_err(Error::Internal)?;
        found(tx, &name).await
    }
}

/// Takes an opening balance back.
#[derive(Clone, Debug)]
pub struct VoidOpeningBalance {
    /// Which.
    pub name: Name<OpeningBalances>,
    /// The version that the caller has read; none: whichever stands.
    pub etag: Option<String>,
}

impl Command for VoidOpeningBalance {
    type Facts = OpeningBalance;
    type Effects = OpeningBalance;
    type Output = OpeningBalance;
    const METHOD: &'static str = "TallyService.VoidOpeningBalance";

    fn programme(&self) -> &Id {
        self.name.programme()
    }

    async fn load(&self, tx: &mut Tx<'_>) -> Result<Self::Facts> {
        found(tx, &self.name).await
    }

    fn decide(
        &self,
        balance: OpeningBalance,
        context: &Context<'_>,
    ) -> Result<Decision<OpeningBalance, OpeningBalance>> {
        etag::check(self.etag.as_deref(), &self.name.to_string(), balance.meta.revision)?;
        match balance.state {
            BalanceState::Declared => {}
            BalanceState::Voided => {
                let refusal = Error::refused(Reason::IllegalTransition, "the opening balance was voided before");
                let refusal = refusal.with("name", &self.name).with("state", balance.state.code());
                return Err(refusal.with("verb", "void"));
            }
        }
        let meta = balance.meta.touched(context.now);
        let voided = OpeningBalance { state: BalanceState::Voided, meta, ..balance };
        let change = Change::new(&self.name, Verb::new("void"), voided.meta.revision);
        Ok(Decision::new(voided.clone(), voided, vec![change]))
    }

    async fn apply(&self, balance: &OpeningBalance, tx: &mut Tx<'_>) -> Result<()> {
        store::void(tx, balance).await
    }

    async fn recall(&self, tx: &mut Tx<'_>, _: &[String]) -> Result<OpeningBalance> {
        found(tx, &self.name).await
    }
}

async fn found(tx: &mut Tx<'_>, name: &Name<OpeningBalances>) -> Result<OpeningBalance> {
    store::find(tx, name.programme(), name.id()).await?.ok_or_else(|| Error::not_found(name))
}
