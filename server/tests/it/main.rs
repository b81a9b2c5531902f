//! Integration tests: the real Postgres and the real Kafka, in one binary so that it links once.
//!
//! Each test makes its own database and its own topics; none sleeps, each awaits a condition with a deadline.

#![allow(clippy::unwrap_used)]

mod alerts;
mod api;
mod control;
mod fences;
mod holds;
mod http;
mod identity;
mod import;
mod judge;
mod ledger_rows;
mod live;
mod payments;
mod policies;
mod producers;
mod reads;
mod schema;
mod simulation;
mod support;
mod training;
mod verify;
mod web;
mod worker;
mod worker_log;
mod worker_recovery;
mod worker_versions;
