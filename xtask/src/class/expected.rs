//! What a submission of a made class must get, as a cell of its table. Pure.

use std::fmt;

use crate::score::{Expect, Member};

/// What a submission must get.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Expected {
    /// Exactly these points.
    Points(u32),
    /// No more than these points: a cheat.
    AtMost(u32),
    /// Not all points, and each of these checks must fail: a mutant.
    CaughtBy(Vec<String>),
    /// A compile error.
    DoesNotCompile,
}

/// How the cells begin that are no number.
const AT_MOST: &str = "at most ";
const CAUGHT_BY: &str = "caught by ";
const DOES_NOT_COMPILE: &str = "does not compile";

impl Expected {
    /// Reads a cell.
    #[must_use]
    pub(super) fn parse(cell: &str) -> Option<Self> {
        if let Some(checks) = cell.strip_prefix(CAUGHT_BY) {
            return Some(Self::CaughtBy(checks.split(' ').map(str::to_owned).collect()));
        }
        if cell == DOES_NOT_COMPILE {
            return Some(Self::DoesNotCompile);
        }
        match cell.strip_prefix(AT_MOST) {
            Some(points) => points.parse().ok().map(Self::AtMost),
            None => cell.parse().ok().map(Self::Points),
        }
    }

    /// Why the member is not as expected; `None`: it is.
    #[must_use]
    pub(super) fn problem(&self, member: &Member) -> Option<String> {
        let (total, undecided) = (member.total, member.undecided);
        if undecided > 0 {
            return Some(format!("{undecided} points are undecided"));
        }
        match self {
            Self::Points(points) => (total != *points).then(|| format!("{total} points instead of {points}")),
            Self::AtMost(most) => (total > *most).then(|| format!("{total} points, more than {most}")),
            Self::CaughtBy(checks) => {
                let refused = member.entry.refused.as_deref();
                let found = Expect::CaughtBy(checks.clone()).judge(refused, total, undecided, &member.checks);
                (!found.met).then_some(found.text)
            }
            Self::DoesNotCompile => member.compile_error.is_none().then(|| "it compiles".to_owned()),
        }
    }
}

impl fmt::Display for Expected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Points(points) => write!(f, "{points}"),
            Self::AtMost(points) => write!(f, "{AT_MOST}{points}"),
            Self::CaughtBy(checks) => write!(f, "{CAUGHT_BY}{}", checks.join(" ")),
            Self::DoesNotCompile => f.write_str(DOES_NOT_COMPILE),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case(Expected::Points(100), "100")]
    #[case(Expected::AtMost(10), "at most 10")]
    #[case(Expected::CaughtBy(vec!["m1::a".into(), "m2::b".into()]), "caught by m1::a m2::b")]
    #[case(Expected::DoesNotCompile, "does not compile")]
    fn a_cell_says_what_is_expected(#[case] expected: Expected, #[case] cell: &str) {
        assert_eq!(expected.to_string(), cell);
        assert_eq!(Expected::parse(cell), Some(expected));
    }

    #[rstest]
    #[case("")]
    #[case("many")]
    #[case("at most many")]
    #[case("caught")]
    fn another_cell_is_refused(#[case] cell: &str) {
        assert_eq!(Expected::parse(cell), None);
    }
}
