//! Milestone 2: values become bytes, and bytes become values or are refused.
//! There is no man page for it: byte order, sizes and encodings are the protocol's business. (XDR is RFC 4506.)

use testkit::Room;

use super::frame::{
    ADD, APPEND, CALL, CLOSE, ECHO, Frame, GATE, GET, LIST, OPEN, READ, STATS, UNWATCH, WATCH, WHOAMI, bytes,
    expect, i64s, next, string, two, u32s,
};
use super::{SERVER, UNIX, accept, ask, expect_call, play_server, serve};

/// A call as words, and as method and arguments.
fn calls(room: &Room) -> Vec<(Vec<String>, u16, Vec<u8>)> {
    let mut all = Vec::new();
    let mut add = |words: &[&str], method: u16, arguments: Vec<u8>| {
        all.push((words.iter().map(ToString::to_string).collect(), method, arguments));
    };
    for one in [0, 1, -1, 127, 128, 255, 256, -256, 65_535, 65_536, 4_294_967_296, i64::MAX, i64::MIN] {
        let two = room.number(0..u64::MAX) as i64;
        add(&["add", &one.to_string(), &two.to_string()], ADD, i64s(one, two));
    }
    let long = room.word().repeat(100);
    for text in ["", "a", "a b", "\n", "0", "-", "--x", "ä€𝄞", &long] {
        add(&["echo", text], ECHO, bytes(text));
        add(&["get", text], GET, string(text));
    }
    let (word, number) = (room.word(), room.number(0..1 << 32) as u32);
    add(&["append", &word, "value"], APPEND, two(string(&word), bytes("value")));
    add(&["append", "", ""], APPEND, two(string(""), bytes("")));
    for (name, method) in [("open", OPEN), ("gate", GATE), ("watch", WATCH)] {
        add(&[name, &word], method, string(&word));
    }
    for (name, method) in [("close", CLOSE), ("unwatch", UNWATCH)] {
        add(&[name, &number.to_string()], method, number.to_le_bytes().to_vec());
    }
    add(&["read", &number.to_string(), "4294967295"], READ, u32s(number, u32::MAX));
    for (name, method) in [("whoami", WHOAMI), ("stats", STATS), ("list", LIST)] {
        add(&[name], method, Vec::new());
    }
    all
}

/// Forty values and more: each type has one form, the same on every machine. A usize, a length of eight bytes or the
/// processor's own byte order works between two programs of one author on one machine, and nowhere else.
#[test]
fn every_value_has_its_bytes() {
    let room = Room::new();
    let server = play_server(&room);
    for (words, method, arguments) in calls(&room) {
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let client = ask(&room, SERVER, &words).spawn();
        let peer = accept(&server);
        let call = expect_call(&peer, 1, method, arguments);
        peer.send(call.error(3, "enough").bytes());
        client.wait().code(1).stderr("rpcc: error 3 enough\n");
    }

    let site = serve(&room, UNIX);
    let caller = site.client(&room, "the client");
    for one in [0, 1, -1, 255, 256, -65_536, 4_294_967_295, i64::MAX, i64::MIN] {
        caller.calls(ADD, i64s(one, 0), one.to_le_bytes());
    }
    let all: Vec<u8> = (0..=255).collect();
    for value in [&b""[..], b"\0", &all, &room.bytes(70_000)] {
        caller.calls(ECHO, bytes(value), bytes(value));
    }
    site.end();
}

