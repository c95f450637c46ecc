//! Facts to incidents. Pure functions: no files, no clock, no printing.

pub mod burst;
pub mod evidence;
pub mod hole;
pub mod ports;
pub mod world;
