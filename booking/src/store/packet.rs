//! Packets: several statements that travel to the server together, so that a transaction costs two
//! or three round trips and not a dozen.
//!
//! The server stops at the first statement that fails. A write says how many rows it has to hit,
//! and the statement behind it fails when it did not, so what comes after it, the COMMIT at last,
//! is never reached: that does not depend on whether anybody here is still listening. Updates and
//! inserts ask it themselves; before anything else a statement is put that only asks.

use std::vec::IntoIter;

use futures_util::TryStreamExt as _;
use shared::sabotage;
use sqlx::mysql::{MySqlDatabaseError, MySqlRow};
use sqlx::{AssertSqlSafe, Either, FromRow, raw_sql};

use super::lent::{BEGIN, COMMIT};
use super::statement::Statement;
use super::{Connection, Failure, Pooled, Tx};

/// The server's number for "out of range", as which a guard fails.
const OUT_OF_RANGE: u16 = 1690;

type Rows = Vec<MySqlRow>;

/// What the server said to each statement of a packet, in their order.
#[derive(Debug)]
pub(super) struct Answers(IntoIter<Rows>);

impl Answers {
    /// The rows of the next statement.
    fn next<R: for<'r> FromRow<'r, sqlx::mysql::MySqlRow>>(&mut self) -> Result<Vec<R>, Failure> {
        let rows = self.0.next().unwrap_or_default();
        let rows: Result<Vec<R>, sqlx::Error> = rows.iter().map(R::from_row).collect();
        Ok(rows?)
    }
}

type Read<T> = Box<dyn FnOnce(&mut Answers) -> Result<T, Failure> + Send>;

/// Queries whose answers are a `T`. [`Question::and`] sends them together with others.
pub struct Question<T> {
    statements: Vec<Statement>,
    read: Read<T>,
}

impl<T: 'static> Question<T> {
    /// A query whose rows are read as `R`.
    pub(super) fn new<R>(
        statement: Statement,
        read: impl FnOnce(Vec<R>) -> Result<T, Failure> + Send + 'static,
    ) -> Self
    where
        R: for<'r> FromRow<'r, MySqlRow>,
    {
        Self {
            statements: vec![statement],
            read: Box::new(|answers| read(answers.next()?)),
        }
    }

    /// No question: the answer is known.
    #[must_use]
    pub fn nothing(answer: T) -> Self
    where
        T: Send,
    {
        Self {
            statements: Vec::new(),
            read: Box::new(|_| Ok(answer)),
        }
    }

    /// Both, in this order.
    #[must_use]
    pub fn and<U: 'static>(mut self, other: Question<U>) -> Question<(T, U)> {
        self.statements.extend(other.statements);
        let (mine, others) = (self.read, other.read);
        Question {
            statements: self.statements,
            read: Box::new(|answers| Ok((mine(answers)?, others(answers)?))),
        }
    }

    /// The same question, with its answer made into something else.
    #[must_use]
    pub fn map<U>(self, make: impl FnOnce(T) -> U + Send + 'static) -> Question<U> {
        let read = self.read;
        Question {
            statements: self.statements,
            read: Box::new(|answers| Ok(make(read(answers)?))),
        }
    }

    /// Asks, in one round trip.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn ask(self, on: &mut Connection) -> Result<T, Failure> {
        let sql = joined(self.statements);
        let mut answers = Answers(send(on, sql).await.map_err(|cut| cut.error)?.into_iter());
        (self.read)(&mut answers)
    }

    /// Begins a transaction and asks in it, in one round trip.
    ///
    /// # Errors
    /// When the database does not answer, or refuses a lock.
    pub async fn ask_beginning(self, connection: &mut Pooled) -> Result<(Tx<'_>, T), Failure> {
        let sql = format!("{BEGIN};\n{}", joined(self.statements));
        let mut tx = Tx::opening(connection).await?;
        let mut answers = send(&mut tx, sql)
            .await
            .map_err(|cut| cut.error)?
            .into_iter();
        // What the server says to the beginning itself.
        answers.next();
        let answer = (self.read)(&mut Answers(answers))?;
        Ok((tx, answer))
    }
}

