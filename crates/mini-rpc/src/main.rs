//! The lecture's server and client: `mini-rpc serve 127.0.0.1:0`, and beside it `mini-rpc call ADDRESS warm hall 5`,
//! which shows both messages field by field.
//!
//! Usage: mini-rpc serve HOST:PORT
//!        mini-rpc call HOST:PORT METHOD ARGUMENT...
//! A server prints `ready HOST:PORT`. See also: `tcp(7)`

use anyhow::{Context, Result, bail, ensure};
use mini_rpc::client_stub::unpack_outcome;
use mini_rpc::export::{Export, LIST, Method, Refusal};
use mini_rpc::frame::Message;
use mini_rpc::pack::Packer;
use mini_rpc::thermometer::{House, METHODS};
use mini_rpc::unpack::Unpacker;
use mini_rpc::{dump, server_stub, stream};
use std::io::{ErrorKind, Write};
use std::net::{TcpListener, TcpStream};
use std::process::ExitCode;
use std::sync::{Arc, Mutex, PoisonError};

const USAGE: &str = "usage: mini-rpc serve HOST:PORT
       mini-rpc call HOST:PORT METHOD ARGUMENT...
methods: temperature ROOM, set ROOM TENTHS, warm ROOM TENTHS, list";

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let done = match words.as_slice() {
        ["serve", address] => serve(address),
        ["call", address, method, arguments @ ..] => call(address, method, arguments),
        _ => {
            eprintln!("{USAGE}");
            return ExitCode::from(2);
        }
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("mini-rpc: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// More clients at a time are turned away: each costs a thread and a descriptor, and they come from strangers.
const CONNECTIONS: usize = 64;

/// All connections share one house, one call at a time.
#[derive(Clone)]
struct Shared(Arc<Mutex<House>>);

impl Export for Shared {
    fn methods(&self) -> &'static [Method] {
        METHODS
    }

    fn perform(&mut self, method: u8, arguments: Unpacker<'_>) -> Result<Vec<u8>, Refusal> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).perform(method, arguments)
    }
}

/// A thread for each connection: lecture 3 shows what happens without, and how one thread serves all.
fn serve(address: &str) -> Result<()> {
    let listener = TcpListener::bind(address).with_context(|| format!("listen at {address}"))?;
    let address = listener.local_addr().context("ask for the address")?;
    writeln!(std::io::stdout(), "ready {address}").context("say that the server is ready")?;
    let house = Shared(Arc::new(Mutex::new(House::with(&[("hall", 180), ("bath", 235)]))));
    loop {
        let (client, peer) = match listener.accept() {
            Err(error) if error.kind() == ErrorKind::ConnectionAborted => continue, // It has gone already.
            accepted => accepted.context("wait for a client")?,
        };
        if Arc::strong_count(&house.0) > CONNECTIONS {
            continue; // Dropped, and so closed.
        }
        let mut house = house.clone();
        let serve = move || {
            if let Err(error) = server_stub::serve(client, &mut house) {
                eprintln!("mini-rpc: serve {peer}: {error:#}");
            }
        };
        std::thread::Builder::new().spawn(serve).context("start a thread")?;
    }
}

fn call(address: &str, name: &str, words: &[&str]) -> Result<()> {
    let is_it = |method: &&Method| method.signature.split_once('(').is_some_and(|(found, _)| found == name);
    let method = METHODS.iter().chain([&LIST]).find(is_it);
    let method = method.with_context(|| format!("find a method {name:?}"))?;
    let arguments = pack(method.signature, words)?;
    let body = [&[method.number], arguments.as_slice()].concat();
    let frame = Message::call(1, 1, body).to_frame().context("pack the call")?;

    let mut server = TcpStream::connect(address).with_context(|| format!("connect to {address}"))?;
    stream::send(&mut server, &frame).context("send the call")?;
    let answer = stream::receive(&mut server).context("outcome unknown: wait for the return")?;
    let message = Message::from_frame(&answer).context("outcome unknown: read the return")?;
    if method.number == LIST.number {
        return print_list(&unpack_outcome(&message.body).context("call list")?);
    }
    let shown = dump::call(&frame, METHODS)? + &dump::answer(&answer, method)?;
    std::io::stdout().write_all(shown.as_bytes()).context("print the messages")?;
    unpack_outcome(&message.body).map(drop).with_context(|| format!("call {name}"))
}

fn print_list(mut packed: &[u8]) -> Result<()> {
    while !packed.is_empty() {
        let mut rest = Unpacker::new(packed);
        let (number, signature) = (rest.u8()?, rest.text()?);
        packed = &packed[2 + signature.len()..];
        writeln!(std::io::stdout(), "{number} {signature}").context("print a method")?;
    }
    Ok(())
}

/// Packs words as the signature says.
fn pack(signature: &str, words: &[&str]) -> Result<Vec<u8>> {
    let arguments = signature.split_once('(').and_then(|(_, rest)| rest.split_once(')'));
    let (arguments, _) = arguments.context("read a signature")?;
    let arguments: Vec<&str> = arguments.split(", ").filter(|argument| !argument.is_empty()).collect();
    ensure!(arguments.len() == words.len(), "{signature} takes {} arguments", arguments.len());
    let mut packed = Packer::new();
    for (argument, word) in arguments.iter().zip(words) {
        let wrong = || format!("pack {word:?} as {argument}");
        packed = match argument.split_once(": ") {
            Some((_, "text")) => packed.text(word).with_context(wrong)?,
            Some((_, "i16")) => packed.i16(word.parse().with_context(wrong)?),
            _ => bail!("this program cannot pack {argument}"),
        };
    }
    Ok(packed.done())
}
