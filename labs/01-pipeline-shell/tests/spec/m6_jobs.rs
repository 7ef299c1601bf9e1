//! Milestone 6: background jobs, process groups and the terminal.
//! Man pages: setpgid(2), waitpid(2), kill(2), tcsetpgrp(3), credentials(7), signal(7): SIGCHLD.

use predicates::str::{contains, ends_with};
use rstest::rstest;
use testkit::{Fault, Gate, Proc, Room, Running, Signal, eventually};

use super::{program, psh, psh_reads, psh_stays, status};

/// `cmd &` starts and does not wait: the next command runs while the job is still at work, and the end
/// of psh does not wait for it either. A job does not take the shell's input away: it reads /dev/null.
#[test]
fn a_background_job_does_not_hold_the_shell() {
    let room = Room::new();
    let (word, gate) = (room.word(), room.gate("gate"));

    let shell = psh_reads(
        &room,
        format!("gate gate & echo {word} $?\ncat &\nwait $!; echo $? {word}\nsigs & wait $!\n"),
    )
    .spawn();
    gate.reached();
    shell.wait_line(&format!("{word} 0"));
    let done = shell.wait();
    gate.open();
    done.code(0).stdout(format!("{word} 0\n0 {word}\nblocked - ignored - caught -\n")).stderr("");
}

/// A pipeline is a *job*: one process group, so that one kill, one Ctrl-C, one stop reaches all of its
/// processes and nobody else. The group has the pid of the first process as its id. setpgid(2): both
/// the shell and the child should call it, for neither knows who runs first.
#[rstest]
#[case::in_the_foreground("gate gate | cat | sort", false)]
#[case::in_the_background("gate gate | cat | sort &", true)]
fn each_pipeline_is_a_process_group_of_its_own(#[case] line: &str, #[case] background: bool) {
    let room = Room::new();
    let gate = room.gate("gate");

    let shell = psh(&room, if background { format!("{line} wait") } else { line.to_owned() }).spawn();
    gate.reached();
    shell.asleep();
    let leader = shell.descendant("gate").pid;
    let own = nix::unistd::getpgid(Some(nix::unistd::Pid::from_raw(shell.pid())))
        .expect("the group of psh")
        .as_raw();
    for name in ["gate", "cat", "sort"] {
        let group = shell.descendant(name).pgid;
        assert!(
            group == leader,
            "`{name}` is in another process group than expected\nexpected: {leader}, the pid of `gate`\nreceived: {group} (psh itself is in {own})"
        );
    }
    assert!(
        own != leader,
        "psh is in the group of its job\nexpected: another group, so that a signal to the job does not hit psh\nreceived: both are in {own}"
    );
    gate.open();
    shell.wait().code(0);
}

/// `wait PID` gives the status of a job, early or late: the shell must keep the status of a process
/// that ended before anybody asked. Each status is told once; what psh does not know is 127.
#[rstest]
#[case::of_a_running_job("sh -c 'gate gate; exit A' &\nwait $!; echo $?\n", "A\n")]
#[case::of_an_ended_job("sh -c 'exit A' &\ngate gate; wait $!; echo $?\n", "A\n")]
#[case::of_a_killed_job("die KILL &\ngate gate; wait $!; echo $?\n", "137\n")]
#[case::of_the_last_process("sh -c 'exit B' | sh -c 'exit A' &\ngate gate; wait $!; echo $?\n", "A\n")]
#[case::only_once("sh -c 'exit A' &\nwait $!; gate gate; wait $!; echo $?\n", "127\n")]
#[case::of_a_stranger("gate gate; wait 1; echo $?\n", "127\n")]
#[case::of_an_and_or_list("true && sh -c 'exit A' &\ngate gate; wait $!; echo $?\n", "A\n")]
#[case::of_all_jobs("sh -c 'exit A' & sh -c 'gate gate; exit B' &\nwait; echo $?\n", "0\n")]
fn wait_gives_the_status_of_the_job(#[case] script: &str, #[case] wanted: &str) {
    let room = Room::new();
    let (a, b) = (status(&room).to_string(), status(&room).to_string());
    let gate = room.gate("gate");
    let fill = |text: &str| text.replace('A', &a).replace('B', &b);

    let shell = psh_reads(&room, fill(script)).spawn();
    gate.reached();
    shell.asleep();
    gate.open();
    shell.wait().code(0).stdout(fill(wanted));
}

