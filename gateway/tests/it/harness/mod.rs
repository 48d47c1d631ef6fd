//! What the tests stand on: a corner of a real Redis, gateways, a house behind them and a client.

mod cable;
mod client;
mod desk;
mod gateway;
mod keys;
mod sandbox;
mod shop;
mod upstream;
mod wait;
mod witness;

pub(crate) use cable::Cable;
pub(crate) use client::{Answer, Call, Client};
pub(crate) use desk::{Desk, fan, main_queue, opened};
pub(crate) use gateway::{Gateway, house, text};
pub(crate) use keys::{
    PASS_KEYS, TOKEN_KEYS, forged, key, keyring, payload, queue_token, token_by,
};
pub(crate) use sandbox::{Sandbox, is_deep, seed};
pub(crate) use shop::Shop;
pub(crate) use upstream::Upstream;
pub(crate) use wait::{eventually, within};
pub(crate) use witness::{Told, Witness};
