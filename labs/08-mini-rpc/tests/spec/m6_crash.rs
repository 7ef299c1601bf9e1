//! Milestone 6: the server dies, and with it what it knew.
//! Man pages: connect(2), recv(2): ECONNRESET, getrandom(2), signal(7): SIGKILL.

use testkit::{Address, Cmd, Fault, Room, one_line, sweep};

use super::frame::{
    ADD, APPEND, BODY_MAX, CALL, ECHO, Frame, GET, PING, bytes, expect, i64s, next, string, two,
};
use super::relay::{Relay, Trouble};
use super::{SERVER, UNIX, accept, answer_ping, ask, command, expect_call, play_server, ready, serve};

/// The call is sent, and the connection ends: before the call was read, after it was read, in the middle of the answer.
/// rpcc cannot know what has happened, and says so: status 5. It is no success, it is no "connection lost" that
/// everybody takes for "not done", and it is no reason to send the call again to whoever listens now. Of several attempts
/// the last one counts: status 4 if that one brought what is no frame.
#[test]
fn a_broken_connection_is_an_unknown_outcome() {
    let room = Room::new();
    let server = play_server(&room);
    let word = room.word();
    for cut in 0..32 {
        let note = format!("the server reads the call, sends {cut} bytes of its answer and closes");
        let client = ask(&room, SERVER, &["append", "key", &word]).note(note).spawn();
        let peer = accept(&server);
        let call = expect_call(&peer, 1, APPEND, two(string("key"), bytes(&word)));
        peer.send(&call.result(8_u64.to_le_bytes()).bytes()[..cut]);
        drop(peer);
        client.wait().code(5).stdout("").stderr("rpcc: error 7 outcome unknown\n");
        assert!(
            server.try_accept().is_none(),
            "rpcc sends its call again, and nobody has asked for that\nexpected: one connection\nreceived: another one"
        );
    }
    let client = ask(&room, SERVER, &["append", "key", &word]).note("the server closes at once").spawn();
    drop(accept(&server));
    client.wait().code(5).stdout("").stderr("rpcc: error 7 outcome unknown\n");

    // The calls after it are other calls, on another connection.
    let client = ask(&room, SERVER, &["-"]).stdin("append key a\nadd 1 2\n").spawn();
    let first = expect_call(&accept(&server), 1, APPEND, two(string("key"), bytes("a")));
    let peer = accept(&server);
    let second = expect_call(&peer, 2, ADD, i64s(1, 2));
    assert!(
        first.client == second.client,
        "rpcc changes its client between two calls\nexpected: client {}\nreceived: client {}",
        first.client,
        second.client
    );
    peer.send(second.result(3_i64.to_le_bytes()).bytes());
    client.wait().code(5).stdout("error 7 outcome unknown\nok 3\n");

    for (is_bad_first, status, message) in [(true, 5, "rpcc: error 7 "), (false, 4, "rpcc: bad frame: ")] {
        let note = match is_bad_first {
            true => "the first connection brings no frame, the second one just ends",
            false => "the first connection just ends, the second one brings no frame",
        };
        let options = ["--semantics", "at-least-once", "--retries", "1", "append", "key", &word];
        let client = ask(&room, SERVER, &options).note(note).spawn();
        for is_bad in [is_bad_first, !is_bad_first] {
            let peer = accept(&server);
            next(&peer);
            if is_bad {
                peer.send("no frame");
            }
        }
        client.wait().code(status).stdout("").stderr(one_line(message));
    }
}

