//! Milestone 9: `<(..)`, exhaustion, `--explain`, and what a pipeline may cost.
//! Man pages: pipe(7), getrlimit(2), fork(2): ERRORS, proc(5): /proc/PID/fd, /proc/PID/io.

use predicates::str::ends_with;
use rstest::rstest;
use testkit::helpers::spew_bytes;
use testkit::{Errno, Family, Fault, Resource, Room, one_line, only_descriptors, same_bytes};

use super::{program, psh, psh_reads};

/// `<(LIST)` is a word: the path of a pipe that the list writes into. So a program that wants file names
/// can read from programs, from several at a time. /dev/fd, proc(5); pipe(7).
#[rstest]
#[case::one("cat <(echo W)", "W\n")]
#[case::two_in_order("cat <(echo W) <(echo V)", "W\nV\n")]
#[case::beside_standard_input("echo V | cat - <(echo W)", "V\nW\n")]
#[case::a_list_with_a_pipeline("cat <(echo W; echo V | cat)", "W\nV\n")]
#[case::nested("cat <(cat <(echo W))", "W\n")]
#[case::compared("diff <(printf 'W\\nV\\n') <(printf 'W\\n')", "2d1\n< V\n")]
#[case::the_status_does_not_count("cat <(echo W; exit 3) && echo V", "W\nV\n")]
#[case::in_quotes_it_is_text("printf '%s\\n' '<(echo W)' \"<(V)\"", "<(echo W)\n<(V)\n")]
fn a_process_substitution_is_a_path_to_read(#[case] line: &str, #[case] output: &str) {
    let room = Room::new();
    let (word, other) = (room.word(), room.word());
    let fill = |text: &str| text.replace('W', &word).replace('V', &other);

    psh(&room, format!("{}; echo {word}", fill(line)))
        .run()
        .code(0)
        .stdout(format!("{}{word}\n", fill(output)))
        .stderr("");
}

/// The read end belongs to the one command that got the path. If psh kept a copy, the list would never
/// learn that nobody reads; if another stage had one, neither. The line ends when the list has ended too.
#[test]
fn a_process_substitution_leaves_nothing_behind() {
    let room = Room::new();
    let (word, other, gate) = (room.word(), room.word(), room.gate("gate"));

    psh(&room, format!("head -n 1 <(yes {word})")).run().code(0).stdout(format!("{word}\n"));
    psh(&room, format!("sh -c 'fds >one' <(yes {word}) | fds >two; fds >three")).run().code(0);
    let inside = String::from_utf8_lossy(&room.read("one")).split_whitespace().count();
    assert!(
        inside == 4,
        "the command with one `<(..)` has another number of descriptors than expected\nexpected: 4 (0, 1, 2 and the pipe)\nreceived: {inside}"
    );
    only_descriptors("its neighbour in the pipeline", &room.read("two"), &[0, 1, 2]);
    only_descriptors("the command after it", &room.read("three"), &[0, 1, 2]);

    let shell =
        psh(&room, format!("sh -c 'echo {word}' sh <(gate gate; echo {other} >file); cat file")).spawn();
    shell.wait_line(&word);
    gate.reached();
    shell.asleep();
    gate.open();
    shell.wait().code(0).stdout(format!("{word}\n{other}\n"));
}

/// Descriptors are few. Whatever the limit, a line works as a whole, or is given up as a whole: one
/// message, status 1, nothing left running, and the next line works. getrlimit(2): RLIMIT_NOFILE;
/// pipe(2): EMFILE.
#[rstest]
#[case::fifty_stages(&format!("yes W{} | head -n 1", " | cat".repeat(48)), "Too many open files\n")]
#[case::a_substitution("echo $(echo W)", "\n")]
#[case::a_process_substitution("cat <(echo W)", "\n")]
#[case::a_here_string("cat <<<W", "\n")]
fn running_out_of_descriptors_ends_the_line_and_not_psh(#[case] line: &str, #[case] message: &str) {
    let room = Room::new();
    let (word, other) = (room.word(), room.word());
    let script = format!("{}\necho $? {other} | cat\n", line.replace('W', &word));
    let works = format!("{word}\n0 {other}\n");
    let mut refused = 0;

    psh_reads(&room, script.as_str()).run().code(0).stdout(&works).stderr("");
    for limit in (4..16).chain([24, 48, 64, 100]) {
        let run = |script: &str| psh_reads(&room, script).limit(Resource::RLIMIT_NOFILE, limit).run();
        // A shell may need a few descriptors for itself; what it needs for two commands, it has here.
        if limit < 12 && run(&format!("echo {other} | cat\n")).stdout_text() != format!("{other}\n") {
            continue;
        }
        let done = run(&script);
        if done.stdout_text() == works {
            // With more descriptors it works all the more.
            break;
        }
        refused += 1;
        done.code(0).stdout(format!("1 {other}\n")).stderr(one_line("psh: ")).stderr(ends_with(message));
    }
    let expects_refusal = line.contains('|');
    assert!(
        refused > 0 || !expects_refusal,
        "psh never runs out of descriptors\nexpected: some limit from 4 to 100 is too low for 50 stages\nreceived: it works under the lowest"
    );
}

