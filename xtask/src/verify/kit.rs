//! A wrapper of `ipc-kit` may be used only from the lab on whose lecture has written it by hand. The table in
//! `crates/ipc-kit/src/lib.rs` says which: a row is `| wrapper | … | lab |`.

use std::collections::BTreeMap;

use crate::files;
use crate::workspace::{Lab, Workspace};

/// Each use of a wrapper that this lab may not use yet, or that the table lacks.
///
/// # Errors
/// When a file cannot be read.
pub(super) fn problems(workspace: &Workspace, lab: &Lab) -> anyhow::Result<Vec<String>> {
    let kit = workspace.root.join("crates/ipc-kit/src/lib.rs");
    if !kit.is_file() {
        return Ok(Vec::new());
    }
    let table = table(&files::read(&kit)?);
    let mut problems = Vec::new();
    for dir in [Some(&lab.dir), lab.solution.as_ref()].into_iter().flatten() {
        for (path, text) in files::texts(dir, ".rs")? {
            for name in used(&text) {
                let place = dir.join(&path);
                let place = workspace.shown(&place);
                match table.get(&name) {
                    None => problems.push(format!("{place}: ipc_kit::{name} is not in the table of ipc-kit")),
                    Some(from) if *from > lab.manifest.id => {
                        problems.push(format!("{place}: ipc_kit::{name} may be used from lab {from} on"));
                    }
                    Some(_) => {}
                }
            }
        }
    }
    Ok(problems)
}

/// From a wrapper's first name (its module, or its own) to the lab from which it may be used.
fn table(text: &str) -> BTreeMap<String, String> {
    let mut table = BTreeMap::new();
    for row in text.lines().filter_map(|line| line.strip_prefix("//! |")) {
        let cells: Vec<&str> = row.trim_end_matches('|').split('|').collect();
        let (Some(first), Some(last)) = (cells.first(), cells.last()) else { continue };
        let lab = last.split(|c: char| !c.is_ascii_digit()).find(|word| word.len() == 2);
        let Some(lab) = lab else { continue };
        // `[`read_full`]` and `fd::read_full` both stand for their parts.
        for name in first.split(|c: char| !c.is_alphanumeric() && c != '_').filter(|word| !word.is_empty()) {
            table.insert(name.to_owned(), lab.to_owned());
        }
    }
    table
}

/// The first names after `ipc_kit::`.
fn used(text: &str) -> Vec<String> {
    let mut names = Vec::new();
    for after in text.split("ipc_kit::").skip(1) {
        let list = after.strip_prefix('{').map(|rest| rest.split('}').next().unwrap_or_default());
        let items = list.map_or_else(|| vec![after], |list| list.split(',').collect());
        for item in items {
            let end = item.trim_start().find(|c: char| !c.is_alphanumeric() && c != '_');
            let name = item.trim_start().split_at(end.unwrap_or(item.trim_start().len())).0;
            if !name.is_empty() {
                names.push(name.to_owned());
            }
        }
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_gives_each_wrapper_its_first_lab() {
        let text =
            "//! | wrapper | page | from lab |\n//! |---|---|---|\n//! | [`read_full`] | read(2) | 02 |\n";
        assert_eq!(table(text), BTreeMap::from([("read_full".to_owned(), "02".to_owned())]));
    }

    #[test]
    fn uses_are_found_alone_and_in_lists() {
        let text = "use ipc_kit::{frame::Reader, read_full};\nfn f() { ipc_kit::spawn(x) }";
        assert_eq!(used(text), ["frame", "read_full", "spawn"]);
    }
}
