//! Milestone 9: memory that has no name, and whose length nobody can change.
//! Man pages: memfd_create(2), fcntl(2), unix(7), cmsg(3).

use std::fs::File;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::fs::FileExt;
use std::path::PathBuf;

use nix::fcntl::{FcntlArg, SealFlag, fcntl};
use nix::sys::memfd::{MFdFlags, memfd_create};
use rstest::rstest;
use testkit::{Address, Fault, Room, Running};

use super::peer::{Segment, at, ring_bytes};
use super::{lines, records, refused, ring};

/// `ring send --unix s`, ready.
#[track_caller]
fn send(room: &Room, sizes: &str) -> Running {
    let args = format!("send --unix s {sizes}");
    let running = ring(room, args.trim_end()).stdin_open().spawn();
    running.wait_line("ready unix:s");
    running
}

fn address() -> Address {
    Address::parse("unix:s").expect("an address")
}

/// Your own two. What goes in comes out; the end comes through; when one of them is dead, the other one is told.
#[test]
fn recv_prints_what_send_was_given() {
    let room = Room::new();
    let pushed = records(&room, 200, 40);
    let sender = send(&room, "--slots 8 --slot-size 40");
    let receiver = ring(&room, "recv --unix s").spawn();
    sender.send(lines(&pushed));
    sender.close_stdin();
    sender.wait().code(0).stdout("ready unix:s\n").stderr("");
    receiver.wait().code(0).stdout(lines(&pushed)).stderr("");
    assert!(room.list("").iter().all(|name| name != "s"), "the socket's name is left: `s`");

    let sender = send(&room, "");
    let receiver = ring(&room, "recv --unix s --count 1").spawn();
    sender.send("one\n");
    receiver.wait().code(0).stdout("one\n");
    sender.close_stdin();
    sender.wait().code(0);

    let sender = send(&room, "");
    let receiver = ring(&room, "recv --unix s").spawn();
    sender.send("one\n");
    receiver.wait_stdout("one\n");
    receiver.still_waits("while the sender is alive");
    sender.kill(testkit::Signal::SIGKILL);
    sender.wait();
    let done = receiver.wait();
    done.code(5).stdout("one\n");
}

/// The check is the receiver. What it gets is a sound ring, in memory that has no name; the length is sealed before
/// anybody else has the descriptor, so that no SIGBUS can come of it. It can be written all the same. fcntl(2),
/// `F_GET_SEALS`.
#[test]
fn the_memory_has_no_name_and_its_length_is_sealed() {
    let room = Room::new();
    let names =
        || std::fs::read_dir("/dev/shm").into_iter().flatten().flatten().map(|entry| entry.file_name());
    let before: Vec<_> = names().collect();
    let pushed = records(&room, 6, 40);
    let sender = send(&room, "--slots 4 --slot-size 40");
    let client = room.connect(&address());
    let (byte, mut descriptors) = client.take_with_descriptors(1);
    assert!(
        byte == b"R" && descriptors.len() == 1,
        "what send gives to its client is not as expected\nexpected: one byte `R` with one descriptor\nreceived: {byte:?} with {} descriptors",
        descriptors.len()
    );
    let file = File::from(descriptors.remove(0));
    let seals = fcntl(&file, FcntlArg::F_GET_SEALS).map(SealFlag::from_bits_truncate);
    let wanted = SealFlag::F_SEAL_SHRINK | SealFlag::F_SEAL_GROW;
    assert!(
        seals.is_ok_and(|seals| seals.contains(wanted) && !seals.contains(SealFlag::F_SEAL_WRITE)),
        "the memory is not sealed as it must be when it is passed on\nexpected: F_SEAL_SHRINK and F_SEAL_GROW, and not F_SEAL_WRITE\nreceived: {seals:?}"
    );
    let segment = Segment::of(file, PathBuf::from("the memory that was passed"));
    segment.expect(0, "the magic", u32::from_le_bytes(*b"IPCR"));
    segment.expect(at::VERSION, "the version", 1);
    segment.expect(at::SLOTS, "the number of slots", 4);
    segment.expect(at::SLOT_SIZE, "the size of a slot", 40);
    segment.expect(at::STATE, "the state", 1);
    sender.send(lines(&pushed));
    sender.close_stdin();
    let mut found = Vec::new();
    while found.len() < 6 {
        let what = format!("record {} to be published", found.len());
        sender.eventually(
            || segment.load_wide(at::HEAD) != segment.load_wide(at::TAIL) || sender.has_ended(),
            what,
        );
        found.push(segment.pop().expect("a record, before send ends"));
    }
    sender.wait().code(0);
    assert!(found == pushed, "the records that came out are not those that went in");
    segment.expect(at::STATE, "the state after the end", 2);
    let new: Vec<_> = names().filter(|name| !before.contains(name)).collect();
    assert!(new.is_empty(), "there is a name in /dev/shm\nexpected: none\nreceived: {new:?}");
}

