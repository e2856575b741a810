//! Tokens of patients: how an identifier is normalised and becomes a token, and the command that does it inside the hospital.
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Output, Stdio};

use homecoming::kernel::Patient;
use homecoming::kernel::pseudonym::{Flaw, Identifiers, TOKEN, first_with_letters, normalise, token};
use proptest::prelude::*;

use crate::support::program::{command, output};

/// The standard's own example, GB 11643: nobody's number.
const EXAMPLE: &str = "11010519491231002X";
const KEY: &[u8] = b"0123456789abcdef0123456789abcdef";

#[test]
fn a_person_has_one_form() {
    let resident = |text: &str| normalise(text, Identifiers::Resident);
    for same in [
        EXAMPLE,
        "11010519491231002x",
        " 110105 19491231 002X\u{3000}",
        "１１０１０５１９４９１２３１００２Ｘ",
        "110105-19491231-002x",
        "110105491231002",
    ] {
        assert_eq!(resident(same).as_deref(), Ok(EXAMPLE), "{same}");
    }
    assert_eq!(resident(""), Err(Flaw::Empty));
    assert_eq!(resident(" \u{3000}"), Err(Flaw::Empty));
    assert_eq!(resident("110105194912310021"), Err(Flaw::CheckCharacter));
    assert_eq!(resident("13912345678"), Err(Flaw::Shape));
    assert_eq!(resident("E12345678"), Err(Flaw::Shape));
    assert_eq!(normalise("e 1234-5678", Identifiers::Any).as_deref(), Ok("E12345678"));
    assert_eq!(
        normalise("110105194912310021", Identifiers::Any),
        Err(Flaw::CheckCharacter),
        "a misread one is no other one"
    );
    assert_eq!(normalise("张三", Identifiers::Any), Err(Flaw::Shape));
}

#[test]
fn a_token_is_the_hmac_of_the_normalised_number() {
    // Python: base64.b32encode(hmac.digest(key, id, "sha256")[:16]).decode().lower().rstrip("=")
    assert_eq!(token(KEY, EXAMPLE), "pmvxgi5xk5innm57cpew7gcbwy");
    assert_ne!(token(KEY, EXAMPLE), token(b"another key of the same length..", EXAMPLE));
    // 0xd6b5ad… is base32 without a letter; the next digest is taken.
    let digits = [0xd6, 0xb5, 0xad, 0x6b, 0x5a].repeat(7);
    let without_letters: [u8; 32] = digits[..32].try_into().unwrap();
    let taken = first_with_letters([without_letters, [0; 32]].into_iter());
    assert_eq!(taken, "a".repeat(TOKEN));
}

proptest! {
    #[test]
    fn every_token_is_one_that_is_taken(identifier in "[A-Z0-9]{1,64}", key in proptest::collection::vec(any::<u8>(), 32..80)) {
        let made = token(&key, &identifier);
        prop_assert_eq!(made.len(), TOKEN);
        prop_assert!(Patient::parse("hospital", &made).is_ok());
        prop_assert_eq!(token(&key, &identifier), made);
    }
}

fn pseudonymise(arguments: &[&str], input: &str) -> Output {
    let mut child = command(&[&["pseudonymise"], arguments].concat()).stdin(Stdio::piped()).spawn().unwrap();
    std::io::Write::write_all(&mut child.stdin.take().unwrap(), input.as_bytes()).unwrap();
    child.wait_with_output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

fn key_in(folder: &Path, mode: u32, content: &[u8]) -> String {
    let path = folder.join(format!("key-{mode:o}-{}", content.len()));
    fs::write(&path, content).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
    path.to_str().unwrap().to_owned()
}

#[test]
fn numbers_become_tokens_line_by_line_or_in_a_column() {
    let folder = tempfile::tempdir().unwrap();
    let key = folder.path().join("hospital.key").to_str().unwrap().to_owned();
    assert!(output(&["pseudonymise", "--new-key", &key]).status.success());
    assert_eq!(fs::metadata(&key).unwrap().permissions().mode() & 0o777, 0o600);
    assert!(!output(&["pseudonymise", "--new-key", &key]).status.success(), "a key is never written over");
    let made = fs::read(&key).unwrap();
    let expected = token(made.trim_ascii(), EXAMPLE);

    let lines = pseudonymise(&["--key", &key], &format!("{EXAMPLE}\n110105491231002\n"));
    assert!(lines.status.success(), "{}", text(&lines.stderr));
    assert_eq!(text(&lines.stdout), format!("{expected}\n{expected}\n"));
    assert!(lines.stderr.is_empty());

    let table =
        format!("\u{feff}编号,身份证号,备注\r\n1,{EXAMPLE},\"a,b\"\r\n2,１１０１０５１９４９１２３１００２Ｘ,\r\n");
    let into = folder.path().join("tokens.csv").to_str().unwrap().to_owned();
    let written = pseudonymise(&["--key", &key, "--column", "身份证号", "--output", &into], &table);
    assert!(written.status.success(), "{}", text(&written.stderr));
    let expected = format!("编号,身份证号,备注\n1,{expected},\"a,b\"\n2,{expected},\n");
    assert_eq!(fs::read_to_string(&into).unwrap(), expected);
    assert_eq!(fs::metadata(&into).unwrap().permissions().mode() & 0o777, 0o600);
    let missing = pseudonymise(&["--key", &key, "--column", "姓名"], &table);
    assert!(!missing.status.success() && text(&missing.stderr).contains("no column has this heading"));
}

#[test]
fn a_bad_number_is_named_by_its_line_and_never_said() {
    let folder = tempfile::tempdir().unwrap();
    let key = key_in(folder.path(), 0o600, KEY);
    let input = format!("{EXAMPLE}\n110105194912310021\n13912345678\n\n");
    let refused = pseudonymise(&["--key", &key], &input);
    assert!(!refused.status.success() && refused.stdout.is_empty(), "nothing is written");
    let said = text(&refused.stderr);
    for line in [
        "line 2: the identifier has another check character",
        "line 3: the identifier must be",
        "line 4: the identifier is empty",
    ] {
        assert!(said.contains(line), "{said}");
    }
    for number in [EXAMPLE, "110105194912310021", "13912345678"] {
        assert!(!said.contains(number), "{said}");
    }
    let many = "x\n".repeat(103);
    assert!(text(&pseudonymise(&["--key", &key], &many).stderr).contains("and 3 more"));
}

#[test]
fn a_key_is_its_owners_alone() {
    let folder = tempfile::tempdir().unwrap();
    for (mode, content, why) in
        [(0o640, KEY.to_vec(), "can be read by others (mode 640)"), (0o600, b"short".to_vec(), "at least 32 bytes")]
    {
        let refused = pseudonymise(&["--key", &key_in(folder.path(), mode, &content)], EXAMPLE);
        assert!(!refused.status.success() && text(&refused.stderr).contains(why), "{}", text(&refused.stderr));
        assert!(refused.stdout.is_empty());
    }
    assert!(!pseudonymise(&[], EXAMPLE).status.success(), "without a key there is nothing to do");
}
