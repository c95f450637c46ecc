//! Progress on standard error: bytes, rate and remaining time.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::input::progress::state;

/// How often it is drawn anew.
const STEP: Duration = Duration::from_millis(80);
const FORM: &str = "{bar:30} {bytes} of {total_bytes}, {bytes_per_sec}, {eta} left";

/// A line that is drawn until it is dropped.
pub struct Progress {
    is_done: Arc<AtomicBool>,
    drawing: Option<JoinHandle<()>>,
}

impl Progress {
    /// Begins to draw. Short runs end before the first step.
    pub fn begin() -> Progress {
        let is_done = Arc::new(AtomicBool::new(false));
        let seen = Arc::clone(&is_done);
        let drawing = thread::spawn(move || {
            let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
            bar.set_style(ProgressStyle::with_template(FORM).unwrap_or_else(|_| ProgressStyle::default_bar()));
            loop {
                thread::park_timeout(STEP);
                if seen.load(Ordering::Acquire) {
                    break;
                }
                let (read, all) = state();
                bar.set_length(all);
                bar.set_position(read);
                bar.tick();
            }
            bar.finish_and_clear();
        });
        Progress { is_done, drawing: Some(drawing) }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.is_done.store(true, Ordering::Release);
        if let Some(drawing) = self.drawing.take() {
            drawing.thread().unpark();
            let _ = drawing.join();
        }
    }
}
