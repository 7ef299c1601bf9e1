//! One test a claim: the example of the same name ends well and prints exactly this.
//! The rule, its reason and the man pages stand at the head of the example.

use crate::run::example;

fn shows(name: &str, lines: &[&str]) {
    let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
    example(name).success().stdout(text).stderr("");
}

#[test]
fn a_barrier_in_shared_memory_sends_no_message() {
    shows(
        "a_barrier_in_shared_memory_sends_no_message",
        &[
            "rank 2 held: ranks 0 and 1 sleep in futex",
            "500 meetings: chosen 500 times",
            "passed before somebody had come: 0",
        ],
    );
}

#[test]
fn a_broadcast_by_tree_takes_log2_rounds() {
    shows(
        "a_broadcast_by_tree_takes_log2_rounds",
        &[
            "round 1: 0→1",
            "round 2: 0→2 1→3",
            "round 3: 0→4 1→5 2→6 3→7",
            " 1 ranks: line  0 messages,  0 rounds; tree  0 messages, 0 rounds",
            " 2 ranks: line  1 messages,  1 rounds; tree  1 messages, 1 rounds",
            " 3 ranks: line  2 messages,  2 rounds; tree  2 messages, 2 rounds",
            " 5 ranks: line  4 messages,  4 rounds; tree  4 messages, 3 rounds",
            " 8 ranks: line  7 messages,  7 rounds; tree  7 messages, 3 rounds",
            "16 ranks: line 15 messages, 15 rounds; tree 15 messages, 4 rounds",
            "33 ranks: line 32 messages, 32 rounds; tree 32 messages, 6 rounds",
        ],
    );
}

#[test]
fn a_broadcast_is_no_barrier() {
    shows(
        "a_broadcast_is_no_barrier",
        &[
            "round 1: 0→1",
            "round 2: 0→2 1→3",
            "round 3: 0→4 1→5",
            "rank 0 has ended",
            "rank 1 has ended",
            "rank 2 has ended",
            "rank 3 sleeps in read",
            "rank 4 has ended",
            "rank 5 sleeps in read",
            "after messages in rank 1's name: [42, -1, 42, 7, 42, 7]",
        ],
    );
}

#[test]
fn a_childs_write_is_not_seen() {
    shows(
        "a_childs_write_is_not_seen",
        &["same address: true", "the child's value: 42", "the parent's value: 7"],
    );
}

#[test]
fn a_dead_rank_ends_the_whole_ring() {
    shows(
        "a_dead_rank_ends_the_whole_ring",
        &[
            "generation 1: 8 cells live",
            "generation 2: 10 cells live",
            "generation 3: 11 cells live",
            "then: rank 2 ended with 137, so all others had to end",
            "processes left: 0",
        ],
    );
}

#[test]
fn a_glider_travels_from_rank_to_rank() {
    shows(
        "a_glider_travels_from_rank_to_rank",
        &[
            "generation  0: cells of ranks 0 to 2: 0 5 0",
            "generation  8: cells of ranks 0 to 2: 0 2 3",
            "generation 16: cells of ranks 0 to 2: 0 0 5",
            "generation 24: cells of ranks 0 to 2: 3 0 2",
            "generation 32: cells of ranks 0 to 2: 5 0 0",
            "generation 40: cells of ranks 0 to 2: 2 3 0",
            "generation 48: cells of ranks 0 to 2: 0 5 0",
            "12 columns further, and otherwise as before: true",
        ],
    );
}

#[test]
fn a_held_rank_holds_the_others_one_by_one() {
    shows(
        "a_held_rank_holds_the_others_one_by_one",
        &[
            "rank 0 is held; generations of each rank: [0, 0, 1, 2, 2, 1, 0]",
            "rank 0 goes; generations of each rank: [10, 10, 10, 10, 10, 10, 10]",
        ],
    );
}

#[test]
fn a_nonblocking_receive_comes_back_empty() {
    shows(
        "a_nonblocking_receive_comes_back_empty",
        &["look 1: None", "look 2: None", "look 3: None", "work done: 6; blocking: (1, 77)"],
    );
}

#[test]
fn a_reduction_is_a_broadcast_backwards() {
    shows(
        "a_reduction_is_a_broadcast_backwards",
        &[
            " 1 ranks: sum 1 by line in 0 rounds, 1 by tree in 0; largest 0",
            " 2 ranks: sum 3 by line in 1 rounds, 3 by tree in 1; largest 1",
            " 5 ranks: sum 15 by line in 4 rounds, 15 by tree in 3; largest 16",
            " 8 ranks: sum 36 by line in 7 rounds, 36 by tree in 3; largest 49",
            "13 ranks: sum 91 by line in 12 rounds, 91 by tree in 4; largest 144",
        ],
    );
}

