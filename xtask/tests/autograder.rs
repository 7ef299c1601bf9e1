//! What a platform runs by itself, run in a folder that plays the platform's.

mod course_kit;
mod tiny_kit;

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::{LazyLock, Mutex, PoisonError};

use course_kit::RIGHT;
use predicates::str::contains;
use rstest::rstest;
use serde_json::Value;
use tiny_kit::Tiny;

/// A course that can be handed out, with the toolchain that the real one is pinned to.
fn course() -> Tiny {
    let tiny = Tiny::new();
    let pinned = Path::new(env!("CARGO_MANIFEST_DIR")).join("../rust-toolchain.toml");
    fs::copy(pinned, tiny.path("rust-toolchain.toml")).unwrap();
    tiny.git_add();
    tiny
}

/// The unpacked archive for lab 01; its scripts grade in the course of `course_kit`, whose lab 01 needs no minute to build.
struct Platform(tempfile::TempDir);

/// The archive of each platform that a test has asked for. Packing hands out a course; once is enough.
static ARCHIVES: LazyLock<Mutex<BTreeMap<String, Vec<u8>>>> = LazyLock::new(Mutex::default);

fn archive(platform: &str) -> Vec<u8> {
    let mut archives = ARCHIVES.lock().unwrap_or_else(PoisonError::into_inner);
    let pack = || {
        let (tiny, place) = (course(), tempfile::tempdir().unwrap());
        let zip = place.path().join("a.zip");
        tiny.xtask(&["autograder", platform, "--lab", "1", zip.to_str().unwrap()]).assert().code(0);
        fs::read(zip).unwrap()
    };
    archives.entry(platform.to_owned()).or_insert_with(pack).clone()
}

impl Platform {
    fn new(name: &str) -> Self {
        let place = tempfile::tempdir().unwrap();
        unpack(&archive(name), &place.path().join("source"));
        Self(place)
    }

    fn path(&self, path: &str) -> PathBuf {
        self.0.path().join(path)
    }

    fn write(&self, path: &str, text: &str) -> &Self {
        let path = self.path(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
        self
    }

    /// The script's program, with the places of this platform.
    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(self.path(program));
        command.env("IPC_LABS_RUNNER", env!("CARGO_BIN_EXE_xtask"));
        command.env("IPC_LABS_COURSE", course_kit::root()).env("CARGO_TARGET_DIR", course_kit::target());
        command.env("AUTOGRADER_ROOT", self.0.path()).env("AUTOGRADER_SOURCE", self.path("source"));
        command
    }

    fn run(&self) -> Output {
        self.command("source/run_autograder").output().unwrap()
    }

    fn result(&self, path: &str, schema: &str) -> Value {
        let value = serde_json::from_str(&fs::read_to_string(self.path(path)).unwrap()).unwrap();
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/formats/schema").join(schema);
        let schema = serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
        let problem = jsonschema::validate(&schema, &value).err().map(|error| error.to_string());
        assert_eq!(problem, None, "{value}");
        value
    }
}

/// Paths and modes of the archive, as it is unpacked.
fn unpack(archive: &[u8], to: &Path) -> Vec<(String, u32)> {
    let zip = rawzip::ZipArchive::from_slice(archive).unwrap();
    let mut entries = zip.entries();
    let mut found = Vec::new();
    while let Some(entry) = entries.next_entry().unwrap() {
        let name = entry.file_path().try_normalize().unwrap().as_ref().to_owned();
        let place = to.join(&name);
        fs::create_dir_all(place.parent().unwrap()).unwrap();
        let data = zip.get_entry(entry.wayfinder()).unwrap().data();
        fs::write(&place, miniz_oxide::inflate::decompress_to_vec(data).unwrap()).unwrap();
        let mode = entry.mode().permissions();
        fs::set_permissions(&place, fs::Permissions::from_mode(mode)).unwrap();
        found.push((name, mode & 0o777));
    }
    found
}

#[test]
fn the_archive_has_its_scripts_at_its_root_and_neither_solutions_nor_mutants() {
    let (tiny, place) = (course(), tempfile::tempdir().unwrap());
    let zip = place.path().join("a.zip");
    let args = ["autograder", "gradescope", "--lab", "01", zip.to_str().unwrap()];
    tiny.xtask(&args).assert().code(0).stdout(contains("no solutions"));
    let found = unpack(&fs::read(&zip).unwrap(), &place.path().join("source"));
    let mode = |name: &str| found.iter().find(|(path, _)| path == name).map(|(_, mode)| *mode);
    assert_eq!((mode("setup.sh"), mode("run_autograder")), (Some(0o755), Some(0o755)));
    assert_eq!(mode("course/labs/01-two-checks/lab.toml"), Some(0o644));
    for (path, _) in &found {
        let is_kept = path == "course/solutions/README.md";
        assert!(is_kept || !(path.contains("solutions/") || path.ends_with(".patch")), "{path}");
        assert!(
            !fs::read_to_string(place.path().join("source").join(path)).unwrap().contains("@LAB@"),
            "{path}"
        );
    }
    // A second archive has the same bytes, and never takes the place of the first.
    tiny.xtask(&args).assert().code(4).stderr(contains("a.zip"));
    let again = place.path().join("b.zip");
    tiny.xtask(&["autograder", "gradescope", "--lab", "01", again.to_str().unwrap()]).assert().code(0);
    assert_eq!(fs::read(zip).unwrap(), fs::read(again).unwrap());
    tiny.xtask(&["autograder", "gradescope", "--lab", "01", "a.tar"])
        .assert()
        .code(2)
        .stderr(contains("ends in .zip"));
}

