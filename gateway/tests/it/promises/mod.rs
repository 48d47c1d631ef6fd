//! One test or more for each promise of the line, by its number.

mod ledger;
mod promise_1;
mod promise_2;
mod promise_3;
mod promise_4;
mod promise_5;
mod promise_6;
mod promise_7;
mod promise_8;
mod storm;
