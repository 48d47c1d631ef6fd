//! What every test stands on: a real database of its own, the service in this process on a port of
//! its own, and fans who call it over real HTTP.

mod answer;
mod database;
mod fan;
mod hall;
mod house;
mod process;
mod proxy;
mod race;
mod server;

pub(crate) use answer::{Answer, members};
pub(crate) use database::TestDatabase;
pub(crate) use fan::{Call, Fan};
pub(crate) use hall::{CLOSED, FIRST, HALL, PAST, SECOND, SOON, VIP_SEAT};
pub(crate) use house::{House, pass_keys, ticket_keys};
pub(crate) use process::Process;
pub(crate) use proxy::Proxy;
pub(crate) use race::{at_once, deep, dice, eventually, scatter};
