//! Milestone 4: files of another process, through handles.
//! Man pages: openat2(2), path_resolution(7), read(2), proc(5).

use std::os::unix::fs::symlink;

use rstest::rstest;
use testkit::{Peer, Room};

use super::frame::{BODY_MAX, CLOSE, GATE, OPEN, READ, string, u32s};
use super::{Caller, TCP, UNIX, ask, serve};

/// Opens a file, which must be possible; gives the handle.
#[track_caller]
fn open(caller: &Caller, path: &str) -> u32 {
    let answer = caller.call(OPEN, string(path));
    match <[u8; 4]>::try_from(answer.body.as_slice()) {
        Ok(handle) if answer.kind == super::frame::RESULT => u32::from_le_bytes(handle),
        _ => panic!("open({path}) gives no handle\nexpected: a result with a u32\nreceived: {answer}"),
    }
}

/// Reads from a handle, and must get this.
#[track_caller]
fn reads(caller: &Caller, handle: u32, count: u32, expected: &[u8]) {
    caller.calls(READ, u32s(handle, count), super::frame::bytes(expected));
}

/// A handle stands for an open file in another process: it has a place in the file, and each read goes on from there.
/// Two handles of one file are two places. A read gives all that was asked for, if the file has it.
#[rstest]
#[case::over_unix(UNIX)]
#[case::over_tcp(TCP)]
fn a_file_is_read_through_its_handle(#[case] options: &[&str]) {
    let room = Room::new();
    let site = serve(&room, options);
    let content = room.bytes(300_000);
    room.write("files/data", &content);
    room.mkdir("files/sub");
    room.write("files/sub/a b", "inside");
    room.write("files/empty", "");
    let caller = site.client(&room, "the client");

    let (one, two) = (open(&caller, "data"), open(&caller, "sub/../data"));
    assert!(
        one != two,
        "two open files have the same handle\nexpected: another handle than {one}\nreceived: {two}"
    );
    reads(&caller, one, 1000, &content[..1000]);
    reads(&caller, two, 10, &content[..10]);
    reads(&caller, one, 0, b"");
    reads(&caller, one, 200_000, &content[1000..201_000]);
    caller.refused(READ, u32s(one, BODY_MAX as u32 - 3), 4, "too large");
    caller.refused(READ, u32s(one, u32::MAX), 4, "too large");
    reads(&caller, one, BODY_MAX as u32 - 4, &content[201_000..]);
    reads(&caller, one, 5, b"");
    reads(&caller, two, 5, &content[10..15]);
    let three = open(&caller, "sub/a b");
    reads(&caller, three, 100, b"inside");
    let four = open(&caller, "./empty");
    reads(&caller, four, 100, b"");
    caller.calls(CLOSE, two.to_le_bytes(), []);
    reads(&caller, three, 1, b"");

    let done = ask(&room, &site.at, &["open", "data"]).run();
    done.code(0).check(done.stdout_text().trim().parse::<u32>().is_ok(), "rpcc prints the handle");
    site.end();
}

/// A handle is a number, and anybody can guess numbers. It is good on the connection that opened it and nowhere else;
/// not after close, not twice, and not if it was never given out.
#[test]
fn a_handle_belongs_to_its_connection() {
    let room = Room::new();
    let site = serve(&room, UNIX);
    room.write("files/secret", room.word());
    let owner = site.client(&room, "the owner of the handle");
    let handle = open(&owner, "secret");
    let thief = site.client(&room, "the client that guesses handles");
    // The same client, but not the same connection.
    let double = Caller::new(site.connect(&room, "the owner's second connection"), owner.client);
    double.seq.set(owner.seq.get());
    for (caller, guess) in
        (0..40).chain([handle, u32::MAX]).flat_map(|guess| [(&thief, guess), (&double, guess)])
    {
        caller.refused(READ, u32s(guess, 5), 3, "bad handle");
        caller.refused(CLOSE, guess.to_le_bytes(), 3, "bad handle");
    }
    let owner = Caller { seq: double.seq.clone(), ..owner };
    reads(&owner, handle, 0, b"");
    owner.calls(CLOSE, handle.to_le_bytes(), []);
    owner.refused(READ, u32s(handle, 5), 3, "bad handle");
    owner.refused(CLOSE, handle.to_le_bytes(), 3, "bad handle");
    owner.refused(READ, u32s(handle ^ 0x8000_0000, 5), 3, "bad handle");
    let next = open(&owner, "secret");
    reads(&owner, next, 0, b"");
    site.end();
}

