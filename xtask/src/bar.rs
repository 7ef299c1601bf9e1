//! A bar on standard error for work that takes long; nothing where nobody looks.

use std::io::IsTerminal as _;

use indicatif::{ProgressBar, ProgressStyle};

/// A bar of `length` steps of `unit` (`checks`).
#[must_use]
pub fn bar(length: usize, unit: &'static str) -> ProgressBar {
    if !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::new(length as u64).with_message(unit);
    // The time goes on while a step takes long.
    bar.enable_steady_tick(std::time::Duration::from_secs(1));
    match ProgressStyle::with_template("{bar:30} {pos}/{len} {msg} {elapsed}") {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}
