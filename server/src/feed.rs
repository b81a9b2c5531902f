//! feed: being built.
