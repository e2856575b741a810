//! Among several servers one does what is due at a programme's registers, until its term is over.
use homecoming::db::Engine;
use homecoming::kernel::{Call, Caller, Id};
use homecoming::programmes::commands::EndProgramme;
use homecoming::reservations::ReservationState as State;
use homecoming::reservations::commands::DueRegisters;
use homecoming::server::lapses::places as sweep;

use super::sets::{Deed, Step, county, send};

const SECOND: i64 = 1_000_000;

fn hold(number: u64) -> Step {
    Step { deed: Deed::Hold(1), id: number, session: 1, patient: number }
}

#[tokio::test]
async fn one_server_sweeps_until_its_term_is_over() {
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let Some((database, db, clock)) = county("places_swept", engine).await else { continue };
        for number in 1..=3 {
            assert_eq!(send(db.clone(), hold(number)).await.unwrap().state, State::Held);
            clock.advance_micros(if number == 1 { 3 * SECOND } else { 20 * SECOND });
        }
        // The holds lapse 60, 63 and 83 seconds after the beginning; it is 43 now.
        clock.advance_micros(17 * SECOND);
        assert_eq!(sweep(&db, "one").await.unwrap(), 1);
        assert_eq!(sweep(&db, "one").await.unwrap(), 0, "nothing is due");
        clock.advance_micros(3 * SECOND);
        assert_eq!(sweep(&db, "two").await.unwrap(), 0, "the first one's term isn't over");
        assert_eq!(sweep(&db, "one").await.unwrap(), 1, "it goes on");
        clock.advance_micros(20 * SECOND);
        assert_eq!(sweep(&db, "two").await.unwrap(), 1, "the first one is gone");
        assert_eq!(sweep(&db, "one").await.unwrap(), 0);
        db.close().await;
        database.remove().await;
    }
}

#[tokio::test]
async fn nothing_is_due_in_a_programme_that_has_ended() {
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let Some((database, db, clock)) = county("places_ended", engine).await else { continue };
        send(db.clone(), hold(1)).await.unwrap();
        clock.advance_minutes(2);
        let due = || DueRegisters { holder: "one".to_owned() };
        assert_eq!(db.read(due()).await.unwrap().len(), 1);
        let end = EndProgramme { id: Id::parse("liling").unwrap(), etag: None };
        db.write(Call::new(Caller::anonymous()), end).await.unwrap();
        // Else it would stand before all others for ever.
        assert!(db.read(due()).await.unwrap().is_empty());
        assert_eq!(sweep(&db, "one").await.unwrap(), 0);
        db.close().await;
        database.remove().await;
    }
}
