//! Statements as constants that know how many values they take and whether they write.
use super::engine::Engine;
use crate::kernel::Id;

/// A statement: the same text for both engines, or, for rows out of one JSON array, two.
#[derive(Clone, Copy, Debug)]
pub struct Sql {
    pub(super) sqlite: &'static str,
    pub(super) postgres: &'static str,
    pub(super) binds: usize,
    pub(super) writes: bool,
    /// Whether what it writes comes back as rows, so that no row means nothing written.
    pub(super) returns: bool,
    /// Whether it adds the rows of one JSON array and takes nothing else: two of it are one with the rows of both.
    pub(super) adds: bool,
}

impl Sql {
    /// A text that both engines understand. Every value it takes is named `$1`, `$2`, … without a gap.
    #[must_use]
    pub const fn new(text: &'static str) -> Sql {
        Sql::pair(text, text)
    }

    /// Two texts for what one can't say: rows out of JSON (`rows!`), and locks.
    #[must_use]
    pub const fn pair(sqlite: &'static str, postgres: &'static str) -> Sql {
        let binds = highest_bind(sqlite.as_bytes());
        assert!(binds == highest_bind(postgres.as_bytes()), "both texts take the same values");
        let text = sqlite.as_bytes();
        let writes = !starts_with(text, 0, b"SELECT ") && !starts_with(text, 0, b"WITH ");
        let adds = binds == 1 && starts_with(text, 0, b"INSERT INTO ") && contains(text, b" FROM jsonb_each($1) AS r ");
        Sql { sqlite, postgres, binds, writes, returns: contains(text, b" RETURNING "), adds }
    }

    /// The text for an engine.
    pub(super) const fn of(&self, engine: Engine) -> &'static str {
        match engine {
            Engine::Sqlite => self.sqlite,
            Engine::Postgres => self.postgres,
        }
    }

    /// The SQLite text, which names the statement in messages.
    #[must_use]
    pub const fn text(&self) -> &'static str {
        self.sqlite
    }

    /// Both texts, SQLite's first.
    #[must_use]
    pub const fn texts(&self) -> [&'static str; 2] {
        [self.sqlite, self.postgres]
    }
}

/// A statement over the rows of a JSON array of arrays, bound as `$1` and named `r`:
/// `rows!("INSERT INTO t (a) SELECT r.value->>0 FROM ", "WHERE TRUE")`.
///
/// `r.value->>n` is a text on PostgreSQL: write `CAST(r.value->>n AS BIGINT)` for an integer, and a truth value as
/// `CAST(r.value->>n AS BIGINT) = 1` of an integer. Every part of a key comes from the row, the programme too: with the
/// programme as a value of its own either engine may begin with all rows of the programme instead of the JSON's.
///
/// SQLite plans without counting, and may begin with all rows of a programme; PostgreSQL, which does count, keeps the order as it is
/// written. What stands behind `hint:` is said to SQLite alone, so that it keeps the order too, or takes an index:
/// `rows!("SELECT b.x FROM ", "JOIN a ON a.k = r.value->>0 ", hint: "CROSS ", "JOIN b ON b.k = a.k")`.
#[macro_export]
macro_rules! rows {
    ($head:expr, hint: $words:literal, $rest:expr, $tail:expr) => {
        $crate::db::Sql::pair(
            concat!($head, $words, $rest, "jsonb_each($1) AS r ", $tail),
            concat!($head, $rest, "jsonb_array_elements(CAST($1 AS JSONB)) AS r ", $tail),
        )
    };
    ($head:expr, $tail:expr $(, hint: $words:literal, $more:expr)*) => {
        $crate::db::Sql::pair(
            concat!($head, "jsonb_each($1) AS r ", $tail $(, $words, $more)*),
            concat!($head, "jsonb_array_elements(CAST($1 AS JSONB)) AS r ", $tail $(, $more)*),
        )
    };
}

/// A row of more columns than a tuple has places, for `rows!`: a struct whose fields are the elements of the JSON array, in their order. An
/// engine finds an element by its number; by its name it would compare every name before it.
#[macro_export]
macro_rules! row {
    ($(#[$meta:meta])* $visible:vis struct $name:ident<'a> { $($field:ident: $type:ty,)* }) => {
        $(#[$meta])*
        $visible struct $name<'a> { $($field: $type,)* }

        impl serde::Serialize for $name<'_> {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                use serde::ser::SerializeTuple as _;
                let mut row = serializer.serialize_tuple([$(stringify!($field)),*].len())?;
                $(row.serialize_element(&self.$field)?;)*
                row.end()
            }
        }
    };
}

/// Rows of `(programme, id)` for a `rows!` statement: the whole keys of these resources.
#[must_use]
pub fn keys<'a>(programme: &'a Id, ids: &'a [Id]) -> Vec<(&'a str, &'a str)> {
    ids.iter().map(|id| (programme.as_str(), id.as_str())).collect()
}

/// The highest `$n` of a text.
const fn highest_bind(text: &[u8]) -> usize {
    let (mut i, mut highest) = (0, 0);
    while i < text.len() {
        if text[i] == b'$' {
            let mut n = 0;
            while i + 1 < text.len() && text[i + 1].is_ascii_digit() {
                i += 1;
                n = n * 10 + (text[i] - b'0') as usize;
            }
            if n > highest {
                highest = n;
            }
        }
        i += 1;
    }
    highest
}

const fn starts_with(text: &[u8], from: usize, word: &[u8]) -> bool {
    let mut i = 0;
    while i < word.len() {
        if from + i >= text.len() || text[from + i] != word[i] {
            return false;
        }
        i += 1;
    }
    true
}

const fn contains(text: &[u8], word: &[u8]) -> bool {
    let mut from = 0;
    while from < text.len() {
        if starts_with(text, from, word) {
            return true;
        }
        from += 1;
    }
    false
}
