//! The command line of booking.
