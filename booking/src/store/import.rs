//! How imported seats are written.
