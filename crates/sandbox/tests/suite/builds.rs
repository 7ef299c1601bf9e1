//! Cargo inside: the build sandbox of a course, on a crate without dependencies.
//!
//! The seed is a target folder that all submissions start from and none may change.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, SystemTime};

use sandbox::{Bind, Collect, End, Job, Level, Limits, Outcome, Spec};

use crate::harness::{Bench, run, slot};

const MANIFEST: &str =
    "[package]\nname = \"lab\"\nversion = \"0.1.0\"\nedition = \"2024\"\n[profile.dev]\ndebug = false\n";
const LOCK: &str = "version = 4\n\n[[package]]\nname = \"lab\"\nversion = \"0.1.0\"\n";
/// Tries to spoil everything it can name, and succeeds as a build script.
const HOSTILE: &str = r#"
use std::{fs, io::Write};
fn spoil(folder: &str) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for path in entries.flatten().map(|entry| entry.path()) {
        let name = path.to_str().unwrap();
        if path.is_dir() { spoil(name) }
        else if let Ok(mut file) = fs::OpenOptions::new().append(true).open(&path) {
            let _ = file.write_all(b"poison");
            println!("cargo::warning=spoiled {name}");
        }
    }
    if fs::write(format!("{folder}/poison"), "").is_ok() { println!("cargo::warning=made {folder}/poison"); }
}
fn main() { for folder in ["/target/debug/seeded", "/sub", "/toolchain/bin", "/usr/lib/gcc"] { spoil(folder) } }
"#;

/// The toolchain's folder, or why there is none for us.
fn toolchain() -> Result<PathBuf, String> {
    let output =
        Command::new("rustc").args(["--print", "sysroot"]).output().map_err(|error| error.to_string())?;
    let folder = PathBuf::from(String::from_utf8_lossy(&output.stdout).trim_end());
    let cargo = folder.join("bin/cargo");
    fs::metadata(&cargo).map_err(|error| format!("{}: {error}", cargo.display()))?;
    Ok(folder)
}

/// A seed and submissions beside it.
struct Class {
    bench: Bench,
    toolchain: PathBuf,
}

impl Class {
    /// `None`, said aloud, where this user has no toolchain.
    fn new() -> Option<Self> {
        let toolchain =
            toolchain().map_err(|reason| println!("skipped: no toolchain for this user: {reason}")).ok()?;
        let bench = Bench::new();
        let seeded = bench.path().join("seed/debug/seeded/deps");
        fs::create_dir_all(&seeded).expect("make the seed");
        fs::write(seeded.join("libdependency.rlib"), "a library").expect("fill the seed");
        Some(Self { bench, toolchain })
    }

