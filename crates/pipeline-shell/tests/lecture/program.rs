//! The lecture's program, `pipeline-shell`: programs joined by pipes, commas between them.

use crate::run::pipeline_shell;
use lecture_kit::run;
use std::process::Command;

#[test]
fn stages_are_joined_by_pipes() {
    pipeline_shell(&["printf", r"b\na\n", ",", "sort", ",", "head", "-n", "1"])
        .code(0)
        .stdout("a\n")
        .stderr("printf: exit code 0\nsort: exit code 0\nhead: exit code 0\n");
}

#[test]
fn the_last_stage_decides_the_exit_code() {
    pipeline_shell(&["false", ",", "sh", "-c", "exit 3"])
        .code(3)
        .stderr("false: exit code 1\nsh: exit code 3\n");
    pipeline_shell(&["true", ",", "no-such-program"]).code(127);
    pipeline_shell(&["true", ",", "sh", "-c", "kill -s KILL $$"]).code(137);
}

#[test]
fn a_stage_without_a_program_is_wrong_usage() {
    for words in [&[][..], &[","], &["ls", ","], &[",", "ls"], &["ls", ",", ",", "cat"]] {
        let usage = "usage: pipeline-shell PROGRAM [WORD...] [, PROGRAM [WORD...]]...\n";
        pipeline_shell(words).code(2).stdout("").stderr(usage);
    }
}

#[test]
fn a_stage_has_no_descriptor_but_its_three() {
    // Compared with `ls` alone: it opens one to read the folder, and whoever runs this test may have left some open.
    let alone = run(Command::new("ls").arg("/proc/self/fd")).code(0).get_output().stdout.clone();
    for stages in ["ls /proc/self/fd , cat", "true , ls /proc/self/fd , cat", "true , ls /proc/self/fd"] {
        let words: Vec<&str> = stages.split(' ').collect();
        pipeline_shell(&words).code(0).stdout(alone.clone());
    }
}

#[test]
fn a_hundred_stages_pass_everything_on() {
    let mut words = vec!["seq", "100000"];
    (0..100).for_each(|_| words.extend([",", "cat"]));
    words.extend([",", "tail", "-n", "1"]);
    pipeline_shell(&words).code(0).stdout("100000\n");
}
