//! The lecture's program, `divide-conquer`, without a terminal: plain generations, and what it does with wrong words.

use crate::run::{LECTURE, divide_conquer};
use lecture_kit::run;

const USAGE: &str = "\
usage: divide-conquer life [SHAPE] [--ranks N] [--rows N] [--generations N] [--pause MILLISECONDS]
       divide-conquer tree RANKS
SHAPE: blinker, glider, pentomino, acorn or ship; 1 to 64 ranks, not more than rows; 1 to 200 rows
";

#[test]
fn wrong_words_are_wrong_usage() {
    for words in [
        &[][..],
        &["death"],
        &["life", "whale"],
        &["life", "glider", "acorn"],
        &["life", "--ranks"],
        &["life", "--ranks", "0"],
        &["life", "--ranks", "65"],
        &["life", "--ranks", "-1"],
        &["life", "--ranks", "6", "--rows", "5"],
        &["life", "ship", "--rows", "3", "--ranks", "1"],
        &["life", "--rows", "201"],
        &["life", "--rows", "8", "--rows", "9"],
        &["life", "--generations", "many"],
        &["life", "--what"],
        &["tree"],
        &["tree", "0"],
        &["tree", "8", "9"],
    ] {
        divide_conquer(words).code(2).stdout("").stderr(USAGE);
    }
}

/// Each line without its rank.
fn cells(ranks: &str) -> Vec<String> {
    let words =
        ["life", "acorn", "--ranks", ranks, "--rows", "12", "--generations", "80", "--pause", "60000"];
    let run = divide_conquer(&words).success().stderr("");
    let text = String::from_utf8(run.get_output().stdout.clone()).expect("it prints text");
    let bare =
        |line: &str| if line.starts_with("generation") { line.to_owned() } else { line[4..].to_owned() };
    text.lines().map(bare).collect()
}

#[test]
fn without_a_terminal_it_prints_plain_generations_the_same_for_any_number_of_ranks() {
    let one = cells("1");
    assert_eq!(one.len(), 81 * 13, "generations 0 to 80, each with a head and 12 rows");
    assert!(one.iter().all(|line| !line.contains('\x1b')), "no codes for a terminal");
    assert_eq!(one[80 * 13].split(':').next(), Some("generation 80"));
    for ranks in ["2", "5", "12"] {
        assert!(cells(ranks) == one, "{ranks} ranks print other cells than one");
    }
}

#[test]
fn each_row_names_its_rank() {
    let run = divide_conquer(&["life", "--ranks", "3", "--rows", "8", "--generations", "0"]).success();
    let text = String::from_utf8(run.get_output().stdout.clone()).expect("it prints text");
    let ranks: Vec<&str> = text.lines().skip(1).map(|line| line[..4].trim()).collect();
    assert_eq!(ranks, ["0", "0", "0", "1", "1", "1", "2", "2"]);
    assert!(text.lines().all(|line| line.len() <= 80), "it fits 80 columns");
}

#[test]
fn a_reader_that_goes_away_is_named_and_leaves_no_rank_behind() {
    let program = LECTURE.program(&["life", "--generations", "1000000"]);
    let mut shell = std::process::Command::new("sh");
    shell.args(["-c", "{ \"$0\" \"$@\"; echo \"status $?\" >&2; } | head -n 1"]);
    shell.arg(program.get_program()).args(program.get_args());
    run(&mut shell)
        .success()
        .stdout("generation 0: 7 cells live\n")
        .stderr("divide-conquer: print a generation: Broken pipe (os error 32)\nstatus 1\n");
}
