//! The HTTP contract and the commands, as fans and operators meet them.

mod calls;
mod commands;
mod erd;
mod idempotency;
mod import;
mod import_mistakes;
mod input;
mod lists;
mod passes;
mod process;
mod release;
mod reserve;
mod signals;
mod sweep;
