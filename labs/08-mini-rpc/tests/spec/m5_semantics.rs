//! Milestone 5: frames are lost, doubled, late and damaged, and the caller still knows what has happened.
//! Man pages: none says how often a call is executed. (Birrell and Nelson, 1984; RFC 5531, section 4.)

use rstest::rstest;
use testkit::{Room, eventually};

use super::frame::{APPEND, Frame, GATE, GET, bytes, expect, next, string, two};
use super::relay::{Relay, Trouble};
use super::{Caller, SERVER, UNIX, accept, ask, expect_call, play_server, serve};

/// The network may double a call, on the same connection or on another one: the second copy gets the first answer, byte
/// for byte, and nothing is executed. What is older than the window (1, if nobody has asked for more) is dropped, and stays so
/// when the window grows; in a larger window each call has its own answer, and one that was overtaken is still new.
#[test]
fn a_duplicate_is_answered_and_not_executed() {
    let room = Room::new();
    let site = serve(&room, UNIX);
    let client = site.client(&room, "the client");
    let key = room.word();
    let append = |client: &Caller, value: &str| client.next(APPEND, two(string(&key), bytes(value)));
    let first = append(&client, "abc");
    let other = site.connect(&room, "the second connection of the client");
    for peer in [&client.peer, &client.peer, &other, &client.peer] {
        peer.send(first.bytes());
        expect(peer, &first.result(3_u64.to_le_bytes()));
    }
    // An error is an answer, too.
    let wrong = client.next(GET, string("nothing"));
    for peer in [&client.peer, &other] {
        peer.send(wrong.bytes());
        expect(peer, &wrong.error(3, "no such key"));
        site.client(&room, "another client").calls(
            APPEND,
            two(string("nothing"), bytes("")),
            0_u64.to_le_bytes(),
        );
    }
    // Too late: nobody can wait for it any more. The next call shows that there was no answer.
    let last = append(&client, "d");
    client.peer.send([first.bytes(), last.bytes(), first.bytes(), wrong.bytes(), last.bytes()].concat());
    expect(&client.peer, &last.result(4_u64.to_le_bytes()));
    expect(&client.peer, &last.result(4_u64.to_le_bytes()));
    client.calls(GET, string(&key), bytes("abcd"));
    // Their answers are gone, and a window in which they would be does not make them new.
    client.ping(8);
    client.peer.send([first.bytes(), wrong.bytes(), last.bytes()].concat());
    let fresh = client.send(GET, string(&key));
    expect(&client.peer, &fresh.result(bytes("abcd")));

    let wide = site.client(&room, "the client with a window of 4");
    wide.ping(4);
    let calls: Vec<Frame> = ["e", "f", "g", "h", "i"].map(|value| append(&wide, value)).into();
    // The second one is overtaken by two others, and comes twice; the first one is too old when it comes again.
    for (call, total) in [(0, 5), (2, 6), (3, 7), (1, 8), (2, 6), (1, 8), (0, 5), (4, 9), (1, 8), (3, 7)] {
        wide.peer.send(calls[call].bytes());
        expect(&wide.peer, &calls[call].result(u64::to_le_bytes(total)));
    }
    wide.peer.send([calls[0].bytes(), calls[4].bytes()].concat());
    expect(&wide.peer, &calls[4].result(9_u64.to_le_bytes()));
    assert_value(&site.value(&room, &key), "abcdeghfi");
    site.end();
}

/// A call that still runs is in no table of answers, and its second copy is a copy all the same. It waits with the
/// first, and gets the same answer on the connection where it came.
#[test]
fn a_duplicate_of_a_running_call_waits_with_it() {
    let room = Room::new();
    let site = serve(&room, UNIX);
    let slow = room.slow_file("files/gate");
    let word = room.word();
    let client = site.client(&room, "the client");
    let call = client.send(GATE, string("gate"));
    slow.is_read();
    let (executed, _) = site.stats(&room);
    client.peer.send(call.bytes()).all_is_read();
    // Read is not yet seen: the copies below must be the last ones.
    site.server.asleep();
    let other = site.connect(&room, "the second connection of the client");
    other.send(call.bytes()).send(call.bytes()).all_is_read();
    // The connection of the first copy is gone; the call is not.
    drop(client);
    site.server.asleep();
    let (now, _) = site.stats(&room);
    assert!(
        now == executed + 1,
        "three copies of a call that runs have come\nexpected: {executed} calls executed, and one for stats\nreceived: {now}"
    );
    slow.send(&word).close();
    expect(&other, &call.result(bytes(&word)));
    other.send(call.bytes());
    // Each copy may have got its answer.
    eventually("the answer from the table", || !other.is_quiet());
    expect(&other, &call.result(bytes(&word)));
    site.end();
}

