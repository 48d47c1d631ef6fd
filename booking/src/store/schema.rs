//! Which version of the schema the database has, and which one this build needs.
