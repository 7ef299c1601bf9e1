//! Level `reduced`: what it stops, and what it is known not to stop.

use std::os::linux::net::SocketAddrExt;
use std::os::unix::net::{SocketAddr, UnixListener};

use rstest::rstest;
use sandbox::{End, Level};

use crate::harness::{Bench, Want, run};
use Want::{Ends, Reaches, Says};

#[rstest]
#[case::a_fork_bomb_stops_at_the_limit(&["fork_bomb"], Reaches(1..=80))]
#[case::sigkill_is_seen_as_sigkill(&["raise", "SIGKILL"], Ends(End::Signaled(9)))]
#[case::limits_cannot_be_raised(&["raise_limits"], Says("EPERM"))]
#[case::memfd_is_refused(&["memfd", "100"], Says("EPERM"))]
#[case::the_root_is_not_writable(&["make", "/file"], Says("EACCES"))]
#[case::the_hosts_temporary_folder_is_not_writable(&["make", "/var/tmp/sandbox-reduced"], Says("EACCES"))]
#[case::the_toolchain_is_not_writable(&["make", "/usr/bin/file"], Says("EACCES"))]
#[case::the_password_file_is_not_readable(&["read", "/etc/shadow"], Says("EACCES"))]
#[case::homes_are_not_listed(&["list", "/home"], Says("EACCES"))]
#[case::process_one_shows_nothing(&["open_init"], Says("opened []"))]
#[case::core_pattern_cannot_be_written(&["write", "/proc/sys/kernel/core_pattern"], Says("EACCES"))]
#[case::no_descriptor_is_inherited(&["descriptors"], Says("[0, 1, 2]"))]
#[case::an_output_flood_is_cut(&["flood"], Ends(End::OutputLimit))]
#[case::others_limits_and_priorities_are_out_of_reach(&["meddle"], Says("refused 9 of 9, its own ok"))]
#[case::kernel_interfaces_are_refused(&["kernel"], Says("not refused []"))]
#[case::no_namespace_can_be_made(&["remount"], Says("EPERM"))]
#[case::x32_calls_do_not_exist(&["x32"], Says("ENOSYS"))]
#[case::its_own_terminals_work(&["terminal"], Says("works"))]
fn at_level_reduced(#[case] attack: &[&str], #[case] want: Want) {
    want.check(&Bench::new().attack(Level::Reduced, attack));
}

#[test]
fn landlock_guards_processes_and_abstract_sockets_outside() {
    let bench = Bench::new();
    let me = std::process::id().to_string();
    Says("EPERM").check(&bench.attack(Level::Reduced, &["kill", &me]));

    let name = format!("sandbox-canary-reduced-{}", std::process::id());
    let address = SocketAddr::from_abstract_name(&name).expect("name a socket");
    let _listener = UnixListener::bind_addr(&address).expect("listen on an abstract socket");
    Says("EPERM").check(&bench.attack(Level::Reduced, &["abstract", &name]));
}

/// Segments that nobody has attached are in no resident set. A slot's user has none but its own.
#[test]
fn detached_segments_count_for_root() {
    if !nix::unistd::geteuid().is_root() {
        println!("skipped: an ordinary user's own segments cannot be told from the programs'");
        return;
    }
    let bench = Bench::new();
    let mut spec = bench.spec(Level::Reduced, &["sysv_detached", "150"]);
    spec.limits.memory = 64 << 20;
    let outcome = run(&spec);
    Ends(End::MemoryLimit).check(&outcome);
    // A control group, where there is one, would have let them through.
    assert!(outcome.notes.iter().any(|note| note.contains("all processes together")), "{:?}", outcome.notes);
}

#[test]
fn the_report_says_what_is_open() {
    let outcome = Bench::new().attack(Level::Reduced, &["environment"]);
    Says("LC_ALL PATH TMPDIR").check(&outcome);
    assert_eq!(outcome.level, Level::Reduced);
    assert!(outcome.notes.iter().any(|note| note.contains("loopback")), "{:?}", outcome.notes);
}

#[test]
fn the_work_folder_is_gone_even_if_it_was_closed() {
    let bench = Bench::new();
    let mut spec = bench.spec(Level::Reduced, &[]);
    let script = "mkdir -p a/b && touch a/b/c && chmod 0 a/b a && pwd -P";
    spec.job = sandbox::Job::Exec {
        argv: ["/bin/sh", "-c", script].map(str::to_owned).to_vec(),
        cwd: "/tmp".into(),
    };
    let outcome = run(&spec);
    assert_eq!(outcome.end, End::Exited(0), "{outcome:?}");
    let work = outcome.stdout.text();
    assert!(!std::path::Path::new(work.trim_end()).exists(), "{work} is left");
}