/// Here submissions are built and checked: what the scripts of every platform have in common.
#[test]
fn gradescope_gets_a_result_for_whatever_was_handed_in() {
    let platform = Platform::new("gradescope");
    let graded = || {
        let out = platform.run();
        assert_eq!(out.status.code(), Some(0), "{out:?}");
        let value = platform.result("results/results.json", "gradescope.json");
        (value["score"].as_u64().unwrap(), value["output"].as_str().unwrap().to_owned())
    };
    // Nothing.
    fs::create_dir(platform.path("submission")).unwrap();
    let (score, told) = graded();
    assert_eq!((score, told.as_str()), (0, "Nothing handed in: the folder is empty."));
    // A right answer, beside a manifest and a build script that must never run.
    platform.write("submission/src/lib.rs", RIGHT);
    platform.write("submission/Cargo.toml", "[package]\nname = \"evil\"\nbuild = \"build.rs\"\n");
    let mark = platform.path("results/mark");
    let build = format!("fn main() {{ std::fs::write({mark:?}, \"x\").unwrap(); }}");
    platform.write("submission/build.rs", &build);
    let (score, told) = graded();
    assert_eq!(score, 100, "{told}");
    assert!(told.contains("build.rs"), "{told}");
    assert!(!mark.exists());
    // A link to a right answer in place of the work.
    fs::remove_file(platform.path("submission/src/lib.rs")).unwrap();
    platform.write("secret.rs", RIGHT);
    symlink(platform.path("secret.rs"), platform.path("submission/src/lib.rs")).unwrap();
    let (score, told) = graded();
    assert_eq!(score, 0, "{told}");
    assert!(told.contains("src/lib.rs is a symbolic link"), "{told}");
}

/// Each platform has a way to say that nobody knows the grade; on none may an old result stay, or one of the student's.
#[rstest]
#[case::gradescope("gradescope", "results/results.json", Some(0))]
#[case::prairielearn("prairielearn", "results/results.json", Some(0))]
#[case::autolab("autolab", "result/scores.txt", Some(1))]
#[case::classroom50("classroom50", "result.json", Some(4))]
fn a_grader_that_fails_says_so_in_the_platforms_way(
    #[case] name: &str,
    #[case] result: &str,
    #[case] status: Option<i32>,
) {
    let platform = Platform::new(name);
    // No submission is there, which no platform does: the runner ends with an error.
    platform.write(result, "{\"score\": 100}");
    let mut command = platform.command("source/run_autograder");
    command.env(
        "AUTOGRADER_ROOT",
        if name == "classroom50" { platform.path("gone") } else { platform.path("") },
    );
    let out = command.env("AUTOGRADER_RESULT", platform.path(result)).output().unwrap();
    assert_eq!(out.status.code(), status, "{out:?}");
    assert!(String::from_utf8_lossy(&out.stderr).contains("the grader failed (status 4)"), "{out:?}");
    match name {
        "gradescope" => {
            let value = platform.result(result, "gradescope.json");
            assert!(value["output"].as_str().unwrap().starts_with("The grader failed"));
        }
        "prairielearn" => {
            let value = platform.result(result, "prairielearn.json");
            assert_eq!(value["gradable"], false);
        }
        _ => assert!(!platform.path(result).exists()),
    }
    assert!(!String::from_utf8_lossy(&out.stdout).contains("scores"), "{out:?}");
}

#[test]
fn a_runner_that_was_never_built_leaves_the_result_of_a_failure() {
    let platform = Platform::new("gradescope");
    let out =
        platform.command("source/run_autograder").env("IPC_LABS_RUNNER", "/nonexistent").output().unwrap();
    assert_eq!(out.status.code(), Some(0), "{out:?}");
    let value = platform.result("results/results.json", "gradescope.json");
    assert!(value["output"].as_str().unwrap().starts_with("The grader failed"));
}

