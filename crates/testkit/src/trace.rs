//! Controlled faults for a program nobody has read, by ptrace(2). On x86-64; elsewhere a check that needs
//! one is not run, and says so.

#[cfg(target_arch = "x86_64")]
mod calls;
mod fault;
#[cfg(target_arch = "x86_64")]
mod handler;
#[cfg(target_arch = "x86_64")]
mod registers;
#[cfg(target_arch = "x86_64")]
mod session;
#[cfg(target_arch = "x86_64")]
mod step;
#[cfg(target_arch = "x86_64")]
mod tracer;

pub(crate) use fault::Report;
pub use fault::{Family, Fault, Instant, Moment, Then, When};
#[cfg(target_arch = "x86_64")]
pub(crate) use tracer::start;

/// Ends the check as not run.
#[cfg(not(target_arch = "x86_64"))]
pub(crate) fn start(
    _command: std::process::Command,
    fault: Fault,
    _shared: std::sync::Arc<crate::shared::Shared>,
    _ending: crate::ended::Ending,
    _name: &str,
) -> anyhow::Result<(i32, std::sync::Arc<std::sync::Mutex<Report>>)> {
    use sandbox::protocol::Verdict;
    crate::failure::fail(Verdict::NotRun, format!("the fault {fault:?} needs an x86-64 processor"))
}
