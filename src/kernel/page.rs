//! Keyset pages: a token says after which keys the next page begins, and to which query it belongs.
//!
//! A token is bound, not secret: it carries keys of the last item that the caller has seen anyway.
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::hex;
use super::{Date, Fields, Id, Reason, Timestamp};

/// The size of a page that asks for none.
pub const DEFAULT_SIZE: usize = 50;
/// The largest page; a larger wish gets this much.
pub const MAX_SIZE: usize = 1000;
/// The most bytes of a page's items, as far as a list counts them: an answer stays under 1 MiB.
pub const MAX_BYTES: usize = 900_000;
/// The longest token that is read at all, in bytes.
const MAX_TOKEN: usize = 2048;

/// One key of a list's order.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Key {
    /// A number or an instant in microseconds.
    Int(i64),
    /// A text, an id or a day as `YYYY-MM-DD`.
    Text(String),
}

impl From<i64> for Key {
    fn from(number: i64) -> Self {
        Self::Int(number)
    }
}

impl From<Timestamp> for Key {
    fn from(instant: Timestamp) -> Self {
        Self::Int(instant.micros())
    }
}

impl From<&str> for Key {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Key {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<&Id> for Key {
    fn from(id: &Id) -> Self {
        Self::Text(id.to_string())
    }
}

impl From<Date> for Key {
    fn from(date: Date) -> Self {
        Self::Text(date.to_string())
    }
}

/// Where a page ended: the keys of its last item, in the list's order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cursor(pub Vec<Key>);

impl Cursor {
    /// The keys.
    #[must_use]
    pub fn keys(&self) -> &[Key] {
        &self.0
    }
}

impl<K: Into<Key>, const N: usize> From<[K; N]> for Cursor {
    fn from(keys: [K; N]) -> Self {
        Self(keys.into_iter().map(Into::into).collect())
    }
}

#[derive(Serialize, Deserialize)]
struct Token {
    q: String,
    k: Vec<Key>,
}

/// Which page is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageRequest {
    /// How many items at most, 1 to [`MAX_SIZE`].
    pub size: usize,
    /// After which item; `None` for the first page.
    pub after: Option<Cursor>,
}

impl PageRequest {
    /// The first page, of this size.
    #[must_use]
    pub fn first(size: usize) -> Self {
        Self { size: size.clamp(1, MAX_SIZE), after: None }
    }

    /// Reads `page_size` (0 means [`DEFAULT_SIZE`], more than [`MAX_SIZE`] means that much) and `page_token`. `bound_to`
    /// says what the token belongs to: method, programme and filters, not the size.
    pub fn parse(fields: &mut Fields, size: i32, token: &str, bound_to: &str) -> Self {
        let size = match usize::try_from(size) {
            Ok(0) => DEFAULT_SIZE,
            Ok(size) => size.min(MAX_SIZE),
            Err(_) => {
                fields.refuse("page_size", Reason::OutOfRange, "must not be negative");
                DEFAULT_SIZE
            }
        };
        let after = if token.is_empty() { None } else { read(token, bound_to) };
        if after.is_none() && !token.is_empty() {
            fields.refuse("page_token", Reason::PageTokenInvalid, "is damaged or belongs to another query");
        }
        Self { size, after }
    }
}

/// One page, and the token of the next where there is one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page<T> {
    /// The items, in the list's order.
    pub items: Vec<T>,
    /// The next page's token.
    pub next: Option<String>,
}

impl<T> Page<T> {
    /// Cuts what was fetched (one item more than the page, where there are that many) to the page; `bound_to` as for
    /// [`PageRequest::parse`].
    #[must_use]
    pub fn cut(items: Vec<T>, request: &PageRequest, bound_to: &str, cursor: impl Fn(&T) -> Cursor) -> Self {
        Self::cut_sized(items, request, bound_to, cursor, |_| 0)
    }

    /// As [`Page::cut`], of items that may be large: the page ends before its items' `bytes` go beyond [`MAX_BYTES`],
    /// but never before its first item.
    #[must_use]
    pub fn cut_sized(
        mut items: Vec<T>,
        request: &PageRequest,
        bound_to: &str,
        cursor: impl Fn(&T) -> Cursor,
        bytes: impl Fn(&T) -> usize,
    ) -> Self {
        let mut total = 0;
        let mut fits = |item: &T| {
            total += bytes(item);
            total <= MAX_BYTES
        };
        let size = items.iter().take(request.size).take_while(|item| fits(item)).count().max(1);
        let more = items.len() > size;
        items.truncate(size);
        let next = if more { items.last().map(|item| write(cursor(item), bound_to)) } else { None };
        Self { items, next }
    }

    /// These items, and where the next page begins by keys of the query's own.
    #[must_use]
    pub fn ended_at(items: Vec<T>, next: Option<Cursor>, bound_to: &str) -> Self {
        Self { items, next: next.map(|cursor| write(cursor, bound_to)) }
    }

    /// The same page of other items.
    #[must_use]
    pub fn map<U>(self, into: impl FnMut(T) -> U) -> Page<U> {
        Page { items: self.items.into_iter().map(into).collect(), next: self.next }
    }

    /// The next page's token as the wire has it: empty where there is none.
    #[must_use]
    pub fn next_page_token(&self) -> String {
        self.next.clone().unwrap_or_default()
    }
}

fn write(cursor: Cursor, bound_to: &str) -> String {
    let token = Token { q: digest(&cursor.0, bound_to), k: cursor.0 };
    URL_SAFE_NO_PAD.encode(serde_json::to_vec(&token).unwrap_or_default())
}

fn read(token: &str, bound_to: &str) -> Option<Cursor> {
    if token.len() > MAX_TOKEN {
        return None;
    }
    let token: Token = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(token).ok()?).ok()?;
    (token.q == digest(&token.k, bound_to)).then_some(Cursor(token.k))
}

/// 16 hexadecimal digits over the query and the keys, so that an edited token is refused before it reaches a statement.
fn digest(keys: &[Key], bound_to: &str) -> String {
    let keys = serde_json::to_vec(keys).unwrap_or_default();
    let digest = Sha256::new().chain_update(bound_to).chain_update([0]).chain_update(keys).finalize();
    hex(&digest[..8])
}
