//! What every text of SQL owes: both engines prepare it, every filter alone and all together, and none reads a whole
//! table; each table has one owner.
use std::collections::BTreeMap;

use homecoming::db::{self, Engine, List, Select, Sql, Target, Value};
use homecoming::kernel::{Cursor, Key, PageRequest};
use homecoming::{
    access, accounts, activities, assistants, audit, calendars, changes, charters, credentials, experts, exports,
    hospitals, imports, persons, programmes, reservations, savings, sessions, sites, tallies, visits,
};
use sqlx::{
    AssertSqlSafe, Connection as _, Executor as _, PgConnection, Row as _, SqlSafeStr as _, SqliteConnection,
    Statement as _,
};

use crate::support::Database;

/// A room that has SQL: its tables, statements and lists.
struct Store {
    room: &'static str,
    tables: &'static [&'static str],
    statements: &'static [(&'static str, Sql)],
    lists: &'static [(&'static str, &'static List)],
}

/// Every one of them; a new slice adds its line.
const STORES: &[Store] = &[
    Store { room: "db/ledger", tables: db::ledger::TABLES, statements: db::ledger::STATEMENTS, lists: &[] },
    Store {
        room: "db/external_ids",
        tables: db::external_ids::TABLES,
        statements: db::external_ids::STATEMENTS,
        lists: &[],
    },
    Store { room: "db/retention", tables: &[], statements: db::retention::STATEMENTS, lists: &[] },
    Store { room: "db/since", tables: &[], statements: db::since::STATEMENTS, lists: &[] },
    Store { room: "db/verify", tables: &[], statements: db::verify::STATEMENTS, lists: &[] },
    Store {
        room: "programmes",
        tables: programmes::store::TABLES,
        statements: programmes::store::STATEMENTS,
        lists: programmes::store::LISTS,
    },
    Store {
        room: "hospitals",
        tables: hospitals::store::TABLES,
        statements: hospitals::store::STATEMENTS,
        lists: hospitals::store::LISTS,
    },
    Store {
        room: "sites",
        tables: sites::store::TABLES,
        statements: sites::store::STATEMENTS,
        lists: sites::store::LISTS,
    },
    Store { room: "sites/parts", tables: &[], statements: sites::store::PART_STATEMENTS, lists: &[] },
    Store { room: "sites/closures", tables: &[], statements: sites::store::closures::STATEMENTS, lists: &[] },
    Store { room: "sites/travel", tables: &[], statements: sites::store::travel::STATEMENTS, lists: &[] },
    Store {
        room: "experts",
        tables: experts::store::TABLES,
        statements: experts::store::STATEMENTS,
        lists: experts::store::LISTS,
    },
    Store {
        room: "assistants",
        tables: assistants::store::TABLES,
        statements: assistants::store::STATEMENTS,
        lists: assistants::store::LISTS,
    },
    Store {
        room: "assistants/pairings",
        tables: &[],
        statements: assistants::store::pairings::STATEMENTS,
        lists: assistants::store::pairings::LISTS,
    },
    Store {
        room: "persons",
        tables: persons::store::TABLES,
        statements: persons::store::STATEMENTS,
        lists: persons::store::LISTS,
    },
    Store {
        room: "calendars/offers",
        tables: calendars::store::TABLES,
        statements: calendars::store::offers::STATEMENTS,
        lists: calendars::store::offers::LISTS,
    },
    Store {
        room: "calendars/absences",
        tables: &[],
        statements: calendars::store::absences::STATEMENTS,
        lists: calendars::store::absences::LISTS,
    },
    Store {
        room: "calendars/days",
        tables: &[],
        statements: calendars::store::days::STATEMENTS,
        lists: calendars::store::days::LISTS,
    },
    Store {
        room: "charters",
        tables: charters::store::TABLES,
        statements: charters::store::STATEMENTS,
        lists: charters::store::LISTS,
    },
    Store {
        room: "credentials",
        tables: credentials::store::TABLES,
        statements: credentials::store::STATEMENTS,
        lists: credentials::store::LISTS,
    },
    Store {
        room: "credentials/dossiers",
        tables: &[],
        statements: credentials::store::dossiers::STATEMENTS,
        lists: credentials::store::dossiers::LISTS,
    },
    Store {
        room: "credentials/onboardings",
        tables: &[],
        statements: credentials::store::onboardings::STATEMENTS,
        lists: credentials::store::onboardings::LISTS,
    },
    Store { room: "credentials/persons", tables: &[], statements: credentials::store::persons::STATEMENTS, lists: &[] },
    Store {
        room: "sessions",
        tables: sessions::store::TABLES,
        statements: sessions::store::STATEMENTS,
        lists: sessions::store::LISTS,
    },
    Store {
        room: "visits",
        tables: visits::store::TABLES,
        statements: visits::store::STATEMENTS,
        lists: visits::store::LISTS,
    },
    Store {
        room: "activities",
        tables: activities::store::TABLES,
        statements: activities::store::STATEMENTS,
        lists: activities::store::LISTS,
    },
    Store {
        room: "activities/sheets",
        tables: &[],
        statements: activities::store::sheets::STATEMENTS,
        lists: activities::store::sheets::LISTS,
    },
    Store {
        room: "activities/changed",
        tables: &[],
        statements: activities::store::changed::STATEMENTS,
        lists: activities::store::changed::LISTS,
    },
    Store { room: "activities/policy", tables: &[], statements: activities::store::policy::STATEMENTS, lists: &[] },
    Store { room: "activities/ladders", tables: &[], statements: activities::store::ladders::STATEMENTS, lists: &[] },
    Store {
        room: "savings",
        tables: savings::store::TABLES,
        statements: savings::store::STATEMENTS,
        lists: savings::store::LISTS,
    },
    Store {
        room: "savings/trips",
        tables: &[],
        statements: savings::store::trips::STATEMENTS,
        lists: savings::store::trips::LISTS,
    },
    Store {
        room: "savings/encounters",
        tables: &[],
        statements: savings::store::encounters::STATEMENTS,
        lists: savings::store::encounters::LISTS,
    },
    Store { room: "savings/patients", tables: &[], statements: savings::store::patients::STATEMENTS, lists: &[] },
    Store {
        room: "savings/recomputations",
        tables: &[],
        statements: savings::store::recomputations::STATEMENTS,
        lists: savings::store::recomputations::LISTS,
    },
    Store {
        room: "reservations",
        tables: reservations::store::TABLES,
        statements: reservations::store::STATEMENTS,
        lists: reservations::store::list::LISTS,
    },
    Store {
        room: "reservations/needs",
        tables: &[],
        statements: reservations::store::needs::STATEMENTS,
        lists: reservations::store::needs::LISTS,
    },
    Store { room: "reservations/sweeps", tables: &[], statements: reservations::store::sweeps::STATEMENTS, lists: &[] },
    Store {
        room: "reservations/patients",
        tables: &[],
        statements: reservations::store::patients::STATEMENTS,
        lists: &[],
    },
    Store { room: "reservations/desks", tables: &[], statements: reservations::store::desks::STATEMENTS, lists: &[] },
    Store {
        room: "tallies",
        tables: tallies::store::TABLES,
        statements: tallies::store::STATEMENTS,
        lists: tallies::store::LISTS,
    },
    Store {
        room: "access",
        tables: access::store::TABLES,
        statements: access::store::STATEMENTS,
        lists: access::store::LISTS,
    },
    Store { room: "access/places", tables: &[], statements: access::store::places::STATEMENTS, lists: &[] },
    Store {
        room: "tallies/discrepancies",
        tables: &[],
        statements: tallies::store::discrepancies::STATEMENTS,
        lists: tallies::store::discrepancies::LISTS,
    },
    Store {
        room: "tallies/statements",
        tables: &[],
        statements: tallies::store::statements::STATEMENTS,
        lists: tallies::store::statements::LISTS,
    },
    Store { room: "audit", tables: &[], statements: audit::store::STATEMENTS, lists: &[] },
    Store { room: "changes", tables: &[], statements: changes::store::STATEMENTS, lists: &[] },
    Store { room: "accounts", tables: accounts::store::TABLES, statements: accounts::store::STATEMENTS, lists: &[] },
    Store { room: "exports", tables: exports::store::TABLES, statements: exports::store::STATEMENTS, lists: &[] },
    Store { room: "imports", tables: imports::store::TABLES, statements: imports::store::STATEMENTS, lists: &[] },
];

