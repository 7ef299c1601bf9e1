//! Milestone 9: objects that call back, and a journal that outlives its server.
//! Man pages: poll(2), timerfd_create(2), write(2), open(2): O_APPEND, ftruncate(2), fsync(2).

use std::os::unix::fs::PermissionsExt;

use nix::unistd::geteuid;
use testkit::{Fault, Peer, Resource, Room, Signal, eventually, sweep};

use super::frame::{
    ADD, APPEND, CALL, CANCEL, CHANGED, Frame, GATE, GET, RESULT, UNWATCH, WATCH, bytes, expect, i64s, next,
    string, two,
};
use super::m6_crash::calls_until_ready;
use super::relay::{Relay, Trouble};
use super::{Caller, SERVER, Site, UNIX, accept, ask, command, expect_call, play_server, ready, serve};

/// Makes an object; gives its number.
#[track_caller]
fn watch(caller: &Caller, key: &str) -> u32 {
    let answer = caller.call(WATCH, string(key));
    match <[u8; 4]>::try_from(answer.body.as_slice()) {
        Ok(object) if answer.kind == RESULT => u32::from_le_bytes(object),
        _ => panic!("watch({key}) gives no object\nexpected: a result with a u32\nreceived: {answer}"),
    }
}

/// The next frame must call back for this object with this length; its seq is rpcd's own choice.
#[track_caller]
fn expect_change(peer: &Peer, client: u64, object: u32, length: u64) -> Frame {
    let received = next(peer);
    let expected =
        Frame::call(client, received.seq, CHANGED, two(object.to_le_bytes(), length.to_le_bytes()));
    assert!(
        received == expected,
        "another frame has come than the callback\nexpected: {expected}\nreceived: {received}"
    );
    received
}

fn append(key: &str, value: impl AsRef<[u8]>) -> Vec<u8> {
    two(string(key), bytes(value))
}

