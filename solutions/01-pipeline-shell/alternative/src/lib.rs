//! A second `psh`: correct, and made in another way, to keep the checks honest.
//!
//! Programs start by posix_spawn(3) where that can do it; the parser pulls single bytes; redirections are a table of
//! moves; children are awaited by pidfd_open(2) and poll(2) or a blocking waitpid(2), without a handler.

mod builtins;
mod exec;
mod expand;
mod explain;
mod feed;
mod files;
mod jobs;
pub mod options;
mod parse;
mod pipeline;
mod procs;
mod redirect;
mod say;
mod shell;
mod source;
mod sys;
mod table;
mod terminal;
mod tree;
mod word;

pub use options::Options;

use parse::{Parser, Stop};
use shell::Shell;
use source::Source;

/// Runs the shell until `exit` or the end of its input; gives its exit status.
pub fn run(mut options: Options) -> u8 {
    let text = options.text.take();
    let from_stdin = text.is_none();
    let mut source = Source::new(text);
    let mut shell = Shell::new(options);
    let interactive = from_stdin && shell.on_terminal;
    loop {
        if interactive {
            // There is nobody to tell that stderr does not work.
            let _ = say::write_all(2, b"psh$ ");
        }
        let mut next = || source.next(&mut shell.procs);
        let mut parser = Parser::new(&mut next);
        let mut parsed = parser.line();
        if matches!(parsed, Err(Stop::Syntax(_))) && interactive {
            parsed = parser.skip_line().and(parsed);
        }
        let unreadable = source.give_back().err().map(Stop::Unreadable);
        match unreadable.map_or(parsed, Err) {
            Ok((list, ended)) => {
                shell.run_list(&list);
                if shell.leaving || ended {
                    return shell.status;
                }
            }
            Err(Stop::Syntax(reason)) => {
                say::complain(2, b"syntax error", reason);
                shell.status = 2;
                if !interactive {
                    return 2;
                }
            }
            Err(Stop::Unreadable(errno)) => {
                say::complain(2, b"stdin", &say::reason(errno));
                return 1;
            }
        }
    }
}
