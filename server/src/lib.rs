//! Vigie's server side: configuration, Kafka, Postgres, the worker, the live feed, the web node, the subcommands.
//!
//! Only `store` holds SQL and only `kafka` names rdkafka; a test holds both.

pub mod api;
pub mod bulk;
pub mod cli;
pub mod config;
pub mod control;
pub mod demo;
pub mod explanation;
pub mod feed;
pub mod gateway;
pub mod identity;
pub mod import;
pub mod kafka;
pub mod live;
pub mod rebuild;
pub mod seal;
pub mod shutdown;
pub mod simulation;
pub mod store;
pub mod telemetry;
pub mod training;
pub mod verify;
pub mod web;
pub mod worker;
