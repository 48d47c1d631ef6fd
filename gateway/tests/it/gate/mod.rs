//! The gate: who passes to the house, as whom, with what on them, and what happens when the house
//! or the line is not there.

mod answers;
mod bodies;
mod headers;
mod keys;
mod limits;
mod outage;
mod pass;
mod revoke;
mod rules;
mod shutdown;
mod upgrade;
mod wires;
