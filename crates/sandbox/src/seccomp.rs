//! The two system-call filters of an unread program.
//!
//! The first answers EPERM to what namespaces do not cover or would let out. seccompiler gives a filter one
//! answer, so the second, by hand, answers ENOSYS to `clone3` (its flags lie in memory, which a filter cannot read; glibc
//! then falls back to `clone`, whose flags the first filter sees) and to the x32 calls.

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use libc::{c_long, sock_filter};
use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen as Len, SeccompCmpOp as Op, SeccompCondition, SeccompFilter,
    SeccompRule, TargetArch,
};

use crate::protocol::ProgramLimits;

/// Refused whatever their arguments are.
const REFUSED: &[c_long] = &[
    // The file tree.
    libc::SYS_mount,
    libc::SYS_umount2,
    libc::SYS_pivot_root,
    libc::SYS_chroot,
    libc::SYS_open_tree,
    libc::SYS_move_mount,
    libc::SYS_fsopen,
    libc::SYS_fsconfig,
    libc::SYS_fsmount,
    libc::SYS_fspick,
    libc::SYS_mount_setattr,
    libc::SYS_name_to_handle_at,
    libc::SYS_open_by_handle_at,
    libc::SYS_fanotify_init,
    libc::SYS_quotactl,
    libc::SYS_quotactl_fd,
    libc::SYS_swapon,
    libc::SYS_swapoff,
    libc::SYS_acct,
    // Namespaces and other processes.
    libc::SYS_unshare,
    libc::SYS_setns,
    libc::SYS_ptrace,
    libc::SYS_process_vm_readv,
    libc::SYS_process_vm_writev,
    libc::SYS_process_madvise,
    libc::SYS_process_mrelease,
    libc::SYS_pidfd_getfd,
    libc::SYS_kcmp,
    libc::SYS_move_pages,
    libc::SYS_migrate_pages,
    // Memory and execution that no limit counts, or that the kernel's attackers like best.
    libc::SYS_add_key,
    libc::SYS_request_key,
    libc::SYS_keyctl,
    libc::SYS_bpf,
    libc::SYS_perf_event_open,
    libc::SYS_userfaultfd,
    libc::SYS_io_uring_setup,
    libc::SYS_io_uring_enter,
    libc::SYS_io_uring_register,
    libc::SYS_memfd_secret,
    // The machine.
    libc::SYS_init_module,
    libc::SYS_finit_module,
    libc::SYS_delete_module,
    libc::SYS_kexec_load,
    libc::SYS_kexec_file_load,
    libc::SYS_reboot,
    libc::SYS_sethostname,
    libc::SYS_setdomainname,
    libc::SYS_settimeofday,
    libc::SYS_clock_settime,
    libc::SYS_clock_adjtime,
    libc::SYS_adjtimex,
    libc::SYS_syslog,
    libc::SYS_vhangup,
];

/// Refused too, where they exist.
#[cfg(target_arch = "x86_64")]
const REFUSED_HERE: &[c_long] = &[
    libc::SYS_iopl,
    libc::SYS_ioperm,
    libc::SYS_modify_ldt,
    libc::SYS_uselib,
    libc::SYS_ustat,
    libc::SYS_sysfs,
    libc::SYS__sysctl,
];
#[cfg(not(target_arch = "x86_64"))]
const REFUSED_HERE: &[c_long] = &[];

/// `personality(2)`'s question "which one have I?", which is harmless.
const PERSONALITY_QUERY: u64 = 0xffff_ffff;

/// Calls that change another process of the same user, who may be the referee: allowed for oneself only, which is number 0.
/// (Call, which argument names the process.)
const ONESELF_ONLY: &[(c_long, u8)] = &[
    (libc::SYS_prlimit64, 0),
    (libc::SYS_sched_setaffinity, 0),
    (libc::SYS_sched_setattr, 0),
    (libc::SYS_sched_setparam, 0),
    (libc::SYS_sched_setscheduler, 0),
    (libc::SYS_setpriority, 1),
    (libc::SYS_ioprio_set, 1),
];
/// `IOPRIO_WHO_PROCESS` of ioprio_set(2).
const IOPRIO_WHO_PROCESS: u64 = 1;

