//! Backups of a server that runs and writes: one moment's picture, whole, and put back by a command.
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::sync::{Arc, Mutex};

use homecoming::db::Engine;
use homecoming::db::verify::VerifyLedger;
use homecoming::pb;
use homecoming::pb::hospital_service_client::HospitalServiceClient;
use homecoming::pb::programme_service_client::ProgrammeServiceClient;
use tokio::sync::Notify;
use tonic::transport::Channel;

use crate::process::programme;
use crate::support::program::{Program, output};
use crate::support::{Database, connect};

const PARENT: &str = "programmes/liling";
const WRITERS: usize = 8;
const BACKUPS: usize = 3;
/// Writes that are acknowledged before the first backup, and between two.
const BETWEEN: usize = 100;

/// What was acknowledged so far, and who waits for more of it.
#[derive(Default)]
struct Load {
    acknowledged: Mutex<BTreeSet<String>>,
    more: Notify,
    is_over: AtomicBool,
}

impl Load {
    async fn write(self: Arc<Load>, channel: Channel, writer: usize) {
        let mut client = HospitalServiceClient::new(channel);
        for number in 0.. {
            if self.is_over.load(SeqCst) {
                return;
            }
            let hospital = pb::Hospital {
                display_name: format!("hospital {writer} {number}"),
                level: pb::HospitalLevel::Tertiary.into(),
                ..Default::default()
            };
            let request =
                pb::CreateHospitalRequest { parent: PARENT.to_owned(), hospital: Some(hospital), ..Default::default() };
            let made = client.create_hospital(request).await.unwrap().into_inner();
            self.acknowledged.lock().unwrap().insert(made.name);
            self.more.notify_one();
        }
    }

    fn so_far(&self) -> BTreeSet<String> {
        self.acknowledged.lock().unwrap().clone()
    }

    async fn at_least(&self, number: usize) -> BTreeSet<String> {
        loop {
            let so_far = self.so_far();
            if so_far.len() >= number {
                return so_far;
            }
            self.more.notified().await;
        }
    }
}

/// Runs the program to its end: whether it went well, and all that it said.
async fn run(arguments: &[&str]) -> (bool, String) {
    let arguments: Vec<String> = arguments.iter().map(|argument| (*argument).to_owned()).collect();
    let ran = tokio::task::spawn_blocking(move || output(&arguments.iter().map(String::as_str).collect::<Vec<_>>()));
    let ran = ran.await.unwrap();
    (ran.status.success(), String::from_utf8([ran.stdout, ran.stderr].concat()).unwrap())
}

/// The hospitals in a database file.
async fn hospitals_in(file: &str) -> BTreeSet<String> {
    let program = Program::serve(file, &[]);
    let mut client = HospitalServiceClient::new(connect(program.address).await);
    let (mut names, mut page_token) = (BTreeSet::new(), String::new());
    loop {
        let request =
            pb::ListHospitalsRequest { parent: PARENT.to_owned(), page_size: 1_000, page_token, ..Default::default() };
        let page = client.list_hospitals(request).await.unwrap().into_inner();
        names.extend(page.hospitals.into_iter().map(|hospital| hospital.name));
        page_token = page.next_page_token;
        if page_token.is_empty() {
            program.terminate();
            assert!(program.wait().0.success());
            return names;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_platforms_own_ledger_counts_as_no_programme() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let program = Program::guarded(&path("own.db"), &[]); // the first start enters its owner's token
    let (is_made, said) = run(&["backup", &path("own.backup"), "--database", &path("own.db")]).await;
    drop(program);
    assert!(is_made && said.contains("0 programmes") && said.contains("1 audit entries"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn backups_under_load_have_all_that_was_acknowledged_before() {
    let database = Database::fresh("backups", Engine::Sqlite).await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = |name: String| folder.path().join(name).to_str().unwrap().to_owned();
    let program = Program::serve(&database.setting(), &[]);
    let channel = connect(program.address).await;
    ProgrammeServiceClient::new(channel.clone()).create_programme(programme("liling")).await.unwrap();
    let load = Arc::new(Load::default());
    let writers: Vec<_> =
        (0..WRITERS).map(|writer| tokio::spawn(load.clone().write(channel.clone(), writer))).collect();

    let mut before = Vec::new();
    for number in 0..BACKUPS {
        let done = load.so_far().len();
        before.push(load.at_least(done + BETWEEN).await);
        let file = path(format!("{number}.backup"));
        let (is_made, said) = run(&["backup", &file, "--database", &database.setting()]).await;
        assert!(is_made && said.contains("1 programmes") && said.contains("verified"), "{said}");
    }
    load.is_over.store(true, SeqCst);
    for writer in writers {
        writer.await.unwrap();
    }
    let all = load.so_far();
    assert!(all.len() > before[BACKUPS - 1].len(), "nothing was written meanwhile");
    drop(program); // killed: the backups need nothing of it

    for (number, before) in before.iter().enumerate() {
        let (file, restored) = (path(format!("{number}.backup")), path(format!("{number}.db")));
        assert!(!Path::new(&format!("{file}.partial")).exists());
        let (is_restored, said) = run(&["restore", &file, "--database", &restored]).await;
        assert!(is_restored && said.contains("verified"), "{said}");
        let found = hospitals_in(&restored).await;
        assert!(found.is_superset(before), "backup {number} lost {:?}", before.difference(&found).next());
        assert!(found.is_subset(&all), "backup {number} has what nobody was told of");
    }
    let verified = database.open().await.read(VerifyLedger).await.unwrap();
    assert_eq!(verified.wrong, Vec::<String>::new(), "the source");
    database.remove().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_copied_or_put_back_is_said() {
    let database = Database::migrated("no_backup", Engine::Sqlite).await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let (source, copy, restored) = (database.setting(), path("copy"), path("restored.db"));
    assert!(run(&["backup", &copy, "--database", &source]).await.0);

    let refused = async |arguments: &[&str], named: &str| {
        let (is_done, said) = run(arguments).await;
        assert!(!is_done && said.contains(named), "{arguments:?}: {said}");
    };
    refused(&["backup", &copy, "--database", &source], "is there already").await;
    refused(&["backup", &path("other"), "--database", &path("nothing.db")], "can't be opened").await;
    let other_engine = "postgres://county@127.0.0.1/homecoming";
    refused(&["backup", &path("other"), "--database", other_engine], "docs/operations.md").await;
    refused(&["restore", &copy, "--database", other_engine], "docs/operations.md").await;
    refused(&["restore", &copy, "--database", &source], "is there already").await;
    refused(&["restore", &path("nothing"), "--database", &restored], "nothing").await;
    fs::write(path("restored.db-wal"), "another's").unwrap();
    refused(&["restore", &copy, "--database", &restored], "restored.db-wal is there already").await;
    fs::remove_file(path("restored.db-wal")).unwrap();

    let whole = fs::read(&copy).unwrap();
    let mut damaged = whole.clone();
    damaged[100..4_096].fill(0xA5);
    fs::write(path("damaged"), damaged).unwrap();
    refused(&["restore", &path("damaged"), "--database", &restored], &format!("the backup {}", path("damaged"))).await;
    fs::write(path("foreign"), "not a database at all").unwrap();
    refused(&["restore", &path("foreign"), "--database", &restored], "isn't an SQLite file").await;
    refused(&["restore", &path("foreign"), "--database", &restored], &format!("the backup {}", path("foreign"))).await;
    assert!(!Path::new(&restored).exists());
    assert!(run(&["restore", &copy, "--database", &restored]).await.0);
    database.remove().await;
}
