//! One test a claim: the example of the same name ends well and prints exactly this.
//! The rule, its reason and the man pages stand at the head of the example.

use crate::run::example;

fn shows(name: &str, lines: &[&str]) {
    let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
    example(name).success().stdout(text).stderr("");
}

#[test]
fn a_child_changes_only_its_own_memory() {
    shows("a_child_changes_only_its_own_memory", &["the parent's variable: 0", "the byte from the pipe: 42"]);
}

#[test]
fn an_exit_status_carries_eight_bits() {
    shows(
        "an_exit_status_carries_eight_bits",
        &["counted: 300", "from wait: exit code 44", "from the pipe: 300"],
    );
}

#[test]
fn a_child_that_ended_is_a_zombie_until_waited_for() {
    shows(
        "a_child_that_ended_is_a_zombie_until_waited_for",
        &[
            "before wait: state Z",
            "wait: exit code 7",
            "after wait: no such process",
            "wait again: ECHILD: No child processes",
        ],
    );
}

#[test]
fn a_failed_exec_must_end_the_child() {
    shows(
        "a_failed_exec_must_end_the_child",
        &[
            "no-such-program: exit code 127",
            "/dev/null/ls: exit code 127",
            "/etc: exit code 126",
            "/dev/null: exit code 126",
            "true: exit code 0",
        ],
    );
}

#[test]
fn fork_copies_unflushed_output() {
    shows(
        "fork_copies_unflushed_output",
        &[
            "printed once and then by the child",
            "printed once and then by the parent",
            "flushed once and then by the child",
            "and then by the parent",
        ],
    );
}

#[test]
fn a_panicking_child_must_not_unwind_into_its_parent() {
    shows(
        "a_panicking_child_must_not_unwind_into_its_parent",
        &[
            "child: panics",
            "child: exit code 101",
            "this line is reached once",
            "guard dropped, by the parent",
        ],
    );
}

#[test]
fn fork_is_clone_underneath() {
    shows("fork_is_clone_underneath", &["fork enters the system call clone", "child: exit code 0"]);
}

