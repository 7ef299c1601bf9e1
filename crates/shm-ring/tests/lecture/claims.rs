//! One test a claim: the example of the same name ends well and prints exactly this.
//! The rule, its reason and the man pages stand at the head of the example.

use crate::run::example;

fn shows(name: &str, lines: &[&str]) {
    let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
    example(name).success().stdout(text).stderr("");
}

#[test]
fn a_segment_is_one_memory_in_two_address_spaces() {
    shows(
        "a_segment_is_one_memory_in_two_address_spaces",
        &[
            "descriptor closed; a new segment holds 0",
            "parent stores 1",
            "child, by the name: loads 1, stores 2",
            "parent loads 2",
        ],
    );
}

#[test]
fn a_new_segment_is_empty_until_ftruncate() {
    shows(
        "a_new_segment_is_empty_until_ftruncate",
        &[
            "length of a new segment: 0",
            "map its 0 bytes: map 0 bytes",
            "map 4096 bytes all the same: success",
            "a child that loads: ended by SIGBUS",
            "after ftruncate, through the same mapping: 0",
            "all zero: true",
        ],
    );
}

#[test]
fn a_segment_is_a_file_in_dev_shm() {
    shows(
        "a_segment_is_a_file_in_dev_shm",
        &[
            r#"cat /dev/shm/NAME: "rain""#,
            "a file system without a disk: true",
            "rm /dev/shm/NAME; open: ENOENT: No such file or directory",
            "create /weather/today: EINVAL: Invalid argument",
            "create /: EINVAL: Invalid argument",
            "create / and 256 letters: ENAMETOOLONG: File name too long",
        ],
    );
}

#[test]
fn the_name_and_the_memory_live_apart() {
    shows(
        "the_name_and_the_memory_live_apart",
        &[
            "unlinked; open: ENOENT: No such file or directory",
            "the mapping still holds 1",
            "made anew, the same name; it holds 0",
            "a child stores 2 in the old one: old 2, new 0",
        ],
    );
}

#[test]
fn a_segment_outlives_its_makers() {
    shows(
        "a_segment_outlives_its_makers",
        &[
            "the maker is killed",
            "whoever knows the name finds Reading { celsius: -250, humidity: 810, number: 1 }",
            "the next maker: EEXIST: File exists",
            "removed; open: ENOENT: No such file or directory",
        ],
    );
}

#[test]
fn two_makers_of_one_name_need_o_excl() {
    shows(
        "two_makers_of_one_name_need_o_excl",
        &[
            "the first maker: 4096 bytes, holds Some(7)",
            "O_EXCL: EEXIST: File exists",
            "    the first maker: 4096 bytes, holds Some(7)",
            "O_CREAT alone: success",
            "    the first maker: 4096 bytes, holds Some(7)",
            "O_CREAT, O_TRUNC: success",
            "    the first maker: 0 bytes, holds None",
        ],
    );
}

#[test]
fn the_umask_takes_bits_from_the_mode() {
    shows(
        "the_umask_takes_bits_from_the_mode",
        &[
            "umask 000: shm_open with 0666 gives 0666, segment::create 0600",
            "umask 022: shm_open with 0666 gives 0644, segment::create 0600",
            "umask 077: shm_open with 0666 gives 0600, segment::create 0600",
            "umask 777: shm_open with 0666 gives 0000, segment::create 0600",
        ],
    );
}

#[test]
fn permission_is_asked_only_at_open() {
    shows(
        "permission_is_asked_only_at_open",
        &[
            "mode 0000, and a mapping made before: stores 1",
            "opened to read, mapped shared to write: EACCES: Permission denied",
            "opened to read, mapped privately: loads 1",
            "    stores 2 in its own copy; the segment holds 1",
        ],
    );
}

#[test]
fn a_mapped_file_is_shared_memory() {
    shows(
        "a_mapped_file_is_shared_memory",
        &[
            r#"a store; read finds "gold""#,
            "a write; a load finds 'm'",
            r#"a child stores and is killed; read finds "fold""#,
            r#"a store behind the end, in the last page; read finds "fold""#,
        ],
    );
}

