//! What does not depend on a machine.

/// The heading of the table.
pub(super) const HEAD: [&str; 7] =
    ["", "holds", "boundaries", "outlives its users", "tells who sends", "other machines", "pollable"];

/// A row for each mechanism, in the order of the other tables.
const ROWS: [[&str; 7]; 14] = [
    ["pipe", "64 KiB", "no", "no", "no", "no", "yes"],
    ["FIFO", "64 KiB", "no", "its name", "by the file's mode", "no", "yes"],
    ["Unix stream", "its buffers", "no", "its name", "pid and user", "no", "yes"],
    ["Unix seqpacket", "its buffers", "yes", "its name", "pid and user", "no", "yes"],
    ["TCP loopback", "its buffers", "no", "no", "an address", "yes", "yes"],
    ["POSIX mq", "10 messages", "yes", "until reboot", "by the queue's mode", "no", "yes (Linux)"],
    ["System V mq", "16 KiB", "yes, and types", "until reboot", "by the queue's mode", "no", "no"],
    ["signal", "1 of a kind", "yes", "no", "pid and user", "no", "by signalfd"],
    ["sigqueue + signalfd", "thousands", "a number", "no", "pid and user", "no", "yes"],
    ["file + fcntl lock", "as you make it", "as you make them", "yes", "by the file's mode", "no", "no"],
    ["sem_t + memory", "as you make it", "as you make them", "no", "no", "no", "no"],
    ["eventfd + memory", "as you make it", "as you make them", "no", "no", "no", "yes"],
    ["ring in memory", "as you make it", "as you make them", "its name", "by the file's mode", "no", "no"],
    ["ring + membarrier", "as you make it", "as you make them", "its name", "by the file's mode", "no", "no"],
];

/// The rows, as a report takes them.
pub(super) fn rows() -> Vec<Vec<String>> {
    ROWS.iter().map(|row| row.iter().map(ToString::to_string).collect()).collect()
}
