//! Page tokens: bound to their query, and refused when anything in them was touched.
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use homecoming::kernel::page::MAX_BYTES;
use homecoming::kernel::{Cursor, Error, Fields, Key, Page, PageRequest, Reason};
use proptest::prelude::*;

fn parse(size: i32, token: &str, bound_to: &str) -> Result<PageRequest, Error> {
    let mut fields = Fields::new();
    let request = PageRequest::parse(&mut fields, size, token, bound_to);
    fields.check().map(|()| request)
}

fn reasons(result: Result<PageRequest, Error>) -> Vec<(String, Reason)> {
    match result {
        Err(Error::Invalid(violations)) => violations.into_iter().map(|v| (v.field, v.reason)).collect(),
        other => panic!("{other:?}"),
    }
}

/// A token as a list of two items on pages of one gives it.
fn token(keys: Vec<Key>, bound_to: &str) -> String {
    Page::cut(vec![(), ()], &PageRequest::first(1), bound_to, |()| Cursor(keys.clone())).next.unwrap()
}

#[test]
fn sizes_have_a_default_and_a_limit() {
    assert_eq!(parse(0, "", "q").unwrap(), PageRequest { size: 50, after: None });
    assert_eq!(parse(1, "", "q").unwrap().size, 1);
    assert_eq!(parse(1_000_000, "", "q").unwrap().size, 1000);
    assert_eq!(reasons(parse(-1, "", "q")), [("page_size".to_owned(), Reason::OutOfRange)]);
    assert_eq!(PageRequest::first(0).size, 1);
}

#[test]
fn a_page_is_cut_where_more_follows() {
    let request = PageRequest::first(2);
    let cut = |items: Vec<i64>| Page::cut(items, &request, "q", |item| Cursor::from([*item]));
    assert_eq!((cut(vec![]).items, cut(vec![]).next), (vec![], None));
    assert_eq!((cut(vec![1, 2]).items, cut(vec![1, 2]).next_page_token()), (vec![1, 2], String::new()));
    let page = cut(vec![1, 2, 3]);
    assert_eq!(page.items, [1, 2]);
    let next = parse(2, &page.next_page_token(), "q").unwrap();
    assert_eq!(next.after.unwrap().keys(), [Key::Int(2)]);
    assert_eq!(page.map(|item| item * 10).items, [10, 20]);
}

#[test]
fn a_page_of_large_items_ends_early_but_not_before_its_first() {
    let request = PageRequest::first(3);
    let cut = |items: Vec<usize>| {
        let page = Page::cut_sized(items, &request, "q", |_| Cursor::from(["k"]), |bytes| *bytes);
        (page.items.len(), page.next.is_some())
    };
    for (items, expected) in [
        (vec![], (0, false)),
        (vec![MAX_BYTES], (1, false)),
        (vec![MAX_BYTES + 1], (1, false)),
        (vec![MAX_BYTES + 1, 1], (1, true)),
        (vec![MAX_BYTES - 1, 1, 1], (2, true)),
        (vec![1, 1, 1], (3, false)),
        (vec![1, 1, 1, 1], (3, true)),
    ] {
        assert_eq!(cut(items.clone()), expected, "{items:?}");
    }
}

#[test]
fn damaged_tokens_are_refused() {
    let good = token(vec![Key::Int(7), Key::from("e")], "ListExperts p");
    let edited = {
        let text = String::from_utf8(URL_SAFE_NO_PAD.decode(&good).unwrap()).unwrap();
        URL_SAFE_NO_PAD.encode(text.replace('7', "8"))
    };
    let huge = "A".repeat(10_000_000);
    for bad in [&good[1..], &good[..good.len() - 2], "x", "=", "e30", "null", "号", "\0", &edited, &huge] {
        let expected = [("page_token".to_owned(), Reason::PageTokenInvalid)];
        assert_eq!(reasons(parse(10, bad, "ListExperts p")), expected);
    }
}

fn key() -> impl Strategy<Value = Key> {
    prop_oneof![any::<i64>().prop_map(Key::Int), "\\PC{0,40}".prop_map(Key::Text)]
}

proptest! {
    #[test]
    fn tokens_come_back_for_their_query_alone(keys in prop::collection::vec(key(), 1..4), query in "\\PC{0,40}", other in "\\PC{0,40}") {
        let token = token(keys.clone(), &query);
        prop_assert_eq!(parse(10, &token, &query).unwrap().after, Some(Cursor(keys)));
        prop_assert_eq!(parse(10, &token, &other).is_ok(), query == other);
    }

    #[test]
    fn no_byte_of_a_token_can_change(keys in prop::collection::vec(key(), 1..4), at: prop::sample::Index, to in "[A-Za-z0-9_-]") {
        let token = token(keys, "q");
        let at = at.index(token.len());
        let mut changed = token.clone();
        changed.replace_range(at..=at, &to);
        prop_assert_eq!(parse(10, &changed, "q").is_ok(), changed == token);
    }
}