#[test]
fn a_result_must_come_back_by_message() {
    shows(
        "a_result_must_come_back_by_message",
        &["the parent's variable: 0", "by message: 125250 + 375250 = 500500"],
    );
}

#[test]
fn a_symmetric_receive_names_its_sender() {
    shows("a_symmetric_receive_names_its_sender", &["from rank 2: 22", "from rank 1: 11"]);
}

#[test]
fn a_write_after_fork_copies_one_page() {
    shows(
        "a_write_after_fork_copies_one_page",
        &[
            "before fork, parent      : 64 alone,  0 shared",
            "after fork, child        :  0 alone, 64 shared",
            "3 pages written, child   :  3 alone, 61 shared",
            "3 pages written, parent  :  3 alone, 61 shared",
        ],
    );
}

#[test]
fn among_mailboxes_a_death_is_not_noticed() {
    shows(
        "among_mailboxes_a_death_is_not_noticed",
        &[
            "rank 1 is dead",
            "rank 0 still waits for it",
            "rank 2 still waits for it",
            "ended by force; left: 0",
        ],
    );
}

#[test]
fn an_asymmetric_receive_tells_who_sent() {
    shows(
        "an_asymmetric_receive_tells_who_sent",
        &[
            "rank 3 asks for the square of 3",
            "rank 1 asks for the square of 1",
            "rank 2 asks for the square of 2",
            "rank 3 asks for the square of 3",
        ],
    );
}

#[test]
fn an_exit_status_is_no_result() {
    shows(
        "an_exit_status_is_no_result",
        &[
            "1 + ... + 20 = 210, arrived: 210",
            "1 + ... + 22 = 253, arrived: 253",
            "1 + ... + 30 = 465, arrived: 209",
        ],
    );
}

#[test]
fn each_pair_keeps_its_order() {
    shows(
        "each_pair_keeps_its_order",
        &["taken from ranks 1 to 3: [1000, 1000, 1000]", "out of order within a pair: 0"],
    );
}

#[test]
fn even_ranks_send_first_odd_ranks_receive_first() {
    shows(
        "even_ranks_send_first_odd_ranks_receive_first",
        &[
            "all send first: 5 of 5 sleep in write",
            "rank 0 receives first: all have ended",
            "even ranks send first: all have ended",
        ],
    );
}

#[test]
fn floats_added_in_order_of_arrival_give_two_sums() {
    shows(
        "floats_added_in_order_of_arrival_give_two_sums",
        &[
            "arrival [1, 2, 3], added as they come: 0",
            "arrival [1, 2, 3], added by rank: 0",
            "arrival [1, 3, 2], added as they come: 1",
            "arrival [1, 3, 2], added by rank: 0",
        ],
    );
}

#[test]
fn gather_orders_by_rank_whoever_comes_first() {
    shows(
        "gather_orders_by_rank_whoever_comes_first",
        &[
            "as they came: [0, 1, 4, 64, 81, 36, 49, 9, 16, 25]",
            "by rank: [0, 1, 4, 9, 16, 25, 36, 49, 64, 81]",
        ],
    );
}

#[test]
fn nobody_leaves_a_barrier_before_all_have_come() {
    shows(
        "nobody_leaves_a_barrier_before_all_have_come",
        &[
            "rank 3 held, all sleep in read; passed: 0",
            "rank 3 came; passed: 4",
            "200 barriers more: passed before somebody had come: 0",
        ],
    );
}

#[test]
fn one_program_takes_its_role_from_its_rank() {
    shows(
        "one_program_takes_its_role_from_its_rank",
        &["1 ranks: [1]", "2 ranks: [1, 2]", "6 ranks: [1, 2, 4, 8, 16, 32]"],
    );
}

#[test]
fn peers_need_no_boss_between_them() {
    shows(
        "peers_need_no_boss_between_them",
        &[
            " 3 ranks: through a boss  6 rounds, peer to peer 4",
            " 4 ranks: through a boss  9 rounds, peer to peer 4",
            " 8 ranks: through a boss 21 rounds, peer to peer 4",
            "16 ranks: through a boss 45 rounds, peer to peer 4",
            "32 ranks: through a boss 93 rounds, peer to peer 4",
        ],
    );
}

#[test]
fn ranks_are_made_before_threads() {
    shows(
        "ranks_are_made_before_threads",
        &[
            "fork, then threads: the child ends with Some(10)",
            "a thread, then fork: Err(EBUSY)",
            "the thread has ended: true",
        ],
    );
}

