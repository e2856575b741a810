//! What a server does by itself at registers: it writes down which holds and offers have lapsed, and the queue moves up.
//!
//! Whoever asks for a place does the same first, so that nothing waits for it; what is left follows within seconds.
use std::collections::BTreeMap;

use super::touched;
use crate::db::{Command, Context, Decision, Query, Tx};
use crate::kernel::{Error, Id, Result};
use crate::reservations::store::desks::{self, Written};
use crate::reservations::store::{self, sweeps};
use crate::reservations::{Desk, Register, Reservation};
use crate::sessions::commands::TERM_MICROS;
use crate::sessions::store::Lease;

/// The registers at which time has left something to do that a server may do, by programme; at most [`DueRegisters::MOST`].
#[derive(Debug)]
pub struct DueRegisters {
    /// The server's own id.
    pub holder: String,
}

impl DueRegisters {
    /// As many as are read at a time; whoever reads so many reads again.
    pub const MOST: u8 = 20;
}

impl Query for DueRegisters {
    type Output = BTreeMap<Id, Vec<Id>>;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Self::Output> {
        sweeps::due(tx, &self.holder, Self::MOST.into()).await
    }
}

/// Does what is left to do at some registers of a programme, and writes that this server does so alone for a term. `ETAG_MISMATCH` where
/// nothing is: another server was faster.
#[derive(Debug)]
pub struct SweepRegisters {
    /// The programme.
    pub programme: Id,
    /// The server's own id.
    pub holder: String,
    /// The registers' sessions.
    pub sessions: Vec<Id>,
}

impl SweepRegisters {
    fn too_late(&self) -> Error {
        Error::Stale { name: format!("programmes/{}/registers", self.programme) }
    }
}

impl Command for SweepRegisters {
    /// Who sweeps; and the desks, each with the reservations that its job concerns next, where it has one; of those that have, one at a
    /// time.
    type Facts = (Option<Lease>, Vec<(Desk, Option<Vec<Reservation>>)>);
    type Effects = (Written, Vec<Register>, Lease);
    /// How many reservations have lapsed or moved up.
    type Output = usize;
    const METHOD: &'static str = "ReservationService.SweepRegisters";

    fn programme(&self) -> &Id {
        &self.programme
    }

    async fn load(&self, tx: &mut Tx<'_>) -> Result<Self::Facts> {
        let lease = sweeps::lease_of(tx, &self.programme).await?;
        let desks = desks::desks(tx, &self.programme, &self.sessions, false).await?;
        let mut facts = Vec::with_capacity(desks.len());
        let mut is_first = true;
        for desk in desks.into_values() {
            let job = desk.register.job.clone().filter(|_| is_first);
            let mut rows = None;
            if let Some(job) = job {
                rows = Some(desks::chunk(tx, &desk.register.name, &job).await?);
                is_first = false;
            }
            facts.push((desk, rows));
        }
        Ok((lease, facts))
    }

    fn decide(&self, (lease, facts): Self::Facts, context: &Context<'_>) -> Result<Decision<Self::Effects, usize>> {
        let is_anothers = |lease: &Lease| lease.holder != self.holder && lease.until > context.now;
        if lease.as_ref().is_some_and(is_anothers) {
            return Err(self.too_late());
        }
        let (mut written, mut carried, mut changes) = (Written::default(), Vec::new(), Vec::new());
        for (mut desk, rows) in facts.into_iter().filter(|(desk, _)| desk.is_due(context.now)) {
            let done;
            if let Some(rows) = rows {
                // What else is due here is the next sweep's: a reservation is written once.
                done = desk.carry(rows, context.now);
                desk.register.meta = desk.register.meta.touched(context.now);
                changes.push(desk.register.change("follow"));
                carried.push(desk.register.clone());
            } else {
                done = desk.settle(context.now);
            }
            changes.extend(done.iter().map(|(reservation, act)| reservation.change(*act)));
            written.updated.extend(done);
            written.registers.push(touched(desk));
        }
        if written.registers.is_empty() {
            return Err(self.too_late());
        }
        let count = written.updated.len();
        let lease = Lease { holder: self.holder.clone(), until: context.now.plus_micros(TERM_MICROS) };
        Ok(Decision::new((written, carried, lease), count, changes))
    }

    async fn apply(&self, effects: &Self::Effects, tx: &mut Tx<'_>) -> Result<()> {
        for register in &effects.1 {
            store::update(tx, register).await?;
        }
        desks::write(tx, &self.programme, &effects.0).await?;
        sweeps::lease(tx, &self.programme, &effects.2).await
    }

    async fn recall(&self, _tx: &mut Tx<'_>, names: &[String]) -> Result<usize> {
        Ok(names.len())
    }
}