/// What makes two frames the same call is client and seq: who sends again keeps both, or nobody can know. rpcc sends
/// again R times and no more; `maybe` sends once. Here the server answers nothing, and ends each connection.
#[rstest]
#[case::at_least_once("at-least-once", 3)]
#[case::at_least_once_without_retries("at-least-once", 0)]
#[case::maybe("maybe", 0)]
#[case::at_most_once_without_retries("at-most-once", 0)]
fn a_retry_keeps_client_and_seq(#[case] semantics: &str, #[case] retries: u32) {
    let room = Room::new();
    let server = play_server(&room);
    let word = room.word();
    let count = if semantics == "maybe" { "3".to_owned() } else { retries.to_string() };
    let arguments = two(string("key"), bytes(&word));
    let options = ["--semantics", semantics, "--retries", &count];
    let client = ask(&room, SERVER, &[&options[..], &["append", "key", &word]].concat()).spawn();
    let first = expect_call(&accept(&server), 1, APPEND, &arguments);
    for _ in 0..retries {
        expect(&accept(&server), &first);
    }
    client.wait().code(5).stdout("").stderr("rpcc: error 7 outcome unknown\n");
    assert!(
        server.try_accept().is_none(),
        "rpcc has sent {} times and tries once more\nexpected: it sends again {retries} times\nreceived: another connection",
        retries + 1
    );

    // A time-out makes it send again, too, on the same connection. The next call of the same client has the next seq.
    let options = ["--semantics", "at-least-once", "--retries", "100000", "--retry-ms", "1", "-"];
    let input = format!("append key {word}\nappend key {word}\n");
    let client = ask(&room, SERVER, &options).stdin(input).spawn();
    let peer = accept(&server);
    let first = expect_call(&peer, 1, APPEND, &arguments);
    for _ in 0..3 {
        expect(&peer, &first);
    }
    peer.send(first.result(8_u64.to_le_bytes()).bytes());
    let second = loop {
        let frame = next(&peer);
        if frame != first {
            break frame;
        }
    };
    let expected = Frame { seq: 2, ..first };
    assert!(
        second == expected,
        "the second call of rpcc is another one than expected\nexpected: {expected}\nreceived: {second}"
    );
    peer.send(second.result(16_u64.to_le_bytes()).bytes());
    client.wait().code(0).stdout("ok 8\nok 16\n");
}

/// Three appends at most once, over a network that loses, doubles, delays or damages one frame: the first, the second,
/// the third, and so on, until there is none left. Each time rpcc gets its three answers, and the totals say that each
/// append was executed once. How often it had to send, and when, is its own affair.
#[rstest]
#[case::lost(Trouble::Drop)]
#[case::doubled(Trouble::Double)]
#[case::late(Trouble::Delay)]
#[case::damaged(Trouble::Damage { bit: 0 })]
fn at_most_once_survives_every_bad_frame(#[case] trouble: Trouble) {
    every_frame(trouble, "at-most-once", |_, output, value, words| {
        output == "ok 8\nok 16\nok 24\n" && value == words.concat()
    });
}

/// The same at least once: nothing is missing at the end.
#[rstest]
#[case::lost(Trouble::Drop)]
#[case::late(Trouble::Delay)]
#[case::damaged(Trouble::Damage { bit: 0 })]
fn at_least_once_misses_nothing(#[case] trouble: Trouble) {
    every_frame(trouble, "at-least-once", |_, output, value, words| {
        output.lines().count() == 3
            && output.lines().all(|line| line.starts_with("ok "))
            && words.iter().all(|word| value.contains(word.as_str()))
    });
}

fn every_frame(trouble: Trouble, semantics: &str, holds: impl Fn(usize, &str, &str, &[String]) -> bool) {
    for nth in 1.. {
        let room = Room::new();
        room.expect_timers();
        let trouble = match trouble {
            // Of the length only the lowest byte: whoever believes that much more will come would wait for long.
            Trouble::Damage { .. } => {
                let sound = |bit: &u64| !(40..64).contains(bit);
                let bits: Vec<u64> = (0..24 * 8).filter(sound).collect();
                Trouble::Damage { bit: *room.choose(&bits) as usize }
            }
            other => other,
        };
        let site = serve(&room, UNIX);
        let mut relay = Relay::new(&room, &site.at, trouble, nth);
        let words: Vec<String> = (0..3).map(|_| room.word()).collect();
        let input: String = words.iter().map(|word| format!("append key {word}\n")).collect();
        let options = ["--semantics", semantics, "--retries", "200", "--retry-ms", "300", "-"];
        let note = format!("frame {nth} between rpcc and rpcd {trouble}");
        let client = ask(&room, relay.address(), &options).stdin(input).note(&note).spawn();
        relay.run_until("rpcc to end, over a network with one bad frame", || client.has_ended());
        let done = client.wait();
        let happened = relay.happened;
        // What was held back comes after all.
        relay.close();
        site.server.asleep();
        let value = String::from_utf8_lossy(&site.value(&room, "key").unwrap_or_default()).into_owned();
        done.code(0);
        let output = done.stdout_text();
        assert!(
            holds(nth, &output, &value, &words),
            "{note}\nexpected: three answers `ok`, and each append executed {}\nreceived: {}, and the value {value:?} of {words:?}",
            if semantics == "at-most-once" { "once" } else { "once or more" },
            output.replace('\n', ", ").trim_end_matches(", ")
        );
        site.end();
        if !happened {
            assert!(
                nth > 6,
                "too few frames pass\nexpected: three calls and three answers\nreceived: {}",
                nth - 1
            );
            return;
        }
    }
}

#[track_caller]
fn assert_value(value: &Option<Vec<u8>>, expected: &str) {
    let value = value.as_deref().map(String::from_utf8_lossy);
    assert!(
        value.as_deref() == Some(expected),
        "a value is another one than expected\nexpected: {expected:?}\nreceived: {value:?}"
    );
}
