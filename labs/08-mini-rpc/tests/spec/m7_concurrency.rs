//! Milestone 7: many calls at once, and some that never end.
//! Man pages: poll(2), epoll(7), fifo(7), signal(7), signalfd(2).

use std::fs;

use testkit::{Errno, Fault, Finished, Resource, Room, Running, Signal, one_line};

use super::frame::{ADD, BODY_MAX, CANCEL, ECHO, Frame, GATE, bytes, expect, i64s, next, string};
use super::{
    Caller, SERVER, Site, UNIX, accept, answer_ping, ask, command, expect_call, play_server, ready, serve,
};

/// A gate waits for somebody who writes, perhaps for ever. Another client, and another call of the same client on the
/// same connection, are served meanwhile. While all of them wait, rpcd sleeps. What a gate gets must fit into a frame, with the
/// four bytes of its length; what does not is error 4.
#[test]
fn a_gate_holds_up_nobody() {
    let room = Room::new();
    let site = serve(&room, UNIX);
    let slow = room.slow_file("files/gate");
    let word = room.word();
    let client = site.client(&room, "the client");
    client.ping(2);
    let gate = client.send(GATE, string("gate"));
    site.serves(&room, "another client");
    client.calls(ADD, i64s(1, 2), 3_i64.to_le_bytes());
    slow.is_read();
    client.calls(ADD, i64s(3, 4), 7_i64.to_le_bytes());
    slow.send(&word[..3]);
    site.serves(&room, "another client");
    site.server.asleep().assert_all_idle();
    slow.send(&word[3..]).close();
    expect(&client.peer, &gate.result(bytes(&word)));

    let most = room.bytes(BODY_MAX - 4);
    for more in [0, 1] {
        let gate = client.send(GATE, string("gate"));
        slow.is_read().send(&most).send(&most[..more]).close();
        match more {
            0 => expect(&client.peer, &gate.result(bytes(&most))),
            _ => expect(&client.peer, &gate.error(4, "too large")),
        }
    }
    client.calls(ADD, i64s(5, 6), 11_i64.to_le_bytes());
    site.end();
}

/// Sixty-four gates on one connection, opened in another order than called: each answer comes when its gate opens, and
/// is told by its seq. No thread or process waits for each of them.
#[test]
fn sixty_four_calls_are_under_way() {
    let room = Room::new();
    let site = serve(&room, UNIX);
    let client = site.client(&room, "the client");
    client.ping(64);
    site.server.asleep();
    let slow: Vec<_> = (0..64).map(|number| room.slow_file(format!("files/gate{number}"))).collect();
    let calls: Vec<Frame> =
        (0..64).map(|number| client.next(GATE, string(&format!("gate{number}")))).collect();
    client.peer.send(calls.iter().flat_map(Frame::bytes).collect::<Vec<u8>>());
    // The last one first: a program that waits for one gate never comes to the next.
    for slow in slow.iter().rev() {
        slow.is_read();
    }
    site.server.asleep();
    let tasks = threads(&site.server);
    assert!(
        tasks <= 16,
        "64 calls wait, and rpcd has too many threads and processes\nexpected: 16 at most\nreceived: {tasks}"
    );
    let begin = room.number(0..64) as usize;
    for turn in 0..64 {
        // 27 and 64 have no common divisor: each comes once.
        let number = (begin + turn * 27) % 64;
        let word = room.word();
        slow[number].send(&word).close();
        expect(&client.peer, &calls[number].result(bytes(&word)));
    }
    site.end();
}

/// All threads of a program and its descendants.
fn threads(server: &Running) -> usize {
    let tasks = |pid: i32| fs::read_dir(format!("/proc/{pid}/task")).map_or(0, Iterator::count);
    tasks(server.pid()) + server.descendants().iter().map(|process| tasks(process.pid)).sum::<usize>()
}