/// With retries, rpcc first asks who is there. A call that it has sent it sends again as a retry, which names the
/// instance that it was sent to first, whoever listens now. A server that answers 7 ends it. Before the call is sent
/// nothing can have happened, and rpcc may start again with a ping. A retry is 8 bytes longer than its call: a call for
/// which it would be too long is not even begun.
#[test]
fn a_retry_names_the_instance_it_was_sent_to() {
    let room = Room::new();
    let server = play_server(&room);
    let (word, instance) = (room.word(), room.number(1..u64::MAX));
    let arguments = two(string("key"), bytes(&word));
    let client = ask(&room, SERVER, &["--retries", "9", "append", "key", &word]).spawn();
    // No pong comes: it is not sent yet.
    drop(accept(&server));
    let peer = accept(&server);
    answer_ping(&peer, 1, instance);
    let call = expect_call(&peer, 1, APPEND, &arguments);
    drop(peer);
    for _ in 0..3 {
        let peer = accept(&server);
        expect(&peer, &call.again(instance));
    }
    let peer = accept(&server);
    expect(&peer, &call.again(instance));
    peer.send(call.error(7, "outcome unknown").bytes());
    client.wait().code(5).stdout("").stderr("rpcc: error 7 outcome unknown\n");

    // The same, and the old server answers after all. The next call of the same client is for the server that is there
    // now.
    let (old, new) = (room.number(1..1 << 60), room.number(1 << 60..u64::MAX));
    let client = ask(&room, SERVER, &["--retries", "2", "-"]).stdin("append key a\nappend key b\n").spawn();
    let peer = accept(&server);
    answer_ping(&peer, 1, old);
    let call = expect_call(&peer, 1, APPEND, two(string("key"), bytes("a")));
    drop(peer);
    let peer = accept(&server);
    expect(&peer, &call.again(old));
    peer.send(call.result(1_u64.to_le_bytes()).bytes());
    answer_ping(&peer, 1, new);
    let second = expect_call(&peer, 2, APPEND, two(string("key"), bytes("b")));
    drop(peer);
    let peer = accept(&server);
    expect(&peer, &second.again(new));
    drop(peer);
    expect(&accept(&server), &second.again(new));
    client.wait().code(5).stdout("ok 1\nerror 7 outcome unknown\n");

    // Method and length are 6 bytes of the call, the instance is 8 more of the retry.
    let longest = "m".repeat(BODY_MAX - 8 - 6);
    let input = format!("echo {longest}m\necho {longest}\n");
    let note = "the first of two calls is one byte longer than a call that can be sent again";
    let client = ask(&room, SERVER, &["--retries", "1", "-"]).stdin(input).note(note).spawn();
    let peer = accept(&server);
    answer_ping(&peer, 1, instance);
    let call = expect_call(&peer, 1, ECHO, bytes(&longest));
    drop(peer);
    let peer = accept(&server);
    expect(&peer, &call.again(instance));
    peer.send(call.result(bytes("it came")).bytes());
    client.wait().code(1).stdout("error 4 too large\nok it came\n").stderr("");
}

/// The server's side: a retry that was meant for another instance, or for an entry that is not there any more, is
/// answered 7, and nothing is executed. One for this instance is the call. Two servers never have the same instance.
#[test]
fn a_new_instance_refuses_old_retries() {
    let room = Room::new();
    let old = serve(&room, UNIX);
    let client = old.client(&room, "the client");
    let before = client.ping(1);
    let again = client.ping(1);
    assert!(before == again, "rpcd changes its instance\nexpected: {before}\nreceived: {again}");
    let call = client.next(APPEND, two(string("key"), bytes("a")));
    // The call itself was lost.
    for _ in 0..2 {
        client.peer.send(call.again(before).bytes());
        expect(&client.peer, &call.result(1_u64.to_le_bytes()));
    }
    client.peer.send(call.again(before ^ 1).bytes());
    expect(&client.peer, &call.error(7, "outcome unknown"));
    let stranger = old.client(&room, "a client that has no entry");
    let unknown = stranger.next(APPEND, two(string("key"), bytes("x")));
    stranger.peer.send(unknown.again(before).bytes());
    expect(&stranger.peer, &unknown.error(7, "outcome unknown"));
    let short = Frame::new(super::frame::RETRY, client.client, 2, [0; 7]);
    client.peer.send(short.bytes());
    expect(&client.peer, &short.error(2, "bad arguments"));
    let window = |number: u32| number.to_le_bytes().to_vec();
    for body in [Vec::new(), vec![1, 0, 0], vec![1, 0, 0, 0, 0], window(0), window(65), window(u32::MAX)] {
        let ping = Frame::new(PING, client.client, 0, body);
        client.peer.send(ping.bytes());
        expect(&client.peer, &ping.error(2, "bad arguments"));
    }
    let value = old.value(&room, "key");
    assert!(
        value.as_deref() == Some(b"a"),
        "a retry was executed that had to be refused\nexpected: the value \"a\"\nreceived: {value:?}"
    );
    let number = client.client;
    drop(client);
    old.end();

    let new = serve(&room, &["--unix", "t"]);
    let client = super::Caller::new(new.connect(&room, "the client"), number);
    let after = client.ping(1);
    assert!(
        before != after,
        "two servers have the same instance\nexpected: a random number\nreceived: {after}, twice"
    );
    client.peer.send(call.again(before).bytes());
    expect(&client.peer, &call.error(7, "outcome unknown"));
    client.refused(GET, string("key"), 3, "no such key");
    new.end();
}

