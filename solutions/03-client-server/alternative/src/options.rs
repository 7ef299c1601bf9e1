//! What the two programs are told on their command lines.

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;
use std::path::PathBuf;

use crate::address::Address;

/// What filed prints if it is called wrongly.
pub const FILED_USAGE: &str = "usage: filed (--unix PATH | --tcp HOST:PORT) --root DIR [--max-clients N] \
                               [--control PATH] [--dgram | --seqpacket]";

/// What filec prints if it is called wrongly.
pub const FILEC_USAGE: &str = "usage: filec ADDRESS WORD..";

/// How messages travel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Kind {
    /// As bytes without ends, over connections: `SOCK_STREAM`.
    #[default]
    Stream,
    /// Each on its own, without connections: `SOCK_DGRAM`.
    Datagram,
    /// With their ends, over connections: `SOCK_SEQPACKET`.
    Packet,
}

/// What filed shall do.
#[derive(Debug, Clone)]
pub struct ServerOptions {
    /// `--unix PATH` or `--tcp HOST:PORT`.
    pub address: Address,
    /// `--root DIR`: the folder whose files it gives out.
    pub root: PathBuf,
    /// `--max-clients N`.
    pub max_clients: Option<usize>,
    /// `--control PATH`.
    pub control: Option<Address>,
    /// `--dgram` or `--seqpacket`.
    pub kind: Kind,
}

/// What filec shall ask.
#[derive(Debug, Clone)]
pub struct ClientOptions {
    /// Whom.
    pub address: Address,
    /// The request, without its newline.
    pub request: Vec<u8>,
}

/// Reads the arguments of filed; `None` means wrong usage.
#[must_use]
pub fn filed(mut arguments: impl Iterator<Item = OsString>) -> Option<ServerOptions> {
    let (mut address, mut root, mut max_clients, mut control, mut kind) = (None, None, None, None, None);
    while let Some(argument) = arguments.next() {
        let is_new = match argument.to_str()? {
            "--unix" => address.replace(Address::unix(arguments.next()?)?).is_none(),
            "--tcp" => address.replace(Address::tcp(arguments.next()?.to_str()?)?).is_none(),
            "--root" => root.replace(PathBuf::from(arguments.next()?)).is_none(),
            "--max-clients" => max_clients.replace(count(&arguments.next()?.into_vec())?).is_none(),
            "--control" => control.replace(Address::unix(arguments.next()?)?).is_none(),
            "--dgram" => kind.replace(Kind::Datagram).is_none(),
            "--seqpacket" => kind.replace(Kind::Packet).is_none(),
            _ => false,
        };
        if !is_new {
            return None;
        }
    }
    let (address, kind) = (address?, kind.unwrap_or_default());
    let is_unix = !matches!(address, Address::Tcp(_));
    let has_connections = kind != Kind::Datagram;
    let fits =
        (is_unix || kind == Kind::Stream) && (has_connections || max_clients.is_none() && control.is_none());
    fits.then_some(ServerOptions { address, root: root?, max_clients, control, kind })
}

/// Reads the arguments of filec; `None` means wrong usage.
#[must_use]
pub fn filec(mut arguments: impl Iterator<Item = OsString>) -> Option<ClientOptions> {
    let address = Address::parse(arguments.next()?)?;
    let words: Vec<Vec<u8>> = arguments.map(OsStringExt::into_vec).collect();
    let request = words.join(&b' ');
    (!words.is_empty() && !request.contains(&b'\n')).then_some(ClientOptions { address, request })
}

/// A decimal number from 1, digits only.
#[must_use]
pub fn count(digits: &[u8]) -> Option<usize> {
    let is_number = !digits.is_empty() && digits.iter().all(u8::is_ascii_digit);
    let number = is_number.then(|| std::str::from_utf8(digits).ok()?.parse().ok()).flatten();
    number.filter(|&number| number > 0)
}