/// Whoever watches a key is called before the append is answered: when the caller goes on, all watchers know. Until
/// they have answered, the append waits, and it alone: a cancel does not end it, and SIGTERM completes it. Other keys call nobody,
/// and after `unwatch` nobody is called.
#[test]
fn an_append_waits_for_its_watchers() {
    let room = Room::new();
    let site = serve(&room, &[UNIX, &["--lease-ms", "3600000"]].concat());
    let (one, two_) = (site.client(&room, "the first watcher"), site.client(&room, "the second watcher"));
    let (first, second) = (watch(&one, "key"), watch(&two_, "key"));
    let third = watch(&two_, "key");
    assert!(
        second != third,
        "two objects of one connection have the same number\nexpected: another one than {second}\nreceived: {third}"
    );
    let caller = site.client(&room, "the client that appends");
    caller.calls(APPEND, append("other", "x"), 1_u64.to_le_bytes());

    let call = caller.send(APPEND, append("key", "abc"));
    let changed = expect_change(&one.peer, one.client, first, 3);
    let both = [next(&two_.peer), next(&two_.peer)];
    let find = |object: u32| {
        let body = two(CHANGED.to_le_bytes(), two(object.to_le_bytes(), 3_u64.to_le_bytes()));
        both.iter().find(|frame| frame.kind == CALL && frame.client == two_.client && frame.body == body)
    };
    let (Some(for_second), Some(for_third)) = (find(second), find(third)) else {
        panic!(
            "the second watcher is not called back for each of its objects\nexpected: objects {second} and {third}, length 3\nreceived: {}; {}",
            both[0], both[1]
        );
    };
    assert!(
        for_second.seq != for_third.seq,
        "two callbacks have the same seq\nexpected: two numbers\nreceived: {}",
        for_third.seq
    );
    // It is executed, it is not answered, and nobody else waits.
    let value = site.value(&room, "key");
    assert!(
        value.as_deref() == Some(b"abc"),
        "the append that calls back is not executed\nexpected: \"abc\"\nreceived: {value:?}"
    );
    site.serves(&room, "another client");
    one.calls(ADD, i64s(1, 2), 3_i64.to_le_bytes());
    one.peer.send(changed.result([]).bytes());
    // An answer with another seq or client is none.
    two_.peer.send(Frame { seq: for_third.seq.wrapping_add(1000), ..for_third.result([]) }.bytes());
    two_.peer.send(Frame { client: two_.client ^ 1, ..for_third.result([]) }.bytes());
    two_.peer.send(for_second.error(3, "not now").bytes());
    site.server.asleep().assert_all_idle();
    assert!(
        caller.peer.is_quiet(),
        "the append does not wait for its last watcher\nexpected: no answer yet\nreceived: one"
    );
    // A cancel is for gates; and a copy that comes now calls nobody back.
    caller.peer.send(Frame::new(CANCEL, call.client, call.seq, []).bytes());
    caller.peer.send(call.bytes()).all_is_read();
    two_.peer.send(for_third.result([]).bytes());
    expect(&caller.peer, &call.result(3_u64.to_le_bytes()));
    caller.peer.send(call.bytes());
    eventually("the answer from the table", || !caller.peer.is_quiet());

    one.calls(UNWATCH, first.to_le_bytes(), []);
    one.refused(UNWATCH, first.to_le_bytes(), 3, "bad handle");
    one.refused(UNWATCH, second.to_le_bytes(), 3, "bad handle");
    two_.calls(UNWATCH, second.to_le_bytes(), []);
    let last = site.client(&room, "another client that appends");
    let call = last.send(APPEND, append("key", "d"));
    let changed = expect_change(&two_.peer, two_.client, third, 4);
    two_.peer.send(changed.result([]).bytes());
    expect(&last.peer, &call.result(4_u64.to_le_bytes()));
    assert!(
        one.peer.is_quiet(),
        "a client without objects is called back\nexpected: nothing\nreceived: a frame"
    );

    // When rpcd ends, it waits for nobody any longer: the append is done, and is answered.
    let call = last.send(APPEND, append("key", "e"));
    expect_change(&two_.peer, two_.client, third, 5);
    site.server.kill(Signal::SIGTERM);
    expect(&last.peer, &call.result(5_u64.to_le_bytes()));
    site.server.wait().code(0).stderr("");
}

/// The classic deadlock: a client calls append on a key that it watches itself, on one connection. The callback comes
/// in the middle of its call, and rpcd waits for the answer on the connection where it has just read the call. Two
/// clients that append to each other's keys are the same with more steps. And while a callback waits, its client may
/// call whatever it likes.
#[test]
fn a_callback_may_come_in_the_middle_of_a_call() {
    let room = Room::new();
    let site = serve(&room, &[UNIX, &["--lease-ms", "3600000"]].concat());
    let own = site.client(&room, "the client that watches itself");
    own.ping(8);
    let object = watch(&own, "own");
    let call = own.send(APPEND, append("own", "a"));
    let changed = expect_change(&own.peer, own.client, object, 1);
    own.calls(GET, string("own"), bytes("a"));
    let nested = own.send(APPEND, append("own", "b"));
    let again = expect_change(&own.peer, own.client, object, 2);
    own.peer.send(again.result([]).bytes());
    expect(&own.peer, &nested.result(2_u64.to_le_bytes()));
    own.peer.send(changed.result([]).bytes());
    expect(&own.peer, &call.result(1_u64.to_le_bytes()));

    let (one, two_) = (site.client(&room, "the one client"), site.client(&room, "the other client"));
    let (first, second) = (watch(&one, "one"), watch(&two_, "two"));
    let to_two = one.send(APPEND, append("two", "x"));
    let to_one = two_.send(APPEND, append("one", "yy"));
    let for_one = expect_change(&one.peer, one.client, first, 2);
    let for_two = expect_change(&two_.peer, two_.client, second, 1);
    one.peer.send(for_one.result([]).bytes());
    expect(&two_.peer, &to_one.result(2_u64.to_le_bytes()));
    two_.peer.send(for_two.result([]).bytes());
    expect(&one.peer, &to_two.result(1_u64.to_le_bytes()));
    site.end();
}

