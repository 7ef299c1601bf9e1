//! Level `full`: what each attack comes to.

use std::net::TcpListener;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::net::{SocketAddr, UnixListener};
use std::time::Duration;

use rstest::rstest;
use sandbox::{Bind, End, Level, Spec};

use crate::harness::{Bench, Want, run};
use Want::{Ends, Reaches, Says};

/// Attacks that need nothing but themselves.
#[rstest]
#[case::a_fork_bomb_stops_at_the_limit(&["fork_bomb"], Reaches(32..=63))]
#[case::a_thread_bomb_stops_at_the_limit(&["thread_bomb"], Reaches(32..=63))]
#[case::kill_minus_one_hits_nobody_outside(&["kill_all"], Says("ESRCH"))]
#[case::process_one_is_out_of_reach(&["kill_init"], Says("fired 5, refused 5"))]
#[case::sigterm_is_seen_as_sigterm(&["raise", "SIGTERM"], Ends(End::Signaled(15)))]
#[case::sigkill_is_seen_as_sigkill(&["raise", "SIGKILL"], Ends(End::Signaled(9)))]
#[case::limits_cannot_be_raised(&["raise_limits"], Says("EPERM"))]
#[case::one_process_holds_less_than_its_address_space(&["one_process", "3000"], Reaches(64..=255))]
#[case::memfd_is_refused(&["memfd", "100"], Says("EPERM"))]
#[case::system_v_memory_is_limited(&["sysv"], Reaches(48..=64))]
#[case::tmp_is_limited(&["fill", "/tmp"], Reaches(56..=64))]
#[case::shared_memory_is_limited(&["fill", "/dev/shm"], Reaches(24..=32))]
#[case::the_root_is_read_only(&["make", "/file"], Says("EROFS"))]
#[case::dev_is_read_only(&["make", "/dev/file"], Says("EROFS"))]
#[case::etc_is_read_only(&["make", "/etc/ld.so.preload"], Says("EROFS"))]
#[case::the_toolchain_is_read_only(&["make", "/usr/bin/file"], Says("EROFS"))]
#[case::its_own_binary_is_read_only(&["make", "/probe/file"], Says("EROFS"))]
#[case::files_in_tmp_are_limited(&["inodes", "/tmp"], Reaches(8000..=8192))]
#[case::files_in_shared_memory_are_limited(&["inodes", "/dev/shm"], Reaches(4000..=4096))]
#[case::an_output_flood_is_cut(&["flood"], Ends(End::OutputLimit))]
#[case::a_big_file_ends_its_writer(&["big_file", "/tmp/big"], Ends(End::Signaled(libc::SIGXFSZ)))]
#[case::the_password_file_is_not_there(&["read", "/etc/shadow"], Says("ENOENT"))]
#[case::the_host_root_is_not_there(&["list", "/root"], Says("ENOENT"))]
#[case::the_host_home_is_not_there(&["list", "/home"], Says("ENOENT"))]
#[case::the_overlay_store_is_not_there(&["list", "/.backing"], Says("ENOENT"))]
#[case::process_one_shows_nothing(&["open_init"], Says("opened []"))]
#[case::no_descriptor_is_inherited(&["descriptors"], Says("[0, 1, 2]"))]
#[case::the_environment_is_built_from_nothing(&["environment"], Says("LC_ALL PATH"))]
#[case::a_read_only_bind_stays_read_only(&["remount"], Says("EPERM"))]
#[case::core_pattern_cannot_be_written(&["write", "/proc/sys/kernel/core_pattern"], Says("EACCES"))]
#[case::a_domain_name_cannot_be_written(&["write", "/proc/sys/kernel/domainname"], Says("EACCES"))]
#[case::no_namespace_can_be_made(&["namespaces"], Says("unshare EPERM, setns EPERM, clone EPERM, clone3 ENOSYS, chroot EPERM, pivot_root EPERM, fsopen EPERM, open_tree EPERM"))]
#[case::others_limits_and_priorities_are_out_of_reach(&["meddle"], Says("refused 9 of 9, its own ok"))]
#[case::kernel_interfaces_are_refused(&["kernel"], Says("not refused []"))]
#[case::foreign_socket_families_are_refused(&["families"], Says("EPERM EPERM EPERM EPERM EPERM EPERM"))]
#[case::x32_calls_do_not_exist(&["x32"], Says("ENOSYS"))]
#[case::typing_into_a_terminal_is_refused(&["typing"], Says("EPERM"))]
#[case::process_one_cannot_be_traced(&["trace", "1"], Says("EPERM"))]
#[case::device_nodes_are_refused(&["device"], Says("EPERM"))]
#[case::its_own_loopback_works(&["own_loopback"], Says("works"))]
#[case::its_own_terminals_work(&["terminal"], Says("works"))]
#[case::its_own_queues_work(&["queue"], Says("works"))]
fn at_level_full(#[case] attack: &[&str], #[case] want: Want) {
    let mut spec = Bench::new_spec(attack);
    spec.1.limits.program.address_space = Some(256 << 20);
    spec.1.limits.memory = 1 << 30;
    want.check(&run(&spec.1));
}

