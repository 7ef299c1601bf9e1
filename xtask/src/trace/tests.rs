//! Drawings of recordings made by hand.

use std::time::Duration;

use anstream::adapter::strip_str;
use rstest::rstest;
use tracer::{
    Call, Does, End, Event, GaveUp, Hold, Image, Kind, Object, Patience, Process, Recording, Side, Status,
    Use, What,
};

use super::page::{self, Part};
use super::{lanes, picture::picture};

const READ: Use = Use { fd: 3, object: Some(0), side: Side::Read };
const WRITE: Use = Use { fd: 4, object: Some(0), side: Side::Write };

fn process(pid: i32, parent: Option<usize>, made: u32, program: &[&str]) -> Process {
    let argv: Vec<String> = program.iter().map(ToString::to_string).collect();
    let image = Image { from: made, argv, loading: 30 };
    let images = if program.is_empty() { Vec::new() } else { vec![image] };
    Process { pid, parent, made, images, ended: None, other_calls: 0 }
}

fn event(process: usize, began: u32, returned: Option<u32>, slept: bool, what: What) -> Event {
    let (time, took) = (Duration::from_millis(u64::from(began)), Duration::ZERO);
    let pid = [10, 11, 12][process];
    Event { process, tid: pid, began, returned, slept, time, took, what }
}

fn call(name: &'static str, does: Does, result: Option<i64>) -> What {
    What::Call(Call { name, does, result: result.map(Ok), patience: Patience::Inside })
}

fn hold(process: usize, using: Use, from: u32, to: Option<(u32, GaveUp)>) -> Hold {
    Hold { process, fd: using.fd, object: 0, side: using.side, from, to }
}

/// `echo hi | wc` of a shell that closes its write end, or forgets it.
fn pipeline(forgets: bool) -> Recording {
    let mut recording = Recording {
        processes: vec![
            process(10, None, 1, &["psh", "-c", "echo hi | wc"]),
            process(11, Some(0), 5, &["echo", "hi"]),
            process(12, Some(0), 7, &["wc"]),
        ],
        objects: vec![Object { kind: Kind::Pipe, name: "A".into(), outside: false }],
        events: vec![
            event(0, 2, Some(3), false, call("pipe2", Does::Pipe(Some([READ, WRITE])), Some(0))),
            event(0, 4, Some(6), false, call("fork", Does::Fork(Some(1)), Some(11))),
            event(0, 7, Some(8), false, call("fork", Does::Fork(Some(2)), Some(12))),
            event(1, 12, Some(13), false, call("write", Does::Write(WRITE), Some(3))),
            event(1, 15, Some(15), false, What::Ended(Status::Exited(0))),
        ],
        holds: vec![
            hold(0, READ, 2, Some((9, GaveUp::Closed))),
            hold(0, WRITE, 2, Some((10, GaveUp::Closed)).filter(|_| !forgets)),
            hold(1, Use { fd: 1, ..WRITE }, 5, Some((15, GaveUp::Ended))),
            hold(2, Use { fd: 0, ..READ }, 8, None),
        ],
        end: End::Stuck,
        cut: None,
    };
    recording.processes[1].ended = Some((15, Status::Exited(0)));
    let child = Some((11, Status::Exited(0)));
    recording.events.push(event(0, 11, Some(18), true, call("wait4", Does::Wait(11, child), Some(11))));
    recording.events.push(event(2, 9, Some(14), true, call("read", Does::Read(READ), Some(3))));
    if forgets {
        recording.events.push(event(2, 16, None, true, call("read", Does::Read(READ), None)));
        recording.events.push(event(0, 19, None, true, call("wait4", Does::Wait(12, None), None)));
    } else {
        recording.end = End::Over;
        recording
            .events
            .insert(3, event(0, 10, Some(11), false, call("close", Does::Close(vec![WRITE]), Some(0))));
        recording.events.push(event(2, 16, Some(17), false, call("read", Does::Read(READ), Some(0))));
        recording.events.push(event(2, 20, Some(20), false, What::Ended(Status::Exited(0))));
        recording.events.push(event(0, 21, Some(21), false, What::Ended(Status::Exited(0))));
        recording.processes[2].ended = Some((20, Status::Exited(0)));
        recording.processes[0].ended = Some((21, Status::Exited(0)));
        recording.holds[3].to = Some((20, GaveUp::Ended));
    }
    recording
}

fn text(recording: &Recording, width: usize) -> String {
    strip_str(&lanes::render(&picture(recording, None), width)).to_string()
}

#[test]
fn a_forgotten_write_end_is_seen_in_the_text() {
    assert_eq!(
        text(&pipeline(true), 72),
        "\
psh -c 'echo hi | wc'
 #  psh 10                echo 11               wc 12
 1  pipe A r=3 w=4
 2  fork -> echo
 3  fork -> wc            │
 4  │                     │                     read A.r …
 5  wait echo …           │                     ▒
 6  ▒                     write A.w 3 B         ▒
 7  ▒                     │                     read A.r 3 B
 8  ▒                     exit 0                │
 9  ▒                                           read A.r … for ever
10  wait echo: exit 0                           █
11  wait for wc … for ev…                       █
    █ for ever                                  █ for ever

who holds which end of a pipe, by row
A write end psh  fd 4  #1-end    ├━━━━━━━━━━━ never closed ━━━━━━━━━━━━▶
            echo fd 1  #3-8            ├─────────────────┤
A read end  psh  fd 3  #1-4      ├─────────┤
            wc   fd 0  #4-end              ├───────────────────────────▶

psh hangs: nobody can move any more
  psh (10) waits for wc (12) to end
  wc (12) waits for bytes or the end of pipe A, which does not come: still open in psh (10) as fd 4
  fix: close fd 4, the write end of pipe A, in psh: after the last fork that needs it, and before it waits
"
    );
}

