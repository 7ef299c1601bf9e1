//! The README's tables stand in `tests/cases.toml`. `AUTOPSY_WRITE_README=1 cargo test -p autopsy readme` writes them.

use std::fs;

use anyhow::{Context, Result, bail, ensure};
use libtest_mimic::{Failed, Trial};

use crate::table::{Case, Live, Table, folder};

/// The variable that makes the trial write the README instead of comparing it.
const WRITE: &str = "AUTOPSY_WRITE_README";

pub(crate) fn trials() -> Vec<Trial> {
    let compare = || compare().map_err(|error| Failed::from(format!("{error:#}")));
    vec![Trial::test("the_readme::has_the_tables_of_cases_toml", compare)]
}

fn compare() -> Result<()> {
    let path = folder().join("README.md");
    let now = fs::read_to_string(&path).context("read the README")?;
    let table = Table::read()?;
    let wanted = replace(&now, "cases", &cases(&table.case))?;
    let wanted = replace(&wanted, "live", &live(&table.live))?;
    if std::env::var_os(WRITE).is_some() {
        return fs::write(&path, wanted).context("write the README");
    }
    ensure!(now == wanted, "the README's tables are old: set {WRITE}=1 and run this test again");
    Ok(())
}

/// Puts `text` between the two comments that mark a table.
fn replace(readme: &str, name: &str, text: &str) -> Result<String> {
    let (begin, end) = (format!("<!-- begin {name} -->\n"), format!("<!-- end {name} -->"));
    let Some((before, rest)) = readme.split_once(&begin) else { bail!("the README has no {begin:?}") };
    let Some((_, after)) = rest.split_once(&end) else { bail!("the README has no {end:?}") };
    Ok(format!("{before}{begin}{text}{end}{after}"))
}

/// One table a heading, in the order of the file.
fn cases(cases: &[Case]) -> String {
    let mut out = String::new();
    let mut about = "";
    for case in cases {
        if case.about != about {
            about = &case.about;
            out.push_str(&format!("\n**{about}**\n\n| case | what is wrong | verdict | the key sentence | the first advice |\n|---|---|---|---|---|\n"));
        }
        let fix = case.fix.clone().unwrap_or_default();
        let cells = [&format!("`{}`", case.name), &case.story, &verdict(case), &case.says, &fix];
        out.push_str(&row(&cells));
    }
    out.push('\n');
    out
}

/// One word where both worlds agree.
fn verdict(case: &Case) -> String {
    match &case.closed {
        Some(closed) if *closed != case.open => format!("{}; closed: {closed}", case.open),
        _ => case.open.clone(),
    }
}

fn live(live: &[Live]) -> String {
    let mut out = "\n| program | what it does | closed world |\n|---|---|---|\n".to_owned();
    for program in live {
        let closed =
            program.opened_by.as_ref().map_or("tried too".to_owned(), |why| format!("not promised: {why}"));
        out.push_str(&row(&[&format!("`{}`", program.name), &program.story, &closed]));
    }
    out.push('\n');
    out
}

fn row(cells: &[&String]) -> String {
    let cells: Vec<String> = cells.iter().map(|cell| cell.replace('|', "\\|")).collect();
    format!("| {} |\n", cells.join(" | "))
}
