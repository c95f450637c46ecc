//! Facts to incidents. Pure functions: no files, no clock, no printing.

pub mod burst;
pub mod cause;
pub mod evidence;
pub mod finding;
pub mod hole;
pub mod impact;
pub mod ports;
pub mod world;
