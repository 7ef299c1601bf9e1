//! One test a claim: the example of the same name ends well and prints exactly this.
//! The rule, its reason and the man pages stand at the head of the example.

use crate::run::example;

fn shows(name: &str, lines: &[&str]) {
    let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
    example(name).success().stdout(text).stderr("");
}

#[test]
fn a_boss_can_pass_a_connection_to_a_worker() {
    shows(
        "a_boss_can_pass_a_connection_to_a_worker",
        &[
            "passed to worker 2: it answered: true",
            "passed to worker 0: it answered: true",
            "passed to worker 2: it answered: true",
        ],
    );
}

#[test]
fn a_boss_that_died_is_seen_as_end_of_file() {
    shows(
        "a_boss_that_died_is_seen_as_end_of_file",
        &[
            "three workers wait for tasks",
            "boss: status 137",
            "worker: end of the queue, status 0",
            "worker: end of the queue, status 0",
            "worker: end of the queue, status 0",
        ],
    );
}

#[test]
fn a_client_connects_before_anybody_accepts() {
    shows(
        "a_client_connects_before_anybody_accepts",
        &[
            "first client: connected, has sent, has hung up",
            "second client: connected, has sent, has hung up",
            "in the backlog: 2",
            r#"accepted: "first""#,
            r#"accepted: "second""#,
        ],
    );
}

#[test]
fn a_crashed_worker_leaves_the_others() {
    shows(
        "a_crashed_worker_leaves_the_others",
        &[
            "first client: connection ended, 0 bytes more",
            "second client: answer 200, by the same worker: true",
            "third client: by a new worker: true",
            "workers: 2",
        ],
    );
}

#[test]
fn a_full_queue_blocks_refuses_or_drops() {
    shows(
        "a_full_queue_blocks_refuses_or_drops",
        &[
            "wait: the boss sleeps at the full queue; a worker comes: 6000 tasks, 0 to 5999",
            "refuse: 1904 refused; a worker comes: 4096 tasks, 0 to 4095",
            "drop the oldest: 2048 dropped; a worker comes: 3952 tasks, 2048 to 5999",
        ],
    );
}

#[test]
fn a_lease_finds_the_worker_that_is_stuck() {
    shows(
        "a_lease_finds_the_worker_that_is_stuck",
        &[
            "answer or end of file from worker 1: false",
            "lease of attempt 1 over: true",
            "worker 2: answer 49, attempt 2: taken",
            "worker 1: answer 49, attempt 1: too late, dropped",
        ],
    );
}

#[test]
fn a_lock_tells_leftovers_from_work_in_progress() {
    shows(
        "a_lock_tells_leftovers_from_work_in_progress",
        &[
            "first.draft: nobody has its lock: a leftover, removed",
            "second.draft: locked: work in progress, left alone",
        ],
    );
}

#[test]
fn a_pool_is_made_once_a_child_is_made_each_time() {
    shows(
        "a_pool_is_made_once_a_child_is_made_each_time",
        &[
            "one: children before the first client 0, made for 6 clients 0, processes that answered 1",
            "fork: children before the first client 0, made for 6 clients 6, processes that answered 6",
            "pool: children before the first client 3, made for 6 clients 0, processes that answered 3",
        ],
    );
}

#[test]
fn a_pool_never_ends_if_one_worker_holds_anothers_pipe() {
    shows(
        "a_pool_never_ends_if_one_worker_holds_anothers_pipe",
        &[
            "each worker closes its own write end only:",
            "    close-on-exec is set: true",
            "    closed pipe 1, worker 1 has ended: false",
            "    worker 2 holds pipe 1: true",
            "    closed pipe 2: worker 2 ends, then worker 1",
            "each worker closes the others' as well:",
            "    closed pipe 1, worker 1 has ended",
            "    closed pipe 2, worker 2 has ended",
        ],
    );
}

#[test]
fn a_pool_of_n_serves_n_at_a_time() {
    shows(
        "a_pool_of_n_serves_n_at_a_time",
        &[
            "two clients, two workers: true",
            "in the backlog: 1, although both workers sleep",
            "the second hangs up: the third is served by its worker: true",
        ],
    );
}

#[test]
fn a_process_costs_more_than_a_request() {
    shows(
        "a_process_costs_more_than_a_request",
        &[
            "a new process for each client: 10 page faults a client, or more: true",
            "a worker that was there before: none a client: true",
        ],
    );
}

