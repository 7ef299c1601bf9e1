//! Control groups: what the watchdog cannot see is held all the same, correct programs are not, and nothing is left.
//!
//! Each test needs a cgroup that we may divide: v1 as root, or v2 delegated. Elsewhere it is skipped, by name.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use rstest::rstest;
use sandbox::{End, Job, Level, Outcome, Spec};

use crate::harness::{Bench, Want, bin, eventually, process_with, run, slot, start};

/// Bytes of one segment of the attack `sysv_detached`.
const SEGMENT: &str = "15728640";

/// Whether runs have a group here; says so if not.
fn have_groups() -> bool {
    let output = Command::new(bin("sandbox-run")).arg("--probe").output().expect("start the doctor");
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let line =
        said.lines().find(|line| line.starts_with("memory limit: ")).expect("the doctor names the guard");
    if line.starts_with("memory limit: cgroup v") {
        return true;
    }
    println!("skipped: {line}");
    false
}

/// The groups of one grader, in every hierarchy.
fn groups_of(grader: u32) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut todo = vec![PathBuf::from("/sys/fs/cgroup")];
    while let Some(folder) = todo.pop() {
        // Groups of others come and go meanwhile.
        let Ok(entries) = fs::read_dir(&folder) else { continue };
        for entry in entries.flatten().filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir())) {
            if entry.file_name().to_string_lossy().starts_with(&format!("ipc-labs-{grader}-")) {
                found.push(entry.path());
            } else {
                todo.push(entry.path());
            }
        }
    }
    found
}

/// Runs a spec to its end, and looks that the grader has removed its groups.
fn run_and_look(spec: &Spec) -> Outcome {
    let child = start(spec);
    let grader = child.id();
    let output = child.wait_with_output().expect("the grader lives");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(groups_of(grader), Vec::<PathBuf>::new());
    serde_json::from_slice(&output.stdout).expect("decode the outcome")
}

/// 128 MiB of memory, and nothing else in the way.
fn spec_of(bench: &Bench, level: Level, attack: &[&str]) -> Spec {
    let mut spec = bench.spec(level, attack);
    spec.limits.memory = 128 << 20;
    spec.limits.program.address_space = None;
    spec.limits.program.memfd = true;
    spec.limits.program.file_size = 2 << 30;
    spec
}

fn blames_the_group(outcome: &Outcome) -> bool {
    outcome.notes.iter().any(|note| note.contains("MiB in the control group"))
}

/// Whoever comes first, the watchdog or the kernel: the end is the same.
#[rstest]
#[case::a_memfd(&["memfd", "1500"])]
#[case::many_processes(&["many_processes", "40x100"])]
fn memory_that_the_watchdog_sees_ends_at_the_limit(
    #[case] attack: &[&str],
    #[values(Level::Full, Level::Reduced, Level::None)] level: Level,
) {
    if have_groups() {
        let bench = Bench::new();
        Want::Ends(End::MemoryLimit).check(&run_and_look(&spec_of(&bench, level, attack)));
    }
}

/// No resident set and no table of descriptors shows these memfds.
#[rstest]
fn memory_that_the_watchdog_cannot_see_ends_at_the_groups_limit(
    #[values(Level::Full, Level::Reduced, Level::None)] level: Level,
) {
    if have_groups() {
        let bench = Bench::new();
        let outcome = run_and_look(&spec_of(&bench, level, &["memfd_in_flight", "1500"]));
        Want::Ends(End::MemoryLimit).check(&outcome);
        assert!(blames_the_group(&outcome), "{:?}", outcome.notes);
    }
}

/// Segments outlive their maker, so without a namespace they must be removed, too.
#[test]
fn detached_segments_end_at_the_groups_limit_and_are_removed() {
    if !have_groups() {
        return;
    }
    let bench = Bench::new();
    let outcome = run_and_look(&spec_of(&bench, Level::Reduced, &["sysv_detached", "1500"]));
    Want::Ends(End::MemoryLimit).check(&outcome);
    if !nix::unistd::geteuid().is_root() {
        println!("skipped: an ordinary user's own segments cannot be told from the programs'");
        return;
    }
    let segments = fs::read_to_string("/proc/sysvipc/shm").expect("list the segments");
    let left = segments.lines().filter(|line| line.split_whitespace().any(|word| word == SEGMENT)).count();
    assert_eq!(left, 0, "{segments}");
}

