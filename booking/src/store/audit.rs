//! The questions that the audit asks.
