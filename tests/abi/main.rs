//! The promise of the ABI, tested.
