//! How a check fails: a panic with a text for the student, whose kind is kept beside it.
//!
//! The panic hook writes the [`Record`](sandbox::protocol::Record), so a failure is reported even if nobody
//! unwinds to the room. A plain `assert!` in a specification is a [`Verdict::Fail`] with its message.

use std::cell::Cell;
use std::fmt::Display;
use std::panic::PanicHookInfo;
use std::sync::Once;

use sandbox::protocol::Verdict;

use crate::referee::{only_test, referee, sentence, test_name};
use crate::room::{last_command, room_dir};
use crate::text::{clip_lines, difference, replaced};

/// The longest text a student is asked to read.
pub(crate) const LINES: usize = 15;

/// In longer outputs, paths are left as they are.
const SHORT: usize = 100_000;

/// Stands for the room's folder, whose true name is long and another one each time.
const ROOM: &str = "ROOM";
const LEGEND: &str = "(ROOM is the folder in which the check runs)\n";

/// Threads of testkit itself have names that begin so: their panics are the grader's own.
pub(crate) const OWN_THREAD: &str = "testkit ";

thread_local! {
    static KIND: Cell<Option<Verdict>> = const { Cell::new(None) };
    static DETAIL: Cell<String> = const { Cell::new(String::new()) };
}

/// Ends the check with this verdict. `body` begins with what happened; sentence and seed are added.
#[track_caller]
pub(crate) fn fail(verdict: Verdict, body: impl Display) -> ! {
    KIND.set(Some(verdict));
    panic!("{}", full_text(&body.to_string()))
}

/// The same with more for whoever wants to know; see [`Record::detail`](sandbox::protocol::Record::detail).
#[track_caller]
pub(crate) fn fail_with_detail(verdict: Verdict, body: impl Display, detail: String) -> ! {
    DETAIL.set(detail);
    fail(verdict, body)
}

/// Ends the check as the grader's own error, if there is one.
#[track_caller]
pub(crate) fn or_grader_error<T>(result: anyhow::Result<T>) -> T {
    match result {
        Ok(value) => value,
        Err(error) => fail(Verdict::GraderError, format!("the grader itself failed: {error:#}")),
    }
}

/// Demands that `received` has exactly the bytes of `expected`; `what` is the subject of a sentence.
#[track_caller]
pub fn same_bytes(what: &str, expected: &[u8], received: &[u8]) {
    if expected != received {
        let text = differ(expected, received);
        fail(Verdict::Fail, format!("{}{what} is not as expected\n{text}", last_command()));
    }
}

/// Demands that a listing made by the helper `fds` shows these descriptors and no other.
#[track_caller]
pub fn only_descriptors(who: &str, listing: &[u8], wanted: &[i32]) {
    let listing = String::from_utf8_lossy(listing);
    let found: Vec<i32> = listing.split_whitespace().filter_map(|number| number.parse().ok()).collect();
    if found != wanted {
        let (wanted, found) = (list(wanted), list(&found));
        let text =
            format!("{who} has other descriptors open than expected\nexpected: {wanted}\nreceived: {found}");
        fail(Verdict::Fail, format!("{}{text}", last_command()));
    }
}

/// `0, 1, 2`; `none` for nothing.
#[must_use]
pub fn list(items: &[impl ToString]) -> String {
    let words: Vec<_> = items.iter().map(ToString::to_string).collect();
    if words.is_empty() { "none".to_owned() } else { words.join(", ") }
}

/// Expected over received, around the first difference; the room's folder is called by its short name.
pub(crate) fn differ(expected: &[u8], received: &[u8]) -> String {
    let is_short = expected.len().max(received.len()) <= SHORT;
    let Some(dir) = room_dir().filter(|_| is_short) else { return difference(expected, received) };
    let short = |bytes: &[u8]| replaced(bytes, dir.as_bytes(), ROOM.as_bytes());
    match (short(expected), short(received)) {
        (one, other) if one != other => difference(&one, &other),
        // They differ in a path itself, which must be seen then.
        _ => difference(expected, received),
    }
}

/// Sentence, what happened, seed: at most [`LINES`] lines.
fn full_text(body: &str) -> String {
    let body = room_dir().map_or_else(|| body.to_owned(), |dir| body.replace(&dir, ROOM));
    let legend = if body.contains(ROOM) { LEGEND } else { "" };
    let body = clip_lines(&body, LINES - 2 - legend.lines().count());
    format!("wanted: {}\n{}\n{legend}seed: {}", sentence(&test_name()), body.trim_end(), referee().seed)
}

/// Makes every panic write its record before the usual message is printed.
pub(crate) fn install_hook() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let previous = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            report(info);
            previous(info);
        }));
    });
}

fn report(info: &PanicHookInfo<'_>) {
    let message = info.payload_as_str().unwrap_or("panicked").to_owned();
    let own = std::thread::current().name().is_some_and(|name| name.starts_with(OWN_THREAD));
    let (verdict, text) = match KIND.take() {
        Some(verdict) => (verdict, message),
        None if own => (Verdict::GraderError, format!("the grader itself failed: {message}")),
        // The referee could not be set up: there is no pipe to write to.
        None if message.starts_with("grader error: ") => return,
        // A plain assertion of a specification knows nothing of the program it is about.
        None => (Verdict::Fail, full_text(&format!("{}{message}", last_command()))),
    };
    // A thread that a specification started has another name than its test.
    let test =
        only_test().map_or_else(test_name, |name| name.strip_prefix("spec::").unwrap_or(&name).to_owned());
    referee().record(&test, verdict, &text, &DETAIL.take());
}
