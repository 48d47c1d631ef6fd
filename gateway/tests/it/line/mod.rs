//! The rules of the line, one room each: what a fan's place does, on a real Redis, without HTTP.

mod batches;
mod config;
mod guard;
mod lua;
mod modes;
mod no_shows;
mod picture;
mod repeats;
mod sessions;
mod spent;
mod tokens;
