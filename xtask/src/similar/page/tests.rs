//! Pages of hostile work.

use std::borrow::Cow;

use super::*;
use crate::similar::class::{Known, Sources};

fn known() -> Known {
    Known::default()
}

/// Enough code to be compared, hostile in every place that is shown.
fn hostile() -> String {
    let line = |number: usize| match number % 3 {
        0 => {
            format!("fn f{number}(a: u8) -> u8 {{ g(a, \"</pre><script>alert(1)</script>\") + {number} }}\n")
        }
        1 => format!("const C{number}: &[u8] = &[b'<', {number} + 2 * 3, b'\u{202e}'];\n"),
        _ => {
            format!("fn h{number}() {{ if x > {number} {{ loop {{ y() }} }} /* \u{1b}[2J <img src=x> */ }}\n")
        }
    };
    // No two items with the same shape next to each other.
    (0..120).map(|number| format!("{}{}", "struct S;\n".repeat(number % 7), line(number))).collect()
}

fn work(text: &str) -> Sources {
    Sources::from([("src/lib.rs".to_owned(), text.as_bytes().to_vec())])
}

fn rendered(members: &[(&str, Sources)]) -> String {
    let names = members.iter().map(|(name, _)| *name);
    let read = |place: usize| Ok(Cow::Borrowed(&members[place].1));
    let compared = Compared::new(("01", "Pipeline <shell>"), names, &known(), &read).unwrap();
    page(&[section(&compared)], true)
}

fn two() -> String {
    rendered(&[("<b>alice</b>", work(&hostile())), ("bob\u{1b}[2J", work(&hostile()))])
}

#[test]
fn what_a_student_wrote_is_data() {
    let page = two();
    for bad in ["<script", "<img", "\u{1b}", "\u{202e}", "<b>alice", "<shell>"] {
        assert!(!page.contains(bad), "{bad:?} is in the page");
    }
    for good in ["&lt;/pre&gt;&lt;script&gt;", "\\u{202e}", "&lt;b&gt;alice"] {
        assert!(page.contains(good), "{good:?} is missing");
    }
}

#[test]
fn nothing_is_loaded_from_outside() {
    let page = two();
    for outside in ["http://", "https://", " src=\"", "@import", "url("] {
        assert!(!page.contains(outside), "{outside} is in the page");
    }
}

#[test]
fn it_says_what_the_number_means_and_what_is_not_shown() {
    let page = two();
    for part in [
        "This is no proof.",
        "A pair is shown from 25 % on, or if 400 tokens",
        "2 members; 1 pair is alike.",
        "<b>100 %</b> of the own code of",
        "lines 1–",
        "<a href=\"report.html\">Grades</a>",
    ] {
        assert!(page.contains(part), "{part} is missing");
    }
}

#[test]
fn each_link_has_its_target() {
    let page = two();
    let targets = page.split("href=\"#").skip(1).filter_map(|rest| rest.split('"').next());
    for target in targets {
        assert_eq!(page.matches(&format!(" id=\"{target}\"")).count(), 1, "{target}");
    }
}

#[test]
fn those_who_share_one_answer_are_named_together() {
    let names = ["a", "b", "c", "d"];
    let page = rendered(&names.map(|name| (name, work(&hostile()))));
    assert!(page.contains("A group of 4:</b> a, b, c, d."), "{page}");
    assert!(page.contains("6 pairs are alike"));
}

#[test]
fn who_wrote_little_is_not_accused() {
    let page = rendered(&[("a", work("fn f() {}")), ("b", work("fn f() {}")), ("c", Sources::new())]);
    assert!(page.contains("3 members (3 with too little own code to be compared); no pair is alike."));
}
