//! `results.json`: the whole run as data. Pure.

use anyhow::{Context as _, Result, ensure};
use serde::Deserialize;

use crate::score::{Results, SCHEMA};

/// What every version of the file has.
#[derive(Deserialize)]
struct Schema {
    schema: String,
}

/// The file's bytes.
///
/// # Errors
/// Never in practice: every field is plain data.
pub fn render(results: &Results) -> Result<Vec<u8>> {
    let mut bytes = serde_json::to_vec_pretty(results).context("write the results as JSON")?;
    bytes.push(b'\n');
    Ok(bytes)
}

/// Reads the file back.
///
/// # Errors
/// When it is no JSON, or another schema.
pub fn parse(text: &[u8]) -> Result<Results> {
    let schema: Schema = serde_json::from_slice(text).context("the results")?;
    ensure!(schema.schema == SCHEMA, "its schema is {:?}, not {SCHEMA:?}", schema.schema);
    serde_json::from_slice(text).context("the results")
}

#[cfg(test)]
mod tests;
