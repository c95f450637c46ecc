//! Incidents to what people read and tools use.

pub mod export;
