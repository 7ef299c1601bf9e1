//! How much slower than the reference machine this one is. Watchdogs are multiplied by it, so that a slow
//! or busy machine does not turn a correct program into a hang.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// What starting `/bin/true` and waiting for it takes on the reference machine (2 cores of 2023, measured
/// median 0.7 ms, rounded up).
const REFERENCE: Duration = Duration::from_millis(1);

/// Starting processes is what the labs do most, so it is what is measured. In percent: 100 is equal, never
/// less. How many checks share the cores does not matter: watchdogs count the time in which nobody can run,
/// and the processor time of those who do.
#[must_use]
pub fn measure() -> u32 {
    let mut times: Vec<Duration> = (0..9).filter_map(|_| once()).collect();
    times.sort();
    let median = times.get(times.len() / 2).copied().unwrap_or(REFERENCE);
    percent(median)
}

fn once() -> Option<Duration> {
    let start = Instant::now();
    let status = Command::new("/bin/true").stdin(Stdio::null()).stdout(Stdio::null()).status().ok()?;
    status.success().then(|| start.elapsed())
}

fn percent(median: Duration) -> u32 {
    let own = median.as_secs_f64() / REFERENCE.as_secs_f64() * 100.0;
    // Beyond 20 times slower a watchdog would wait for minutes; such a machine is broken, not slow.
    own.clamp(100.0, 2000.0) as u32
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case::equal(1000, 100)]
    #[case::faster_is_not_less(200, 100)]
    #[case::slower(3000, 300)]
    #[case::bounded(900_000, 2000)]
    fn slowness_multiplies_and_never_divides(#[case] micros: u64, #[case] expected: u32) {
        assert_eq!(percent(Duration::from_micros(micros)), expected);
    }
}