/// Level `none` sets no `RLIMIT_NPROC`: here the group alone stops the bomb, at 64 and the referee's 32.
#[test]
fn a_fork_bomb_stops_at_the_groups_limit() {
    if have_groups() {
        let bench = Bench::new();
        let outcome = run_and_look(&spec_of(&bench, Level::None, &["small_bomb"]));
        Want::Reaches(80..=95).check(&outcome);
    }
}

/// What is written to a disk is charged to its writer, but the kernel can take it back.
#[test]
fn files_on_a_disk_are_no_memory() {
    let is_memory = nix::sys::statfs::statfs(&std::env::temp_dir()).expect("look at the temporary folder");
    if is_memory.filesystem_type() == nix::sys::statfs::TMPFS_MAGIC {
        println!("skipped: the temporary folder is in memory");
    } else if have_groups() {
        let bench = Bench::new();
        let mut spec = spec_of(&bench, Level::Reduced, &["fill", "/tmp"]);
        // With all that Caps adds, 288 MiB: less than what is written.
        spec.limits.memory = 64 << 20;
        Want::Says("reached 400").check(&run_and_look(&spec));
    }
}

/// Writable folders in memory have limits of their own; all of them full, and memory besides, is allowed.
#[test]
fn full_folders_in_memory_are_no_reason_to_be_killed() {
    if have_groups() {
        let bench = Bench::new();
        let mut spec = spec_of(&bench, Level::Full, &[]);
        let fill = "head -c 60M /dev/zero > /tmp/a && head -c 30M /dev/zero > /dev/shm/a";
        let script =
            format!("{fill} && head -c 120M /dev/zero > /scratch/a && /probe/sandbox-probe one_process 100");
        spec.tmpfs = vec![sandbox::Tmpfs::new("/scratch", 128)];
        spec.job = Job::Exec { argv: vec!["/bin/sh".into(), "-c".into(), script], cwd: "/tmp".into() };
        Want::Says("reached 100").check(&run_and_look(&spec));
    }
}

#[rstest]
fn the_program_is_in_the_group_from_its_first_instruction(
    #[values(Level::Full, Level::Reduced, Level::None)] level: Level,
) {
    if have_groups() {
        let bench = Bench::new();
        let mut spec = spec_of(&bench, level, &[]);
        let argv = ["/usr/bin/grep", "-q", "/ipc-labs-", "/proc/self/cgroup"].map(str::to_owned).to_vec();
        spec.job = Job::Exec { argv, cwd: "/".into() };
        Want::Ends(End::Exited(0)).check(&run_and_look(&spec));
    }
}

#[rstest]
fn groups_of_a_killed_grader_are_swept_by_the_next(#[values(Level::Full, Level::Reduced)] level: Level) {
    if !have_groups() {
        return;
    }
    let bench = Bench::new();
    let marker = format!("sandbox-marker-group-{}-{}", std::process::id(), slot());
    let mut grader = start(&bench.spec(level, &["spin", &marker]));
    eventually("the program runs", || process_with(&format!("sandbox-probe spin {marker}")).is_some());
    assert!(!groups_of(grader.id()).is_empty(), "it runs in a group");
    grader.kill().expect("kill the grader");
    grader.wait().expect("wait for the grader");
    eventually("the groups are gone", || {
        run(&bench.spec(Level::Full, &["environment"]));
        groups_of(grader.id()).is_empty()
    });
}

/// Without a group the run goes on, and says so.
#[test]
fn where_there_is_no_group_a_run_is_watched_all_the_same() {
    if have_groups() || !Path::new("/sys/fs/cgroup").exists() {
        println!("skipped: there is a group here");
        return;
    }
    let bench = Bench::new();
    Want::Ends(End::MemoryLimit).check(&run(&spec_of(&bench, Level::Full, &["memfd", "300"])));
}
