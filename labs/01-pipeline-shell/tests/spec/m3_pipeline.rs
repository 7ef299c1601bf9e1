//! Milestone 3: pipelines of any length, with builtins among the stages.
//! Man pages: pipe(7), fork(2), waitpid(2), getcwd(3), and `fds` for looking at descriptors (proc(5)).

use rstest::rstest;
use testkit::{Room, only_descriptors};

use super::{psh, psh_reads, status};

/// A stage owns one end of the pipe before it and one end of the pipe behind it, as descriptors 0 and
/// 1, and no other. Any further copy, inherited by accident, keeps a partner from seeing end of file or
/// SIGPIPE. pipe(7); dup2(2); O_CLOEXEC in open(2).
#[test]
fn no_stage_keeps_a_pipe_end_it_does_not_use() {
    let room = Room::new();
    let word = room.word();
    let stages: Vec<_> = (1..6).map(|place| format!("sh -c 'fds >stage.{place}; cat'")).collect();

    psh(&room, format!("echo {word} | {}", stages.join(" | "))).run().code(0).stdout(format!("{word}\n"));
    for place in 1..6 {
        only_descriptors(
            &format!("stage {} of 6", place + 1),
            &room.read(format!("stage.{place}")),
            &[0, 1, 2],
        );
    }
    psh(&room, "sh -c 'fds >first' | fds | sh -c 'cat >middle; fds >last'").run().code(0);
    for stage in ["first", "middle", "last"] {
        only_descriptors(&format!("the {stage} stage of 3"), &room.read(stage), &[0, 1, 2]);
    }
}

/// The length of a pipeline is not written into the shell. Each of the 200 stages adds its letter, so a
/// stage that is lost, doubled or at the wrong place is seen in the result.
#[test]
fn two_hundred_stages_pass_the_data_on() {
    let room = Room::new();
    let (word, letters) = (room.word(), (0..25).map(|_| room.word()).collect::<String>());
    let stages: Vec<_> = letters.chars().map(|letter| format!("sed s/$/{letter}/")).collect();

    psh(&room, format!("echo {word} | {}", stages.join(" | ")))
        .run()
        .code(0)
        .stdout(format!("{word}{letters}\n"));
}

/// One line, one status: that of the last stage. With `set -o pipefail` it is the rightmost one that is
/// not 0, so that a failure in the middle is not lost. Whatever ends first must not matter.
#[rstest]
#[case::the_last_one_counts("exit.A | exit.B | exit.C", "C")]
#[case::even_if_the_others_fail("exit.A | exit.B | exit.0", "0")]
#[case::a_missing_stage_is_127("exit.A | no_such_command", "127")]
#[case::a_killed_stage_is_128_and_more("exit.A | die KILL", "137")]
#[case::pipefail_takes_the_rightmost_failure("set -o pipefail; exit.A | exit.B | exit.0", "B")]
#[case::pipefail_with_a_good_end("set -o pipefail; exit.A | exit.0 | exit.0", "A")]
#[case::pipefail_without_a_failure("set -o pipefail; exit.0 | exit.0", "0")]
#[case::pipefail_can_be_ended("set -o pipefail; set +o pipefail; exit.A | exit.0", "0")]
fn the_last_stage_decides_the_status(#[case] line: &str, #[case] wanted: &str) {
    let room = Room::new();
    let word = room.word();
    let mut line = line.replace("exit.0", "sh -c 'exit 0'");
    let mut wanted = wanted.to_owned();
    for name in ["A", "B", "C"] {
        let code = status(&room).to_string();
        line = line.replace(&format!("exit.{name}"), &format!("sh -c 'exit {code}'"));
        wanted = wanted.replace(name, &code);
    }
    let code = wanted.parse().expect("a number");

    psh_reads(&room, format!("echo {word}\n{line}\n")).run().code(code).stdout(format!("{word}\n"));
}

