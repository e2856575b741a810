//! What the engine alone can do: the statements of a batch of bookings, as the writer sends them, one after the other on one connection;
//! no gRPC, no decision, no hash, nobody who waits.
use std::time::{Duration, Instant};

use homecoming::db::{Sql, ledger};
use homecoming::reservations::store::{self, desks};
use serde_json::{Value, json};
use sqlx::postgres::PgConnectOptions;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
use sqlx::{Connection as _, PgConnection, Row as _, SqlSafeStr as _, SqliteConnection};

use crate::load::{self, Place};
use crate::program::{Program, command};

enum Conn {
    Sqlite(SqliteConnection),
    Postgres(PgConnection),
}

/// The first row of an answer, as far as it is looked at.
#[derive(Default)]
struct First {
    text: Option<String>,
    numbers: Vec<i64>,
}

impl Conn {
    async fn open(place: Place, database: &str) -> Conn {
        match place {
            Place::Sqlite => {
                let options = SqliteConnectOptions::new().filename(database).journal_mode(SqliteJournalMode::Wal);
                let options = options.synchronous(SqliteSynchronous::Full).foreign_keys(true);
                let options = options.pragma("temp_store", "memory").pragma("cache_size", "-16384");
                Conn::Sqlite(SqliteConnection::connect_with(&options).await.unwrap())
            }
            Place::Postgres => {
                let options: PgConnectOptions = database.parse().unwrap();
                let off = ["enable_seqscan", "enable_hashjoin", "enable_mergejoin"].map(|name| (name, "off"));
                Conn::Postgres(PgConnection::connect_with(&options.options(off)).await.unwrap())
            }
        }
    }

    async fn say(&mut self, text: &'static str) {
        match self {
            Conn::Sqlite(conn) => drop(sqlx::raw_sql(text.into_sql_str()).execute(conn).await.unwrap()),
            Conn::Postgres(conn) => drop(sqlx::raw_sql(text.into_sql_str()).execute(conn).await.unwrap()),
        }
    }

    /// Runs a statement over rows; answers a text and some numbers of its first row.
    async fn run(&mut self, sql: Sql, rows: &Value, text: Option<&str>, numbers: &[&str]) -> First {
        let [sqlite, postgres] = sql.texts();
        macro_rules! first {
            ($conn:expr, $sql:expr) => {{
                let rows = sqlx::query($sql).bind(rows.to_string()).fetch_all($conn).await.unwrap();
                let Some(row) = rows.first() else { return First::default() };
                First {
                    text: text.map(|column| row.get(column)),
                    numbers: numbers.iter().map(|column| row.get(*column)).collect(),
                }
            }};
        }
        match self {
            Conn::Sqlite(conn) => first!(conn, sqlite),
            Conn::Postgres(conn) => first!(conn, postgres),
        }
    }
}

fn statement(list: &[(&str, Sql)], name: &str) -> Sql {
    list.iter().find(|(named, _)| *named == name).unwrap().1
}

/// Books so many places in each transaction for a while, at sessions that a server has opened.
pub async fn bookings_a_second(place: Place, bookings: usize, seconds: f64) -> f64 {
    let folder = tempfile::Builder::new().prefix("homecoming-bench-").tempdir().unwrap();
    let database = match place {
        Place::Sqlite => folder.path().join("bench.db").to_str().unwrap().to_owned(),
        Place::Postgres => load::fresh_postgres().await,
    };
    let server = Program::serve(&database, &["--log-filter", "error"]);
    let address = format!("http://{}", server.address);
    let made =
        command(&["bench", "--server", &address, "--calls", "1", "--sessions", "200", "--callers", "1"]).output();
    assert!(made.as_ref().unwrap().status.success(), "{made:?}");
    server.terminate();
    server.wait();

    let mut conn = Conn::open(place, &database).await;
    let heads = Sql::new("SELECT h.programme FROM heads h WHERE h.programme LIKE 'bench-%' OR h.programme = $1");
    let programme = conn.run(heads, &json!(""), Some("programme"), &[]).await.text.unwrap();
    let (mut done, mut session) = (0, 0);
    let begin = Instant::now();
    while begin.elapsed() < Duration::from_secs_f64(seconds) && session < 200 {
        let is_full = batch(&mut conn, &programme, session, done, bookings).await;
        done += bookings;
        session += usize::from(is_full);
    }
    done as f64 / begin.elapsed().as_secs_f64()
}

