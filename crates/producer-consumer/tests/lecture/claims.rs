//! One test a claim: the example of the same name ends well and prints exactly this.
//! The rule, its reason and the man pages stand at the head of the example.

use crate::machine::Needs::{self, Nothing, PosixQueues, SystemV};
use crate::run::example;
use libtest_mimic::Trial;

/// A claim is ignored, with the reason in its name, when the machine lacks what it needs.
pub(crate) fn trials() -> Vec<Trial> {
    CLAIMS.iter().map(|claim| claim.trial()).collect()
}

/// The names of all claims.
pub(crate) fn names() -> impl Iterator<Item = &'static str> {
    CLAIMS.iter().map(|claim| claim.name)
}

/// What the claim of that name needs.
pub(crate) fn needs(name: &str) -> Needs {
    CLAIMS.iter().find(|claim| claim.name == name).map_or(Nothing, |claim| claim.needs)
}

struct Claim {
    name: &'static str,
    needs: Needs,
    prints: &'static str,
}

impl Claim {
    fn trial(&'static self) -> Trial {
        crate::trial_if(self.needs, self.name, || {
            example(self.name).success().stdout(self.prints).stderr("");
        })
    }
}

const fn claim(name: &'static str, needs: Needs, prints: &'static str) -> Claim {
    Claim { name, needs, prints }
}

