//! Milestone 6: a supervisor that loses no death.
//! Man pages: waitpid(2), signal(7) SIGCHLD, fork(2), setpgid(2).

use std::collections::BTreeMap;

use rstest::rstest;
use testkit::{Errno, Family, Fault, Finished, Proc, Room, Running, Signal};

use super::{superv, wait_lines};

/// What superv has told of one program: the pids of its starts and how each ended, in order.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Story {
    pub(super) pids: Vec<i32>,
    pub(super) ends: Vec<String>,
}

/// The stories by name. Each start must come before its end, and each end before the next start.
#[track_caller]
pub(super) fn stories(text: &str) -> BTreeMap<String, Story> {
    let mut all: BTreeMap<String, Story> = BTreeMap::new();
    for line in text.lines() {
        let words: Vec<&str> = line.split(' ').collect();
        let is_right = match words.as_slice() {
            ["start", name, pid] => {
                let story = all.entry((*name).to_owned()).or_default();
                let is_idle = story.pids.len() == story.ends.len();
                story.pids.push(pid.parse().unwrap_or(0));
                is_idle
            }
            ["exit", name, pid, how] => {
                let story = all.entry((*name).to_owned()).or_default();
                story.ends.push((*how).to_owned());
                story.pids.len() == story.ends.len() && story.pids.last() == pid.parse().ok().as_ref()
            }
            ["reload"] | ["bye"] => true,
            _ => false,
        };
        assert!(
            is_right,
            "superv tells its story in a wrong way\nexpected: for each program `start NAME PID`, then `exit NAME PID code=N` or `sig=N`, then perhaps the next start\nreceived: `{line}`, in {text:?}"
        );
    }
    all
}

/// Lines as a sentence's end: the first, then the second, and so on.
pub(super) fn in_order<'a>(lines: impl IntoIterator<Item = &'a str>) -> String {
    let lines: Vec<String> = lines.into_iter().map(|line| format!("`{line}`")).collect();
    if lines.is_empty() { "nothing".to_owned() } else { lines.join(", then ") }
}

/// Waits until so many programs run, and gives their pids in the order of their starts.
#[track_caller]
pub(super) fn started(running: &Running, n: usize) -> Vec<i32> {
    wait_lines(running, n, "start ");
    let text = String::from_utf8_lossy(&running.stdout_now()).into_owned();
    let starts = text.lines().filter_map(|line| line.strip_prefix("start ")?.split(' ').nth(1)?.parse().ok());
    starts.collect()
}

#[track_caller]
fn ends_of(done: &Finished, name: &str) -> Vec<String> {
    stories(&done.stdout_text()).remove(name).unwrap_or_default().ends
}

/// A start line, an end line, and how it ended: by a code or by a signal. What cannot be executed has an end, too. When nobody is
/// left, superv ends. The output of the programs is not superv's: it goes to standard error. waitpid(2).
#[test]
fn each_start_and_each_end_is_told() {
    let room = Room::new();
    let (code, word) = (room.number(1..100), room.word());
    room.executable("leave", format!("#!/bin/sh\nexit {code}\n"));
    room.write("plain", "no program");
    let table = format!(
        "# a table\n\na restart=never max=0 true\nb restart=never max=9 ./leave\n  c  restart=never max=0   die  KILL \nd restart=never max=0 {word}\ne restart=never max=0 ./plain\nf restart=never max=0 echo hello {word}\n"
    );
    let done = superv(&room, &table).run();
    done.code(0);
    let text = done.stdout_text();
    for (name, end) in [
        ("a", "code=0".to_owned()),
        ("b", format!("code={code}")),
        ("c", "sig=9".to_owned()),
        ("d", "code=127".to_owned()),
        ("e", "code=126".to_owned()),
        ("f", "code=0".to_owned()),
    ] {
        done.check(
            ends_of(&done, name) == [end.as_str()],
            format!("`{name}` is started once, and ends with {end}"),
        );
    }
    let starts: Vec<&str> = text.lines().filter_map(|line| line.strip_prefix("start ")?.get(..1)).collect();
    done.check(starts == ["a", "b", "c", "d", "e", "f"], "they are started in the order of the table");
    done.check(text.ends_with("\nbye\n"), "the last line is `bye`");
    let said = done.stderr_text();
    for line in [
        format!("superv: {word}: No such file or directory"),
        "superv: ./plain: Permission denied".to_owned(),
        format!("hello {word}"),
    ] {
        done.check(said.lines().any(|other| other == line), format!("stderr has the line `{line}`"));
    }
    superv(&room, "# nobody\n").run().code(0).stdout("bye\n");
    // A signal without a name, and a superv whose parent did not want to hear of its own children: signal(7), waitpid(2).
    room.executable("queued", "#!/bin/sh\nkill -40 $$\n");
    let done = superv(&room, "g restart=never max=0 ./queued\n").ignoring(Signal::SIGCHLD).run();
    done.code(0).check(ends_of(&done, "g") == ["sig=40"], "`g` ends with sig=40");
}

