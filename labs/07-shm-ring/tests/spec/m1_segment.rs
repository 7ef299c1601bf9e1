//! Milestone 1: a segment is made, described, and removed.
//! Man pages: shm_overview(7), shm_open(3), posix_fallocate(3), umask(2), mmap(2).

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};

use rstest::rstest;
use testkit::{Resource, Room, Signal, list, same_bytes};

use super::peer::{LOCKED, MANY, Segment, at, ring_bytes};
use super::{RingFile, refused, ring, shm_name};

/// RING in shared memory or in the room, and its file.
fn place(room: &Room, is_shm: bool) -> (String, RingFile) {
    if is_shm {
        return shm_name(room);
    }
    let name = room.word();
    (format!("file:{name}"), RingFile(room.path(name)))
}

fn size(room: &Room) -> (u32, u32) {
    let slots = 1 << room.number(0..8);
    (slots, room.number(1..400) as u32)
}

/// Another program, written by somebody else in another language, must find each field where the contract says. All
/// that has no name is 0. shm_open(3), mmap(2).
#[rstest]
#[case::by_default(true, "", 0)]
#[case::in_a_file(false, "", 0)]
#[case::locked(false, "--lock", LOCKED)]
#[case::for_many(true, "--many", MANY)]
#[case::both(false, "--many --lock", MANY | LOCKED)]
fn create_writes_the_bytes_of_the_contract(#[case] is_shm: bool, #[case] options: &str, #[case] flags: u32) {
    let room = Room::new();
    let (name, path) = place(&room, is_shm);
    let (slots, slot_size) = size(&room);

    let sizes = format!("--slots {slots} --slot-size {slot_size} {options}");
    let (sizes, (slots, slot_size)) =
        if options.is_empty() && is_shm { (String::new(), (1024, 248)) } else { (sizes, (slots, slot_size)) };
    let done = ring(&room, format!("create {name} {sizes}").trim_end()).run();
    done.code(0).stdout("").stderr("");
    let found = fs::read(&path).unwrap_or_default();
    let _ = fs::remove_file(&path);
    same_bytes("the segment", &ring_bytes(slots, slot_size, flags), &found);
}

/// `info` reads what somebody else has written, whatever it is.
#[test]
fn info_prints_what_the_header_says() {
    let room = Room::new();
    for (state, word) in [(0, "making"), (1, "ready"), (2, "closed")] {
        let (slots, slot_size) = size(&room);
        let segment = Segment::make(&room, "seg", slots, slot_size, 0);
        let tail = room.number(0..u64::MAX);
        let head = tail.wrapping_add(room.number(0..u64::from(slots) + 1));
        let (producer, consumer) = (room.number(0..1 << 22) as u32, room.number(0..1 << 22) as u32);
        segment.store(at::STATE, state);
        segment.store_wide(at::HEAD, head);
        segment.store_wide(at::TAIL, tail);
        segment.store(at::PRODUCER, producer);
        segment.store(at::CONSUMER, consumer);

        let wanted = format!(
            "slots={slots} slot_size={slot_size} head={head} tail={tail} state={word} producer={producer} consumer={consumer}\n"
        );
        ring(&room, "info file:seg").run().code(0).stdout(wanted).stderr("");
    }
}

/// Shared memory is shared with whoever may open it. The mode is 0600, not what the umask leaves. And its memory is
/// there from the beginning: a file with holes is a promise that the system may break later, with SIGBUS. umask(2),
/// posix_fallocate(3).
#[rstest]
#[case::shared_memory(true)]
#[case::a_file(false)]
fn a_new_ring_is_private_and_has_its_memory(#[case] is_shm: bool) {
    let room = Room::new();
    for mask in [0o022, 0, 0o777, 0o277] {
        let (name, path) = place(&room, is_shm);
        ring(&room, format!("create {name} --slots 256")).umask(mask).run().code(0);
        let about = fs::metadata(&path).expect("the segment is there, and create has ended with 0");
        let _ = fs::remove_file(&path);
        let mode = about.permissions().mode() & 0o7777;
        assert!(
            mode == 0o600,
            "a new ring has a wrong mode (umask {mask:03o})\nexpected: 0600\nreceived: {mode:04o}"
        );
        let (has, needs) = (about.blocks() * 512, about.len());
        assert!(
            has >= needs,
            "a new ring has holes: memory that may not be there when it is needed\nexpected: blocks for {needs} bytes (posix_fallocate(3))\nreceived: blocks for {has}"
        );
    }
}

