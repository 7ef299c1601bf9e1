//! `/proc/PID/stat` and `/proc/PID/task/TID/stat`; proc_pid_stat(5).

/// A thread of the kernel: `PF_KTHREAD`, same place.
const KERNEL_THREAD: u64 = 0x20_0000;
/// Forked, and no exec since: `PF_FORKNOEXEC` in the kernel's `include/linux/sched.h`.
const FORKED_NO_EXEC: u64 = 0x40;

/// What one line of `stat` tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Stat {
    /// The process or thread.
    pub(crate) id: i32,
    /// The name it gave itself or got from exec, cut to 15 bytes.
    pub(crate) comm: String,
    /// `R`, `S`, `D`, `T`, `t`, `Z` and so on.
    pub(crate) state: char,
    /// Its parent.
    pub(crate) parent: i32,
    /// Its process group.
    pub(crate) group: i32,
    /// Whether it has a controlling terminal.
    pub(crate) has_terminal: bool,
    /// The foreground group of its terminal; -1 without one.
    pub(crate) foreground: i32,
    /// It was forked and has not called exec since.
    pub(crate) is_copy: bool,
    /// It belongs to the kernel and has no descriptors.
    pub(crate) is_kernel: bool,
    /// Processor time, in clock ticks.
    pub(crate) ticks: u64,
    /// When it started, in ticks after boot: tells a reused id from the old one.
    pub(crate) started: u64,
}

/// Reads one line of `stat`.
pub(crate) fn parse(text: &str) -> Option<Stat> {
    // The name may hold blanks and parentheses: it ends at the last one.
    let (head, tail) = text.rsplit_once(") ")?;
    let (id, comm) = head.split_once(" (")?;
    let fields: Vec<&str> = tail.split_whitespace().collect();
    let number = |at: usize| -> Option<i32> { fields.get(at)?.parse().ok() };
    let count = |at: usize| -> Option<u64> { fields.get(at)?.parse().ok() };
    Some(Stat {
        id: id.parse().ok()?,
        comm: comm.to_owned(),
        state: fields.first()?.chars().next()?,
        parent: number(1)?,
        group: number(2)?,
        has_terminal: number(4)? != 0,
        foreground: number(5)?,
        is_copy: count(6)? & FORKED_NO_EXEC != 0,
        is_kernel: count(6)? & KERNEL_THREAD != 0,
        ticks: count(11)? + count(12)?,
        started: count(19)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINE: &str = "41 (a) R (b)) S 12 40 40 34816 40 4194368 90 0 0 0 3 4 0 0 20 0 1 0 777 8 9 \
        18446744073709551615 1 1 0 0 0 0 0 0 0 0 0 0 17 1 0 0 0 0 0 0 0 0 0 0 0 0 0";

    #[test]
    fn a_name_with_parentheses_is_read_whole() {
        let stat = parse(LINE).unwrap();
        assert_eq!((stat.id, stat.comm.as_str(), stat.state), (41, "a) R (b)", 'S'));
        assert_eq!(stat.foreground, 40);
        assert_eq!((stat.parent, stat.group, stat.has_terminal), (12, 40, true));
        assert_eq!((stat.is_copy, stat.ticks, stat.started), (true, 7, 777));
    }

    #[test]
    fn a_cut_line_is_no_process() {
        assert_eq!(parse("41 (x) S 12"), None);
        assert_eq!(parse(""), None);
    }
}