/// rpcc with 64 calls under way: it sends as many before it has one answer, and never more. The answers come in another
/// order, and each belongs to the call of its seq; the output has the order of the input.
#[test]
fn answers_are_matched_by_their_seq() {
    let room = Room::new();
    let server = play_server(&room);
    let words: Vec<String> = (0..100).map(|_| room.word()).collect();
    let input: String = words.iter().map(|word| format!("echo {word}\n")).collect();
    let client = ask(&room, SERVER, &["--pipeline", "-"]).stdin(input).spawn();
    let peer = accept(&server);
    answer_ping(&peer, 64, 1);
    let calls: Vec<Frame> =
        (1..).zip(&words[..64]).map(|(seq, word)| expect_call(&peer, seq, ECHO, bytes(word))).collect();
    client.still_waits("for an answer");
    assert!(
        peer.is_quiet(),
        "rpcc has more than 64 calls under way\nexpected: it waits for an answer\nreceived: one more frame"
    );
    let answer = |call: &Frame| {
        // Not what was sent: an answer that is only its own.
        peer.send(call.result(bytes(format!("answer {}", call.seq))).bytes());
    };
    calls[32..].iter().rev().for_each(answer);
    let more: Vec<Frame> =
        (65..).zip(&words[64..96]).map(|(seq, word)| expect_call(&peer, seq, ECHO, bytes(word))).collect();
    more.iter().rev().for_each(answer);
    let last: Vec<Frame> =
        (97..).zip(&words[96..]).map(|(seq, word)| expect_call(&peer, seq, ECHO, bytes(word))).collect();
    last.iter().for_each(answer);
    calls[1..32].iter().for_each(answer);
    peer.send(calls[0].error(3, "the first").bytes());
    let lines = (2..=100).map(|seq| format!("ok answer {seq}\n")).collect::<String>();
    client.wait().code(1).stdout(format!("error 3 the first\n{lines}")).stderr("");

    // And with a real server.
    let site = serve(&room, UNIX);
    let input: String = (0..500).map(|number| format!("add {number} 1\n")).collect();
    let lines: String = (0..500).map(|number| format!("ok {}\n", number + 1)).collect();
    ask(&room, &site.at, &["--pipeline", "-"]).stdin(input).run().code(0).stdout(lines);
    site.end();
}

/// The connection ends. For the calls that were sent nobody will ever know: error 7, status 5. If all have their answers
/// and the input goes on, the next call was never sent: status 3, for a script takes 0 for "all of it is done". So it is
/// before the pong; and an error that answers the ping is no connection that ends, and says what it is.
#[test]
fn an_end_of_the_connection_is_no_success() {
    let room = Room::new();
    let server = play_server(&room);
    let pipelined = |input: &str, note: &str| {
        let client = ask(&room, SERVER, &["--pipeline", "-"]).stdin_open().note(note).spawn();
        client.send(input);
        (client, accept(&server))
    };
    let (client, peer) = pipelined("echo a\necho b\necho c\n", "the connection ends with two calls open");
    answer_ping(&peer, 64, 1);
    let calls: Vec<Frame> =
        (1..).zip(["a", "b", "c"]).map(|(seq, word)| expect_call(&peer, seq, ECHO, bytes(word))).collect();
    peer.send(calls[1].result(bytes("b")).bytes());
    drop(peer);
    client.wait().code(5).stdout("error 7 outcome unknown\nok b\nerror 7 outcome unknown\n").stderr("");

    for is_refused in [false, true] {
        let note = "all calls are answered and the input goes on: the connection ends";
        let (client, peer) = pipelined("echo a\n", note);
        answer_ping(&peer, 64, 1);
        let call = expect_call(&peer, 1, ECHO, bytes("a"));
        let (answer, line) = match is_refused {
            true => (call.error(3, "no"), "error 3 no"),
            false => (call.result(bytes("b")), "ok b"),
        };
        peer.send(answer.bytes());
        client.wait_line(line);
        drop(peer);
        let done = client.wait();
        done.code(3).stdout(format!("{line}\n")).stderr(one_line("rpcc: unix:server: "));
    }

    let (client, peer) = pipelined("echo a\n", "the connection ends before the pong");
    next(&peer);
    drop(peer);
    client.wait().code(3).stdout("").stderr(one_line("rpcc: unix:server: "));

    let (client, peer) = pipelined("echo a\n", "the ping is answered by an error");
    let ping = next(&peer);
    peer.send(ping.error(3, "busy").bytes());
    client.wait().code(1).stdout("").stderr("rpcc: error 3 busy\n");
}

/// The server does not answer, and never will. After D ms rpcc stops waiting: it sends a cancel, says error 5, and goes
/// on. When the answer comes after all, it is nobody's: above all it is not the answer of the next call.
#[test]
fn a_deadline_ends_the_wait_and_not_the_order() {
    let room = Room::new();
    room.expect_timers();
    let server = play_server(&room);
    let client = ask(&room, SERVER, &["--deadline-ms", "300", "echo", "x"]).spawn();
    let peer = accept(&server);
    let call = expect_call(&peer, 1, ECHO, bytes("x"));
    expect(&peer, &Frame::new(CANCEL, call.client, 1, []));
    client.wait().code(1).stdout("").stderr("rpcc: error 5 deadline\n");

    // Long enough for answers that come at once; the first one comes when the second call is there.
    let client = ask(&room, SERVER, &["--deadline-ms", "300", "-"]).stdin_open().spawn();
    client.send("echo x\n");
    let peer = accept(&server);
    let first = expect_call(&peer, 1, ECHO, bytes("x"));
    expect(&peer, &Frame::new(CANCEL, first.client, 1, []));
    client.wait_line("error 5 deadline");
    let mut seq = 1;
    // On a slow machine the deadline of the second call may pass, too: then it is asked once more.
    let answered = loop {
        client.send("echo y\n");
        seq += 1;
        let second = next_call(&peer);
        assert!(
            second.seq == seq,
            "rpcc uses another seq than expected\nexpected: seq {seq}\nreceived: {second}"
        );
        peer.send(first.result(bytes("late")).bytes());
        peer.send(second.result(bytes("in time")).bytes());
        client.eventually(|| lines(&client) == seq as usize, "a line for each call");
        let output = String::from_utf8_lossy(&client.stdout_now()).into_owned();
        match output.lines().last() {
            Some("error 5 deadline") if seq < 40 => {}
            other => break other.map(str::to_owned),
        }
    };
    assert!(
        answered.as_deref() == Some("ok in time"),
        "the answer of a call that is over came before the answer of the next one\nexpected: the next call prints \"ok in time\"\nreceived: {answered:?}"
    );
    client.close_stdin();
    drop(peer);
    client.wait().code(1);

    let site = serve(&room, UNIX);
    let _slow = room.slow_file("files/gate");
    ask(&room, &site.at, &["--deadline-ms", "1", "gate", "gate"])
        .run()
        .code(1)
        .stderr("rpcc: error 5 deadline\n");
    site.serves(&room, "another client");
    site.end();
}

