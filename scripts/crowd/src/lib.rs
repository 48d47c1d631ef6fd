//! The crowd: fans who join, wait, pick and pay over real HTTP, and the checks of what they saw.
