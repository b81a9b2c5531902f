//! live: being built.
