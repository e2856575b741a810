//! Random input for every parser of files and texts that come from outside, called in this process.
//!
//! An input is known by its seed and number: the same come in every run.
use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use homecoming::access::secret::Secret;
use homecoming::activities::ProcedureCode;
use homecoming::audit::{Head, file};
use homecoming::db::{Db, Options, Target, backup};
use homecoming::imports::table::{self, About};
use homecoming::kernel::pseudonym::{Identifiers, normalise};
use homecoming::kernel::{
    Cursor, Fen, Fields, Id, Key, ManualClock, Page, PageRequest, Patient, ProgrammeName, Specialty, Timestamp, Zone,
};
use homecoming::server::oidc::{Issuer, Oidc};
use homecoming::tallies::proof::Proof;
use homecoming::wire::caller_in;
use ring::signature::{Ed25519KeyPair, KeyPair as _};
use serde_json::json;
use tempfile::TempDir;
use tonic::metadata::{MetadataMap, MetadataValue};

use super::chance::Chance;

/// What reads bytes from outside, as it is counted; one input in so many is for it.
pub const PARSERS: [(&str, u64); 12] = [
    ("CSV", 4),
    ("XLSX", 2),
    ("page token", 3),
    ("own token", 2),
    ("JWT", 3),
    ("JWT claims", 3),
    ("JWKS", 1),
    ("audit file", 2),
    ("statement", 1),
    ("metadata", 1),
    ("names and codes", 4),
    ("patients' numbers", 1),
];

/// What one input came to.
pub struct Tried {
    /// Its place in [`PARSERS`].
    pub parser: usize,
    /// What is wrong: it panicked, or took for genuine what isn't.
    pub wrong: Option<String>,
}

/// Valid files and lines, to be changed.
pub struct Seeds {
    tables: [Vec<(String, Vec<u8>)>; 2],
    page: String,
    issuer: Issuer,
    key: Ed25519KeyPair,
    keys: String,
    folder: TempDir,
}

/// When every token of an issuer is in time.
const NOW: Timestamp = Timestamp::from_micros(1_711_929_600_000_000);
const ISSUER: &str = "https://login.example";
const SECRET: &str = "hc_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
const HEADER: &str = r#"{"alg":"EdDSA","kid":"o"}"#;
const CLAIMS: &str =
    r#"{"iss":"https://login.example","sub":"u-7","aud":["x","homecoming"],"exp":9000000000,"nbf":0.5}"#;
const LINE: &str = r#"{"programme":"p","entry":1,"time_micros":1,"subject":"s","on_behalf_of":"","method":"m","names":["n"],"digest":"d","hash":"h","link":"l"}"#;

/// The key by which the issuer of tests signs; its JWKS.
fn issuer_keys() -> (Ed25519KeyPair, String) {
    let key = Ed25519KeyPair::from_seed_unchecked(&[7; 32]).unwrap();
    let x = URL_SAFE_NO_PAD.encode(key.public_key());
    let keys = json!({"keys": [
        {"kid": "o", "kty": "OKP", "crv": "Ed25519", "x": x},
        {"kid": "r", "kty": "RSA", "use": "sig", "n": "sXchTQ", "e": "AQAB"},
        {"kid": "p", "kty": "EC", "crv": "P-256", "x": x, "y": x},
    ]});
    (key, keys.to_string())
}

/// A token of the issuer of tests.
pub fn issuers_token(key: &Ed25519KeyPair, header: &[u8], claims: &[u8]) -> String {
    let message = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(claims));
    let signature = URL_SAFE_NO_PAD.encode(key.sign(message.as_bytes()));
    format!("{message}.{signature}")
}

/// A token that holds until the year 2255.
pub fn genuine(key: &Ed25519KeyPair) -> String {
    issuers_token(key, HEADER.as_bytes(), CLAIMS.as_bytes())
}

/// The issuer of tests with its keys in a file of this name, and the key by which it signs.
pub fn issuer(file: &Path) -> (Issuer, Ed25519KeyPair) {
    let (key, keys) = issuer_keys();
    fs::write(file, keys).unwrap();
    (opened(file.to_owned()).unwrap(), key)
}

