//! What it costs to start a program when the shell is large: fork(2) copies the tables of all its memory, vfork(2) and
//! posix_spawn(3) copy nothing.

use std::path::Path;

use anyhow::ensure;

use super::{shell, text, time, time_direct};
use crate::experiment::{Comparison, Repeat, Role, Row};
use crate::harness::Setup;
use crate::numbers::Better;

/// Programs that are started while the shell holds the text.
const STAGES: usize = 48;
/// A text that is nothing, and one of which each copy of the tables is felt.
const HELD: [(&str, usize); 2] = [("1 KiB", 1 << 10), ("32 MiB", 32 << 20)];

/// A pipeline of programs that do nothing. All words of it are expanded before its first program starts, so the shell
/// holds the text of its last stage meanwhile.
fn pipeline(nothing: &Path, stages: usize, bytes: usize) -> String {
    let text = text(nothing, stages, 1);
    format!("{text} <<<\"$(head -c {bytes} /dev/zero | tr '\\000' x)\"")
}

/// dash has no here-strings; bash and psh have.
pub(super) fn comparison<'a>(setup: &'a Setup, nothing: &Path) -> anyhow::Result<Comparison<'a>> {
    let mut rows = Vec::new();
    for contender in setup.contenders.iter().filter(|contender| contender.name != "dash") {
        for (held, bytes) in HELD {
            let shell = shell(contender)?;
            let [few, many] = [1, 1 + STAGES].map(|stages| pipeline(nothing, stages, bytes));
            let name = format!("{}, {held}", contender.name);
            rows.push(Row::new(&name, contender.role, move |()| {
                // The text is made in both, and so does not count.
                let (few, many) = (time(shell, &few, 1)?, time(shell, &many, 1)?);
                ensure!(many > few, "the machine is too busy to tell");
                Ok((many - few) / STAGES as f64)
            }));
        }
    }
    let commands = vec![vec![nothing.to_string_lossy().into_owned()]; STAGES];
    rows.push(Row::new("no shell", Role::Limit, move |()| Ok(time_direct(&commands, 1)? / STAGES as f64)));
    Ok(Comparison {
        title: format!("each of {STAGES} programs more in a pipeline, while the shell holds a text"),
        unit: "µs a program",
        better: Better::Less,
        repeat: Repeat::Bracketed,
        rows,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_stands_in_the_last_stage() {
        let line = pipeline(Path::new("/bin/true"), 2, 5);
        assert_eq!(line, "/bin/true | /bin/true <<<\"$(head -c 5 /dev/zero | tr '\\000' x)\"");
    }
}