/// Statements that read a whole table, each with the reason why that is right.
const WHOLE_TABLES: &[(&str, &str)] = &[
    ("db/verify HEADS", "verifies every programme, off the write path"),
    ("db/verify HEADLESS", "verifies every programme, off the write path"),
    ("db/retention HEADS", "looks through every programme, off the write path"),
    ("db/ledger FORGET_REQUESTS", "finds what is old by the index on time"),
    ("reservations/sweeps DUE", "finds what is due in any programme by the index on time"),
];

#[test]
fn a_table_has_one_owner() {
    let mut owners: BTreeMap<&str, &str> = BTreeMap::new();
    for store in STORES {
        for table in store.tables {
            let other = owners.insert(table, store.room);
            assert_eq!(other, None, "{table} is owned by {} too", store.room);
        }
    }
}

#[tokio::test]
async fn every_table_is_owned() {
    let database = Database::migrated("owned", Engine::Sqlite).await.unwrap();
    let Target::Sqlite(path) = &database.target else { unreachable!() };
    let mut connection = SqliteConnection::connect(path.to_str().unwrap()).await.unwrap();
    let rows = connection.fetch_all("SELECT name FROM sqlite_schema WHERE type = 'table'").await.unwrap();
    let owned: Vec<&str> = STORES.iter().flat_map(|store| store.tables).copied().collect();
    for row in rows {
        let table: String = row.get(0);
        let is_engines = table.starts_with("sqlite_") || table == "_sqlx_migrations";
        assert!(is_engines || owned.contains(&table.as_str()), "nobody owns {table}: name it in a store's TABLES");
    }
}

