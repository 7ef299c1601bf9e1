//! `gradebook.csv`: one row a member, the total, then each milestone. Pure.

use anyhow::{Context as _, Result};

use crate::score::{Member, Results};
use crate::text::one_line;

/// The file's bytes. An empty cell is a number nobody has decided yet: the grader failed or was interrupted.
///
/// # Errors
/// Never in practice: it writes to memory.
pub fn render(results: &Results) -> Result<Vec<u8>> {
    let mut writer = ::csv::Writer::from_writer(Vec::new());
    let ids = results.head.milestones.iter().map(|milestone| milestone.id.clone());
    let header: Vec<String> = ["member".to_owned(), "total".to_owned()].into_iter().chain(ids).collect();
    writer.write_record(&header).context("write the gradebook's header")?;
    for member in &results.members {
        writer.write_record(row(member)).context("write a row of the gradebook")?;
    }
    writer.into_inner().context("write the gradebook")
}

fn row(member: &Member) -> Vec<String> {
    let cell = |points: u32, undecided: u32| if undecided == 0 { points.to_string() } else { String::new() };
    let mut row = vec![safe(&member.entry.name), cell(member.total, member.undecided)];
    row.extend(member.milestones.iter().map(|milestone| cell(milestone.points, milestone.undecided)));
    row
}

/// A spreadsheet takes a cell that begins like a formula for one; an apostrophe makes it text.
fn safe(name: &str) -> String {
    let name = one_line(name, 200);
    if name.starts_with(['=', '+', '-', '@', '\t', '\r', '|', '%']) { format!("'{name}") } else { name }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("alice", "alice")]
    #[case("=1+1", "'=1+1")]
    #[case("@cmd", "'@cmd")]
    #[case("-2", "'-2")]
    #[case("a\nb", "a\\nb")]
    fn a_name_is_never_a_formula(#[case] name: &str, #[case] cell: &str) {
        assert_eq!(safe(name), cell);
    }
}
