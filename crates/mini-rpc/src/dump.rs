//! A frame as hex with the names of its fields. The types of arguments and results come from the method's signature:
//! `warm(room: text, by: i16) -> i16`.

use crate::export::Method;
use crate::frame::{HEADER, Kind, Message};
use crate::unpack::{BadBytes, Unpacker};
use anyhow::{Context, Result, bail};
use std::fmt::Write;

/// A call, field by field.
///
/// # Errors
/// When the bytes are no such call.
pub fn call(frame: &[u8], methods: &[Method]) -> Result<String> {
    let message = Message::from_frame(frame).context("dump a call")?;
    let number = *message.body.first().context("find the method in an empty body")?;
    let method = methods.iter().find(|method| method.number == number);
    let method = method.with_context(|| format!("find the signature of method {number}"))?;
    let (name, arguments, _) = parts(method.signature)?;
    let mut rows = header(frame, &message);
    rows.push("method", 1, format!("{number} ({name})"));
    for argument in arguments.split(", ").filter(|argument| !argument.is_empty()) {
        let (name, kind) = argument.split_once(": ").context("read a signature")?;
        rows.value(name, kind)?;
    }
    rows.done()
}

/// A return, field by field.
///
/// # Errors
/// When the bytes are no return of that method.
pub fn answer(frame: &[u8], method: &Method) -> Result<String> {
    let message = Message::from_frame(frame).context("dump a return")?;
    let status = *message.body.first().context("find the status in an empty body")?;
    let (_, _, result) = parts(method.signature)?;
    let mut rows = header(frame, &message);
    rows.push("status", 1, format!("{status} ({})", if status == 0 { "done" } else { "refused" }));
    match (status, result) {
        (0, "()") => {}
        (0, result) => rows.value("result", result)?,
        _ => {
            let reason = String::from_utf8_lossy(&message.body[1..]).into_owned();
            rows.push("reason", reason.len(), reason);
        }
    }
    rows.done()
}

/// Name, arguments, result.
fn parts(signature: &'static str) -> Result<(&'static str, &'static str, &'static str)> {
    let (name, rest) = signature.split_once('(').context("read a signature")?;
    let (arguments, result) = rest.split_once(") -> ").context("read a signature")?;
    Ok((name, arguments, result))
}

struct Rows<'a> {
    frame: &'a [u8],
    at: usize,
    text: String,
}

fn header<'a>(frame: &'a [u8], message: &Message) -> Rows<'a> {
    let kind = if message.kind == Kind::Call { "call" } else { "return" };
    let text = format!("{kind}, {} bytes\n", frame.len());
    let mut rows = Rows { frame, at: 0, text };
    rows.push("length", 2, format!("{} bytes follow the header", frame.len() - HEADER));
    rows.push("version", 1, frame[2].to_string());
    rows.push("kind", 1, format!("{} ({kind})", frame[3]));
    rows.push("client", 2, message.client.to_string());
    rows.push("number", 2, message.number.to_string());
    rows.push("crc", 2, "over all other bytes".to_owned());
    rows
}

impl Rows<'_> {
    fn push(&mut self, name: &str, length: usize, value: String) {
        let bytes = &self.frame[self.at..self.at + length];
        let hex: Vec<String> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        writeln!(self.text, "  {:02x}  {:<15}  {name:<8} {value}", self.at, hex.join(" "))
            .expect("a String takes every text");
        self.at += length;
    }

    fn value(&mut self, name: &str, kind: &str) -> Result<()> {
        let mut rest = Unpacker::new(&self.frame[self.at..]);
        match kind {
            "u8" => self.push(name, 1, rest.u8()?.to_string()),
            "u16" => self.push(name, 2, rest.u16()?.to_string()),
            "i16" => self.push(name, 2, rest.i16()?.to_string()),
            "text" => {
                let text = rest.text()?;
                self.push("length", 1, format!("{} bytes", text.len()));
                self.push(name, text.len(), format!("{text:?}"));
            }
            "bytes" => {
                let bytes = rest.bytes()?;
                self.push("length", 2, format!("{} bytes", bytes.len()));
                self.push(name, bytes.len(), String::from_utf8_lossy(bytes).into_owned());
            }
            other => bail!("no type {other} on this wire"),
        }
        Ok(())
    }

    fn done(self) -> Result<String> {
        match self.frame.len() - self.at {
            0 => Ok(self.text),
            left => Err(BadBytes::Trailing(left).into()),
        }
    }
}
