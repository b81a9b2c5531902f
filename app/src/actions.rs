//! Server functions, a file each: what forms post to, with JavaScript or without.
//!
//! All arguments are text, so that nothing fails before we can keep it. Every answer is 303 with an address of our own
//! choosing: to the page that shows what came of it, or back to the form as `?form=ID` with what was typed and
//! `(field, code)` pairs kept as unfinished work. Passwords are never kept. Codes become sentences on the page.

pub mod change_password;
pub mod check_transaction;
pub mod form;
pub mod label_transaction;
pub mod open_account;
pub mod payment;
pub mod set_preference;
pub mod settle_hold;
pub mod sign_in;
pub mod sign_in_demo;
pub mod sign_out;
pub mod start_import;
pub mod submit_transaction;
pub mod upload_import;

use serde::{Deserialize, Serialize};
use server_fn::codec::JsonEncoding;
use server_fn::error::{FromServerFnError, ServerFnErrorErr};

/// The one error that crosses the wire: the post could not be read as a form at all.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ApiError {
    #[error("malformed")]
    Malformed,
}

impl FromServerFnError for ApiError {
    type Encoder = JsonEncoding;
    fn from_server_fn_error(_: ServerFnErrorErr) -> Self {
        ApiError::Malformed
    }
}