#[test]
fn a_private_mapping_keeps_its_stores() {
    shows(
        "a_private_mapping_keeps_its_stores",
        &[
            "two pages, mapped twice : shared (0, 0), private (0, 0)",
            "shared stores 1         : shared (1, 0), private (1, 0)",
            "private stores elsewhere: shared (1, 0), private (1, 0)",
            "shared stores 2 in both : shared (2, 2), private (1, 2)",
            "what private stored, seen through shared: 0",
        ],
    );
}

#[test]
fn memmap2_map_anon_is_private() {
    shows(
        "memmap2_map_anon_is_private",
        &[
            "memmap2, anonymous:      rw-p",
            "MAP_SHARED, anonymous:   rw-s",
            "memmap2, of a memfd:     rw-s",
            "a child stores 1 and loads 1, 1",
            "its parent loads 0, 1",
        ],
    );
}

#[test]
fn truncation_under_a_mapping_is_sigbus() {
    shows(
        "truncation_under_a_mapping_is_sigbus",
        &[
            "reader: 8192 bytes; the last word is 0",
            "somebody shortens the segment to 100 bytes",
            "reader: the first word is 0",
            "reader: ended by SIGBUS",
        ],
    );
}

#[test]
fn a_memfd_travels_by_scm_rights() {
    shows(
        "a_memfd_travels_by_scm_rights",
        &[
            "sender: the descriptor leads to /memfd:shm-ring-memfd (deleted)",
            "receiver: 4096 bytes, of fixed size: true",
            "receiver: adds 1 to 41",
            "sender: loads 42",
            "a name in /dev/shm: false",
        ],
    );
}

#[test]
fn a_seal_forbids_truncation() {
    shows(
        "a_seal_forbids_truncation",
        &[
            "fixed size: false",
            "sealed; fixed size: true",
            "shrink: EPERM: Operation not permitted",
            "grow: EPERM: Operation not permitted",
            "another seal: EPERM: Operation not permitted",
            "a store: 1",
            "the seals of a file: EINVAL: Invalid argument",
        ],
    );
}

#[test]
fn one_list_is_right_at_two_addresses() {
    shows(
        "one_list_is_right_at_two_addresses",
        &[
            "two mappings, one address: false",
            "put 30 in front: its node is at offset 16",
            "put 20 in front: its node is at offset 32",
            "put 10 in front: its node is at offset 48",
            "through the first:  [10, 20, 30]",
            "through the second: [10, 20, 30]",
            "put 5 in front through the second; through the first: [5, 10, 20, 30]",
            "the first unmapped; through the second: [5, 10, 20, 30]",
        ],
    );
}

#[test]
fn a_pointer_is_wrong_in_another_mapping() {
    shows(
        "a_pointer_is_wrong_in_another_mapping",
        &[
            "stored: a pointer to the node, and its offset",
            "the pointer leads into the mapping that is left: false",
            "anything is there at all: false",
            "the offset leads to 42",
        ],
    );
}

#[test]
fn a_link_from_somebody_else_is_checked() {
    shows(
        "a_link_from_somebody_else_is_checked",
        &[
            "a good list: [1, 2]",
            "just behind the end: a link leads to offset 4096, where no node can be",
            "half a node inside: a link leads to offset 4088, where no node can be",
            "between two words: a link leads to offset 33, where no node can be",
            "into the header: a link leads to offset 8, where no node can be",
            "far away, near an overflow: a link leads to offset 18446744073709551608, where no node can be",
            "the last links to the first: the list is a circle",
        ],
    );
}

#[test]
fn a_bug_in_one_process_breaks_the_others_list() {
    shows(
        "a_bug_in_one_process_breaks_the_others_list",
        &[
            "Private memory: a child stores a temperature, and ends with 0",
            "    its parent's list: [1, 2, 3]",
            "Shared memory: a child stores a temperature, and ends with 0",
            "    its parent's list: a link leads to offset 215, where no node can be",
        ],
    );
}

