//! Attacks by system calls that no lab needs.
#![allow(unsafe_code, reason = "raw system calls with impossible or harmless arguments")]

use anyhow::{Context, Result};
use libc::c_long;
use nix::errno::Errno;
use nix::mount::{MsFlags, mount};
use nix::sys::stat::{Mode, SFlag, makedev, mknod};

use crate::word;

/// A call with up to three integers. No caller passes a pointer but null.
fn call(number: c_long, a: c_long, b: c_long, c: c_long) -> Result<c_long, Errno> {
    // SAFETY: integers and null pointers only; where allowed at all, the kernel answers EFAULT or EINVAL.
    Errno::result(unsafe { libc::syscall(number, a, b, c, 0, 0, 0) })
}

/// Makes `/usr` writable again.
pub(crate) fn remount() -> Result<String> {
    let flags = MsFlags::MS_REMOUNT | MsFlags::MS_BIND;
    Ok(word(mount(None::<&str>, "/usr", None::<&str>, flags, None::<&str>)))
}

/// Makes namespaces, in every way there is.
pub(crate) fn namespaces() -> Result<String> {
    let flag = c_long::from(libc::CLONE_NEWUSER);
    let ways = [
        ("unshare", call(libc::SYS_unshare, flag, 0, 0)),
        ("setns", call(libc::SYS_setns, 0, 0, 0)),
        ("clone", call(libc::SYS_clone, flag | c_long::from(libc::SIGCHLD), 0, 0)),
        ("clone3", call(libc::SYS_clone3, 0, 0, 0)),
        ("chroot", call(libc::SYS_chroot, 0, 0, 0)),
        ("pivot_root", call(libc::SYS_pivot_root, 0, 0, 0)),
        ("fsopen", call(libc::SYS_fsopen, 0, 0, 0)),
        ("open_tree", call(libc::SYS_open_tree, -1, 0, 0)),
    ];
    Ok(ways.map(|(name, done)| format!("{name} {}", word(done))).join(", "))
}

/// Calls what kernel attacks begin with; says which were not refused with EPERM.
pub(crate) fn kernel() -> Result<String> {
    let calls = [
        ("io_uring", libc::SYS_io_uring_setup),
        ("bpf", libc::SYS_bpf),
        ("keyctl", libc::SYS_keyctl),
        ("add_key", libc::SYS_add_key),
        ("perf", libc::SYS_perf_event_open),
        ("userfaultfd", libc::SYS_userfaultfd),
        ("open_by_handle_at", libc::SYS_open_by_handle_at),
        ("memfd_secret", libc::SYS_memfd_secret),
        ("process_vm_readv", libc::SYS_process_vm_readv),
        ("process_vm_writev", libc::SYS_process_vm_writev),
        ("pidfd_getfd", libc::SYS_pidfd_getfd),
        ("kcmp", libc::SYS_kcmp),
        ("init_module", libc::SYS_init_module),
        ("kexec_load", libc::SYS_kexec_load),
        ("reboot", libc::SYS_reboot),
        ("syslog", libc::SYS_syslog),
        ("quotactl", libc::SYS_quotactl),
        ("swapon", libc::SYS_swapon),
        ("settimeofday", libc::SYS_settimeofday),
        ("sethostname", libc::SYS_sethostname),
    ];
    let through: Vec<_> = calls
        .iter()
        .map(|(name, number)| (name, call(*number, 0, 0, 0)))
        .filter(|(_, done)| *done != Err(Errno::EPERM))
        .map(|(name, done)| format!("{name} {}", word(done)))
        .collect();
    Ok(format!("not refused [{}]", through.join(", ")))
}

/// Changes limits and priorities of process 1, and of all its user's processes; its own it may change.
pub(crate) fn meddle() -> Result<String> {
    let user = c_long::from(libc::PRIO_USER);
    let process = c_long::from(libc::PRIO_PROCESS);
    let calls = [
        call(libc::SYS_prlimit64, 1, 0, 0),
        call(libc::SYS_sched_setaffinity, 1, 0, 0),
        call(libc::SYS_sched_setattr, 1, 0, 0),
        call(libc::SYS_sched_setparam, 1, 0, 0),
        call(libc::SYS_sched_setscheduler, 1, 0, 0),
        call(libc::SYS_setpriority, process, 1, 19),
        call(libc::SYS_setpriority, user, 0, 19),
        call(libc::SYS_ioprio_set, 1, 1, 0),
        call(libc::SYS_ioprio_set, 3, 0, 0),
    ];
    let refused = calls.iter().filter(|done| **done == Err(Errno::EPERM)).count();
    let own = word(call(libc::SYS_setpriority, process, 0, 19));
    Ok(format!("refused {refused} of {}, its own {own}", calls.len()))
}

/// A protocol that only raw sockets speak.
const ICMP: c_long = libc::IPPROTO_ICMP as c_long;

/// Opens sockets of families that reach beyond the sandbox, and raw ones.
pub(crate) fn families() -> Result<String> {
    let socket = |family, kind| word(call(libc::SYS_socket, family, c_long::from(kind), ICMP));
    let others = [libc::AF_VSOCK, libc::AF_PACKET, libc::AF_NETLINK, libc::AF_ALG, libc::AF_BLUETOOTH];
    let mut said: Vec<_> =
        others.iter().map(|family| socket(c_long::from(*family), libc::SOCK_RAW)).collect();
    said.push(socket(c_long::from(libc::AF_INET), libc::SOCK_RAW));
    Ok(said.join(" "))
}

/// `getpid` by its x32 number.
pub(crate) fn x32() -> Result<String> {
    Ok(word(call(0x4000_0000 | libc::SYS_getpid, 0, 0, 0)))
}

/// Types into its terminal, if it had one: the filter answers before the kernel looks.
pub(crate) fn typing() -> Result<String> {
    Ok(word(call(libc::SYS_ioctl, 0, libc::TIOCSTI as c_long, 0)))
}

/// Traces a process.
pub(crate) fn trace(pid: &str) -> Result<String> {
    let pid: c_long = pid.parse().context("read a pid")?;
    Ok(word(call(libc::SYS_ptrace, libc::PTRACE_SEIZE as c_long, pid, 0)))
}

/// Makes the device node of the first disk.
pub(crate) fn device() -> Result<String> {
    Ok(word(mknod("/tmp/disk", SFlag::S_IFBLK, Mode::S_IRWXU, makedev(8, 0))))
}