fn lines(client: &Running) -> usize {
    client.stdout_now().iter().filter(|&&byte| byte == b'\n').count()
}

/// The next frame that is no cancel.
#[track_caller]
fn next_call(peer: &testkit::Peer) -> Frame {
    loop {
        let frame = next(peer);
        if frame.kind != CANCEL {
            return frame;
        }
    }
}

/// A cancel ends the gate that it names: error 6, and the FIFO is closed. It ends no other, undoes nothing that is
/// done, and is not answered itself. A copy of the cancelled call gets the same error.
#[test]
fn a_cancel_stops_a_gate() {
    let room = Room::new();
    let site = serve(&room, UNIX);
    let client = site.client(&room, "the client");
    client.ping(64);
    let before = site.server.asleep().fds().len();
    let slow: Vec<_> = (0..3).map(|number| room.slow_file(format!("files/gate{number}"))).collect();
    let calls: Vec<Frame> =
        (0..3).map(|number| client.send(GATE, string(&format!("gate{number}")))).collect();
    for slow in &slow {
        slow.is_read();
    }
    let cancel = |client: u64, seq: u32| Frame::new(CANCEL, client, seq, []).bytes();
    let other = site.client(&room, "another client");
    other.peer.send(cancel(other.client, calls[1].seq));
    other.calls(ADD, i64s(1, 2), 3_i64.to_le_bytes());
    other.peer.send(cancel(other.client, 1));
    client.peer.send([cancel(client.client, 1000), cancel(client.client, calls[1].seq)].concat());
    expect(&client.peer, &calls[1].error(6, "cancelled"));
    client.peer.send(calls[1].bytes());
    expect(&client.peer, &calls[1].error(6, "cancelled"));
    client.peer.send(cancel(client.client, calls[1].seq));
    client.calls(ADD, i64s(3, 4), 7_i64.to_le_bytes());
    slow[0].send("a").close();
    expect(&client.peer, &calls[0].result(bytes("a")));
    slow[2].send("c").close();
    expect(&client.peer, &calls[2].result(bytes("c")));
    drop(other);
    let after = site.server.asleep().fds().len();
    assert!(
        after <= before,
        "three gates are over, one of them cancelled\nexpected: {before} descriptors, as before\nreceived: {after}"
    );
    site.end();
}

/// Eight clients call and call, and do not read. rpcd stops reading from them, so that the kernel's buffers and its own
/// are all that they fill; others are served. When they read at last, each answer is there.
#[test]
fn a_slow_reader_costs_little_memory() {
    let room = Room::new();
    let site = serve(&room, UNIX);
    site.serves(&room, "the first client");
    let text = room.bytes(8000);
    let mut readers: Vec<(Caller, Vec<Frame>, usize)> = Vec::new();
    for number in 0..8 {
        let client = site.client(&room, &format!("reader {number}"));
        let (calls, sent) = flood(&site, &client, &text);
        readers.push((client, calls, sent));
    }
    let (bound, memory) = ((16 + 8 * 4) << 20, site.server.anonymous_memory());
    assert!(
        memory <= bound,
        "eight clients call without reading, and rpcd uses too much memory\nexpected: at most {bound} bytes\nreceived: {memory} bytes"
    );
    site.serves(&room, "another client");
    for (client, calls, sent) in &readers {
        let whole = sent / calls[0].bytes().len();
        for call in &calls[..whole] {
            expect(&client.peer, &call.result(bytes(&text)));
        }
    }
    site.end();
}

