//! pmtrace reads servers' logs after an outage and says what failed.

pub mod analysis;
pub mod cli;
pub mod clock;
pub mod facts;
pub mod format;
pub mod input;
pub mod parse;
pub mod report;