/// `always` starts again whatever happened, `on-failure` after a code other than 0 or a signal, `never` never; and max is the number
/// of *re*starts.
#[rstest]
#[case::always("always", "true", "code=0", true)]
#[case::always_after_a_failure("always", "false", "code=1", true)]
#[case::never("never", "false", "code=1", false)]
#[case::on_failure("on-failure", "false", "code=1", true)]
#[case::on_failure_by_a_signal("on-failure", "die TERM", "sig=15", true)]
#[case::on_failure_but_there_is_none("on-failure", "true", "code=0", false)]
#[case::what_cannot_be_executed("on-failure", "./nothing", "code=127", true)]
fn restarts_follow_the_policy(
    #[case] policy: &str,
    #[case] command: &str,
    #[case] end: &str,
    #[case] again: bool,
) {
    let room = Room::new();
    let max = room.number(2..6) as usize;
    for max in [0, 1, max] {
        let done = superv(&room, &format!("x restart={policy} max={max} {command}\n")).run();
        done.code(0);
        let starts = if again { max + 1 } else { 1 };
        let ends = ends_of(&done, "x");
        done.check(
            ends == vec![end; starts],
            format!(
                "with restart={policy} max={max}, `{command}` is started {starts} times, and ends with {end}"
            ),
        );
    }
}

/// All children die while superv is stopped. SIGCHLD is a standard signal: it is pending once, whoever dies. All the same each
/// death is told, and nobody stays a zombie. waitpid(2): WNOHANG.
#[rstest]
#[case::five(5)]
#[case::a_hundred(100)]
fn deaths_while_it_is_stopped_are_all_told(#[case] n: usize) {
    let room = Room::new();
    let _gate = room.gate("door");
    let mut table: String = (0..n).map(|i| format!("c{i} restart=never max=0 gate door\n")).collect();
    table += "keeper restart=never max=0 gate door\n";
    let running = superv(&room, &table).spawn();
    let pids = started(&running, n + 1);
    running.stop();
    for pid in &pids[..n] {
        Proc::read(*pid).expect("a child").kill(Signal::SIGKILL);
    }
    let dead = || running.descendants().iter().filter(|process| process.is_zombie()).count();
    running.eventually(|| dead() == n, "the children to end");
    running.cont();
    wait_lines(&running, n, "exit ");
    running.assert_no_zombie();
    running.kill(Signal::SIGTERM);
    let done = running.wait();
    done.code(0);
    let stories = stories(&done.stdout_text());
    let all = (0..n).all(|i| stories.get(&format!("c{i}")).is_some_and(|story| story.ends == ["sig=9"]));
    done.check(all, format!("{n} lines `exit NAME PID sig=9`"));
}

/// A child may be dead before fork has returned in superv. Here the parent is held until it is. Its start is told first, then its
/// end, and it is started again. A handler that reaps looks for a pid which nobody has noted yet. fork(2).
#[test]
fn a_child_that_ends_at_once_is_not_forgotten() {
    let room = Room::new();
    let table =
        "a restart=always max=2 true\nb restart=never max=0 false\nc restart=on-failure max=1 die KILL\n";
    let done = superv(&room, table).trace(Fault::HoldForkReturn).run();
    done.code(0);
    done.check(ends_of(&done, "a") == ["code=0"; 3], "`a` starts and ends three times");
    done.check(ends_of(&done, "b") == ["code=1"], "`b` starts and ends once");
    done.check(ends_of(&done, "c") == ["sig=9"; 2], "`c` starts and ends twice");

    // And who gets no child at all says so, and leaves nobody behind.
    let gate = room.gate("door");
    let fail = Fault::FailCall { family: Family::Fork, nth: 2, errno: Errno::EAGAIN };
    let table = "a restart=never max=0 gate door\nb restart=never max=0 true\nc restart=never max=0 true\n";
    let done = superv(&room, table).trace(fail).run();
    done.code(1).stderr("superv: fork: Resource temporarily unavailable\n");
    done.check(ends_of(&done, "a") == ["sig=15"], "`a` is ended by SIGTERM");
    done.check(stories(&done.stdout_text()).len() == 1, "nobody else is started");
    drop(gate);
}