impl Bench {
    /// A bench, which must live as long as the run, and a spec at level `full`.
    fn new_spec(attack: &[&str]) -> (Self, Spec) {
        let bench = Self::new();
        let spec = bench.spec(Level::Full, attack);
        (bench, spec)
    }
}

#[rstest]
fn a_loop_that_ignores_every_signal_ends_at_the_time_limit(
    #[values(Level::Full, Level::Reduced)] level: Level,
) {
    let bench = Bench::new();
    let mut spec = bench.spec(level, &["ignore_everything"]);
    spec.limits.wall = Duration::from_secs(1);
    let outcome = run(&spec);
    Ends(End::TimedOut).check(&outcome);
    assert!(outcome.usage.wall >= Duration::from_secs(1), "it got its second: {:?}", outcome.usage);
    // Not its second, where the processor is shared; but more than the helper's own few milliseconds.
    assert!(outcome.usage.user >= Duration::from_millis(20), "its time was counted: {:?}", outcome.usage);
}

#[test]
fn processor_time_is_limited_too() {
    let (_bench, mut spec) = Bench::new_spec(&["spin"]);
    spec.limits.program.cpu_seconds = 1;
    let outcome = run(&spec);
    assert!(matches!(outcome.end, End::Signaled(libc::SIGKILL | libc::SIGXCPU)), "{outcome:?}");
}

#[test]
fn many_processes_together_are_held_to_the_memory_limit() {
    let (_bench, mut spec) = Bench::new_spec(&["many_processes", "12x40"]);
    spec.limits.memory = 200 << 20;
    let outcome = run(&spec);
    Ends(End::MemoryLimit).check(&outcome);
    assert!(outcome.usage.peak_sum > 200 << 20, "{:?}", outcome.usage);
}

/// Memory in a memfd is in no resident set until it is mapped.
#[test]
fn where_memfd_is_allowed_its_memory_counts() {
    let (_bench, mut spec) = Bench::new_spec(&["memfd", "300"]);
    spec.limits.program.memfd = true;
    spec.limits.program.file_size = 1 << 30;
    spec.limits.memory = 128 << 20;
    let outcome = run(&spec);
    Ends(End::MemoryLimit).check(&outcome);
    assert!(outcome.notes.iter().any(|note| note.contains("all processes together")), "{:?}", outcome.notes);
}

