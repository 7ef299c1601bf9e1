//! A tree of processes in a student's words: who waits in what, and who holds which end of which pipe.

use std::collections::BTreeSet;
use std::fs;

use crate::process::{Descriptor, Proc, descriptors};
use crate::text::clip;

/// One line a process: name, id, parent, what it does, its descriptors. The place where a hang is explained.
///
/// Pipes get letters, the same in all lines. A pipe whose other end this process holds is called the check.
#[must_use]
pub fn describe_tree(processes: &[Proc]) -> String {
    let own = i32::try_from(std::process::id()).map(descriptors).unwrap_or_default();
    let mut pipes = Pipes { own: own.into_iter().map(|fd| fd.target).collect(), lettered: Vec::new() };
    let mut lines = Vec::new();
    for process in processes {
        let open: Vec<String> = process
            .descriptors()
            .iter()
            .map(|fd| format!("{} {}", fd.number, pipes.name(process, fd)))
            .collect();
        let open = if open.is_empty() { String::new() } else { format!("; open: {}", open.join(", ")) };
        let line = format!(
            "  {} (pid {}, parent {}) {}{open}",
            process.name,
            process.pid,
            process.ppid,
            words(process)
        );
        lines.push(clip(&line, 240));
    }
    lines.join("\n")
}

/// The names that pipes have in one description.
struct Pipes {
    own: BTreeSet<String>,
    lettered: Vec<String>,
}

impl Pipes {
    fn name(&mut self, process: &Proc, fd: &Descriptor) -> String {
        if !fd.target.starts_with("pipe:") {
            return fd.target.clone();
        }
        let writes = writes(process.pid, fd.number);
        if self.own.contains(&fd.target) {
            let direction = if writes == Some(false) { "from" } else { "to" };
            return format!("{direction} the check");
        }
        let place = self.lettered.iter().position(|target| *target == fd.target).unwrap_or_else(|| {
            self.lettered.push(fd.target.clone());
            self.lettered.len() - 1
        });
        let end = match writes {
            Some(true) => "write end of ",
            Some(false) => "read end of ",
            None => "",
        };
        format!("{end}pipe {}", letter(place))
    }
}

/// A to Z, then A1, B1 and so on.
fn letter(place: usize) -> String {
    let letter = char::from(b'A' + (place % 26) as u8);
    match place / 26 {
        0 => letter.to_string(),
        round => format!("{letter}{round}"),
    }
}

/// Whether a descriptor is open for writing only (`true`) or for reading only; proc(5), `/proc/PID/fdinfo`.
fn writes(pid: i32, number: i32) -> Option<bool> {
    let text = fs::read_to_string(format!("/proc/{pid}/fdinfo/{number}")).ok()?;
    let flags = text.lines().find_map(|line| line.strip_prefix("flags:"))?.trim();
    match i32::from_str_radix(flags, 8).ok()? & libc::O_ACCMODE {
        libc::O_RDONLY => Some(false),
        libc::O_WRONLY => Some(true),
        _ => None,
    }
}

fn words(process: &Proc) -> String {
    match process.state {
        'R' => "is running".to_owned(),
        'Z' => "has ended, its parent did not wait for it (zombie)".to_owned(),
        'T' | 't' => "is stopped".to_owned(),
        _ => match process.waits_in() {
            Some(place) => {
                // The compiler marks its copies of a function: `poll_schedule_timeout.constprop.0`.
                let place = place.split('.').next().unwrap_or_default();
                format!("waits in {place}{}", explain(place))
            }
            None => "sleeps".to_owned(),
        },
    }
}

/// What the usual kernel functions mean.
fn explain(place: &str) -> &'static str {
    match place {
        "do_wait" => " (for a child to end)",
        "anon_pipe_read" | "pipe_read" => " (for bytes from a pipe, or its end)",
        "anon_pipe_write" | "pipe_write" => " (for room in a pipe)",
        "wait_for_partner" => " (for somebody to open the other side of a FIFO)",
        "do_sigtimedwait" | "sigsuspend" => " (for a signal)",
        "do_poll" | "poll_schedule_timeout" | "do_epoll_wait" => " (poll)",
        "hrtimer_nanosleep" => " (sleep)",
        "n_tty_read" | "wait_woken" => " (for input)",
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_pipe_has_a_letter_of_its_own() {
        assert_eq!((letter(0), letter(25)), ("A".to_owned(), "Z".to_owned()));
        assert_eq!((letter(26), letter(53)), ("A1".to_owned(), "B2".to_owned()));
    }

    #[test]
    fn an_end_of_a_pipe_is_told_from_the_other() {
        use std::os::fd::AsRawFd;
        let (reader, writer) = std::io::pipe().unwrap();
        let me = i32::try_from(std::process::id()).unwrap();
        assert_eq!(writes(me, reader.as_raw_fd()), Some(false));
        assert_eq!(writes(me, writer.as_raw_fd()), Some(true));
    }
}