#[test]
fn a_pipeline_that_ends_has_nothing_in_red() {
    let text = text(&pipeline(false), 72);
    assert!(text.contains("read A.r EOF"), "{text}");
    assert!(!text.contains("never closed") && !text.contains("fix:"), "{text}");
    assert!(text.ends_with("\npsh ended with status 0\n"), "{text}");
}

#[rstest]
#[case(40)]
#[case(80)]
#[case(200)]
fn no_line_of_the_lanes_is_wider_than_the_terminal(#[case] width: usize) {
    let text = text(&pipeline(true), width);
    let lanes = text.split("\npsh hangs").next().unwrap();
    let widest = lanes.lines().map(console::measure_text_width).max();
    assert!(widest <= Some(width), "{widest:?} {lanes}");
}

#[test]
fn an_autopsy_is_told_where_no_end_was_forgotten() {
    let mut recording = pipeline(true);
    let words = "wc waits for something\nwhy: \u{1b}[2Ja circle";
    let forgotten = picture(&recording, Some(words));
    assert!(!forgotten.blame.waits.iter().any(|line| line.contains("circle")));
    recording.holds[1].to = Some((10, GaveUp::Closed));
    let other = picture(&recording, Some(words));
    assert_eq!(other.blame.waits, ["wc waits for something", "why: \\u{1b}[2Ja circle"]);
}

fn page(recording: &Recording) -> String {
    let picture = picture(recording, None);
    let part = |id, heading| Part { id, heading, remark: "", picture: &picture };
    page::render("Lab 01", &[part('r', "Your program"), part('s', "The reference")])
}

#[test]
fn the_page_is_whole_and_loads_nothing() {
    let page = page(&pipeline(true));
    for outside in ["http://", "https://", "src=", "@import", "url(", "<script"] {
        assert!(!page.contains(outside), "{outside} is in the page");
    }
    for tag in ["svg", "g", "table", "section", "details", "div", "span"] {
        let opened = page.matches(&format!("<{tag} ")).count() + page.matches(&format!("<{tag}>")).count();
        assert_eq!(opened, page.matches(&format!("</{tag}>")).count(), "{tag}");
    }
}

#[test]
fn each_link_of_the_page_has_its_target_and_no_id_is_there_twice() {
    let page = page(&pipeline(true));
    let values = |attribute: &str| -> Vec<&str> {
        page.split(attribute).skip(1).filter_map(|rest| rest.split('"').next()).collect()
    };
    let ids = values(" id=\"");
    let set: std::collections::BTreeSet<&str> = ids.iter().copied().collect();
    assert_eq!(ids.len(), set.len(), "{ids:?}");
    let lost: Vec<&str> = values("href=\"#").into_iter().filter(|link| !set.contains(link)).collect();
    assert!(lost.is_empty(), "{lost:?}");
}

#[test]
fn the_forgotten_end_is_red_in_the_page_and_only_that() {
    let red = page(&pipeline(true));
    // One stripe in each of the two pictures.
    assert_eq!(red.matches("stripe p0 w forgotten").count(), 2);
    assert_eq!(red.matches("path class=\"reason\"").count(), 2);
    assert!(red.contains("A.w never closed"));
    let green = page(&pipeline(false));
    assert!(!green.contains("forgotten\"") && !green.contains("class=\"span hangs\""));
    assert!(green.contains("class=\"end-of-file p0\""));
}

#[test]
fn words_of_a_program_are_no_markup() {
    let mut recording = pipeline(true);
    recording.processes[2].images[0].argv = vec!["<script>alert(1)</script>\u{1b}[2J".into()];
    let page = page(&recording);
    assert!(!page.contains("<script") && !page.contains('\u{1b}'));
}

#[test]
fn what_repeats_is_one_mark() {
    let mut recording = pipeline(false);
    recording.events.retain(|event| event.process == 0 && event.began < 4);
    for n in 0..50 {
        let at = 30 + n * 4;
        recording.events.push(event(
            0,
            at,
            Some(at + 1),
            n > 0,
            call("read", Does::Read(READ), Some(65_536)),
        ));
        recording.events.push(event(
            0,
            at + 2,
            Some(at + 3),
            false,
            call("write", Does::Write(WRITE), Some(100)),
        ));
    }
    let items = super::items::items(&recording);
    let short: Vec<&str> = items.iter().map(|item| item.short.as_str()).collect();
    assert_eq!(short, ["pipe A r=3 w=4", "read A.r 3200 KiB (50x)", "write A.w 5000 B (50x)"]);
    assert_eq!(items[1].slept, 49);
}

#[test]
fn the_marks_of_a_second_thread_have_its_number() {
    let mut recording = pipeline(true);
    for event in recording.events.iter_mut().filter(|event| event.process == 2) {
        event.tid = 99;
    }
    let items = super::items::items(&recording);
    let second: Vec<&str> =
        items.iter().filter(|item| item.process == 2).map(|item| item.short.as_str()).collect();
    assert_eq!(second, ["t2 read A.r 3 B", "t2 read A.r"]);
    let told = picture(&recording, None).blame.waits;
    assert!(told.iter().any(|line| line.starts_with("thread 99 of wc (12) waits for bytes")), "{told:?}");
}

#[test]
fn many_processes_are_a_list() {
    let mut recording = pipeline(true);
    for pid in 13..17 {
        recording.processes.push(process(pid, Some(2), 20, &[]));
    }
    let text = text(&recording, 72);
    assert!(text.contains(" 1  psh 10      pipe A r=3 w=4\n"), "{text}");
    assert!(text.contains(" 6    echo 11   write A.w 3 B\n"), "{text}");
}
