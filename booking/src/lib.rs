//! The box office: sells each seat exactly once and never loses a won.