/// Two programs that make the same name at once, or the same program started twice: one of them must lose, and it must
/// not empty what the other one uses. open(2), `O_EXCL`.
#[rstest]
#[case::shared_memory(true)]
#[case::a_file(false)]
fn a_ring_that_exists_is_left_as_it_is(#[case] is_shm: bool) {
    let room = Room::new();
    let (name, path) = place(&room, is_shm);
    let bytes = room.bytes(5000);
    fs::write(&path, &bytes).expect("the check may write here");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).expect("its own file");

    let done = ring(&room, format!("create {name} --slots 4")).run();
    let (left, about) = (fs::read(&path).unwrap_or_default(), fs::metadata(&path));
    let _ = fs::remove_file(&path);
    refused(&done, 1, &name);
    same_bytes("what was there before create", &bytes, &left);
    let mode = about.map_or(0, |about| about.permissions().mode() & 0o7777);
    assert!(mode == 0o640, "the mode of what was there has changed\nexpected: 0640\nreceived: {mode:04o}");
}

/// The name is there, and then the memory is not: a full file system, a limit. Half a ring is no ring, and its name
/// would stand in the way of the next `create`. Here no file may be longer than 8192 bytes, and ring is told so by an
/// error. setrlimit(2): RLIMIT_FSIZE.
#[rstest]
#[case::shared_memory(true)]
#[case::a_file(false)]
fn a_ring_that_cannot_be_made_leaves_no_name(#[case] is_shm: bool) {
    let room = Room::new();
    let (name, path) = place(&room, is_shm);
    let create = |slots: u32| {
        let create = ring(&room, format!("create {name} --slots {slots} --slot-size 56"));
        create.limit(Resource::RLIMIT_FSIZE, 8192).ignoring(Signal::SIGXFSZ).run()
    };
    let done = create(128);
    let is_there = fs::remove_file(&path).is_ok();
    refused(&done, 1, &name);
    done.check(!is_there, "no name is left when there is no memory for the ring");
    // What just fits is made, also after that.
    create(64).code(0);
    same_bytes("the segment", &ring_bytes(64, 56, 0), &fs::read(&path).unwrap_or_default());
}

/// slots × stride is computed from two numbers that somebody has typed. In 32 bits it wraps, and a ring of a few KiB
/// with 16 million slots comes out. Each of these is more than 1 GiB.
#[rstest]
#[case("--slots 4194304 --slot-size 248")]
#[case("--slots 16777216 --slot-size 248")]
#[case("--slots 2147483648 --slot-size 4294967295")]
#[case("--slots 1 --slot-size 4294967295")]
#[case("--slots 1 --slot-size 4294967288")]
#[case("--slots 2147483648 --slot-size 1")]
fn a_ring_that_is_too_large_is_refused(#[case] sizes: &str) {
    let room = Room::new();
    let (name, path) = place(&room, true);
    let done = ring(&room, format!("create {name} {sizes}")).run();
    let is_there = fs::remove_file(&path).is_ok();
    done.code(1).stderr(format!("ring: {name}: too large\n"));
    done.check(!is_there, "no segment is left");
}

/// `rm` removes the name. The memory lives as long as somebody has mapped it, and names beside it are nobody's
/// business. shm_unlink(3).
#[rstest]
#[case::shared_memory(true)]
#[case::a_file(false)]
fn rm_removes_the_name_and_nothing_else(#[case] is_shm: bool) {
    let room = Room::new();
    let (name, path) = place(&room, is_shm);
    fs::write(&path, ring_bytes(4, 8, 0)).expect("the check may write here");
    let segment = Segment::open(&path);
    room.write("other", "stays");
    let before = room.list("");

    let done = ring(&room, format!("rm {name}")).run();
    let is_there = fs::remove_file(&path).is_ok();
    done.code(0).stdout("").stderr("");
    done.check(!is_there, format!("{name} has no file any more"));
    let wanted: Vec<String> =
        before.into_iter().filter(|entry| is_shm || room.path(entry) != *path).collect();
    let left = room.list("");
    assert!(
        left == wanted,
        "rm has removed something else\nexpected: {}\nreceived: {}",
        list(&wanted),
        list(&left)
    );
    segment.expect(at::STATE, "the state of a ring that has lost its name", 1);
    refused(&ring(&room, format!("rm {name}")).run(), 1, &name);
    refused(&ring(&room, format!("info {name}")).run(), 1, &name);
}
