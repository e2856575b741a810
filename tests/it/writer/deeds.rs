//! Commands that do what no command should.
#![expect(clippy::wildcard_enum_match_arm, reason = "each step looks for the deeds that are its own")]
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};

use homecoming::db::{Command, Context, Decision, Sql, Tx};
use homecoming::kernel::{Change, Error, Fact, Id, Reason, Result};
use tokio::sync::Notify;

use super::commands::{Add, Counter, find};

const SPOIL: Sql = Sql::new("INSERT INTO counters (programme, id, value, revision) VALUES ('p', 'spoilt', 1, 1)");
const VIOLATE: Sql = Sql::new("INSERT INTO counters (programme, id, value, revision) VALUES ('p', 'spoilt', -1, 1)");
const RAISE: Sql = Sql::new("UPDATE counters SET value = value + 1 WHERE programme = 'p' AND id = 'spoilt'");
const NOTE: Sql = Sql::new(
    "INSERT INTO additions (programme, since_sequence, counter, amount) \
     SELECT c.programme, $1, c.id, c.value FROM counters c WHERE c.programme = 'p' AND c.id = 'spoilt'",
);
const RENOTE: Sql = Sql::new("UPDATE additions SET amount = amount + 1 WHERE programme = 'p' AND since_sequence = $1");
/// More than the free pages of a file hold.
const FILL: Sql = Sql::pair(
    "INSERT INTO counters (programme, id, value, revision) VALUES ('p', hex(zeroblob(100000)), 1, 1)",
    "INSERT INTO counters (programme, id, value, revision) VALUES ('p', repeat('0', 200000), 1, 1)",
);
const HANG_UP: Sql = Sql::pair("SELECT 1 AS gone", "SELECT pg_terminate_backend(pg_backend_pid()) AS gone");

/// Holds the writer until the test opens it.
#[derive(Clone, Default)]
pub struct Gate {
    /// Notified when the command runs.
    pub reached: Arc<Notify>,
    /// What it then waits for.
    pub open: Arc<Notify>,
}

/// What no command should do.
pub enum Deed {
    /// Waits, and then refuses.
    Wait(Gate),
    /// Waits, and then writes.
    WaitAndWrite(Gate),
    /// Refuses without having written: what every command may do.
    Refuse,
    /// Is carried out, and touches nothing.
    Nothing,
    PanicAtFirst,
    PanicInDecide,
    WriteThenPanic,
    WriteThenRefuse,
    Violate,
    /// Writes more than there is room for.
    Fill,
    /// Writes what reads what it wrote just before: what every command may do.
    Rewrite,
    /// Goes on after a statement that failed.
    Swallow,
    HangUpOnce(AtomicBool),
    HangUp,
    /// Destroys something, which is to be found nowhere afterwards: what an erasure does.
    Destroy,
    /// Has a change that PostgreSQL can't store.
    Unwritable,
    /// Has a fact that the projection panics over.
    Poison,
    PanicInRecall,
}

pub struct Bad {
    programme: Id,
    deed: Deed,
}

impl Bad {
    pub fn new(deed: Deed) -> Bad {
        Bad { programme: Id::parse("p").unwrap(), deed }
    }

    fn decision(&self) -> Decision<(), ()> {
        let (mut changes, mut facts) = (Vec::new(), Vec::new());
        let name = "programmes/p/deeds/1".to_owned();
        match self.deed {
            Deed::Unwritable => changes.push(Change::created("\0")),
            Deed::Poison => facts.push(Fact { name, kind: "poison", before: None, after: None }),
            Deed::Rewrite => changes.push(Change::created("programmes/p/counters/spoilt")),
            Deed::WaitAndWrite(_) => changes.push(Change::created("programmes/p/counters/waited")),
            Deed::PanicInRecall | Deed::Destroy => changes.push(Change::created(name)),
            _ => {}
        }
        Decision { effects: (), output: (), changes, facts }
    }
}

fn as_the_test_wants<T>() -> Result<T> {
    Err(Error::refused(Reason::IllegalTransition, "as the test wants"))
}

