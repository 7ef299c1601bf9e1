//! Submissions that cheat or do harm, graded in one class with an honest one: none gets a point it did not
//! earn, the honest one gets all, the grader sees no error, and the report says what happened.

mod course_kit;

use std::path::Path;
use std::sync::OnceLock;

use course_kit::{Class, RIGHT, member, root};
use grader::score::{Member, Results};
use sandbox::protocol::Verdict;

/// Takes more than a check may, but less than one process may.
const HOLDS_MEMORY: &str = "pub fn run() -> u8 {
    let held: Vec<_> = (0..900).map(|_| vec![1_u8; 1 << 20]).collect();
    loop {
        std::thread::park();
        std::hint::black_box(&held);
    }
}";

/// The class, graded once for all tests.
fn results() -> &'static Results {
    static RESULTS: OnceLock<Results> = OnceLock::new();
    RESULTS.get_or_init(|| {
        let class = Class::new();
        let spec = root().join("labs/01-hello/tests/spec/m1_say.rs");
        let peek = format!("pub fn run() -> u8 {{ print!(\"{{}}\", include_str!({spec:?})); 0 }}");
        class
            .file("honest/src/lib.rs", RIGHT)
            .file("exits early/src/lib.rs", include_str!("../src/class/cheats/exits_early.rs"))
            .file("forges results/src/lib.rs", include_str!("../src/class/cheats/forges_results.rs"))
            .file("bombs forks/src/lib.rs", include_str!("../src/class/cheats/bombs_forks.rs"))
            .file("kills everybody/src/lib.rs", include_str!("../src/class/cheats/kills_everybody.rs"))
            .file("leaves a daemon/src/lib.rs", include_str!("../src/class/cheats/leaves_a_daemon.rs"))
            .file("reads the referee/src/lib.rs", include_str!("../src/class/cheats/reads_the_referee.rs"))
            .file("holds memory/src/lib.rs", HOLDS_MEMORY)
            .file("includes the spec/src/lib.rs", &peek)
            .file("own build/src/lib.rs", RIGHT)
            .file("own build/build.rs", "fn main() { panic!(\"build.rs ran\") }")
            .file("own build/Cargo.toml", "[package]\nname = \"lab01-hello\"\nbuild = \"build.rs\"\n")
            .file("own build/.cargo/config.toml", "[build]\nrustc-wrapper = \"/bin/false\"\n")
            .file("own tests/src/lib.rs", "pub fn run() -> u8 { 9 }")
            .file("own tests/tests/spec/m1_say.rs", "#[test] fn it_says_hello() {}")
            .file("own tests/lab.toml", "points = 1000")
            .link(&root().join("solutions/01-hello/src/lib.rs"), "links/src/lib.rs");
        class.graded(&["--seed", "11"])
    })
}

fn cheat(name: &str) -> &'static Member {
    member(results(), name)
}

fn verdicts(name: &str) -> Vec<Verdict> {
    cheat(name).checks.iter().map(|check| check.verdict).collect()
}

#[test]
fn the_honest_one_among_them_gets_all_points() {
    assert_eq!(cheat("honest").total, 100);
}

#[test]
fn no_cheat_is_an_error_of_the_grader() {
    assert!(results().complete);
    for member in results().members() {
        let ours = member.checks.iter().find(|check| check.verdict == Verdict::GraderError);
        assert!(ours.is_none(), "{}: {ours:?}", member.entry.name);
    }
}

#[test]
fn ending_early_with_success_earns_only_the_check_for_the_status() {
    assert_eq!(cheat("exits early").total, 20);
    assert_eq!(cheat("exits early").summary, "1 of 3 checks passed, 2 failed.");
}

#[test]
fn forged_results_earn_nothing_on_any_descriptor() {
    assert_eq!(cheat("forges results").total, 0);
    assert_eq!(cheat("forges results").summary, "0 of 3 checks passed, 3 failed.");
}

#[test]
fn a_fork_bomb_ends_with_its_check() {
    let bomb = cheat("bombs forks");
    assert_eq!(bomb.total, 0);
    // Which limit ends it first (processes, memory, time) is not promised.
    let undecided = [Verdict::Pass, Verdict::NotRun, Verdict::GraderError];
    let found = verdicts("bombs forks");
    assert!(found.iter().all(|verdict| !undecided.contains(verdict)), "{found:?}");
}

/// Whether the watchdog or a control group ended it, and whether or not the referee saw a SIGKILL first.
#[test]
fn who_holds_too_much_memory_is_told_the_limit() {
    assert!(results().run.memory_guard.ends_with("watchdog, 50 ms"), "{:?}", results().run);
    let hog = cheat("holds memory");
    assert_eq!(hog.total, 0);
    for check in &hog.checks {
        assert!(check.text.contains("it used more than 256 MiB of memory"), "{}", check.text);
    }
}

#[test]
fn nobody_outside_can_be_killed() {
    // Whoever can only hurt their own processes and then does the work has done the work.
    assert_eq!(cheat("kills everybody").total, 100);
}

#[test]
fn a_daemon_is_found_and_named() {
    assert_eq!(verdicts("leaves a daemon"), [Verdict::Leak; 3]);
    assert_eq!(cheat("leaves a daemon").summary, "0 of 3 checks passed, 3 left something behind.");
}

#[test]
fn the_referee_is_closed_to_the_program() {
    let check = &cheat("reads the referee").checks[0];
    assert_eq!(check.verdict, Verdict::Fail);
    assert!(check.text.contains("the referee is closed"), "{}", check.text);
}

#[test]
fn the_specification_is_not_there_when_a_submission_is_built() {
    let peek = cheat("includes the spec");
    assert_eq!(peek.total, 0);
    assert!(peek.summary.starts_with("Did not compile: error: couldn't read"), "{}", peek.summary);
    assert!(peek.compile_error.as_ref().is_some_and(|text| text.contains("No such file or directory")));
}

#[test]
fn own_build_files_and_tests_are_ignored_and_named() {
    assert_eq!(cheat("own build").total, 100);
    assert_eq!(
        cheat("own build").entry.notes,
        [
            ".cargo/config.toml ignored: the grader's own settings are used",
            "Cargo.toml ignored: the grader's own build files are used",
            "build.rs ignored: the grader's own build files are used",
        ]
    );
    assert_eq!(cheat("own tests").total, 0);
    assert_eq!(
        cheat("own tests").entry.notes,
        [
            "lab.toml ignored: the grader's own points are used",
            "tests/ ignored: the grader's own tests are used"
        ]
    );
}

#[test]
fn a_link_to_the_solution_is_refused_and_named() {
    let links = cheat("links");
    assert_eq!(links.entry.refused.as_deref(), Some("none of its editable files could be taken"));
    assert_eq!(links.entry.notes, ["src/lib.rs is a symbolic link: refused"]);
    assert!(Path::new(root()).join("solutions/01-hello/src/lib.rs").is_file(), "the link had a target");
}
