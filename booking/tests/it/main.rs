//! The box office from outside: real HTTP, a real database for every test, no mocks. Each test is
//! named after what it claims.

mod contract;
mod harness;
mod rules;
