//! Statements as text with their values written in: several of them fit into one packet, which is
//! what prepared ones cannot do.
//!
//! A value is a number, a time or bytes in hexadecimal: none of them can end early and go on as
//! SQL, whatever a client wrote. The text itself is only ever put together from our own literals.

use std::fmt::Write as _;

use chrono::{DateTime, Utc};
use uuid::Uuid;

/// A value that can be written into SQL.
#[derive(Debug, Clone)]
pub(super) enum Value {
    Null,
    Number(i64),
    Time(DateTime<Utc>),
    Bytes(Vec<u8>),
    /// Bytes that are compared and kept as text.
    Text(String),
}

impl Value {
    /// Text has to say so: it is the one kind that could be mistaken for SQL, and never is.
    pub(super) fn text(text: &str) -> Self {
        Self::Text(text.to_owned())
    }

    fn write(&self, sql: &mut String) {
        let written = match self {
            Self::Null => sql.write_str("NULL"),
            Self::Number(number) => write!(sql, "{number}"),
            Self::Time(time) => write!(sql, "'{}'", time.format("%Y-%m-%d %H:%M:%S%.6f")),
            Self::Bytes(bytes) => hexadecimal(sql, bytes),
            Self::Text(text) => {
                sql.push_str("_utf8mb4 ");
                hexadecimal(sql, text.as_bytes())
            }
        };
        written.expect("a String takes everything");
    }
}

fn hexadecimal(sql: &mut String, bytes: &[u8]) -> std::fmt::Result {
    sql.reserve(2 * bytes.len() + 3);
    sql.push_str("X'");
    for byte in bytes {
        write!(sql, "{byte:02x}")?;
    }
    sql.push('\'');
    Ok(())
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Self::Number(number)
    }
}

impl From<u32> for Value {
    fn from(number: u32) -> Self {
        Self::Number(number.into())
    }
}

impl From<u16> for Value {
    fn from(number: u16) -> Self {
        Self::Number(number.into())
    }
}

impl From<DateTime<Utc>> for Value {
    fn from(time: DateTime<Utc>) -> Self {
        Self::Time(time)
    }
}

impl From<Uuid> for Value {
    fn from(id: Uuid) -> Self {
        Self::Bytes(id.as_bytes().to_vec())
    }
}

impl From<&[u8]> for Value {
    fn from(bytes: &[u8]) -> Self {
        Self::Bytes(bytes.to_vec())
    }
}

impl<V: Into<Self>> From<Option<V>> for Value {
    fn from(value: Option<V>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

/// One statement, whole once every `?` has its value.
#[derive(Debug, Clone)]
pub struct Statement {
    written: String,
    sql: String,
    /// How much of `sql` is written.
    done: usize,
}

impl Statement {
    /// A statement with a `?` for each value. `sql` is our own text; nothing in it came from
    /// outside.
    pub(super) fn new(sql: impl Into<String>) -> Self {
        Self {
            written: String::new(),
            sql: sql.into(),
            done: 0,
        }
    }

    /// Writes a value where the next `?` stands.
    pub(super) fn bind(mut self, value: impl Into<Value>) -> Self {
        let rest = &self.sql[self.done..];
        let before = rest.find('?').expect("a ? for each value");
        self.written.push_str(&rest[..before]);
        value.into().write(&mut self.written);
        self.done += before + 1;
        self
    }

    /// Writes every value of a list, in order.
    pub(super) fn bind_all<V: Into<Value>>(self, values: impl IntoIterator<Item = V>) -> Self {
        values.into_iter().fold(self, Self::bind)
    }

    /// The same write with a condition that is judged before anything of it is done: an update has
    /// it in its WHERE, before its own, and an insert around its first value. Anything else comes
    /// back as it was. The condition has to fail rather than be false: an insert takes no notice.
    pub(super) fn only_if(self, condition: &str) -> Result<Self, Self> {
        let sql = self.clone().into_sql();
        let guarded = match sql.split_whitespace().next() {
            Some("UPDATE") => guarded_update(&sql, condition),
            Some("INSERT") => guarded_insert(&sql, condition),
            _ => None,
        };
        guarded.map(Self::new).ok_or(self)
    }

    /// The whole of it.
    pub(super) fn into_sql(mut self) -> String {
        let rest = &self.sql[self.done..];
        assert!(!rest.contains('?'), "a value for each ?");
        self.written.push_str(rest);
        self.written
    }
}

fn guarded_update(sql: &str, condition: &str) -> Option<String> {
    let (update, own) = sql.split_once("WHERE ")?;
    let is_only_one = !own.contains("WHERE ");
    is_only_one.then(|| format!("{update}WHERE {condition} AND ({own})"))
}

fn guarded_insert(sql: &str, condition: &str) -> Option<String> {
    let (insert, values) = sql.split_once("VALUES (")?;
    let (first, rest) = values.split_once(',')?;
    Some(format!(
        "{insert}VALUES (IF({condition}, {first}, NULL),{rest}"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(value: impl Into<Value>) -> String {
        Statement::new("?").bind(value).into_sql()
    }

    #[test]
    fn values_are_written_where_they_belong() {
        let time: DateTime<Utc> = "2024-10-01T01:02:03.000456Z".parse().expect("a time");
        let sql = Statement::new("a = ? AND b IN (?, ?) AND c = 1")
            .bind(time)
            .bind_all([7_i64, -8])
            .into_sql();
        assert_eq!(
            sql,
            "a = '2024-10-01 01:02:03.000456' AND b IN (7, -8) AND c = 1"
        );
        assert_eq!(written(None::<i64>), "NULL");
        assert_eq!(written(Uuid::from_u128(10)), format!("X'{:032x}'", 10));
    }

    #[test]
    fn no_byte_of_a_value_can_be_read_as_sql() {
        let all: Vec<u8> = (0..=255).collect();
        for hostile in [b"' OR 1=1; -- ?".as_slice(), b"\\'", b"", &all] {
            let sql = written(hostile);
            let inside = sql.strip_prefix("X'").and_then(|s| s.strip_suffix('\''));
            let inside = inside.expect("a literal in hexadecimal");
            assert_eq!(inside.len(), 2 * hostile.len());
            assert!(inside.bytes().all(|byte| byte.is_ascii_hexdigit()), "{sql}");
        }
        assert_eq!(written(Value::text("'")), "_utf8mb4 X'27'");
    }

    #[test]
    fn a_condition_is_judged_before_anything_is_written() {
        let with = |sql: &str| {
            Statement::new(sql)
                .only_if("x = 1")
                .map(Statement::into_sql)
        };
        assert_eq!(
            with("UPDATE a SET b = 1 WHERE c = 2 OR d = 3").expect("an update"),
            "UPDATE a SET b = 1 WHERE x = 1 AND (c = 2 OR d = 3)"
        );
        assert_eq!(
            with("INSERT INTO a (b, c) VALUES (1, 2), (3, 4)").expect("an insert"),
            "INSERT INTO a (b, c) VALUES (IF(x = 1, 1, NULL), 2), (3, 4)"
        );
        for other in [
            "COMMIT",
            "INSERT INTO a SELECT b FROM c WHERE d",
            "UPDATE a SET b = 1",
            "UPDATE a SET b = (SELECT c FROM d WHERE e) WHERE f",
        ] {
            assert_eq!(with(other).expect_err("no place for it").into_sql(), other);
        }
    }

    #[test]
    #[should_panic(expected = "a value for each ?")]
    fn a_statement_with_a_hole_is_not_sent() {
        Statement::new("? ?").bind(1_i64).into_sql();
    }
}