/// The host's shared memory is everybody's, so other programs may end this run too, but never save it.
#[test]
fn the_hosts_shared_memory_is_watched() {
    let (_bench, mut spec) = Bench::new_spec(&["memfd", "300"]);
    spec.limits.program.memfd = true;
    spec.limits.program.file_size = 1 << 30;
    spec.limits.memory = 1 << 30;
    spec.limits.host_shmem = 128 << 20;
    let outcome = run(&spec);
    Ends(End::MemoryLimit).check(&outcome);
    assert!(outcome.notes.iter().any(|note| note.contains("host's shared memory")), "{:?}", outcome.notes);
}

/// A Landlock domain forbids links between folders unless told otherwise.
#[rstest]
fn files_can_be_linked_from_folder_to_folder(#[values(true, false)] scopes: bool) {
    let (_bench, mut spec) = Bench::new_spec(&[]);
    spec.limits.program.scopes = scopes;
    let script = "mkdir a b && echo linked > a/file && ln a/file b/file && cat b/file";
    let argv = ["/bin/sh", "-c", script].map(str::to_owned).to_vec();
    spec.job = sandbox::Job::Exec { argv, cwd: "/tmp".into() };
    Says("linked").check(&run(&spec));
}

#[test]
fn a_process_outside_cannot_be_signalled_or_traced_by_its_number() {
    let me = std::process::id().to_string();
    let bench = Bench::new();
    Says("ESRCH").check(&bench.attack(Level::Full, &["kill", &me]));
    Says("EPERM").check(&bench.attack(Level::Full, &["trace", &me]));
}

#[test]
fn sockets_of_the_host_are_out_of_reach() {
    let bench = Bench::new();
    let tcp = TcpListener::bind("127.0.0.1:0").expect("listen on the host");
    let port = tcp.local_addr().expect("its port").port().to_string();
    Says("ECONNREFUSED").check(&bench.attack(Level::Full, &["tcp", &port]));

    let name = format!("sandbox-canary-{}", std::process::id());
    let address = SocketAddr::from_abstract_name(&name).expect("name a socket");
    let _listener = UnixListener::bind_addr(&address).expect("listen on an abstract socket");
    Says("ECONNREFUSED").check(&bench.attack(Level::Full, &["abstract", &name]));
}

#[test]
fn names_made_inside_are_gone_with_the_sandbox() {
    let name = format!("sandbox-leak-{}", std::process::id());
    let outcome = Bench::new().attack(Level::Full, &["leak", &name]);
    Says("shm ok, fifo ok, socket ok, queue ok").check(&outcome);
    for folder in ["/dev/shm", "/tmp", "/dev/mqueue"] {
        let left = std::path::Path::new(folder).join(&name);
        assert!(!left.exists(), "{} is left", left.display());
    }
}

/// A read-only bind must cover what is mounted below it: `/dev/shm` below `/dev`.
#[test]
fn a_mount_below_a_read_only_bind_is_read_only_too() {
    let (_bench, mut spec) = Bench::new_spec(&["make", "/host-dev/shm/sandbox-submount"]);
    spec.ro.push(Bind::new("/dev", "/host-dev"));
    Says("EROFS").check(&run(&spec));
}

#[test]
fn a_file_beside_the_bound_ones_is_not_there() {
    let bench = Bench::new();
    let hidden = bench.path().join("hidden_tests.rs");
    std::fs::write(&hidden, "the answer").expect("write a file");
    let name = hidden.to_str().expect("a plain name");
    Says("ENOENT").check(&bench.attack(Level::Full, &["read", name]));
    Says("ENOENT").check(&bench.attack(Level::Full, &["read", "/probe/../hidden_tests.rs"]));
}

/// The files in `/proc/sys` are refused by owner too, so the mount itself is looked at.
#[test]
fn proc_sys_is_mounted_read_only() {
    let (_bench, mut spec) = Bench::new_spec(&[]);
    let argv = ["/usr/bin/grep", "-c", " /proc/sys ro,", "/proc/self/mountinfo"];
    spec.job = sandbox::Job::Exec { argv: argv.map(str::to_owned).to_vec(), cwd: "/".into() };
    Says("1").check(&run(&spec));
}
