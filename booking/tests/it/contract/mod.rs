//! The HTTP contract and the commands, as fans and operators meet them.

mod block;
mod calls;
mod cancel;
mod commands;
mod erd;
mod history;
mod idempotency;
mod import;
mod import_mistakes;
mod input;
mod lists;
mod operators;
mod passes;
mod process;
mod release;
mod reserve;
mod seat_map;
mod seat_status;
mod signals;
mod stock;
mod sweep;
mod tickets;
