//! The tracer.
use std::process::Command;
use std::sync::{Arc, Mutex};

use anyhow::{Result, bail};

use super::{Fault, Report};
use crate::room::Shared;
use crate::running::Ending;

pub(crate) fn start(
    _command: Command,
    _fault: Fault,
    _shared: Arc<Shared>,
    _ending: Ending,
    _name: &str,
) -> Result<(i32, Arc<Mutex<Report>>)> {
    bail!("tracing is being written")
}