/// One transaction; whether the session has no room for another one.
async fn batch(conn: &mut Conn, programme: &str, session: usize, before: usize, bookings: usize) -> bool {
    const TIME: i64 = 1_800_000_000_000_000;
    const METHOD: &str = "ReservationService.BookReservation";
    let (session, digest) = (format!("s{session}"), "0".repeat(64));
    let begin = if matches!(conn, Conn::Sqlite(_)) { "BEGIN IMMEDIATE" } else { "BEGIN" };
    conn.say(begin).await;
    let ledger = |name| statement(ledger::STATEMENTS, name);
    let lock = conn.run(ledger("LOCK_HEADS"), &json!([[programme]]), None, &["sequence", "entry"]).await.numbers;
    let number = |n: usize| before + n;
    let rows = |row: &dyn Fn(usize) -> Value| Value::Array((0..bookings).map(row).collect());
    let requests = rows(&|n| json!([programme, "anonymous", METHOD, format!("plain-{}", number(n))]));
    conn.run(ledger("FIND_REQUESTS"), &requests, None, &[]).await;
    let (id, token) = (|n| format!("p{}", number(n)), |n| format!("plain-{:08}", number(n)));
    let enter = rows(&|n| json!([n, programme, session, id(n), "homecoming.bench", token(n), i64::from(n == 0)]));
    let columns = ["guard", "next_place", "taken"];
    let desk = conn.run(statement(desks::STATEMENTS, "ENTER"), &enter, None, &columns).await.numbers;
    let &[guard, next, taken] = desk.as_slice() else { panic!("{session} has no register") };
    let many = i64::try_from(bookings).unwrap();
    let at = |n: usize| i64::try_from(n).unwrap();
    let insert = rows(&|n| {
        json!([
            programme,
            id(n),
            session,
            "homecoming.bench",
            token(n),
            "BOOKED",
            next + at(n),
            null,
            null,
            TIME,
            "anonymous"
        ])
    });
    conn.run(statement(desks::STATEMENTS, "INSERT"), &insert, None, &[]).await;
    let take = json!([[programme, session, guard, next + many, taken + many, "", 0, 1, null, guard + many]]);
    conn.run(statement(store::STATEMENTS, "TAKE"), &take, None, &[]).await;
    let name = |n| format!("programmes/{programme}/reservations/{}", id(n));
    let names = |n| json!([name(n)]).to_string();
    let entries = rows(&|n| {
        let (entry, salt) = (lock[1] + 1 + at(n), "0".repeat(32));
        json!([programme, entry, TIME, "anonymous", "", METHOD, names(n), digest, salt, null])
    });
    conn.run(ledger("INSERT_ENTRIES"), &entries, None, &[]).await;
    let changes = rows(&|n| json!([programme, lock[0] + 1 + at(n), name(n), "book", 1, TIME]));
    conn.run(ledger("INSERT_CHANGES"), &changes, None, &[]).await;
    let requests =
        rows(&|n| json!([programme, "anonymous", METHOD, format!("plain-{}", number(n)), digest, names(n), TIME]));
    conn.run(ledger("INSERT_REQUESTS"), &requests, None, &[]).await;
    let heads = json!([[programme, lock[0] + many, lock[1] + many, digest, TIME, 0]]);
    conn.run(ledger("MOVE_HEADS"), &heads, None, &[]).await;
    conn.say("COMMIT").await;
    taken + 2 * many > 1_000
}
