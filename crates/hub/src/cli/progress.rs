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

    /// Begin to count, without knowing how many there will be.
    pub(super) fn count(out: Output, what: &'static str) -> Self {
        let progress = Self::begin(out, 0, what);
        let style = ProgressStyle::with_template("{spinner} {pos} {msg}  {elapsed}");
        if let Ok(style) = style {
            progress.0.set_style(style);
        }
        progress
    }

    /// So many are counted.
    pub(super) fn at(&self, count: usize) {
        self.0
            .set_position(u64::try_from(count).unwrap_or(u64::MAX));
    }

    /// So many steps are done.
    pub(super) fn step(&self, steps: u64) {
        self.0.inc(steps);
    }

    /// The same, with bytes for steps.
    pub(super) fn bytes(out: Output, bytes: u64) -> Self {
        let progress = Self::begin(out, bytes, "");
        let style = ProgressStyle::with_template("{bar:40} {bytes}  {elapsed}");
        if let Ok(style) = style {
            progress.0.set_style(style);
        }
        progress
    }

    /// For work elsewhere that tells how many more steps are done.
    pub(super) fn stepper(&self) -> Box<dyn FnMut(u64) + Send> {
        let bar = self.0.clone();
        Box::new(move |steps| bar.inc(steps))
    }

    /// All is done; the bar goes.
    pub(super) fn end(self) {
        self.0.finish_and_clear();
    }
}
