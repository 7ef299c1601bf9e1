//! The arguments of `bench`, and its exit statuses, which are those of `cargo xtask`.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context as _;

use crate::before::{self, Before};
use crate::contender::{self, Contender};
use crate::harness::{Interrupted, Setup};
use crate::labs::{self, Lab};
use crate::report::{self, Report};
use crate::rounds::Effort;
use crate::{limits, mechanisms};

const USAGE: &str = "\
usage: bench labs
       bench phys [OPTION...]
       bench mechanisms [OPTION...]
       bench lab NN [--program WHO/NAME=PATH...] [--peers DIR] [OPTION...]
  --program WHO/NAME=PATH  a program of the lab's contract; WHO is `yours` or `reference`
  --peers DIR              the folder with the programs of crates/bench-peers
  --html FILE              writes the page, too, and its rankings beside it: where the next run is in doubt, they decide
  --again COMMAND          the command that the page names for another run
  --quick                  two rounds with few repetitions: for a test of the benchmark itself";

/// What to do.
#[derive(Debug, Default, PartialEq)]
struct Arguments {
    what: What,
    programs: Vec<String>,
    peers: Option<PathBuf>,
    html: Option<PathBuf>,
    again: Option<String>,
    is_quick: bool,
}

#[derive(Debug, Default, PartialEq)]
enum What {
    #[default]
    Physics,
    Lab(String),
    /// Which labs there are.
    Labs,
    Mechanisms,
    /// So many messages by a mechanism; `mechanisms` calls it under the counter of system calls.
    Send(String, usize),
}

/// Measures, prints, and says how it went.
#[must_use]
pub fn main(arguments: Vec<String>) -> ExitCode {
    let parsed = match Arguments::parse(arguments) {
        Ok(parsed) => parsed,
        Err(why) => {
            eprintln!("error: {why}\n{USAGE}");
            return ExitCode::from(2);
        }
    };
    match run(&parsed) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::from(if error.is::<Interrupted>() { 130 } else { 5 })
        }
    }
}

impl Arguments {
    fn parse(arguments: Vec<String>) -> Result<Self, String> {
        let mut rest = arguments.into_iter();
        let mut parsed = Self::default();
        let value = |rest: &mut std::vec::IntoIter<String>, what: &str| {
            rest.next().ok_or_else(|| format!("{what} is missing"))
        };
        parsed.what = match rest.next().as_deref() {
            Some("labs") => What::Labs,
            Some("mechanisms") => What::Mechanisms,
            Some("send") => {
                let name = value(&mut rest, "the mechanism")?;
                let count = value(&mut rest, "the number of messages")?;
                What::Send(name, count.parse().map_err(|_| format!("`{count}` is no number of messages"))?)
            }
            Some("phys") => What::Physics,
            Some("lab") => What::Lab(value(&mut rest, "the lab")?),
            Some(other) => return Err(format!("there is no command `{other}`")),
            None => return Err("a command is missing".to_owned()),
        };
        while let Some(option) = rest.next() {
            match option.as_str() {
                "--program" => parsed.programs.push(value(&mut rest, "the value of --program")?),
                "--peers" => parsed.peers = Some(value(&mut rest, "the value of --peers")?.into()),
                "--html" => parsed.html = Some(value(&mut rest, "the value of --html")?.into()),
                "--again" => parsed.again = Some(value(&mut rest, "the value of --again")?),
                "--quick" => parsed.is_quick = true,
                _ => return Err(format!("there is no option `{option}`")),
            }
        }
        Ok(parsed)
    }

    fn effort(&self) -> Effort {
        let quick = Effort { rounds: 2, measurements: 1, repeats: 1, budget: Duration::from_secs(1) };
        if self.is_quick { quick } else { Effort::full() }
    }

    /// The share of the usual repetitions.
    fn size(&self) -> f64 {
        if self.is_quick { 0.01 } else { 1.0 }
    }

    fn setup(&self, contenders: Vec<Contender>) -> anyhow::Result<Setup> {
        let page = self.html.as_deref().filter(|_| !self.is_quick);
        let before = page.map(|page| Before::read(page, &contenders)).unwrap_or_default();
        let mut setup = Setup::new(contenders, self.size())?;
        setup.before = before;
        Ok(setup)
    }

