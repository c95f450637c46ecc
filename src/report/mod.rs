//! Incidents to what people read and tools use.

pub mod asides;
pub mod build;
pub mod explain;
pub mod export;
pub mod formats;
pub mod html;
pub mod inputs;
pub mod model;
pub mod text;
pub mod words;
