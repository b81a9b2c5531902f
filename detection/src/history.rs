//! What is remembered of an account, a counterparty, a device: bounded, in event time, the same after replay.

pub mod account;
pub mod counterparty;
pub mod device;
