//! How a handler gets from a request to an answer: parse into a command or query, run it, turn an error into a status.
use tonic::{Request, Status};

use super::caller::taken;
use super::{Mutation, call_of};
use crate::db::{Command, Db, Query};
use crate::kernel::{self, Bounds, Call, Caller, Error, Fields, Timestamp};

/// What every service of a slice holds; clones share the database.
#[derive(Clone)]
pub struct Api {
    db: Db,
    bounds: Bounds,
}

impl Api {
    /// Over a database, where one question may ask for so much.
    #[must_use]
    pub fn limited(db: Db, bounds: Bounds) -> Self {
        Self { db, bounds }
    }

    /// Reads a mutation: who calls and how, and the command with every field checked. `parse` is told the time for
    /// the ids that it makes up.
    ///
    /// # Errors
    /// The status of all violations at once.
    pub fn parse<M: Mutation, C>(
        &self,
        request: Request<M>,
        parse: impl FnOnce(&mut Fields, M, Timestamp) -> C,
    ) -> Result<(Call, C), Status> {
        let (caller, message) = taken(request);
        Ok(self.parse_as(caller, message, parse)?)
    }

    /// Reads one mutation of a stream, whose caller is the stream's ([`super::caller_of`]).
    ///
    /// # Errors
    /// All violations at once.
    pub fn parse_as<M: Mutation, C>(
        &self,
        caller: Caller,
        message: M,
        parse: impl FnOnce(&mut Fields, M, Timestamp) -> C,
    ) -> kernel::Result<(Call, C)> {
        let mut fields = Fields::limited(self.bounds);
        let call = call_of(caller, &message, &mut fields);
        let command = parse(&mut fields, message, self.db.clock().now());
        fields.check()?;
        Ok((call, command))
    }

    /// Reads a query, every field checked.
    ///
    /// # Errors
    /// As [`Api::parse`].
    pub fn query<M, Q>(&self, request: Request<M>, parse: impl FnOnce(&mut Fields, M) -> Q) -> Result<Q, Status> {
        let mut fields = Fields::limited(self.bounds);
        let query = parse(&mut fields, request.into_inner());
        fields.check()?;
        Ok(query)
    }

    /// Reads a query whose answer depends on who asks, every field checked.
    ///
    /// # Errors
    /// As [`Api::parse`].
    pub fn query_by<M, Q>(
        &self,
        request: Request<M>,
        parse: impl FnOnce(&mut Fields, M, Caller) -> Q,
    ) -> Result<Q, Status> {
        let (caller, message) = taken(request);
        let mut fields = Fields::limited(self.bounds);
        let query = parse(&mut fields, message, caller);
        fields.check()?;
        Ok(query)
    }

    /// Carries a command out.
    ///
    /// # Errors
    /// The status of its refusal.
    pub async fn write<C: Command>(&self, call: Call, command: C) -> Result<C::Output, Status> {
        Ok(self.db.write(call, command).await?)
    }

    /// Answers a query.
    ///
    /// # Errors
    /// The status of its error.
    pub async fn read<Q: Query>(&self, query: Q) -> Result<Q::Output, Status> {
        Ok(self.db.read(query).await?)
    }

    /// Works something out that takes longer than a call may keep others waiting: on a thread for such things.
    ///
    /// # Errors
    /// The status of its error.
    pub async fn compute<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> kernel::Result<T> + Send + 'static,
    ) -> Result<T, Status> {
        let worked = tokio::task::spawn_blocking(work).await;
        Ok(worked.map_err(|_| Error::Internal("working something out panicked"))??)
    }

    /// The database, for what isn't one command or query: streams.
    #[must_use]
    pub fn db(&self) -> &Db {
        &self.db
    }
}