/// Ctrl-C is a signal to the foreground *group*. The pipeline dies of it; the shell, in another group,
/// does not: it reports 128 + n and goes on. kill(2) with a negative pid, setpgid(2).
#[test]
fn a_signal_to_the_group_leaves_psh_alive() {
    let room = Room::new();
    let (word, first, second) = (room.word(), room.gate("first"), room.gate("second"));

    let line = format!("cat | gate first; echo $? {word}; gate second | sort; echo $? {word}");
    let shell = psh(&room, line).stdin_open().spawn();
    for (gate, signal) in [(first, Signal::SIGINT), (second, Signal::SIGTERM)] {
        gate.reached();
        shell.asleep();
        signal_group(shell.descendant("gate").pgid, signal);
    }
    shell.wait().code(0).stdout(format!("130 {word}\n143 {word}\n"));
}

/// SIGCHLD is not a counter: five children that end while the shell cannot look are *one* pending
/// signal. Whoever collects one child per signal keeps four zombies for ever. A shell that waits, for a
/// command or for its next line, collects every child that ends. signal(7): standard signals do not queue.
#[rstest]
#[case::while_it_waits_for_a_command("gate last\n")]
#[case::while_it_waits_for_a_line("")]
#[case::while_it_waits_for_all_jobs("wait\n")]
fn jobs_that_end_together_are_all_reaped(#[case] last: &str) {
    let room = Room::new();
    let gates: Vec<_> = ["a", "b", "c", "d", "e"].map(|name| room.gate(name)).into();
    let (word, end) = (room.word(), room.gate("last"));

    let script = format!("gate a & gate b & gate c &\ngate d & gate e &\necho {word}\n{last}");
    let shell = psh_stays(&room, script);
    shell.wait_line(&word);
    gates.iter().for_each(|gate| gate.reached());
    if last.contains("gate") {
        end.reached();
    }
    shell.assert_idle();
    shell.stop();
    gates.iter().for_each(|gate| gate.open());
    eventually("the five jobs have ended", || zombies(&shell) == 5);
    shell.cont();
    eventually("psh has reaped all five jobs, which ended while it was stopped", || zombies(&shell) == 0);
    end.open();
    shell.close_stdin();
    shell.wait().code(0);
}

/// `waitpid(-1)` returns whichever child ended. That may be a job from an hour ago: its status must go
/// into its own drawer, and the foreground command must get the one of *its* process. waitpid(2).
#[test]
fn a_background_job_does_not_give_its_status_to_the_foreground() {
    let room = Room::new();
    let (early, late) = (status(&room), status(&room) + 120);
    let (first, second) = (room.gate("first"), room.gate("second"));

    let script = format!(
        "sh -c 'gate first; exit {early}' &\nsh -c 'gate second; exit {late}'\necho $?; wait $!; echo $?\n"
    );
    let shell = psh_reads(&room, script).spawn();
    first.reached();
    second.reached();
    shell.asleep();
    shell.stop();
    first.open();
    eventually("the background job has ended", || zombies(&shell) == 1);
    second.open();
    eventually("the foreground command has ended", || zombies(&shell) == 2);
    shell.cont();
    shell.wait().code(0).stdout(format!("{late}\n{early}\n"));
}

/// A child may live and die before fork has even returned in the parent. Whoever learns of its end
/// before writing its pid down, forgets it or waits for it for ever. Here the shell is held at the
/// return of every fork until the child is a zombie. fork(2); sigprocmask(2) is one cure.
#[rstest]
#[case::a_job("sh -c 'exit A' &\nwait $!; exit $?\n")]
#[case::a_command("sh -c 'exit A'\n")]
#[case::the_leader_of_a_group("true | sh -c 'exit A'\n")]
fn a_job_that_ends_before_it_is_recorded_is_still_found(#[case] script: &str) {
    let room = Room::new();
    let code = status(&room);

    let done = psh_reads(&room, script.replace('A', &code.to_string())).trace(Fault::HoldForkReturn).run();
    done.check(done.fault_delivered(), "psh starts a process");
    done.code(code).stderr("");
}

