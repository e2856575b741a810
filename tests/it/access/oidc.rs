//! Tokens of an OIDC issuer: signed by its keys for us, in time, or nobody's.
use std::fs;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use homecoming::kernel::Timestamp;
use homecoming::pb;
use homecoming::pb::hospital_service_client::HospitalServiceClient;
use homecoming::server::Door;
use homecoming::server::oidc::{Issuer, Oidc};
use proptest::prelude::*;
use ring::rand::SystemRandom;
use ring::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _, RSA_PKCS1_SHA256, RsaKeyPair,
    RsaPublicKeyComponents,
};
use serde_json::{Value, json};

use super::{each_guarded, line, make_programme};
use crate::support::START;

const ISSUER: &str = "https://login.example";

/// An issuer with a key of each kind.
struct Login {
    rsa: RsaKeyPair,
    p256: EcdsaKeyPair,
    ed25519: Ed25519KeyPair,
}

fn encoded(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

impl Login {
    fn new() -> Login {
        let random = SystemRandom::new();
        let pem = include_str!("../support/tls/key.pem");
        let body: String = pem.lines().filter(|line| !line.starts_with("-----")).collect();
        let p256 = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random).unwrap();
        let ed25519 = Ed25519KeyPair::generate_pkcs8(&random).unwrap();
        Login {
            rsa: RsaKeyPair::from_pkcs8(&STANDARD.decode(body).unwrap()).unwrap(),
            p256: EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, p256.as_ref(), &random).unwrap(),
            ed25519: Ed25519KeyPair::from_pkcs8(ed25519.as_ref()).unwrap(),
        }
    }

    fn keys(&self) -> Value {
        let RsaPublicKeyComponents { n, e }: RsaPublicKeyComponents<Vec<u8>> = self.rsa.public().into();
        let point = self.p256.public_key().as_ref();
        json!({"keys": [
            {"kid": "r", "kty": "RSA", "use": "sig", "n": encoded(n), "e": encoded(e)},
            {"kid": "p", "kty": "EC", "crv": "P-256", "x": encoded(&point[1..33]), "y": encoded(&point[33..])},
            {"kid": "o", "kty": "OKP", "crv": "Ed25519", "x": encoded(self.ed25519.public_key())},
            {"kid": "enc", "kty": "RSA", "use": "enc", "n": "AQAB", "e": "AQAB"},
        ]})
    }

    fn sign(&self, header: &Value, claims: &Value) -> String {
        let message = format!("{}.{}", encoded(header.to_string()), encoded(claims.to_string()));
        let random = SystemRandom::new();
        let signature = match header["kid"].as_str() {
            Some("p") => self.p256.sign(&random, message.as_bytes()).unwrap().as_ref().to_vec(),
            Some("o") => self.ed25519.sign(message.as_bytes()).as_ref().to_vec(),
            _ => {
                let mut signature = vec![0; self.rsa.public().modulus_len()];
                self.rsa.sign(&RSA_PKCS1_SHA256, &random, message.as_bytes(), &mut signature).unwrap();
                signature
            }
        };
        format!("{message}.{}", encoded(signature))
    }
}

fn settings(folder: &Path, login: &Login) -> Oidc {
    let keys = folder.join("keys.json");
    fs::write(&keys, login.keys().to_string()).unwrap();
    Oidc { oidc_issuer: ISSUER.to_owned(), oidc_keys: Some(keys), ..Oidc::default() }
}

fn seconds(from_now: i64) -> i64 {
    START.micros() / 1_000_000 + from_now
}

fn claims() -> Value {
    json!({"iss": ISSUER, "sub": "u-7", "aud": ["x", "homecoming"], "exp": seconds(600), "nbf": seconds(0)})
}

fn with(mut claims: Value, key: &str, value: Value) -> Value {
    claims[key] = value;
    claims
}

