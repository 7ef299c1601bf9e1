//! The system calls that nix does not wrap, each in a safe function of its own.
#![allow(unsafe_code, reason = "raw system calls: this is the one place where they are made")]

use std::ffi::{CStr, CString};
use std::io;
use std::mem::{MaybeUninit, size_of};
use std::os::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd, RawFd};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use nix::errno::Errno;
use nix::sys::resource::Usage;
use nix::sys::signal::{SigSet, SigmaskHow, sigprocmask};
use nix::unistd::{ForkResult, Pid};

/// Which mounts a change is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Depth {
    /// One mount.
    This,
    /// One mount and all on top of it.
    All,
}

/// `mount_setattr(2)`: adds `set` (`MOUNT_ATTR_*`) to the mount at `fd`.
pub(crate) fn mount_setattr(fd: BorrowedFd<'_>, set: u64, depth: Depth) -> Result<(), Errno> {
    let attr = libc::mount_attr { attr_set: set, attr_clr: 0, propagation: 0, userns_fd: 0 };
    let recursive = if depth == Depth::All { libc::AT_RECURSIVE } else { 0 };
    let flags = libc::AT_EMPTY_PATH | recursive;
    // SAFETY: the path is a literal with its NUL, `attr` lives through the call and its size is given.
    let done = unsafe {
        libc::syscall(
            libc::SYS_mount_setattr,
            fd.as_raw_fd(),
            c"".as_ptr(),
            flags,
            &raw const attr,
            size_of::<libc::mount_attr>(),
        )
    };
    Errno::result(done).map(drop)
}

/// `landlock_create_ruleset(2)`'s version query: the ABI, 0 if there is no Landlock.
pub(crate) fn landlock_abi() -> i64 {
    let version_query = 1;
    // SAFETY: the version query takes a null pointer and size 0 and touches no memory.
    let abi = unsafe {
        libc::syscall(libc::SYS_landlock_create_ruleset, std::ptr::null::<u8>(), 0_usize, version_query)
    };
    abi.max(0)
}

/// `landlock_restrict_self(2)`. Async-signal-safe.
pub(crate) fn landlock_restrict(ruleset: BorrowedFd<'_>) -> Result<(), Errno> {
    // SAFETY: two integers, no memory.
    let done = unsafe { libc::syscall(libc::SYS_landlock_restrict_self, ruleset.as_raw_fd(), 0_u32) };
    Errno::result(done).map(drop)
}

/// `seccomp(2)`: installs a filter for this thread. Async-signal-safe.
pub(crate) fn install_filter(program: &[libc::sock_filter]) -> Result<(), Errno> {
    let len = u16::try_from(program.len()).map_err(|_| Errno::E2BIG)?;
    let filter = libc::sock_fprog { len, filter: program.as_ptr().cast_mut() };
    // SAFETY: `filter` describes `program`, which outlives the call; the kernel copies and only reads it.
    let done =
        unsafe { libc::syscall(libc::SYS_seccomp, libc::SECCOMP_SET_MODE_FILTER, 0_u32, &raw const filter) };
    Errno::result(done).map(drop)
}

/// Puts every signal back to its default, blocked or not. Async-signal-safe.
///
/// By the system call itself: the C library refuses to touch the two signals that it keeps for its threads.
pub fn default_signals() {
    // The kernel's sigaction with SIG_DFL, no flags and an empty mask is all zero.
    let default = [0_u64; 8];
    let no_old = std::ptr::null_mut::<u64>();
    for signal in 1..=64 {
        // KILL and STOP are refused, which leaves them at their default.
        // SAFETY: `default` is longer than the kernel's struct and lives through the call.
        unsafe { libc::syscall(libc::SYS_rt_sigaction, signal, default.as_ptr(), no_old, size_of::<u64>()) };
    }
}

/// Blocks no signal. Async-signal-safe.
pub(crate) fn unblock_signals() -> Result<(), Errno> {
    sigprocmask(SigmaskHow::SIG_SETMASK, Some(&SigSet::empty()), None)
}

/// Marks every descriptor from 3 on close-on-exec. Async-signal-safe.
///
/// # Errors
/// As `close_range(2)`.
pub fn cloexec_from_3() -> Result<(), Errno> {
    // SAFETY: integers only; no descriptor is closed, so no owner is robbed.
    let done = unsafe { libc::syscall(libc::SYS_close_range, 3_u32, u32::MAX, libc::CLOSE_RANGE_CLOEXEC) };
    Errno::result(done).map(drop)
}

/// `getxattr(2)`: the extended attribute `name` of a file, of at most 64 bytes.
pub(crate) fn extended_attribute(path: &Path, name: &CStr) -> Result<Vec<u8>, Errno> {
    let path = CString::new(path.as_os_str().as_bytes()).map_err(|_| Errno::EINVAL)?;
    let mut value = vec![0_u8; 64];
    // SAFETY: both names end with NUL; `value` is writable for the length that is given; all live through the call.
    let length =
        unsafe { libc::getxattr(path.as_ptr(), name.as_ptr(), value.as_mut_ptr().cast(), value.len()) };
    value.truncate(usize::try_from(Errno::result(length)?).map_err(|_| Errno::EINVAL)?);
    Ok(value)
}

/// `pidfd_open(2)`.
pub(crate) fn pidfd_open(pid: Pid) -> Result<OwnedFd, Errno> {
    // SAFETY: integers only.
    let fd = Errno::result(unsafe { libc::syscall(libc::SYS_pidfd_open, pid.as_raw(), 0_u32) })?;
    let fd = RawFd::try_from(fd).map_err(|_| Errno::EBADF)?;
    // SAFETY: the kernel has just made this descriptor for us; nobody else owns it.
    Ok(unsafe { OwnedFd::from_raw_fd(fd) })
}