impl Command for Bad {
    type Facts = ();
    type Effects = ();
    type Output = ();
    const METHOD: &'static str = "TestService.Bad";

    fn programme(&self) -> &Id {
        &self.programme
    }

    async fn load(&self, tx: &mut Tx<'_>) -> Result<()> {
        assert!(!matches!(self.deed, Deed::PanicAtFirst), "as the test wants");
        find(tx, &[&Add::<false>::one("spoilt")]).await?;
        match &self.deed {
            Deed::Wait(gate) | Deed::WaitAndWrite(gate) => {
                gate.reached.notify_one();
                gate.open.notified().await;
            }
            Deed::HangUpOnce(done) if done.swap(true, SeqCst) => {}
            Deed::HangUpOnce(_) | Deed::HangUp => drop(tx.sql(HANG_UP).fetch_all().await?),
            _ => {}
        }
        Ok(())
    }

    fn decide(&self, (): (), _context: &Context<'_>) -> Result<Decision<(), ()>> {
        assert!(!matches!(self.deed, Deed::PanicInDecide), "as the test wants");
        match self.deed {
            Deed::Wait(_) | Deed::Refuse | Deed::HangUpOnce(_) | Deed::HangUp => as_the_test_wants(),
            _ => Ok(self.decision()),
        }
    }

    async fn apply(&self, (): &(), tx: &mut Tx<'_>) -> Result<()> {
        match self.deed {
            Deed::WriteThenPanic => {
                tx.sql(SPOIL).execute().await?;
                panic!("as the test wants");
            }
            Deed::WriteThenRefuse => {
                tx.sql(SPOIL).execute().await?;
                as_the_test_wants()
            }
            Deed::Violate => tx.sql(VIOLATE).execute().await,
            Deed::Fill => tx.sql(FILL).execute().await,
            Deed::Destroy => {
                tx.destroys();
                Ok(())
            }
            Deed::Rewrite => {
                tx.sql(SPOIL).execute().await?;
                tx.sql(RAISE).execute().await?;
                let sequence = tx.sequence();
                tx.sql(NOTE).bind(sequence).execute().await?;
                assert_eq!(tx.sql(RENOTE).bind(sequence).count().await?, 1);
                assert_eq!(tx.sql(RAISE).count().await?, 1);
                Ok(())
            }
            Deed::Swallow => {
                tx.sql(SPOIL).execute().await?;
                let _ = tx.sql(VIOLATE).count().await; // an answer that was waited for
                Ok(())
            }
            Deed::WaitAndWrite(_) => {
                let add = Add::<false>::one("waited");
                add.apply(&Counter { value: 1, revision: 1 }, tx).await
            }
            _ => Ok(()),
        }
    }

    async fn recall(&self, _tx: &mut Tx<'_>, _names: &[String]) -> Result<()> {
        assert!(!matches!(self.deed, Deed::PanicInRecall), "as the test wants");
        Ok(())
    }
}

/// Makes a programme of which nothing but its head is there, and does a deed.
pub struct Create {
    pub programme: Id,
    pub and: Deed,
}

impl Command for Create {
    type Facts = ();
    type Effects = ();
    type Output = ();
    const METHOD: &'static str = "TestService.Create";
    const CREATES_PROGRAMME: bool = true;

    fn programme(&self) -> &Id {
        &self.programme
    }

    async fn load(&self, _tx: &mut Tx<'_>) -> Result<()> {
        Ok(())
    }

    fn decide(&self, (): (), _context: &Context<'_>) -> Result<Decision<(), ()>> {
        match self.and {
            Deed::Refuse => as_the_test_wants(),
            _ => Ok(Decision::new((), (), vec![Change::created(format!("programmes/{}", self.programme))])),
        }
    }

    async fn apply(&self, (): &(), tx: &mut Tx<'_>) -> Result<()> {
        match self.and {
            Deed::WriteThenRefuse => {
                tx.sql(SPOIL).execute().await?;
                as_the_test_wants()
            }
            _ => Ok(()),
        }
    }

    async fn recall(&self, _tx: &mut Tx<'_>, _names: &[String]) -> Result<()> {
        Ok(())
    }
}
