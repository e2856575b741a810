//! Values that both engines take: an integer, a truth value, a text, each of which may be NULL.
use sqlx::postgres::PgTypeInfo;
use sqlx::{Arguments, Encode, Postgres, Type};

use crate::kernel::{Date, Fen, Id, Specialty, Timestamp};

/// A value to bind. A missing one keeps its type, since a text is prepared once with one set of bind types.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// An integer, or an instant in microseconds since 1970 UTC.
    Int(Option<i64>),
    /// A truth value.
    Bool(Option<bool>),
    /// A text, an id, a code, or a civil day as `YYYY-MM-DD`.
    Text(Option<String>),
}

impl Value {
    /// How many bytes of text it has.
    pub(super) fn length(&self) -> usize {
        match self {
            Value::Text(Some(text)) => text.len(),
            Value::Text(None) | Value::Int(_) | Value::Bool(_) => 0,
        }
    }

    /// As what it is bound on PostgreSQL.
    pub(super) fn postgres_type(&self) -> PgTypeInfo {
        match self {
            Value::Int(_) => <i64 as Type<Postgres>>::type_info(),
            Value::Bool(_) => <bool as Type<Postgres>>::type_info(),
            Value::Text(_) => <String as Type<Postgres>>::type_info(),
        }
    }
}

/// A type that is bound as one of the three.
trait Scalar: Sized {
    fn some(self) -> Value;
    fn none() -> Value;
}

macro_rules! scalars {
    ($($from:ty => $kind:ident($value:ident => $bound:expr);)*) => { $(
        impl Scalar for $from {
            fn some(self) -> Value {
                let $value = self;
                Value::$kind(Some($bound))
            }
            fn none() -> Value {
                Value::$kind(None)
            }
        }
        impl From<$from> for Value {
            fn from(value: $from) -> Value {
                value.some()
            }
        }
        impl From<Option<$from>> for Value {
            fn from(value: Option<$from>) -> Value {
                value.map_or_else(<$from as Scalar>::none, Scalar::some)
            }
        }
    )* };
}

scalars! {
    i64 => Int(value => value);
    i32 => Int(value => i64::from(value));
    u32 => Int(value => i64::from(value));
    bool => Bool(value => value);
    String => Text(value => value);
    &str => Text(value => value.to_owned());
    &String => Text(value => value.clone());
    &Id => Text(value => value.as_str().to_owned());
    Id => Text(value => value.as_str().to_owned());
    &Specialty => Text(value => value.as_str().to_owned());
    Timestamp => Int(value => value.micros());
    Date => Text(value => value.format("%Y-%m-%d").to_string());
    Fen => Int(value => value.get());
}

/// What an engine is given with a statement.
pub(super) fn arguments<A: Arguments>(values: Vec<Value>) -> Result<A, sqlx::Error>
where
    Option<i64>: for<'q> Encode<'q, A::Database> + Type<A::Database>,
    Option<bool>: for<'q> Encode<'q, A::Database> + Type<A::Database>,
    Option<String>: for<'q> Encode<'q, A::Database> + Type<A::Database>,
{
    let mut arguments = A::default();
    for value in values {
        match value {
            Value::Int(value) => arguments.add(value),
            Value::Bool(value) => arguments.add(value),
            Value::Text(value) => arguments.add(value),
        }
        .map_err(sqlx::Error::Encode)?;
    }
    Ok(arguments)
}
