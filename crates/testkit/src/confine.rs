//! Confinement of a program under test, as the runner asked for it.

use anyhow::{Context, Result};
use sandbox::confine::Confinement;
use sandbox::protocol::{Config, Confine};

use crate::referee::referee;
use crate::shared::Shared;

/// What the next child applies to itself; `None` if the runner asked for nothing.
pub(crate) fn prepare(shared: &Shared) -> Result<Option<Confinement>> {
    let config = &referee().config;
    if config.confine == Confine::None {
        return Ok(None);
    }
    let config = Config { scratch: Some(shared.base.clone()), ..config.clone() };
    Confinement::new(&config).context("prepare confinement").map(Some)
}
