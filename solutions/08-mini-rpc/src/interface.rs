// BEGIN SOLUTION
//! The interface: one table of methods, from which the macro makes both stubs.
//!
//! | stub | duty |
//! |---|---|
//! | of the client, [`encode`] and [`show`] | words become arguments, a result becomes text |
//! | of the server, [`dispatch`] | arguments become values, the method is called, its result becomes bytes |

use crate::frame::BODY_MAX;
use crate::refusal::Refusal;
use crate::wire::{Bytes, Wire, whole};

/// The callback `changed(u32,u64)->()`.
pub const CHANGED: u16 = 100;

/// What a method says: now, or later ([`Outcome::Later`]).
pub enum Outcome<T> {
    /// It is done.
    Now(Result<T, Refusal>),
    /// Somebody else will answer.
    Later,
}

impl<T> Outcome<T> {
    /// A refusal.
    pub fn refused(refusal: Refusal) -> Self {
        Self::Now(Err(refusal))
    }
}

impl<T> From<T> for Outcome<T> {
    fn from(value: T) -> Self {
        Self::Now(Ok(value))
    }
}

impl Outcome<Vec<u8>> {
    /// The body of a result, which must fit into a frame.
    fn body<T: Wire>(outcome: Outcome<T>) -> Self {
        let value = match outcome {
            Outcome::Now(Ok(value)) => value,
            Outcome::Now(Err(refusal)) => return Self::Now(Err(refusal)),
            Outcome::Later => return Self::Later,
        };
        let mut body = Vec::new();
        value.put(&mut body);
        Self::Now(if body.len() > BODY_MAX { Err(Refusal::TOO_LARGE) } else { Ok(body) })
    }
}

/// Who is at the other end of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Identity {
    /// Its user.
    pub uid: u32,
    /// Its group.
    pub gid: u32,
    /// Its process.
    pub pid: u32,
}

/// What rpcd knows of itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stats {
    /// Calls executed.
    pub executed: u64,
    /// Calls in the table.
    pub entries: u64,
}

/// Methods: numbers and texts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listing(pub Vec<(u16, String)>);

macro_rules! interface {
    ($($number:literal $name:ident ($($argument:ident: $type:ty),*) -> $result:ty;)*) => {
        /// The methods, as the server implements them.
        pub trait Service {
            /// The arguments are right: the next thing is the method itself.
            fn begins(&mut self);
            $(
                #[doc = concat!("Method ", $number, ".")]
                fn $name(&mut self, $($argument: $type),*) -> Outcome<$result>;
            )*
        }

        /// The numbers, by name.
        #[allow(non_upper_case_globals, reason = "these are the names of the methods")]
        pub mod number {
            $(
                #[doc = concat!("Method ", $number, ".")]
                pub const $name: u16 = $number;
            )*
        }

        /// The server's stub.
        pub fn dispatch(service: &mut impl Service, number: u16, arguments: &[u8]) -> Outcome<Vec<u8>> {
            match number {
                $($number => {
                    let values = all_of(arguments, |_rest| Some(($(<$type as Wire>::take(_rest)?,)*)));
                    let Some(($($argument,)*)) = values else {
                        return Outcome::refused(Refusal::BAD_ARGUMENTS);
                    };
                    service.begins();
                    Outcome::body(service.$name($($argument),*))
                })*
                _ => Outcome::refused(Refusal::UNKNOWN_METHOD),
            }
        }

        /// Number and text of each method, in order.
        #[must_use]
        pub fn methods() -> Vec<(u16, String)> {
            vec![$((
                $number,
                text_of(stringify!($name), &[$(<$type as Wire>::NAME),*], <$result as Wire>::NAME),
            )),*]
        }

        /// How many arguments a method has; `None` if there is none of this name.
        #[must_use]
        pub fn arity(name: &[u8]) -> Option<usize> {
            $(if name == stringify!($name).as_bytes() {
                let types: &[&str] = &[$(<$type as Wire>::NAME),*];
                return Some(types.len());
            })*
            None
        }

        /// The client's stub, on its way out: the number of the method and the body of the call.
        #[must_use]
        pub fn encode<W: AsRef<[u8]>>(words: &[W]) -> Option<(u16, Vec<u8>)> {
            let (name, words) = words.split_first()?;
            $(if name.as_ref() == stringify!($name).as_bytes() {
                // Room for small arguments at once: it would grow three times until then.
                let mut body = Vec::with_capacity(64);
                <u16 as Wire>::put(&$number, &mut body);
                let mut words = words.iter();
                $(<$type as Wire>::parse(words.next()?.as_ref())?.put(&mut body);)*
                return words.next().is_none().then_some(($number, body));
            })*
            None
        }

        /// The client's stub, on its way back: the result as text; `None` if the bytes are none of this method.
        #[must_use]
        pub fn show(number: u16, body: &[u8]) -> Option<Vec<u8>> {
            match number {
                $($number => whole::<$result>(body).map(|result| result.show()),)*
                _ => None,
            }
        }
    };
}

