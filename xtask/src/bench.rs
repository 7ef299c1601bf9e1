//! `bench`: builds in release what is to be measured, then lets `crates/bench` measure it. Figures, never points.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::Context as _;
use clap::Args;

use crate::compile::{self, Wanted, cargo};
use crate::exit::{self, Exit, bad_input, usage};
use crate::interrupt;
use crate::workspace::{Lab, Workspace};

/// Measure a lab's program beside the reference, real peers and the limits of this machine.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  cargo xtask bench 07           one screen, and bench-results/07.html
  cargo xtask bench mechanisms   pipes, sockets, queues, shared memory: what fits, with this machine's figures
  cargo xtask bench all          the machine, each lab that can be measured, the mechanisms; minutes
  cargo xtask bench              the lab in whose folder you are, or all

Close what else runs: on a busy machine the ratios still hold, within their spread, and the absolute figures do not.
Nothing here gives points. A program that fails or hangs gets a line, and the rest goes on.

Exit status: 0 everything was measured that is there; 3 a lab does not compile, the rest was measured; 130 Ctrl-C.")]
pub struct BenchArgs {
    /// The lab, `mechanisms`, or `all`.
    pub lab: Option<String>,
    /// Where the pages go.
    #[arg(long, value_name = "DIR", default_value = "bench-results")]
    pub out: PathBuf,
    /// Two rounds with few repetitions: does it work at all?
    #[arg(long)]
    pub quick: bool,
}

/// Where other people's libraries are made into programs.
const PEERS: &str = "crates/bench-peers";

/// What `bench` calls the comparison of all ways to communicate.
const MECHANISMS: &str = "mechanisms";

/// A lab that can be measured, as `bench labs` names it.
#[derive(Debug, PartialEq, Eq)]
struct Measurable {
    id: String,
    programs: Vec<String>,
}

/// Builds, measures, and says where the pages are.
///
/// # Errors
/// When there is no such lab, nothing can be built, or a page cannot be written.
pub fn run(workspace: &Workspace, args: &BenchArgs) -> anyhow::Result<Exit> {
    if !workspace.root.join("crates/bench/Cargo.toml").is_file() {
        return Err(bad_input("this checkout has no crates/bench, which measures"));
    }
    interrupt::install()?;
    let bench = release(workspace, "bench", &["bench".to_owned()], "")?.remove(0);
    if args.lab.as_deref() == Some(MECHANISMS) {
        return measure(vec![command(workspace, args, &bench, &[MECHANISMS], MECHANISMS)], Exit::Done);
    }
    let can = measurable(&ask(workspace, &bench)?)?;
    let asked = asked(workspace, args, &can)?;
    let is_all = asked.len() > 1;
    // Everything is built before anything is measured: a compiler beside a measurement would be measured, too.
    let peers = peers(workspace)?;
    let mut runs = Vec::new();
    let mut exit = Exit::Done;
    if is_all {
        runs.push(command(workspace, args, &bench, &["phys"], "machine"));
    }
    for (lab, can) in asked {
        let mut command = command(workspace, args, &bench, &["lab", &can.id], &can.id);
        if let Err(error) = programs(workspace, &lab, can, &mut command) {
            if exit::of_error(&error) != Exit::DoesNotCompile {
                return Err(error);
            }
            anstream::eprintln!("lab {}: left out: {error:#}", can.id);
            exit = Exit::DoesNotCompile;
        }
        command.args(peers.iter().flat_map(|folder| [Path::new("--peers"), folder]));
        runs.push(command);
    }
    if is_all {
        runs.push(command(workspace, args, &bench, &[MECHANISMS], MECHANISMS));
    }
    measure(runs, exit)
}

/// Runs one measurement after the other; `exit` is how this program ends if none is interrupted.
fn measure(runs: Vec<Command>, exit: Exit) -> anyhow::Result<Exit> {
    for mut command in runs {
        if interrupt::is_set() {
            return Ok(Exit::Interrupted);
        }
        let status = command.status().context("start bench")?;
        match status.code() {
            Some(0) => anstream::println!(),
            Some(130) => return Ok(Exit::Interrupted),
            _ => anyhow::bail!("bench: {status}"),
        }
    }
    Ok(exit)
}

