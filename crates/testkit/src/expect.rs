//! What an output is compared with: exact text, or a predicate.

use std::fmt::Display;

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
        (!self.eval(&text)).then(|| format!("expected: {}\nreceived: {}", words(self), shown(received, 400)))
    }
}

/// What a predicate demands: `ends with ("x")`, not `var.ends_with("x")`.
fn words(predicate: &impl Display) -> String {
    let methods = [
        ("var.starts_with(", "starts with ("),
        ("var.ends_with(", "ends with ("),
        ("var.contains(", "contains ("),
    ];
    methods.iter().fold(predicate.to_string(), |text, (method, words)| text.replace(method, words))
}

#[cfg(test)]
mod tests {
    use super::*;
    use predicates::prelude::PredicateBooleanExt;
    use predicates::str::{contains, ends_with, starts_with};

    #[test]
    fn a_predicate_is_told_in_words() {
        assert_eq!(words(&ends_with("x\n")), r#"ends with ("x\n")"#);
        assert_eq!(words(&starts_with("a").and(contains("b"))), r#"(starts with ("a") && contains (b))"#);
    }
}
