//! Pure: `similar.html`: what the numbers mean, then for each lab its pairs, and of the first ones what is equal, side by
//! side. Without a script and without any outside resource; what a student wrote is data.

mod sides;

use maud::{Markup, html};

use super::class::{Compared, Pair};
use super::fingerprint::{GUARANTEE, NOISE};
use super::{FEWEST, LONG, MATCHED, SHOWN, THRESHOLD};
use crate::page::document;
use crate::text::one_line;

const STYLE: &str = include_str!("page/style.css");
/// What the page is called.
const TITLE: &str = "Similar code";

/// The page with these parts; `has_report` tells whether `report.html` is beside it.
#[must_use]
pub fn page(labs: &[Markup], has_report: bool) -> String {
    let body = html! {
        header {
            h1 id="top" { (TITLE) }
            @if has_report { nav aria-label="Other pages" { a href=(crate::report::HTML) { "Grades" } } }
            (meaning())
        }
        main id="main" { @for lab in labs { (lab) } }
    };
    document(TITLE, STYLE, &body)
}

fn meaning() -> Markup {
    html! {
        p {
            "The pairs below have code in common that nobody gave them. The number beside a member says how much of this "
            "member's own code is also found at the other one. Own is what is not in the starter, the given files, the "
            "lecture or " code { "ipc-kit" } ". Names, numbers, texts, comments, layout, the order of functions and the "
            "file in which they stand make no difference."
        }
        p.warning {
            "This is no proof. Two students may have used the same book, may have worked together where that is allowed, or "
            "may have found the one simple answer. The number says where to look. Read both sides, and talk to both, before "
            "you decide anything."
        }
        p.small {
            "A pair is shown from " (THRESHOLD) " % on, or if " (LONG) " tokens in one place are equal (about 50 lines). "
            "Below that, no pair is shown. Who has less than " (FEWEST) " fingerprints of own code (about 30 lines) is never "
            "shown: in so little code many are alike by chance. Method: winnowing (Schleimer, Wilkerson and Aiken, 2003). "
            "Fewer than " (NOISE) " equal tokens in a row never count; " (GUARANTEE) " are always found."
        }
    }
}

/// A lab's part of the page.
#[must_use]
pub fn section(compared: &Compared) -> Markup {
    html! {
        section id={ "lab-" (compared.lab) } {
            h2 { "Lab " (compared.lab) ": " (compared.title) }
            p { (in_short(compared)) }
            @for group in compared.groups() {
                p { b { "A group of " (group.len()) ":" } " " (names(&group)) "." }
            }
            @if !compared.pairs.is_empty() { (table(compared)) }
            @for (number, pair) in compared.pairs.iter().take(SHOWN).enumerate() {
                (article(compared, number, pair))
            }
        }
    }
}

fn in_short(compared: &Compared) -> String {
    let pairs = match compared.pairs.len() {
        0 => "no pair is alike".to_owned(),
        1 => "1 pair is alike".to_owned(),
        count => format!("{count} pairs are alike"),
    };
    let short = match compared.too_short() {
        0 => String::new(),
        count => format!(" ({count} with too little own code to be compared)"),
    };
    let plural = if compared.class.len() == 1 { "" } else { "s" };
    format!("{} member{plural}{short}; {pairs}.", compared.class.len())
}

fn names(group: &[&str]) -> String {
    group.iter().map(|name| one_line(name, 60)).collect::<Vec<_>>().join(", ")
}

fn table(compared: &Compared) -> Markup {
    html! {
        div.wide tabindex="0" role="region" aria-label={ "Pairs of lab " (compared.lab) } {
            table.plain {
                thead {
                    tr {
                        th.number scope="col" { "%" } th scope="col" { "of" }
                        th.number scope="col" { "%" } th scope="col" { "of" }
                        th.number scope="col" { "longest match" br; small { "lines" } }
                    }
                }
                tbody {
                    @for (number, pair) in compared.pairs.iter().take(MATCHED).enumerate() {
                        (row(compared, number, pair))
                    }
                }
            }
        }
        @if compared.pairs.len() > MATCHED {
            p { "And " (compared.pairs.len() - MATCHED) " more pairs: see " code { (super::CSV) } "." }
        }
    }
}

fn row(compared: &Compared, number: usize, pair: &Pair) -> Markup {
    let [one, other] = compared.names(pair).map(|name| one_line(name, 60));
    html! {
        tr {
            td.number { b { (pair.percent[0]) } }
            td.name {
                @if number < SHOWN { a href={ "#" (id(compared, number)) } { (one) } } @else { (one) }
            }
            td.number { (pair.percent[1]) }
            td.name { (other) }
            td.number { @if let Some(lines) = pair.longest() { (lines) } }
        }
    }
}

fn id(compared: &Compared, number: usize) -> String {
    format!("p{}-{number}", compared.lab)
}

fn article(compared: &Compared, number: usize, pair: &Pair) -> Markup {
    let [one, other] = compared.names(pair).map(|name| one_line(name, 60));
    html! {
        article id=(id(compared, number)) {
            h3 { (one) " and " (other) }
            p {
                b { (pair.percent[0]) " %" } " of the own code of " (one) " is found at " (other) "; "
                b { (pair.percent[1]) " %" } " the other way round. "
                a.back href={ "#lab-" (compared.lab) } { "all pairs" }
            }
            (sides::matches(compared, pair, [&one, &other]))
        }
    }
}

#[cfg(test)]
mod tests;
