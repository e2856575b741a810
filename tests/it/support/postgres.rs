//! A PostgreSQL cluster of the tests' own: started once, for one test process, and gone with it.
//!
//! It runs with the engine's default durability. What a test does in its database stands in `support`, not here.
use std::io::{BufRead, BufReader, Write as _};
use std::net::TcpListener;
use std::os::unix::fs::{MetadataExt as _, chown};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::{Mutex, OnceLock};
use std::{env, fs, thread};

/// Runs the server given as arguments and, once its own standard input ends, stops it and removes the folder.
/// The tests hold the other end of that input, so this happens however they end.
const KEEPER: &str = r#"
trap : INT TERM HUP
folder=$1; shift
"$@" </dev/null & server=$!
exec 2>&-
read -r _
kill -INT "$server"
wait "$server"
rm -rf "$folder"
"#;

/// A port may be taken between our look and the server's start; so often in a row it isn't.
const PORTS_TRIED: u32 = 5;

/// The server's URL without a database (`postgres://user@host:port`), or nothing where there is no PostgreSQL and it isn't demanded.
///
/// # Panics
/// Where PostgreSQL is missing although `CI=true`, or its programs don't start.
pub fn server() -> Option<&'static str> {
    static SERVER: OnceLock<Option<String>> = OnceLock::new();
    SERVER.get_or_init(find_or_start).as_deref()
}

/// The URL of one more cluster, for who does to it what others mustn't feel; nothing where PostgreSQL's programs aren't there.
pub fn another() -> Option<String> {
    Some(start(&programs()?))
}

fn find_or_start() -> Option<String> {
    if let Ok(url) = env::var("HOMECOMING_TEST_POSTGRES_URL") {
        return Some(without_database(&url));
    }
    if let Some(programs) = programs() {
        return Some(start(&programs));
    }
    assert!(
        env::var("CI").as_deref() != Ok("true"),
        "PostgreSQL's programs are missing and CI=true demands them: install Debian's package postgresql"
    );
    // Straight to the stream: the test harness hides what the print macros say.
    let _ = std::io::stderr()
        .write_all(b"PostgreSQL skipped: neither its programs nor HOMECOMING_TEST_POSTGRES_URL found\n");
    None
}

/// `postgres://user@host:port/name` without `/name`.
fn without_database(url: &str) -> String {
    let scheme = url.find("://").map_or(0, |at| at + 3);
    let end = url[scheme..].find('/').map_or(url.len(), |at| scheme + at);
    url[..end].to_owned()
}

/// The folder with `initdb` and `postgres`: in `PATH`, else the newest of Debian's.
fn programs() -> Option<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    let mut folders: Vec<PathBuf> = env::split_paths(&path).collect();
    let mut debian: Vec<_> =
        fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten().map(|e| e.path()).collect();
    debian.sort_by_key(|folder| folder.file_name().and_then(|name| name.to_str()?.parse::<u32>().ok()));
    folders.extend(debian.into_iter().rev().map(|folder| folder.join("bin")));
    folders.into_iter().find(|folder| folder.join("initdb").is_file() && folder.join("postgres").is_file())
}

fn start(programs: &Path) -> String {
    let folder = tempfile::Builder::new().prefix("homecoming-postgres-").tempdir().unwrap().keep();
    let user = Unprivileged::owner_of(&folder);
    let data = folder.join("data");
    let initdb = user
        .command(&programs.join("initdb"))
        .arg("--pgdata")
        .arg(&data)
        .args(["--username=homecoming", "--auth=trust", "--encoding=UTF8", "--no-locale", "--no-sync"])
        .current_dir(&folder)
        .output()
        .unwrap();
    assert!(initdb.status.success(), "initdb: {}", String::from_utf8_lossy(&initdb.stderr));

    let mut log = String::new();
    for _ in 0..PORTS_TRIED {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        match run(&user, programs, &folder, &data, port) {
            Ok(keeper) => {
                static KEEPERS: Mutex<Vec<(Child, ChildStdin)>> = Mutex::new(Vec::new());
                KEEPERS.lock().unwrap().push(keeper);
                return format!("postgres://homecoming@127.0.0.1:{port}");
            }
            Err(text) => log = text,
        }
    }
    panic!("PostgreSQL doesn't start:\n{log}");
}

/// The keeper process once the server's log says that it is ready, else the log.
fn run(
    user: &Unprivileged,
    programs: &Path,
    folder: &Path,
    data: &Path,
    port: u16,
) -> Result<(Child, ChildStdin), String> {
    let mut keeper = user
        .command(Path::new("sh"))
        .args(["-c", KEEPER, "keeper"])
        .arg(folder)
        .arg(programs.join("postgres"))
        .arg("-D")
        .arg(data)
        .args(["-h", "127.0.0.1", "-p", &port.to_string(), "-k", "", "-c", "max_connections=300"])
        .current_dir(folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let end = keeper.stdin.take().unwrap();
    let mut lines = BufReader::new(keeper.stderr.take().unwrap()).lines();
    let mut log = String::new();
    for line in lines.by_ref() {
        let line = line.unwrap_or_default();
        if line.contains("ready to accept connections") {
            thread::spawn(move || lines.for_each(drop));
            return Ok((keeper, end));
        }
        log.push_str(&line);
        log.push('\n');
    }
    // The folder is still needed: only the keeper of a server that ran removes it.
    keeper.kill().unwrap();
    keeper.wait().unwrap();
    Err(log)
}

/// Who runs the server: root hands over to somebody else, because PostgreSQL refuses root.
struct Unprivileged(Option<(String, u32, u32)>);

impl Unprivileged {
    fn owner_of(folder: &Path) -> Unprivileged {
        if fs::metadata(folder).unwrap().uid() != 0 {
            return Unprivileged(None);
        }
        let accounts = fs::read_to_string("/etc/passwd").unwrap();
        let account = |wanted: &str| {
            accounts.lines().find_map(|line| match line.split(':').collect::<Vec<_>>()[..] {
                [name, _, user, group, ..] if name == wanted => {
                    Some((name.to_owned(), user.parse().ok()?, group.parse().ok()?))
                }
                _ => None,
            })
        };
        let (name, user, group) = account("postgres").or_else(|| account("nobody")).unwrap();
        chown(folder, Some(user), Some(group)).unwrap();
        Unprivileged(Some((name, user, group)))
    }

    fn command(&self, program: &Path) -> Command {
        let Some((name, user, group)) = &self.0 else { return Command::new(program) };
        let setpriv = Path::new("/usr/bin/setpriv");
        if setpriv.exists() {
            let mut command = Command::new(setpriv);
            command
                .arg(format!("--reuid={user}"))
                .arg(format!("--regid={group}"))
                .args(["--clear-groups", "--"])
                .arg(program);
            return command;
        }
        let mut command = Command::new("runuser");
        command.args(["-u", name, "--"]).arg(program);
        command
    }
}

#[test]
fn a_url_loses_its_database_only() {
    assert_eq!(without_database("postgres://u:p@h:1/name?x=y"), "postgres://u:p@h:1");
    assert_eq!(without_database("postgres://u@h:1"), "postgres://u@h:1");
}

#[tokio::test]
async fn the_cluster_is_durable_as_delivered() {
    let Some(server) = server() else { return };
    let mut connection =
        <sqlx::PgConnection as sqlx::Connection>::connect(&format!("{server}/postgres")).await.unwrap();
    let settings = "SELECT current_setting('fsync') || ' ' || current_setting('synchronous_commit')";
    let found: String = sqlx::query_scalar(settings).fetch_one(&mut connection).await.unwrap();
    assert_eq!(found, "on on");
}
