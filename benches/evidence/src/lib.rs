//! Nothing: this package holds benches.