/// What a server gives away instead of a sealed ring.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Gift {
    Sound,
    NoSeals,
    OnlyShrink,
    OnlyGrow,
    File,
    Nothing,
    Closed,
    BadMagic,
    TooShort,
    Pipe,
}

impl Gift {
    fn descriptor(self, room: &Room) -> OwnedFd {
        let mut bytes = ring_bytes(4, 40, 0);
        match self {
            Self::BadMagic => bytes[0] ^= 1,
            Self::TooShort => bytes.truncate(bytes.len() - 64),
            _ => {}
        }
        if self == Self::File {
            return File::options()
                .read(true)
                .write(true)
                .open(room.write("file", bytes))
                .expect("a file")
                .into();
        }
        if self == Self::Pipe {
            return nix::unistd::pipe().expect("a pipe").0;
        }
        let flags = MFdFlags::MFD_CLOEXEC | MFdFlags::MFD_ALLOW_SEALING;
        let memory = File::from(memfd_create("ring", flags).expect("anonymous memory"));
        memory.write_all_at(&bytes, 0).expect("its bytes");
        let seals = match self {
            Self::NoSeals => SealFlag::empty(),
            Self::OnlyShrink => SealFlag::F_SEAL_SHRINK,
            Self::OnlyGrow => SealFlag::F_SEAL_GROW,
            _ => SealFlag::F_SEAL_SHRINK | SealFlag::F_SEAL_GROW,
        };
        fcntl(&memory, FcntlArg::F_ADD_SEALS(seals)).expect("seals");
        memory.into()
    }
}

/// Whoever takes memory from somebody else looks at its seals first: without them it may be cut at any time. And it
/// must be a ring. The check is the server.
#[rstest]
#[case::sound(Gift::Sound, 0)]
#[case::without_seals(Gift::NoSeals, 4)]
#[case::may_grow(Gift::OnlyShrink, 4)]
#[case::may_shrink(Gift::OnlyGrow, 4)]
#[case::an_ordinary_file(Gift::File, 4)]
#[case::a_pipe(Gift::Pipe, 4)]
#[case::a_byte_without_a_descriptor(Gift::Nothing, 4)]
#[case::nothing_at_all(Gift::Closed, 4)]
#[case::no_ring(Gift::BadMagic, 4)]
#[case::half_a_ring(Gift::TooShort, 4)]
fn recv_refuses_memory_that_may_be_cut(#[case] gift: Gift, #[case] status: i32) {
    let room = Room::new();
    refused(&ring(&room, "recv --unix s").run(), 3, "s");
    let listener = room.listen(&address());
    let receiver = ring(&room, "recv --unix s").note(format!("what it gets: {gift:?}")).spawn();
    let client = listener.accept();
    let descriptor = gift.descriptor(&room);
    match gift {
        Gift::Nothing => drop(client.send(b"R")),
        Gift::Closed => drop(client),
        _ => {
            client.send_with_descriptors(b"R", &[descriptor.as_fd()]);
        }
    }
    if status == 0 {
        let segment = Segment::of(File::from(descriptor), PathBuf::from("the memory"));
        segment.push(b"one");
        segment.push(b"two");
        segment.close();
        receiver.wait().code(0).stdout("one\ntwo\n");
    } else {
        let done = receiver.wait();
        refused(&done, status, "s");
        done.stdout("");
    }
}

/// The socket passes a descriptor, once. The records go through the memory: nothing of them is written to anything
/// but the standard output of `recv`.
#[test]
fn no_record_goes_through_the_socket() {
    let room = Room::new();
    let pushed: Vec<Vec<u8>> = room.lines(4096).lines().map(|word| word.repeat(32).into_bytes()).collect();
    room.write("in", lines(&pushed));
    let sender = ring(&room, "send --unix s --slots 8192 --slot-size 256")
        .stdin_from("in")
        .trace(Fault::Count)
        .spawn();
    sender.wait_line("ready unix:s");
    let receiver = ring(&room, "recv --unix s").stdout_to("out").trace(Fault::Count).spawn();
    let (sender, receiver) = (sender.wait(), receiver.wait());
    sender.code(0);
    receiver.code(0);
    assert!(room.read("out") == lines(&pushed), "the records that came out are not those that went in");
    let sum = |done: &testkit::Finished, names: &[&str]| -> u64 {
        names.iter().map(|name| done.own_calls().get(*name).copied().unwrap_or(0)).sum()
    };
    let all =
        ["write", "writev", "sendto", "sendmsg", "sendmmsg", "splice", "vmsplice", "sendfile", "pwrite64"];
    let (sent, received) = (sum(&sender, &all), sum(&receiver, &all[2..]));
    // A ready line, a header, a descriptor; a mebibyte in pieces of 64 KiB would be 16 more.
    assert!(
        sent <= 12 && received <= 2,
        "4096 records of 256 bytes: somebody writes them elsewhere than into the memory\nexpected: send makes at most 12 calls of write(2), send(2) and their kin, recv none but for its output\nreceived: send {sent}, recv {received}"
    );
}
