//! Pages made of hostile results.

use super::*;
use crate::score::{CheckInfo, Entry, Found, Head, Milestone, Plan, SCHEMA};
use std::collections::BTreeMap;

fn page(name: &str, verdict: Verdict, text: &str) -> String {
    let check =
        CheckInfo { name: "m1::a_promise_is_kept".into(), sentence: "a promise is kept".into(), max: 5 };
    let milestone = Milestone { id: "m1".into(), title: "One".into(), max: 5, checks: vec![check] };
    let plan = Plan {
        head: Head {
            schema: SCHEMA.into(),
            lab: "01".into(),
            title: "Pipeline shell".into(),
            started: "2026-01-01T00:00:00Z".into(),
            toolchain: "rustc 1.95.0".into(),
            level: "full".into(),
            memory_guard: "watchdog".into(),
            seed: 7,
            notes: vec![],
            milestones: vec![milestone],
        },
        members: vec![Entry {
            name: name.into(),
            notes: vec!["build.rs ignored".into()],
            refused: None,
            expect: None,
        }],
    };
    let outcome = CheckOutcome {
        check: "m1::a_promise_is_kept".into(),
        points: 0,
        max: 5,
        verdict,
        text: text.into(),
        seed: 7,
        millis: 1,
    };
    let checks = BTreeMap::from([("m1::a_promise_is_kept".to_owned(), outcome)]);
    render(&plan.results(&[Found { compile_error: None, checks }]))
}

#[test]
fn a_students_text_cannot_become_markup_or_steer_a_terminal() {
    let page = page("<script>alert(1)</script>", Verdict::Fail, "</pre><img src=x onerror=y>\u{1b}[2J");
    assert!(!page.contains("<script") && !page.contains("<img") && !page.contains('\u{1b}'));
    assert!(page.contains("&lt;img"));
}

#[test]
fn nothing_is_loaded_from_outside() {
    let page = page("alice", Verdict::Hang, "why");
    for outside in ["http://", "https://", "src=", "@import", "url("] {
        assert!(!page.contains(outside), "{outside} is in the page");
    }
}

#[test]
fn each_verdict_has_a_word_and_a_mark_beside_its_colour() {
    let page = page("alice", Verdict::Leak, "left /dev/shm/x behind");
    for part in ["a promise is kept: leak", ">L</a>", "left /dev/shm/x behind", "build.rs ignored", "seed 7"]
    {
        assert!(page.contains(part), "{part} is missing");
    }
}