#[test]
fn reading_after_fork_copies_nothing() {
    shows(
        "reading_after_fork_copies_nothing",
        &[
            "sum of four parts equals the serial sum: true",
            "rank 0: 0 pages alone, 64 shared",
            "rank 1: 0 pages alone, 64 shared",
            "rank 2: 0 pages alone, 64 shared",
            "rank 3: 0 pages alone, 64 shared",
        ],
    );
}

#[test]
fn shared_pages_are_seen_but_somebody_must_wait() {
    shows(
        "shared_pages_are_seen_but_somebody_must_wait",
        &["before the children may begin: 0", "after both have ended: 500500"],
    );
}

#[test]
fn strips_with_halos_give_the_same_life() {
    shows(
        "strips_with_halos_give_the_same_life",
        &["1 to 20 ranks: each of 150 generations is equal", "cells that live: 7 at first, 135 at last"],
    );
}

#[test]
fn the_serial_part_limits_the_speed_up() {
    shows(
        "the_serial_part_limits_the_speed_up",
        &[
            "  1 ranks: 1.00 times",
            "  2 ranks: 1.81 times",
            "  4 ranks: 3.07 times",
            " 16 ranks: 6.40 times",
            " 64 ranks: 8.75 times",
            "250 ranks: 9.65 times",
            "limit: 10 times",
        ],
    );
}

#[test]
fn thin_strips_talk_more_than_they_compute() {
    shows(
        "thin_strips_talk_more_than_they_compute",
        &[
            " 1 ranks: 4096 cells computed, 128 sent by each: 3 % of the work",
            " 2 ranks: 2048 cells computed, 128 sent by each: 6 % of the work",
            " 4 ranks: 1024 cells computed, 128 sent by each: 12 % of the work",
            "16 ranks:  256 cells computed, 128 sent by each: 50 % of the work",
            "64 ranks:   64 cells computed, 128 sent by each: 200 % of the work",
        ],
    );
}

#[test]
fn three_layers_give_the_same_sum() {
    shows(
        "three_layers_give_the_same_sum",
        &[
            "one by one               : sum 12043918, 100003 additions, 100003 for each of 1",
            "lanes                    : sum 12043918,  25395 additions,  25395 for each of 1",
            "3 threads, lanes         : sum 12043918,  25411 additions,   8470 for each of 3",
            "2 ranks, 3 threads, lanes: sum 12043918,  25423 additions,   4237 for each of 6",
            "5 ranks, 3 threads, lanes: sum 12043918,  25453 additions,   1696 for each of 15",
        ],
    );
}

#[test]
fn two_big_sends_wait_for_each_other() {
    shows(
        "two_big_sends_wait_for_each_other",
        &[
            "1000 bytes each way, both send first: both have ended",
            "8 MiB each way, both send first: rank 0 sleeps in write",
            "8 MiB each way, both send first: rank 1 sleeps in write",
            "8 MiB each way, rank 1 receives first: both have ended",
        ],
    );
}

#[test]
fn two_collectives_in_a_row_must_not_mix() {
    shows(
        "two_collectives_in_a_row_must_not_mix",
        &["from anybody: 11 and 22, expected 3 and 30", "by rank: 3 and 30, expected 3 and 30"],
    );
}

#[test]
fn two_cores_give_between_one_and_two_times() {
    shows(
        "two_cores_give_between_one_and_two_times",
        &[
            "serial: 2262 primes, 301275 divisions",
            "one does all: 2262 primes, [301275, 0] divisions: 1.00 times",
            "two halves: 2262 primes, [117526, 183749] divisions: 1.63 times",
            "dealt like cards: 2262 primes, [151053, 150222] divisions: 1.99 times",
        ],
    );
}

#[test]
fn two_receives_wait_for_each_other() {
    shows(
        "two_receives_wait_for_each_other",
        &[
            "rank 0 sleeps in read",
            "rank 1 sleeps in read",
            "after a message from outside: rank 0 got 10, rank 1 got 11",
        ],
    );
}

#[test]
fn whether_a_send_waits_depends_on_the_transport() {
    shows(
        "whether_a_send_waits_depends_on_the_transport",
        &[
            "pipes of 16 pages: both have ended",
            "pipes of one page: rank 0 sleeps in write",
            "pipes of one page: rank 1 sleeps in write",
        ],
    );
}

#[test]
fn without_a_halo_the_borders_show() {
    shows(
        "without_a_halo_the_borders_show",
        &[
            "equal up to generation 8",
            "swapped, generation 48: cells of ranks 0 and 1: [3, 2]",
            "not swapped, generation 48: cells of ranks 0 and 1: [5, 0]",
        ],
    );
}
