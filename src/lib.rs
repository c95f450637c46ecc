//! pmtrace reads servers' logs after an outage and says what failed.

pub mod facts;
pub mod format;
