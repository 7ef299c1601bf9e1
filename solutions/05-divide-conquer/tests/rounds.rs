//! The checks reckon rounds from a trace. Here is what they make of traces that are known.
#[path = "../../../labs/05-divide-conquer/tests/spec/trace.rs"]
mod trace;

use testkit::Room;
use trace::{collective, messages, read, rounds};

/// The rounds of a trace with these ends of messages, `>` for a send, `<` for its receipt: `>01 <01`.
fn rounds_of(ends: &str) -> Option<u32> {
    let room = Room::new();
    let line = |end: &str| {
        let (kind, ranks) = end.split_at(1);
        let (from, to) = ranks.split_at(1);
        format!("{} {from} {to} -1 5\n", if kind == ">" { "send" } else { "recv" })
    };
    room.write("trace", ends.split_whitespace().map(line).collect::<String>());
    let events = collective(&read(&room, "trace"));
    assert_eq!(messages(&events), ends.matches('>').count());
    rounds(&events)
}

#[test]
fn a_root_that_sends_all_needs_a_round_for_each() {
    assert_eq!(rounds_of(">01 >02 >03 <01 <02 <03"), Some(3));
}

#[test]
fn a_root_that_receives_all_needs_a_round_for_each() {
    assert_eq!(rounds_of(">10 >20 >30 <30 <10 <20"), Some(3));
}

#[test]
fn a_chain_needs_a_round_for_each() {
    assert_eq!(rounds_of(">01 <01 >12 <12 >23 <23"), Some(3));
}

#[test]
fn a_tree_needs_two_rounds_for_four() {
    assert_eq!(rounds_of(">02 <02 >01 >23 <01 <23"), Some(2));
    assert_eq!(rounds_of(">10 >32 <32 <10 >20 <20"), Some(2));
}

#[test]
fn the_order_of_lines_of_different_ranks_does_not_matter() {
    // Everybody sends to the next one in the same round, though the lines stand one behind the other.
    assert_eq!(rounds_of(">01 >12 >20 <01 <12 <20"), Some(1));
}

#[test]
fn nothing_takes_no_round_and_what_was_not_sent_is_noticed() {
    assert_eq!(rounds_of(""), Some(0));
    assert_eq!(rounds_of("<01"), None);
}