#[tokio::test]
async fn sqlite_prepares_every_text_and_reads_no_whole_table() {
    let database = Database::migrated("prepare", Engine::Sqlite).await.unwrap();
    let Target::Sqlite(path) = &database.target else { unreachable!() };
    let mut connection = SqliteConnection::connect(path.to_str().unwrap()).await.unwrap();
    for (name, sql) in statements() {
        check_sqlite(&mut connection, &name, sql.texts()[0]).await;
    }
    for (name, text) in lists() {
        check_sqlite(&mut connection, &name, &text).await;
    }
}

/// SQLite compiles a statement anew whenever a bare value behind LIMIT is bound: it might plan for a small one.
#[test]
fn no_limit_is_a_bare_value() {
    let of_statements = statements().into_iter().map(|(name, sql)| (name, sql.texts()[0].to_owned()));
    for (name, text) in of_statements.chain(lists()) {
        for limit in text.split("LIMIT $").skip(1) {
            let rest = limit.trim_start_matches(|c: char| c.is_ascii_digit());
            assert!(rest.starts_with(" + 0"), "{name}: write LIMIT $n + 0\n{text}");
        }
    }
}

/// What reads is told at once, and its rows must be found no worse for that.
#[tokio::test]
async fn sqlite_reads_no_whole_table_to_tell_rows_at_once() {
    let database = Database::migrated("told", Engine::Sqlite).await.unwrap();
    let Target::Sqlite(path) = &database.target else { unreachable!() };
    let mut connection = SqliteConnection::connect(path.to_str().unwrap()).await.unwrap();
    let of_statements = statements().into_iter().map(|(name, sql)| (name, sql.texts()[0].to_owned()));
    let reads = of_statements.chain(lists()).filter(|(_, text)| text.starts_with("SELECT") || text.starts_with("WITH"));
    for (name, text) in reads {
        let columns = connection.prepare(AssertSqlSafe(text.clone()).into_sql_str()).await.unwrap().columns().len();
        check_sqlite(&mut connection, &name, &db::told_at_once(&text, columns)).await;
        check_sqlite(&mut connection, &name, &db::told_together(Engine::Sqlite, &[(text.as_str(), columns, 0)])).await;
    }
}

