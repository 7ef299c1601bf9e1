//! The service: a book of names and texts. One handler, used by both servers: a request line in, an answer line out.
//!
//! | request | answer |
//! |---|---|
//! | `put NAME TEXT` | `ok` |
//! | `get NAME` | `ok TEXT`, or `error no NAME here` |
//! | `who` | `ok uid=U gid=G pid=P`: who the client is, or `ok the network does not tell` |
//! | `bye` | `ok bye`, and the connection is closed |
//!
//! It knows nothing of sockets: it is tested without one, and no server can forget a case.

use crate::line::TooLong;
use crate::peer::Peer;
use std::collections::BTreeMap;

/// The longest request, in bytes, without its newline.
pub const LINE_LIMIT: usize = 1024;

/// What the server knows. All clients see the same book.
#[derive(Debug, Default)]
pub struct Book {
    entries: BTreeMap<String, String>,
}

/// What to send, and whether the conversation goes on.
#[derive(Debug, PartialEq, Eq)]
pub struct Answer {
    /// One line with its newline.
    pub text: String,
    /// The client said bye.
    pub is_last: bool,
}

impl Book {
    /// A book with these entries.
    #[must_use]
    pub fn with(entries: &[(&str, &str)]) -> Self {
        let owned = entries.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned()));
        Self { entries: owned.collect() }
    }

    /// Answers one request: a line as [`crate::line::LineBuffer`] gave it, from `peer` if the kernel knows who that is.
    pub fn answer(&mut self, request: Result<Vec<u8>, TooLong>, peer: Option<Peer>) -> Answer {
        let answered = match request.map(String::from_utf8) {
            Ok(Ok(line)) => self.carry_out(line.trim_end_matches('\r'), peer),
            Ok(Err(_)) => Err("the request is not UTF-8".to_owned()),
            Err(TooLong) => Err(format!("a request has at most {LINE_LIMIT} bytes")),
        };
        let is_last = answered.as_deref() == Ok("bye");
        Answer { text: line_of(answered), is_last }
    }

    /// What a client gets whose stream ended inside a line.
    #[must_use]
    pub fn cut_short() -> Answer {
        Answer { text: line_of(Err("the last line has no end".to_owned())), is_last: true }
    }

    fn carry_out(&mut self, line: &str, peer: Option<Peer>) -> Result<String, String> {
        let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
        match (word, rest.split_once(' ')) {
            ("put", Some((name, text))) if !name.is_empty() => {
                self.entries.insert(name.to_owned(), text.to_owned());
                Ok(String::new())
            }
            ("get", None) if !rest.is_empty() => {
                self.entries.get(rest).cloned().ok_or_else(|| format!("no {rest} here"))
            }
            ("who", None) if rest.is_empty() => {
                Ok(peer.map_or_else(|| "the network does not tell".to_owned(), |peer| peer.to_string()))
            }
            ("bye", None) if rest.is_empty() => Ok("bye".to_owned()),
            _ => Err("use: put NAME TEXT, get NAME, who, bye".to_owned()),
        }
    }
}

fn line_of(answered: Result<String, String>) -> String {
    match answered {
        Ok(text) if text.is_empty() => "ok\n".to_owned(),
        Ok(text) => format!("ok {text}\n"),
        Err(text) => format!("error {text}\n"),
    }
}