/// An object lives as long as its client does. When the connection ends, whoever waits for its answer goes on. A client
/// that lives and does not answer for L ms has lost its lease: its object is gone, and the append is answered. One that
/// answers keeps it.
#[test]
fn an_object_ends_with_its_lease_or_its_client() {
    let room = Room::new();
    let site = serve(&room, &[UNIX, &["--lease-ms", "3600000"]].concat());
    let watcher = site.client(&room, "the watcher that dies");
    let object = watch(&watcher, "key");
    let caller = site.client(&room, "the client that appends");
    let call = caller.send(APPEND, append("key", "a"));
    expect_change(&watcher.peer, watcher.client, object, 1);
    site.server.asleep();
    drop(watcher);
    expect(&caller.peer, &call.result(1_u64.to_le_bytes()));
    caller.calls(APPEND, append("key", "b"), 2_u64.to_le_bytes());
    // unwatch, too, is an end.
    let watcher = site.client(&room, "the watcher that unwatches");
    let object = watch(&watcher, "key");
    let call = caller.send(APPEND, append("key", "c"));
    expect_change(&watcher.peer, watcher.client, object, 3);
    watcher.calls(UNWATCH, object.to_le_bytes(), []);
    expect(&caller.peer, &call.result(3_u64.to_le_bytes()));
    site.end();

    let room = Room::new();
    room.expect_timers();
    let site = serve(&room, &[UNIX, &["--lease-ms", "50"]].concat());
    let silent = site.client(&room, "the watcher that does not answer");
    let object = watch(&silent, "key");
    let caller = site.client(&room, "the client that appends");
    let call = caller.send(APPEND, append("key", "a"));
    expect(&caller.peer, &call.result(1_u64.to_le_bytes()));
    let late = expect_change(&silent.peer, silent.client, object, 1);
    silent.refused(UNWATCH, object.to_le_bytes(), 3, "bad handle");
    caller.calls(APPEND, append("key", "b"), 2_u64.to_le_bytes());
    // Too late, and no harm.
    silent.peer.send(late.result([]).bytes());
    silent.calls(ADD, i64s(1, 2), 3_i64.to_le_bytes());
    site.end();
}

