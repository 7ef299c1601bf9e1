//! The scripts of this machine: every `/bin/sh` script and maintainer script, as a whole if all of it is within the
//! shared grammar, and each of their lines that is.
//!
//! They run in the sandbox: nobody has read them, and a maintainer script changes the system. Where there are no
//! namespaces, only those run whose commands are known to be harmless.
//!
//! On a Debian 12 with 697 such scripts, 7 qualify as a whole, and 1283 different lines.

use std::collections::BTreeSet;
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::time::Duration;

use assert_cmd::Command;
use sandbox::{Bind, End, Job, Level, Limits, Outcome, Spec};

use super::shared::commands;
use super::two::{PSH, dash};

/// Where scripts are looked for.
const FOLDERS: &[&str] = &["/etc", "/usr/bin", "/usr/sbin", "/usr/lib", "/usr/share", "/var/lib/dpkg/info"];

/// The largest script that is looked at, in bytes.
const LARGEST: u64 = 1 << 20;

/// Most lines that run; of more, every second, third, ... does.
const MOST_LINES: usize = 400;

/// These change nothing but standard output, whatever their arguments are.
const HARMLESS: &[&str] = &[
    "[", "basename", "cat", "cmp", "cut", "dirname", "echo", "exit", "expr", "false", "grep", "head", "ls",
    "printf", "pwd", "readlink", "sed", "seq", "stat", "tail", "test", "tr", "true", "uname", "wc",
];

/// Runs each program in an empty folder; prints its output and its status. `$1` is the shell.
const DRIVER: &str = r#"
for program in /programs/[0-9]*; do
  [ -e "$program" ] || break
  rm -rf /tmp/home && mkdir /tmp/home && cd /tmp/home || exit 1
  HOME=/tmp/home timeout -k 1 10 "$1" -c "$(cat "$program")" </dev/null 2>/dev/null >/tmp/output
  status=$?
  printf '\n=== %s\n' "$status"
  head -c 4000 /tmp/output | sed 's/^=== /= &/'
done
"#;

#[test]
fn scripts_of_this_machine_do_the_same_in_psh_and_dash() {
    let Some(dash) = dash("scripts_of_this_machine_do_the_same_in_psh_and_dash") else { return };
    let level = probe();
    let texts = programs(level);
    if !Path::new("/etc/debian_version").exists() && texts.is_empty() {
        println!("skipped: scripts_of_this_machine_do_the_same_in_psh_and_dash: no script qualifies here");
        return;
    }
    assert!(!texts.is_empty(), "no script of this Debian is within the shared grammar");
    // Two sandboxes at the same time, so two slots.
    let (psh, expected) = std::thread::scope(|scope| {
        let psh = scope.spawn(|| run_all(&texts, Path::new(PSH), level, 40));
        let expected = run_all(&texts, &dash, level, 41);
        (psh.join().expect("run the programs in psh"), expected)
    });
    let differs = |at: &usize| psh[*at] != expected[*at] && expected[*at].status != "124";
    let suspects: Vec<usize> = (0..texts.len()).filter(differs).collect();
    // What is not the same twice in one shell says nothing about two.
    let again: Vec<String> = suspects.iter().map(|&at| texts[at].clone()).collect();
    let again = run_all(&again, &dash, level, 41);
    let steady = suspects.into_iter().zip(&again).filter(|(at, again)| **again == expected[*at]);
    let differences: Vec<_> =
        steady.map(|(at, dash)| format!("{}\ndash: {dash:?}\npsh:  {:?}\n", texts[at], psh[at])).collect();
    println!("{} programs compared", texts.len());
    assert!(differences.is_empty(), "{} differ:\n{}", differences.len(), differences.join("\n"));
}

/// What qualifies: whole scripts, then single lines, each text once.
fn programs(level: Level) -> Vec<String> {
    let scripts = scripts();
    let harmless = |words: &Vec<String>| level == Level::Full || HARMLESS.contains(&words[0].as_str());
    let qualifies = |text: &str| {
        commands(text).is_some_and(|found| found.iter().all(|words| is_known(&words[0]) && harmless(words)))
    };
    let whole: BTreeSet<&str> = scripts.iter().map(String::as_str).filter(|text| qualifies(text)).collect();
    let lines = scripts.iter().flat_map(|text| text.lines().map(str::trim)).filter(|line| qualifies(line));
    let lines: BTreeSet<&str> = lines.filter(|line| !whole.contains(line)).collect();
    println!("{} scripts, {} of them as a whole, and {} lines", scripts.len(), whole.len(), lines.len());
    let step = lines.len().div_ceil(MOST_LINES).max(1);
    whole.into_iter().chain(lines.into_iter().step_by(step)).map(str::to_owned).collect()
}

