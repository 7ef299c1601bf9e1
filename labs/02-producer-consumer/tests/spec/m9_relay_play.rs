//! Milestone 9: `relay`, two directions at once, and `play`, a queue that drops instead of waiting.
//! Man pages: poll(2), shutdown(2), unix(7), pipe(7).

use rstest::rstest;
use testkit::{Address, Fault, FifoEnd, Listener, Peer, Room, Running, one_line, same_bytes};

use super::record::{Record, made, stream};
use super::{PAGE, prodcon, stderr_lines};

/// Two servers, played by the check, and a relay that has connected to both.
fn joined(room: &Room) -> (Running, Peer, Peer) {
    let (a, b) = listeners(room);
    let relay = prodcon(room, "relay a b").spawn();
    let (a, b) = (a.accept().called("side a"), b.accept().called("side b"));
    (relay, a, b)
}

fn listeners(room: &Room) -> (Listener, Listener) {
    (room.listen(&Address::Unix("a".into())), room.listen(&Address::Unix("b".into())))
}

/// What one side sends, the other one gets, as it comes, in both directions, whatever its length and its bytes.
#[test]
fn the_relay_passes_bytes_both_ways() {
    let room = Room::new();
    let (relay, a, b) = joined(&room);

    for size in [1, 1000, 100_000] {
        let (one, other) = (room.bytes(size), room.bytes(size / 2 + 1));
        a.send(&one[..size / 2]);
        b.expect(&one[..size / 2]);
        b.send(&other);
        a.expect(&other).send(&one[size / 2..]);
        b.expect(&one[size / 2..]);
    }
    a.half_close();
    b.ends();
    b.half_close();
    a.ends();
    relay.wait().code(0).stdout("").stderr("");

    let (a, b) = (room.listen(&Address::Unix("c".into())), room.listen(&Address::Unix("d".into())));
    let relay = prodcon(&room, "relay c d").trace(Fault::ShortTransfers).spawn();
    let (a, b) = (a.accept().called("side c"), b.accept().called("side d"));
    let bytes = room.bytes(500);
    a.send(&bytes).half_close();
    same_bytes("what side d gets", &bytes, &b.rest());
    b.half_close();
    a.ends();
    relay.wait().code(0);
}

/// Both sides send and read nothing until everything is full. A relay that sits in a write to one of them never reads from the other:
/// whichever reads first, nothing moves any more. It may wait in one place only, and for all it can do. poll(2).
#[rstest]
#[case::one_side_reads_first(true)]
#[case::the_other_side_reads_first(false)]
fn two_full_directions_do_not_stop_each_other(#[case] a_first: bool) {
    let room = Room::new();
    let (relay, a, b) = joined(&room);
    let (from_a, from_b) = (b"all that comes from side a; ", b"and what side b has to say. ");

    let sent_by_a = a.fill(from_a);
    let sent_by_b = b.fill(from_b);
    let gets = |peer: &Peer, pattern: &[u8], sent: usize| {
        let all = peer.take(sent);
        let wanted: Vec<u8> = pattern.iter().copied().cycle().take(sent).collect();
        same_bytes("what the relay has passed on", &wanted, &all);
    };
    // One direction is emptied while the other one stays full.
    if a_first {
        gets(&a, from_b, sent_by_b);
        gets(&b, from_a, sent_by_a);
    } else {
        gets(&b, from_a, sent_by_a);
        gets(&a, from_b, sent_by_b);
    }
    a.half_close();
    b.half_close();
    a.ends();
    b.ends();
    relay.wait().code(0).stderr("");
}

/// The end of one direction is news for the other side, after the last byte: "I have sent all". It is not the end of the conversation: the
/// answer still comes. shutdown(2), SHUT_WR.
#[test]
fn a_half_close_is_passed_on() {
    let room = Room::new();
    let (relay, a, b) = joined(&room);
    let (question, answer) = (b"all that side a has to say. ", room.bytes(100_000));

    // All is full, and then side a ends. It is read piece by piece: at some piece the relay has seen the end and still holds
    // bytes that came before it.
    let sent = a.fill(question);
    a.half_close();
    let mut got = Vec::new();
    while got.len() < sent {
        got.extend(b.take((sent - got.len()).min(32 * 1024)));
        relay.asleep();
    }
    let wanted: Vec<u8> = question.iter().copied().cycle().take(sent).collect();
    same_bytes("what side b gets", &wanted, &got);
    b.ends();
    relay.still_waits("for the answer of side b");
    b.send(&answer);
    same_bytes("the answer", &answer, &a.take(answer.len()));
    b.half_close();
    a.ends();
    relay.wait().code(0).stderr("");
}

/// Who reads on while the other side does not will hold the whole world in memory. And who waits must sleep, in each state: nothing to do,
/// one direction full, one direction ended (a hang-up that is asked for again and again is told again and again). poll(2): POLLHUP.
#[test]
fn the_relay_holds_little_and_sleeps() {
    let room = Room::new();
    let (relay, a, b) = joined(&room);

    a.send("x");
    b.expect("x");
    relay.assert_all_idle();
    let before = relay.peak_memory();
    let sent = a.fill(b"nobody reads this. ");
    let after = relay.peak_memory();
    assert!(
        after <= before + (2 << 20),
        "the relay keeps what nobody reads\nexpected: at most 64 KiB of each direction\nreceived: its memory has grown by {} KiB",
        (after - before) / 1024
    );
    relay.assert_all_idle();
    let _ = b.take(sent);
    a.half_close();
    b.ends();
    relay.still_waits("for side b");
    relay.assert_all_idle();
    b.half_close();
    a.ends();
    relay.wait().code(0);
}

