//! Pure: spreads, ratios and percentiles of measured values, and how they are printed.

/// The least, the middle and the largest of some values. A mean is never shown: one stolen slice moves it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Spread {
    /// The least.
    pub min: f64,
    /// The one in the middle; of an even number the upper one.
    pub median: f64,
    /// The largest.
    pub max: f64,
}

impl Spread {
    /// Of at least one value.
    #[must_use]
    pub fn of(values: &[f64]) -> Option<Self> {
        let sorted = sorted(values);
        let median = *sorted.get(sorted.len() / 2)?;
        Some(Self { min: *sorted.first()?, median, max: *sorted.last()? })
    }
}

/// Which direction is the good one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Better {
    /// As of messages a second.
    More,
    /// As of nanoseconds a message.
    Less,
}

impl Better {
    /// How many times better `value` is than `anchor`; above 1 is better, whatever the unit is.
    #[must_use]
    pub fn ratio(self, value: f64, anchor: f64) -> f64 {
        match self {
            Self::More => value / anchor,
            Self::Less => anchor / value,
        }
    }

    /// For people.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::More => "more is better",
            Self::Less => "less is better",
        }
    }
}

/// The shares of a percentile curve, and how an axis names some of them.
const SHARES: [f64; 9] = [0.0, 0.5, 0.75, 0.9, 0.95, 0.99, 0.995, 0.999, 0.9999];
/// The ticks of a percentile axis: 1 ÷ (1 − share), and its name.
pub const PERCENT_TICKS: [(f64, &str); 6] =
    [(1.0, "least"), (2.0, "50 %"), (10.0, "90 %"), (100.0, "99 %"), (1e3, "99.9 %"), (1e4, "99.99 %")];

/// The points of a percentile curve. x is 1 ÷ (1 − share), so that 90, 99 and 99.9 % are equally far apart on a
/// logarithmic axis. A share for which there are too few samples is left out.
#[must_use]
pub fn percentiles(samples: &[f64]) -> Vec<(f64, f64)> {
    let sorted = sorted(samples);
    let Some(last) = sorted.len().checked_sub(1) else { return Vec::new() };
    let point = |share: f64| {
        let x = 1.0 / (1.0 - share);
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "an index within the samples"
        )]
        let at = (last as f64 * share).round() as usize;
        (x, sorted[at])
    };
    SHARES.iter().map(|&share| point(share)).filter(|&(x, _)| x.round() <= sorted.len() as f64).collect()
}

fn sorted(values: &[f64]) -> Vec<f64> {
    let mut values = values.to_vec();
    values.sort_by(f64::total_cmp);
    values
}

/// A value with three significant digits: `0.0166`, `58.3`, `1310`.
#[must_use]
pub fn short(value: f64) -> String {
    let size = value.abs();
    if size == 0.0 {
        return "0".to_owned();
    }
    #[expect(clippy::cast_possible_truncation, reason = "the logarithm of an f64 is below 400")]
    let digits = 2 - size.log10().floor() as i32;
    format!("{value:.*}", usize::try_from(digits.clamp(0, 6)).unwrap_or(0))
}

/// A value with a unit's letter, for axes: `64`, `1.5k`, `20M`.
#[must_use]
pub fn si(value: f64) -> String {
    let steps = [(1e9, "G"), (1e6, "M"), (1e3, "k")];
    let (step, letter) = steps.into_iter().find(|(step, _)| value.abs() >= *step).unwrap_or((1.0, ""));
    let text = format!("{:.6}", value / step);
    format!("{}{letter}", text.trim_end_matches('0').trim_end_matches('.'))
}

/// A size in bytes as people write it: `64`, `4 KiB`, `1 MiB`.
#[must_use]
pub fn bytes(size: usize) -> String {
    match size {
        0 => "0".to_owned(),
        n if n.is_multiple_of(1 << 20) => format!("{} MiB", n >> 20),
        n if n.is_multiple_of(1 << 10) => format!("{} KiB", n >> 10),
        n => n.to_string(),
    }
}

/// A size or a count that a curve carries as a number: small and whole.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "small whole numbers")]
#[must_use]
pub fn whole(number: f64) -> usize {
    number as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_spread_needs_a_value_and_does_not_care_for_the_order() {
        assert_eq!(Spread::of(&[]), None);
        assert_eq!(Spread::of(&[3.0, 1.0, 2.0]), Some(Spread { min: 1.0, median: 2.0, max: 3.0 }));
        assert_eq!(Spread::of(&[4.0]), Some(Spread { min: 4.0, median: 4.0, max: 4.0 }));
    }

    #[test]
    fn a_ratio_above_one_is_always_the_better_one() {
        assert!(Better::More.ratio(20.0, 10.0) > 1.0);
        assert!(Better::Less.ratio(10.0, 20.0) > 1.0);
    }

    #[test]
    fn a_share_that_the_samples_cannot_show_is_left_out() {
        let samples: Vec<f64> = (1..=100).map(f64::from).collect();
        let points = percentiles(&samples);
        assert_eq!(points.first(), Some(&(1.0, 1.0)));
        assert_eq!(points.len(), 6, "99 % is the last of a hundred samples: {points:?}");
        assert!(percentiles(&[]).is_empty());
    }

    #[test]
    fn values_are_printed_with_three_digits() {
        let texts: Vec<String> = [0.0, 0.016_63, 0.5, 58.34, 1310.4, -2.0].map(short).into();
        assert_eq!(texts, ["0", "0.0166", "0.500", "58.3", "1310", "-2.00"]);
        assert_eq!([16.0, 1500.0, 2e7, 0.001].map(si), ["16", "1.5k", "20M", "0.001"]);
        assert_eq!([64, 4096, 1 << 20].map(bytes), ["64", "4 KiB", "1 MiB"]);
    }
}
