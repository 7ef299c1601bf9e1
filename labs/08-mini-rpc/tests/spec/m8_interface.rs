//! Milestone 8: the interface, and who may use which part of it.
//! Man pages: unix(7): SO_PEERCRED, getsockopt(2), credentials(7).

use nix::unistd::{getegid, geteuid, getpid};
use rstest::rstest;
use testkit::{Room, one_line};

use super::frame::{
    ADD, APPEND, BODY_MAX, CLOSE, ECHO, Frame, GATE, GET, LIST, OPEN, READ, RESULT, STATS, UNWATCH, WATCH,
    WHOAMI, bytes, expect, i64s, string, two, u32s,
};
use super::{TCP, UNIX, ask, rpcd, serve};

/// The methods of the contract: number, name, types, and arguments that are right.
fn methods() -> Vec<(u16, &'static str, &'static str, Vec<u8>)> {
    vec![
        (ADD, "add", "(i64,i64)->i64", i64s(1, 2)),
        (ECHO, "echo", "(bytes)->bytes", bytes("text")),
        (APPEND, "append", "(string,bytes)->u64", two(string("key"), bytes("value"))),
        (GET, "get", "(string)->bytes", string("key")),
        (OPEN, "open", "(string)->u32", string("file")),
        (READ, "read", "(u32,u32)->bytes", u32s(1, 10)),
        (CLOSE, "close", "(u32)->()", 1_u32.to_le_bytes().into()),
        (GATE, "gate", "(string)->bytes", string("file")),
        (WHOAMI, "whoami", "()->(u32,u32,u32)", Vec::new()),
        (STATS, "stats", "()->(u64,u64)", Vec::new()),
        (LIST, "list", "()->[(u16,string)]", Vec::new()),
        (WATCH, "watch", "(string)->u32", string("key")),
        (UNWATCH, "unwatch", "(u32)->()", 1_u32.to_le_bytes().into()),
    ]
}

/// The body of a list with these methods.
fn listing<'a>(methods: impl Iterator<Item = &'a (u16, &'static str, &'static str, Vec<u8>)>) -> Vec<u8> {
    let one = |(number, name, types, _): &(u16, &str, &str, Vec<u8>)| {
        two(number.to_le_bytes(), string(&format!("{name}{types}")))
    };
    let all: Vec<Vec<u8>> = methods.map(one).collect();
    [&(all.len() as u32).to_le_bytes()[..], &all.concat()].concat()
}

/// A server tells what it can do, with the types; and a number that is no method is an error and no end. Any number but
/// those of the list is none.
#[test]
fn list_tells_the_whole_interface() {
    let room = Room::new();
    let site = serve(&room, UNIX);
    let client = site.client(&room, "the client");
    client.calls(LIST, [], listing(methods().iter()));
    let text: String =
        methods().iter().map(|(number, name, types, _)| format!("{number} {name}{types}\n")).collect();
    ask(&room, &site.at, &["list"]).run().code(0).stdout(text);
    for number in [0, 14, 99, 100, 101, 255, 256, 257, 32_768, u16::MAX] {
        client.refused(number, room.word(), 1, "unknown method");
        client.refused(number, "", 1, "unknown method");
    }
    client.calls(ADD, i64s(1, 2), 3_i64.to_le_bytes());
    site.end();
}

/// Each stub unpacks its own arguments: all of them, and nothing behind them. Here each method gets each beginning of
/// its arguments, and one byte more: error 2, and nothing is executed. With one table for both stubs no method can be
/// forgotten.
#[test]
fn every_method_refuses_other_arguments() {
    let room = Room::new();
    let site = serve(&room, UNIX);
    room.write("files/file", "text");
    let client = site.client(&room, "the client");
    let (before, _) = site.stats(&room);
    for (number, _, _, arguments) in methods() {
        for end in 0..arguments.len() {
            client.refused(number, &arguments[..end], 2, "bad arguments");
        }
        client.refused(number, two(&arguments, [0]), 2, "bad arguments");
        client.refused(number, two(&arguments, room.word()), 2, "bad arguments");
        if arguments.len() > 4 && number != ADD && number != READ {
            let mut no_text = arguments;
            no_text[4] = 0xff;
            if number != ECHO {
                client.refused(number, no_text, 2, "bad arguments");
            }
        }
    }
    let (after, _) = site.stats(&room);
    assert!(
        after == before + 1,
        "calls with wrong arguments count as executed\nexpected: {} calls executed, the stats before included\nreceived: {after}",
        before + 1
    );
    // The client's stub knows the same types.
    for words in [
        &["echo"][..],
        &["echo", "a", "b"],
        &["append", "k"],
        &["close", "-1"],
        &["close", "4294967296"],
        &["read", "1"],
        &["read", "1", "x"],
        &["whoami", "x"],
        &["list", ""],
    ] {
        ask(&room, &site.at, words).run().code(2).stdout("").stderr(one_line("usage: rpcc "));
    }
    site.end();
}