/// The job table is the shell's memory: what runs, what is stopped, what has ended since the user last
/// looked. A done job is told once, and then forgotten. waitpid(2): WUNTRACED, WIFSTOPPED.
#[test]
fn jobs_tells_what_runs_what_is_stopped_and_what_is_done() {
    let room = Room::new();
    let (first, second) = (room.gate("first"), room.gate("second"));
    let word = room.word();

    let shell = psh_stays(&room, format!("gate first & cat | gate second &\njobs; echo {word}\n"));
    shell.wait_line(&word);
    first.reached();
    second.reached();
    shell.asleep();
    let group_at = |gate: &Gate| Proc::read(gate.visitors()[0]).expect("the process at the gate").pgid;
    let (one, two) = (group_at(&first), group_at(&second));
    let mut wanted = format!("[1] running {one} gate first\n[2] running {two} cat | gate second\n{word}\n");

    first.open();
    eventually("the first job has ended and is reaped", || {
        shell.descendants().iter().all(|process| process.pgid == two)
    });
    shell.send(format!("jobs; echo again {word}\njobs; echo third {word}\n"));
    shell.wait_line(&format!("third {word}"));
    wanted += &format!("[1] done {one} gate first\n[2] running {two} cat | gate second\nagain {word}\n");
    wanted += &format!("[2] running {two} cat | gate second\nthird {word}\n");

    shell.asleep();
    signal_group(two, Signal::SIGSTOP);
    eventually("the second job is stopped", || {
        shell.descendants().iter().all(|process| process.state == 'T')
    });
    shell.send(format!("jobs; echo fourth {word}\n"));
    shell.wait_line(&format!("fourth {word}"));
    wanted += &format!("[2] stopped {two} cat | gate second\nfourth {word}\n");

    signal_group(two, Signal::SIGKILL);
    shell.close_stdin();
    shell.wait().code(0).stdout(wanted).stderr("");
}

/// A stopped job has not ended: waitpid tells its stop only to those who ask for it, and a shell that
/// does not ask waits for ever. It reports the stop, and `fg` continues the job where it was.
/// waitpid(2): WUNTRACED; kill(2): SIGCONT.
#[test]
fn a_stopped_job_is_reported_and_fg_continues_it() {
    let room = Room::new();
    let (word, code) = (room.word(), status(&room));
    let line = format!("sh -c 'echo $$; kill -s STOP 0; echo {word}; exit {code}'");

    let done = psh_reads(&room, format!("{line}\necho $?\njobs\nfg\necho $?\nfg\necho $?\n")).run();
    let text = done.stdout_text();
    let pid = text.lines().next().unwrap_or_default();
    let stopped = format!("[1] stopped {pid} {line}\n");
    done.code(0).stdout(format!("{pid}\n147\n{stopped}{line}\n{word}\n{code}\n1\n"));
    done.stderr(format!("{stopped}psh: fg: no such job\n"));
}

/// A terminal has one foreground group: it alone may read, and Ctrl-C and Ctrl-Z go to it alone. The
/// shell lends the terminal to the pipeline and takes it back. tcsetpgrp(3), credentials(7).
#[test]
fn the_terminal_belongs_to_the_job_in_the_foreground() {
    let room = Room::new();
    let (word, other, last) = (room.word(), room.word(), room.word());
    room.executable("ask", "#!/bin/sh\necho ask-$1\nread answer\necho got-$answer\n");
    let ctrl_c = "\u{3}";
    let ctrl_z = "\u{1a}";

    let shell = room.command(program()).terminal().spawn();
    // A key that makes a signal throws away what was typed before; so each is waited for.
    let keys = |typed: &str, shown: &str| {
        shell.send(typed);
        shell.wait_stdout(ends_with(shown.to_owned()));
        shell.asleep();
    };
    shell.wait_stdout("psh$ ");
    keys(&format!("./ask {word} | cat\n"), &format!("ask-{word}\n"));
    keys(ctrl_z, &format!(" ./ask {word} | cat\npsh$ "));
    keys("fg\n", &format!("./ask {word} | cat\n"));
    keys(&format!("{other}\n"), &format!("got-{other}\npsh$ "));
    keys(&format!("./ask {last}\n"), &format!("ask-{last}\n"));
    keys(ctrl_c, "psh$ ");
    keys(&format!("echo $?-{last}\n"), &format!("130-{last}\npsh$ "));
    shell.send("exit 7\n");
    shell.wait().code(7).stdout(contains("[1] stopped "));
}

/// kill(2) to a whole process group, as a terminal does it.
fn signal_group(group: i32, signal: Signal) {
    nix::sys::signal::killpg(nix::unistd::Pid::from_raw(group), signal)
        .expect("send the signal to the group");
}

/// How many ended children wait for psh to collect them.
fn zombies(shell: &Running) -> usize {
    shell.descendants().iter().filter(|process| process.is_zombie()).count()
}
