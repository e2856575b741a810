//! Lists: static fragments joined to one keyset page.
use super::value::Value;
use crate::kernel::{Key, PageRequest};

/// The fragments of a list. Values are `?`; the same fragments always take values of the same types, so one joined
/// text has one set of bind types. There is no filter language: a caller's text is never part of a statement.
#[derive(Debug)]
pub struct List {
    /// `SELECT … FROM t WHERE t.programme = ?`.
    pub head: &'static str,
    /// Conditions that can be added, such as `t.site = ?`.
    pub filters: &'static [&'static str],
    /// What comes after the last row of the page before, such as `t.id > ?` or `(t.start_time, t.id) > (?, ?)`.
    pub after: &'static str,
    /// `ORDER BY t.id`, the order that `after` continues.
    pub order: &'static str,
}

impl List {
    /// Begins a statement with the head's values.
    #[must_use]
    pub fn select(&'static self, values: impl IntoIterator<Item = Value>) -> Select {
        let mut select =
            Select { list: self, text: String::with_capacity(400), values: Vec::new(), order: String::new() };
        select.push(self.head, values);
        select
    }
}

/// A list being put together.
#[derive(Debug)]
pub struct Select {
    list: &'static List,
    text: String,
    values: Vec<Value>,
    order: String,
}

impl Select {
    /// Adds the filter with this index in [`List::filters`], with its values.
    pub fn filter(&mut self, index: usize, values: impl IntoIterator<Item = Value>) -> &mut Self {
        self.text.push_str(" AND ");
        let fragment = self.list.filters[index];
        self.push(fragment, values);
        self
    }

    /// Cuts the page out: what comes after the cursor, in order, and one row more than the page holds, by which
    /// [`crate::kernel::Page::cut`] knows whether another follows.
    pub fn page(&mut self, page: &PageRequest) -> &mut Self {
        if let Some(cursor) = &page.after {
            self.text.push_str(" AND ");
            let key = cursor.0.iter().map(|key| match key {
                Key::Int(value) => Value::from(*value),
                Key::Text(value) => Value::from(value.as_str()),
            });
            let after = self.list.after;
            self.push(after, key.collect::<Vec<_>>());
        }
        self.order.push(' ');
        self.order.push_str(self.list.order);
        self.order.push_str(" LIMIT ? + 0"); // a bare value has SQLite compile the statement anew each time it is bound
        self.values.push(Value::from(i64::try_from(page.size).unwrap_or(i64::MAX - 1) + 1));
        self
    }

    fn push(&mut self, fragment: &'static str, values: impl IntoIterator<Item = Value>) {
        self.text.push_str(fragment);
        self.values.extend(values);
    }

    /// The joined text with numbered values, and the values.
    #[must_use]
    pub fn finish(&self) -> (String, Vec<Value>) {
        let order = if self.order.is_empty() { format!(" {}", self.list.order) } else { self.order.clone() };
        let joined = format!("{}{order}", self.text);
        let mut text = String::with_capacity(joined.len() + 16);
        let mut n = 0;
        for part in joined.split_inclusive('?') {
            match part.strip_suffix('?') {
                Some(before) => {
                    n += 1;
                    text.push_str(before);
                    text.push('$');
                    text.push_str(&n.to_string());
                }
                None => text.push_str(part),
            }
        }
        (text, self.values.clone())
    }
}
