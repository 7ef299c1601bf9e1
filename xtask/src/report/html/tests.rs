//! Pages made of hostile results.

use super::*;
use crate::outcome::CheckOutcome;
use crate::score::{CheckInfo, Entry, Found, Head, Milestone, Plan, Standing, sample};
use sandbox::protocol::Verdict;
use std::collections::BTreeSet;

fn page(name: &str, verdict: Verdict, text: &str) -> String {
    page_of(class(name, verdict, text))
}

/// The one page of a run of one lab.
fn page_of(lab: LabResults) -> String {
    let results = Results::new(sample::run(), vec![lab]);
    let pages: Vec<_> = pages(&results, None).collect();
    assert_eq!(pages.len(), 1);
    pages[0].1.clone()
}

/// A member with this outcome, one that does not compile, and one that was refused.
fn class(name: &str, verdict: Verdict, text: &str) -> LabResults {
    let check = CheckInfo {
        name: "m1::a_promise_is_kept".into(),
        sentence: "a promise is kept".into(),
        max: 5,
        hidden: false,
    };
    let milestone = Milestone { id: "m1".into(), title: "One".into(), max: 5, checks: vec![check] };
    let plan = Plan {
        run: sample::run(),
        judge: String::new(),
        head: Head { lab: "01".into(), title: "Pipeline shell".into(), milestones: vec![milestone] },
        members: vec![
            Entry { notes: vec!["build.rs ignored".into()], ..sample::entry(name) },
            sample::entry("broken"),
            Entry { refused: Some("the folder is empty".into()), ..sample::entry("empty") },
        ],
    };
    let outcome = CheckOutcome {
        check: "m1::a_promise_is_kept".into(),
        points: 0,
        max: 5,
        verdict,
        text: text.into(),
        detail: String::new(),
        seed: 7,
        millis: 1,
    };
    let checks = BTreeMap::from([("m1::a_promise_is_kept".to_owned(), outcome)]);
    let broken = Found { compile_error: Some("error[E0425]: x".into()), checks: BTreeMap::new() };
    plan.results(&[Found { compile_error: None, checks }, broken, Found::default()])
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
    for part in [
        "leak: a promise is kept",
        "m1.1: a promise is kept (5 points): leak",
        ">L</a>",
        "left /dev/shm/x behind",
        "build.rs ignored",
        "seed 7",
    ] {
        assert!(page.contains(part), "{part} is missing");
    }
}

/// The values of an attribute, in order.
fn values<'a>(page: &'a str, attribute: &str) -> Vec<&'a str> {
    page.split(attribute).skip(1).filter_map(|rest| rest.split('"').next()).collect()
}

#[test]
fn each_link_has_its_target_and_no_id_is_there_twice() {
    let page = page("alice", Verdict::Hang, "why");
    let ids = values(&page, " id=\"");
    let set: BTreeSet<&str> = ids.iter().copied().collect();
    assert_eq!(ids.len(), set.len(), "{ids:?}");
    let links = values(&page, "href=\"#");
    assert!(links.contains(&"s0-0") && links.contains(&"r0-0") && links.contains(&"c0"), "{links:?}");
    let lost: Vec<&&str> = links.iter().filter(|link| !set.contains(**link)).collect();
    assert!(lost.is_empty(), "{lost:?}");
}

#[test]
fn the_class_is_told_in_a_sentence_and_each_member_in_a_line() {
    let page = page("alice", Verdict::Hang, "why");
    for part in [
        "3 members; mean 0.0, median 0 of 5 points; 1 did not compile; 1 not graded.",
        "First missed: <a href=\"#s0-0\">a promise is kept</a>.",
        "Did not compile: error[E0425]: x.",
        "Not graded: the folder is empty.",
        "Members with a program to check: 1.",
    ] {
        assert!(page.contains(part), "{part} is missing in {page}");
    }
}