#[test]
fn an_increment_is_three_steps() {
    shows(
        "an_increment_is_three_steps",
        &[
            "child: loads 0",
            "parent: adds 1 a thousand times: 1000",
            "child: stores its sum; of 1001 increments are left: 1",
            "two increments have 6 orders; an increment is lost in 4",
        ],
    );
}

#[test]
fn fetch_add_is_one_step() {
    shows("fetch_add_is_one_step", &["4 processes add 1, 100000 times each: 400000"]);
}

#[test]
fn a_reader_may_see_half_a_reading() {
    shows(
        "a_reader_may_see_half_a_reading",
        &[
            "a summer's day:        Reading { celsius: 3500, humidity: 200, number: 1 }",
            "in the middle:         Reading { celsius: -1500, humidity: 200, number: 1 }",
            "    with the lock:     None",
            "the writer has done:   Some(Reading { celsius: -1500, humidity: 900, number: 2 })",
            "in the middle:         Reading { celsius: -1500, humidity: 200, number: 1 }",
            "    with the lock:     None",
            "the writer is killed; 1000 looks see 0 readings",
        ],
    );
}

#[test]
fn a_sequence_lock_hides_the_half() {
    shows(
        "a_sequence_lock_hides_the_half",
        &[
            "a reading shown while the reader is in the middle: it sees None",
            "200000 readings shown, and looked at until the last",
            "halves taken for a whole: 0; an older one after a newer: 0",
            "writer: exit status 0",
        ],
    );
}

#[test]
fn a_flag_may_be_seen_before_its_data() {
    shows(
        "a_flag_may_be_seen_before_its_data",
        &[
            "store Relaxed, load Relaxed: 4 outcomes: the flag without the data",
            "store Release, load Relaxed: 4 outcomes: the flag without the data",
            "store Relaxed, load Acquire: 4 outcomes: the flag without the data",
            "store Release, load Acquire: 3 outcomes: never the flag alone",
            "the flag first in the program: release and acquire help: false",
        ],
    );
}

#[test]
fn two_can_miss_each_other_without_a_fence() {
    shows(
        "two_can_miss_each_other_without_a_fence",
        &[
            "relaxed: 4 outcomes: both may see nothing",
            "release and acquire: 4 outcomes: both may see nothing",
            "a fence on one side: 4 outcomes: both may see nothing",
            "a fence on both sides: 3 outcomes: at least one sees the other",
        ],
    );
}

#[test]
fn neighbours_share_a_cache_line() {
    shows(
        "neighbours_share_a_cache_line",
        &[
            "crowded: offsets 0 and 8, lines 0 and 0, 16 bytes",
            "spread: offsets 0 and 64, lines 0 and 1, 128 bytes",
        ],
    );
}

#[test]
fn a_futex_sleeps_only_on_the_expected_value() {
    shows(
        "a_futex_sleeps_only_on_the_expected_value",
        &[
            "the word is 0; wait for as long as it is 1: EAGAIN: Try again",
            "wake, and nobody sleeps: 0 woken",
            "three children sleep for as long as it is 0",
            "wake all without a change: 3 woken",
            "they have looked, and sleep again",
            "the word is 1; wake one: 1 woken",
            "wake all: 2 woken",
            "wake all: 0 woken",
        ],
    );
}

#[test]
fn a_wake_between_look_and_sleep_is_not_lost() {
    shows(
        "a_wake_between_look_and_sleep_is_not_lost",
        &[
            "the word first:",
            "    parent: changes both, wakes 0",
            "    child: EAGAIN: Try again",
            "the state first:",
            "    parent: changes both, wakes 0",
            "    child: sleeps, and the state is 1",
        ],
    );
}

