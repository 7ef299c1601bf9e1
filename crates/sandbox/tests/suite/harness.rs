//! A bench to run one attack on, and the words for what is expected.

use std::fs::{self, Permissions};
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use sandbox::{Bind, End, Job, Level, Outcome, Spec};
use tempfile::TempDir;

/// The variable that names the folder of the binaries, where cargo's is not readable for us.
pub(crate) const BINS: &str = "SANDBOX_TEST_BINS";
/// Where the probe is seen inside.
pub(crate) const PROBE: &str = "/probe/sandbox-probe";

/// A binary of this crate.
pub(crate) fn bin(name: &str) -> PathBuf {
    match std::env::var_os(BINS) {
        Some(folder) => Path::new(&folder).join(name),
        None => match name {
            "sandbox-probe" => env!("CARGO_BIN_EXE_sandbox-probe").into(),
            "sandbox-referee" => env!("CARGO_BIN_EXE_sandbox-referee").into(),
            "sandbox-run" => env!("CARGO_BIN_EXE_sandbox-run").into(),
            other => panic!("this crate has no binary {other}"),
        },
    }
}

/// A slot nobody else uses now: as root, each has its own uid. Two test processes run at a time at most, as two users.
pub(crate) fn slot() -> u32 {
    static NEXT: AtomicU32 = AtomicU32::new(100);
    NEXT.fetch_add(1, Ordering::Relaxed)
}

/// A folder that every user may enter, with the probe in it.
pub(crate) struct Bench {
    folder: TempDir,
}

/// Copies a program. In a process of its own: another test that forks meanwhile would keep the copy
/// open for writing, and nobody could run it until then (`ETXTBSY`).
pub(crate) fn copy_program(from: &Path, to: &Path) {
    let status = Command::new("cp").arg("--").args([from, to]).status().expect("start cp");
    assert!(status.success(), "copy {} to {}", from.display(), to.display());
}

impl Bench {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        fs::set_permissions(folder.path(), Permissions::from_mode(0o755)).expect("open the folder");
        fs::create_dir(folder.path().join("bin")).expect("a folder for the probe");
        copy_program(&bin("sandbox-probe"), &folder.path().join("bin/sandbox-probe"));
        Self { folder }
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    /// A run of one attack.
    pub(crate) fn spec(&self, level: Level, args: &[&str]) -> Spec {
        let argv = std::iter::once(PROBE).chain(args.iter().copied()).map(str::to_owned).collect();
        let mut spec = Spec::new(Job::Exec { argv, cwd: "/tmp".into() });
        spec.level = Some(level);
        spec.slot = slot();
        spec.ro = vec![Bind::new(self.path().join("bin"), "/probe")];
        spec
    }

    /// Runs one attack as it is.
    pub(crate) fn attack(&self, level: Level, args: &[&str]) -> Outcome {
        run(&self.spec(level, args))
    }
}

/// Starts `sandbox-run` with this spec.
pub(crate) fn start(spec: &Spec) -> std::process::Child {
    let mut child = Command::new(bin("sandbox-run"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("start sandbox-run");
    let json = serde_json::to_vec(spec).expect("encode the spec");
    child.stdin.take().expect("standard input").write_all(&json).expect("write the spec");
    child
}

/// Runs a spec to its end.
pub(crate) fn run(spec: &Spec) -> Outcome {
    let output = start(spec).wait_with_output().expect("wait for sandbox-run");
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "sandbox-run failed: {stderr}");
    assert_eq!(stderr, "", "sandbox-run says nothing of its own");
    serde_json::from_slice(&output.stdout).expect("decode the outcome")
}

/// What an attack must come to.
#[derive(Debug)]
pub(crate) enum Want {
    /// It ends with 0 and says exactly this.
    Says(&'static str),
    /// It ends with 0 and says `reached N`, N in this range.
    Reaches(std::ops::RangeInclusive<u64>),
    /// It ends so.
    Ends(End),
}

impl Want {
    #[track_caller]
    pub(crate) fn check(&self, outcome: &Outcome) {
        let said = outcome.stdout.text();
        let shown = format!("{:?}, said {said:?}, {}", outcome.end, outcome.stderr.text());
        match self {
            Self::Says(text) => {
                assert_eq!(outcome.end, End::Exited(0), "{shown}");
                assert_eq!(said.trim_end(), *text, "{shown}");
            }
            Self::Reaches(range) => {
                assert_eq!(outcome.end, End::Exited(0), "{shown}");
                let number = said.trim_end().strip_prefix("reached ").and_then(|number| number.parse().ok());
                assert!(number.is_some_and(|number| range.contains(&number)), "{shown}, expected {range:?}");
            }
            Self::Ends(end) => assert_eq!(outcome.end, *end, "{shown}"),
        }
    }
}

/// Whether any process's command line contains `text`.
pub(crate) fn process_with(text: &str) -> Option<String> {
    let processes = fs::read_dir("/proc").expect("list processes");
    let lines = processes.flatten().filter_map(|entry| fs::read(entry.path().join("cmdline")).ok());
    lines.map(|line| String::from_utf8_lossy(&line).replace('\0', " ")).find(|line| line.contains(text))
}

/// Waits until `done`; a watchdog, not a limit.
#[track_caller]
pub(crate) fn eventually(what: &str, done: impl Fn() -> bool) {
    let start = std::time::Instant::now();
    while !done() {
        assert!(start.elapsed() < Duration::from_secs(30), "still not: {what}");
        std::thread::park_timeout(Duration::from_millis(5));
    }
}

/// Whether this kernel's Landlock holds signals back. Without that, an attack that signals everybody must not be started
/// outside a PID namespace.
pub(crate) fn signals_are_scoped() -> bool {
    let output = Command::new(bin("sandbox-run")).arg("--probe").output().expect("start the doctor");
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let abi = said.split("landlock: ABI ").nth(1).and_then(|rest| rest.split(' ').next()?.parse().ok());
    abi.is_some_and(|abi: u32| abi >= 6)
}
