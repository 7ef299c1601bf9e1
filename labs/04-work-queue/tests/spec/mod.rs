//! The specification of `pool`, one file a milestone.
//!
//! Every check is a black box: it starts the program, plays the world around it, and looks at it from
//! outside. What a check demands stands in the contract (`README.md`) and nowhere else; *how* boss and workers
//! talk to each other is your own affair.
//!
//! IDs, numbers and texts are random, from a seed that is printed when a check fails.

mod http;
mod m1_fork;
mod m2_pool;
mod m3_dispatch;
mod m4_queue;
mod m5_death;
mod m6_effects;
mod m7_lease;
mod m8_journal;
mod m9_serve;

use testkit::predicates::function::function;
use testkit::{Cmd, Finished, Proc, Program, Room, Running, Signal, bin, list};

/// The program under test.
fn program() -> Program {
    bin!("pool").called("your pool")
}

/// `pool ARGS`, its arguments separated by blanks.
fn pool(room: &Room, args: &str) -> Cmd {
    room.command(program()).args(args.split(' '))
}

/// A line of output: `ID ok|fail PID ATTEMPT RESULT`, with tabs between.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Answer {
    id: String,
    ok: String,
    pid: i32,
    attempt: u32,
    text: String,
}

impl Answer {
    fn parse(line: &str) -> Option<Self> {
        let mut fields = line.splitn(5, '\t');
        let mut field = || fields.next().map(str::to_owned);
        let (id, ok) = (field()?, field()?);
        let (pid, attempt) = (field()?.parse().ok()?, field()?.parse().ok()?);
        let is_known = ok == "ok" || ok == "fail";
        Some(Self { id, ok, pid, attempt, text: field()? }).filter(|_| is_known)
    }

    /// Without the pid: what can be known beforehand.
    fn words(&self) -> String {
        format!("{} {} {} {}", self.id, self.ok, self.attempt, self.text)
    }
}

/// All lines of a text as answers. `None` if one is not whole.
fn answers_in(text: &str) -> Option<Vec<Answer>> {
    if !text.is_empty() && !text.ends_with('\n') {
        return None;
    }
    text.lines().map(Answer::parse).collect()
}

/// All that `pool run` has answered, in its order.
#[track_caller]
fn answers(done: &Finished) -> Vec<Answer> {
    let text = done.stdout_text();
    let found = answers_in(&text);
    done.check(
        found.is_some(),
        "each line of stdout is whole: ID, ok or fail, PID, ATTEMPT, RESULT, with tabs between",
    );
    found.unwrap_or_default()
}

/// The one answer to `id`.
#[track_caller]
fn answer_to(done: &Finished, id: &str) -> Answer {
    let found: Vec<Answer> = answers(done).into_iter().filter(|answer| answer.id == id).collect();
    done.check(found.len() == 1, format!("there is exactly one line for {id}"));
    found.into_iter().next().expect("one line")
}

/// Demands exactly these answers, in any order, each as `ID ok|fail ATTEMPT RESULT`.
#[track_caller]
fn expect_answers(done: &Finished, wanted: impl IntoIterator<Item = impl Into<String>>) {
    let mut wanted: Vec<String> = wanted.into_iter().map(Into::into).collect();
    let mut found: Vec<String> = answers(done).iter().map(Answer::words).collect();
    wanted.sort();
    found.sort();
    expect_same(&wanted, &found);
}

/// Compares sorted lines, and shows the first difference only.
#[track_caller]
fn expect_same(wanted: &[String], found: &[String]) {
    if wanted == found {
        return;
    }
    let missing = wanted.iter().find(|line| count(wanted, line) > count(found, line));
    let surplus = found.iter().find(|line| count(found, line) > count(wanted, line));
    let or_none =
        |line: Option<&String>| line.map_or("no further answer".to_owned(), |line| format!("`{line}`"));
    panic!(
        "the answers are not as expected (without their PIDs: ID ok|fail ATTEMPT RESULT)\nexpected: {}\nreceived: {} ({} lines of {})",
        or_none(missing),
        or_none(surplus),
        found.len(),
        wanted.len()
    );
}

fn count(lines: &[String], line: &str) -> usize {
    lines.iter().filter(|other| *other == line).count()
}

