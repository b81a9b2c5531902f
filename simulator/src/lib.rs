//! A bank that does not exist, and what goes on in it: customers with habits, shops, cash machines, employers, and
//! thieves whose every payment is known to be one.
//!
//! Promises: the same settings give the same accounts, payments, ids and truth, byte for byte, on every machine; events
//! come in the order of their time; nobody spends what is not there. Deliberately absent: I/O, a clock (whoever wants
//! live traffic says what time it is), floats, any detail of how fraud is found.

pub mod bank;
pub mod event;
mod fraud;
mod geography;
mod habits;
pub mod history;
mod intent;
pub mod live;
pub mod purse;
pub mod random;

pub use bank::{Bank, Settings};
pub use event::{Event, FraudType, What};
pub use history::{History, Span};
pub use live::{Live, LiveSettings};