/// Compiles both filters.
pub(crate) fn filters(limits: &ProgramLimits) -> Result<Vec<Vec<sock_filter>>> {
    let arch = TargetArch::try_from(std::env::consts::ARCH).context("find this processor's filter")?;
    let refuse = SeccompAction::Errno(libc::EPERM.cast_unsigned());
    let filter = SeccompFilter::new(rules(limits)?, SeccompAction::Allow, refuse, arch)
        .context("compile the system-call filter")?;
    let program: BpfProgram = filter.try_into().context("compile the system-call filter")?;
    let first =
        program.iter().map(|op| sock_filter { code: op.code, jt: op.jt, jf: op.jf, k: op.k }).collect();
    Ok(vec![first, unknown_calls()])
}

fn rules(limits: &ProgramLimits) -> Result<BTreeMap<c_long, Vec<SeccompRule>>> {
    let mut rules: BTreeMap<_, _> =
        REFUSED.iter().chain(REFUSED_HERE).map(|call| (*call, Vec::new())).collect();
    if !limits.memfd {
        rules.insert(libc::SYS_memfd_create, Vec::new());
    }
    let new_namespaces = [
        libc::CLONE_NEWNS,
        libc::CLONE_NEWCGROUP,
        libc::CLONE_NEWUTS,
        libc::CLONE_NEWIPC,
        libc::CLONE_NEWUSER,
        libc::CLONE_NEWPID,
        libc::CLONE_NEWNET,
    ];
    let by_flag = new_namespaces.map(|flag| {
        let flag = u64::from(flag.cast_unsigned());
        rule(&[(0, Op::MaskedEq(flag), flag)])
    });
    rules.insert(libc::SYS_clone, by_flag.into_iter().collect::<Result<_>>()?);
    let families = [libc::AF_UNIX, libc::AF_INET, libc::AF_INET6];
    let others = families.map(|family| (0, Op::Ne, u64::from(family.cast_unsigned())));
    rules.insert(libc::SYS_socket, vec![rule(&others)?]);
    // Typing into a terminal, and the console's own way to do so.
    let typing = [libc::TIOCSTI, libc::TIOCLINUX].map(|request| rule(&[(1, Op::Eq, request)]));
    rules.insert(libc::SYS_ioctl, typing.into_iter().collect::<Result<_>>()?);
    let changes = [(0, Op::Ne, PERSONALITY_QUERY), (0, Op::Ne, 0)];
    rules.insert(libc::SYS_personality, vec![rule(&changes)?]);
    for (call, who) in ONESELF_ONLY {
        rules.insert(*call, vec![rule(&[(*who, Op::Ne, 0)])?]);
    }
    // Number 0 means oneself only if a process is meant, not a group or a user.
    let kinds =
        [(libc::SYS_setpriority, u64::from(libc::PRIO_PROCESS)), (libc::SYS_ioprio_set, IOPRIO_WHO_PROCESS)];
    for (call, process) in kinds {
        rules.entry(call).or_default().push(rule(&[(0, Op::Ne, process)])?);
    }
    Ok(rules)
}

/// One rule: all of these (argument, comparison, value) hold. Arguments are ints: only the low word counts.
fn rule(conditions: &[(u8, Op, u64)]) -> Result<SeccompRule> {
    let conditions = conditions
        .iter()
        .map(|(argument, op, value)| SeccompCondition::new(*argument, Len::Dword, op.clone(), *value))
        .collect::<Result<_, _>>()
        .context("write a system-call rule")?;
    SeccompRule::new(conditions).context("write a system-call rule")
}

/// The filter that plays an older kernel: ENOSYS for `clone3` and for x32 numbers (bit 30).
fn unknown_calls() -> Vec<sock_filter> {
    let op = |code: u32, jt: u8, jf: u8, k: u32| sock_filter { code: code as u16, jt, jf, k };
    let number_offset = 0;
    let clone3 = libc::SYS_clone3 as u32;
    let x32 = 0x4000_0000;
    vec![
        op(libc::BPF_LD | libc::BPF_W | libc::BPF_ABS, 0, 0, number_offset),
        op(libc::BPF_JMP | libc::BPF_JEQ | libc::BPF_K, 1, 0, clone3),
        op(libc::BPF_JMP | libc::BPF_JGE | libc::BPF_K, 0, 1, x32),
        op(libc::BPF_RET | libc::BPF_K, 0, 0, libc::SECCOMP_RET_ERRNO | libc::ENOSYS.cast_unsigned()),
        op(libc::BPF_RET | libc::BPF_K, 0, 0, libc::SECCOMP_RET_ALLOW),
    ]
}