#[test]
fn the_likely_cause_stands_with_its_member() {
    let mut results = class("alice", Verdict::Hang, "why");
    results.members[0].likely = vec!["likely: the text of `<<<` is written first.".into()];
    assert!(page_of(results).contains("likely: the text of <code>&lt;&lt;&lt;</code> is written first."));
}

#[test]
fn several_labs_have_a_page_each_and_one_that_leads_to_every_part() {
    let first = class("alice <b>", Verdict::Hang, "why");
    let mut second = class("zoe", Verdict::Pass, "");
    second.head.lab = "02".into();
    second.members[2].entry.standing = Standing::Absent;
    let results = Results::new(sample::run(), vec![first, second]);
    let pages: BTreeMap<String, String> = pages(&results, None).collect();
    assert_eq!(pages.keys().collect::<Vec<_>>(), ["lab-01.html", "lab-02.html", "report.html"]);
    let second = &pages["lab-02.html"];
    assert!(second.contains("Without those who handed nothing in: 1.") && !second.contains("#r2\""));
    assert!(second.contains("id=\"r1\"") && !second.contains("id=\"r2\""), "no row for who is absent");
    let index = &pages["report.html"];
    assert!(
        index.contains("alice &lt;b&gt;") && index.contains("3 members; 1 handed nothing in;"),
        "{index}"
    );
    // Each link into a lab's page has its target there, and each page leads back.
    let to_labs = |link: &&&str| !link.starts_with('#') && !link.starts_with("students/");
    for link in values(index, "href=\"").iter().filter(to_labs) {
        let (name, target) = link.split_once('#').unwrap_or((link, "top"));
        assert!(pages[name].contains(&format!(" id=\"{target}\"")), "{link}");
    }
    let row = index.split("<tr>").find(|row| row.contains("alice")).unwrap();
    assert!(row.contains("lab-01.html#s0") && row.contains("<td class=\"number\">–</td>"), "{row}");
    let row = index.split("<tr>").find(|row| row.contains(">empty<")).unwrap();
    assert!(row.contains("<a href=\"lab-02.html#s2\">–</a>"), "{row}");
    for name in ["lab-01.html", "lab-02.html"] {
        assert!(pages[name].contains("<a href=\"report.html\">All labs</a>"));
    }
}

#[test]
fn each_page_leads_to_the_similar_code_where_there_is_any() {
    let labs = || vec![class("alice", Verdict::Pass, ""), class("bob", Verdict::Pass, "")];
    for (labs, count) in [(labs(), 3), (labs().split_off(1), 1)] {
        let results = Results::new(sample::run(), labs);
        let leads = |similar| {
            let leads = |(_, page): &(String, String)| page.contains("<a href=\"similar.html\">");
            pages(&results, similar).filter(leads).count()
        };
        assert_eq!([leads(Some(&Similar::default())), leads(None)], [count, 0]);
    }
}

#[test]
fn the_pairs_that_are_most_alike_lead_to_both_members_and_to_what_is_equal() {
    let lab = outcomes(&[("=a", Verdict::Fail), ("<b>", Verdict::Pass)]);
    let results = Results::new(sample::run(), vec![lab]);
    let list =
        "lab,member,other,percent,percent_other,longest_match_lines\n01,'=a,<b>,91,40,12\n02,x,y,80,80,9\n";
    let told = |similar: &Similar| pages(&results, Some(similar)).next().unwrap().1;
    let page = told(&Similar::parse(list.as_bytes()).unwrap());
    let part = page.split("id=\"alike\"").nth(1).unwrap().split("</section>").next().unwrap();
    for words in [
        "<a href=\"#s0\">=a</a> <b>91 %</b>, <a href=\"#s1\">&lt;b&gt;</a> <b>40 %</b>",
        "similar.html#p01-0",
        "similar.html#lab-01",
        "no proof",
    ] {
        assert!(part.contains(words), "{words} is not in {part}");
    }
    assert!(!told(&Similar::default()).contains("alike\""));
}

