//! The ledger step (being written).
