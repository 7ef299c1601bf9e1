//! Counting pages: how many of a mapping belong to one process alone, and how many are in others as well.

use anyhow::{Context, Result, ensure};
use nix::unistd::Pid;

/// Pages of a mapping that are really there.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Count {
    /// Pages of frames that no other process has.
    pub private: usize,
    /// Pages of frames that other processes have as well.
    pub shared: usize,
}

/// Counts the pages of `length` bytes from `address` on in a process. Nearby memory may be in the same entry of the
/// list, so it must begin and end there.
///
/// # Errors
/// When the process or such a mapping does not exist.
///
/// See also: `proc_pid_smaps(5)`
pub fn count(pid: Pid, address: usize, length: usize) -> Result<Count> {
    let list = std::fs::read_to_string(format!("/proc/{pid}/smaps"));
    let list = list.with_context(|| format!("read the mappings of process {pid}"))?;
    let head = format!("{address:x}-{:x} ", address + length);
    let mut lines = list.lines().skip_while(|line| !line.starts_with(&head));
    ensure!(lines.next().is_some(), "process {pid} has no mapping {head}");
    let page = crate::mapping::page_size()? / 1024;
    let mut count = Count::default();
    // The entry ends with its flags.
    for line in lines.take_while(|line| !line.starts_with("VmFlags:")) {
        let Some((name, size)) = line.split_once(':') else { continue };
        let sum = match name {
            "Private_Clean" | "Private_Dirty" => &mut count.private,
            "Shared_Clean" | "Shared_Dirty" => &mut count.shared,
            _ => continue,
        };
        let kilobytes: usize = size.trim().trim_end_matches(" kB").parse().context("read a size")?;
        *sum += kilobytes / page;
    }
    Ok(count)
}