/// Waits until pool has answered `id`, and gives the answer.
#[track_caller]
fn wait_answer(running: &Running, id: &str) -> Answer {
    let start = format!("{id}\t");
    let find = |text: &str| {
        let mut lines = text.split_inclusive('\n');
        lines
            .find(|line| line.ends_with('\n') && line.starts_with(&start))
            .map(|line| line.trim_end().to_owned())
    };
    let name = format!("a line that begins with `{id}` and a tab");
    running.wait_stdout(function(|text: &str| find(text).is_some()).fn_name(name.leak()));
    let line = find(&String::from_utf8_lossy(&running.stdout_now())).unwrap_or_default();
    Answer::parse(&line).unwrap_or_else(|| {
        panic!(
            "the answer to {id} is not as expected\nexpected: {id}, ok or fail, PID, ATTEMPT, RESULT, with tabs between\nreceived: `{line}`"
        )
    })
}

/// A worker as standard error tells of it.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Life {
    pid: i32,
    /// `code=0`, `signal=9`; empty as long as there is no `end` line.
    end: String,
    /// The name of its stage, or nothing.
    stage: String,
}

/// All workers that standard error tells of, in the order of their starts.
#[track_caller]
fn lives(stderr: &[u8]) -> Vec<Life> {
    let text = String::from_utf8_lossy(stderr);
    let mut all: Vec<Life> = Vec::new();
    for line in text.split_inclusive('\n').filter(|line| line.starts_with("worker ") && line.ends_with('\n'))
    {
        let words: Vec<&str> = line.split_whitespace().collect();
        let pid = words.get(1).and_then(|pid| pid.parse().ok()).unwrap_or(0);
        let known = all.iter_mut().find(|life| life.pid == pid);
        match (words.get(2), words.get(3), known) {
            (Some(&"start"), stage, None) if pid > 0 => {
                let stage = stage.copied().unwrap_or_default().to_owned();
                all.push(Life { pid, end: String::new(), stage });
            }
            (Some(&"end"), Some(how), Some(life)) if life.end.is_empty() => life.end = (*how).to_owned(),
            _ => panic!(
                "stderr tells of a worker in a wrong way\nexpected: `worker PID start`, and later `worker PID end code=N` or `end signal=N`, once each\nreceived: `{}`",
                line.trim_end()
            ),
        }
    }
    all
}

/// Waits until stderr tells that `n` workers have started, and gives their pids in this order.
#[track_caller]
fn started(running: &Running, n: usize) -> Vec<i32> {
    let name = format!("{n} lines `worker PID start`");
    running.wait_stderr(function(move |text: &str| lives(text.as_bytes()).len() >= n).fn_name(name.leak()));
    lives(&running.stderr_now()).iter().map(|life| life.pid).collect()
}

/// The descendants that are alive, by pid.
fn living(running: &Running) -> Vec<i32> {
    let alive = running.descendants().into_iter().filter(|process| !process.is_zombie());
    let mut pids: Vec<i32> = alive.map(|process| process.pid).collect();
    pids.sort_unstable();
    pids
}

/// Whether this process has ended: a zombie has.
fn has_ended(pid: i32) -> bool {
    Proc::read(pid).is_none_or(|process| process.is_zombie())
}

/// Sends a worker a signal; one that has ended gets none.
fn signal(pid: i32, signal: Signal) {
    if let Some(process) = Proc::read(pid) {
        process.kill(signal);
    }
}

/// Stops a worker, and waits until it stands; one that has ended is left alone.
fn stop(pid: i32) {
    if let Some(process) = Proc::read(pid) {
        process.stop();
    }
}

/// Demands that the room's folder holds exactly these names.
#[track_caller]
fn expect_names(room: &Room, folder: &str, wanted: &[&str], when: &str) {
    let found = room.list(folder);
    assert!(
        found == wanted,
        "{when} the folder holds other files than expected\nexpected: {}\nreceived: {}",
        list(wanted),
        list(&found)
    );
}

/// `n` tasks `pid`, and their IDs: `prefix`, two random letters, and a number.
fn pid_tasks(room: &Room, prefix: &str, n: usize) -> (String, Vec<String>) {
    let letters = room.word()[..2].to_owned();
    let ids: Vec<String> = (1..=n).map(|i| format!("{prefix}{letters}{i}")).collect();
    (ids.iter().map(|id| format!("{id}\tpid\n")).collect(), ids)
}
