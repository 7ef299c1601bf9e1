//! The head of an answer: status line and fields, as bytes.

use std::time::{SystemTime, UNIX_EPOCH};

/// The number and the words of a status line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Status(pub u16, pub &'static str);

#[expect(missing_docs, reason = "each constant is its own name")]
impl Status {
    pub const OK: Self = Self(200, "OK");
    pub const MOVED_PERMANENTLY: Self = Self(301, "Moved Permanently");
    pub const BAD_REQUEST: Self = Self(400, "Bad Request");
    pub const FORBIDDEN: Self = Self(403, "Forbidden");
    pub const NOT_FOUND: Self = Self(404, "Not Found");
    pub const METHOD_NOT_ALLOWED: Self = Self(405, "Method Not Allowed");
    pub const REQUEST_TIMEOUT: Self = Self(408, "Request Timeout");
    pub const CONTENT_TOO_LARGE: Self = Self(413, "Content Too Large");
    pub const URI_TOO_LONG: Self = Self(414, "URI Too Long");
    pub const FIELDS_TOO_LARGE: Self = Self(431, "Request Header Fields Too Large");
    pub const SERVER_ERROR: Self = Self(500, "Internal Server Error");
    pub const UNAVAILABLE: Self = Self(503, "Service Unavailable");
    pub const VERSION_NOT_SUPPORTED: Self = Self(505, "HTTP Version Not Supported");
}

/// What stands before the body.
#[derive(Debug)]
pub struct Head<'a> {
    /// The first line.
    pub status: Status,
    /// In bytes. HEAD names the length that GET would send.
    pub length: u64,
    /// What the bytes are: `text/html`, say.
    pub kind: &'a str,
    /// Where to go instead, for 301.
    pub location: Option<String>,
    /// Whether the connection ends after this answer.
    pub close: bool,
}

impl Head<'_> {
    /// The bytes to send. `Served-By` is no field of HTTP: it tells which process answered, for this lecture.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let Status(number, words) = self.status;
        let mut text = format!(
            "HTTP/1.1 {number} {words}\r\nDate: {}\r\nServed-By: {}\r\nContent-Type: {}\r\nContent-Length: {}\r\n",
            date(SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |age| age.as_secs())),
            std::process::id(),
            self.kind,
            self.length
        );
        if let Some(location) = &self.location {
            text += &format!("Location: {location}\r\n");
        }
        if self.status == Status::METHOD_NOT_ALLOWED {
            text += "Allow: GET, HEAD\r\n";
        }
        if self.close {
            text += "Connection: close\r\n";
        }
        (text + "\r\n").into_bytes()
    }
}

/// Seconds since 1970 as HTTP writes a date: `Sun, 06 Nov 1994 08:49:37 GMT`.
#[must_use]
pub fn date(seconds: u64) -> String {
    const DAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
    const MONTHS: [(&str, u64); 12] = [
        ("Jan", 31),
        ("Feb", 28),
        ("Mar", 31),
        ("Apr", 30),
        ("May", 31),
        ("Jun", 30),
        ("Jul", 31),
        ("Aug", 31),
        ("Sep", 30),
        ("Oct", 31),
        ("Nov", 30),
        ("Dec", 31),
    ];
    let is_leap =
        |year: u64| year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    let (days, second) = (seconds / 86_400, seconds % 86_400);
    let (mut year, mut day, mut month) = (1970, days, 0);
    while day >= 365 + u64::from(is_leap(year)) {
        day -= 365 + u64::from(is_leap(year));
        year += 1;
    }
    let length = |month: usize, year| MONTHS[month].1 + u64::from(month == 1 && is_leap(year));
    while day >= length(month, year) {
        day -= length(month, year);
        month += 1;
    }
    let weekday = DAYS[usize::try_from(days % 7).unwrap_or(0)];
    let (hour, minute) = (second / 3600, second / 60 % 60);
    format!(
        "{weekday}, {:02} {} {year} {hour:02}:{minute:02}:{:02} GMT",
        day + 1,
        MONTHS[month].0,
        second % 60
    )
}