/// Calls until nobody takes more, or 32 MiB are sent: the calls that have begun, and the bytes that were taken.
fn flood(site: &Site, client: &Caller, text: &[u8]) -> (Vec<Frame>, usize) {
    let (mut calls, mut sent, mut has_rested): (Vec<Frame>, usize, bool) = (Vec::new(), 0, false);
    let mut left: Vec<u8> = Vec::new();
    while sent < 32 << 20 {
        if left.is_empty() {
            let call = client.next(ECHO, bytes(text));
            left = call.bytes();
            calls.push(call);
        }
        match client.peer.try_send(&left) {
            Ok(n) => {
                left.drain(..n);
                (sent, has_rested) = (sent + n, false);
            }
            Err(Errno::EAGAIN) if !has_rested => {
                site.server.asleep();
                has_rested = true;
            }
            Err(_) => break,
        }
    }
    (calls, sent)
}

/// Descriptors are few, and accept may fail: EMFILE. The client stays in the backlog, and whoever asks again at once fails
/// again, a million times a second. rpcd serves those it has, sleeps, and when one of them has left, and there are
/// descriptors, lets the others in. A server that has given up its listener looks alive, and is deaf. accept(2).
#[test]
fn a_server_without_descriptors_listens_again() {
    let room = Room::new();
    let site = serve(&room, UNIX);
    let serves = |client: &Caller| client.calls(ADD, i64s(20, 22), 42_i64.to_le_bytes());
    let mut inside: Vec<Caller> = (0..2).map(|n| site.client(&room, &format!("client {n}"))).collect();
    inside.iter().for_each(serves);
    for _ in 0..2 {
        let before = site.server.asleep().allow_no_more_descriptors();
        let late = (0..3).map(|_| site.client(&room, "a client that came when no descriptor was left"));
        let late: Vec<Caller> = late.collect();
        inside.iter().for_each(serves);
        site.server.assert_all_idle();
        site.server.limit(Resource::RLIMIT_NOFILE, before);
        drop(inside.remove(0));
        late.iter().for_each(serves);
        inside.extend(late);
    }
    site.end();
}

/// At SIGTERM the calls under way are not forgotten: each gate is answered error 8, the socket file is removed, and rpcd
/// ends with 0, even with a client that does not read.
#[test]
fn sigterm_answers_what_waits() {
    for signal in [Signal::SIGTERM, Signal::SIGINT] {
        let room = Room::new();
        let site = serve(&room, UNIX);
        let slow = room.slow_file("files/gate");
        let silent = site.client(&room, "a client that says nothing");
        let deaf = site.client(&room, "a client that does not read");
        flood(&site, &deaf, &room.bytes(8000));
        let client = site.client(&room, "the client");
        let gate = client.send(GATE, string("gate"));
        slow.is_read();
        site.server.kill(signal);
        expect(&client.peer, &gate.error(8, "shutting down"));
        client.peer.is_over();
        silent.peer.is_over();
        site.server.wait().code(0).stderr("");
        assert!(
            !room.path("s").exists(),
            "rpcd has ended, and its socket file is still there\nexpected: it is removed\nreceived: the file s"
        );
        drop(deaf);
    }
}

/// Counted, not timed: a small call costs rpcd one call of the write family and at most two of the read family; rpcc
/// the same, and one write for what it prints. Header and body in two writes cost twice as much, and over TCP forty
/// milliseconds.
#[test]
fn a_small_call_costs_one_write_and_two_reads() {
    const CALLS: u64 = 1000;
    let room = Room::new();
    let site = ready(command(&room, UNIX).trace(Fault::Count).spawn());
    let client = site.client(&room, "the client");
    for number in 0..CALLS as i64 {
        client.calls(ADD, i64s(number, 1), (number + 1).to_le_bytes());
    }
    cheap("rpcd", &site.end(), CALLS, 1);

    let site = serve(&room, &["--unix", "t"]);
    let input: String = (0..CALLS).map(|number| format!("add {number} 1\n")).collect();
    let done = ask(&room, &site.at, &["-"]).stdin(input).trace(Fault::Count).run();
    done.code(0);
    cheap("rpcc", &done, CALLS, 2);
    site.end();
}

/// At most so many writes and two reads for each of `calls` calls, and a few for the start.
#[track_caller]
fn cheap(name: &str, done: &Finished, calls: u64, writes: u64) {
    let sum = |names: &[&str]| names.iter().map(|name| done.calls_of(name)).sum::<u64>();
    let written = sum(&["write", "writev", "send", "sendto", "sendmsg", "sendmmsg"]);
    let read = sum(&["read", "readv", "recv", "recvfrom", "recvmsg", "recvmmsg"]);
    assert!(
        written <= writes * calls + 50 && read <= 2 * calls + 100,
        "{calls} small calls cost {name} too many system calls\nexpected: at most {writes} writes and 2 reads for each\nreceived: {written} writes, {read} reads"
    );
}
