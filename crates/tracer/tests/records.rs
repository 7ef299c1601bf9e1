//! The recorder, on small programs of `/bin/sh`.

use std::process::{Command, Stdio};
use std::sync::Mutex;

use tracer::{Audience, Does, End, Event, GaveUp, Kind, Members, Recording, Side, Status, What, record};

/// Somebody who lets everything end by itself.
#[derive(Default)]
struct Patient {
    at_rest: Mutex<Vec<i32>>,
}

impl Audience for Patient {
    fn wants_end(&self) -> bool {
        false
    }

    fn is_deadlock(&self, _: &Members) -> bool {
        false
    }

    fn at_rest(&self, members: &Members) {
        *self.at_rest.lock().unwrap() = members.pids.clone();
    }

    fn idle(&self) {}

    fn left_behind(&self, _: &Members) {}
}

fn sh(script: &str) -> Recording {
    let mut command = Command::new("/bin/sh");
    command.args(["-c", script]).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    record(&mut command, 1_000_000, &Patient::default()).unwrap()
}

/// The events of one process, in a few words.
fn told(recording: &Recording, process: usize) -> Vec<String> {
    let own = recording.events.iter().filter(|event| event.process == process);
    own.map(|event| words(recording, event)).collect()
}

fn words(recording: &Recording, event: &Event) -> String {
    let end = |using: tracer::Use| match using.object {
        Some(object) => format!("{}.{:?}", recording.objects[object].name, using.side),
        None => "nothing".to_owned(),
    };
    match &event.what {
        What::Call(call) => {
            let result = call.result.map(|result| result.map_err(|error| error.to_string()));
            let what = match &call.does {
                Does::Read(using) | Does::Write(using) => end(*using),
                Does::Close(all) => all.iter().map(|using| end(*using)).collect::<Vec<_>>().join(" "),
                Does::Duplicate { from, to, .. } => return format!("dup {} {to}", end(*from)),
                Does::Pipe(Some([read, write])) => return format!("pipe {} {}", end(*read), end(*write)),
                Does::Exec { argv, .. } => return format!("exec {}", argv.join(" ")),
                Does::Fork(child) => return format!("fork {}", child.unwrap()),
                Does::Wait(_, Some((_, status))) => return format!("wait {status}"),
                _ => String::new(),
            };
            match result {
                Some(Ok(number)) => format!("{} {what} {number}", call.name),
                Some(Err(error)) => format!("{} {what} {error}", call.name),
                None => format!("{} {what} ...", call.name),
            }
        }
        What::Signal { signal, .. } => tracer::signal_name(*signal),
        What::Paused(_) => "paused".to_owned(),
        What::Ended(status) => status.to_string(),
    }
}

/// Whether these stand in the list in this order, with others between them.
fn in_order(list: &[String], wanted: &[&str]) -> bool {
    let mut rest = list.iter();
    wanted.iter().all(|wanted| rest.any(|found| found == wanted))
}

#[test]
fn a_pipeline_is_told_in_the_order_of_its_causes() {
    let recording = sh("echo hi | wc -c");
    assert_eq!(recording.end, End::Over);
    assert_eq!(recording.processes.len(), 3);
    let shell = told(&recording, 0);
    let calls = ["pipe A.Read A.Write", "fork 1", "close A.Write 0", "fork 2", "close A.Read 0", "exit 0"];
    assert!(in_order(&shell, &calls), "{shell:#?}");
    let writer = told(&recording, 1);
    assert!(in_order(&writer, &["dup A.Write 1", "write A.Write 3", "exit 0"]), "{writer:#?}");
    let reader = told(&recording, 2);
    let calls = ["dup A.Read 0", "exec wc -c", "read A.Read 3", "read A.Read 0", "exit 0"];
    assert!(in_order(&reader, &calls), "{reader:#?}");
    let moment = |wanted: &str| {
        recording.events.iter().find(|event| words(&recording, event) == wanted).map(Event::at).unwrap()
    };
    assert!(moment("write A.Write 3") < moment("read A.Read 3"));
    assert!(moment("fork 2") < moment("dup A.Read 0"));
}