/// A class of these members, each with an outcome of the one check.
fn outcomes(members: &[(&str, Verdict)]) -> LabResults {
    let one = class("x", Verdict::Fail, "why");
    let member = |(name, verdict): &(&str, Verdict)| {
        let mut member = one.members[0].clone();
        member.entry.name = (*name).to_owned();
        member.checks[0].verdict = *verdict;
        member
    };
    LabResults { members: members.iter().map(member).collect(), ..one.clone() }
}

#[test]
fn those_who_failed_in_the_same_way_stand_together() {
    let mut lab = outcomes(&[
        ("a", Verdict::Fail),
        ("b", Verdict::Hang),
        ("c", Verdict::Pass),
        ("d", Verdict::Fail),
        ("e", Verdict::Fail),
    ]);
    for at in [3, 4] {
        lab.members[at].likely = vec!["likely: <psh> holds the write end.".into()];
    }
    let page = page_of(lab);
    let part = page.split("id=\"clusters\"").nth(1).unwrap().split("</section>").next().unwrap();
    assert!(part.contains("2 members: likely: &lt;psh&gt; holds the write end."), "{part}");
    assert!(!part.contains("#s0\"") && part.contains("#s3\"") && part.contains("#s4\""), "{part}");
}

#[test]
fn without_a_known_bug_those_stand_together_whose_first_failure_says_the_same() {
    let mut lab = outcomes(&[
        ("a", Verdict::Fail),
        ("b", Verdict::Fail),
        ("c", Verdict::Fail),
        ("d", Verdict::Hang),
        ("e", Verdict::Pass),
    ]);
    for (at, text) in [(0, "pid 71 is left"), (1, "pid 99 is left"), (2, "no output"), (3, "pid 1 is left")] {
        lab.members[at].checks[0].text = text.into();
    }
    let clusters = crate::report::clusters::of(&lab);
    let found: Vec<_> = clusters.iter().map(|one| (one.members.clone(), one.checks.clone())).collect();
    assert_eq!(found, [(vec![0, 1], vec![0])]);
    // Of one check it is every check, too; a second one makes the difference.
    let mut check = lab.head.milestones[0].checks[0].clone();
    check.name = "m1::another".into();
    lab.head.milestones[0].checks.push(check);
    for member in &mut lab.members {
        let other = CheckOutcome { verdict: Verdict::Pass, ..member.checks[0].clone() };
        member.checks.push(other);
    }
    let page = page_of(lab);
    assert!(
        page.contains(
            "2 members: fail in m1.1, a promise is kept</h3><p class=\"said\"><code>pid 71 is left"
        ),
        "{page}"
    );
    assert!(page.contains("No known bug explains it"));
}

#[test]
fn what_needs_a_look_comes_first_and_nothing_is_said_where_nothing_does() {
    let page = page_of(outcomes(&[("a", Verdict::GraderError), ("b", Verdict::Pass)]));
    let at = |part: &str| page.find(part).unwrap_or_else(|| panic!("{part} is not in {page}"));
    assert!(at("1 with an error of the grader") < at("id=\"totals\""));
    assert!(!page_of(outcomes(&[("b", Verdict::Pass)])).contains("Look at these first"));
}

#[test]
fn the_picture_of_totals_has_its_numbers_in_words() {
    let page = page_of(outcomes(&[("a", Verdict::Fail), ("b", Verdict::Fail)]));
    assert!(page.contains("Members by total: 0 points: 2; none elsewhere."), "{page}");
}

#[test]
fn each_member_leads_to_the_sheet_that_the_member_gets() {
    let page = page_of(outcomes(&[("../a b", Verdict::Fail), ("c", Verdict::Pass)]));
    assert!(page.contains("href=\"students/_a_b/index.html\""), "{page}");
    assert!(page.contains("href=\"students/c/index.html\""), "{page}");
}
