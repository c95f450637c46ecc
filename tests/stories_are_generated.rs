//! The stories that are checked in are those that the generator writes.

#[path = "../fixtures/generate/simulator/mod.rs"]
mod simulator;

use std::path::Path;

#[test]
fn stories_are_what_the_generator_writes() {
    for name in simulator::STORIES {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/incidents").join(name);
        for (path, bytes) in simulator::story(name, simulator::SEED).into_iter().flatten() {
            let kept = std::fs::read(folder.join(&path)).unwrap_or_default();
            assert!(kept == bytes, "{name}/{path}: run `cargo run --example generate`");
        }
    }
}
