//! The operator brings in concerts, dates and seats from a CSV file.
