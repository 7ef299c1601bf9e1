//! What an output is compared with: exact text, or a predicate.

use predicates::Predicate;

use crate::text::{difference, shown};

/// Something [`Finished::stdout`](crate::Finished::stdout) accepts. The parameter only tells the two ways
/// apart and is always inferred.
pub trait Expect<Way> {
    /// `None` if `received` is as wanted, else expected and received in a student's words.
    fn mismatch(&self, received: &[u8]) -> Option<String>;
}

/// Marker: compared byte for byte.
#[derive(Debug)]
pub struct Exact;

/// Marker: judged by a `predicates::Predicate<str>` (bytes that are not UTF-8 are replaced).
#[derive(Debug)]
pub struct ByPredicate;

macro_rules! exact {
    ($($type:ty),*) => { $(
        impl Expect<Exact> for $type {
            fn mismatch(&self, received: &[u8]) -> Option<String> {
                let expected: &[u8] = self.as_ref();
                (expected != received).then(|| difference(expected, received))
            }
        }
    )* };
}

exact!(&str, String, &String, &[u8], Vec<u8>, &Vec<u8>);

impl<const N: usize> Expect<Exact> for &[u8; N] {
    fn mismatch(&self, received: &[u8]) -> Option<String> {
        self.as_slice().mismatch(received)
    }
}

impl<P: Predicate<str>> Expect<ByPredicate> for P {
    fn mismatch(&self, received: &[u8]) -> Option<String> {
        let text = String::from_utf8_lossy(received);
        (!self.eval(&text)).then(|| format!("expected: {self}\nreceived: {}", shown(received, 400)))
    }
}
