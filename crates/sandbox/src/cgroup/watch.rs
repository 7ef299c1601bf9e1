//! Whether a group has run out of memory: the kernel's counters, compared with those at the run's beginning.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use super::group::{Version, write};

/// Version 1: the most bytes that were ever charged.
const HIGHEST: &str = "memory.max_usage_in_bytes";
/// Bytes by which usage may stay below a limit that refuses: pages are charged in batches, and limits rounded.
const BATCH: u64 = 1 << 20;

/// Looks whether a group has run out of memory since its run began.
#[derive(Debug)]
pub(crate) struct Watch {
    version: Version,
    folder: PathBuf,
    /// The group's limit in bytes.
    limit: u64,
    /// Both counts at the beginning.
    killed: u64,
    refused: u64,
}

impl Watch {
    /// Begins to watch the group at `folder`, which is limited to `limit` bytes.
    pub(super) fn new(version: Version, folder: &Path, limit: u64) -> Result<Self> {
        let mut watch = Self { version, folder: folder.to_owned(), limit, killed: 0, refused: 0 };
        let context = || format!("read the counters of {}", folder.display());
        watch.killed = watch.killed_now().with_context(context)?;
        match version {
            // Any number sets the high-water mark to what is used now, cached files of the last run among it. That may be
            // as much as the limit, so this count begins with 0 whatever it reads.
            Version::V1 => write(&folder.join(HIGHEST), "0")?,
            Version::V2 => watch.refused = watch.refused_now().with_context(context)?,
        }
        Ok(watch)
    }

    /// Whether the kernel has killed a process of the group because of the group's limit. What the whole machine's lack
    /// of memory kills is no fault of the program.
    pub(crate) fn has_run_out(&self) -> bool {
        // A count that cannot be read has not moved; the watchdog is there too.
        let killed = self.killed_now().unwrap_or(self.killed);
        killed > self.killed && self.refused_now().unwrap_or(self.refused) > self.refused
    }

    fn read(&self, name: &str) -> io::Result<String> {
        fs::read_to_string(self.folder.join(name))
    }

    /// Processes of the group that an OOM killer has killed, the group's or the machine's.
    fn killed_now(&self) -> io::Result<u64> {
        let file = if self.version == Version::V1 { "memory.oom_control" } else { "memory.events" };
        Ok(field(&self.read(file)?, "oom_kill"))
    }

    /// How often the group's own limit left no way out. Version 1 has no such count (`memory.failcnt` stays 0 on Linux 6.18),
    /// so there it is 1 where memory has come up to the limit.
    fn refused_now(&self) -> io::Result<u64> {
        match self.version {
            Version::V1 => {
                Ok((number(self.read(HIGHEST)?.trim()).saturating_add(BATCH) >= self.limit).into())
            }
            Version::V2 => Ok(field(&self.read("memory.events")?, "oom")),
        }
    }
}

/// A `name 12` line.
fn field(text: &str, name: &str) -> u64 {
    let value = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
    value.map_or(0, |value| number(value.trim()))
}

fn number(text: &str) -> u64 {
    text.parse().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A folder with a group's files; the kernel's part is played by the test.
    fn group(files: &[(&str, &str)]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().expect("a temporary folder");
        for (name, text) in files {
            fs::write(folder.path().join(name), text).expect("write a file");
        }
        folder
    }

    #[test]
    fn version_1_tells_by_its_high_water_mark() {
        let folder = group(&[("memory.oom_control", "oom_kill 3\n"), (HIGHEST, "268435456\n")]);
        let watch = Watch::new(Version::V1, folder.path(), 256 << 20).expect("read the counters");
        let has_run_out = |highest: &str, killed: &str| {
            fs::write(folder.path().join(HIGHEST), highest).expect("write the mark");
            fs::write(folder.path().join("memory.oom_control"), killed).expect("write the count");
            watch.has_run_out()
        };
        assert!(!has_run_out("268435456\n", "under_oom 0\noom_kill 3\n"), "reclaimed");
        assert!(!has_run_out("1048576\n", "under_oom 0\noom_kill 4\n"), "the machine's lack");
        assert!(has_run_out("268431360\n", "under_oom 0\noom_kill 4\n"));
    }

    #[test]
    fn only_a_kill_at_the_groups_own_limit_counts() {
        let folder = group(&[("memory.events", "max 5\noom 1\noom_kill 1\noom_group_kill 1\n")]);
        let watch = Watch::new(Version::V2, folder.path(), 256 << 20).expect("read the counters");
        let has_run_out = |text: &str| {
            fs::write(folder.path().join("memory.events"), text).expect("write the counters");
            watch.has_run_out()
        };
        assert!(!has_run_out("max 9\noom 1\noom_kill 1\noom_group_kill 1\n"), "reclaimed");
        assert!(!has_run_out("max 5\noom 1\noom_kill 2\noom_group_kill 1\n"), "the machine's lack");
        assert!(has_run_out("max 9\noom 2\noom_kill 2\noom_group_kill 2\n"));
    }
}
