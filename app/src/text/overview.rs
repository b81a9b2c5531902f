//! The analysts' overview.

use super::catalogue;

catalogue! {
    /// The analysts' overview.
    Overview {
        title: "Overview", "Vue d’ensemble";
    }
}