    /// Builds a submission whose files were last changed long ago, as from an archive.
    fn build(&self, name: &str, main: &str, script: Option<&str>) -> Outcome {
        let folder = self.bench.path().join(name);
        fs::create_dir_all(folder.join("src")).expect("make the submission");
        let mut files = vec![("Cargo.toml", MANIFEST), ("Cargo.lock", LOCK), ("src/main.rs", main)];
        files.extend(script.map(|script| ("build.rs", script)));
        for (path, text) in files {
            let old = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000_000);
            fs::write(folder.join(path), text).expect("write the submission");
            let file = fs::File::options().append(true).open(folder.join(path)).expect("open it again");
            file.set_modified(old).expect("make it old");
        }
        run(&self.spec(&folder))
    }

    fn spec(&self, submission: &Path) -> Spec {
        let argv = ["/toolchain/bin/cargo", "build", "--offline", "--locked"].map(str::to_owned).to_vec();
        let mut spec = Spec::new(Job::Exec { argv, cwd: "/sub".into() });
        spec.level = Some(Level::Full);
        spec.slot = slot();
        spec.limits = Limits { wall: Duration::from_secs(300), ..Limits::build() };
        spec.ro = vec![Bind::new(&self.toolchain, "/toolchain"), Bind::new(submission, "/sub")];
        spec.overlay = vec![Bind::new(self.bench.path().join("seed"), "/target")];
        spec.env = [
            ("PATH", "/toolchain/bin:/usr/bin:/bin"),
            ("CARGO_HOME", "/tmp/cargo"),
            ("CARGO_TARGET_DIR", "/target"),
            ("CARGO_BUILD_JOBS", "2"),
            ("HOME", "/tmp"),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .to_vec();
        spec.collect = vec![Collect { path: "/target/debug/lab".into(), max: 64 << 20 }];
        spec
    }

    /// What the built program prints, run in a sandbox of its own.
    fn output_of(&self, name: &str, built: &Outcome) -> String {
        let bytes =
            built.files[0].as_ref().unwrap_or_else(|reason| panic!("{reason}: {}", built.stderr.text()));
        let folder = self.bench.path().join(format!("{name}-bin"));
        fs::create_dir(&folder).expect("make a folder");
        sandbox::while_nobody_forks(|| fs::write(folder.join("lab"), bytes)).expect("write the program");
        fs::set_permissions(folder.join("lab"), fs::Permissions::from_mode(0o755))
            .expect("make it executable");
        let mut spec = Spec::new(Job::Exec { argv: vec!["/run/lab".to_owned()], cwd: "/".into() });
        spec.level = Some(Level::Full);
        spec.slot = slot();
        spec.ro = vec![Bind::new(folder, "/run")];
        run(&spec).stdout.text()
    }

    /// Every file of a folder: path, bytes, time.
    fn contents(&self, folder: &str) -> BTreeMap<PathBuf, (Vec<u8>, SystemTime)> {
        let mut files = BTreeMap::new();
        let mut todo = vec![self.bench.path().join(folder)];
        while let Some(folder) = todo.pop() {
            for path in fs::read_dir(folder).expect("list").map(|entry| entry.expect("list").path()) {
                if path.is_dir() {
                    todo.push(path);
                    continue;
                }
                let time = fs::metadata(&path).and_then(|meta| meta.modified()).expect("look");
                files.insert(path.clone(), (fs::read(&path).expect("read"), time));
            }
        }
        files
    }
}

/// Cargo trusts times: with one target folder for a class, the second student is graded with the first one's binary.
#[test]
fn the_second_submission_is_not_given_the_first_ones_binary() {
    let Some(class) = Class::new() else { return };
    let seed = class.contents("seed");
    for (name, answer) in [("a", "sum"), ("b", "product"), ("c", "sum")] {
        let built = class.build(name, &format!("fn main() {{ print!(\"{answer}\") }}"), None);
        assert_eq!(built.end, End::Exited(0), "{}", built.stderr.text());
        assert_eq!(built.notes, Vec::<String>::new());
        assert_eq!(class.output_of(name, &built), answer);
    }
    assert_eq!(class.contents("seed"), seed, "the seed is as it was");
}

#[test]
fn a_hostile_build_script_spoils_only_its_own_build() {
    let Some(class) = Class::new() else { return };
    let seed = class.contents("seed");
    let built = class.build("hostile", "fn main() {}", Some(HOSTILE));
    let said = built.stderr.text();
    assert_eq!(built.end, End::Exited(0), "{said}");
    assert!(said.contains("spoiled /target/debug/seeded/deps/libdependency.rlib"), "the attack ran: {said}");
    for safe in ["/sub", "/toolchain", "/usr"] {
        assert!(!said.contains(&format!("spoiled {safe}")), "{said}");
        assert!(!said.contains(&format!("made {safe}")), "{said}");
    }
    assert_eq!(class.contents("seed"), seed, "the seed is as it was");
}

#[test]
fn a_build_script_without_end_is_stopped() {
    let Some(class) = Class::new() else { return };
    let folder = class.bench.path().join("endless");
    fs::create_dir_all(folder.join("src")).expect("make the submission");
    for (path, text) in [
        ("Cargo.toml", MANIFEST),
        ("Cargo.lock", LOCK),
        ("src/main.rs", "fn main() {}"),
        ("build.rs", "fn main() { loop {} }"),
    ] {
        fs::write(folder.join(path), text).expect("write the submission");
    }
    let mut spec = class.spec(&folder);
    spec.limits.wall = Duration::from_secs(3);
    let outcome = run(&spec);
    assert_eq!(outcome.end, End::TimedOut, "{}", outcome.stderr.text());
    assert!(outcome.files[0].is_err());
}
