//! One `cargo build` for a check run: the lab's programs, its specification and the helper programs. What
//! the compiler says is shown as it says it; where the executables are is read from cargo's messages.

use std::collections::BTreeMap;
use std::env;
use std::io::{BufReader, IsTerminal as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::Context as _;
use serde::Deserialize;

use crate::exit::{Exit, stop};
use crate::family::Family;
use crate::interrupt;
use crate::workspace::Workspace;

/// What was built.
#[derive(Debug, Clone)]
pub struct Built {
    /// The programs by contract name.
    pub programs: BTreeMap<String, PathBuf>,
    /// The specification's test binary, if it was asked for.
    pub spec: Option<PathBuf>,
    /// The folder with the helper programs.
    pub helpers: Option<PathBuf>,
}

/// What to build.
#[derive(Debug, Clone, Copy, Default)]
pub struct Wanted<'a> {
    /// The package with the programs and the specification.
    pub package: &'a str,
    /// Contract names of its programs.
    pub programs: &'a [String],
    /// What stands before a program's name in this package: nothing, or `sol-`.
    pub prefix: &'a str,
    /// Whether the specification is left out: compiling it takes longer than the programs.
    pub without_spec: bool,
    /// Whether optimised programs are wanted, and nothing else: they are measured, not checked.
    pub is_release: bool,
    /// A staged copy of the workspace, with its own target folder: only programs are built there, and only
    /// errors are shown.
    pub stage: Option<Stage<'a>>,
}

/// A workspace other than ours.
#[derive(Debug, Clone, Copy)]
pub struct Stage<'a> {
    /// Its root.
    pub root: &'a Path,
    /// Its target folder.
    pub target: &'a Path,
    /// Who must not take cargo for a stray while referees run.
    pub family: &'a Family,
}

#[derive(Deserialize)]
#[serde(tag = "reason")]
enum Message {
    #[serde(rename = "compiler-artifact")]
    Artifact {
        package_id: String,
        target: Target,
        executable: Option<PathBuf>,
        #[serde(default)]
        fresh: bool,
    },
    #[serde(rename = "compiler-message")]
    Diagnosed { package_id: String, message: Diagnostic },
    #[serde(other)]
    Other,
}

#[derive(Deserialize)]
struct Target {
    name: String,
    kind: Vec<String>,
}

/// What the compiler has to say.
#[derive(Debug, Deserialize)]
pub(crate) struct Diagnostic {
    level: String,
    /// As cargo would show it, with colours.
    pub(crate) rendered: Option<String>,
}

impl Diagnostic {
    pub(crate) fn is_error(&self) -> bool {
        self.level == "error"
    }
}

/// The cargo that runs us.
#[must_use]
pub fn cargo(workspace: &Workspace) -> Command {
    let mut command = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(&workspace.root).stdin(Stdio::null());
    command
}

/// Builds, in the usual target folder.
///
/// # Errors
/// [`Exit::DoesNotCompile`] when the package has errors; a grader error when something of ours has.
pub fn build(workspace: &Workspace, wanted: Wanted<'_>) -> anyhow::Result<Built> {
    let mut command = cargo(workspace);
    command.args(["build", "--package", wanted.package, "--bins"]);
    match wanted.stage {
        None if wanted.is_release => command.arg("--release"),
        // With testkit, or cargo would choose other features of the libraries and compile them twice.
        None if wanted.without_spec => command.args(["--package", "testkit"]),
        None => command.args(["--package", "testkit", "--test", "spec"]),
        Some(stage) => command.current_dir(stage.root).arg("--quiet").arg("--target-dir").arg(stage.target),
    };
    command.arg("--message-format=json-diagnostic-rendered-ansi").stdout(Stdio::piped());
    if wanted.stage.is_none() && !std::io::stderr().is_terminal() {
        command.arg("--quiet");
    }
    let family = wanted.stage.map(|stage| stage.family);
    let child = match family {
        Some(family) => family.spawn(&mut command),
        None => command.spawn(),
    };
    let mut child = child.context("start cargo")?;
    let output = child.stdout.take().context("read cargo's messages")?;
    let found = read(BufReader::new(output), wanted);
    let status = child.wait();
    if let Some(family) = family {
        family.forget(&child);
    }
    let (found, status) = (found?, status.context("wait for cargo")?);
    if interrupt::is_set() {
        return Err(stop(Exit::Interrupted, "interrupted"));
    }
    if !status.success() {
        return Err(if found.is_package_wrong {
            stop(
                Exit::DoesNotCompile,
                format!("{} does not compile; the compiler says why above", wanted.package),
            )
        } else {
            stop(Exit::GraderError, format!("cargo build --package {} failed: {status}", wanted.package))
        });
    }
    found.complete(wanted)
}

/// What cargo's messages have told so far.
#[derive(Debug, Default)]
pub(crate) struct Found {
    executables: BTreeMap<String, PathBuf>,
    spec: Option<PathBuf>,
    helpers: Option<PathBuf>,
    is_package_wrong: bool,
    /// Whether anything of the package was compiled; false when cargo found all of it up to date.
    pub(crate) is_package_compiled: bool,
}

fn read(output: impl std::io::BufRead, wanted: Wanted<'_>) -> anyhow::Result<Found> {
    let mut found = Found::default();
    for line in output.lines() {
        let line = line.context("read cargo's messages")?;
        let Some(said) = found.hear(&line, wanted) else { continue };
        let is_told = said.is_error() || wanted.stage.is_none();
        if let Some(text) = said.rendered.filter(|_| is_told) {
            anstream::eprint!("{text}");
        }
    }
    Ok(found)
}

