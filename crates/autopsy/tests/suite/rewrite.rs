//! After a change of the library's words: `AUTOPSY_WRITE_CASES=1 cargo test -p autopsy --test suite told` writes what is said
//! now into `tests/cases.toml`, to be read as a diff. Each key sentence stays the one of the same process.

use std::collections::BTreeMap;
use std::fs;
use std::sync::{Mutex, PoisonError};

use anyhow::{Context, Result};

use crate::order::Told;
use crate::table::{Case, folder};

/// The variable that asks for it.
const WRITE: &str = "AUTOPSY_WRITE_CASES";

/// New lines of cases, by case and key.
static NEW: Mutex<BTreeMap<(String, &str), String>> = Mutex::new(BTreeMap::new());

pub(crate) fn is_asked_for() -> bool {
    std::env::var_os(WRITE).is_some()
}

/// Keeps what was said of a case. `plain` takes away what differs from run to run.
pub(crate) fn keep(
    case: &Case,
    is_refused: bool,
    open: &str,
    last: &Told,
    closed: bool,
    plain: impl Fn(&str) -> String,
) {
    let mut new = NEW.lock().unwrap_or_else(PoisonError::into_inner);
    let mut set = |key, value: String| new.insert((case.name.clone(), key), value);
    if is_refused {
        let both = [open, &last.verdict];
        set("refused", format!("{:?}", if closed { &both[..] } else { &both[..1] }));
        return;
    }
    set("open", format!("{open:?}"));
    if closed {
        set("closed", format!("{:?}", last.verdict));
    }
    set("causes", format!("{:?}", last.causes));
    if let Some(fix) = last.fixes.first() {
        set("fix", quoted(&plain(fix)));
    }
    // "`sort` (pid N)", or "thread `x` (N) of `y` (pid N)".
    let who = case.says.split_inclusive("(pid N)").next().unwrap_or_default();
    let full = plain(&last.full);
    // Each wait's line begins with one word, its state.
    let wait =
        |line: &'_ str| line.trim_start().split_once(' ').map(|(_, rest)| rest.trim_start().to_owned());
    let sentence = full.lines().filter_map(wait).find(|rest| rest.starts_with(who));
    if let Some(sentence) = sentence {
        set("says", quoted(&sentence));
    }
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

/// Writes what was kept, if it was asked for.
pub(crate) fn write() -> Result<()> {
    if !is_asked_for() {
        return Ok(());
    }
    let path = folder().join("tests/cases.toml");
    let old = fs::read_to_string(&path).context("read the table")?;
    let new = NEW.lock().unwrap_or_else(PoisonError::into_inner);
    fs::write(&path, replaced(&old, &new)).context("write the table")
}

/// Line by line; a block whose key is new gets it before its `refused`.
fn replaced(old: &str, new: &BTreeMap<(String, &str), String>) -> String {
    let mut out = String::new();
    let mut name = String::new();
    let mut written: Vec<&str> = Vec::new();
    for line in old.lines() {
        let key = line.split(" = ").next().unwrap_or_default();
        if key == "name" {
            name = line.trim_start_matches("name = ").trim_matches('"').to_owned();
            written.clear();
        }
        let of_case = |key: &str| new.iter().find(|((case, other), _)| *case == name && *other == key);
        if key == "refused" {
            for missing in ["causes", "fix"].into_iter().filter(|key| !written.contains(key)) {
                if let Some((_, value)) = of_case(missing).filter(|(_, value)| *value != "[]") {
                    out.push_str(&format!("{missing} = {value}\n"));
                }
            }
        }
        match of_case(key) {
            Some(((_, key), value)) => {
                written.push(key);
                out.push_str(&format!("{key} = {value}\n"));
            }
            None => out.push_str(&format!("{line}\n")),
        }
    }
    out
}
