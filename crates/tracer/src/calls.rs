//! System calls by name. Numbers differ between processors, and some have calls that others never got;
//! whoever asks by name need not care.

/// Numbers and names; `SYS_read` without its first four letters.
macro_rules! table {
    ($($call:ident)*) => { &[$((libc::$call as i64, stringify!($call))),*] };
}

/// What programs of the labs call on every processor.
const EVERYWHERE: &[(i64, &str)] = table! {
    SYS_read SYS_write SYS_close SYS_fstat SYS_lseek SYS_mmap SYS_mprotect SYS_munmap SYS_brk
    SYS_rt_sigaction SYS_rt_sigprocmask SYS_rt_sigreturn SYS_ioctl SYS_pread64 SYS_pwrite64 SYS_readv
    SYS_writev SYS_sched_yield SYS_mremap SYS_msync SYS_madvise SYS_shmget SYS_shmat SYS_shmctl SYS_dup
    SYS_nanosleep SYS_getitimer SYS_setitimer SYS_getpid SYS_sendfile SYS_socket SYS_connect SYS_accept
    SYS_sendto SYS_recvfrom SYS_sendmsg SYS_recvmsg SYS_shutdown SYS_bind SYS_listen SYS_getsockname
    SYS_getpeername SYS_socketpair SYS_setsockopt SYS_getsockopt SYS_clone SYS_execve SYS_exit SYS_wait4
    SYS_kill SYS_uname SYS_semget SYS_semop SYS_semctl SYS_shmdt SYS_msgget SYS_msgsnd SYS_msgrcv SYS_msgctl
    SYS_fcntl SYS_flock SYS_fsync SYS_fdatasync SYS_truncate SYS_ftruncate SYS_getcwd SYS_chdir SYS_fchdir
    SYS_fchmod SYS_umask SYS_gettimeofday SYS_getrlimit SYS_getrusage SYS_times SYS_getuid SYS_getgid
    SYS_geteuid SYS_getegid SYS_setpgid SYS_getppid SYS_setsid SYS_getpgid SYS_getsid SYS_rt_sigpending
    SYS_rt_sigtimedwait SYS_rt_sigqueueinfo SYS_rt_sigsuspend SYS_sigaltstack SYS_prctl SYS_setrlimit
    SYS_gettid SYS_tkill SYS_futex SYS_sched_getaffinity SYS_getdents64 SYS_set_tid_address
    SYS_restart_syscall SYS_clock_gettime SYS_clock_nanosleep SYS_exit_group SYS_epoll_ctl SYS_tgkill
    SYS_mq_open SYS_mq_unlink SYS_mq_timedsend SYS_mq_timedreceive SYS_mq_notify SYS_waitid SYS_openat
    SYS_mkdirat SYS_mknodat SYS_newfstatat SYS_unlinkat SYS_renameat SYS_linkat SYS_readlinkat SYS_faccessat
    SYS_pselect6 SYS_ppoll SYS_set_robust_list SYS_splice SYS_tee SYS_vmsplice SYS_epoll_pwait
    SYS_timerfd_create SYS_timerfd_settime SYS_accept4 SYS_signalfd4 SYS_eventfd2 SYS_epoll_create1 SYS_dup3
    SYS_pipe2 SYS_preadv SYS_pwritev SYS_prlimit64 SYS_sendmmsg SYS_recvmmsg SYS_renameat2 SYS_getrandom
    SYS_memfd_create SYS_execveat SYS_copy_file_range SYS_statx SYS_rseq SYS_pidfd_send_signal
    SYS_pidfd_open SYS_clone3 SYS_close_range SYS_openat2 SYS_pidfd_getfd SYS_faccessat2 SYS_epoll_pwait2
    SYS_semtimedop
};

/// What only the first processors have: newer ones offer a call that can do more.
#[cfg(target_arch = "x86_64")]
const OLD: &[(i64, &str)] = table! {
    SYS_open SYS_stat SYS_lstat SYS_poll SYS_access SYS_pipe SYS_select SYS_dup2 SYS_pause SYS_alarm
    SYS_fork SYS_vfork SYS_getdents SYS_rename SYS_mkdir SYS_rmdir SYS_creat SYS_link SYS_unlink SYS_symlink
    SYS_readlink SYS_chmod SYS_getpgrp SYS_arch_prctl SYS_epoll_wait SYS_signalfd SYS_eventfd
};
#[cfg(not(target_arch = "x86_64"))]
const OLD: &[(i64, &str)] = &[];

/// The name of system call `number`, if it is one that programs of the labs make.
#[must_use]
pub fn known(number: i64) -> Option<&'static str> {
    EVERYWHERE.iter().chain(OLD).find(|(n, _)| *n == number).map(|(_, name)| &name["SYS_".len()..])
}

/// The name of system call `number`, for people.
#[must_use]
pub fn name(number: i64) -> String {
    known(number).map_or_else(|| format!("call_{number}"), str::to_owned)
}

/// Whether a call makes a process, not a thread; `clone3_flags` is asked for the flags of a `clone3`.
#[must_use]
pub fn makes_process(name: &str, args: &[u64; 6], clone3_flags: impl Fn() -> u64) -> bool {
    let thread = libc::CLONE_THREAD as u64;
    match name {
        "fork" | "vfork" => true,
        "clone" => args[0] & thread == 0,
        "clone3" => clone3_flags() & thread == 0,
        _ => false,
    }
}

/// Whether a call makes another number for an open descriptor.
#[must_use]
pub fn duplicates(name: &str, args: &[u64; 6]) -> bool {
    match name {
        "dup" | "dup2" | "dup3" => true,
        "fcntl" => [libc::F_DUPFD, libc::F_DUPFD_CLOEXEC].map(|n| n as u64).contains(&args[1]),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_has_its_name_and_another_its_number() {
        assert_eq!(name(libc::SYS_pipe2), "pipe2");
        assert_eq!(name(99_999), "call_99999");
        assert_eq!(known(99_999), None);
    }

    #[test]
    fn a_thread_is_no_process() {
        let thread = [libc::CLONE_THREAD as u64, 0, 0, 0, 0, 0];
        assert!(makes_process("clone", &[0; 6], || 0));
        assert!(!makes_process("clone", &thread, || 0));
        assert!(!makes_process("clone3", &[0; 6], || thread[0]));
    }
}