/// Who depends on whom was started later, so it is ended earlier: in the reverse order of the *last* starts, one after the other.
/// The next is asked when the one before has ended, however long that takes. A child that is stopped is asked, too. kill(2).
#[test]
fn sigterm_stops_them_in_reverse_order() {
    let room = Room::new();
    let (_door, slow) = (room.gate("door"), room.gate("slow"));
    room.executable("stubborn", "#!/bin/sh\ntrap '' TERM\ngate slow\n");
    let table = "first restart=always max=1 gate door\nsecond restart=always max=5 gate door\nthird restart=always max=5 ./stubborn\nlast restart=always max=5 gate door\n";
    let sent = "`first` is killed and started again, `last` is stopped; then superv gets SIGTERM";
    let running = superv(&room, table).note(sent).spawn();
    let pids = started(&running, 4);
    slow.reached();
    // Now the first one is the youngest.
    Proc::read(pids[0]).expect("the first child").kill(Signal::SIGKILL);
    let pids = started(&running, 5);
    Proc::read(pids[3]).expect("the last child").stop();
    running.asleep();
    running.kill(Signal::SIGTERM);
    wait_lines(&running, 3, "exit ");
    running.still_waits("for `third`, which does not end yet");
    let text = String::from_utf8_lossy(&running.stdout_now()).into_owned();
    let ends: Vec<&str> = text.lines().filter(|line| line.starts_with("exit ")).collect();
    let wanted = [
        format!("exit first {} sig=9", pids[0]),
        format!("exit first {} sig=15", pids[4]),
        format!("exit last {} sig=15", pids[3]),
    ];
    assert!(
        ends == wanted,
        "after SIGTERM, they are not ended in the reverse order of their last starts, one after the other\nstarted:  `second`, `third`, `last`, and `first` again\nexpected: {}; then nothing until `third` ends, which takes its time, and `second` lives\nreceived: {}",
        in_order(wanted.iter().map(String::as_str)),
        in_order(ends.iter().copied())
    );
    slow.open();
    let done = running.wait();
    done.code(0)
        .stdout(format!("{text}exit third {} code=0\nexit second {} sig=15\nbye\n", pids[2], pids[1]));

    // Nobody reads what superv tells any more: it ends them all the same, and says why with status 1.
    let reader = super::slow_output(&room, "out");
    let lines = "a restart=always max=9 gate door\nb restart=always max=9 gate door\n";
    let unread = superv(&room, lines).stdout_to("out").note("its reader goes away").spawn();
    room.until("two lines `start NAME PID`", || reader.waiting() > 20 && unread.descendants().len() == 2);
    unread.asleep();
    drop(reader);
    unread.descendants()[0].kill(Signal::SIGKILL);
    unread.wait().code(1).stderr("superv: stdout: Broken pipe\n");
}

/// A table that is wrong anywhere starts nobody: a program that half runs is worse than one that does not. One line says where.
#[rstest]
#[case::keyword("b restart=sometimes max=1 true", "unknown keyword")]
#[case::no_max("b restart=never true", "unknown keyword")]
#[case::number("b restart=never max=many true", "bad number")]
#[case::no_command("b restart=never max=1", "too few words")]
#[case::twice("a restart=never max=1 true", "name given twice")]
fn a_broken_table_starts_nothing(#[case] line: &str, #[case] reason: &str) {
    let room = Room::new();
    let done = superv(&room, &format!("a restart=never max=0 true\n# fine\n{line}\n")).run();
    done.code(2).stdout("").stderr(format!("superv: table: line 3: {reason}\n"));
    let missing = super::command(&room, testkit::bin!("superv").called("your superv"), "no-table").run();
    missing.code(1).stdout("").stderr("superv: no-table: No such file or directory\n");
}
