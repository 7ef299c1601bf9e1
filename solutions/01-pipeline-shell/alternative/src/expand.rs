//! Makes arguments out of words.

use std::os::fd::AsFd;
use std::slice::Iter;

use nix::errno::Errno;
use nix::fcntl::OFlag;
use nix::unistd::{pipe2, read};

use crate::feed::Feed;
use crate::procs::State;
use crate::redirect::{Known, KnownTarget};
use crate::shell::{Exhausted, Shell};
use crate::sys;
use crate::tree::{Command, List, Piece, Target, Word};

/// A command whose words are known.
pub(crate) struct KnownCommand {
    pub(crate) argv: Vec<Vec<u8>>,
    pub(crate) redirections: Vec<Known>,
    /// The status of the last `$(LIST)`, if there was one.
    pub(crate) status: Option<u8>,
}

/// Expands all words of a command; `feeds` are its `<(LIST)`, opened already.
pub(crate) fn command(
    shell: &mut Shell,
    command: &Command,
    feeds: &[Feed],
) -> Result<KnownCommand, Exhausted> {
    let mut expansion = Expansion { shell, feeds: feeds.iter(), status: None };
    let mut argv = Vec::new();
    for word in &command.words {
        argv.extend(expansion.fields(word)?);
    }
    let mut redirections = Vec::new();
    for redirection in &command.redirections {
        let target = match &redirection.target {
            Target::File(mode, word) => KnownTarget::File(*mode, expansion.joined(word)?),
            Target::Copy(from) => KnownTarget::Copy(*from),
            Target::Text(word) => KnownTarget::Text(expansion.joined(word)?),
        };
        redirections.push(Known { fd: redirection.fd, target });
    }
    Ok(KnownCommand { argv, redirections, status: expansion.status })
}

struct Expansion<'a> {
    shell: &'a mut Shell,
    feeds: Iter<'a, Feed>,
    status: Option<u8>,
}

impl Expansion<'_> {
    /// The value of a piece, and whether it is to be split.
    fn value(&mut self, piece: &Piece) -> Result<(Vec<u8>, bool), Exhausted> {
        Ok(match piece {
            Piece::Text(text) => (text.clone(), false),
            Piece::Status(quoted) => (self.shell.status.to_string().into_bytes(), !quoted),
            Piece::LastPid(quoted) => {
                let pid = self.shell.last_pid.map_or(String::new(), |pid| pid.to_string());
                (pid.into_bytes(), !quoted)
            }
            Piece::Output(list, quoted) => {
                let (text, status) = self.shell.output_of(list)?;
                self.status = Some(status);
                (text, !quoted)
            }
            Piece::Feed(_) => {
                let number = self.feeds.next().map_or(-1, Feed::number);
                (format!("/dev/fd/{number}").into_bytes(), false)
            }
        })
    }

    /// The word as one argument.
    fn joined(&mut self, word: &Word) -> Result<Vec<u8>, Exhausted> {
        let mut all = Vec::new();
        for piece in word {
            all.extend(self.value(piece)?.0);
        }
        Ok(all)
    }

    /// The word as none, one or several arguments.
    fn fields(&mut self, word: &Word) -> Result<Vec<Vec<u8>>, Exhausted> {
        let (mut fields, mut open) = (Vec::new(), None::<Vec<u8>>);
        for piece in word {
            let (value, split) = self.value(piece)?;
            if !split {
                open.get_or_insert_default().extend(value);
                continue;
            }
            for byte in value {
                if b" \t\n".contains(&byte) {
                    fields.extend(open.take());
                } else {
                    open.get_or_insert_default().push(byte);
                }
            }
        }
        fields.extend(open);
        Ok(fields)
    }
}

impl Shell {
    /// Runs `$(LIST)`: its output without NUL bytes and trailing newlines, and its status.
    fn output_of(&mut self, list: &List) -> Result<(Vec<u8>, u8), Exhausted> {
        let (source, sink) = pipe2(OFlag::O_CLOEXEC).map_err(Exhausted::pipe)?;
        let pid = sys::in_child(|| {
            use std::os::fd::AsRawFd;
            if let Err(errno) = sys::move_fd(sink.as_raw_fd(), 1) {
                return Exhausted::pipe(errno).tell();
            }
            self.become_child(&[]);
            self.run_inner(list)
        })
        .map_err(Exhausted::fork)?;
        drop(sink);
        self.procs.add(pid);
        let (mut text, mut block) = (Vec::new(), vec![0; 1 << 16]);
        loop {
            self.procs.wait_readable(source.as_fd());
            match read(&source, &mut block) {
                Ok(0) => break,
                Ok(count) => text.extend(block[..count].iter().filter(|byte| **byte != 0)),
                Err(Errno::EINTR | Errno::EAGAIN) => {}
                Err(_) => break, // The read end of our own pipe: there is no other error.
            }
        }
        while text.last() == Some(&b'\n') {
            text.pop();
        }
        let status = loop {
            match self.procs.state(pid) {
                Some(State::Ended(status)) => break status,
                _ => self.procs.wait_change(),
            }
        };
        self.procs.forget(pid);
        Ok((text, status))
    }
}