#[test]
fn each_kind_of_key_signs_and_only_for_its_algorithm() {
    let (login, folder) = (Login::new(), tempfile::tempdir().unwrap());
    let issuer = Issuer::open(&settings(folder.path(), &login)).unwrap().unwrap();
    for (kid, algorithm) in [("r", "RS256"), ("p", "ES256"), ("o", "EdDSA")] {
        let token = login.sign(&json!({"alg": algorithm, "kid": kid}), &claims());
        for _ in 0..2 {
            let vouched = issuer.verify(&token, START).unwrap();
            assert_eq!((vouched.subject.as_str(), vouched.expires), ("oidc:u-7", START.plus_micros(660_000_000)));
        }
        for wrong in ["none", "HS256", "RS512", "rs256"] {
            let token = login.sign(&json!({"alg": wrong, "kid": kid}), &claims());
            assert_eq!(issuer.verify(&token, START), None, "{kid} {wrong}");
        }
        // One bit of any part.
        for at in [3, token.find('.').unwrap() + 5, token.len() - 8] {
            let mut bytes = token.clone().into_bytes();
            bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
            assert_eq!(issuer.verify(std::str::from_utf8(&bytes).unwrap(), START), None, "{kid} {at}");
        }
    }
}

#[test]
fn a_token_is_for_us_from_our_issuer_and_in_time() {
    let (login, folder) = (Login::new(), tempfile::tempdir().unwrap());
    let issuer = Issuer::open(&settings(folder.path(), &login)).unwrap().unwrap();
    let header = json!({"alg": "ES256", "kid": "p"});
    let verify = |claims: Value| issuer.verify(&login.sign(&header, &claims), START);
    assert!(verify(with(claims(), "aud", json!("homecoming"))).is_some());
    assert!(verify(with(claims(), "nbf", json!(seconds(59)))).is_some(), "within the skew");
    for (key, value) in [
        ("iss", json!("https://other.example")),
        ("aud", json!("other")),
        ("aud", json!([])),
        ("nbf", json!(seconds(61))),
        ("exp", json!(-1)),
        ("exp", json!(1e300)),
        ("exp", json!("soon")),
        ("sub", json!("")),
        ("sub", json!("a b")),
        ("sub", json!("x".repeat(121))),
    ] {
        assert_eq!(verify(with(claims(), key, value.clone())), None, "{key} {value}");
    }
    let crit = json!({"alg": "ES256", "kid": "p", "crit": ["exp"]});
    assert_eq!(issuer.verify(&login.sign(&crit, &claims()), START), None);
    let unknown = json!({"alg": "ES256", "kid": "q"});
    assert_eq!(issuer.verify(&login.sign(&unknown, &claims()), START), None);
    let past = issuer.verify(&login.sign(&header, &with(claims(), "exp", json!(seconds(-61)))), START).unwrap();
    assert!(past.expires < START, "the caller is told that it has expired");
}

#[test]
fn a_file_without_keys_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let keys = folder.path().join("keys.json");
    let settings = Oidc { oidc_issuer: ISSUER.to_owned(), oidc_keys: Some(keys.clone()), ..Oidc::default() };
    assert!(Issuer::open(&settings).is_err(), "no file");
    for text in ["", "{}", "{\"keys\": []}", "{\"keys\": [{\"kty\": \"oct\", \"k\": \"AQAB\"}]}"] {
        fs::write(&keys, text).unwrap();
        assert!(Issuer::open(&settings).is_err(), "{text}");
    }
    assert!(Issuer::open(&Oidc::default()).unwrap().is_none());
}