/// The writes of a transaction, up to its COMMIT. `M` names what it means when one of them does
/// not hit the rows that it must.
#[derive(Debug)]
pub struct Writes<M> {
    statements: Vec<Statement>,
    /// Which statement fails when a write before it has missed, and what that means.
    guards: Vec<(usize, M)>,
    /// How many rows the last write has to hit. The next statement sees to it.
    owed: Option<(usize, M)>,
}

impl<M> Default for Writes<M> {
    fn default() -> Self {
        Self {
            statements: Vec::new(),
            guards: Vec::new(),
            owed: None,
        }
    }
}

/// Why writes are not committed.
pub enum Unwritten<'c, M> {
    /// One did not hit the rows that it must. The transaction is still open, to find out why; what
    /// it has written so far is lost with it.
    Missed(Tx<'c>, M),
    /// The database refused, or did not answer.
    Failed(Failure),
}

impl<'c, M> Writes<M> {
    /// A write that may hit any number of rows.
    #[must_use]
    pub fn then(mut self, write: impl IntoIterator<Item = Statement>) -> Self {
        write.into_iter().for_each(|write| self.push(write));
        self
    }

    /// A write that has to hit just so many rows; else `or` is what went wrong, nothing that comes
    /// after it is done, and nothing at all is committed.
    #[must_use]
    pub fn must_hit(mut self, rows: usize, write: Statement, or: M) -> Self {
        self.push(write);
        self.owed = (!sabotage::is_off("row-count")).then_some((rows, or));
        self
    }

    fn push(&mut self, statement: Statement) {
        let Some((rows, or)) = self.owed.take() else {
            return self.statements.push(statement);
        };
        self.guards.push((self.statements.len(), or));
        let guard = format!("IF(ROW_COUNT() = {rows}, TRUE, EXP(999))");
        match statement.only_if(&guard) {
            Ok(guarded) => self.statements.push(guarded),
            Err(statement) => {
                let asked = Statement::new(format!("SET @missed = {guard}"));
                self.statements.extend([asked, statement]);
            }
        }
    }

    /// Writes and commits, in one round trip.
    ///
    /// # Errors
    /// [`Unwritten`]; nothing is committed then, unless the connection broke in the middle: in that
    /// case nobody knows, and the answer must not claim either.
    pub async fn commit(mut self, mut tx: Tx<'c>) -> Result<(), Unwritten<'c, M>> {
        self.push(Statement::new(COMMIT));
        match send(&mut tx, joined(self.statements)).await {
            Ok(_) => {
                tx.end();
                Ok(())
            }
            Err(cut) if number(&cut.error) == Some(OUT_OF_RANGE) => {
                let mut guards = self.guards.into_iter();
                match guards.find(|(index, _)| *index == cut.done) {
                    Some((_, missed)) => Err(Unwritten::Missed(tx, missed)),
                    None => Err(Unwritten::Failed(cut.error.into())),
                }
            }
            Err(cut) => Err(Unwritten::Failed(cut.error.into())),
        }
    }
}

/// A packet that the server did not do to its end.
struct Cut {
    /// How many of its statements were done.
    done: usize,
    error: sqlx::Error,
}

impl From<Cut> for Failure {
    fn from(cut: Cut) -> Self {
        cut.error.into()
    }
}

async fn send(on: &mut Connection, sql: String) -> Result<Vec<Rows>, Cut> {
    let mut answers = vec![Rows::new()];
    let mut stream = raw_sql(AssertSqlSafe(sql)).fetch_many(on);
    loop {
        match stream.try_next().await {
            Ok(Some(Either::Left(_))) => answers.push(Rows::new()),
            Ok(Some(Either::Right(row))) => answers.last_mut().expect("one is open").push(row),
            Ok(None) => return Ok(answers),
            Err(error) => {
                let done = answers.len() - 1;
                return Err(Cut { done, error });
            }
        }
    }
}

impl Statement {
    /// Does it alone. Answers how many rows it hit.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn run(self, on: &mut Connection) -> Result<u64, Failure> {
        let done = raw_sql(AssertSqlSafe(self.into_sql())).execute(on).await?;
        Ok(done.rows_affected())
    }
}

fn joined(statements: Vec<Statement>) -> String {
    let statements: Vec<String> = statements.into_iter().map(Statement::into_sql).collect();
    statements.join(";\n")
}

fn number(error: &sqlx::Error) -> Option<u16> {
    let error = error.as_database_error()?;
    let error = error.try_downcast_ref::<MySqlDatabaseError>()?;
    Some(error.number())
}
