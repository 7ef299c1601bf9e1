//! How much work makes one measurement: so much that starting a program does not matter, and not more. A fast contender
//! does more of it than a slow one, and what counts is the rate.

use std::time::Duration;

use crate::harness::Setup;

/// How long a measurement takes about.
const WANTED: Duration = Duration::from_millis(40);

/// The number of repetitions for one contender.
pub(crate) struct Pace {
    count: usize,
    most: usize,
}

impl Pace {
    /// Begins with a tenth of the count that suits a fast contender, and never goes beyond 10 times that count.
    pub(crate) fn new(setup: &Setup, usual: usize) -> Self {
        Self { count: setup.scaled(usual / 10), most: setup.scaled(usual * 10) }
    }

    /// Repetitions a second. `work` does so many, and says how long they took; what was too short is no measurement.
    pub(crate) fn rate(
        &mut self,
        mut work: impl FnMut(usize) -> anyhow::Result<Duration>,
    ) -> anyhow::Result<f64> {
        loop {
            let (count, took) = (self.count, work(self.count)?);
            self.count = self.next(took);
            // More of it would change nothing: it is long enough, or cannot be longer.
            if took >= WANTED / 2 || count >= self.most {
                return Ok(count as f64 / took.as_secs_f64());
            }
        }
    }

    fn next(&self, took: Duration) -> usize {
        let factor = WANTED.as_secs_f64() / took.as_secs_f64().max(1e-9);
        let wanted = self.count as f64 * factor.clamp(0.25, 10.0);
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a count of repetitions")]
        (wanted as usize).clamp(2, self.most.max(2))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_too_short_is_done_again_with_more() {
        let mut pace = Pace { count: 10, most: 1_000_000 };
        let mut counts = Vec::new();
        let rate = pace.rate(|count| {
            counts.push(count);
            Ok(Duration::from_micros(count as u64))
        });
        assert_eq!(counts, [10, 100, 1_000, 10_000, 40_000]);
        assert!((rate.unwrap() - 1e6).abs() < 1.0);
    }

    #[test]
    fn there_is_an_end_to_it_where_nothing_takes_time() {
        let mut pace = Pace { count: 10, most: 500 };
        assert!(pace.rate(|_| Ok(Duration::from_nanos(1))).unwrap() > 1e9);
        assert_eq!(pace.count, 500);
    }
}
