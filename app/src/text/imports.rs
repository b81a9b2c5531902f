//! Imports.

use super::catalogue;

catalogue! {
    /// Imports.
    Imports {
        title: "Imports", "Imports";
    }
}
