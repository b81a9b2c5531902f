//! rebuild: being built.
