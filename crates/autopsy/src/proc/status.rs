//! `/proc/PID/task/TID/status`; proc_pid_status(5). Signals are bit sets: signal 1 is bit 0.

/// What `status` tells about a thread.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Status {
    /// Its tracer, 0 without one.
    pub(crate) tracer: i32,
    /// Its ids, from our pid namespace down to its own.
    pub(crate) ids: Vec<i32>,
    /// Signals that wait for this thread alone.
    pub(crate) pending: u64,
    /// Signals that wait for any thread of the process.
    pub(crate) shared_pending: u64,
    /// Signals it blocks.
    pub(crate) blocked: u64,
    /// Signals it catches.
    pub(crate) caught: u64,
    /// It is writing a core dump.
    pub(crate) is_dumping: bool,
    /// Context switches so far, voluntary and forced.
    pub(crate) switches: u64,
}

impl Status {
    /// Signals that have come and have not been delivered, to this thread or to any of the process.
    pub(crate) fn all_pending(&self) -> u64 {
        self.pending | self.shared_pending
    }
}

/// Reads a `status` file; a field that is not there counts as empty.
pub(crate) fn parse(text: &str) -> Status {
    let mut status = Status::default();
    for line in text.lines() {
        let Some((name, value)) = line.split_once(':') else { continue };
        let value = value.trim();
        let mask = || u64::from_str_radix(value, 16).unwrap_or(0);
        match name {
            "TracerPid" => status.tracer = value.parse().unwrap_or(0),
            "NSpid" => status.ids = value.split_whitespace().filter_map(|id| id.parse().ok()).collect(),
            "SigPnd" => status.pending = mask(),
            "ShdPnd" => status.shared_pending = mask(),
            "SigBlk" => status.blocked = mask(),
            "SigCgt" => status.caught = mask(),
            "CoreDumping" => status.is_dumping = value != "0",
            "voluntary_ctxt_switches" | "nonvoluntary_ctxt_switches" => {
                status.switches += value.parse::<u64>().unwrap_or(0);
            }
            _ => {}
        }
    }
    status
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fields_of_a_recorded_status_are_read() {
        let text = "Name:\tcat\nTracerPid:\t7\nNSpid:\t4711\t12\nCoreDumping:\t0\nSigPnd:\t0000000000000000\n\
            ShdPnd:\t0000000000004000\nSigBlk:\t0000000000014002\nSigIgn:\t0000000000000000\n\
            SigCgt:\t0000000000010000\nvoluntary_ctxt_switches:\t150\nnonvoluntary_ctxt_switches:\t5\n";
        let status = parse(text);
        assert_eq!(status.tracer, 7);
        assert_eq!(status.ids, [4711, 12]);
        assert_eq!((status.pending, status.shared_pending), (0, 0x4000));
        assert_eq!((status.blocked, status.caught), (0x14002, 0x10000));
        assert_eq!((status.switches, status.is_dumping), (155, false));
    }
}