/// rpcd is killed at one of its system calls after the other, while rpcc appends with retries, and a new rpcd takes its
/// place. Each time rpcc says either that it is done, and it was executed once; or that the outcome is unknown. Never
/// is the call executed by the new server if it had been sent to the old one.
#[test]
fn a_server_killed_anywhere_is_no_second_execution() {
    let start = calls_until_ready(&|room| command(room, UNIX));
    sweep(|call| {
        let room = Room::new();
        let word = room.word();
        let fault = Fault::KillAt { call: start + call, nth_process: 0 };
        let server = command(&room, UNIX).trace(fault).spawn();
        let is_ready = || server.stdout_now().contains(&b'\n');
        server.eventually(|| server.has_ended() || is_ready(), "rpcd to be ready, or to be killed");
        if !is_ready() {
            server.wait();
            return true;
        }
        let old = ready(server);
        let mut relay = Relay::new(&room, &old.at, Trouble::None, 0);
        let note =
            format!("rpcd is killed at its system call {}, and another one takes its place", start + call);
        let options = ["--retries", "5", "append", "key", &word];
        let client = ask(&room, relay.address(), &options).note(&note).spawn();
        relay.run_until("rpcc to end, or rpcd to be killed", || client.has_ended() || old.server.has_ended());
        let new = serve(&room, &["--unix", "t"]);
        relay.redirect(&new.at);
        relay.run_until("rpcc to end", || client.has_ended());
        let done = client.wait();

        let sent_to = |at: &Address, kind: Option<u8>| {
            let fits =
                |frame: &Frame| frame.method() == Some(APPEND) && kind.is_none_or(|kind| frame.kind == kind);
            relay.sent.iter().any(|(to, frame)| to == at && frame.kind != PING && fits(frame))
        };
        let was_sent = sent_to(&old.at, None);
        let by_new = new.value(&room, "key");
        let output = done.stdout_text();
        match done.output().status.code() {
            Some(0) => {
                done.check(output == "8\n", "8, the length of the value");
                let once = if by_new.is_some() { !was_sent } else { was_sent };
                done.check(once, "it was executed once, by the one server to which it was sent");
            }
            _ => {
                done.code(5).stdout("").stderr("rpcc: error 7 outcome unknown\n");
                done.check(old.server.has_ended(), "0 from a server that has not been killed");
            }
        }
        done.check(
            !(was_sent && (by_new.is_some() || sent_to(&new.at, Some(CALL)))),
            "a call that was sent to the first rpcd is not sent to the second one, save as a retry, and not executed by it",
        );
        new.end();
        if !old.server.has_ended() {
            // It may still be on its way to that call.
            old.server.asleep();
        }
        let was_killed = old.server.has_ended();
        old.end();
        was_killed
    });
}

/// How many system calls rpcd makes before it is ready, or a few less.
pub(crate) fn calls_until_ready(command: &dyn Fn(&Room) -> Cmd) -> u64 {
    let room = Room::new();
    let site = ready(command(&room).trace(Fault::Count).spawn());
    site.server.asleep();
    let calls: u64 = site.end().own_calls().values().sum();
    calls.saturating_sub(6)
}

/// What a server remembers of clients that are gone must have an end. With `--slots N` the table knows the N clients
/// seen last; one entry each, unless they asked for a window. Whoever was forgotten is told so when it sends again.
#[test]
fn the_table_is_bounded() {
    let room = Room::new();
    let slots = room.number(3..9) as usize;
    let site = serve(&room, &[UNIX, &["--slots", &slots.to_string()]].concat());
    let first = site.client(&room, "the first client");
    let instance = first.ping(1);
    for total in 1..=50_u64 {
        first.calls(APPEND, two(string("key"), bytes("x")), total.to_le_bytes());
    }
    let last = Frame { seq: 50, ..Frame::call(first.client, 50, APPEND, two(string("key"), bytes("x"))) };
    let entries = |expected: u64| {
        let (_, entries) = site.stats(&room);
        assert!(
            entries == expected,
            "the table holds another number of calls than expected\nexpected: {expected}, the one of this call included\nreceived: {entries}"
        );
    };
    entries(2);
    // As many others as leave room for it, one of them the client that asked for stats.
    for _ in 2..slots {
        site.serves(&room, "one more client");
    }
    first.peer.send(last.again(instance).bytes());
    expect(&first.peer, &last.result(50_u64.to_le_bytes()));
    // Now it is the one seen last, and the others go first.
    for _ in 1..slots {
        site.serves(&room, "one more client");
    }
    first.peer.send(last.again(instance).bytes());
    expect(&first.peer, &last.result(50_u64.to_le_bytes()));
    for _ in 0..slots {
        site.serves(&room, "one more client");
    }
    first.peer.send(last.again(instance).bytes());
    expect(&first.peer, &last.error(7, "outcome unknown"));
    for _ in 0..300 {
        site.serves(&room, "one of many clients");
    }
    entries(slots as u64);
    let wide = site.client(&room, "the client with a window");
    wide.ping(64);
    for number in 0..200 {
        wide.calls(ADD, i64s(number, 1), (number + 1).to_le_bytes());
    }
    // The window, and one call for each of the other clients.
    let (_, now) = site.stats(&room);
    assert!(
        now == 64 + slots as u64 - 1,
        "the table holds another number of calls than expected\nexpected: 64 of the client with that window, and {} others\nreceived: {now}",
        slots - 1
    );
    let value = site.value(&room, "key").map(|value| value.len());
    assert!(
        value == Some(50),
        "a forgotten call was executed again\nexpected: 50 bytes\nreceived: {value:?}"
    );
    site.end();
}
