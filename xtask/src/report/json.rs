//! `results.json`: the whole class as data. Pure.

use anyhow::{Context as _, Result, ensure};

use crate::score::{Results, SCHEMA};

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
    let results: Results = serde_json::from_slice(text).context("the results")?;
    ensure!(results.head.schema == SCHEMA, "its schema is {:?}, not {SCHEMA:?}", results.head.schema);
    Ok(results)
}
