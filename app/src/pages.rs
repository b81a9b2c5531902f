//! The pages, a file each: an async function from the visit to the page, and the route's component around it.

pub mod account;
pub mod alerts;
pub mod check;
pub mod explore;
pub mod home;
pub mod imports;
pub mod not_found;
pub mod open_account;
pub mod operator;
pub mod overview;
pub mod pay;
pub mod profile;
pub mod sign_in;
pub mod transaction;
