//! Which file a program's contract name stands for.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use crate::failure::or_grader_error;
use crate::referee::referee;

/// A program to start: the name the contract gives it, and its file.
#[derive(Debug, Clone)]
pub struct Program {
    name: String,
    path: OsString,
    is_under_test: bool,
    role: Option<String>,
}

impl Program {
    /// The file `path` under the contract name `name`. [`bin!`](crate::bin) finds the path of a lab's program.
    pub fn at(name: impl Into<String>, path: impl AsRef<Path>) -> Self {
        Self {
            name: name.into(),
            path: path.as_ref().as_os_str().to_owned(),
            is_under_test: false,
            role: None,
        }
    }

    /// What [`bin!`](crate::bin) expands to: the runner's path wins, then the lab's program, then the solution's.
    #[doc(hidden)]
    #[must_use]
    pub fn lookup(name: &str, lab: Option<&str>, solution: Option<&str>) -> Self {
        let given = referee().config.programs.get(name).cloned();
        let found = given.or_else(|| lab.or(solution).map(PathBuf::from));
        let path = or_grader_error(found.ok_or_else(|| {
            anyhow::anyhow!(
                "find program {name}: neither the runner nor cargo names its file (CARGO_BIN_EXE_{name})"
            )
        }));
        Self { name: name.to_owned(), path: path.into_os_string(), is_under_test: true, role: None }
    }

    /// What a student calls it, "your shell": the word for it where a hang is explained.
    #[must_use]
    pub fn called(mut self, role: &str) -> Self {
        self.role = Some(role.to_owned());
        self
    }

    /// The word for the program under test in explanations, with its file. `None` for a program of the system.
    pub(crate) fn role(&self) -> Option<autopsy::Role> {
        let exe = self.path().canonicalize().ok().filter(|_| self.is_under_test)?;
        let words = self.role.clone().unwrap_or_else(|| format!("your {}", self.name));
        Some(autopsy::Role { exe, words })
    }

    /// The name in the contract, `psh`; also its `argv[0]`.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What the kernel calls a process that runs a program under test: its file's name, cut to 15 bytes. `None` for
    /// a program of the system.
    pub(crate) fn own_process_name(&self) -> Option<String> {
        let name = self.path().file_name().filter(|_| self.is_under_test)?;
        Some(name.to_string_lossy().chars().take(15).collect())
    }

    /// Where the file is. A path without a slash is looked for in `PATH`.
    #[must_use]
    pub fn path(&self) -> &Path {
        Path::new(&self.path)
    }
}

impl From<&str> for Program {
    /// A command of the system or a helper, found in the room's `PATH`.
    fn from(name: &str) -> Self {
        Self { name: name.to_owned(), path: name.into(), is_under_test: false, role: None }
    }
}

/// The program with this contract name: of the package under test (`psh` or `sol-psh`), or where the
/// runner says. Gives a [`Program`].
#[macro_export]
macro_rules! bin {
    ($name:literal) => {
        $crate::Program::lookup(
            $name,
            option_env!(concat!("CARGO_BIN_EXE_", $name)),
            option_env!(concat!("CARGO_BIN_EXE_sol-", $name)),
        )
    };
}
