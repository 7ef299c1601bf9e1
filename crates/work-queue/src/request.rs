//! The parser of requests: bytes in, a request or a refusal out. It reads no socket and opens no file.
//!
//! HTTP/1.1 is lines: a request line, then fields, then an empty line. This server takes no bodies. Everything here
//! has a limit, because the sender is a stranger.
//!
//! See also: RFC 9112 (HTTP/1.1), RFC 9110 (HTTP semantics)

use crate::answer::Status;

/// Most bytes of the request line, without its end.
pub const MOST_LINE: usize = 8192;
/// Most bytes of a whole head: the request line, the fields and the empty line.
pub const MOST_HEAD: usize = 16_384;

/// What a client may ask of a file server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// The file.
    Get,
    /// What GET would answer, without the body.
    Head,
}

/// A request that can be answered.
#[derive(Debug, PartialEq, Eq)]
pub struct Request {
    /// GET or HEAD.
    pub method: Method,
    /// The path as it was sent, still percent-encoded, without the query.
    pub target: String,
    /// The path decoded, without its leading slashes: any bytes but NUL. It may have `..` in it.
    pub path: Vec<u8>,
    /// Whether the client wants to use the connection again.
    pub keep_alive: bool,
}

/// Where `bytes` has the end of its first head: the position after the empty line. `None`: it is not there yet.
///
/// # Errors
/// When the head is longer than the limits allow, whether its end is there or not.
pub fn head_length(bytes: &[u8]) -> Result<Option<usize>, Status> {
    let (mut start, mut first) = (0, true);
    loop {
        let line = bytes[start..].iter().position(|&byte| byte == b'\n');
        let length = line.unwrap_or(bytes.len() - start);
        let without_end = bytes[start..start + length].strip_suffix(b"\r").map_or(length, <[u8]>::len);
        if first && without_end > MOST_LINE {
            return Err(Status::URI_TOO_LONG);
        }
        if start + length >= MOST_HEAD {
            return Err(Status::FIELDS_TOO_LARGE);
        }
        let Some(length) = line else { return Ok(None) };
        let is_empty = matches!(&bytes[start..start + length], b"" | b"\r");
        start += length + 1;
        match (first, is_empty) {
            (false, true) => return Ok(Some(start)),
            // Empty lines before the request line are ignored: old clients send one after a body (RFC 9112, 2.2).
            (true, true) => {}
            (_, false) => first = false,
        }
    }
}

/// Makes a request of a whole head.
///
/// # Errors
/// 400 when it is no HTTP, 405 for other methods, 413 when a body follows, 505 for other versions.
pub fn parse(head: &[u8]) -> Result<Request, Status> {
    let lines = head.split(|&byte| byte == b'\n').map(|line| line.strip_suffix(b"\r").unwrap_or(line));
    let mut lines = lines.skip_while(|line| line.is_empty());
    let (method, target, is_newest) = request_line(text(lines.next().unwrap_or_default())?)?;
    let fields = Fields::of(lines.take_while(|line| !line.is_empty()))?;
    if is_newest && fields.hosts != 1 {
        return Err(Status::BAD_REQUEST);
    }
    let method = match method {
        "GET" => Method::Get,
        "HEAD" => Method::Head,
        _ => return Err(Status::METHOD_NOT_ALLOWED),
    };
    if fields.has_body {
        return Err(Status::CONTENT_TOO_LARGE);
    }
    let target = origin_form(target)?;
    let path = decode(target.trim_start_matches('/'))?;
    Ok(Request { method, target: target.to_owned(), path, keep_alive: is_newest && !fields.close })
}

/// The three words of the request line; the last as "is it 1.1 or newer, and not 1.0".
fn request_line(line: &str) -> Result<(&str, &str, bool), Status> {
    let mut words = line.split(' ');
    let (Some(method), Some(target), Some(version), None) =
        (words.next(), words.next(), words.next(), words.next())
    else {
        return Err(Status::BAD_REQUEST);
    };
    let digits = version.strip_prefix("HTTP/").map(str::as_bytes);
    if !is_token(method) || target.is_empty() || target.contains('\t') {
        return Err(Status::BAD_REQUEST);
    }
    match digits {
        Some([b'1', b'.', minor]) if minor.is_ascii_digit() => Ok((method, target, *minor != b'0')),
        Some([major, b'.', minor]) if major.is_ascii_digit() && minor.is_ascii_digit() => {
            Err(Status::VERSION_NOT_SUPPORTED)
        }
        _ => Err(Status::BAD_REQUEST),
    }
}

/// What this server wants to know of the fields.
#[derive(Default)]
struct Fields {
    hosts: usize,
    close: bool,
    has_body: bool,
}

impl Fields {
    fn of<'a>(lines: impl Iterator<Item = &'a [u8]>) -> Result<Self, Status> {
        let mut fields = Self::default();
        for line in lines {
            // No token: so the line has no colon, begins with a blank (an old way to continue a line) or has one
            // before its colon. Two readers could read such a line in two ways, so it is refused.
            let (name, value) = text(line)?.split_once(':').ok_or(Status::BAD_REQUEST)?;
            if !is_token(name) {
                return Err(Status::BAD_REQUEST);
            }
            fields.note(&name.to_ascii_lowercase(), value.trim_matches([' ', '\t']))?;
        }
        Ok(fields)
    }

    fn note(&mut self, name: &str, value: &str) -> Result<(), Status> {
        match name {
            "host" => self.hosts += 1,
            "connection" => {
                self.close |= value.split(',').any(|word| word.trim().eq_ignore_ascii_case("close"));
            }
            "transfer-encoding" => self.has_body = true,
            "content-length" if value.is_empty() || !value.bytes().all(|byte| byte.is_ascii_digit()) => {
                return Err(Status::BAD_REQUEST);
            }
            "content-length" => self.has_body |= value.bytes().any(|digit| digit != b'0'),
            _ => {}
        }
        Ok(())
    }
}

/// The path of a target: `/a?b` and `http://host/a` both have `/a`.
fn origin_form(target: &str) -> Result<&str, Status> {
    let path = match target.split_once("://") {
        Some(("http", rest)) => rest.find('/').map_or("/", |slash| &rest[slash..]),
        _ => target,
    };
    let path = path.split(['?', '#']).next().unwrap_or(path);
    if path.starts_with('/') { Ok(path) } else { Err(Status::BAD_REQUEST) }
}

/// `%41` becomes `A`. A NUL byte cannot stand in a file's name.
fn decode(path: &str) -> Result<Vec<u8>, Status> {
    let (mut decoded, mut bytes) = (Vec::new(), path.bytes());
    while let Some(byte) = bytes.next() {
        decoded.push(match byte {
            b'%' => match (bytes.next().and_then(digit), bytes.next().and_then(digit)) {
                (Some(high), Some(low)) if high + low > 0 => high * 16 + low,
                _ => return Err(Status::BAD_REQUEST),
            },
            byte => byte,
        });
    }
    Ok(decoded)
}

fn digit(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}

/// A line as text, without control characters: a lone CR or a NUL is how one reader is made to see two requests.
fn text(line: &[u8]) -> Result<&str, Status> {
    if line.iter().any(|&byte| byte != b'\t' && byte.is_ascii_control()) {
        return Err(Status::BAD_REQUEST);
    }
    std::str::from_utf8(line).map_err(|_| Status::BAD_REQUEST)
}

fn is_token(word: &str) -> bool {
    !word.is_empty()
        && word.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte))
}
