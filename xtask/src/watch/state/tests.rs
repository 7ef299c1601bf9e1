use super::super::sample::{fail, manifest, pass};
use super::*;

fn state() -> State {
    State::new(manifest(), Board::default(), "file events".to_owned())
}

const READY: Build = Build::Ready { is_new: true, warnings: 0 };

fn names(act: &Act) -> Vec<&str> {
    match act {
        Act::Check(checks) => checks.iter().map(|check| check.name.as_str()).collect(),
        act => panic!("no checks but {act:?}"),
    }
}

/// A state after a round in which `red` failed and the rest of m1 passed.
fn rested(red: &[&str]) -> State {
    let mut state = state();
    state.built(READY);
    for check in ["m1_a::one", "m1_a::two"] {
        state.outcome(if red.contains(&check) { fail(check) } else { pass(check) });
    }
    state
}

#[test]
fn a_round_is_a_build_and_the_checks_of_the_open_milestone() {
    let mut state = state();
    assert_eq!(names(&state.built(READY)), ["m1_a::one", "m1_a::two"]);
    assert_eq!(state.phase, Phase::Checking { done: 0, of: 2 });
    state.outcome(pass("m1_a::one"));
    state.outcome(fail("m1_a::two"));
    assert_eq!(state.phase, Phase::Checking { done: 2, of: 2 });
    assert_eq!(state.checked(), Act::Rest);
    assert_eq!(state.phase, Phase::Waiting);
}

#[test]
fn full_marks_are_praised_and_open_the_next_milestone_in_the_same_round() {
    let mut state = state();
    state.built(READY);
    assert_eq!(state.outcome(pass("m1_a::one")), None);
    let praise = state.outcome(pass("m1_a::two")).unwrap();
    assert_eq!(praise.text, "Well done: m1 has all its 20 points. Now m2 Next steps.");
    assert_eq!(names(&state.checked()), ["m2_b::three", "m2_b::four", "m2_b::five"]);
}

#[test]
fn praise_is_given_once_and_again_after_a_step_back() {
    let mut state = rested(&[]);
    state.saved(vec![]);
    state.checked();
    state.built(READY);
    assert_eq!(state.outcome(pass("m1_a::one")), None);
    assert_eq!(state.outcome(pass("m1_a::two")), None);
    let note = state.outcome(fail("m1_a::one")).unwrap();
    assert_eq!((note.text.as_str(), note.is_good), ("A step back: m1 had all its points before.", false));
    assert!(state.outcome(pass("m1_a::one")).unwrap().is_good);
}

#[test]
fn nothing_is_praised_before_every_check_passed_on_the_same_program() {
    let mut state = rested(&["m1_a::two"]);
    state.checked();
    state.saved(vec![]);
    state.built(READY);
    assert_eq!(state.outcome(pass("m1_a::two")), None);
    assert_eq!(state.outcome(fail("m1_a::one")), None);
}

#[test]
fn a_save_during_a_run_ends_it_and_builds_anew() {
    let mut state = rested(&["m1_a::two"]);
    assert_eq!(state.saved(vec!["src/lib.rs".to_owned()]), Act::Halt);
    assert_eq!(state.checked(), Act::Build);
    assert_eq!(state.saved(vec!["src/lib.rs".to_owned()]), Act::Halt);
    assert_eq!(state.built(Build::Halted), Act::Build);
    assert_eq!(names(&state.built(READY)), ["m1_a::two", "m1_a::one"]);
}

#[test]
fn the_same_program_needs_no_run_and_an_interrupted_run_is_finished() {
    let mut state = rested(&["m1_a::two"]);
    state.checked();
    state.saved(vec![]);
    assert_eq!(state.built(Build::Ready { is_new: false, warnings: 0 }), Act::Rest);
    assert!(state.notes[0].text.contains("byte for byte"));
    state.saved(vec![]);
    state.built(READY);
    state.outcome(fail("m1_a::two"));
    state.saved(vec![]);
    state.checked();
    assert_eq!(names(&state.built(Build::Ready { is_new: false, warnings: 0 })), ["m1_a::one"]);
}

#[test]
fn a_program_that_was_built_while_something_was_saved_is_checked() {
    let mut state = rested(&["m1_a::two"]);
    state.checked();
    state.saved(vec![]);
    state.saved(vec![]);
    assert_eq!(state.built(READY), Act::Build);
    assert_eq!(names(&state.built(Build::Ready { is_new: false, warnings: 0 })).len(), 2);
}

#[test]
fn a_compiler_error_keeps_the_last_verdicts() {
    let mut state = rested(&["m1_a::two"]);
    state.checked();
    assert_eq!(state.saved(vec![]), Act::Build);
    assert_eq!(state.built(Build::Refused("error: no".to_owned())), Act::Rest);
    assert_eq!(state.refusal.as_deref(), Some("error: no"));
    assert_eq!(state.failures().len(), 1);
    state.saved(vec![]);
    state.built(READY);
    assert_eq!(state.refusal, None);
}

#[test]
fn next_goes_round_the_failures_and_the_chosen_one_runs_first() {
    let mut state = rested(&["m1_a::one", "m1_a::two"]);
    state.checked();
    assert_eq!(state.failures()[0].check, "m1_a::one");
    state.key(Key::Next);
    assert_eq!(state.failures()[0].check, "m1_a::two");
    state.saved(vec![]);
    assert_eq!(names(&state.built(READY)), ["m1_a::two", "m1_a::one"]);
    state.key(Key::Next);
    assert_eq!(state.failures()[0].check, "m1_a::one");
}

#[test]
fn all_runs_everything_once() {
    let mut state = rested(&["m1_a::two"]);
    state.checked();
    assert_eq!(state.key(Key::All), Act::Build);
    assert_eq!(names(&state.built(Build::Ready { is_new: false, warnings: 0 })).len(), 6);
    for check in manifest().checks() {
        state.outcome(fail(&check.name));
    }
    assert_eq!(state.checked(), Act::Rest);
    state.saved(vec![]);
    assert_eq!(names(&state.built(READY)), ["m1_a::one", "m1_a::two"]);
}

#[test]
fn a_save_is_heard_before_all_have_run() {
    let mut state = rested(&["m1_a::two"]);
    state.checked();
    state.key(Key::All);
    state.built(READY);
    assert_eq!(state.saved(vec![]), Act::Halt);
    state.checked();
    assert_eq!(names(&state.built(READY)), ["m1_a::two", "m1_a::one"]);
}

#[test]
fn keys_ask_for_what_is_shown() {
    let mut state = rested(&["m1_a::two"]);
    state.checked();
    assert_eq!(state.key(Key::Hint), Act::Hint("m1".to_owned()));
    assert_eq!(state.key(Key::Explain), Act::Explain(Box::new(fail("m1_a::two"))));
    state.open_page("text".to_owned());
    assert_eq!(state.key(Key::Quit), Act::Show);
    assert_eq!(state.page, None);
    assert_eq!(state.key(Key::Quit), Act::Quit);
}

#[test]
fn a_save_closes_the_page() {
    let mut state = rested(&["m1_a::two"]);
    state.checked();
    state.open_page("text".to_owned());
    state.saved(vec![]);
    assert_eq!(state.page, None);
}