/// Nothing was handed in, which needs no build: only the places and the form are PrairieLearn's own.
#[test]
fn prairielearn_gets_its_result_where_it_looks() {
    let platform = Platform::new("prairielearn");
    fs::create_dir(platform.path("student")).unwrap();
    let out = platform.run();
    assert_eq!(out.status.code(), Some(0), "{out:?}");
    let value = platform.result("results/results.json", "prairielearn.json");
    assert!(value["message"].as_str().unwrap().starts_with("Nothing handed in"), "{value}");
}

/// Again without a build: nothing may be printed after the line of scores.
#[test]
fn the_last_line_for_autolab_is_the_line_of_scores() {
    let platform = Platform::new("autolab");
    fs::create_dir(platform.path("submission")).unwrap();
    let out = platform.run();
    assert_eq!(out.status.code(), Some(0), "{out:?}");
    let text = String::from_utf8(out.stdout).unwrap();
    let last: Value = serde_json::from_str(text.trim_end().lines().last().unwrap()).unwrap();
    let scores: Vec<u64> =
        last["scores"].as_object().unwrap().values().map(|score| score.as_u64().unwrap()).collect();
    assert!(!scores.is_empty() && scores.iter().all(|score| *score == 0), "{text}");
    let tar = fs::read(platform.path("source/autograde.tar")).unwrap();
    assert_eq!(tar::Archive::new(tar.as_slice()).entries().unwrap().count(), 1);
}

/// With a build: autograder.py calls the script in a student's checkout.
#[test]
fn classroom_50_gets_who_handed_it_in_and_no_result_of_the_students() {
    let has = |program: &str| Command::new(program).arg("--version").output().is_ok();
    if !has("python3") {
        eprintln!("SKIPPED: there is no python3, so autograder.py was not tested");
        return;
    }
    let platform = Platform::new("classroom50");
    platform.write("work/src/lib.rs", RIGHT).write("work/result.json", "{\"score\": 1000}");
    let script = "git init -q && git add -A && git -c user.name=a -c user.email=a@b commit -qm x";
    let mut git = Command::new("sh");
    git.args(["-c", script]).current_dir(platform.path("work"));
    git.env("GIT_AUTHOR_DATE", "2026-01-01T00:00:00Z").env("GIT_COMMITTER_DATE", "2026-06-01T16:32:01+02:00");
    assert!(git.status().unwrap().success());
    let mut command = platform.command("source/autograder.py");
    for name in ["CLASSROOM", "ASSIGNMENT", "SUBMISSION_TAG", "COMMIT_URL", "RELEASE_URL", "REVIEW_URL"] {
        command.env(name, format!("the {name}"));
    }
    command.env("CLASSROOM50_BUNDLE_DIR", platform.path("source")).current_dir(platform.path("work"));
    let out = command.output().unwrap();
    assert_eq!(out.status.code(), Some(0), "{out:?}");
    let value = platform.result("work/result.json", "classroom50.json");
    assert_eq!((&value["score"], &value["max-score"]), (&100.into(), &100.into()));
    assert_eq!(value["datetime"], "2026-06-01T14:32:01Z");
    assert_eq!(value["submission"], "the SUBMISSION_TAG");
}

/// Programs that setup finds, and what it says of the one that is missing.
#[rstest]
#[case::no_compiler(&[], "setup: no C compiler (cc), and no apt-get to install one: use an image with gcc\n")]
#[case::no_network(&["apt-get"], "setup: no C compiler (cc), and apt-get could not install one: is there a network?\n")]
#[case::no_rust(&["cc"], "no rustup and no curl: use an image that has Rust 1.95.0\n")]
#[case::no_rustup(&["cc", "curl"], "rustup could not be fetched: open the network, or use an image that has Rust 1.95.0\n")]
#[case::no_toolchain(&["cc", "rustup"], "setup: rustup could not install Rust 1.95.0\n")]
fn setup_says_what_is_missing(#[case] programs: &[&str], #[case] told: &str) {
    let platform = Platform::new("gradescope");
    fs::create_dir(platform.path("bin")).unwrap();
    for program in ["dirname", "chmod"] {
        let real = ["/usr/bin", "/bin"].map(|folder| Path::new(folder).join(program));
        symlink(real.iter().find(|path| path.exists()).unwrap(), platform.path("bin").join(program)).unwrap();
    }
    for program in programs {
        platform.write(&format!("bin/{program}"), "#!/bin/sh\nexit 1\n");
        fs::set_permissions(platform.path("bin").join(program), fs::Permissions::from_mode(0o755)).unwrap();
    }
    let mut command = Command::new("/bin/sh");
    command.arg(platform.path("source/setup.sh")).env_clear().env("PATH", platform.path("bin"));
    let out = command.output().unwrap();
    assert_eq!(out.status.code(), Some(1), "{out:?}");
    let stderr = String::from_utf8(out.stderr).unwrap();
    assert!(stderr.ends_with(told), "{stderr}");
}
