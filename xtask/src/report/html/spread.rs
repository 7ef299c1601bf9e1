//! How the totals of a class lie: a bar for each tenth of the scale, drawn in the page. Pure.
//!
//! Whoever does not see the picture has its numbers in its text.

use maud::{Markup, html};

use crate::score::{Bar, LabResults, Spread};

/// The picture, in its own units.
const WIDTH: usize = 640;
const HEIGHT: usize = 150;
/// Above the highest bar, for its number; below all, for the scale.
const ABOVE: usize = 20;
const BELOW: usize = 22;
/// The small picture.
const SMALL: (usize, usize) = (100, 22);

pub(super) fn section(results: &LabResults, has_policy: bool) -> Markup {
    html! {
        section id="totals" aria-labelledby="totals-title" {
            h2 id="totals-title" { "Totals" }
            @match Spread::of(results) {
                None => { p { "No total is final yet." } }
                Some(spread) => {
                    (picture(&spread.bars()))
                    p.small {
                        (spread.count()) " of " (results.members.len()) " members; mean " (spread.mean()) ", median "
                        (spread.median()) " of " (results.head.max())
                        " points. Not counted: who handed nothing in, and totals that are undecided."
                        @if has_policy { " These are the points of the checks, before the policy of the class." }
                    }
                }
            }
        }
    }
}

fn picture(bars: &[Bar]) -> Markup {
    let step = WIDTH / bars.len();
    let highest = highest(bars);
    html! {
        svg.totals viewBox={ "0 0 " (WIDTH) " " (ABOVE + HEIGHT + BELOW) } role="img" aria-labelledby="totals-text" {
            title id="totals-text" { (words(bars)) }
            @for (number, bar) in bars.iter().enumerate() {
                @let height = (bar.count * HEIGHT).div_ceil(highest);
                @let middle = number * step + step / 2;
                rect.bar x=(number * step + 4) y=(ABOVE + HEIGHT - height) width=(step - 8) height=(height) {}
                @if bar.count > 0 {
                    text x=(middle) y=(ABOVE + HEIGHT - height - 5) { (bar.count) }
                }
                text.scale x=(middle) y=(ABOVE + HEIGHT + 16) { (range(bar, "–")) }
            }
            line x1="0" y1=(ABOVE + HEIGHT) x2=(WIDTH) y2=(ABOVE + HEIGHT) {}
        }
    }
}

/// The same for a row of a table.
pub(super) fn small(results: &LabResults) -> Markup {
    let Some(spread) = Spread::of(results) else { return html! { "–" } };
    let bars = spread.bars();
    let (width, height) = SMALL;
    let (step, highest) = (width / bars.len(), highest(&bars));
    html! {
        svg.small-totals viewBox={ "0 0 " (width) " " (height + 1) } role="img" aria-label=(words(&bars)) {
            @for (number, bar) in bars.iter().enumerate() {
                @let tall = (bar.count * height).div_ceil(highest);
                rect.bar x=(number * step + 1) y=(height - tall) width=(step - 2) height=(tall) {}
            }
            line x1="0" y1=(height) x2=(width) y2=(height) {}
        }
    }
}

fn highest(bars: &[Bar]) -> usize {
    bars.iter().map(|bar| bar.count).max().unwrap_or(0).max(1)
}

/// `Members by total: 0 to 9 points: 2; 90 to 100 points: 5; none elsewhere.`
fn words(bars: &[Bar]) -> String {
    let some = bars.iter().filter(|bar| bar.count > 0);
    let some: Vec<String> = some.map(|bar| format!("{} points: {}", range(bar, " to "), bar.count)).collect();
    format!("Members by total: {}; none elsewhere.", some.join("; "))
}

fn range(bar: &Bar, between: &str) -> String {
    if bar.from == bar.to { bar.from.to_string() } else { format!("{}{between}{}", bar.from, bar.to) }
}