/// The last stage is the rightmost one, not the one that happens to end last: here the first stage is
/// held at a gate until the second has ended. A shell must know which pid stands where. waitpid(2).
#[test]
fn the_stage_that_ends_last_is_not_the_last_stage() {
    let room = Room::new();
    let (word, early, late) = (room.word(), status(&room), status(&room) + 120);
    let gate = room.gate("gate");

    let line = format!("sh -c 'gate gate; exit {late}' | sh -c 'echo {word}; exit {early}'");
    let shell = psh(&room, format!("{line}; echo $?")).spawn();
    shell.wait_line(&word);
    gate.reached();
    shell.asleep();
    gate.open();
    shell.wait().code(0).stdout(format!("{word}\n{early}\n"));
}

/// A stage is a process of its own, also if it is a builtin: what it changes, it changes for itself
/// only. `cd / | cat` leaves the shell where it is, and `exit 3 | cat` leaves it alive.
#[test]
fn a_builtin_in_a_stage_does_not_move_the_shell() {
    let room = Room::new();
    let word = room.word();
    let here = room.dir().display();

    psh(&room, "cd / | cat; pwd").run().code(0).stdout(format!("{here}\n"));
    psh(&room, "true | cd /; pwd").run().code(0).stdout(format!("{here}\n"));
    psh(&room, format!("exit 3 | cat; echo {word}")).run().code(0).stdout(format!("{word}\n"));
    psh(&room, format!("true | exit 3; echo $? {word}")).run().code(0).stdout(format!("3 {word}\n"));
    psh(&room, "set -o pipefail | cat; sh -c 'exit 5' | cat; echo $?").run().code(0).stdout("0\n");
}

/// A process that has ended stays in the process table, as a zombie, until its parent has asked for its
/// status. A shell runs for weeks: it collects *every* stage, not only the last one. waitpid(2), NOTES.
#[test]
fn no_zombie_is_left_after_a_line() {
    let room = Room::new();
    let word = room.word();
    let gate = room.gate("gate");

    let shell = psh(&room, format!("true | cat | true | cat; echo {word} | cat; true | gate gate")).spawn();
    gate.reached();
    shell.asleep();
    shell.assert_no_zombie();
    gate.open();
    shell.wait().code(0).stdout(format!("{word}\n"));
}

/// fork copies the shell's memory, and with it every byte that waits in a buffer: printed later, it is
/// printed by both. A builtin's output is written before the next command starts. fork(2), write(2).
#[test]
fn output_of_a_builtin_is_written_once_and_in_order() {
    let room = Room::new();
    let (word, folder) = (room.word(), room.word());
    room.mkdir(&folder);
    let here = room.dir().display();

    psh(&room, format!("pwd; echo {word}; cd {folder}; pwd; echo {word} | cat; pwd | cat; sh -c pwd; pwd"))
        .run()
        .code(0)
        .stdout(format!(
            "{here}\n{word}\n{here}/{folder}\n{word}\n{here}/{folder}\n{here}/{folder}\n{here}/{folder}\n"
        ));
}

/// The examples that made pipelines famous: small programs, each ignorant of the others. That their
/// texts fit together is the business of whoever writes the line.
#[rstest]
#[case::the_last_names("ls | grep W | sort -r | head -n 2", "W3\nW2\n")]
#[case::how_many_files("find . -name 'W*' | sort | grep -c W", "3\n")]
#[case::an_archive_in_a_pipe(
    "find . -name 'W*' | sort | tar -c -f - -T - | tar -t -f - | sed s:./::",
    "W1\nW2\nW3\n"
)]
#[case::columns("ls -l | grep W | sort -k 9 | tail -n 2 | awk '{print $9, $5}'", "W2 20\nW3 30\n")]
#[case::a_compiler_in_stages(
    r#"printf 'a = W # note\n  b = a\n' | sed 's/ *#.*//' | tr -s ' ' | awk '{print NR, $1, $3}'"#,
    "1 a W\n2 b a\n"
)]
#[case::how_often_the_same_line("cat W2 W1 W2 | sort | uniq -c | awk '{print $1}'", "5\n")]
fn the_classic_examples_work(#[case] line: &str, #[case] wanted: &str) {
    let room = Room::new();
    let word = room.word();
    let fill = |text: &str| text.replace('W', &word);
    for size in 1..4 {
        room.write(format!("{word}{size}"), "xxxx-xxxx\n".repeat(size));
    }

    psh(&room, fill(line)).run().code(0).stdout(fill(wanted)).stderr("");
}