/// fork can fail in the middle of a line, and so can pipe. The stages before would wait for those that
/// never come, so they are killed and reaped; a shell that just gives up leaves them to themselves.
/// fork(2): EAGAIN; pipe(2): ENFILE; kill(2): SIGKILL cannot be refused.
#[rstest]
#[case::no_process_for_the_first_stage(Family::Fork, 1, Errno::EAGAIN, "Resource temporarily unavailable")]
#[case::no_process_for_the_second_stage(Family::Fork, 2, Errno::EAGAIN, "Resource temporarily unavailable")]
#[case::no_process_for_the_third_stage(Family::Fork, 3, Errno::ENOMEM, "Cannot allocate memory")]
#[case::no_process_for_the_last_stage(Family::Fork, 4, Errno::EAGAIN, "Resource temporarily unavailable")]
#[case::no_pipe_in_the_middle(Family::Pipe, 3, Errno::ENFILE, "Too many open files in system")]
fn a_failing_fork_ends_the_stages_already_started(
    #[case] family: Family,
    #[case] nth: u64,
    #[case] errno: Errno,
    #[case] reason: &str,
) {
    let room = Room::new();
    let (word, _never_opened) = (room.word(), room.gate("gate"));
    let call = if family == Family::Fork { "fork" } else { "pipe" };

    let script = format!("gate gate | gate gate | gate gate | gate gate\necho $? {word}\n");
    let done = psh_reads(&room, script).trace(Fault::FailCall { family, nth, errno }).run();
    done.check(
        done.fault_delivered(),
        format!("psh calls {call} at least {nth} times for a line of four stages"),
    );
    done.code(0).stdout(format!("1 {word}\n")).stderr(format!("psh: {call}: {reason}\n"));
}

/// Without a process there is no output to substitute: the command does not run, for its words are not
/// known. One message, status 1, nothing left open, and the next line works. fork(2): EAGAIN.
#[rstest]
#[case::a_command_substitution("echo V $(echo V)")]
#[case::a_process_substitution("cat <(echo V)")]
fn a_failing_substitution_runs_no_command(#[case] line: &str) {
    let room = Room::new();
    let (word, never) = (room.word(), room.word());

    let script = format!("{}\necho $? {word}; fds\n", line.replace('V', &never));
    let done = psh_reads(&room, script)
        .trace(Fault::FailCall { family: Family::Fork, nth: 1, errno: Errno::EAGAIN })
        .run();
    done.check(done.fault_delivered(), "psh makes a process for the line");
    done.code(0).stdout(format!("1 {word}\n0 1 2\n")).stderr("psh: fork: Resource temporarily unavailable\n");
}

/// `--explain` asks the kernel who holds each pipe end, when all stages run. In a correct shell each end
/// has one holder: the stage that needs it. A second pid in a list is the hang of tomorrow. proc(5).
#[test]
fn explain_names_the_holder_of_every_end() {
    let room = Room::new();
    let gate = room.gate("gate");
    let readers = &["cat", "sort", "tail", "tac", "wc", "uniq"][..room.number(2..7) as usize];
    let stages: Vec<_> = ["gate"].iter().chain(readers).collect();

    let line = format!("gate gate | {}", readers.join(" | "));
    let shell = room.command(program()).args(["--explain", "-c", &line]).spawn();
    gate.reached();
    shell.asleep();
    let pids: Vec<i32> = stages.iter().map(|name| shell.descendant(name).pid).collect();
    let lines = pids
        .windows(2)
        .enumerate()
        .map(|(i, pair)| format!("pipe {}: write {} read {}\n", i + 1, pair[0], pair[1]));
    gate.open();
    shell.wait().code(0).stderr(lines.collect::<String>());
}

/// A process is dear. One for each external command, one more for each `$(..)`, `<(..)` and background
/// list, none for a builtin and none that only stands between. Counted by ptrace(2), not by the clock.
#[rstest]
#[case::a_command("true", 1)]
#[case::a_pipeline("true | cat | cat | cat | cat", 5)]
#[case::builtins_need_none("cd /; pwd; true; cd .", 1)]
#[case::redirections_need_none("true >file; cat <file 2>&1 | cat", 3)]
#[case::a_list("true && true; true || true; true", 4)]
#[case::a_substitution("echo $(cat file) x", 3)]
#[case::a_here_string("cat <<<x", 2)]
#[case::a_job("true & wait", 1)]
fn each_command_costs_one_process(#[case] line: &str, #[case] most: u64) {
    let room = Room::new();
    let (word, _) = (room.word(), room.write("file", "x\n"));

    let done = psh(&room, format!("{line}; echo {word}")).trace(Fault::Count).run();
    done.code(0).stdout(ends_with(format!("{word}\n")));
    let forks = done.forks() - 1;
    assert!(
        forks <= most,
        "`{line}` costs too many new processes\nexpected: at most {most}\nreceived: {forks}"
    );
}

/// The data goes from stage to stage through the kernel, and from the last stage to where the shell's
/// own output goes. A shell that stands in between, reading and writing, is slower by two copies and two
/// switches a piece. /proc/PID/io counts what psh itself reads and writes.
#[rstest]
#[case::through_pipes(&[])]
#[case::through_files(&["--via-files"])]
fn psh_copies_no_pipeline_data(#[case] options: &[&str]) {
    let room = Room::new();
    let (gate, size) = (room.gate("gate"), 4 * 1024 * 1024 + room.number(0..4096));

    let line = format!("spew {size} | cat | cat; gate gate");
    let psh = room.command(program()).args(options).args(["-c", &line]);
    let shell = psh.stdout_to("output").spawn();
    gate.reached();
    let io = shell.io();
    assert!(
        io.rchar + io.wchar < size / 16,
        "{size} bytes passed through the pipeline\nexpected: psh itself reads and writes next to none of them\nreceived: psh has read {} bytes and written {}",
        io.rchar,
        io.wchar
    );
    gate.open();
    shell.wait().code(0);
    same_bytes("the output of the pipeline", &spew_bytes(size as usize), &room.read("output"));
}