proptest! {
    #[test]
    fn no_text_is_a_token(text in "[A-Za-z0-9_.{}\":,-]{0,200}", parts in proptest::collection::vec(any::<Vec<u8>>(), 3)) {
        let (login, folder) = (Login::new(), tempfile::tempdir().unwrap());
        let issuer = Issuer::open(&settings(folder.path(), &login)).unwrap().unwrap();
        prop_assert_eq!(issuer.verify(&text, Timestamp::default()), None);
        let parts: Vec<String> = parts.iter().map(encoded).collect();
        prop_assert_eq!(issuer.verify(&parts.join("."), Timestamp::default()), None);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_an_issuer_vouches_for_has_the_roles_that_we_gave() {
    each_guarded("oidc", async |server, owner| {
        let mine = line(&server, &owner);
        make_programme(&mine, "mine").await;
        let (login, folder) = (Login::new(), tempfile::tempdir().unwrap());
        let issuer = Issuer::open(&settings(folder.path(), &login)).unwrap();
        let door = Door { issuer: issuer.map(Into::into), ..Door::guarded("127.0.0.1:0".parse().unwrap()) };
        let trusting = server.second_behind(&door).await;
        let token = login.sign(&json!({"alg": "RS256", "kid": "r"}), &claims());
        let list = || pb::ListHospitalsRequest { parent: "programmes/mine".to_owned(), ..Default::default() };
        let calls = async |server: &_| {
            let answer = HospitalServiceClient::new(line(server, &token)).list_hospitals(list()).await;
            answer.map(drop).map_err(|status| crate::support::errors::refusal(&status).reason)
        };
        use homecoming::kernel::Reason;
        assert_eq!(calls(&trusting).await, Err(Reason::ResourceNotFound), "no role yet");
        super::bind(&line(&trusting, &owner), "mine", super::whole("oidc:u-7", pb::AccessRole::Reporter)).await;
        assert_eq!(calls(&trusting).await, Ok(()));
        assert_eq!(calls(&server).await, Err(Reason::CredentialsInvalid), "a server that trusts no issuer");
        server.clock.advance_minutes(12);
        assert_eq!(calls(&trusting).await, Err(Reason::CredentialsExpired));
        trusting.stop().await;
    })
    .await;
}

/// Whoever a key vouched for is nobody once it is gone, and their streams end.
#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_is_removed_ends_what_streams_by_it() {
    use homecoming::kernel::Reason;
    use homecoming::pb::change_service_client::ChangeServiceClient;
    each_guarded("removed_key", async |server, owner| {
        let mine = line(&server, &owner);
        make_programme(&mine, "mine").await;
        super::bind(&mine, "mine", super::whole("oidc:u-7", pb::AccessRole::Auditor)).await;
        let (login, folder) = (Login::new(), tempfile::tempdir().unwrap());
        let settings = settings(folder.path(), &login);
        let issuer = Issuer::open(&settings).unwrap();
        let door = Door { issuer: issuer.map(Into::into), ..Door::guarded("127.0.0.1:0".parse().unwrap()) };
        let trusting = server.second_behind(&door).await;
        let watch = || pb::WatchChangesRequest { parent: "programmes/mine".to_owned(), ..Default::default() };
        let mut streams = Vec::new();
        let tokens =
            [("r", "RS256"), ("p", "ES256")].map(|(kid, alg)| login.sign(&json!({"alg": alg, "kid": kid}), &claims()));
        for token in &tokens {
            let mut client = ChangeServiceClient::new(line(&trusting, token));
            let mut stream = client.watch_changes(watch()).await.unwrap().into_inner();
            stream.message().await.unwrap().unwrap();
            streams.push(stream);
        }
        let mut keys = login.keys();
        keys["keys"].as_array_mut().unwrap().retain(|key| key["kid"] != "r");
        fs::write(settings.oidc_keys.unwrap(), keys.to_string()).unwrap();
        let (gone, stays) = (&mut streams.remove(0), &mut streams[0]);
        let ends = async {
            loop {
                if let Err(status) = gone.message().await {
                    return crate::support::errors::refusal(&status).reason;
                }
            }
        };
        let reason =
            tokio::time::timeout(std::time::Duration::from_secs(10), ends).await.expect("the file is looked at");
        assert_eq!(reason, Reason::CredentialsInvalid);
        let list = || pb::ListHospitalsRequest { parent: "programmes/mine".to_owned(), ..Default::default() };
        let refused = HospitalServiceClient::new(line(&trusting, &tokens[0])).list_hospitals(list()).await.unwrap_err();
        assert_eq!(crate::support::errors::refusal(&refused).reason, Reason::CredentialsInvalid);
        // The other key's stream goes on: it sees what is written now.
        make_hospital(&mine).await;
        let seen = tokio::time::timeout(std::time::Duration::from_secs(10), async {
            loop {
                let message = stays.message().await.unwrap().unwrap();
                if format!("{message:?}").contains("hospitals/h1") {
                    break;
                }
            }
        });
        seen.await.expect("it goes on");
        trusting.stop().await;
    })
    .await;
}

async fn make_hospital(line: &super::Line) {
    let hospital =
        pb::Hospital { display_name: "h1".to_owned(), level: pb::HospitalLevel::Tertiary.into(), ..Default::default() };
    let request = pb::CreateHospitalRequest {
        parent: "programmes/mine".to_owned(),
        hospital_id: "h1".to_owned(),
        hospital: Some(hospital),
        ..Default::default()
    };
    HospitalServiceClient::new(line.clone()).create_hospital(request).await.unwrap();
}
