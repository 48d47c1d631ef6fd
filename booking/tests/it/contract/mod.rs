//! The HTTP contract and the commands, as fans and operators meet them.

mod best;
mod block;
mod calls;
mod cancel;
mod commands;
mod cooldown;
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
mod several;
mod signals;
mod stock;
mod sweep;
mod tickets;