/// The client's side: rpcc answers a callback while it waits for an answer, and while it waits for the next line. It
/// prints what has changed, at once; a method that it does not have is error 1. So it also hears that its connection has
/// ended while no call is under way: nothing is lost, and the next call has a new one.
#[test]
fn rpcc_answers_callbacks_at_any_time() {
    let room = Room::new();
    let site = serve(&room, &[UNIX, &["--lease-ms", "3600000"]].concat());
    let input = "watch key\nappend key abc\nget key\n";
    let done = ask(&room, &site.at, &["-"]).stdin(input).run();
    let object =
        done.stdout_text().lines().next().and_then(|line| line.strip_prefix("ok ")).unwrap_or("?").to_owned();
    done.code(0).stdout(format!("ok {object}\nchanged {object} 3\nok 3\nok abc\n"));

    let watcher = ask(&room, &site.at, &["-"]).stdin_open().spawn();
    watcher.send("watch key\n");
    watcher.eventually(|| watcher.stdout_now().ends_with(b"\n"), "the number of an object");
    let printed = String::from_utf8_lossy(&watcher.stdout_now()).into_owned();
    let object = printed.trim_start_matches("ok ").trim_end().to_owned();
    let caller = site.client(&room, "the client that appends");
    for total in 4..8_u64 {
        caller.calls(APPEND, append("key", "x"), total.to_le_bytes());
        watcher.wait_line(&format!("changed {object} {total}"));
    }
    watcher.close_stdin();
    watcher.wait().code(0);
    caller.calls(APPEND, append("key", "x"), 8_u64.to_le_bytes());
    site.end();

    let server = play_server(&room);
    let client = ask(&room, SERVER, &["add", "1", "2"]).spawn();
    let peer = accept(&server);
    let call = next(&peer);
    let unknown = Frame::call(call.client, 9, 101, "?");
    peer.send(unknown.bytes());
    expect(&peer, &unknown.error(1, "unknown method"));
    let changed = Frame::call(call.client, 10, CHANGED, two(7_u32.to_le_bytes(), 9_u64.to_le_bytes()));
    peer.send(changed.bytes());
    expect(&peer, &changed.result([]));
    peer.send(call.result(3_i64.to_le_bytes()).bytes());
    client.wait().code(0).stdout("3\n");

    let client =
        ask(&room, SERVER, &["-"]).stdin_open().note("the connection ends between two calls").spawn();
    for (seq, line) in (1..).zip(["ok 3", "ok 4"]) {
        client.send(format!("add {seq} 2\n"));
        let peer = accept(&server);
        let call = expect_call(&peer, seq, ADD, i64s(i64::from(seq), 2));
        peer.send(call.result(i64::from(seq + 2).to_le_bytes()).bytes());
        client.wait_line(line);
        drop(peer);
        client.still_waits("for its next line");
    }
    client.close_stdin();
    client.wait().code(0).stdout("ok 3\nok 4\n").stderr("");
}

/// rpcd is killed at one of its system calls after the other, and another one goes on with its journal. Each time rpcc
/// is answered, and the append was executed once: not lost where it was not written down, and not doubled where it was.
/// A record that is cut short is none; all before it count.
#[test]
fn with_a_journal_a_call_is_executed_once() {
    let journal = |room: &Room, name: &str| command(room, &["--unix", name, "--journal", "log"]);
    let start = calls_until_ready(&|room| journal(room, "s"));
    sweep(|call| {
        let room = Room::new();
        let word = room.word();
        // A journal that is there: its making is no part of the sweep.
        journal_with(&room, &word);
        let fault = Fault::KillAt { call: start.saturating_sub(12) + call, nth_process: 0 };
        let server = journal(&room, "s").trace(fault).spawn();
        let is_ready = || server.stdout_now().contains(&b'\n');
        server.eventually(|| server.has_ended() || is_ready(), "rpcd to be ready, or to be killed");
        if !is_ready() {
            server.wait();
            return true;
        }
        let old = ready(server);
        let mut relay = Relay::new(&room, &old.at, Trouble::None, 0);
        let note = "rpcd is killed at one of its system calls, and another one goes on with its journal";
        let options = ["--retries", "5", "append", "key", &word];
        let client = ask(&room, relay.address(), &options).note(note).spawn();
        relay.run_until("rpcc to end, or rpcd to be killed", || client.has_ended() || old.server.has_ended());
        if !old.server.has_ended() {
            // It may still be on its way to that call.
            old.server.asleep();
        }
        let was_killed = old.server.has_ended();
        old.end();
        let new = ready(journal(&room, "t").spawn());
        relay.redirect(&new.at);
        relay.run_until("rpcc to end", || client.has_ended());
        client.wait().code(0).stdout("16\n").stderr("");
        let value = new.value(&room, "key");
        let expected = word.repeat(2);
        assert!(
            value.as_deref() == Some(expected.as_bytes()),
            "{note}\nexpected: the append was executed once, after another one: {expected:?}\nreceived: {:?}",
            value.as_deref().map(String::from_utf8_lossy)
        );
        new.end();
        was_killed
    });

    let room = Room::new();
    journal_with(&room, "first");
    let before = room.read("log").len();
    journal_with(&room, "second");
    let whole = room.read("log");
    for cut in [1, 2, (whole.len() - before) / 2, whole.len() - before - 1] {
        room.write("log", &whole[..whole.len() - cut]);
        let site = ready(journal(&room, &format!("cut{cut}")).spawn());
        let value = site.value(&room, "key");
        assert!(
            value.as_deref() == Some(b"first"),
            "the last record of the journal lacks {cut} bytes\nexpected: what was written before it: \"first\"\nreceived: {value:?}"
        );
        site.client(&room, "the client").calls(APPEND, append("key", "third"), 10_u64.to_le_bytes());
        site.end();
        let site = ready(journal(&room, &format!("again{cut}")).spawn());
        let value = site.value(&room, "key");
        assert!(
            value.as_deref() == Some(b"firstthird"),
            "a record behind one that was cut short is lost\nexpected: \"firstthird\"\nreceived: {value:?}"
        );
        site.end();
    }
    let mode = std::fs::metadata(room.path("log")).map_or(0, |meta| meta.permissions().mode() & 0o7777);
    assert!(
        mode == 0o600,
        "the journal may be read by others\nexpected: mode 0600\nreceived: mode {mode:04o}"
    );
}