/// The labs of the arguments, each with what can be measured of it.
fn asked<'a>(
    workspace: &Workspace,
    args: &BenchArgs,
    can: &'a [Measurable],
) -> anyhow::Result<Vec<(Lab, &'a Measurable)>> {
    let here = workspace.lab_of_folder()?.is_some();
    let only = match args.lab.as_deref() {
        Some("all") => None,
        None if !here => None,
        named => Some(workspace.lab_or_here(named)?),
    };
    let labs = only.map_or_else(|| workspace.labs(), |lab| Ok(vec![lab]))?;
    let is_one = labs.len() == 1;
    let mut found = Vec::new();
    for lab in labs {
        match can.iter().find(|can| can.id == lab.manifest.id) {
            Some(can) => found.push((lab, can)),
            None if is_one => {
                let ids: Vec<&str> = can.iter().map(|can| can.id.as_str()).collect();
                return Err(usage(format!(
                    "lab {} cannot be measured; {} can",
                    lab.manifest.id,
                    ids.join(", ")
                )));
            }
            None => {}
        }
    }
    Ok(found)
}

/// Builds in release and gives the programs' paths in the order of their names.
fn release(
    workspace: &Workspace,
    package: &str,
    programs: &[String],
    prefix: &str,
) -> anyhow::Result<Vec<PathBuf>> {
    let wanted = Wanted { package, programs, prefix, is_release: true, ..Wanted::default() };
    let mut built = compile::build(workspace, wanted)?;
    let path = |name| built.programs.remove(name).with_context(|| format!("{package} built no {name}"));
    programs.iter().map(path).collect()
}

/// Builds the student's programs and the reference's, and names them to `bench`. The reference is named even if the
/// student's do not compile.
fn programs(workspace: &Workspace, lab: &Lab, can: &Measurable, command: &mut Command) -> anyhow::Result<()> {
    let mut add = |who: &str, package: &str, prefix: &str| {
        let paths = release(workspace, package, &can.programs, prefix)?;
        for (name, path) in can.programs.iter().zip(paths) {
            command.arg("--program").arg(format!("{who}/{name}={}", path.display()));
        }
        anyhow::Ok(())
    };
    let yours = add("yours", &lab.manifest.package(), "");
    if lab.solution.is_some() {
        add("reference", &lab.manifest.solution_package(), "sol-")?;
    }
    yours
}

/// Builds the peers, if this checkout has them. A student without a network still sees all the rest.
fn peers(workspace: &Workspace) -> anyhow::Result<Option<PathBuf>> {
    let manifest = workspace.root.join(PEERS).join("Cargo.toml");
    if !manifest.is_file() {
        return Ok(None);
    }
    let target = workspace.target().join("bench-peers");
    let mut command = cargo(workspace);
    command.args(["build", "--quiet", "--locked", "--release", "--manifest-path"]).arg(manifest);
    let output = command.arg("--target-dir").arg(&target).output().context("start cargo")?;
    if output.status.success() {
        return Ok(Some(target.join("release")));
    }
    let words = String::from_utf8_lossy(&output.stderr);
    let why = words.lines().find(|line| line.starts_with("error")).unwrap_or("cargo failed");
    anstream::eprintln!("{PEERS} is left out: {}", crate::text::printable(why, 1, 200));
    Ok(None)
}

/// What `bench labs` prints.
fn ask(workspace: &Workspace, bench: &Path) -> anyhow::Result<String> {
    let mut command = Command::new(bench);
    let output = command.arg("labs").current_dir(&workspace.root).stdin(Stdio::null()).output();
    let output = output.context("ask bench for its labs")?;
    anyhow::ensure!(output.status.success(), "ask bench for its labs: {}", output.status);
    String::from_utf8(output.stdout).context("read bench's labs")
}

/// A line a lab: its id, then its programs.
fn measurable(text: &str) -> anyhow::Result<Vec<Measurable>> {
    let lab = |line: &str| {
        let mut words = line.split(' ').map(str::to_owned);
        let id = words.next().filter(|id| !id.is_empty())?;
        let programs: Vec<String> = words.collect();
        (!programs.is_empty()).then_some(Measurable { id, programs })
    };
    text.lines().map(|line| lab(line).with_context(|| format!("bench names its labs: `{line}`"))).collect()
}

fn command(workspace: &Workspace, args: &BenchArgs, bench: &Path, what: &[&str], page: &str) -> Command {
    let mut command = Command::new(bench);
    command.args(what).current_dir(&workspace.root).stdin(Stdio::null());
    command.arg("--html").arg(args.out.join(format!("{page}.html")));
    if args.quick {
        command.arg("--quick");
    }
    command
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_labs_of_bench_are_read() {
        let labs = measurable("01 psh\n03 filed filec\n").unwrap();
        assert_eq!(
            labs[1],
            Measurable { id: "03".to_owned(), programs: vec!["filed".to_owned(), "filec".to_owned()] }
        );
        assert_eq!(measurable("01\n").unwrap_err().to_string(), "bench names its labs: `01`");
        assert!(measurable("\n").is_err());
    }
}
