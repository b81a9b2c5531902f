//! The operator's pages.

use super::catalogue;

catalogue! {
    /// The operator's pages.
    Operator {
        title: "Machine room", "Salle des machines";
    }
}
