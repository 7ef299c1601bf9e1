//! What it costs to start a program when the shell is large: fork(2) copies the tables of all its memory, vfork(2) and
//! posix_spawn(3) copy nothing.

use std::fs;
use std::path::Path;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::Context as _;

use super::{program, run, shell, time_direct};
use crate::contender::Contender;
use crate::experiment::{Comparison, Repeat, Role, Row};
use crate::harness::Setup;
use crate::numbers::Better;

/// Programs that are started while the shell holds the text.
const STAGES: usize = 128;
/// A text that is nothing, and one of which each copy of the tables is felt.
const HELD: [(&str, usize); 2] = [("1 KiB", 1 << 10), ("32 MiB", 32 << 20)];

/// A pipeline of programs that do nothing, while the shell holds the text in a file. Its first program prints the time, so what
/// it costs to get the text does not count.
///
/// psh has no variables, and expands all words of a pipeline before it starts the first program; the one with a long word is not
/// started, and that costs no more than a start. The others expand them in the child, which would be large instead of the shell;
/// they have variables.
fn pipeline(contender: &Contender, [nothing, date]: [&Path; 2], file: &Path) -> String {
    let (date, file) = (date.display(), file.display());
    let text = format!("\"$(cat {file})\"");
    let begin = format!("{date} +%s%N >{file}.begin");
    let more = format!(" | {}", nothing.display()).repeat(STAGES);
    if contender.role == Role::Peer {
        format!("text={text}; {begin}{more}")
    } else {
        format!("{begin} | {} {text}{more}", nothing.display())
    }
}

/// Microseconds for each program, from the time that the first one has printed.
fn time_each(shell: &Path, script: &str, file: &Path) -> anyhow::Result<f64> {
    run(shell, script)?;
    // The clock of date(1).
    let end = SystemTime::now().duration_since(UNIX_EPOCH).context("read the clock")?;
    let begin = fs::read_to_string(file.with_added_extension("begin")).context("read when it began")?;
    let begin: u64 = begin.trim().parse().context("read when it began")?;
    let took = end.checked_sub(Duration::from_nanos(begin)).context("the clock was set back meanwhile")?;
    Ok(took.as_secs_f64() * 1e6 / STAGES as f64)
}

pub(super) fn comparison<'a>(setup: &'a Setup, nothing: &Path) -> anyhow::Result<Comparison<'a>> {
    let date = program("date")?;
    let mut texts = Vec::new();
    for (held, bytes) in HELD {
        let file = setup.scratch().join(format!("text-{bytes}"));
        fs::write(&file, vec![b'x'; bytes]).context("write a text that a shell can hold")?;
        texts.push((held, file));
    }
    let mut rows = Vec::new();
    for contender in &setup.contenders {
        for (held, file) in &texts {
            let (shell, script) = (shell(contender)?, pipeline(contender, [nothing, &date], file));
            let file = file.clone();
            let name = format!("{}, {held}", contender.name);
            rows.push(Row::new(&name, contender.role, move |()| time_each(shell, &script, &file)));
        }
    }
    let commands = vec![vec![nothing.to_string_lossy().into_owned()]; STAGES];
    rows.push(Row::new("no shell", Role::Limit, move |()| Ok(time_direct(&commands, 1)? / STAGES as f64)));
    Ok(Comparison {
        title: format!("each of {STAGES} programs of a pipeline, while the shell holds a text"),
        unit: "µs a program",
        better: Better::Less,
        repeat: Repeat::Bracketed,
        rows,
    })
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::*;

    fn contender(name: &str, role: Role) -> Contender {
        Contender::new(name, role, [("psh".to_owned(), "/bin/bash".into())].into())
    }

    #[test]
    fn the_shell_holds_the_text_and_not_a_child_of_it() {
        let of = |role| {
            pipeline(&contender("a", role), ["/bin/true", "/bin/date"].map(Path::new), Path::new("/t"))
        };
        let ours = of(Role::Reference);
        assert!(ours.contains(".begin | /bin/true \"$(cat /t)\" | /bin/true"), "{ours}");
        let peers = of(Role::Peer);
        assert!(peers.starts_with("text=\"$(cat /t)\"; /bin/date +%s%N >/t.begin | /bin/true"), "{peers}");
        assert_eq!(peers.matches("/bin/true").count(), STAGES);
    }

    #[test]
    fn what_comes_before_the_first_program_does_not_count() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("text");
        let bash = contender("bash", Role::Peer);
        fs::write(&file, "x").unwrap();
        let date = program("date").unwrap();
        let script = pipeline(&bash, [&program("true").unwrap(), &date], &file);
        let all = Instant::now();
        let script = format!("sleep 0.2; {script}");
        let each = time_each(shell(&bash).unwrap(), &script, &file).unwrap();
        let all = all.elapsed().as_secs_f64() * 1e6 / STAGES as f64;
        assert!(each > 0.0 && each <= all - 0.2e6 / STAGES as f64, "{each} of {all}");
    }
}
