//! Points with two decimals, exact: a penalty in whole percent of whole points needs no rounding at all. Pure.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Hundredths of a point.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Points(u64);

impl Points {
    /// So many whole points.
    #[must_use]
    pub fn whole(points: u32) -> Self {
        Self(u64::from(points) * 100)
    }

    /// This percentage of so many whole points.
    #[must_use]
    pub fn percent_of(percent: u32, points: u32) -> Self {
        Self(u64::from(percent) * u64::from(points))
    }

    /// The same as often.
    #[must_use]
    pub fn times(self, weight: u32) -> Self {
        Self(self.0 * u64::from(weight))
    }

    /// The double nearest to them.
    #[must_use]
    pub fn as_number(self) -> f64 {
        self.0 as f64 / 100.0
    }

    /// How many percent of `max` these are, rounded half up to two decimals. `None`: of nothing.
    #[must_use]
    pub fn in_percent(self, max: Self) -> Option<Self> {
        let rounded = (u128::from(self.0) * 20_000 + u128::from(max.0)).checked_div(u128::from(max.0) * 2)?;
        u64::try_from(rounded).ok().map(Self)
    }

    /// Which of two shares is the smaller one, as it is, without rounding.
    #[must_use]
    pub fn compare_shares(one: (Self, u32), other: (Self, u32)) -> std::cmp::Ordering {
        let product = |points: Self, max: u32| u128::from(points.0) * u128::from(max);
        product(one.0, other.1).cmp(&product(other.0, one.1))
    }
}

impl std::iter::Sum for Points {
    fn sum<I: Iterator<Item = Self>>(points: I) -> Self {
        Self(points.map(|points| points.0).sum())
    }
}

/// `87`, `87.5`, `87.25`.
impl fmt::Display for Points {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.0 / 100, self.0 % 100) {
            (whole, 0) => write!(f, "{whole}"),
            (whole, rest) if rest % 10 == 0 => write!(f, "{whole}.{}", rest / 10),
            (whole, rest) => write!(f, "{whole}.{rest:02}"),
        }
    }
}

/// A number. The double nearest to a number with two decimals is printed as that number, so nothing is lost.
impl Serialize for Points {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 % 100 {
            0 => serializer.serialize_u64(self.0 / 100),
            _ => serializer.serialize_f64(self.as_number()),
        }
    }
}

impl<'de> Deserialize<'de> for Points {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let hundredths = f64::deserialize(deserializer)? * 100.0;
        // Up to here a double has every whole number.
        if !(0.0..=9e15).contains(&hundredths) {
            return Err(serde::de::Error::custom("points are a number from 0"));
        }
        Ok(Self(hundredths.round() as u64))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case(Points::whole(87), "87")]
    #[case(Points::percent_of(50, 75), "37.5")]
    #[case(Points::percent_of(5, 1), "0.05")]
    #[case(Points::percent_of(95, 97), "92.15")]
    #[case(Points::default(), "0")]
    fn points_are_written_as_short_as_can_be_and_read_back(#[case] points: Points, #[case] text: &str) {
        assert_eq!(points.to_string(), text);
        let json = serde_json::to_string(&points).unwrap();
        assert_eq!((json.as_str(), serde_json::from_str::<Points>(&json).unwrap()), (text, points));
    }

    #[test]
    fn every_number_with_two_decimals_survives_json() {
        for hundredths in 0..100_000 {
            let json = serde_json::to_string(&Points(hundredths)).unwrap();
            assert_eq!(serde_json::from_str::<Points>(&json).unwrap(), Points(hundredths));
            assert_eq!(json, Points(hundredths).to_string());
        }
    }

    #[rstest]
    #[case::two_thirds(2, 3, Some("66.67"))]
    #[case::a_third(1, 3, Some("33.33"))]
    #[case::half_goes_up(1, 800, Some("0.13"))]
    #[case::all(300, 300, Some("100"))]
    #[case::of_nothing(0, 0, None)]
    fn a_share_is_rounded_once_and_half_up(
        #[case] points: u32,
        #[case] max: u32,
        #[case] text: Option<&str>,
    ) {
        let percent = Points::whole(points).in_percent(Points::whole(max));
        assert_eq!(percent.map(|percent| percent.to_string()).as_deref(), text);
    }
}
