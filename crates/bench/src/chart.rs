//! Pure: a picture of lines on two logarithmic axes; its scale, and what both renderings need.

mod svg;
mod text;

pub use svg::{STYLE, svg};
pub use text::text;

/// A picture.
#[derive(Debug, Clone, PartialEq)]
pub struct Chart {
    /// What it shows.
    pub title: String,
    /// What the horizontal axis says.
    pub x: String,
    /// What the vertical axis says.
    pub y: String,
    /// The marks of the horizontal axis.
    pub ticks: Vec<Tick>,
    /// The lines; one without points is not drawn.
    pub lines: Vec<Line>,
}

/// A mark of an axis.
#[derive(Debug, Clone, PartialEq)]
pub struct Tick {
    /// Where it is.
    pub at: f64,
    /// What stands there.
    pub name: String,
}

/// A line of a picture.
#[derive(Debug, Clone, PartialEq)]
pub struct Line {
    /// Its name, at its end.
    pub name: String,
    /// A limit is drawn dashed.
    pub is_limit: bool,
    /// Its points, from left to right; all above 0.
    pub points: Vec<(f64, f64)>,
}

/// Where a picture begins and ends.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Scale {
    left: f64,
    right: f64,
    bottom: f64,
    top: f64,
}

impl Scale {
    /// Of the lines; `None` when there is nothing to draw.
    fn of(chart: &Chart) -> Option<Self> {
        let all = || chart.lines.iter().flat_map(|line| &line.points);
        let is_drawable = |&(x, y): &(f64, f64)| x > 0.0 && y > 0.0 && x.is_finite() && y.is_finite();
        if all().next().is_none() || !all().all(is_drawable) {
            return None;
        }
        let (mut left, mut right) = (f64::MAX, 0.0_f64);
        let (mut low, mut high) = (f64::MAX, 0.0_f64);
        for &(x, y) in all() {
            (left, right) = (left.min(x), right.max(x));
            (low, high) = (low.min(y), high.max(y));
        }
        // A single place or value still needs room.
        let right = if right > left { right } else { left * 2.0 };
        let (bottom, top) = (step_below(low), step_above(high));
        Some(Self { left, right, bottom, top: if top > bottom { top } else { bottom * 10.0 } })
    }

    /// From 0 at the left to 1 at the right.
    fn across(&self, x: f64) -> f64 {
        (x / self.left).log10() / (self.right / self.left).log10()
    }

    /// From 0 at the bottom to 1 at the top.
    fn up(&self, y: f64) -> f64 {
        (y / self.bottom).log10() / (self.top / self.bottom).log10()
    }

    /// The marks of the vertical axis: powers of ten, and 2 and 5 between them while that is not too many.
    fn marks(&self) -> Vec<f64> {
        let is_narrow = self.top / self.bottom < 1e3;
        let steps: &[f64] = if is_narrow { &[1.0, 2.0, 5.0] } else { &[1.0] };
        let inside = |&mark: &f64| mark > self.bottom * 0.999 && mark < self.top * 1.001;
        let decades = decade(self.bottom)..=decade(self.top);
        decades.flat_map(|ten| steps.iter().map(move |step| step * 10_f64.powi(ten))).filter(inside).collect()
    }
}

#[expect(clippy::cast_possible_truncation, reason = "the logarithm of an f64 is below 400")]
fn decade(value: f64) -> i32 {
    value.log10().floor() as i32
}

/// The next 1, 2 or 5 times a power of ten, at most `value`.
fn step_below(value: f64) -> f64 {
    let ten = 10_f64.powi(decade(value));
    [5.0, 2.0].into_iter().map(|step| step * ten).find(|step| *step <= value * 1.000_001).unwrap_or(ten)
}

/// The next 1, 2 or 5 times a power of ten, at least `value`.
fn step_above(value: f64) -> f64 {
    let ten = 10_f64.powi(decade(value));
    let steps = [1.0, 2.0, 5.0, 10.0].into_iter().map(|step| step * ten);
    steps.into_iter().find(|step| *step >= value * 0.999_999).unwrap_or(ten * 10.0)
}

#[cfg(test)]
mod tests;
