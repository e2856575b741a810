//! The audit as auditors read it: entries, what a chain shows of tampering, exports and their check without a server.
use std::fs;

use homecoming::audit::{Finding, FindingKind as Kind, Head, Recorded, Report, Verifier, file};
use homecoming::db::Engine;
use homecoming::db::chain::{Entry, Link, ORIGIN};
use homecoming::kernel::Reason;
use homecoming::pb;
use homecoming::pb::audit_service_client::AuditServiceClient;
use homecoming::pb::hospital_service_client::HospitalServiceClient;
use homecoming::pb::programme_service_client::ProgrammeServiceClient;
use tonic::Request;

use crate::process::programme;
use crate::support::errors::refused;
use crate::support::program::{Program, output};
use crate::support::{Database, connect, each_engine};

/// The last entry of each batch.
const BATCHES: [i64; 4] = [1, 6, 7, 11];

fn entry(number: i64) -> Entry {
    Entry {
        programme: "liling".to_owned(),
        entry: number,
        time: 1_711_929_600_000_000 + number,
        subject: "office".to_owned(),
        on_behalf_of: String::new(),
        method: "HospitalService.CreateHospital".to_owned(),
        names: format!("[\"programmes/liling/hospitals/h-{number}\"]"),
        digest: format!("{number:064}"),
    }
}

/// Entries 1 to 11 with the links of their batches.
fn chain() -> Vec<Recorded> {
    let mut link = Link::after(ORIGIN);
    let sealed = (1..=11).map(|number| {
        let entry = entry(number);
        link.cover(&entry);
        let stored = BATCHES.contains(&number).then(|| {
            let stored = std::mem::replace(&mut link, Link::after("")).finish();
            link = Link::after(&stored);
            stored
        });
        Recorded { entry, link: stored }
    });
    sealed.collect()
}

fn head_of(chain: &[Recorded]) -> Head {
    let last = chain.last().unwrap();
    Head { entry: last.entry.entry, link: last.link.clone().unwrap() }
}

/// The lines of a file, as the program writes and reads them.
fn verify(lines: &[String], head: Option<Head>) -> Report {
    let mut verifier = Verifier::new("liling", head.into_iter().collect());
    for line in lines {
        match file::read(line) {
            Some((recorded, hash)) => verifier.take(&recorded, Some(&hash)),
            None => verifier.skip_unreadable(),
        }
    }
    verifier.finish()
}

type Tamper = fn(&mut Vec<String>);

fn replace(lines: &mut [String], number: usize, from: &str, to: &str) {
    assert!(lines[number - 1].contains(from), "{}", lines[number - 1]);
    lines[number - 1] = lines[number - 1].replace(from, to);
}

/// What is done to the file, and what is said of it.
type Attempt = (&'static str, Tamper, &'static [(Kind, i64, i64)]);

const ATTEMPTS: &[Attempt] = &[
    ("another subject", |f| replace(f, 3, "office", "someone"), &[(Kind::Changed, 3, 3)]),
    (
        "another principal",
        |f| replace(f, 4, "\"on_behalf_of\":\"\"", "\"on_behalf_of\":\"x\""),
        &[(Kind::Changed, 4, 4)],
    ),
    ("another method", |f| replace(f, 1, "Create", "Delete"), &[(Kind::Changed, 1, 1)]),
    ("another resource", |f| replace(f, 11, "h-11", "h-12"), &[(Kind::Changed, 11, 11)]),
    ("another time", |f| replace(f, 5, "00000005", "00000006"), &[(Kind::Changed, 5, 5)]),
    ("another body", |f| replace(f, 7, "07\",\"hash", "08\",\"hash"), &[(Kind::Changed, 7, 7)]),
    (
        "another programme",
        |f| replace(f, 7, "\"programme\":\"liling\"", "\"programme\":\"other\""),
        &[(Kind::Foreign, 7, 7), (Kind::Missing, 7, 7)],
    ),
    ("the hash with it", |f| forge(f, 4), &[(Kind::LinkBroken, 2, 6)]),
    ("the first dropped", |f| drop(f.remove(0)), &[(Kind::Missing, 1, 1)]),
    ("one dropped", |f| drop(f.remove(3)), &[(Kind::Missing, 4, 4)]),
    ("several dropped", |f| drop(f.drain(3..9)), &[(Kind::Missing, 4, 9)]),
    ("a batch's last dropped", |f| drop(f.remove(5)), &[(Kind::Missing, 6, 6)]),
    ("two swapped", |f| f.swap(1, 2), &[(Kind::Moved, 2, 2)]),
    (
        "one moved back",
        |f| {
            let line = f.remove(8);
            f.insert(2, line)
        },
        &[
            (Kind::Moved, 3, 3),
            (Kind::Moved, 4, 4),
            (Kind::Moved, 5, 5),
            (Kind::Moved, 6, 6),
            (Kind::Moved, 7, 7),
            (Kind::Moved, 8, 8),
        ],
    ),
    (
        "one moved on",
        |f| {
            let line = f.remove(2);
            f.insert(8, line)
        },
        &[(Kind::Moved, 3, 3)],
    ),
    ("one twice", |f| f.insert(4, f[3].clone()), &[(Kind::Moved, 4, 4)]),
    ("the tail cut between batches", |f| f.truncate(7), &[(Kind::TailCut, 8, 11)]),
    ("the tail cut in a batch", |f| f.truncate(9), &[(Kind::Unsealed, 8, 9), (Kind::TailCut, 10, 11)]),
    ("all cut", Vec::clear, &[(Kind::TailCut, 1, 11)]),
    ("a link taken away", |f| unlink(f, 6), &[(Kind::LinkBroken, 2, 7)]),
    ("a line damaged", |f| f[4].truncate(20), &[(Kind::Unreadable, 5, 5)]),
    ("the chain made anew", |f| remake(f), &[(Kind::HeadDiffers, 11, 11)]),
];