fn opened(keys: PathBuf) -> Option<Issuer> {
    let settings = Oidc { oidc_issuer: ISSUER.to_owned(), oidc_keys: Some(keys), ..Oidc::default() };
    Issuer::open(&settings).ok().flatten()
}

impl Seeds {
    pub fn new() -> Seeds {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/liling");
        let mut tables = [vec![("患者.csv".to_owned(), b"id,name,level\nh1,x,TERTIARY\n".to_vec())], Vec::new()];
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let table = (path.file_name().unwrap().to_str().unwrap().to_owned(), fs::read(&path).unwrap());
            tables[usize::from(table.0.ends_with("xlsx"))].push(table);
        }
        tables.iter_mut().for_each(|tables| tables.sort());
        let next = Some(Cursor(vec![Key::Text("2024-03-05".to_owned()), Key::Int(7)]));
        let page = Page::<()>::ended_at(Vec::new(), next, "list").next_page_token();
        let folder = tempfile::tempdir().unwrap();
        let (issuer, key) = issuer(&folder.path().join("keys.json"));
        Seeds { tables, page, issuer, key, keys: issuer_keys().1, folder }
    }

    /// Gives one random input to one parser.
    pub fn parse(&self, chance: &mut Chance) -> Tried {
        let mut left = chance.below(PARSERS.iter().map(|(_, share)| share).sum());
        let parser = PARSERS.iter().position(|(_, share)| {
            let is_it = left < *share;
            left = left.saturating_sub(*share);
            is_it
        });
        let parser = parser.unwrap();
        let (said, wrong) = self.give(parser, chance);
        Tried { parser, wrong: wrong.map(|wrong| format!("{} {wrong}: {said:?}", PARSERS[parser].0)) }
    }

    fn give(&self, parser: usize, chance: &mut Chance) -> (String, Option<&'static str>) {
        let seed: &[u8] = match PARSERS[parser].0 {
            "page token" => self.page.as_bytes(),
            "own token" => SECRET.as_bytes(),
            "JWT" => return self.forged(chance),
            "JWT claims" => return self.claimed(chance),
            "JWKS" => self.keys.as_bytes(),
            "audit file" => LINE.as_bytes(),
            "statement" => STATEMENT.as_bytes(),
            "metadata" => b"OWNER,SCHEDULER",
            "names and codes" => chance.one_of(&TEXTS).as_bytes(),
            "patients' numbers" => b"11010519491231002X",
            which => {
                let tables = &self.tables[usize::from(which == "XLSX")];
                let (name, bytes) = &tables[usize::try_from(chance.below(tables.len() as u64)).unwrap()];
                let bytes = chance.mutated(bytes);
                let about = About { file_name: name.clone(), ..About::default() };
                let said = format!("{name} {}", String::from_utf8_lossy(&bytes));
                return (said, panics(|| drop(table::read(&about, &bytes))));
            }
        };
        let bytes = chance.mutated(seed);
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let wrong = panics(|| match PARSERS[parser].0 {
            "page token" => drop(PageRequest::parse(&mut Fields::new(), 10, &text, "list")),
            "own token" => drop(Secret::parse(&text).map(|secret| secret.hash())),
            "JWKS" => {
                let file = self.folder.path().join("changed.json");
                fs::write(&file, &bytes).unwrap();
                drop(opened(file).map(|issuer| issuer.verify(&genuine(&self.key), NOW)));
            }
            "audit file" => drop(file::read(&text)),
            "statement" => drop(Proof::of(&bytes)),
            "metadata" => metadata(&bytes),
            "names and codes" => texts(&text),
            _ => drop((normalise(&text, Identifiers::Any), normalise(&text, Identifiers::Resident))),
        });
        (text, wrong)
    }

    /// A token that was changed after it was signed: nobody's.
    fn forged(&self, chance: &mut Chance) -> (String, Option<&'static str>) {
        let token = genuine(&self.key);
        let text = String::from_utf8_lossy(&chance.mutated(token.as_bytes())).into_owned();
        let verified = catch_unwind(AssertUnwindSafe(|| self.issuer.verify(&text, NOW)));
        let wrong = match verified {
            Err(_) => Some("panicked"),
            Ok(Some(_)) if text != token => Some("believed"),
            Ok(_) => None,
        };
        (text, wrong)
    }

    /// A token that the issuer signed, whatever it says: somebody's only where the issuer's and our names are in it.
    fn claimed(&self, chance: &mut Chance) -> (String, Option<&'static str>) {
        let (mut header, mut claims) = (HEADER.as_bytes().to_vec(), CLAIMS.as_bytes().to_vec());
        if chance.below(3) == 0 {
            header = chance.mutated(&header)
        } else {
            claims = chance.mutated(&claims)
        }
        let said = String::from_utf8_lossy(&claims).into_owned();
        let token = issuers_token(&self.key, &header, &claims);
        let verified = catch_unwind(AssertUnwindSafe(|| self.issuer.verify(&token, NOW)));
        let wrong = match verified {
            Err(_) => Some("panicked"),
            Ok(Some(_)) if !(said.contains(ISSUER) && said.contains("homecoming")) => Some("believed"),
            Ok(Some(vouched)) if !vouched.subject.starts_with("oidc:") => Some("took another realm"),
            Ok(_) => None,
        };
        (said, wrong)
    }
}

