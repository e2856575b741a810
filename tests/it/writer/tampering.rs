//! The audit chain finds what somebody changed behind the service's back, and outlives an erasure.
use homecoming::db::Options;
use homecoming::db::verify::VerifyLedger;

use super::commands::Add;
use super::{Ward, call, each_engine};

/// Keeps the ledger to put it back after each attempt.
const KEEP: &str = "CREATE TABLE kept_entries AS SELECT * FROM audit_entries; \
    CREATE TABLE kept_changes AS SELECT * FROM changes; CREATE TABLE kept_heads AS SELECT * FROM heads";
const PUT_BACK: &str = "DELETE FROM audit_entries; INSERT INTO audit_entries SELECT * FROM kept_entries; \
    DELETE FROM changes; INSERT INTO changes SELECT * FROM kept_changes; \
    DELETE FROM heads; INSERT INTO heads SELECT * FROM kept_heads";

/// (what, how, a word of what is said of it). The programme's entries: 1 alone, 2 to 6 in one batch, 7 alone, 8 to 11.
const ATTEMPTS: &[(&str, &str, &str)] = &[
    ("another subject", "UPDATE audit_entries SET subject = 'somebody' WHERE entry = 3", "link at entry 6"),
    ("another principal", "UPDATE audit_entries SET on_behalf_of = 'somebody' WHERE entry = 11", "link at entry 11"),
    ("other resources", "UPDATE audit_entries SET names = '[]' WHERE entry = 2", "link at entry 6"),
    ("another time", "UPDATE audit_entries SET time = time + 1 WHERE entry = 1", "link at entry 1 "),
    ("another method", "UPDATE audit_entries SET method = 'TestService.Get' WHERE entry = 7", "link at entry 7"),
    ("another body", "UPDATE audit_entries SET digest = '00' WHERE entry = 9", "link at entry 11"),
    ("the first dropped", "DELETE FROM audit_entries WHERE entry = 1", "entry 1 is missing"),
    ("one dropped", "DELETE FROM audit_entries WHERE entry = 4", "entry 4 is missing"),
    (
        "one dropped and the gap closed",
        "DELETE FROM audit_entries WHERE entry = 7; \
         UPDATE audit_entries SET entry = 7 WHERE entry = 8; UPDATE audit_entries SET entry = 8 WHERE entry = 9; \
         UPDATE audit_entries SET entry = 9 WHERE entry = 10; UPDATE audit_entries SET entry = 10 WHERE entry = 11",
        "link at entry 10",
    ),
    (
        "two swapped",
        "UPDATE audit_entries SET entry = 102 WHERE entry = 2; UPDATE audit_entries SET entry = 2 WHERE entry = 3; \
         UPDATE audit_entries SET entry = 3 WHERE entry = 102",
        "link at entry 6",
    ),
    ("the tail cut off", "DELETE FROM audit_entries WHERE entry > 7", "ends at entry 7"),
    ("all cut off", "DELETE FROM audit_entries", "ends at entry 0"),
    (
        "one added",
        "INSERT INTO audit_entries SELECT programme, 12, time, subject, on_behalf_of, method, names, digest, salt, NULL \
         FROM kept_entries WHERE entry = 11",
        "ends at entry 12",
    ),
    ("a link taken away", "UPDATE audit_entries SET link = NULL WHERE entry = 6", "link at entry 7"),
    ("a link forged", "UPDATE audit_entries SET link = 'ff' WHERE entry = 6", "link at entry 6"),
    ("the head's link forged", "UPDATE heads SET link = 'ff'", "another link"),
    ("the head moved back", "UPDATE heads SET entry = 7", "the head at 7"),
    ("the head dropped", "DELETE FROM heads", "no head"),
    ("a change dropped", "DELETE FROM changes WHERE sequence = 2", "changes"),
    ("the last change dropped", "DELETE FROM changes WHERE sequence = 11", "changes"),
    ("the sequence moved on", "UPDATE heads SET sequence = sequence + 1", "changes"),
];

async fn wrong(ward: &Ward) -> String {
    ward.db.read(VerifyLedger).await.unwrap().wrong.join("; ")
}

#[tokio::test]
async fn whatever_is_changed_is_found() {
    each_engine("tampering", Options::default(), async |ward| {
        let adds = |count: usize| (0..count).map(|_| ward.db.write(call(""), Add::<false>::one("a"))).collect();
        ward.together::<_>(adds(5)).await;
        ward.add("a").await.unwrap();
        ward.together::<_>(adds(4)).await;
        let verified = ward.verify().await;
        assert_eq!((verified.programmes, verified.entries, verified.changes), (1, 11, 11));
        ward.database.execute(KEEP).await;
        for (what, how, said) in ATTEMPTS {
            ward.database.execute(how).await;
            let wrong = wrong(ward).await;
            assert!(wrong.contains(said), "{what}: {wrong:?}");
            ward.database.execute(PUT_BACK).await;
            ward.verify().await;
        }
        ward.add("a").await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn an_erased_salt_leaves_the_chain_whole() {
    each_engine("erasure", Options::default(), async |ward| {
        ward.add("a").await.unwrap();
        ward.database.execute("UPDATE audit_entries SET salt = NULL").await;
        assert_eq!(wrong(ward).await, "");
        ward.add("a").await.unwrap();
    })
    .await;
}