/// A package id is `path+file:///…/labs/01-pipeline-shell#lab01-pipeline-shell@0.1.0`, or without the name
/// where the folder has it.
fn is_of(package_id: &str, package: &str) -> bool {
    let name = package_id.rsplit('#').next().unwrap_or_default();
    name.split('@').next() == Some(package)
        || package_id.split('#').next().is_some_and(|url| url.ends_with(&format!("/{package}")))
}

impl Built {
    /// The specification.
    ///
    /// # Errors
    /// When it was not built.
    pub fn spec(&self) -> anyhow::Result<&Path> {
        self.spec.as_deref().context("the package has no test target `spec`")
    }

    /// Fills a folder with the helper programs and nothing else; cargo's own folder holds everything.
    ///
    /// # Errors
    /// When they were not built or cannot be copied.
    pub fn install_helpers(&self, to: &Path) -> anyhow::Result<()> {
        let helper = self.helpers.as_ref().context("find the helper programs: cargo built none")?;
        let helper = helper.join("testkit-helper");
        let status = Command::new(&helper).arg("install").arg(to).stdin(Stdio::null()).status();
        let status = status.with_context(|| format!("run {}", helper.display()))?;
        anyhow::ensure!(status.success(), "install the helper programs: {status}");
        Ok(())
    }
}

impl Found {
    /// Takes one line of cargo's; what it says to people.
    pub(crate) fn hear(&mut self, line: &str, wanted: Wanted<'_>) -> Option<Diagnostic> {
        // Anything else on the line is a build script's output, which is not for us.
        match serde_json::from_str(line).ok()? {
            Message::Artifact { package_id, target, executable, fresh } => {
                self.is_package_compiled |= !fresh && is_of(&package_id, wanted.package);
                if let Some(path) = executable {
                    self.artifact(&package_id, target, path, wanted);
                }
                None
            }
            Message::Diagnosed { package_id, message } => {
                self.is_package_wrong |= message.is_error() && is_of(&package_id, wanted.package);
                Some(message)
            }
            Message::Other => None,
        }
    }

    fn artifact(&mut self, package_id: &str, target: Target, path: PathBuf, wanted: Wanted<'_>) {
        let is_kind = |kind: &str| target.kind.iter().any(|k| k == kind);
        if is_of(package_id, "testkit") && is_kind("bin") {
            self.helpers = path.parent().map(Path::to_owned);
        } else if is_of(package_id, wanted.package) && is_kind("test") && target.name == "spec" {
            self.spec = Some(path);
        } else if is_of(package_id, wanted.package) && is_kind("bin") {
            self.executables.insert(target.name, path);
        }
    }

    pub(crate) fn complete(mut self, wanted: Wanted<'_>) -> anyhow::Result<Built> {
        let mut programs = BTreeMap::new();
        for name in wanted.programs {
            let target = format!("{}{name}", wanted.prefix);
            let path = self.executables.remove(&target);
            let path = path.with_context(|| format!("{} has no program {target}", wanted.package))?;
            programs.insert(name.clone(), path);
        }
        Ok(Built { programs, spec: self.spec, helpers: self.helpers })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WANTED: &[&str] = &["psh"];

    fn found(lines: &str) -> Found {
        let programs: Vec<String> = WANTED.iter().map(ToString::to_string).collect();
        let wanted = Wanted { package: "lab01-pipeline-shell", programs: &programs, ..Wanted::default() };
        read(lines.as_bytes(), wanted).unwrap()
    }

    #[test]
    fn executables_are_read_from_cargos_messages() {
        let lines = r##"
{"reason":"compiler-artifact","package_id":"path+file:///w/crates/testkit#0.1.0","target":{"name":"helper","kind":["bin"]},"executable":"/t/debug/helper"}
{"reason":"compiler-artifact","package_id":"path+file:///w/labs/01-pipeline-shell#lab01-pipeline-shell@0.1.0","target":{"name":"psh","kind":["bin"]},"executable":"/t/debug/psh"}
{"reason":"compiler-artifact","package_id":"path+file:///w/labs/01-pipeline-shell#lab01-pipeline-shell@0.1.0","target":{"name":"spec","kind":["test"]},"executable":"/t/debug/deps/spec-1"}
{"reason":"build-finished","success":true}
"##;
        let programs = vec!["psh".to_owned()];
        let wanted = Wanted { package: "lab01-pipeline-shell", programs: &programs, ..Wanted::default() };
        let built = found(lines).complete(wanted).unwrap();
        assert_eq!(built.programs["psh"], Path::new("/t/debug/psh"));
        assert_eq!(built.spec().unwrap(), Path::new("/t/debug/deps/spec-1"));
        assert_eq!(built.helpers.unwrap(), Path::new("/t/debug"));
    }

    #[test]
    fn an_error_in_the_lab_is_the_students_and_one_elsewhere_is_ours() {
        let error = |id: &str| {
            format!(
                r#"{{"reason":"compiler-message","package_id":"{id}","message":{{"level":"error","rendered":null}}}}"#
            )
        };
        assert!(
            found(&error("path+file:///w/labs/01-pipeline-shell#lab01-pipeline-shell@0.1.0"))
                .is_package_wrong
        );
        assert!(!found(&error("path+file:///w/crates/testkit#0.1.0")).is_package_wrong);
    }
}