/// Changes an entry and its hash.
fn forge(lines: &mut [String], number: usize) {
    let (mut recorded, _) = file::read(&lines[number - 1]).unwrap();
    recorded.entry.subject = "someone".to_owned();
    lines[number - 1] = file::line(&recorded).unwrap();
}

fn unlink(lines: &mut [String], number: usize) {
    let (mut recorded, _) = file::read(&lines[number - 1]).unwrap();
    recorded.link = None;
    lines[number - 1] = file::line(&recorded).unwrap();
}

/// Changes an entry and computes every hash and link after it.
fn remake(lines: &mut [String]) {
    forge(lines, 3);
    let mut link = Link::after(ORIGIN);
    for line in lines {
        let (mut recorded, _) = file::read(line).unwrap();
        link.cover(&recorded.entry);
        if recorded.link.is_some() {
            let stored = std::mem::replace(&mut link, Link::after("")).finish();
            link = Link::after(&stored);
            recorded.link = Some(stored);
        }
        *line = file::line(&recorded).unwrap();
    }
}

#[test]
fn whatever_is_done_to_a_file_is_named() {
    let chain = chain();
    let head = head_of(&chain);
    let whole: Vec<String> = chain.iter().map(|recorded| file::line(recorded).unwrap()).collect();
    let report = verify(&whole, Some(head.clone()));
    assert_eq!(report, Report { entries: 11, head: head.clone(), findings: Vec::new() });
    let earlier = head_of(&chain[..7]);
    assert_eq!(verify(&whole, Some(earlier)).findings, Vec::new(), "a head published earlier");
    assert_eq!(Head::parse(&head.to_string()), Some(head.clone()));

    for (what, tamper, expected) in ATTEMPTS {
        let mut lines = whole.clone();
        tamper(&mut lines);
        let expected: Vec<Finding> =
            expected.iter().map(|&(kind, first, last)| Finding { kind, first, last }).collect();
        assert_eq!(verify(&lines, Some(head.clone())).findings, expected, "{what}");
    }
}

async fn seed(channel: &tonic::transport::Channel) {
    ProgrammeServiceClient::new(channel.clone()).create_programme(programme("liling")).await.unwrap();
    for number in 0..5 {
        let hospital = pb::Hospital {
            display_name: format!("hospital {number}"),
            level: pb::HospitalLevel::Tertiary.into(),
            ..Default::default()
        };
        let mut request = Request::new(pb::CreateHospitalRequest {
            parent: "programmes/liling".to_owned(),
            hospital_id: format!("h-{number}"),
            hospital: Some(hospital),
            ..Default::default()
        });
        request.metadata_mut().insert("x-homecoming-subject", "system-7".parse().unwrap());
        request.metadata_mut().insert("x-homecoming-on-behalf-of", "office-2".parse().unwrap());
        HospitalServiceClient::new(channel.clone()).create_hospital(request).await.unwrap();
    }
}