/// An rpcd with the journal `log`, in which a client without a ping has appended this to `key`, and its end.
fn journal_with(room: &Room, value: &str) {
    let name = room.word();
    let site = ready(command(room, &["--unix", &name, "--journal", "log"]).spawn());
    let answer = site.client(room, "the client before").call(APPEND, append("key", value));
    assert!(
        answer.kind == RESULT,
        "an append with a journal is refused\nexpected: a result\nreceived: {answer}"
    );
    site.end();
}

/// The value of `key` is what was appended with success; `what` tells what is wrong where it is not.
#[track_caller]
fn expect_value(site: &Site, room: &Room, value: &[u8], what: &str) {
    let received = site.value(room, "key");
    assert!(
        received.as_deref() == Some(value),
        "{what}\nexpected: {} bytes, what was answered with success and no more\nreceived: {:?}",
        value.len(),
        received.map(|received| received.len())
    );
}

/// There is no room for a record: its append is refused, and the value is as it was. A part of the record may be in the file all
/// the same; what is written behind it counts as much as what stood before. write(2): EFBIG, ENOSPC.
#[test]
fn what_cannot_be_written_down_is_not_done() {
    let room = Room::new();
    let journal = |name: &str| command(&room, &["--unix", name, "--journal", "log"]);
    let note = "no file may grow beyond 1 MiB: write(2) fails with EFBIG";
    let limited = journal("s").limit(Resource::RLIMIT_FSIZE, 1 << 20).ignoring(Signal::SIGXFSZ).note(note);
    let old = ready(limited.spawn());
    let client = old.client(&room, "the client");
    let mut value = room.bytes(600_000);
    client.calls(APPEND, append("key", &value), (value.len() as u64).to_le_bytes());
    let call = client.send(APPEND, append("key", room.bytes(600_000)));
    expect(&client.peer, &call.error(3, "File too large"));
    expect_value(&old, &room, &value, "an append that could not be written down has changed the value");
    // Whether there is room for this one is up to the journal's form.
    let word = room.word();
    if client.call(APPEND, append("key", &word)).kind == RESULT {
        value.extend(word.bytes());
    }
    old.end();

    let new = ready(journal("t").spawn());
    expect_value(&new, &room, &value, "another value is in the journal than rpcd had");
    new.end();
}