fn panics(what: impl FnOnce()) -> Option<&'static str> {
    catch_unwind(AssertUnwindSafe(what)).is_err().then_some("panicked")
}

const STATEMENT: &str = concat!(
    r#"{"record":"statement","form":"homecoming-statement-1","programme":"p","kind":"CLOSING","from_date":"2024-01-01","#,
    r#""to_date":"2024-03-31","sequence":1,"audit_head":"7:9f2c","time_micros":1,"previous":null}"#,
    "\n"
);

const TEXTS: [&str; 9] = [
    "programmes/liling/experts/e1",
    "03.04",
    "51.2300x001",
    "Asia/Shanghai",
    "-12.30",
    "tok_0000001",
    "11010519491231002X",
    "48210:9f2c",
    "2024年3月5日",
];

/// Every small parser of a text.
fn texts(text: &str) {
    let _ = (Id::parse(text).is_ok(), ProgrammeName::parse(text).is_ok(), Specialty::parse(text).is_ok());
    let _ = (ProcedureCode::parse(text).is_some(), Zone::parse(text).is_some(), Fen::parse_yuan(text).is_ok());
    let _ = (Patient::parse("his", text).is_ok(), Head::parse(text).is_some());
    let micros = text.bytes().fold(0_i64, |sum, byte| sum.wrapping_mul(31).wrapping_add(i64::from(byte)));
    let _ = Zone::UTC.date_of(Timestamp::from_micros(micros));
}

fn metadata(bytes: &[u8]) {
    let mut metadata = MetadataMap::new();
    if let Ok(value) = MetadataValue::try_from(bytes) {
        metadata.insert("x-homecoming-roles", value);
    }
    let _ = caller_in(&metadata).is_ok();
}

/// Puts changed backups back: each is refused or whole, and nothing panics. What went wrong.
pub async fn restores(inputs: u64, chance: &mut Chance) -> Vec<String> {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let database = Target::Sqlite(at("homecoming.db"));
    Db::open(&database, Options::default(), Arc::new(ManualClock::new(NOW))).await.unwrap().close().await;
    backup::backup(&database, &at("backup")).await.unwrap();
    let whole = fs::read(at("backup")).unwrap();
    let mut wrong = Vec::new();
    for number in 0..inputs {
        fs::write(at("changed"), chance.mutated(&whole)).unwrap();
        let (from, to) = (at("changed"), at(&format!("restored-{number}")));
        let restoring = tokio::spawn(async move { drop(backup::restore(&from, &Target::Sqlite(to)).await) });
        if restoring.await.is_err() {
            wrong.push(format!("backup {number} panicked"));
        }
        let _ = fs::remove_file(at(&format!("restored-{number}"))); // refused ones aren't there
    }
    wrong
}