#[tokio::test]
async fn entries_are_listed_and_the_chain_is_verified() {
    each_engine("audit", async |server| {
        seed(&server.channel).await;
        let mut client = AuditServiceClient::new(server.channel.clone());
        let parent = "programmes/liling".to_owned();
        let request = pb::ListAuditEntriesRequest { parent: parent.clone(), after_entry: 1, page_size: 2 };
        let page = client.list_audit_entries(request).await.unwrap().into_inner();
        assert_eq!(page.entries.iter().map(|entry| entry.entry).collect::<Vec<_>>(), [2, 3]);
        let entry = &page.entries[0];
        assert_eq!((entry.subject.as_str(), entry.on_behalf_of.as_str()), ("system-7", "office-2"));
        assert_eq!(entry.method, "HospitalService.CreateHospital");
        assert_eq!(entry.names, ["programmes/liling/hospitals/h-0"]);
        assert!(!format!("{:?}", page.entries).contains("hospital 0"), "content in the audit");
        let head = page.head.unwrap();
        assert_eq!(head.entry, 6);

        let request = |published_head| pb::VerifyAuditRequest { parent: parent.clone(), published_head };
        let verified = client.verify_audit(request(Some(head.clone()))).await.unwrap().into_inner();
        assert_eq!((verified.entries, verified.head, verified.findings), (6, Some(head.clone()), Vec::new()));
        let other = pb::AuditHead { entry: 3, link: "0".repeat(64) };
        let verified = client.verify_audit(request(Some(other))).await.unwrap().into_inner();
        assert_eq!((verified.findings.len(), verified.findings[0].first_entry), (1, 3));
        let later = pb::AuditHead { entry: 9, ..head.clone() };
        let verified = client.verify_audit(request(Some(later))).await.unwrap().into_inner();
        assert_eq!(verified.findings[0].kind(), pb::AuditFindingKind::TailCut);
        let malformed = pb::AuditHead { entry: 3, link: "none".to_owned() };
        let violations = refused(client.verify_audit(request(Some(malformed))).await).violations;
        assert_eq!(violations, [("published_head".to_owned(), Reason::Malformed)]);
        let nowhere = pb::VerifyAuditRequest { parent: "programmes/none".to_owned(), published_head: None };
        assert_eq!(refused(client.verify_audit(nowhere).await).reason, Reason::ResourceNotFound);

        let database = Database::of(&server.target);
        database.execute("UPDATE audit_entries SET subject = 'someone' WHERE entry = 4").await;
        let verified = client.verify_audit(request(None)).await.unwrap().into_inner();
        let kinds: Vec<_> = verified.findings.iter().map(|f| (f.kind(), f.first_entry)).collect();
        assert_eq!(kinds, [(pb::AuditFindingKind::LinkBroken, 4)], "each was alone in its batch");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_export_is_verified_without_a_server() {
    let database = Database::fresh("audit_export", Engine::Sqlite).await.unwrap();
    let program = Program::serve(&database.setting(), &[]);
    seed(&connect(program.address).await).await;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("audit.jsonl").to_str().unwrap().to_owned();
    let server = format!("http://{}", program.address);
    let export = ["audit", "liling", "--server", &server, "--output", &path];
    let exported = output(&export);
    let said = String::from_utf8(exported.stderr).unwrap();
    assert!(exported.status.success(), "{said}");
    let head = said.trim().rsplit(' ').next().unwrap().to_owned();
    assert!(head.starts_with("6:"), "{said}");
    assert!(!output(&export).status.success(), "what is there isn't written over");
    drop(program);

    let check = |head: &str| {
        let checked = output(&["verify", "--audit", &path, "--head", head]);
        let said = [checked.stdout, checked.stderr].concat();
        (checked.status.success(), String::from_utf8(said).unwrap())
    };
    let (is_whole, said) = check(&head);
    assert!(is_whole && said.contains("6 entries are whole"), "{said}");
    let whole = fs::read_to_string(&path).unwrap();
    assert!(!whole.contains("hospital 1"), "content in the export");
    let lines: Vec<&str> = whole.lines().collect();
    let without = |number: usize| [&lines[..number - 1], &lines[number..]].concat().join("\n");
    for (tampered, named) in [
        (whole.replace("h-2", "h-9"), "entry 4 was changed"),
        (without(3), "entry 3 missing"),
        ([&lines[..2], &[lines[3], lines[2]], &lines[4..]].concat().join("\n"), "entry 3 was moved"),
        (lines[..4].join("\n"), "entries 5 to 6 cut off"),
        (String::new(), "entries 1 to 6 cut off"),
    ] {
        fs::write(&path, tampered).unwrap();
        let (is_whole, said) = check(&head);
        assert!(!is_whole && said.contains(named), "{named}: {said}");
    }
    // Lines that are none of an audit's are told as one, whatever they are.
    let table = "date,activity\n2024-03-04,a1\n".repeat(500);
    for (other, named) in [(table.as_str(), "is no exported audit"), (lines[0], "entries 2 to 6 cut off")] {
        fs::write(&path, other).unwrap();
        let (is_whole, said) = check(&head);
        assert!(!is_whole && said.contains(named) && said.lines().count() <= 3, "{said}");
    }
    let foreign = whole.replace("\"programme\":\"liling\"", "\"programme\":\"other\"");
    fs::write(&path, [lines[0], foreign.as_str()].join("\n")).unwrap();
    let (_, said) = check(&head);
    assert!(said.contains("entries 1 to 6 of another programme"), "{said}");
    let (_, said) = check("6:nothing");
    assert!(said.contains("ENTRY:LINK"), "{said}");
    database.remove().await;
}
