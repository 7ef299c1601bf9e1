//! `doctor`: is this machine ready? Each line says what was looked at, what was found, and what to do.

use std::process::{Command, Stdio};

use sandbox::doctor::Finding;
use sandbox::{End, Job, Spec};

use crate::exit::Exit;
use crate::text::one_line;
use crate::workspace::{Lab, Workspace};
use crate::{files, seed};

/// Looks, tells, and fails if something is missing that even `check` needs.
///
/// # Errors
/// When the workspace cannot be found.
pub fn run(workspace: &Workspace) -> anyhow::Result<Exit> {
    let needed = [toolchain(workspace), target(workspace), labs(workspace)];
    let mut findings: Vec<Finding> = ["rustfmt", "git"].map(tool).into();
    let probed = sandbox::probe();
    findings.push(Finding {
        what: "sandbox level".to_owned(),
        ok: probed.level != sandbox::Level::None,
        found: format!("{:?}", probed.level).to_lowercase(),
        fix: "without a sandbox, `grade` needs --trust-submissions; `check` needs none".to_owned(),
    });
    findings.extend(probed.findings);
    if probed.level != sandbox::Level::None {
        findings.push(dev_null(probed.level));
    }
    // A manifest that cannot be read has its own line.
    let labs = workspace.labs().unwrap_or_default();
    findings.extend(labs.iter().map(|lab| seed(workspace, lab, probed.level)));
    for finding in needed.iter().chain(&findings) {
        anstream::println!("{}", line(finding));
    }
    Ok(if needed.iter().all(|finding| finding.ok) { Exit::Done } else { Exit::SomeFailed })
}

fn line(finding: &Finding) -> String {
    let mark = if finding.ok { "ok  " } else { "!!  " };
    let fix = if finding.ok || finding.fix.is_empty() {
        String::new()
    } else {
        format!("\n{:30}-> {}", "", finding.fix)
    };
    format!("{mark}{:<26}{}{fix}", finding.what, finding.found)
}

fn finding(what: &str, found: Result<String, String>, fix: &str) -> Finding {
    let (ok, found) = match found {
        Ok(found) => (true, found),
        Err(found) => (false, found),
    };
    Finding { what: what.to_owned(), ok, found, fix: fix.to_owned() }
}

/// What a program says to `--version`.
fn version(command: &mut Command) -> Result<String, String> {
    let output = command.arg("--version").stdin(Stdio::null()).output().map_err(|error| error.to_string())?;
    let text = String::from_utf8_lossy(&output.stdout);
    if output.status.success() {
        Ok(text.lines().next().unwrap_or_default().to_owned())
    } else {
        Err(output.status.to_string())
    }
}

/// The pinned toolchain is the one that runs.
fn toolchain(workspace: &Workspace) -> Finding {
    let pinned = files::read(&workspace.root.join("rust-toolchain.toml")).ok().and_then(|text| {
        let table: toml::Table = toml::from_str(&text).ok()?;
        Some(table.get("toolchain")?.get("channel")?.as_str()?.to_owned())
    });
    let found = version(Command::new("rustc").current_dir(&workspace.root));
    let found = found.and_then(|version| match pinned {
        Some(pinned) if !version.contains(&pinned) => Err(format!("{version}, but {pinned} is pinned")),
        _ => Ok(version),
    });
    finding("toolchain", found, "install rustup (https://rustup.rs); it reads rust-toolchain.toml by itself")
}

fn tool(name: &str) -> Finding {
    let fix = match name {
        "rustfmt" => "rustup component add rustfmt (needed by authors only)",
        _ => "install git (needed by `handout`, and by `grade` for git repositories)",
    };
    finding(name, version(&mut Command::new(name)), fix)
}

/// Builds and progress need a place.
fn target(workspace: &Workspace) -> Finding {
    let dir = workspace.state_dir();
    let probe = dir.join("probe");
    let found = files::write_atomic(&probe, b"")
        .and_then(|()| Ok(std::fs::remove_file(&probe)?))
        .map(|()| format!("{} can be written", workspace.shown(&dir)))
        .map_err(|error| format!("{error:#}"));
    finding("target folder", found, "make the folder yours, or set CARGO_TARGET_DIR")
}

fn labs(workspace: &Workspace) -> Finding {
    let found = workspace.labs().map_err(|error| format!("{error:#}")).map(|labs| {
        let solutions = labs.iter().filter(|lab| lab.solution.is_some()).count();
        format!("{} found, {solutions} with a solution here", labs.len())
    });
    finding("labs", found, "repair the file that is named")
}

/// Students' programs and helpers write to `/dev/null` as the sandbox's user. In some containers only root may.
fn dev_null(level: sandbox::Level) -> Finding {
    let argv = ["/bin/sh", "-c", ": > /dev/null && : < /dev/null"].map(str::to_owned).to_vec();
    let mut spec = Spec::new(Job::Exec { argv, cwd: "/".into() });
    spec.level = Some(level);
    let outcome = sandbox::run(&spec);
    let found = match &outcome.end {
        End::Exited(0) => Ok("the sandbox's user can read and write it".to_owned()),
        End::Exited(_) => Err(one_line(outcome.stderr.text().trim(), 80)),
        end => Err(format!("{end:?}")),
    };
    finding("/dev/null", found, "chmod 666 /dev/null (as root, on the host)")
}

/// The build seed that `grade` would use now. One that is not there is no fault: `grade` makes it.
fn seed(workspace: &Workspace, lab: &Lab, level: sandbox::Level) -> Finding {
    let what = format!("seed of lab {}", lab.manifest.id);
    match seed::state(workspace, lab, level) {
        Ok(state) => finding(&what, told(&state), "remove ipc-labs/seed in the target folder"),
        Err(error) => finding(&what, Err(format!("{error:#}")), "repair what is named"),
    }
}

fn told(state: &seed::State) -> Result<String, String> {
    match (&state.artifact, state.is_present) {
        (Some(path), _) => Err(format!("key {}, but it holds {} of the lab", state.key, path.display())),
        (None, true) => Ok(format!("present, key {}, no artifact of the lab in it", state.key)),
        (None, false) => Ok(format!("not there for key {}: the next `grade` makes it", state.key)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fix_is_shown_only_where_it_is_needed() {
        let good = finding("git", Ok("git 2".to_owned()), "install git");
        assert_eq!(line(&good), "ok  git                       git 2");
        let bad = finding("git", Err("not found".to_owned()), "install git");
        assert!(line(&bad).ends_with("-> install git"), "{}", line(&bad));
    }

    #[test]
    fn a_missing_seed_is_no_fault_and_one_with_an_artifact_of_the_lab_is() {
        let state = |is_present, artifact: Option<&str>| seed::State {
            key: "ab12".to_owned(),
            is_present,
            artifact: artifact.map(Into::into),
        };
        assert!(told(&state(false, None)).unwrap().contains("not there for key ab12"));
        assert!(told(&state(true, None)).unwrap().contains("present, key ab12"));
        assert!(told(&state(true, Some("deps/liblab01.rlib"))).unwrap_err().contains("liblab01.rlib"));
    }
}
