//! import: being built.
