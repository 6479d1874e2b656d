//! How far a long command has come, for somebody who watches.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::output::Output;

/// A bar on the terminal's error stream; nothing where nobody watches.
pub(super) struct Progress(ProgressBar);

impl Progress {
    /// Begin, with so many steps ahead.
    pub(super) fn begin(out: Output, steps: u64, what: &'static str) -> Self {
        let bar = ProgressBar::new(steps);
        if !out.is_terminal() {
            bar.set_draw_target(ProgressDrawTarget::hidden());
        }
        let style = ProgressStyle::with_template("{bar:40} {pos}/{len} {msg}  {eta} left");
        if let Ok(style) = style {
            bar.set_style(style);
        }
        bar.set_message(what);
        // Also while a single step takes long.
        bar.enable_steady_tick(Duration::from_millis(250));
        Self(bar)
    }

    /// So many steps are done.
    pub(super) fn step(&self, steps: u64) {
        self.0.inc(steps);
    }

    /// So much is done in all, of what may be more than was thought.
    pub(super) fn at(&self, done: u64) {
        self.0.set_position(done);
    }

    /// All is done; the bar goes.
    pub(super) fn end(self) {
        self.0.finish_and_clear();
    }
}
