//! Import of CSV history: a file becomes commands on the log, like everything else that changes the bank.
//!
//! Promises: amounts are exact; bad lines are reported with number and reason and cost no good one; importing a file
//! again adds nothing, a longer export only its new lines (see [`row::RowIds`]); per account the commands are sent in
//! the order in which the rows happened; imported history may overdraw, because it happened, and the report says so.
//! Deliberately absent: any write to the bank's tables (the worker books), and any rule about what a row may do.

pub mod date;
pub mod decimal;
pub mod file;
pub mod preset;
pub mod row;
pub mod run;
pub mod running_balance;
pub mod text;
pub mod uploads;
