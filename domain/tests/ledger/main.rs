//! The ledger's promises, tried with sequences nobody would think of: money is neither made nor lost, each id has one
//! effect, any batching gives the same books, and crashes at any point leave nothing out and nothing twice.
//!
//! Everything runs in memory, over the very `step` that the worker runs. Deliberately absent: a broker and a database,
//! which the server's own tests bring.
#![allow(clippy::unwrap_used)]

mod account_commands;
mod crashes;
mod database;
mod fold;
mod invariants;
mod judge;
mod properties;
mod refusals;
mod worker;
mod world;
