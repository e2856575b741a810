//! What reads the log: one struct per use case.
use super::{Extent, Logged, store};
use crate::db::{Query, Tx};
use crate::kernel::{Id, Result};

/// Reads where a programme's log begins and ends.
#[derive(Clone, Debug)]
pub struct ReadExtent {
    /// Of which programme.
    pub programme: Id,
}

impl Query for ReadExtent {
    type Output = Extent;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Extent> {
        store::extent(tx, &self.programme).await
    }
}

/// Reads what comes after a sequence number, with the log's extent in the same snapshot.
#[derive(Clone, Debug)]
pub struct ReadChanges {
    /// Of which programme.
    pub programme: Id,
    /// After this sequence number.
    pub after: i64,
    /// So many at most.
    pub most: usize,
}

impl Query for ReadChanges {
    type Output = (Extent, Vec<Logged>);

    async fn run(&self, tx: &mut Tx<'_>) -> Result<(Extent, Vec<Logged>)> {
        let extent = store::extent(tx, &self.programme).await?;
        extent.check(&self.programme, self.after)?;
        let changes = store::after(tx, &self.programme, self.after, self.most).await?;
        Ok((extent, changes))
    }
}
