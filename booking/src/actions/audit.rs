//! The operator proves that seats and money are right.