/// The way back: what rpcc prints for the bytes of a result, of each type. Bytes are printed as they are, whatever they
/// are.
#[test]
fn every_result_is_read_from_its_bytes() {
    let room = Room::new();
    let server = play_server(&room);
    let binary = [&room.bytes(300)[..], b"\0\xff\n"].concat();
    let number = room.number(1 << 32..1 << 63);
    let small = room.number(0..1 << 32) as u32;
    let three = [1_u32, small, 7].iter().flat_map(|number| number.to_le_bytes()).collect::<Vec<u8>>();
    let list =
        [&2_u32.to_le_bytes()[..], &[1, 0], &string("a()->()"), &[0, 1], &string("b(u32)->u16")].concat();
    let cases: [(&[&str], Vec<u8>, Vec<u8>); 11] = [
        (&["add", "0", "0"], i64::MIN.to_le_bytes().into(), format!("{}\n", i64::MIN).into()),
        (&["add", "0", "0"], 256_i64.to_le_bytes().into(), "256\n".into()),
        (&["echo", ""], bytes(&binary), binary.clone()),
        (&["get", "k"], bytes(""), "".into()),
        (&["append", "k", ""], number.to_le_bytes().into(), format!("{number}\n").into()),
        (&["open", "p"], small.to_le_bytes().into(), format!("{small}\n").into()),
        (&["read", "1", "2"], bytes("a"), "a".into()),
        (&["close", "1"], Vec::new(), "".into()),
        (&["whoami"], three, format!("uid=1 gid={small} pid=7\n").into()),
        (
            &["stats"],
            two(3_u64.to_le_bytes(), number.to_le_bytes()),
            format!("executed=3 entries={number}\n").into(),
        ),
        (&["list"], list, "1 a()->()\n256 b(u32)->u16\n".into()),
    ];
    for (words, body, printed) in cases {
        let client = ask(&room, SERVER, words).spawn();
        let peer = accept(&server);
        peer.send(next(&peer).result(body).bytes());
        client.wait().code(0).stdout(printed).stderr("");
    }
}

/// A value is passed by value: what the server keeps is its own copy, byte for byte, under a key that is its own copy,
/// too. Keys that look alike are different keys.
#[test]
fn append_keeps_what_it_was_given() {
    let room = Room::new();
    let site = serve(&room, UNIX);
    let caller = site.client(&room, "the client");
    let (key, value) = (room.word(), room.bytes(5000));
    caller.refused(GET, string(&key), 3, "no such key");
    caller.calls(APPEND, two(string(&key), bytes(&value)), 5000_u64.to_le_bytes());
    caller.calls(APPEND, two(string(&key), bytes("")), 5000_u64.to_le_bytes());
    caller.calls(APPEND, two(string(&key), bytes(b"\0\n\xff")), 5003_u64.to_le_bytes());
    caller.calls(GET, string(&key), bytes([&value[..], b"\0\n\xff"].concat()));
    for other in ["", &key[1..], &format!("{key} "), &format!("{key}\0"), &key.to_uppercase()] {
        caller.refused(GET, string(other), 3, "no such key");
    }
    caller.calls(APPEND, two(string(""), bytes("")), 0_u64.to_le_bytes());
    caller.calls(GET, string(""), bytes(""));
    caller.calls(GET, string(&key), bytes([&value[..], b"\0\n\xff"].concat()));
    site.end();
}

/// What comes over a socket may be anything. Arguments that end too early, that have something behind them, a length
/// that lies, a string that is no UTF-8: each is error 2, nothing is executed, and the next call is served.
#[test]
fn bytes_that_are_no_arguments_are_error_2() {
    let room = Room::new();
    let site = serve(&room, UNIX);
    let caller = site.client(&room, "the client");
    let key = string("key");
    let good = two(&key, bytes("value"));
    for end in 0..good.len() {
        caller.refused(APPEND, &good[..end], 2, "bad arguments");
    }
    caller.refused(APPEND, two(&good, [0]), 2, "bad arguments");
    for lie in [4_u32, 1 << 20, 1 << 31, u32::MAX] {
        caller.refused(
            APPEND,
            [&lie.to_le_bytes(), &b"key"[..], &bytes("value")].concat(),
            2,
            "bad arguments",
        );
        caller.refused(ECHO, two(lie.to_le_bytes(), "key"), 2, "bad arguments");
    }
    for no_text in [&b"\xff"[..], b"a\x80", b"\xc3", b"\xed\xa0\x80"] {
        caller.refused(GET, bytes(no_text), 2, "bad arguments");
        caller.refused(APPEND, two(bytes(no_text), bytes("value")), 2, "bad arguments");
    }
    for arguments in [&[0; 15][..], &[0; 17], &[]] {
        caller.refused(ADD, arguments, 2, "bad arguments");
    }
    // Not even the number of a method.
    for body in [&[][..], &[1]] {
        let call = Frame::new(CALL, caller.client, caller.next(ADD, []).seq, body);
        caller.peer.send(call.bytes());
        expect(&caller.peer, &call.error(2, "bad arguments"));
    }
    // Calls are counted from 1.
    let none = Frame::call(caller.client, 0, ADD, i64s(1, 2));
    caller.peer.send(none.bytes());
    expect(&caller.peer, &none.error(2, "bad arguments"));
    caller.refused(GET, &key, 3, "no such key");
    caller.calls(APPEND, good, 5_u64.to_le_bytes());
    site.end();
}
