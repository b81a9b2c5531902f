//! Fraud: histories, features, rule book, model, policy, decision, explanation. Pure: the same facts in, the same
//! decision out; no clock, no I/O, no randomness, no hash order. Floats live here and never touch money.

pub mod counterfactual;
#[cfg(test)]
mod counts;
pub mod decision;
mod distinct;
pub mod evidence;
pub mod explain;
pub mod facts;
pub mod features;
pub mod history;
pub mod model;
pub mod payment;
pub mod policy;
pub mod replay;
pub mod rules;
