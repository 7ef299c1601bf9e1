//! Pure: what two members have in common, side by side with line numbers.

use maud::{Markup, html};

use crate::similar::class::{Compared, Pair, Sources};
use crate::similar::region::{Match, Side};
use crate::text::one_line;

/// So many matches of a pair are shown, with so many lines of each, and so many characters of a line.
const MATCHES: usize = 8;
const LINES: u32 = 60;
const CHARS: usize = 160;

pub(super) fn matches(compared: &Compared, pair: &Pair, names: [&str; 2]) -> Markup {
    html! {
        @for found in pair.matches.iter().take(MATCHES) { (one(compared, pair, found, names)) }
        @if pair.matches.len() > MATCHES {
            p.small { "And " (pair.matches.len() - MATCHES) " shorter matches." }
        }
    }
}

fn one(compared: &Compared, pair: &Pair, found: &Match, names: [&str; 2]) -> Markup {
    html! {
        div.sides {
            @for place in 0..2 {
                (side(compared.sources.get(&pair.members[place]), &found.sides[place], names[place]))
            }
        }
    }
}

fn side(sources: Option<&Sources>, side: &Side, name: &str) -> Markup {
    let (first, last) = (*side.lines.start(), *side.lines.end());
    let source = sources.and_then(|sources| sources.get(&side.path)).map_or(&[][..], Vec::as_slice);
    let lines = source.split(|byte| *byte == b'\n').zip(1_u32..);
    let shown = lines.skip_while(|(_, line)| *line < first).take_while(|(_, line)| *line <= last);
    let width = last.to_string().len();
    html! {
        figure {
            figcaption { b { (name) } " " code { (side.path) } ", " (range(first, last)) }
            pre {
                @for (text, line) in shown.take(LINES as usize) {
                    span.no { (format!("{line:>width$} ")) } (printable(text)) "\n"
                }
                @if side.count() > LINES { "… " (side.count() - LINES) " more lines" }
            }
        }
    }
}

fn range(first: u32, last: u32) -> String {
    if first == last { format!("line {first}") } else { format!("lines {first}–{last}") }
}

/// A line of a source as it may be shown. A tab is four columns.
fn printable(line: &[u8]) -> String {
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    one_line(&String::from_utf8_lossy(line).replace('\t', "    "), CHARS)
}
