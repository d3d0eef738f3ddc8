//! How far the questions to registries are, on standard error: a bar on a terminal, else a line now and then.

use super::output::status;
use crate::edge::Progress;
use indicatif::{ProgressBar, ProgressStyle};
use std::io::IsTerminal as _;
use std::sync::Mutex;
use std::time::{Duration, Instant};

/// How long it is quiet where there is no terminal.
const QUIET: Duration = Duration::from_secs(10);

/// What the bar looks like.
const TEMPLATE: &str = "  {bar:30} {pos} of {len} known, {elapsed}";

/// Shows how far it is until it is dropped.
pub(super) struct Shown {
    bar: Option<ProgressBar>,
}

impl Shown {
    /// Begins to show how many of `all` questions have an answer; gives what is to be told.
    pub(super) fn begin(all: usize) -> (Self, Progress) {
        if !std::io::stderr().is_terminal() {
            let last = Mutex::new(Instant::now());
            let told = Progress::to(move |known, all| {
                let Ok(mut last) = last.lock() else { return };
                if known < all && last.elapsed() >= QUIET {
                    *last = Instant::now();
                    status(&format!("  {known} of {all} known"));
                }
            });
            return (Self { bar: None }, told);
        }
        let bar = ProgressBar::new(all as u64);
        if let Ok(style) = ProgressStyle::with_template(TEMPLATE) {
            bar.set_style(style);
        }
        bar.tick();
        let told = bar.clone();
        (Self { bar: Some(bar) }, Progress::to(move |known, _| told.set_position(known as u64)))
    }
}

impl Drop for Shown {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_template_is_one() {
        assert!(ProgressStyle::with_template(TEMPLATE).is_ok());
    }
}