/// A partner may be missing at the start, or leave in the middle. Both are told, each by its own status, and the relay does not
/// go on alone. connect(2), write(2): EPIPE.
#[test]
fn a_missing_or_lost_peer_is_told() {
    let room = Room::new();
    prodcon(&room, "relay a b").run().code(3).stderr("prodcon: a: No such file or directory\n");
    let a = room.listen(&Address::Unix("a".into()));
    drop(a);
    prodcon(&room, "relay a b").run().code(3).stderr("prodcon: a: Connection refused\n");

    let (c, d) = (room.listen(&Address::Unix("c".into())), room.listen(&Address::Unix("d".into())));
    let relay = prodcon(&room, "relay c d").note("side d goes away").spawn();
    let (c, d) = (c.accept().called("side c"), d.accept().called("side d"));
    c.send("x");
    d.expect("x");
    drop(d);
    relay.asleep();
    let _ = c.try_send("nobody is there to read this");
    relay.wait().code(5).stderr(one_line("prodcon: d: "));
}

/// A player, its ticks by standard input, and the reader of its FIFO of one page: one frame fits.
fn player(room: &Room, args: &str) -> (Running, FifoEnd) {
    room.fifo("out");
    let reader = room.reader("out");
    reader.resize(PAGE as i32);
    let play = prodcon(room, format!("play {args} out")).stdin_open().spawn();
    (play, reader)
}

fn frame(number: u32) -> Vec<u8> {
    Record::made(0, number, 4088, 0).bytes()
}

/// Each tick is a frame, and who reads in time gets them all, in order, whatever the policy.
#[rstest]
#[case::oldest("oldest")]
#[case::newest("newest")]
#[case::none("none")]
fn every_frame_reaches_a_reader_that_keeps_up(#[case] policy: &str) {
    let room = Room::new();
    let count = room.number(6..12) as u32;
    let (play, reader) = player(&room, &format!("--frames {count} --depth 1 --drop {policy}"));
    for number in 0..count {
        play.send("t");
        same_bytes(&format!("frame {number}"), &frame(number), &reader.take(PAGE));
    }
    // After the last frame nobody waits for more ticks.
    let done = play.wait();
    done.code(0).stdout("").stderr("");
    assert!(reader.now().is_empty(), "there are more frames than ticks");

    let room = Room::new();
    let (play, reader) = player(&room, &format!("--frames 100 --depth 3 --drop {policy}"));
    play.send("tt").close_stdin();
    same_bytes("the frames of two ticks", &stream(&made(0, 2, 4088)), &reader.rest());
    play.wait().code(0).stderr("");
}

/// The output stands still, the clock does not: then somebody must decide which frame is too much. `oldest` keeps what is new (a film),
/// `newest` keeps what was first (a log). Here the FIFO takes one frame, D wait, and every further one is late. README, `play`.
#[rstest]
#[case::the_oldest("oldest")]
#[case::the_newest("newest")]
fn the_late_frames_are_dropped_and_no_other(#[case] policy: &str) {
    let room = Room::new();
    let (depth, ticks) = (room.number(2..6) as u32, room.number(12..20) as u32);
    let (play, reader) = player(&room, &format!("--frames 1000 --depth {depth} --drop {policy}"));
    // The FIFO, its queue, and what is dropped: the same rules as the contract's.
    let (mut in_fifo, mut waiting, mut dropped) = (None, Vec::new(), Vec::new());
    let mut tick = |number: u32, in_fifo: &mut Option<u32>, waiting: &mut Vec<u32>| {
        if waiting.len() as u32 == depth {
            let late = if policy == "newest" { number } else { waiting.remove(0) };
            dropped.push(late.to_string());
            if late == number {
                return dropped.clone();
            }
        }
        waiting.push(number);
        if in_fifo.is_none() {
            *in_fifo = Some(waiting.remove(0));
        }
        dropped.clone()
    };

    let mut next = 0;
    let mut told = Vec::new();
    for round in 0..3 {
        for _ in 0..ticks {
            told = tick(next, &mut in_fifo, &mut waiting);
            next += 1;
        }
        play.send(vec![b't'; ticks as usize]);
        let lines = stderr_lines(&play);
        assert!(
            lines == told,
            "other frames are dropped than the late ones\nexpected: {}\nreceived: {}",
            told.join(" "),
            lines.join(" ")
        );
        // One frame, or two, are taken out, and as many go on.
        for _ in 0..=round {
            let number = in_fifo.take().expect("a frame is in the FIFO");
            same_bytes(&format!("frame {number}"), &frame(number), &reader.take(PAGE));
            in_fifo = (!waiting.is_empty()).then(|| waiting.remove(0));
            play.asleep();
        }
    }
    play.close_stdin();
    let rest: Vec<u8> = in_fifo.into_iter().chain(waiting).flat_map(frame).collect();
    same_bytes("the frames that were still waiting", &rest, &reader.rest());
    let done = play.wait();
    done.code(0).stderr(told.iter().map(|number| format!("{number}\n")).collect::<String>());
}

/// `none` loses nothing: when D frames wait, the ticks wait, too, and with them whoever makes them. That is backpressure: a pipe that is
/// not read. And who waits for room only must not be woken by ticks that it cannot use. poll(2).
#[test]
fn without_dropping_the_clock_waits() {
    let room = Room::new();
    let count = room.number(30..60) as u32;
    let (play, reader) = player(&room, &format!("--frames {count} --depth 2 --drop none"));
    play.send(vec![b't'; count as usize]);
    play.still_waits("for room in the FIFO");
    play.assert_all_idle();
    same_bytes("the frames", &stream(&made(0, count, 4088)), &reader.rest());
    play.wait().code(0).stderr("");
}
