//! Pure: `similar.csv`, a row for each pair that is shown, the most alike first in each lab. An empty cell is a match that nobody
//! looked for, because there are very many pairs.

use anyhow::{Context as _, Result};

use super::class::{Compared, Pair};
use crate::report::csv::safe;

/// The names of the columns.
const HEADER: [&str; 6] = ["lab", "member", "other", "percent", "percent_other", "longest_match_lines"];

/// The rows of a lab.
#[must_use]
pub fn rows(compared: &Compared) -> Vec<[String; 6]> {
    let row = |pair: &Pair| {
        let [member, other] = compared.names(pair).map(safe);
        let [percent, percent_other] = pair.percent.map(|percent| percent.to_string());
        let longest = pair.longest().map_or_else(String::new, |lines| lines.to_string());
        [compared.lab.clone(), member, other, percent, percent_other, longest]
    };
    compared.pairs.iter().map(row).collect()
}

/// The file's bytes.
///
/// # Errors
/// Never in practice: it writes to memory.
pub fn render(rows: &[[String; 6]]) -> Result<Vec<u8>> {
    let mut writer = ::csv::Writer::from_writer(Vec::new());
    writer.write_record(HEADER).context("write the header of the pairs")?;
    for row in rows {
        writer.write_record(row).context("write a pair")?;
    }
    writer.into_inner().context("write the pairs")
}
