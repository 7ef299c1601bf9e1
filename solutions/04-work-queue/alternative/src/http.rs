//! The text of HTTP/1.1: from bytes to a request, from an answer to its head. Given: it does no I/O.

/// A longer head is no request.
pub const LONGEST_HEAD: usize = 8192;

/// What a worker is to answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// 200: serve `target`, if it is there. 400 or 405: say so.
    pub status: u16,
    /// HEAD: the answer has no body.
    pub head_only: bool,
    /// The connection stays open afterwards.
    pub keep: bool,
    /// The path, with its `/` in front and without what follows a `?`.
    pub target: Vec<u8>,
}

impl Request {
    /// The first request in `bytes` and its length; `None` if more bytes are needed to tell.
    pub fn parse(bytes: &[u8]) -> Option<(Request, usize)> {
        let Some(length) = head_length(bytes) else {
            return (bytes.len() >= LONGEST_HEAD).then(|| (Request::refused(400), bytes.len()));
        };
        let request = if length > LONGEST_HEAD { None } else { Request::from_head(&bytes[..length]) };
        Some((request.unwrap_or_else(|| Request::refused(400)), length))
    }

    fn refused(status: u16) -> Request {
        Request { status, head_only: false, keep: false, target: b"/".to_vec() }
    }

    fn from_head(head: &[u8]) -> Option<Request> {
        let head = std::str::from_utf8(head).ok()?;
        let mut lines = head.lines();
        let mut words = lines.next()?.split(' ');
        let (method, target, version) = (words.next()?, words.next()?, words.next()?);
        let keeps = match version {
            "HTTP/1.1" => true,
            "HTTP/1.0" => false,
            _ => return None,
        };
        let is_token = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic());
        if words.next().is_some() || !is_token(method) || !target.starts_with('/') {
            return None;
        }
        let headers = lines.take_while(|line| !line.is_empty());
        let headers: Vec<_> = headers.map(|line| line.split_once(':')).collect::<Option<_>>()?;
        let is = |name: &str, value: &str| {
            let same =
                |(n, v): &(&str, &str)| n.eq_ignore_ascii_case(name) && v.trim().eq_ignore_ascii_case(value);
            headers.iter().any(same)
        };
        let has = |name: &str| headers.iter().any(|(given, _)| given.eq_ignore_ascii_case(name));
        if !matches!(method, "GET" | "HEAD") {
            return Some(Request::refused(405));
        }
        if has("transfer-encoding") || (has("content-length") && !is("content-length", "0")) {
            return None;
        }
        let target = target.split('?').next().unwrap_or_default().as_bytes().to_vec();
        let keep = keeps && !is("connection", "close");
        Some(Request { status: 200, head_only: method == "HEAD", keep, target })
    }

    /// As bytes without a newline, to be sent to a worker.
    pub fn encode(&self) -> Vec<u8> {
        let head = format!("{} {} {} ", self.status, u8::from(self.head_only), u8::from(self.keep));
        [head.as_bytes(), &self.target].concat()
    }

    /// From [`encode`](Self::encode).
    pub fn decode(bytes: &[u8]) -> Option<Request> {
        let mut words = bytes.splitn(4, |&byte| byte == b' ');
        let mut number = || std::str::from_utf8(words.next()?).ok()?.parse::<u16>().ok();
        let (status, head_only, keep) = (number()?, number()? == 1, number()? == 1);
        Some(Request { status, head_only, keep, target: words.next()?.to_vec() })
    }
}

/// Up to and with the empty line.
fn head_length(bytes: &[u8]) -> Option<usize> {
    let ends = |i: usize| match &bytes[i..] {
        [b'\n', b'\n', ..] => Some(i + 2),
        [b'\n', b'\r', b'\n', ..] => Some(i + 3),
        _ => None,
    };
    (0..bytes.len()).find_map(ends)
}

/// The head of an answer whose body has `length` bytes.
pub fn head(status: u16, length: u64, keep: bool) -> Vec<u8> {
    let words = match status {
        200 => "200 OK",
        404 => "404 Not Found",
        405 => "405 Method Not Allowed",
        _ => "400 Bad Request",
    };
    let allow = if status == 405 { "Allow: GET, HEAD\r\n" } else { "" };
    let close = if keep { "" } else { "Connection: close\r\n" };
    format!("HTTP/1.1 {words}\r\nContent-Length: {length}\r\n{allow}{close}\r\n").into_bytes()
}
