//! Pure: a picture as SVG, inside a page that has [`STYLE`]. The limit is dashed, names stand at the ends of their
//! lines, and the colours are those of Okabe and Ito, which colour-blind readers can tell apart.

use maud::{Markup, html};

use super::{Chart, Line, Scale};
use crate::numbers::si;

/// The colours, for light and dark screens.
pub const STYLE: &str = include_str!("chart.css");

const WIDTH: f64 = 860.0;
const HEIGHT: f64 = 440.0;
const LEFT: f64 = 70.0;
const RIGHT: f64 = 230.0;
const TOP: f64 = 20.0;
const BOTTOM: f64 = 52.0;
/// From one name to the next.
const GAP: f64 = 16.0;
/// So many colours there are; then they come again, dotted.
const COLOURS: usize = 8;

/// The picture, or a sentence that says that there is none.
#[must_use]
pub fn svg(chart: &Chart) -> Markup {
    let Some(scale) = Scale::of(chart) else { return html! { p { "Nothing to draw." } } };
    let lines: Vec<&Line> = chart.lines.iter().filter(|line| !line.points.is_empty()).collect();
    let names = places(&lines, &scale);
    html! {
        svg xmlns="http://www.w3.org/2000/svg" viewBox=(format!("0 0 {WIDTH} {HEIGHT}")) role="img" aria-label=(chart.title) {
            (grid(chart, &scale))
            @for (index, (line, y)) in lines.iter().zip(names).enumerate() {
                g class=(class(index, line)) { (curve(line, &scale, y)) }
            }
        }
    }
}

fn class(index: usize, line: &Line) -> String {
    let more = if index >= COLOURS { " more" } else { "" };
    let limit = if line.is_limit { " limit" } else { "" };
    format!("c{}{more}{limit}", index % COLOURS)
}

fn across(scale: &Scale, x: f64) -> f64 {
    LEFT + scale.across(x) * (WIDTH - LEFT - RIGHT)
}

fn down(scale: &Scale, y: f64) -> f64 {
    HEIGHT - BOTTOM - scale.up(y) * (HEIGHT - TOP - BOTTOM)
}

fn one(value: f64) -> String {
    format!("{value:.1}")
}

fn grid(chart: &Chart, scale: &Scale) -> Markup {
    let (end, floor) = (WIDTH - RIGHT, HEIGHT - BOTTOM);
    let (middle, centre) = (f64::midpoint(LEFT, end), f64::midpoint(TOP, floor));
    let inside = chart.ticks.iter().filter(|tick| (scale.left..=scale.right * 1.001).contains(&tick.at));
    html! {
        g class="grid" {
            @for mark in scale.marks() {
                @let y = down(scale, mark);
                path d=(format!("M{LEFT} {y:.1}H{end}")) {}
                text x=(one(LEFT - 8.0)) y=(one(y + 4.0)) text-anchor="end" { (si(mark)) }
            }
            @for tick in inside {
                @let x = across(scale, tick.at);
                path d=(format!("M{x:.1} {TOP}V{floor}")) {}
                text x=(one(x)) y=(one(floor + 18.0)) text-anchor="middle" { (tick.name) }
            }
            text x=(one(middle)) y=(one(HEIGHT - 8.0)) text-anchor="middle" { (chart.x) }
            text transform=(format!("translate(16 {centre:.1}) rotate(-90)")) text-anchor="middle" { (chart.y) }
        }
    }
}

fn curve(line: &Line, scale: &Scale, name_y: f64) -> Markup {
    let place = |&(x, y): &(f64, f64)| (across(scale, x), down(scale, y));
    let points: Vec<String> = line.points.iter().map(place).map(|(x, y)| format!("{x:.1},{y:.1}")).collect();
    let end = line.points.last().map_or(0.0, |&(x, _)| across(scale, x));
    html! {
        polyline points=(points.join(" ")) {}
        @for (x, y) in line.points.iter().map(place) {
            circle cx=(one(x)) cy=(one(y)) r="2.5" {}
        }
        text x=(one(end + 9.0)) y=(one(name_y + 4.0)) { (line.name) }
    }
}

/// Where each line's name stands: at its end, pushed down as far as the names above it need, and up where the picture
/// would end.
fn places(lines: &[&Line], scale: &Scale) -> Vec<f64> {
    let end = |line: &&Line| line.points.last().map_or(0.0, |&(_, y)| down(scale, y));
    let mut places: Vec<(usize, f64)> = lines.iter().map(end).enumerate().collect();
    places.sort_by(|a, b| a.1.total_cmp(&b.1));
    for index in 1..places.len() {
        places[index].1 = places[index].1.max(places[index - 1].1 + GAP);
    }
    let mut most = HEIGHT - BOTTOM;
    for place in places.iter_mut().rev() {
        place.1 = place.1.min(most);
        most = place.1 - GAP;
    }
    places.sort_by_key(|&(index, _)| index);
    places.into_iter().map(|(_, y)| y).collect()
}
