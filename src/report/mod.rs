//! Incidents to what people read and tools use.

pub mod asides;
pub mod build;
pub mod explain;
pub mod export;
pub mod extract;
pub mod formats;
pub mod inputs;
pub mod latent;
pub mod model;
pub mod redact;
pub mod text;
pub mod words;
