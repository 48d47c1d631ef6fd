//! The waiting room: gives each fan a place in line, lets in as many as the house can serve, and
//! stands between them and the upstream.
