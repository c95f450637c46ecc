//! Incidents to what people read and tools use.

pub mod asides;
pub mod build;
mod chart;
pub mod events;
pub mod explain;
pub mod export;
pub mod extract;
pub mod formats;
pub mod html;
pub mod inputs;
pub mod latent;
pub mod markdown;
pub mod measures;
pub mod model;
pub mod progress;
pub mod redact;
pub mod schema;
pub mod table;
pub mod text;
pub mod words;
pub mod write;