#[test]
fn the_loader_is_counted_and_not_told() {
    let recording = sh("exec cat /dev/null");
    let image = recording.processes[0].images.last().unwrap();
    assert_eq!(image.name(), "cat");
    assert!(image.loading > 5, "{image:?}");
    let all = told(&recording, 0);
    assert!(all.iter().all(|words| !words.contains("libc.so")), "{all:#?}");
}

#[test]
fn who_holds_an_end_is_known_from_its_making_to_its_end() {
    let recording = sh("echo hi | wc -c");
    let holds = |side: Side, process: usize| {
        let own = recording.holds.iter().filter(move |hold| hold.side == side && hold.process == process);
        own.filter(|hold| !recording.objects[hold.object].outside).collect::<Vec<_>>()
    };
    let [own] = holds(Side::Write, 0)[..] else { panic!("{:?}", recording.holds) };
    assert_eq!(own.to.map(|(_, how)| how), Some(GaveUp::Closed));
    let last = holds(Side::Write, 1).into_iter().max_by_key(|hold| hold.from).unwrap();
    assert_eq!((last.fd, last.to.map(|(_, how)| how)), (1, Some(GaveUp::Ended)));
    let kinds: Vec<Kind> = recording.objects.iter().filter(|o| !o.outside).map(|o| o.kind).collect();
    assert_eq!(kinds, [Kind::Pipe]);
}

#[test]
fn a_reader_that_waits_for_its_own_write_end_is_a_deadlock() {
    let mut command = Command::new("/bin/sh");
    // `cat` gets the write end as descriptor 9 besides its input, and so waits for itself.
    command.args(["-c", "{ echo hi; } | { exec 9>/dev/fd/0; exec cat; }"]);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let audience = Patient::default();
    let recording = record(&mut command, 10_000, &audience).unwrap();
    assert_eq!(recording.end, End::Stuck);
    let mut pending: Vec<_> = recording.pending().map(|(event, _)| words(&recording, event)).collect();
    pending.sort();
    assert_eq!(pending, ["read A.Read ...", "wait4  ..."]);
    let open: Vec<_> = recording.holds.iter().filter(|hold| hold.to.is_none() && hold.fd == 9).collect();
    assert_eq!(open.len(), 1, "{open:?}");
    assert_eq!(open[0].side, Side::Write);
    let members = audience.at_rest.lock().unwrap().clone();
    assert_eq!(members.len(), 2, "the members are told while they live: {members:?}");
    for pid in members {
        assert!(!std::path::Path::new(&format!("/proc/{pid}/fd/0")).exists(), "{pid} is left");
    }
}

#[test]
fn a_blocked_call_is_marked_and_one_that_had_its_bytes_is_not() {
    // The child writes when its parent sleeps in the read.
    let recording = sh("x=$(until grep -q '^State:.S' /proc/$PPID/status; do :; done; echo x)");
    let slept: Vec<_> = recording.events.iter().filter(|event| event.slept).collect();
    let slept: Vec<_> = slept.iter().map(|event| words(&recording, event)).collect();
    assert!(slept.contains(&"read A.Read 2".to_owned()), "{slept:?}");
    let recording = sh("read line < /etc/passwd");
    let slept = recording.events.iter().filter(|event| event.slept).count();
    assert_eq!(slept, 0);
}

#[test]
fn signals_and_their_deaths_are_told() {
    let recording = sh("kill -TERM $$");
    let all = told(&recording, 0);
    assert!(in_order(&all, &["kill  0", "SIGTERM", "killed by SIGTERM"]), "{all:#?}");
    let sender = recording.events.iter().find_map(|event| match event.what {
        What::Signal { sender, caught, .. } => Some((sender, caught)),
        _ => None,
    });
    assert_eq!(sender, Some((Some(recording.processes[0].pid), false)));
    let recording = sh("trap 'exit 3' USR1; kill -USR1 $$; exit 4");
    assert_eq!(recording.processes[0].ended.map(|(_, status)| status), Some(Status::Exited(3)));
}