#[test]
fn a_queue_dies_with_its_processes_a_journal_does_not() {
    shows(
        "a_queue_dies_with_its_processes_a_journal_does_not",
        &[
            "the queue: 2 descriptors lead to it",
            "the boss is killed: 0",
            r#"the journal: "done 1\ndone 2\n", then "done" without an end"#,
            "to do again: [3, 4]",
        ],
    );
}

#[test]
fn a_retry_may_do_the_work_twice() {
    shows(
        "a_retry_may_do_the_work_twice",
        &[
            "effects, if the worker dies   before   after   never",
            "no retry                           0       1       1",
            "retry                              1       2       1",
            "retry, named effect                1       1       1",
        ],
    );
}

#[test]
fn a_shared_queue_feeds_whoever_is_idle() {
    shows(
        "a_shared_queue_feeds_whoever_is_idle",
        &[
            "round robin: 3 of 5 tasks done while one worker is busy",
            "one shared queue: 5 of 5 tasks done while one worker is busy",
            "round robin with stealing: 5 of 5 tasks done while one worker is busy",
        ],
    );
}

#[test]
fn a_worker_counts_only_for_itself() {
    shows(
        "a_worker_counts_only_for_itself",
        &["the boss's own variable: 0", "sent by 3 workers, added by the boss: 1000"],
    );
}

#[test]
fn an_abort_ends_all_threads_a_panic_only_one() {
    shows(
        "an_abort_ends_all_threads_a_panic_only_one",
        &[
            "a panic in thread 2: 2 of 3 answers, status 0",
            "an abort in thread 2: 0 of 3 answers, status 134",
            "a fatal signal in thread 2: 0 of 3 answers, status 136",
        ],
    );
}

#[test]
fn idle_workers_make_no_system_call() {
    shows(
        "idle_workers_make_no_system_call",
        &["answered elsewhere: 100 requests", "meanwhile the 4 idle processes were woken: 0 times"],
    );
}

#[test]
fn one_client_wakes_one_worker_in_accept_but_all_in_poll() {
    shows(
        "one_client_wakes_one_worker_in_accept_but_all_in_poll",
        &["4 workers in accept, one client: 1 of them woke", "4 workers in poll, one client: 4 of them woke"],
    );
}

#[test]
fn one_sigchld_may_stand_for_many_ends() {
    shows(
        "one_sigchld_may_stand_for_many_ends",
        &["children that ended: 3, signals that came: 1", "reaped in a loop: 3", "left: 0"],
    );
}

#[test]
fn rename_shows_a_result_whole_or_not_at_all() {
    shows(
        "rename_shows_a_result_whole_or_not_at_all",
        &[
            "final name, worker killed: a result of 5000 bytes",
            "draft and rename, worker killed: no result yet",
            "draft and rename, tried again: a result of 10000 bytes",
        ],
    );
}

#[test]
fn sigterm_lets_an_answer_end() {
    shows(
        "sigterm_lets_an_answer_end",
        &[
            "idle worker: has ended",
            "busy worker: still answers: true",
            "client: 33554432 of 33554432 bytes, then the end",
            "boss: status 0, workers left: 0",
        ],
    );
}

#[test]
fn stages_have_their_own_queues_and_workers() {
    shows(
        "stages_have_their_own_queues_and_workers",
        &[
            "at once in stage b: 3 tasks",
            "stage a sleeps: the 1024 places between are taken",
            "finished: 3000 tasks",
        ],
    );
}

#[test]
fn the_second_request_waits_only_in_one_process() {
    shows(
        "the_second_request_waits_only_in_one_process",
        &[
            "one: in the backlog: 1, nothing for the second: true",
            "one: answer 200 for the second, first still served: false",
            "fork: answer 200 for the second, first still served: true",
            "pool: answer 200 for the second, first still served: true",
        ],
    );
}

#[test]
fn the_worker_answers_the_client_itself() {
    shows(
        "the_worker_answers_the_client_itself",
        &[
            r#"boss: "hello" came from the client: true"#,
            "boss: passes it on, with both, and is free for the next",
            r#"client: "HELLO" came from the worker"#,
        ],
    );
}

#[test]
fn the_worker_idle_longest_gets_the_client() {
    shows(
        "the_worker_idle_longest_gets_the_client",
        &[
            "nine clients, one after the other, went to process[?]: 1 2 3 1 2 3 1 2 3",
            "process 1 has a guest; the next clients went to 2 3 2 3",
        ],
    );
}

#[test]
fn volunteers_come_and_go() {
    shows(
        "volunteers_come_and_go",
        &[
            "two volunteers came, took a task each, and died: answers 0",
            "two others came: answers 20, tasks given 22",
            "every answer is right: true",
        ],
    );
}