/// A program of tomorrow meets one of today. It is told what this one understands, and may go on in that version on the
/// same connection. Nothing of the frame but its header is looked at.
#[test]
fn another_version_is_told_the_highest_one() {
    let room = Room::new();
    let site = serve(&room, UNIX);
    let client = site.client(&room, "the client");
    for version in [2, 0, 3, 255] {
        for kind in [1, 5, 200] {
            let frame = Frame {
                version,
                ..Frame::new(kind, client.client, room.number(1..1000) as u32, room.bytes(40))
            };
            client.peer.send(frame.bytes());
            expect(&client.peer, &Frame { version: 1, ..frame.error(10, "highest version 1") });
        }
        client.calls(ADD, i64s(1, 2), 3_i64.to_le_bytes());
    }
    let mut damaged = Frame { version: 2, ..Frame::call(1, 1, ADD, i64s(1, 2)) }.bytes();
    *damaged.last_mut().expect("a byte") ^= 1;
    let peer = site.connect(&room, "the client with a damaged frame of version 2");
    peer.send(damaged).is_over();
    let mut header = Frame { version: 2, ..Frame::call(1, 1, ADD, []) }.bytes();
    header.truncate(super::frame::HEADER);
    header[4..8].copy_from_slice(&(BODY_MAX as u32 + 1).to_le_bytes());
    let peer = site.connect(&room, "the client that announces too much in version 2");
    peer.send(header);
    expect(&peer, &Frame::call(1, 1, ADD, []).error(4, "too large"));
    site.serves(&room, "another client");
    site.end();
}

/// Who calls is what the kernel says, and not what the caller says: uid, gid and pid of the process that connected.
/// Over TCP the kernel knows nothing of that kind.
#[test]
fn whoami_is_what_the_kernel_knows() {
    let room = Room::new();
    let site = serve(&room, UNIX);
    let identity = |uid: u32, gid: u32, pid: u32| -> Vec<u8> {
        [uid, gid, pid].iter().flat_map(|number| number.to_le_bytes()).collect()
    };
    let (uid, gid) = (geteuid().as_raw(), getegid().as_raw());
    let own = identity(uid, gid, getpid().as_raw().cast_unsigned());
    site.client(&room, "the client").calls(WHOAMI, [], own.clone());
    let program = ask(&room, &site.at, &["-"]).stdin_open().spawn();
    program.send("whoami\n");
    program.wait_line(&format!("ok uid={uid} gid={gid} pid={}", program.pid()));
    // One client after another, each with the identity of its own connection.
    site.client(&room, "the next client").calls(WHOAMI, [], own);
    program.close_stdin();
    program.wait().code(0);
    site.end();

    let site = serve(&room, TCP);
    site.client(&room, "the client over TCP").refused(WHOAMI, [], 9, "not permitted");
    site.end();
}

/// A method may be for one user only. All others get error 9 before anything runs, and do not even see it in the list;
/// over TCP nobody can show who he is.
#[rstest]
#[case::for_us_over_unix(UNIX, 0, true)]
#[case::for_others_over_unix(UNIX, 1, false)]
#[case::for_us_over_tcp(TCP, 0, false)]
fn a_restricted_method_asks_who_calls(#[case] options: &[&str], #[case] other: u32, #[case] may: bool) {
    let room = Room::new();
    let uid = geteuid().as_raw() + other;
    let restrictions = [format!("append={uid}"), format!("stats={uid}"), format!("get={}", uid + 1)];
    let [append, stats, get] = restrictions.each_ref().map(String::as_str);
    let site =
        serve(&room, &[options, &["--restrict", append, "--restrict", stats, "--restrict", get]].concat());
    let client = site.client(&room, "the client");
    let arguments = two(string("key"), bytes("value"));
    if may {
        client.calls(APPEND, &arguments, 5_u64.to_le_bytes());
    } else {
        client.refused(APPEND, &arguments, 9, "not permitted");
        client.refused(STATS, [], 9, "not permitted");
    }
    // `get` is for uid + 1: where `append` is for another user, that is yet another one.
    client.refused(GET, string("key"), 9, "not permitted");
    client.refused(GET, string("nothing"), 9, "not permitted");
    let hidden: &[u16] = if may { &[GET] } else { &[GET, APPEND, STATS] };
    let visible = methods();
    client.calls(LIST, [], listing(visible.iter().filter(|(number, ..)| !hidden.contains(number))));
    client.calls(ADD, i64s(1, 2), 3_i64.to_le_bytes());
    let answer = client.call(if may { STATS } else { WATCH }, if may { Vec::new() } else { string("key") });
    assert!(
        answer.kind == RESULT,
        "a method that is not restricted is refused\nexpected: a result\nreceived: {answer}"
    );
    site.end();

    let done = room.command(rpcd()).args(["--unix", "t", "--restrict", "nosuch=0"]).run();
    done.code(1).stdout("").stderr("rpcd: nosuch: unknown method\n");
    let done = room.command(rpcd()).args(["--unix", "t", "--restrict", "get=0", "--restrict", "get=1"]).run();
    done.code(2).stderr(one_line("usage: rpcd "));
}
