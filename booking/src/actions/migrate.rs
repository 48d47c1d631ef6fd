//! The operator brings the schema to the version of this build.
