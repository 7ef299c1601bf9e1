//! Where the suite runs: the programs where every user can reach them, and a tidy room for each reader.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use anyhow::{Context, Result, ensure};
use libtest_mimic::{Failed, Trial};
use nix::errno::Errno;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tempfile::TempDir;

use crate::order::{Order, Task};
use crate::table::Table;
use crate::ways::{self, Way};

/// A folder with both programs, which `nobody` can read too (a checkout in a home of mode 0700 is none).
pub(crate) struct House {
    folder: TempDir,
    pub(crate) table: Table,
}

impl House {
    pub(crate) fn new() -> Result<Self> {
        let folder = tempfile::tempdir().context("make a folder")?;
        fs::set_permissions(folder.path(), Permissions::from_mode(0o755)).context("open the folder")?;
        let house = Self { folder, table: Table::read()? };
        let suite = std::env::current_exe().context("find this program")?;
        for (from, to) in [
            (suite.as_path(), house.suite()),
            (Path::new(env!("CARGO_BIN_EXE_autopsy-cases")), house.cases()),
        ] {
            // In a process of its own: another thread that forks meanwhile would keep the copy open for writing.
            let status = Command::new("cp").arg("--").arg(from).arg(&to).status().context("start cp")?;
            ensure!(status.success(), "copy {} to {}", from.display(), to.display());
        }
        Ok(house)
    }

    /// This program.
    pub(crate) fn suite(&self) -> PathBuf {
        self.folder.path().join("suite")
    }

    /// The hanging programs.
    pub(crate) fn cases(&self) -> PathBuf {
        self.folder.path().join("autopsy-cases")
    }
}

/// One reader's name and folder. Whatever carries the name is ended and removed when this is dropped.
pub(crate) struct Room {
    pub(crate) token: String,
    pub(crate) temp: TempDir,
    cases: PathBuf,
}

impl Room {
    pub(crate) fn new(house: &House) -> Result<Self> {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let temp = tempfile::tempdir().context("make a folder")?;
        // The reader may be another user.
        fs::set_permissions(temp.path(), Permissions::from_mode(0o777)).context("open the folder")?;
        Ok(Self { token: format!("autopsy-{}-{number}-", std::process::id()), temp, cases: house.cases() })
    }

    /// Living processes that carry the name in their environment, as all descendants do.
    pub(crate) fn processes(&self) -> Vec<i32> {
        let entry = format!("AUTOPSY_TOKEN={}", self.token);
        let carries = |pid: &i32| {
            let environment = fs::read(format!("/proc/{pid}/environ")).unwrap_or_default();
            environment.split(|byte| *byte == 0).any(|variable| variable == entry.as_bytes())
        };
        let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
        entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok()).filter(carries).collect()
    }

    /// Names in /dev/shm and files that carry the token.
    pub(crate) fn files(&self) -> Vec<PathBuf> {
        let folders = [Path::new("/dev/shm"), self.temp.path()];
        let entries =
            folders.into_iter().flat_map(|folder| fs::read_dir(folder).into_iter().flatten().flatten());
        entries
            .map(|entry| entry.path())
            .filter(|path| path.to_string_lossy().contains(&self.token))
            .collect()
    }

    fn end_all(&self) {
        loop {
            let left = self.processes();
            if left.is_empty() {
                return;
            }
            for pid in left {
                match kill(Pid::from_raw(pid), Signal::SIGKILL) {
                    Ok(()) | Err(Errno::ESRCH) => {}
                    Err(error) => {
                        eprintln!("suite: kill {pid}: {error}");
                        return;
                    }
                }
            }
            std::thread::yield_now();
        }
    }

    /// Ends and removes everything of this room.
    pub(crate) fn sweep(&self) -> Result<()> {
        self.end_all();
        let status = Command::new(&self.cases)
            .arg("sweep")
            .env("AUTOPSY_TOKEN", &self.token)
            .env("TMPDIR", self.temp.path())
            .status()
            .context("start the sweep")?;
        ensure!(status.success(), "sweep {}", self.token);
        Ok(())
    }
}

impl Drop for Room {
    fn drop(&mut self) {
        if let Err(error) = self.sweep() {
            eprintln!("suite: {error:#}");
        }
    }
}

/// The harness itself.
pub(crate) fn trials(house: &Arc<House>) -> Vec<Trial> {
    let killed = Arc::clone(house);
    let all = Arc::clone(house);
    vec![
        Trial::test("the_harness::leaves_nothing_when_a_reader_is_killed", move || {
            killed_reader(&killed).map_err(|error| Failed::from(format!("{error:#}")))
        }),
        Trial::test("the_harness::knows_every_case_of_the_program", move || {
            knows_all(&all).map_err(|error| Failed::from(format!("{error:#}")))
        }),
    ]
}

fn killed_reader(house: &House) -> Result<()> {
    let room = Room::new(house)?;
    let order = Order::new(house, &room, "lock-order", Task::Wait);
    let said = tempfile::tempfile().context("make a file")?;
    let mut reader = ways::start(house, Way::User, &order, &said, &said)?;
    // The reader itself, and the three of the case.
    while room.processes().len() < 4 || room.files().is_empty() {
        ensure!(reader.try_wait().context("look at the reader")?.is_none(), "the reader has ended");
        std::thread::yield_now();
    }
    reader.kill().context("kill the reader")?;
    reader.wait().context("wait for the reader")?;
    room.sweep()?;
    ensure!(room.processes().is_empty(), "processes are left: {:?}", room.processes());
    ensure!(room.files().is_empty(), "names are left: {:?}", room.files());
    Ok(())
}

fn knows_all(house: &House) -> Result<()> {
    let output = Command::new(house.cases()).output().context("list the cases")?;
    let text = String::from_utf8(output.stdout).context("list the cases")?;
    let mut programs: Vec<&str> = text.lines().collect();
    let table = &house.table;
    let mut named: Vec<&str> = table
        .case
        .iter()
        .map(|case| case.name.as_str())
        .chain(table.live.iter().map(|live| live.name.as_str()))
        .collect();
    programs.sort_unstable();
    named.sort_unstable();
    ensure!(programs == named, "autopsy-cases has {programs:?}, tests/cases.toml has {named:?}");
    Ok(())
}