/// DIR is all that a client may see. A path that leads out of it, by its text or through a link, is error 9, and that
/// is so whether or not something is there: 9 tells nothing about what exists outside. openat2(2): RESOLVE_BENEATH.
#[test]
fn a_path_that_leads_out_is_error_9() {
    let room = Room::new();
    let site = serve(&room, UNIX);
    room.write("secret", room.word());
    room.mkdir("files-evil");
    room.write("files-evil/secret", room.word());
    room.mkdir("files/sub");
    let link = |target: &str, name: &str| symlink(target, room.path(name)).expect("make a link");
    link("../secret", "files/link");
    link("../nothing", "files/dangling");
    link("..", "files/up");
    link("../../files-evil", "files/sub/evil");
    let caller = site.client(&room, "the client");
    let absolute = room.path("secret");
    for path in [
        "../secret",
        "..",
        "sub/../../secret",
        "nothing/../../secret",
        "../files-evil/secret",
        "../files/sub",
        "../nothing",
        &absolute.to_string_lossy(),
        "/",
        "link",
        "dangling",
        "up/secret",
        "up/nothing",
        "sub/evil/secret",
    ] {
        caller.refused(OPEN, string(path), 9, "not permitted");
        caller.refused(GATE, string(path), 9, "not permitted");
    }
    room.write("files/sub/inside", "inside");
    link("sub/inside", "files/good");
    let handle = open(&caller, "good");
    reads(&caller, handle, 100, b"inside");
    site.end();

    let bare = super::ready(room.command(super::rpcd()).args(["--unix", "bare"]).spawn());
    let caller = bare.client(&room, "the client of an rpcd without --root");
    caller.refused(OPEN, string("files/sub/inside"), 9, "not permitted");
    bare.end();
}

/// An error of the system is an error of the method: code 3, with the system's text. What is no file, or no FIFO, is
/// refused without being waited for.
#[test]
fn what_cannot_be_opened_says_why() {
    let room = Room::new();
    let site = serve(&room, UNIX);
    room.write("files/file", "text");
    room.mkdir("files/folder");
    room.fifo("files/fifo");
    let caller = site.client(&room, "the client");
    caller.refused(OPEN, string("nothing"), 3, "No such file or directory");
    caller.refused(OPEN, string("file/x"), 3, "Not a directory");
    caller.refused(OPEN, string("folder"), 3, "not a file");
    caller.refused(OPEN, string("fifo"), 3, "not a file");
    caller.refused(GATE, string("nothing"), 3, "No such file or directory");
    caller.refused(GATE, string("file"), 3, "not a FIFO");
    caller.refused(GATE, string("folder"), 3, "not a FIFO");
    let done = ask(&room, &site.at, &["open", "nothing"]).run();
    done.code(1).stdout("").stderr("rpcc: error 3 No such file or directory\n");
    site.end();
}

/// A client that is gone closes nothing: whoever gave out its handles must. A hundred clients open five files each and
/// leave, and rpcd has the descriptors that it had before.
#[test]
fn handles_are_closed_with_their_connection() {
    let room = Room::new();
    let site = serve(&room, UNIX);
    room.write("files/file", "text");
    drop(site.client(&room, "the first client"));
    site.serves(&room, "the second client");
    site.server.asleep();
    let before = site.server.fds().len();
    for turn in 0..100 {
        let caller = site.client(&room, &format!("client {turn}"));
        for _ in 0..5 {
            open(&caller, "file");
        }
        if turn % 2 == 0 {
            let closed = open(&caller, "file");
            caller.calls(CLOSE, closed.to_le_bytes(), []);
        } else {
            Peer::reset(caller.peer);
        }
    }
    site.server.asleep();
    let after = site.server.fds().len();
    assert!(
        after <= before,
        "a hundred clients have opened files and left, and rpcd has more descriptors than before\nexpected: {before}\nreceived: {after}"
    );
    site.serves(&room, "another client");
    site.end();
}