/// With a journal, the instance, the values and the answers of appends survive, and the entries of clients that have only
/// pinged, whatever window they asked for; what lies outside of it does not. A gate that had begun took, perhaps, what others wrote, and the journal cannot know: that is error 7, and no second
/// try. A file that is no journal is left alone.
#[test]
fn what_a_journal_cannot_know_is_unknown() {
    let room = Room::new();
    room.mkdir("files");
    let slow = room.slow_file("files/gate");
    let options = |name| ["--unix", name, "--journal", "log"];
    let old = serve(&room, &options("s"));
    let client = old.client(&room, "the client");
    let instance = client.ping(8);
    client.calls(APPEND, append("key", "abc"), 3_u64.to_le_bytes());
    client.calls(ADD, i64s(1, 2), 3_i64.to_le_bytes());
    let done = Frame::call(client.client, 1, APPEND, append("key", "abc"));
    let gate = client.send(GATE, string("gate"));
    slow.is_read();
    slow.close();
    // It has ended; whether its answer arrived, rpcd cannot know.
    expect(&client.peer, &gate.result(bytes("")));
    let second = client.send(GATE, string("gate"));
    slow.is_read();
    let lost = client.next(APPEND, append("key", "d"));
    let pinged = old.client(&room, "the client that has only pinged");
    pinged.ping(1);
    let never_came = pinged.next(APPEND, append("other", "xy"));
    let number = client.client;
    drop(client);
    old.end();

    let new = serve(&room, &options("t"));
    let peer = new.connect(&room, "the client that had only pinged");
    peer.send(never_came.again(instance).bytes());
    expect(&peer, &never_came.result(2_u64.to_le_bytes()));
    let client = Caller::new(new.connect(&room, "the client"), number);
    let after = client.ping(8);
    assert!(after == instance, "the instance does not survive\nexpected: {instance}\nreceived: {after}");
    for _ in 0..2 {
        client.peer.send(done.again(instance).bytes());
        expect(&client.peer, &done.result(3_u64.to_le_bytes()));
        client.peer.send(second.again(instance).bytes());
        expect(&client.peer, &second.error(7, "outcome unknown"));
        client.peer.send(lost.again(instance).bytes());
        expect(&client.peer, &lost.result(4_u64.to_le_bytes()));
    }
    client.seq.set(lost.seq);
    client.calls(GET, string("key"), bytes("abcd"));
    slow.close();
    let readers = slow.readers(&new.server).len();
    assert!(
        readers == 0,
        "a gate whose outcome is unknown was begun again\nexpected: the FIFO is left alone\nreceived: {readers} readers"
    );
    new.end();

    let text = room.word().repeat(5);
    room.write("text", &text);
    let done = command(&room, &["--unix", "u", "--journal", "text"]).run();
    done.code(1).stdout("").stderr("rpcd: text: not a journal\n");
    let kept = room.read("text");
    assert!(
        kept == text.as_bytes(),
        "a file that is no journal was changed\nexpected: it is left as it is\nreceived: {} bytes",
        kept.len()
    );
}

/// A table that outlives its server may hold what this client must not see: here an append to a method that is for
/// another user since the restart. A copy of the call, a retry of it, and a copy under the name of another method are
/// error 9, all of them; the client's other calls are served. Client and seq are no secret.
#[test]
fn a_restriction_is_asked_before_the_table() {
    let room = Room::new();
    let old = ready(command(&room, &["--unix", "s", "--journal", "log"]).spawn());
    let client = old.client(&room, "the client");
    let instance = client.ping(8);
    let call = client.send(APPEND, append("key", "abc"));
    expect(&client.peer, &call.result(3_u64.to_le_bytes()));
    old.end();

    let nobody = format!("append={}", geteuid().as_raw() + 1);
    let new = ready(command(&room, &["--unix", "t", "--journal", "log", "--restrict", &nobody]).spawn());
    let stranger = new.connect(&room, "the client that must not append any more");
    let disguised = Frame::call(call.client, call.seq, ADD, i64s(1, 2));
    for copy in [call.clone(), call.again(instance), disguised] {
        stranger.send(copy.bytes());
        expect(&stranger, &call.error(9, "not permitted"));
    }
    let other = Frame::call(call.client, call.seq + 1, GET, string("key"));
    stranger.send(other.bytes());
    expect(&stranger, &other.result(bytes("abc")));
    new.end();
}