#[test]
fn a_search_along_the_path_and_a_missing_program_end_by_themselves() {
    let recording = sh("no-such-program-anywhere; exit 7");
    assert_eq!(recording.end, End::Over);
    assert_eq!(recording.processes[0].ended.map(|(_, status)| status), Some(Status::Exited(7)));
}

#[test]
fn too_many_events_are_cut_and_the_program_goes_on() {
    let mut command = Command::new("/bin/sh");
    command.args(["-c", "for n in 1 2 3 4 5 6 7 8 9; do echo $n; done | cat; exit 5"]);
    command.stdin(Stdio::null()).stdout(Stdio::null());
    let recording = record(&mut command, 5, &Patient::default()).unwrap();
    assert_eq!(recording.events.len(), 5);
    assert!(recording.cut.is_some());
    assert_eq!(recording.processes[0].ended.map(|(_, status)| status), Some(Status::Exited(5)));
}

/// Somebody who wants it to end at once.
struct Hasty;

impl Audience for Hasty {
    fn wants_end(&self) -> bool {
        true
    }

    fn is_deadlock(&self, _: &Members) -> bool {
        false
    }

    fn at_rest(&self, _: &Members) {}

    fn idle(&self) {}

    fn left_behind(&self, _: &Members) {}
}

#[test]
fn whoever_wants_the_end_gets_what_there_was() {
    let mut command = Command::new("/bin/sh");
    command.args(["-c", "sleep 1000 & sleep 1000"]).stdin(Stdio::null()).stdout(Stdio::null());
    let recording = record(&mut command, 10_000, &Hasty).unwrap();
    assert_eq!(recording.end, End::Stopped);
    assert!(recording.processes.iter().any(|process| process.ended.is_none()));
}

#[test]
fn a_stopped_process_is_stopped_until_it_is_continued() {
    // A SIGCONT that comes before the stop takes the signal back; of twenty, one is in time.
    let recording =
        sh("sh -c 'for n in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do kill -STOP $$; done
        exit 6' & child=$!
        { while :; do kill -CONT $child; /bin/true; done } & helper=$!
        wait $child; status=$?; kill -KILL $helper; exit $status");
    let all: Vec<_> = recording.events.iter().map(|event| words(&recording, event)).collect();
    assert!(in_order(&all, &["SIGSTOP", "paused", "exit 6"]), "{all:#?}");
    assert_eq!(recording.processes[0].ended.map(|(_, status)| status), Some(Status::Exited(6)));
}

/// Somebody who knows better: two that wait at a FIFO for each other are no riddle to it.
struct Wise;

impl Audience for Wise {
    fn wants_end(&self) -> bool {
        false
    }

    fn is_deadlock(&self, members: &Members) -> bool {
        members.pids.len() == 1
    }

    fn at_rest(&self, _: &Members) {}

    fn idle(&self) {}

    fn left_behind(&self, _: &Members) {}
}

#[test]
fn whoever_watches_may_know_of_a_deadlock_that_the_recorder_cannot_prove() {
    let folder = tempfile::tempdir().unwrap();
    let fifo = folder.path().join("fifo");
    assert!(Command::new("mkfifo").arg(&fifo).status().unwrap().success());
    let mut command = Command::new("/bin/sh");
    command.arg("-c").arg(format!("exec cat < {}", fifo.display())).stdin(Stdio::null());
    let recording = record(&mut command, 10_000, &Wise).unwrap();
    assert_eq!(recording.end, End::Stuck);
    let pending: Vec<_> = recording.pending().map(|(_, call)| call.name).collect();
    assert_eq!(pending.len(), 1, "{pending:?}");
    assert!(pending[0].starts_with("open"), "{pending:?}");
}

#[test]
fn a_program_that_is_not_there_is_an_error() {
    let error = record(&mut Command::new("/no/such/program"), 10, &Patient::default()).unwrap_err();
    assert!(format!("{error:#}").starts_with("start /no/such/program: "), "{error:#}");
}
