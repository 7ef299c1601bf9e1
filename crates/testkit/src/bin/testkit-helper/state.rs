//! What this process was started with: `fds` and `sigs`.

use std::os::fd::AsRawFd;

use anyhow::{Context, Result};
use nix::dir::Dir;
use nix::fcntl::{OFlag, readlink};
use nix::sys::stat::Mode;

use crate::streams::write_all;

pub(crate) fn fds(with_targets: bool) -> Result<()> {
    let flags = OFlag::O_RDONLY | OFlag::O_DIRECTORY | OFlag::O_CLOEXEC;
    let mut folder = Dir::open("/proc/self/fd", flags, Mode::empty()).context("open /proc/self/fd")?;
    // The folder's own descriptor is not one that was inherited.
    let own = folder.as_raw_fd();
    let mut open = Vec::new();
    for entry in folder.iter() {
        let entry = entry.context("read /proc/self/fd")?;
        let number = entry.file_name().to_str().ok().and_then(|name| name.parse::<i32>().ok());
        open.extend(number.filter(|&number| number != own));
    }
    open.sort_unstable();
    let mut text = String::new();
    if with_targets {
        for number in open {
            let target =
                readlink(format!("/proc/self/fd/{number}").as_str()).context("read a descriptor's target")?;
            text.push_str(&format!("{number} {}\n", target.to_string_lossy()));
        }
    } else {
        let numbers: Vec<String> = open.iter().map(ToString::to_string).collect();
        text = numbers.join(" ") + "\n";
    }
    write_all(1, text.as_bytes())
}

pub(crate) fn sigs() -> Result<()> {
    let status = std::fs::read_to_string("/proc/self/status").context("read /proc/self/status")?;
    let set = |field: &str| -> Result<String> {
        let value = status.lines().find_map(|line| line.strip_prefix(field)?.strip_prefix(':'));
        let value = value.with_context(|| format!("find {field} in /proc/self/status"))?;
        let mask = u64::from_str_radix(value.trim(), 16).with_context(|| format!("read {field}"))?;
        let names: Vec<String> = (1..=64).filter(|n| mask & (1 << (n - 1)) != 0).map(name).collect();
        Ok(if names.is_empty() { "-".to_owned() } else { names.join(",") })
    };
    let line = format!("blocked {} ignored {} caught {}\n", set("SigBlk")?, set("SigIgn")?, set("SigCgt")?);
    write_all(1, line.as_bytes())
}

/// `PIPE` for 13; numbers without a name as they are.
fn name(number: i32) -> String {
    match nix::sys::signal::Signal::try_from(number) {
        Ok(signal) => signal.as_str().trim_start_matches("SIG").to_owned(),
        Err(_) => number.to_string(),
    }
}