#[test]
fn posix_spawn_does_what_fork_and_exec_do() {
    shows(
        "posix_spawn_does_what_fork_and_exec_do",
        &[r#"fork, dup2, exec: "hello\n", exit code 0"#, r#"posix_spawn: "hello\n", exit code 0"#],
    );
}

#[test]
fn fork_makes_the_parent_pay_for_its_pages() {
    shows(
        "fork_makes_the_parent_pay_for_its_pages",
        &[
            "for 4096 pages that are new: a fault for each page",
            "for the same pages again: no faults",
            "after fork and exec: a fault for each page",
            "after posix_spawn: no faults",
        ],
    );
}

#[test]
fn a_process_group_is_signalled_as_one() {
    shows(
        "a_process_group_is_signalled_as_one",
        &[
            "the children's group is this process's own: false",
            "first: killed by SIGTERM",
            "second: killed by SIGTERM",
        ],
    );
}

#[test]
fn fork_hands_both_ends_to_the_child() {
    shows(
        "fork_hands_both_ends_to_the_child",
        &[
            "parent: both ends lead to one pipe: true",
            "child: the same two numbers lead to the same pipe: true",
            "parent: after closing its write end it reads []",
        ],
    );
}

#[test]
fn a_pipe_has_one_direction() {
    shows(
        "a_pipe_has_one_direction",
        &[
            "write to the read end: EBADF: Bad file number",
            "read from the write end: EBADF: Bad file number",
            r#"write end to read end: "this way""#,
        ],
    );
}

#[test]
fn standard_descriptors_may_be_pipes() {
    shows(
        "standard_descriptors_may_be_pipes",
        &[
            "first: input is something else, output is a pipe",
            "middle: input is a pipe, output is a pipe",
            "last: input is a pipe, output is something else",
        ],
    );
}

#[test]
fn eof_needs_every_writer_closed() {
    shows(
        "eof_needs_every_writer_closed",
        &[
            "writer: exit code 0",
            "first read: 10 bytes",
            "next read, parent still holds a write end: nothing yet: would wait",
            "next read, no write end left: 0 bytes: the end",
        ],
    );
}

#[test]
fn a_pipe_keeps_no_message_boundaries() {
    shows(
        "a_pipe_keeps_no_message_boundaries",
        &[
            r#"write "one""#,
            r#"write "two""#,
            r#"write "three""#,
            r#"read of at most 4: "onet""#,
            r#"read of at most 100: "wothree""#,
        ],
    );
}

#[test]
fn a_pipe_has_no_name_and_ends_with_its_ends() {
    shows(
        "a_pipe_has_no_name_and_ends_with_its_ends",
        &[
            "its name begins with a slash: false",
            "something of that name exists: false",
            "both ends open: 2 descriptors lead to it",
            "write end closed: 1",
            "both closed: 0, and the 10 bytes are gone with it",
        ],
    );
}

#[test]
fn lseek_on_a_pipe_fails_with_espipe() {
    shows(
        "lseek_on_a_pipe_fails_with_espipe",
        &[
            "file: back to byte 0",
            r#"file: "twice""#,
            "file: back to byte 0",
            r#"file: "twice" again"#,
            "pipe: ESPIPE: Illegal seek",
        ],
    );
}

#[test]
fn several_writers_and_readers_may_share_a_pipe() {
    shows(
        "several_writers_and_readers_may_share_a_pipe",
        &[
            "exit code 0",
            "exit code 0",
            "exit code 0",
            "exit code 0",
            "exit code 0",
            "6000 records, 6000 of them different",
        ],
    );
}

#[test]
fn writes_up_to_pipe_buf_do_not_mix() {
    shows("writes_up_to_pipe_buf_do_not_mix", &["600 blocks of 4096 bytes, 0 of them mixed"]);
}

#[test]
fn a_longer_write_can_be_cut_in_two() {
    shows(
        "a_longer_write_can_be_cut_in_two",
        &["long writer: exit code 0", "the reader got, 4096 bytes a letter: ABA"],
    );
}

#[test]
fn a_pipe_end_can_be_sent_to_another_process() {
    shows(
        "a_pipe_end_can_be_sent_to_another_process",
        &["I was born before this pipe", "child: exit code 0"],
    );
}

#[test]
fn a_pipe_holds_65536_bytes() {
    shows(
        "a_pipe_holds_65536_bytes",
        &[
            "the kernel says: 65536 bytes",
            "bytes written one by one: 65536",
            "the next one: EAGAIN, try again later",
            "after reading 4096 bytes: 4096 more",
        ],
    );
}

#[test]
fn a_full_pipe_stops_the_writer() {
    shows(
        "a_full_pipe_stops_the_writer",
        &[
            "the writer of 100000 bytes is asleep",
            "in the pipe: 65536 bytes",
            "the reader then gets the other 34464",
            "writer: exit code 0",
        ],
    );
}

#[test]
fn an_empty_pipe_stops_the_reader() {
    shows(
        "an_empty_pipe_stops_the_reader",
        &[
            "nothing written: the reader is asleep",
            "one byte written: the reader goes on",
            "reader: exit code 0",
        ],
    );
}

#[test]
fn waiting_before_reading_is_a_deadlock() {
    shows(
        "waiting_before_reading_is_a_deadlock",
        &[
            "65536 bytes, wait first: exit code 0",
            "then read: 65536 bytes",
            "65537 bytes: the child would never end: true",
            "read first: 65537 bytes",
            "then wait: exit code 0",
        ],
    );
}

#[test]
fn sigpipe_ends_a_writer_nobody_reads() {
    shows(
        "sigpipe_ends_a_writer_nobody_reads",
        &[
            r#"output: "y\n""#,
            "yes: killed by SIGPIPE; a shell says 141",
            "head: exit code 0; a shell says 0",
        ],
    );
}

#[test]
fn rust_ignores_sigpipe_and_gets_an_error() {
    shows(
        "rust_ignores_sigpipe_and_gets_an_error",
        &[
            "SIGPIPE ignored at start: true",
            "write: EPIPE: Broken pipe",
            "the same write with the default action: killed by SIGPIPE",
        ],
    );
}

#[test]
fn raw_fork_leaves_sigpipe_ignored() {
    shows(
        "raw_fork_leaves_sigpipe_ignored",
        &[
            "raw fork and exec: SIGPIPE is ignored",
            "std::process::Command: SIGPIPE is at its default",
            "spawn of this lecture: SIGPIPE is at its default",
        ],
    );
}

#[test]
fn exec_keeps_descriptors_but_not_cloexec_ones() {
    shows(
        "exec_keeps_descriptors_but_not_cloexec_ones",
        &[
            "opened plainly: still open after exec",
            "opened with O_CLOEXEC: closed by exec",
            "opened by std: closed by exec",
            "made by this lecture's pipe(): closed by exec",
        ],
    );
}

#[test]
fn dup2_clears_cloexec_but_not_onto_itself() {
    shows(
        "dup2_clears_cloexec_but_not_onto_itself",
        &["pipe end, dup2 to 0: the program has standard input", "marked 0, dup2 to 0: the program has none"],
    );
}

#[test]
fn the_umask_decides_who_may_read_a_new_file() {
    shows(
        "the_umask_decides_who_may_read_a_new_file",
        &[
            "asked for 0666, umask 000: mode 0666",
            "asked for 0666, umask 022: mode 0644",
            "asked for 0666, umask 027: mode 0640",
            "asked for 0666, umask 077: mode 0600",
        ],
    );
}

#[test]
fn ls_sort_head() {
    shows(
        "ls_sort_head",
        &["elder", "date", "cherry", "ls: exit code 0", "sort: exit code 0", "head: exit code 0"],
    );
}

#[test]
fn classic_pipelines_are_built_by_one_loop() {
    shows(
        "classic_pipelines_are_built_by_one_loop",
        &[
            "find . -type f | grep txt | sort | tar -cf - -T - | tar -tf -",
            "    ./draft.txt",
            "    ./notes.txt",
            "ls | sort -r | tail -n 2 | awk {print(NR,$1)}",
            "    1 draft.txt",
            "    2 code",
            r#"sed s/#.*// code | tr -s [:space:] \n | awk {print(NR,$0)} | tail -n 2"#,
            "    5 =",
            "    6 x",
        ],
    );
}

#[test]
fn head_10_opens_a_file_named_10() {
    shows(
        "head_10_opens_a_file_named_10",
        &[r#"ls | head 10: "I am the file 10\n""#, r#"ls | head -n 10: "10\na\n""#],
    );
}

#[test]
fn a_stage_does_not_know_its_neighbours() {
    shows(
        "a_stage_does_not_know_its_neighbours",
        &[
            r#"from a file: "fig\npear\nplum\n""#,
            r#"from this process: "fig\npear\nplum\n""#,
            r#"from another program: "fig\npear\nplum\n""#,
        ],
    );
}

#[test]
fn the_builder_makes_outputs_fit_inputs() {
    shows(
        "the_builder_makes_outputs_fit_inputs",
        &[
            "What is the smallest of 9 and 10?",
            r#"    printf 9\n10\n | sort | head -n 1 = 10 (all stages 0: true)"#,
            r#"    printf 9\n10\n | sort -n | head -n 1 = 9 (all stages 0: true)"#,
            "How many files are here? (There are two.)",
            "    find . -type f | wc -l = 3 (all stages 0: true)",
            r#"    find . -type f -print0 | tr -cd \0 | wc -c = 2 (all stages 0: true)"#,
        ],
    );
}

#[test]
fn temporary_files_give_the_same_result_later() {
    shows(
        "temporary_files_give_the_same_result_later",
        &[
            r#"pipe: got "early\n", first stage alive: true"#,
            "file: the second stage starts after the first's exit code 0",
            "file: 11 bytes on disk, under a name",
            "same bytes: true",
        ],
    );
}

#[test]
fn each_stage_has_its_own_status() {
    shows(
        "each_stage_has_its_own_status",
        &[
            "stage 0: exit code 3, 3 to a shell",
            "stage 1: killed by SIGKILL, 137 to a shell",
            "stage 2: exit code 0, 0 to a shell",
            "the last one: 0",
            "the rightmost failure: 137",
        ],
    );
}