#[test]
fn a_private_futex_is_deaf_to_other_processes() {
    shows(
        "a_private_futex_is_deaf_to_other_processes",
        &[
            "a child waits Private, its parent wakes Private: 0 woken, it sleeps on: true",
            "a child waits Private, its parent wakes Shared: 0 woken, it sleeps on: true",
            "a child waits Shared, its parent wakes Private: 0 woken, it sleeps on: true",
            "a child waits Shared, its parent wakes Shared: 1 woken, exit status 0",
        ],
    );
}

#[test]
fn a_mailbox_blocks_when_full_and_when_empty() {
    shows(
        "a_mailbox_blocks_when_full_and_when_empty",
        &[
            "empty; try to take: WouldWait",
            "try to put 1: Done",
            "full; try to put 2: WouldWait",
            "a writer sleeps",
            "    writer: puts 2: Done",
            "take: Letter(1)",
            "take: Letter(2)",
            "a reader sleeps",
            "    reader: takes Letter(3)",
            "try to put 3: Done",
        ],
    );
}

#[test]
fn the_end_must_be_built_by_hand() {
    shows(
        "the_end_must_be_built_by_hand",
        &[
            "pipe: writer ends with 0",
            "    reader: 1 byte, then the end",
            "mailbox: writer does not close, ends with 0",
            "    reader: Letter(1)",
            "    reader: sleeps, and nobody is left who could wake it",
            "mailbox: writer closes, ends with 0",
            "    reader: Letter(1)",
            "    reader: End",
        ],
    );
}

#[test]
fn nobody_says_that_the_reader_is_gone() {
    shows(
        "nobody_says_that_the_reader_is_gone",
        &[
            "pipe without a reader: EPIPE: Broken pipe",
            "mailbox: the reader has ended, with 0",
            "    put 1: Done",
            "    put 2: sleeps, and nobody is left who could wake it",
            "mailbox: the reader has closed and ended, with 0",
            "    put 1: NoReader",
            "    put 2: NoReader",
        ],
    );
}

#[test]
fn a_message_costs_no_system_call() {
    shows(
        "a_message_costs_no_system_call",
        &[
            "pipe: write and read: 2000 system calls for 1000 messages",
            "mailbox: put and take: 2000 system calls for 1000 messages",
            "board: show and look: 0 system calls for 1000 messages",
        ],
    );
}

#[test]
fn a_mutex_in_shared_memory_works_between_processes() {
    shows(
        "a_mutex_in_shared_memory_works_between_processes",
        &[
            "4 processes load, add, store under a lock, 10000 times each: 40000",
            "held here, another sleeps; it may try: EBUSY: Device or resource busy",
            "given back; the other: exit status 0",
            "1000 times without contention: 0 system calls",
        ],
    );
}

#[test]
fn a_robust_mutex_tells_that_its_owner_died() {
    shows(
        "a_robust_mutex_tells_that_its_owner_died",
        &[
            "plain: EBUSY: Device or resource busy",
            "robust: EOWNERDEAD; the accounts hold 70 of 100",
            "repaired: they hold 100; the next gets the lock, owner died: false",
            "given back without repair: ENOTRECOVERABLE: State not recoverable",
        ],
    );
}

#[test]
fn a_semaphore_has_no_owner() {
    shows(
        "a_semaphore_has_no_owner",
        &[
            "0: a child sleeps",
            "posted by its parent, who never waited; child: exit status 0",
            "posted twice, nobody waits: 2; it remembers",
            "1: a child takes it: 0",
            "the child is killed: 0; try to wait: EAGAIN: Try again",
        ],
    );
}

#[test]
fn a_condition_variable_remembers_nothing() {
    shows(
        "a_condition_variable_remembers_nothing",
        &[
            "signalled, and nobody sleeps",
            "a child sleeps all the same, and holds no lock: true",
            "signalled: it has woken, found 0, and sleeps again",
            "state changed and signalled: exit status 0",
        ],
    );
}

#[test]
fn a_barrier_lets_nobody_pass_until_all_have_come() {
    shows(
        "a_barrier_lets_nobody_pass_until_all_have_come",
        &["two of three have come and sleep; passed: 0", "100 rounds: passed 300, chosen 100, too early 0"],
    );
}
