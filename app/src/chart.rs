//! Charts: being built.