    fn again(&self) -> String {
        let usual = match &self.what {
            What::Mechanisms => "cargo xtask bench mechanisms".to_owned(),
            What::Physics | What::Labs | What::Send(..) => "cargo xtask bench all".to_owned(),
            What::Lab(id) => format!("cargo xtask bench {id}"),
        };
        self.again.clone().unwrap_or(usual)
    }
}

fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let (report, before) = match &arguments.what {
        What::Labs => {
            print!("{}", labs::list());
            return Ok(());
        }
        What::Send(name, count) => return mechanisms::send_many(name, *count),
        What::Physics => physics(arguments)?,
        What::Mechanisms => chooser(arguments)?,
        What::Lab(id) => {
            lab(labs::find(id).with_context(|| format!("lab {id} cannot be measured"))?, arguments)?
        }
    };
    print!("{}", report::text(&report));
    if let Some(path) = &arguments.html {
        write(path, &report::page(&report))?;
        if !arguments.is_quick {
            write(&before::beside(path), &before.followed_by(&report.parts).text())?;
        }
        println!("\npage: {}", path.display());
    }
    Ok(())
}

fn physics(arguments: &Arguments) -> anyhow::Result<(Report, Before)> {
    let setup = arguments.setup(Vec::new())?;
    let mut report = setup.report("What this machine can do at best", &arguments.again())?;
    report.parts = setup.run(limits::experiments(&setup), arguments.effort())?;
    Ok((report, setup.before))
}

fn chooser(arguments: &Arguments) -> anyhow::Result<(Report, Before)> {
    let setup = arguments.setup(Vec::new())?;
    let mut report = setup.report("Ways in which two processes talk", &arguments.again())?;
    report.parts = setup.run(mechanisms::experiments(&setup), arguments.effort())?;
    report.parts.extend(mechanisms::chooser(&report.parts));
    Ok((report, setup.before))
}

fn lab(lab: &dyn Lab, arguments: &Arguments) -> anyhow::Result<(Report, Before)> {
    let mut contenders = contender::given(&arguments.programs)?;
    let (peers, missing) = contender::peers(lab.peers(), arguments.peers.as_deref());
    contenders.extend(peers);
    let setup = arguments.setup(contenders)?;
    let mut report = setup.report(&format!("lab {}: {}", lab.id(), lab.title()), &arguments.again())?;
    report.notes = missing;
    report.parts = setup.run(lab.experiments(&setup)?, arguments.effort())?;
    Ok((report, setup.before))
}

/// Writes beside the place and renames: a page is there whole or not at all.
fn write(path: &Path, page: &str) -> anyhow::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let context = || format!("write {}", path.display());
    std::fs::create_dir_all(folder).with_context(context)?;
    let file = tempfile::NamedTempFile::new_in(folder).with_context(context)?;
    std::fs::write(file.path(), page).with_context(context)?;
    // A temporary file is its owner's alone; a page is for everybody who may read the folder.
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o644);
    std::fs::set_permissions(file.path(), mode).with_context(context)?;
    file.persist(path).with_context(context)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Result<Arguments, String> {
        Arguments::parse(line.split_whitespace().map(str::to_owned).collect())
    }

    #[test]
    fn a_lab_its_programs_and_options_are_read() {
        let parsed =
            parse("lab 07 --program yours/ring=r --program reference/ring=s --peers p --html h --quick");
        let parsed = parsed.unwrap();
        assert_eq!(parsed.what, What::Lab("07".to_owned()));
        assert_eq!(parsed.programs, ["yours/ring=r", "reference/ring=s"]);
        assert_eq!((parsed.peers, parsed.html), (Some("p".into()), Some("h".into())));
        assert!(parsed.is_quick);
    }

    #[test]
    fn wrong_usage_says_what_is_wrong() {
        assert_eq!(parse("").unwrap_err(), "a command is missing");
        assert_eq!(parse("lab").unwrap_err(), "the lab is missing");
        assert_eq!(parse("fly").unwrap_err(), "there is no command `fly`");
        assert_eq!(parse("send pipe many").unwrap_err(), "`many` is no number of messages");
        assert_eq!(parse("phys --html").unwrap_err(), "the value of --html is missing");
        assert_eq!(parse("phys --fast").unwrap_err(), "there is no option `--fast`");
    }
}
