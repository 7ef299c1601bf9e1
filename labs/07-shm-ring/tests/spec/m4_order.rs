//! Milestone 4: the order of memory. These are in-process checks: the given program `ring-model` links your library.
//! Man pages: none. See std::sync::atomic, and the documentation of loom.
//!
//! On x86-64 a missing `Release` shows in one run of a billion, or never; on ARM, on the first day. So the model
//! tries every order, and every value that a load may see. When it has, it prints a word that this check gives it; so
//! a program that ends early, or dies, has not passed.

use rstest::rstest;
use testkit::{Room, bin};

/// Runs a scenario of the model, and demands that it holds in every order.
#[track_caller]
pub(super) fn holds(scenario: &str) {
    let room = Room::new();
    let token = room.word();
    let model = bin!("ring-model").called("your ring, in the model");
    let done = room.command(model).arg(scenario).stdin(format!("{token}\n")).run();
    done.code(0).stderr("");
    let text = done.stdout_text();
    let runs = text
        .strip_prefix(&format!("{scenario}: "))
        .and_then(|rest| rest.strip_suffix(&format!(" runs, {token}\n")))
        .and_then(|runs| runs.parse::<u64>().ok());
    done.check(
        runs.is_some_and(|runs| runs > 1),
        format!("`{scenario}: N runs, {token}`, and N is more than 1: all orders were tried"),
    );
}

/// Whoever sees the new head sees the slot, whole: the slot is written first, head is stored with release, and loaded
/// with acquire. In-process check, scenario `publish`.
#[test]
fn whoever_sees_a_record_sees_all_of_it() {
    holds("publish");
}

/// Whoever sees the new tail may write into the slot: it was read first; tail is stored with release, and loaded with
/// acquire. In-process check, scenario `reuse`.
#[test]
fn a_slot_is_free_when_it_was_read() {
    holds("reuse");
}

/// Three records through two slots, over the end of both counters. In-process check, scenario `wrap`.
#[test]
fn records_stay_in_order_when_the_counters_wrap() {
    holds("wrap");
}

/// "I sleep", a fence, a last look: "published", a fence, a look at the flag. One of the two sees the other; and the
/// word that is slept on is read before the look, not after it. In-process check, scenarios `sleep-empty` and
/// `sleep-full`.
#[rstest]
#[case::of_the_consumer("sleep-empty")]
#[case::of_the_producer("sleep-full")]
fn no_wake_up_is_lost(#[case] scenario: &str) {
    holds(scenario);
}

/// The end is published like a record: whoever sees it sees all that came before, and whoever sleeps is woken.
/// In-process check, scenario `close`.
#[test]
fn whoever_sees_the_end_sees_all_that_came_before() {
    holds("close");
}