async fn check_sqlite(connection: &mut SqliteConnection, name: &str, text: &str) {
    let explain = AssertSqlSafe(format!("EXPLAIN QUERY PLAN {text}")).into_sql_str();
    let plan =
        sqlx::query(explain).fetch_all(connection).await.unwrap_or_else(|error| panic!("{name}: {error}\n{text}"));
    let mut loops = Vec::new();
    must_use_index(name, plan.iter().map(|row| row.get::<String, _>("detail")), text);
    for row in plan {
        let (step, parent): (String, i64) = (row.get("detail"), row.get("parent"));
        let again = step.starts_with("SCAN r ") && loops.contains(&parent);
        assert!(!again, "{name} reads its rows once for each row of a table: CROSS JOIN keeps the order\n{text}");
        loops.extend((step.starts_with("SEARCH ") || step.starts_with("SCAN ")).then_some(parent));
        let scans = step.starts_with("SCAN ")
            && !["SCAN r", "SCAN told", "SCAN CONSTANT", "SCAN ("].iter().any(|ok| step.starts_with(ok));
        assert!(!scans || is_allowed(name), "{name} reads a whole table: {step}\n{text}");
        let is_key = WHOLE_KEYS
            .iter()
            .any(|table| text.contains(table) && step.starts_with(&format!("SEARCH {} ", alias(table))));
        let walks = text.contains("jsonb_each") && step.ends_with("(programme=?)") && !is_key;
        // Whoever inserts a row looks whether something waits for it, which nothing ever does: in tables that the text doesn't name.
        let table = step.strip_prefix("SEARCH ").and_then(|rest| rest.split(' ').next()).unwrap_or_default();
        let is_asked = !text.starts_with("INSERT INTO ") || text.contains(&format!(" {table} "));
        let walks = walks && is_asked;
        assert!(!walks || is_allowed(name), "{name} {WALKS}: {step}\n{text}");
    }
}

/// Tables of which a programme's rows are one row, or all that is asked for.
const WHOLE_KEYS: [&str; 4] = ["heads h", "DELETE FROM heads", "programmes p", "sitting_units u"];

/// What stands for a table in a text: the last word.
fn alias(table: &str) -> &str {
    table.rsplit(' ').next().unwrap_or(table)
}

/// The engine may begin with every row of the programme and look each up in the JSON, or look through them for each row of the JSON.
const WALKS: &str = "walks a whole programme: take the programme from the JSON's rows, like the rest of the key; CROSS JOIN keeps the order";

#[tokio::test]
async fn postgres_prepares_every_text_and_reads_no_whole_table() {
    let Some(database) = Database::migrated("prepare", Engine::Postgres).await else { return };
    let Target::Postgres(url) = &database.target else { unreachable!() };
    let mut connection = PgConnection::connect(url).await.unwrap();
    for setting in ["enable_seqscan", "enable_hashjoin", "enable_mergejoin"] {
        connection.execute(AssertSqlSafe(format!("SET {setting} = off"))).await.unwrap();
    }
    for setting in ["join_collapse_limit", "from_collapse_limit"] {
        connection.execute(AssertSqlSafe(format!("SET {setting} = 1"))).await.unwrap();
    }
    connection.execute("SET plan_cache_mode = force_generic_plan").await.unwrap();
    for (name, sql) in statements() {
        let text = sql.texts()[1];
        check_postgres(&mut connection, &name, text).await;
        if text.starts_with("SELECT") || text.starts_with("WITH") {
            let columns = connection.prepare(AssertSqlSafe(text).into_sql_str()).await.unwrap().columns().len();
            let together = db::told_together(Engine::Postgres, &[(text, columns, 0)]);
            check_postgres(&mut connection, &name, &together).await;
        }
    }
    for (name, text) in lists() {
        check_postgres(&mut connection, &name, &text).await;
    }
    database.remove().await;
}