/// In the order of the README.
const CLAIMS: &[Claim] = &[
    claim(
        "a_buffer_lets_both_sides_work",
        Nothing,
        "the consumer has taken nothing, the producer has put 16
the consumer has taken 1, the producer has put 17
in the end: 100 of 100
",
    ),
    claim(
        "a_waiting_process_costs_nothing",
        Nothing,
        "this process wrote and read 1000 times
the waiting producer was woken 0 times
a slot is free: the second record comes: true
",
    ),
    claim(
        "a_larger_buffer_only_fills_later",
        Nothing,
        " 1 slots: full in round 1
 4 slots: full in round 4
16 slots: full in round 16
",
    ),
    claim(
        "a_send_copies_the_message",
        Nothing,
        "the receiver got: tea, please
the receiver has now: TEA, PLEASE
the sender has now: ink, please
",
    ),
    claim(
        "a_message_says_what_happened_before_it",
        Nothing,
        "sender: the receiver waits, the work is done: false
receiver: the message is here, the work is done: true
",
    ),
    claim(
        "backpressure_reaches_the_source",
        Nothing,
        "the last stage stands still; in the queues: 4 and 4
the last stage goes on: 100 of 100
",
    ),
    claim(
        "the_structure_is_in_the_reader",
        Nothing,
        r#"at newlines: "\x03pay\x07\n" "5 now\n"
each 4 bytes: "\x03pay" "\x07\n5 " "now\n"
by length: "pay" "\n5 now\n"
"#,
    ),
    claim(
        "a_length_brings_the_boundaries_back",
        Nothing,
        "record 0: 9 bytes, as sent: true
record 1: 3 bytes, as sent: true
record 2: 0 bytes, as sent: true
record 3: 5000 bytes, as sent: true
",
    ),
    claim(
        "a_read_may_give_half_a_record",
        Nothing,
        "asked for 100 bytes, got 3; the record is complete: false
asked for 100 bytes, got 4; the record is complete: false
asked for 100 bytes, got 2; the record is complete: true
read in a loop: hello
",
    ),
    claim(
        "a_write_may_take_a_part",
        Nothing,
        "of 10000 bytes, write took 8192
write of the rest: EAGAIN
after the reader made room, write took 1808
the reader has the record: true
",
    ),
    claim(
        "a_length_is_checked_before_memory_is_taken",
        Nothing,
        "a record of 4294967295 bytes is over the limit of 65536; memory taken for it: 0 MiB
a record of 542393671 bytes is over the limit of 65536; memory taken for it: 0 MiB
a record of 65537 bytes is over the limit of 65536; memory taken for it: 0 MiB
the sender's side: a record of 65537 bytes is over the limit of 65536
",
    ),
    claim(
        "an_end_inside_a_record_is_no_end",
        Nothing,
        r#"cut after 0: the end
cut after 1: error: the stream ends inside a record
cut after 2: error: the stream ends inside a record
cut after 3: error: the stream ends inside a record
cut after 4: error: the stream ends inside a record
cut after 5: error: the stream ends inside a record
cut after 6: error: the stream ends inside a record
cut after 7: the record "end"
"#,
    ),
    claim(
        "each_record_goes_to_one_consumer",
        Nothing,
        "6000 records, 6000 of them different
each consumer saw each producer's in order: true
",
    ),
    claim(
        "a_message_for_all_needs_a_pipe_for_each",
        Nothing,
        r#"one pipe for three: "stop" reached 1
a pipe for each: "stop" reached 3
"#,
    ),
    claim(
        "an_end_mark_stops_too_early",
        Nothing,
        "until the first mark: 2 of 5 records
until the end of file: 5 of 5 records
",
    ),
    claim(
        "letters_mix_in_twenty_ways_words_in_two",
        Nothing,
        "by letters: 20 results, among them ABCDEF, ADEFBC, DEFABC
by words: 2 results: ABCDEF, DEFABC
",
    ),
    claim(
        "up_to_pipe_buf_it_is_all_or_nothing",
        Nothing,
        "room for 1, write of 4096: EAGAIN, takes nothing
room for 1, write of 1: takes 1
room for 4096, write of 4096: takes 4096
room for 4096, write of 4097: takes 4096
room for 4096, write of 5000: takes 4096
",
    ),
    claim(
        "one_cut_record_spoils_the_stream",
        Nothing,
        r#"sent: a record of 6000 times A, and the record "short"
received: a record of 6000 bytes, 9 of them are not A
then: a record of 1094795585 bytes is over the limit of 65536
"#,
    ),
    claim(
        "a_lock_keeps_long_records_whole",
        Nothing,
        "the long writer is stopped half-way, the short one waits for the lock
received: a whole record of 6000 bytes
received: a whole record of 5 bytes
",
    ),
    claim(
        "an_inherited_lock_excludes_nobody",
        Nothing,
        "the parent holds the lock
a child with the inherited descriptor gets it too: true
a child that opened the file itself gets it: false
",
    ),
    claim(
        "a_fifo_joins_strangers",
        Nothing,
        "a FIFO: true, mode 0600, size of the file 0
cat, which was given a name only: hello, stranger
",
    ),
    claim(
        "opening_a_fifo_waits_for_the_other_side",
        Nothing,
        "the reader came first and waits in open
the writer came: both went on
the writer came first and waits in open
the reader came: both went on
a writer that does not wait, nobody reads: ENXIO
a reader that does not wait, nobody writes: open
a writer that does not wait, somebody reads: open
",
    ),
    claim(
        "a_fifo_keeps_its_name_not_its_data",
        Nothing,
        "the reader has closed it: 13 bytes are left
both have closed it: 0 bytes are left
the name is still there: true
",
    ),
    claim(
        "a_fifo_reader_sees_an_end_after_each_writer",
        Nothing,
        r#""first", the end, the end
"second", (would wait)
"third", (would wait)
"#,
    ),
    claim(
        "a_dead_fifo_reader_takes_records_with_it",
        Nothing,
        "the first reader: exit code 137
worked on: [1, 6, 7, 8]
",
    ),
    claim(
        "a_fifo_does_not_say_who_wrote",
        Nothing,
        "sent by Ann, received: Ann orders tea
sent by Bob, received: Bob orders tea
sent by Bob, received: Ann orders tea
",
    ),
    claim(
        "a_queue_keeps_message_boundaries",
        PosixQueues,
        r#"mq_receive: "one"
mq_receive: ""
mq_receive: "three"
65 bytes in a queue for 64: EMSGSIZE: Message too long
"#,
    ),
    claim(
        "the_highest_priority_comes_first",
        PosixQueues,
        "9: fire!
1: tea
1: milk
1: sugar
0: wipe the table
",
    ),
    claim(
        "a_queue_outlives_its_processes",
        PosixQueues,
        "the sender has ended, nobody has the queue open
a later process receives: I have gone already
the name is removed, open: ENOENT: No such file or directory
who has it open receives: still here
",
    ),
    claim(
        "a_full_queue_waits_or_refuses",
        PosixQueues,
        "two of three messages are in, the sender sleeps: 2 wait
received: [1]
the sender could send the third: 2 wait
send into the full queue: EAGAIN: Try again
receive from the empty queue: EAGAIN: Try again
",
    ),
    claim(
        "a_queue_can_be_polled_beside_a_pipe",
        PosixQueues,
        "ready: queue true, pipe false
ready: queue false, pipe true
",
    ),
    claim(
        "a_queue_is_an_address_without_a_process",
        PosixQueues,
        "the first consumer took 2 messages and ended
three consumers took 10 different messages of 2 producers
left in the queue: 0
",
    ),
    claim(
        "a_crash_leaves_names_behind",
        PosixQueues,
        "the maker: exit code 137
the pipe: 11 bytes, then its end
make the FIFO again: EEXIST: File exists
make the queue again: EEXIST: File exists
",
    ),
    claim(
        "a_system_v_receiver_chooses_by_type",
        SystemV,
        "type 2: milk 1, milk 2
type 2 again: ENOMSG: No message of desired type
any type, the oldest: tea 1
the lowest type up to 3: tea 2
what is left: sugar
",
    ),
    claim(
        "a_system_v_queue_is_no_descriptor",
        SystemV,
        "descriptors after making a queue: 0 more
after closing a pipe: 2 fewer
its only user has ended, it holds: left behind
",
    ),
    claim(
        "a_letter_arrives_after_its_sender_has_gone",
        Nothing,
        "the sender: exit code 0
now the receiver starts, and reads: see you tomorrow
another sender: exit code 0
the receiver leaves without reading; nobody can tell the sender
",
    ),
    claim(
        "a_rendezvous_makes_the_first_one_wait",
        Nothing,
        "the sender came first: it waits
the receiver came: hello
the sender has returned: exit code 0
the receiver came first: it waits
the sender came, and knows that it was taken
",
    ),
    claim(
        "nonblocking_fails_where_it_would_wait",
        Nothing,
        "read, empty: EAGAIN
send: done
send: done
send: EAGAIN
read: 4096 bytes
send: done
no producer is left: 4096 bytes, 4096 bytes, the end
",
    ),
    claim(
        "nonblocking_is_shared_with_every_copy",
        Nothing,
        "at first, the parent's end is non-blocking: false
a child opened it a second time, non-blocking: false
a child set its inherited copy non-blocking: true
",
    ),
    claim(
        "two_receivers_wait_for_each_other",
        Nothing,
        r#"both sleep in read; bytes on their way: 0 and 0
Ann hears "hello from outside" and answers
Bob hears "hello" and answers
"#,
    ),
    claim(
        "two_full_pipes_are_a_deadlock",
        Nothing,
        "65536 bytes each way: both have ended
65537 bytes each way: both sleep in write
in the pipes: 65536 and 65536
",
    ),
    claim(
        "poll_serves_both_directions",
        Nothing,
        "Bob sent all, then received 1048576 bytes
Ann sent and received at the same time: 1048576 bytes
",
    ),
    claim(
        "a_half_close_leaves_the_way_back_open",
        Nothing,
        r#"two pipes, one closed: "fig\npear\n"
a socket, shut down for writing: "fig\npear\n"
sending again: broken pipe
"#,
    ),
    claim(
        "a_full_buffer_means_wait_drop_or_fail",
        Nothing,
        "newest: the producer has ended, the buffer has [1, 2]
oldest: the producer has ended, the buffer has [4, 5]
fail: frame 3 is refused
fail: the producer has ended, the buffer has [1, 2]
block: the producer waits, the buffer has [1, 2]
",
    ),
];
