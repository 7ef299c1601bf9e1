//! The page of a run of several labs: how each lab went, then a row a student, with a way to each one's part. Pure.

use maud::{Markup, html};

use super::{STYLE, circumstances, file, number};
use crate::page::document;
use crate::score::{LabResults, LabScore, Results, Student, class_in_short};
use crate::text::one_line;

/// What the page is called.
const TITLE: &str = "Grades";

pub(super) fn page(results: &Results, others: &Markup) -> String {
    let body = html! {
        header {
            h1 id="top" { (TITLE) }
            @if let Some((met, all)) = results.expected() {
                p.warning[met < all] { "Sample class: " (met) " of " (all) " as expected." }
            }
            (circumstances(&results.run, results.complete))
            nav aria-label="Parts of this page" { (others) a href="#labs" { "Labs" } " " a href="#students" { "Students" } }
        }
        main { (labs(results)) (students(results)) }
    };
    document(TITLE, STYLE, &body)
}

fn labs(results: &Results) -> Markup {
    html! {
        section id="labs" {
            h2 { "Labs" }
            ul {
                @for lab in &results.labs {
                    li {
                        a href=(file(&lab.head.lab)) { (lab.head.lab) " " (lab.head.title) } ": " (class_in_short(lab))
                        " " (missed(lab))
                    }
                }
            }
        }
    }
}

/// The way to what most of the class missed.
fn missed(lab: &LabResults) -> Markup {
    let is_missed = lab.members.iter().any(|member| member.was_run() && member.total < lab.head.max());
    html! { @if is_missed { a href={ (file(&lab.head.lab)) "#missed" } { "most missed" } } }
}

fn students(results: &Results) -> Markup {
    html! {
        section id="students" {
            h2 { "Students" }
            p.small { "–: nothing of the lab was handed in; it counts as 0 in the total." }
            div.wide tabindex="0" role="region" aria-label="Students" {
                table.plain {
                    thead {
                        tr {
                            th scope="col" { "student" }
                            th.number scope="col" { "total" br; small { "/" (results.max()) } }
                            @for lab in &results.labs {
                                th.number scope="col" {
                                    a href=(file(&lab.head.lab)) title=(lab.head.title) { "lab " (lab.head.lab) }
                                    br; small { "/" (lab.head.max()) }
                                }
                            }
                        }
                    }
                    tbody { @for student in &results.students { (row(student, results)) } }
                }
            }
        }
    }
}

fn row(student: &Student, results: &Results) -> Markup {
    html! {
        tr {
            th.name scope="row" { (one_line(&student.name, 200)) }
            td.number { b { (number(student.total, student.undecided)) } }
            @for (score, lab) in student.labs.iter().zip(&results.labs) { (cell(score, lab)) }
        }
    }
}

fn cell(score: &LabScore, lab: &LabResults) -> Markup {
    let shown = if score.handed_in { number(score.points, score.undecided) } else { "–".to_owned() };
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
