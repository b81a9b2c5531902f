//! The bank's words and rules, pure: the same input gives the same output.
//!
//! Everything here can be tested without a broker, a database or a clock. Deliberately absent: async, I/O, time,
//! randomness, floats, logging.

pub mod account;
pub mod command;
pub mod control;
pub mod envelope;
pub mod fact;
pub mod hex;
pub mod ledger;
pub mod money;
pub mod partition;
pub mod reducer;
pub mod transaction;
pub mod view;

pub use account::{AccountKind, AccountNumber, AccountStatus};
pub use command::Command;
pub use fact::{Fact, FactBody, Position};
pub use money::{AmountMinor, Currency};
pub use transaction::{HoldTerms, OnExpiry, RefusalReason, TransactionKind, TransactionState};