interface! {
    1 add(a: i64, b: i64) -> i64;
    2 echo(bytes: Bytes) -> Bytes;
    3 append(key: String, bytes: Bytes) -> u64;
    4 get(key: String) -> Bytes;
    5 open(path: String) -> u32;
    6 read(handle: u32, count: u32) -> Bytes;
    7 close(handle: u32) -> ();
    8 gate(path: String) -> Bytes;
    9 whoami() -> Identity;
    10 stats() -> Stats;
    11 list() -> Listing;
    12 watch(key: String) -> u32;
    13 unwatch(object: u32) -> ();
}

/// What `take` takes from the bytes, if nothing is left over.
fn all_of<T>(mut bytes: &[u8], take: impl FnOnce(&mut &[u8]) -> Option<T>) -> Option<T> {
    let values = take(&mut bytes)?;
    bytes.is_empty().then_some(values)
}

fn text_of(name: &str, arguments: &[&str], result: &str) -> String {
    format!("{name}({})->{result}", arguments.join(","))
}

/// The name of a method, from its text.
#[must_use]
pub fn name_of(text: &str) -> &str {
    text.split_once('(').map_or(text, |(name, _)| name)
}

impl Wire for Identity {
    const NAME: &'static str = "(u32,u32,u32)";

    fn put(&self, out: &mut Vec<u8>) {
        [self.uid, self.gid, self.pid].iter().for_each(|number| number.put(out));
    }

    fn take(input: &mut &[u8]) -> Option<Self> {
        Some(Self { uid: u32::take(input)?, gid: u32::take(input)?, pid: u32::take(input)? })
    }

    fn parse(_word: &[u8]) -> Option<Self> {
        None
    }

    fn show(&self) -> Vec<u8> {
        format!("uid={} gid={} pid={}\n", self.uid, self.gid, self.pid).into_bytes()
    }
}

impl Wire for Stats {
    const NAME: &'static str = "(u64,u64)";

    fn put(&self, out: &mut Vec<u8>) {
        [self.executed, self.entries].iter().for_each(|number| number.put(out));
    }

    fn take(input: &mut &[u8]) -> Option<Self> {
        Some(Self { executed: u64::take(input)?, entries: u64::take(input)? })
    }

    fn parse(_word: &[u8]) -> Option<Self> {
        None
    }

    fn show(&self) -> Vec<u8> {
        format!("executed={} entries={}\n", self.executed, self.entries).into_bytes()
    }
}

impl Wire for Listing {
    const NAME: &'static str = "[(u16,string)]";

    fn put(&self, out: &mut Vec<u8>) {
        u32::try_from(self.0.len()).unwrap_or(u32::MAX).put(out);
        for (number, text) in &self.0 {
            number.put(out);
            text.put(out);
        }
    }

    fn take(input: &mut &[u8]) -> Option<Self> {
        let count = u32::take(input)?;
        let pair = |_| Some((u16::take(input)?, String::take(input)?));
        (0..count).map(pair).collect::<Option<_>>().map(Self)
    }

    fn parse(_word: &[u8]) -> Option<Self> {
        None
    }

    fn show(&self) -> Vec<u8> {
        self.0.iter().flat_map(|(number, text)| format!("{number} {text}\n").into_bytes()).collect()
    }
}
// END SOLUTION
