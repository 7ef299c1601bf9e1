//! The page of a run of several labs: how each lab went, then a row a student, with a way to each one's part. Pure.

use maud::{Markup, html};

use super::{STYLE, Sheets, alike, attention, circumstances, file, spread};
use crate::page::document;
use crate::report::grades;
use crate::score::{LabResults, LabScore, Results, Student, class_in_short};
use crate::similar::summary::Similar;
use crate::text::one_line;

/// What the page is called.
const TITLE: &str = "Grades";

pub(super) fn page(
    results: &Results,
    others: &Markup,
    sheets: &Sheets<'_>,
    similar: Option<&Similar>,
) -> String {
    let body = html! {
        header {
            h1 id="top" { (TITLE) }
            @if let Some((met, all)) = results.expected() {
                p.warning[met < all] { "Sample class: " (met) " of " (all) " as expected." }
            }
            (circumstances(&results.run, results.complete))
            nav aria-label="Parts of this page" { (others) a href="#labs" { "Labs" } " " a href="#students" { "Students" } }
        }
        main id="main" { (labs(results, similar)) (students(results, sheets)) }
    };
    document(TITLE, STYLE, &body)
}

fn labs(results: &Results, similar: Option<&Similar>) -> Markup {
    html! {
        section id="labs" {
            h2 { "Labs" }
            div.wide tabindex="0" role="region" aria-label="Labs" {
                table.plain {
                    thead {
                        tr {
                            th scope="col" { "lab" } th scope="col" { "look at first" } th scope="col" { "totals" }
                            th scope="col" { "how it went" } th scope="col" { "where" }
                        }
                    }
                    tbody { @for lab in &results.labs { (lab_row(lab, similar)) } }
                }
            }
        }
    }
}

fn lab_row(lab: &LabResults, similar: Option<&Similar>) -> Markup {
    let page = file(&lab.head.lab);
    html! {
        tr {
            th scope="row" { a href=(page) { (lab.head.lab) " " (lab.head.title) } }
            td.ways { (attention::in_short(lab, &page)) }
            td { (spread::small(lab)) }
            td.happened { (class_in_short(lab)) }
            td.ways { (missed(lab)) " " (alike::in_short(lab, &page, similar)) }
        }
    }
}

/// The way to what most of the class missed.
fn missed(lab: &LabResults) -> Markup {
    let is_missed = lab.members.iter().any(|member| member.was_run() && member.total < lab.head.max());
    html! { @if is_missed { a href={ (file(&lab.head.lab)) "#missed" } { "most missed" } } }
}

fn students(results: &Results, sheets: &Sheets<'_>) -> Markup {
    html! {
        section id="students" {
            h2 { "Students" }
            p.small { "–: nothing of the lab was handed in; it counts as 0 in the total." }
            div.wide tabindex="0" role="region" aria-label="Students" {
                table.plain {
                    thead {
                        tr {
                            th scope="col" { "student" }
                            th.number scope="col" {
                                "total"
                                // Under a policy each student's own maximum stands beside the points.
                                @if !results.has_policy() { br; small { "/" (results.max()) } }
                            }
                            @for lab in &results.labs {
                                th.number scope="col" {
                                    a href=(file(&lab.head.lab)) title=(lab.head.title) { "lab " (lab.head.lab) }
                                    br; small { "/" (lab.head.max()) }
                                }
                            }
                        }
                    }
                    tbody { @for student in &results.students { (row(student, results, sheets)) } }
                }
            }
        }
    }
}

fn row(student: &Student, results: &Results, sheets: &Sheets<'_>) -> Markup {
    html! {
        tr {
            th.name scope="row" {
                @let name = one_line(&student.name, 200);
                @match sheets.get(student.name.as_str()) {
                    Some(sheet) => { a href=(sheet) { (name) } }
                    None => { (name) }
                }
            }
            td.number { b { (grades::whole(student)) } }
            @for (score, lab) in student.labs.iter().zip(&results.labs) { (cell(score, lab)) }
        }
    }
}

fn cell(score: &LabScore, lab: &LabResults) -> Markup {
    let shown = grades::lab_with_raw(score);
    let is_less = score.handed_in && score.points + score.undecided < lab.head.max();
    html! {
        td.number.less[is_less] {
            @match score.member {
                Some(at) => { a href={ (file(&score.lab)) "#s" (at) } { (shown) } }
                None => { (shown) }
            }
        }
    }
}
