//! Moments and spans, as a policy and a platform write them: to the second, always with an offset. Pure.

use std::fmt;

use toml::value::{Datetime, Offset};

/// Seconds in a day.
pub(crate) const DAY: i64 = 86_400;

/// A second since 1970, UTC, with the offset in which it was written, in minutes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment {
    /// The second.
    pub second: i64,
    offset: i16,
}

/// Why a text is no moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wrong {
    /// It has no date.
    Form,
    /// It has a date and no time.
    NoTime,
    /// Nothing says in which offset it is.
    NoOffset,
}

impl fmt::Display for Wrong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Form => "is no time; write one such as 2026-10-12T23:59:00+02:00",
            Self::NoTime => "has no time of day; write one such as 2026-10-12T23:59:00+02:00",
            Self::NoOffset => {
                "has no offset; write +02:00 behind it, or `offset = \"+02:00\"` once at the top"
            }
        })
    }
}

impl Moment {
    /// The moment this second since 1970.
    #[must_use]
    pub fn utc(second: i64) -> Self {
        Self { second, offset: 0 }
    }

    /// Reads RFC 3339, with a blank for the `T`, a blank before the offset, or without an offset: then it is the one given.
    pub(crate) fn parse(text: &str, offset: Option<i16>) -> Result<Self, Wrong> {
        let mut text = text.trim().to_owned();
        // Ruby, and so Gradescope, writes `2026-04-26 17:34:00.861687000 Z`.
        if let Some((start, last)) = text.rsplit_once(' ')
            && last.starts_with(['Z', '+', '-'])
        {
            text = format!("{start}{last}");
        }
        Self::new(&text.parse().map_err(|_| Wrong::Form)?, offset)
    }

    /// The same of a text that must have its offset.
    #[must_use]
    pub fn parse_with_offset(text: &str) -> Option<Self> {
        Self::parse(text, None).ok()
    }

    /// A moment of a TOML. A fraction of a second is left away, for the benefit of the student.
    pub(crate) fn new(written: &Datetime, offset: Option<i16>) -> Result<Self, Wrong> {
        let date = written.date.ok_or(Wrong::Form)?;
        let time = written.time.ok_or(Wrong::NoTime)?;
        let offset = match written.offset {
            Some(Offset::Z) => 0,
            Some(Offset::Custom { minutes }) => minutes,
            None => offset.ok_or(Wrong::NoOffset)?,
        };
        let of_day = i64::from(time.hour) * 3600 + i64::from(time.minute) * 60;
        let local = days(i64::from(date.year), i64::from(date.month), i64::from(date.day)) * DAY + of_day;
        let second = local + i64::from(time.second.unwrap_or(0)) - i64::from(offset) * 60;
        Ok(Self { second, offset })
    }

    /// The same, so many seconds later.
    pub(crate) fn later(self, seconds: i64) -> Self {
        Self { second: self.second.saturating_add(seconds), ..self }
    }
}

/// RFC 3339, in the offset in which it was written.
impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let local = self.second + i64::from(self.offset) * 60;
        let ((year, month, day), of_day) = (date(local.div_euclid(DAY)), local.rem_euclid(DAY));
        let (hour, minute, second) = (of_day / 3600, of_day / 60 % 60, of_day % 60);
        write!(f, "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}")?;
        match self.offset {
            0 => f.write_str("Z"),
            offset => {
                let (sign, minutes) = (if offset < 0 { '-' } else { '+' }, offset.unsigned_abs());
                write!(f, "{sign}{:02}:{:02}", minutes / 60, minutes % 60)
            }
        }
    }
}

/// An offset by itself: `+02:00`, `Z`. In minutes.
pub(crate) fn offset(text: &str) -> Option<i16> {
    match format!("2000-01-01T00:00:00{text}").parse::<Datetime>().ok()?.offset? {
        Offset::Z => Some(0),
        Offset::Custom { minutes } => Some(minutes),
    }
}

/// The days from 1970-01-01 to a date. A year begins in March here, so that a leap day is its last.
fn days(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    365 * year + year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400) + of_year - 719_468
}

/// The date that many days after 1970-01-01: [`days`] the other way. 400 years have 146097 days.
fn date(days: i64) -> (i64, i64, i64) {
    let (era, of_era) = ((days + 719_468).div_euclid(146_097), (days + 719_468).rem_euclid(146_097));
    let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    (year + era * 400 + i64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("1970-01-01T00:00:00Z", 0)]
    #[case("1970-01-01T02:00:00+02:00", 0)]
    #[case("1969-12-31T19:30:00-04:30", 0)]
    #[case("2000-03-01T00:00:00Z", 951_868_800)]
    #[case("2028-02-29T23:59:59Z", 1_835_481_599)]
    #[case("2028-03-01T00:00:00Z", 1_835_481_600)]
    #[case("2026-04-26 17:34:00.861687000 Z", 1_777_224_840)]
    #[case("2026-04-26 10:34:00 -07:00", 1_777_224_840)]
    #[case("2026-04-26T17:34Z", 1_777_224_840)]
    fn a_moment_is_a_second_whatever_its_offset(#[case] text: &str, #[case] second: i64) {
        assert_eq!(Moment::parse(text, None).unwrap().second, second);
    }

    #[rstest]
    #[case("2026-02-29T00:00:00Z", Wrong::Form)]
    #[case("yesterday", Wrong::Form)]
    #[case("23:59:00", Wrong::Form)]
    #[case("2026-10-12", Wrong::NoTime)]
    #[case("2026-10-12T23:59:00", Wrong::NoOffset)]
    fn what_is_no_moment_says_why(#[case] text: &str, #[case] wrong: Wrong) {
        assert_eq!(Moment::parse(text, None), Err(wrong));
    }

    #[test]
    fn an_offset_that_was_given_once_is_that_of_every_local_time() {
        let moment = Moment::parse("2026-10-12 23:59:00", offset("+02:00")).unwrap();
        assert_eq!(moment, Moment::parse("2026-10-12T23:59:00+02:00", None).unwrap());
        assert_eq!(offset("-03:30"), Some(-210));
        assert_eq!((offset("Z"), offset("Europe/Berlin"), offset("2")), (Some(0), None, None));
    }

    #[rstest]
    #[case("2028-02-29T23:59:59+02:00")]
    #[case("1999-12-31T00:00:00-03:30")]
    #[case("2100-02-28T12:00:00Z")]
    #[case("2026-01-01T00:30:00+05:45")]
    fn a_moment_is_written_as_it_was_read(#[case] text: &str) {
        assert_eq!(Moment::parse(text, None).unwrap().to_string(), text);
    }

    #[test]
    fn every_day_of_four_centuries_is_found_again() {
        for day in 0..150_000 {
            let (year, month, of_month) = date(day);
            assert_eq!(days(year, month, of_month), day);
        }
    }
}