async fn check_postgres(connection: &mut PgConnection, name: &str, text: &str) {
    let prepare = AssertSqlSafe(format!("PREPARE statement AS {text}"));
    connection.execute(prepare).await.unwrap_or_else(|error| panic!("{name}: {error}\n{text}"));
    let binds = (1..=100).take_while(|n| text.contains(&format!("${n}"))).count();
    let values = vec!["NULL"; binds].join(", ");
    let values = if binds == 0 { String::new() } else { format!("({values})") };
    let explain = AssertSqlSafe(format!("EXPLAIN EXECUTE statement{values}")).into_sql_str();
    let plan = sqlx::raw_sql(explain).fetch_all(&mut *connection).await.unwrap();
    must_use_index(name, plan.iter().map(|row| row.get::<String, _>(0)), text);
    for row in plan {
        let step: String = row.get(0);
        assert!(!step.contains("Seq Scan on") || is_allowed(name), "{name} reads a whole table: {step}\n{text}");
        assert!(
            !step.contains("_excl"),
            "{name} finds rows by what excludes others, ten times as slow as by key: {step}\n{text}"
        );
        let walks = text.contains("jsonb_array_elements") && step.contains("Cond: (programme = $");
        assert!(!walks || is_allowed(name), "{name} {WALKS}: {step}\n{text}");
        // Without statistics, too: it has just been filled.
        let walks = step.contains("occupancy_by_session") && text.contains("o.resource = ");
        assert!(!walks, "{name} looks through what the programme has taken: {step}\n{text}");
    }
    connection.execute("DEALLOCATE statement").await.unwrap();
}

/// Statements that would walk a programme without an index of their own, which neither engine says as a whole table.
const BY_INDEX: &[(&str, &str)] = &[("persons HAND_ON", "person_seals_by_item")];

fn must_use_index(name: &str, mut plan: impl Iterator<Item = String>, text: &str) {
    let Some((_, index)) = BY_INDEX.iter().find(|(known, _)| *known == name) else { return };
    assert!(plan.any(|step| step.contains(index)), "{name} doesn't use {index}\n{text}");
}

fn is_allowed(name: &str) -> bool {
    WHOLE_TABLES.iter().any(|(allowed, _)| *allowed == name)
}

fn statements() -> Vec<(String, Sql)> {
    let of = |store: &'static Store| {
        store.statements.iter().map(move |(name, sql)| (format!("{} {name}", store.room), *sql))
    };
    STORES.iter().flat_map(of).collect()
}

/// Every list without filters, with each alone, and with all, each as a first page and as a later one.
fn lists() -> Vec<(String, String)> {
    let mut texts = Vec::new();
    for store in STORES {
        for (name, list) in store.lists {
            let count = list.filters.len();
            let choices = std::iter::once(Vec::new()).chain((0..count).map(|n| vec![n])).chain([(0..count).collect()]);
            for filters in choices {
                for after in [None, Some(list.after)] {
                    let text = joined(list, &filters, after);
                    texts.push((format!("{} {name}", store.room), text));
                }
            }
        }
    }
    texts
}

fn joined(list: &'static List, filters: &[usize], after: Option<&str>) -> String {
    let holes = |fragment: &str| vec![Value::from(""); fragment.matches('?').count()];
    let mut select: Select = list.select(holes(list.head));
    for filter in filters {
        select.filter(*filter, holes(list.filters[*filter]));
    }
    let key = |after: &str| Cursor(vec![Key::Text(String::new()); after.matches('?').count()]);
    select.page(&PageRequest { size: 10, after: after.map(key) });
    select.finish().0
}