/// Whether a word names a builtin or a program of this machine: prose in a script does not.
fn is_known(name: &str) -> bool {
    let folders = ["/usr/bin", "/bin", "/usr/sbin", "/sbin"].map(|folder| Path::new(folder).join(name));
    ["exit", "pwd"].contains(&name) || folders.iter().any(|file| file.is_file())
}

/// The text of every `/bin/sh` script. Continued lines are joined, so that a line is a command.
fn scripts() -> Vec<String> {
    let mut folders: Vec<PathBuf> = FOLDERS.iter().map(PathBuf::from).collect();
    let mut texts = Vec::new();
    while let Some(folder) = folders.pop() {
        // A folder that this user may not read has nothing to compare.
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            match entry.file_type() {
                Ok(kind) if kind.is_dir() => folders.push(entry.path()),
                Ok(kind) if kind.is_file() => texts.extend(script(&entry.path())),
                _ => {}
            }
        }
    }
    texts
}

fn script(path: &Path) -> Option<String> {
    let mut file = fs::File::open(path).ok()?;
    let mut start = [0; 24];
    let count = file.read(&mut start).ok()?;
    let first = String::from_utf8_lossy(&start[..count]).into_owned();
    let shell = first.lines().next()?.strip_prefix("#!")?.trim().split(' ').next()?.to_owned();
    if !["/bin/sh", "/usr/bin/sh", "/bin/dash", "/usr/bin/dash"].contains(&shell.as_str()) {
        return None;
    }
    if file.metadata().ok()?.len() > LARGEST {
        return None;
    }
    Some(fs::read_to_string(path).ok()?.replace("\\\n", " "))
}

/// What a program did: its status as the driver prints it, and its output.
#[derive(Debug, PartialEq, Eq)]
struct Done {
    status: String,
    output: String,
}

impl Done {
    /// Reads what the driver printed about one program.
    fn read(part: &str) -> Self {
        let (status, output) = part.split_once('\n').expect("a line ends the status");
        Self { status: status.to_owned(), output: output.to_owned() }
    }
}

/// Runs all programs by `shell`, inside the sandbox.
fn run_all(texts: &[String], shell: &Path, level: Level, slot: u32) -> Vec<Done> {
    let room = tempfile::tempdir().expect("make a temporary folder");
    for (at, text) in texts.iter().enumerate() {
        fs::write(room.path().join(format!("{at:05}")), text).expect("write a program");
    }
    let driver = ["/bin/sh", "-c", DRIVER, "driver", "/shell/sh"].map(str::to_owned).to_vec();
    let mut spec = Spec::new(Job::Exec { argv: driver, cwd: "/tmp".into() });
    spec.level = Some(level);
    spec.slot = slot;
    spec.ro = vec![Bind::new(room.path(), "/programs"), Bind::new(shell, "/shell/sh")];
    spec.limits =
        Limits { wall: Duration::from_secs(900), output: 64 << 20, keep: 64 << 20, ..Limits::check() };
    spec.limits.program.processes = 300;
    spec.limits.program.memfd = true;
    spec.limits.program.cpu_seconds = 900;
    let outcome = outcome(&spec);
    assert_eq!(outcome.end, End::Exited(0), "the driver ended otherwise: {}", outcome.stderr.text());
    let text = outcome.stdout.text();
    let done: Vec<_> = text.split("\n=== ").skip(1).map(Done::read).collect();
    assert_eq!(done.len(), texts.len(), "the driver left programs out");
    done
}

/// The strongest sandbox that works here.
fn probe() -> Level {
    let output = Command::new(sandbox_run()).arg("--probe").output().expect("start sandbox-run");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    if text.starts_with("level: full") { Level::Full } else { Level::Reduced }
}

fn outcome(spec: &Spec) -> Outcome {
    let order = serde_json::to_vec(spec).expect("write the order");
    let output = Command::new(sandbox_run()).write_stdin(order).output().expect("start sandbox-run");
    let told = String::from_utf8_lossy(&output.stderr);
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("no outcome: {error}: {told}"))
}

/// The sandbox starts itself again as its helper, which a test binary cannot do: so it is another program, beside
/// the shell, and built if nobody has built it yet.
fn sandbox_run() -> PathBuf {
    let program = Path::new(PSH).with_file_name("sandbox-run");
    if !program.exists() {
        let built = Command::new(env!("CARGO")).args(["build", "--quiet", "-p", "sandbox", "--bins"]).ok();
        assert!(built.is_ok(), "cannot build sandbox-run: {built:?}");
    }
    program
}
