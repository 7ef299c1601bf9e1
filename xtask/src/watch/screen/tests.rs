#[path = "../../../../crates/testkit/tests/golden/mod.rs"]
mod golden;

use std::path::Path;

use anstream::adapter::strip_str;
use console::measure_text_width;
use rstest::rstest;
use sandbox::protocol::Verdict;

use super::super::board::Board;
use super::super::keys::Key;
use super::super::sample::{fail, manifest, outcome, pass};
use super::super::state::Build;
use super::*;

const USUAL: Size = Size { rows: 24, columns: 80 };

const READY: Build = Build::Ready { is_new: true, warnings: 0 };

fn state() -> State {
    State::new(manifest(), Board::default(), "file events".to_owned())
}

/// A state after a round of m1 with one long failure and one short one.
fn red() -> State {
    let mut state = state();
    state.saved = vec!["src/run.rs".to_owned()];
    state.built(READY);
    let text = "wanted: one\ncommand: p -c 'one two three'\nexpected: the shell prints its line\nreceived: \"\\u{1b}[2J\" and this long line, which does not fit into eighty columns of a terminal\nseed: 7";
    state.outcome(outcome("m1_a::one", Verdict::Hang, text));
    state.outcome(fail("m1_a::two"));
    state.checked();
    state
}

fn green() -> State {
    let mut state = state();
    state.built(READY);
    for check in manifest().checks() {
        state.outcome(pass(&check.name));
    }
    state.notes.drain(..2);
    state.checked();
    state
}

fn refused() -> State {
    let mut state = red();
    state.saved(vec!["src/lib.rs".to_owned()]);
    let errors = (1..30).map(|line| format!("error: number {line}\n"));
    state.built(Build::Refused(errors.collect()));
    state
}

fn building() -> State {
    let mut state = red();
    state.saved(vec!["src/lib.rs".to_owned(), "src/run.rs".to_owned()]);
    state
}

fn next_milestone() -> State {
    let mut state = state();
    state.saved = vec!["src/run.rs".to_owned()];
    state.built(READY);
    state.outcome(pass("m1_a::one"));
    state.outcome(pass("m1_a::two"));
    state.checked();
    state.outcome(fail("m2_b::three"));
    state
}

fn page() -> State {
    let mut state = red();
    state.open_page((1..=40).map(|line| format!("line {line}\n")).collect());
    state.key(Key::Space);
    state
}

fn shown(state: &State, size: Size) -> String {
    screen(state, size).iter().map(|line| format!("{}\n", strip_str(line).to_string().trim_end())).collect()
}

/// Each screen stands in a file beside this one. `UPDATE_EXPECT=1 cargo test` writes them anew; look at the difference.
#[rstest]
#[case::red("red", red())]
#[case::green("green", green())]
#[case::refused("refused", refused())]
#[case::building("building", building())]
#[case::next_milestone("next_milestone", next_milestone())]
#[case::page("page", page())]
fn a_screen_of_80_columns_is_as_it_was_agreed(#[case] name: &str, #[case] state: State) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("src/watch/screen/{name}.txt"));
    golden::assert_is(&path, &shown(&state, USUAL));
}

#[rstest]
fn a_screen_fits_the_terminal(
    #[values(red(), green(), refused(), building(), next_milestone(), page())] state: State,
    #[values(8, 12, 24, 60)] rows: usize,
    #[values(40, 80, 200)] columns: usize,
) {
    let lines = screen(&state, Size { rows, columns });
    assert!(lines.len() < rows, "{} lines of {rows}", lines.len());
    for line in &lines {
        assert!(measure_text_width(line) <= columns, "{line}");
    }
    assert!(lines.last().unwrap().contains(if state.page.is_some() { "back" } else { "quit" }));
}

#[test]
fn what_a_program_printed_cannot_steer_the_terminal() {
    let mut state = state();
    state.built(READY);
    state.outcome(outcome("m1_a::one", Verdict::Fail, "received \u{1b}[2J\u{1b}]0;x\u{7}"));
    state.checked();
    let text = screen(&state, USUAL).join("\n");
    assert!(!text.contains("\u{1b}[2J") && !text.contains('\u{7}') && !text.contains("\u{1b}]"), "{text:?}");
}

#[test]
fn a_check_of_an_earlier_day_has_no_text_and_no_seed() {
    let mut remembered = fail("m1_a::one");
    (remembered.text, remembered.seed) = (String::new(), 0);
    let mut state = State::new(manifest(), Board::new(0, [remembered]), "file events".to_owned());
    state.built(READY);
    assert!(!shown(&state, USUAL).contains("--seed"));
}
