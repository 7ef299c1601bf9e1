//! System calls by name, and which of them do the same.

use super::fault::Family;

/// A table of the calls that programs of the labs make; the rest is shown by number.
macro_rules! table {
    ($($call:ident)*) => {
        /// The name of system call `number`.
        pub(super) fn name(number: i64) -> String {
            const NAMES: &[(i64, &str)] = &[$((libc::$call as i64, stringify!($call))),*];
            match NAMES.iter().find(|(n, _)| *n == number) {
                // `SYS_read` without its first four letters.
                Some((_, name)) => name[4..].to_owned(),
                None => format!("call_{number}"),
            }
        }
    };
}

table! {
    SYS_read SYS_write SYS_open SYS_close SYS_stat SYS_fstat SYS_lstat SYS_poll SYS_lseek SYS_mmap SYS_mprotect
    SYS_munmap SYS_brk SYS_rt_sigaction SYS_rt_sigprocmask SYS_rt_sigreturn SYS_ioctl SYS_pread64 SYS_pwrite64
    SYS_readv SYS_writev SYS_access SYS_pipe SYS_select SYS_sched_yield SYS_mremap SYS_msync SYS_madvise SYS_shmget
    SYS_shmat SYS_shmctl SYS_dup SYS_dup2 SYS_pause SYS_nanosleep SYS_getitimer SYS_alarm SYS_setitimer SYS_getpid
    SYS_sendfile SYS_socket SYS_connect SYS_accept SYS_sendto SYS_recvfrom SYS_sendmsg SYS_recvmsg SYS_shutdown
    SYS_bind SYS_listen SYS_getsockname SYS_getpeername SYS_socketpair SYS_setsockopt SYS_getsockopt SYS_clone
    SYS_fork SYS_vfork SYS_execve SYS_exit SYS_wait4 SYS_kill SYS_uname SYS_semget SYS_semop SYS_semctl SYS_shmdt
    SYS_msgget SYS_msgsnd SYS_msgrcv SYS_msgctl SYS_fcntl SYS_flock SYS_fsync SYS_fdatasync SYS_truncate
    SYS_ftruncate SYS_getdents SYS_getcwd SYS_chdir SYS_fchdir SYS_rename SYS_mkdir SYS_rmdir SYS_creat SYS_link
    SYS_unlink SYS_symlink SYS_readlink SYS_chmod SYS_fchmod SYS_umask SYS_gettimeofday SYS_getrlimit SYS_getrusage
    SYS_times SYS_getuid SYS_getgid SYS_geteuid SYS_getegid SYS_setpgid SYS_getppid SYS_getpgrp SYS_setsid
    SYS_getpgid SYS_getsid SYS_rt_sigpending SYS_rt_sigtimedwait SYS_rt_sigqueueinfo SYS_rt_sigsuspend
    SYS_sigaltstack SYS_prctl SYS_arch_prctl SYS_setrlimit SYS_gettid SYS_tkill SYS_futex SYS_sched_getaffinity
    SYS_getdents64 SYS_set_tid_address SYS_restart_syscall SYS_clock_gettime SYS_clock_nanosleep SYS_exit_group
    SYS_epoll_wait SYS_epoll_ctl SYS_tgkill SYS_mq_open SYS_mq_unlink SYS_mq_timedsend SYS_mq_timedreceive
    SYS_mq_notify SYS_waitid SYS_openat SYS_mkdirat SYS_mknodat SYS_newfstatat SYS_unlinkat SYS_renameat
    SYS_linkat SYS_readlinkat SYS_faccessat SYS_pselect6 SYS_ppoll SYS_set_robust_list SYS_splice SYS_tee
    SYS_vmsplice SYS_epoll_pwait SYS_signalfd SYS_eventfd SYS_timerfd_create SYS_timerfd_settime SYS_accept4
    SYS_signalfd4 SYS_eventfd2 SYS_epoll_create1 SYS_dup3 SYS_pipe2 SYS_preadv SYS_pwritev SYS_prlimit64
    SYS_sendmmsg SYS_recvmmsg SYS_renameat2 SYS_getrandom SYS_memfd_create SYS_execveat SYS_copy_file_range
    SYS_statx SYS_rseq SYS_pidfd_send_signal SYS_pidfd_open SYS_clone3 SYS_close_range SYS_openat2
    SYS_pidfd_getfd SYS_faccessat2 SYS_epoll_pwait2
}

/// Whether a call belongs to `family`. Of the fork family: only if it makes a process; `clone3_flags` is
/// asked for the flags of a `clone3`.
pub(super) fn is_in(family: Family, number: i64, args: &[u64; 6], clone3_flags: impl Fn() -> u64) -> bool {
    match family {
        Family::Fork => makes_process(number, args, clone3_flags),
        Family::Pipe => matches!(number, libc::SYS_pipe | libc::SYS_pipe2),
        Family::Open => matches!(
            number,
            libc::SYS_open | libc::SYS_openat | libc::SYS_openat2 | libc::SYS_creat | libc::SYS_memfd_create
        ),
        Family::Dup => match number {
            libc::SYS_dup | libc::SYS_dup2 | libc::SYS_dup3 => true,
            libc::SYS_fcntl => [libc::F_DUPFD, libc::F_DUPFD_CLOEXEC].map(|n| n as u64).contains(&args[1]),
            _ => false,
        },
        Family::Exec => matches!(number, libc::SYS_execve | libc::SYS_execveat),
        Family::Wait => matches!(number, libc::SYS_wait4 | libc::SYS_waitid),
        Family::Named(wanted) => name(number) == wanted,
    }
}

fn makes_process(number: i64, args: &[u64; 6], clone3_flags: impl Fn() -> u64) -> bool {
    let thread = libc::CLONE_THREAD as u64;
    match number {
        libc::SYS_fork | libc::SYS_vfork => true,
        libc::SYS_clone => args[0] & thread == 0,
        libc::SYS_clone3 => clone3_flags() & thread == 0,
        _ => false,
    }
}

/// Which argument (from 0) is the number of bytes that a transfer on a stream may move at most, or the
/// number of pieces. Transfers at a given place of a file are no stream's: the dynamic loader relies on them.
pub(super) fn length_argument(number: i64) -> Option<usize> {
    match number {
        libc::SYS_read
        | libc::SYS_write
        | libc::SYS_sendto
        | libc::SYS_recvfrom
        | libc::SYS_readv
        | libc::SYS_writev
        | libc::SYS_tee => Some(2),
        libc::SYS_sendfile => Some(3),
        libc::SYS_splice | libc::SYS_copy_file_range => Some(4),
        _ => None,
    }
}