/// `pidfd_send_signal(2)` with SIGKILL.
pub(crate) fn pidfd_kill(pidfd: BorrowedFd<'_>) -> Result<(), Errno> {
    let none = std::ptr::null::<libc::siginfo_t>();
    // SAFETY: no siginfo is passed; the rest are integers.
    let done =
        unsafe { libc::syscall(libc::SYS_pidfd_send_signal, pidfd.as_raw_fd(), libc::SIGKILL, none, 0_u32) };
    Errno::result(done).map(drop)
}

/// `wait4(2)`: reaps `pid`, or any child for -1; returns who it was, its wait status and what it and its children used.
/// Plain numbers: nix has no name for real-time signals.
pub(crate) fn wait4(pid: Pid) -> Result<(Pid, i32, Usage), Errno> {
    let mut status = 0;
    loop {
        let mut usage = MaybeUninit::<Usage>::zeroed();
        // SAFETY: both pointers are to live, writable values; `Usage` is a transparent `rusage`.
        let done = unsafe { libc::wait4(pid.as_raw(), &raw mut status, 0, usage.as_mut_ptr().cast()) };
        match Errno::result(done) {
            Err(Errno::EINTR) => {}
            Err(error) => return Err(error),
            // SAFETY: wait4 succeeded and has filled it in.
            Ok(pid) => return Ok((Pid::from_raw(pid), status, unsafe { usage.assume_init() })),
        }
    }
}

/// `fork(2)` in a process with one thread.
///
/// # Errors
/// As `fork(2)`; also `EBUSY` if this process has more than one thread.
pub(crate) fn fork_alone() -> Result<ForkResult, Errno> {
    let threads = std::fs::read_dir("/proc/self/task").map_or(1, Iterator::count);
    if threads > 1 {
        return Err(Errno::EBUSY);
    }
    // SAFETY: this process has a single thread (counted above), so the child may do what the parent may.
    unsafe { nix::unistd::fork() }
}

/// `_exit(2)`: ends a forked child without running the parent's destructors.
pub(crate) fn exit_now(code: i32) -> ! {
    // SAFETY: it does not return and touches no memory.
    unsafe { libc::_exit(code) }
}

/// `prctl(PR_CAPBSET_DROP)` for every capability the kernel knows. Needs CAP_SETPCAP.
pub(crate) fn drop_bounding_set() -> Result<(), Errno> {
    for capability in 0..64_u64 {
        // SAFETY: integers only.
        let done = unsafe { libc::prctl(libc::PR_CAPBSET_DROP, capability, 0_u64, 0_u64, 0_u64) };
        match Errno::result(done) {
            // Beyond the last one this kernel has.
            Err(Errno::EINVAL) => return Ok(()),
            other => other.map(drop)?,
        }
    }
    Ok(())
}

/// `capset(2)`: gives up every effective, permitted and inheritable capability.
pub(crate) fn drop_capabilities() -> Result<(), Errno> {
    // _LINUX_CAPABILITY_VERSION_3, this process; then two all-zero records of three words.
    let header: [u32; 2] = [0x2008_0522, 0];
    let data = [0_u32; 6];
    // SAFETY: both arrays have the sizes that version 3 asks for and live through the call.
    let done = unsafe { libc::syscall(libc::SYS_capset, header.as_ptr(), data.as_ptr()) };
    Errno::result(done).map(drop)
}

/// Brings the loopback interface up in this network namespace, as `ip link set lo up`.
pub(crate) fn loopback_up() -> io::Result<()> {
    let socket = std::net::UdpSocket::bind(("0.0.0.0", 0))?;
    // SAFETY: all-zero bytes are a valid `ifreq`.
    let mut request: libc::ifreq = unsafe { MaybeUninit::zeroed().assume_init() };
    for (to, from) in request.ifr_name.iter_mut().zip(b"lo") {
        *to = *from as libc::c_char;
    }
    request.ifr_ifru.ifru_flags = (libc::IFF_UP | libc::IFF_RUNNING) as libc::c_short;
    // SAFETY: SIOCSIFFLAGS reads one `ifreq`, which lives through the call.
    let done = unsafe { libc::ioctl(socket.as_raw_fd(), libc::SIOCSIFFLAGS, &raw const request) };
    Errno::result(done)?;
    Ok(())
}

/// Clears close-on-exec on `fd`. Async-signal-safe.
pub(crate) fn keep_over_exec(fd: RawFd) -> io::Result<()> {
    // SAFETY: F_SETFD with an integer; a wrong `fd` is refused with EBADF.
    let done = unsafe { libc::fcntl(fd, libc::F_SETFD, 0) };
    Errno::result(done)?;
    Ok(())
}

/// Takes over a descriptor that the parent process left open for us under this number.
///
/// # Errors
/// `EBADF` if it is not open.
pub(crate) fn adopt(fd: RawFd) -> Result<OwnedFd, Errno> {
    // SAFETY: F_GETFD with no argument.
    Errno::result(unsafe { libc::fcntl(fd, libc::F_GETFD) })?;
    // SAFETY: it is open (asked above), and the order that names it names each descriptor once.
    Ok(unsafe { OwnedFd::from_raw_fd(fd) })
}

/// Adds a hook to `command` that keeps `fds` open in the child, which Rust's runtime made close-on-exec.
pub(crate) fn inherit(command: &mut std::process::Command, fds: Vec<RawFd>) {
    use std::os::unix::process::CommandExt;
    let hook = move || fds.iter().try_for_each(|fd| keep_over_exec(*fd));
    // SAFETY: the hook runs between fork and exec and makes only fcntl calls; the vector is only read.
    unsafe { command.pre_exec(hook) };
}
