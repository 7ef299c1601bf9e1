//! What an output is compared with: exact text, or a predicate.

use std::fmt::Display;

use predicates::Predicate;
use predicates::function::function;

use crate::failure::differ;
use crate::text::shown;

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
                (expected != received).then(|| differ(expected, received))
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

/// Exactly one line, which begins with `start`: what standard error holds after one failure.
pub fn one_line(start: impl Into<String>) -> impl Predicate<str> {
    let start = start.into();
    let name = format!("one line that begins with {start:?}");
    let is_one = move |text: &str| {
        text.starts_with(&start) && text.find('\n').is_some_and(|end| end + 1 == text.len())
    };
    function(is_one).fn_name(name.leak())
}

/// What a predicate demands: `something that ends with "x"`, not `var.ends_with("x")`.
fn words(predicate: &impl Display) -> String {
    let text = predicate.to_string();
    // A function has a name, which is a sentence here.
    if let Some(name) = text.strip_suffix("(var)") {
        return name.to_owned();
    }
    let methods = [("var.starts_with(", "starts"), ("var.ends_with(", "ends"), ("var.contains(", "contains")];
    for (method, verb) in methods {
        if let Some(argument) = text.strip_prefix(method).and_then(|rest| rest.strip_suffix(')'))
            && text.matches("var.").count() == 1
        {
            let with = if verb == "contains" { "" } else { " with" };
            // `contains` shows its text without quotes.
            let quote = if argument.starts_with('"') { "" } else { "\"" };
            return format!("something that {verb}{with} {quote}{argument}{quote}");
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use predicates::prelude::PredicateBooleanExt;
    use predicates::str::{contains, ends_with, starts_with};

    #[test]
    fn one_line_is_one_line() {
        let is_it = one_line("psh: x");
        assert!(is_it.eval("psh: x: no\n"));
        for text in ["", "psh: x", "psh: x\n\n", "psh: x\npsh: y\n", "sh: x\n"] {
            assert!(!is_it.eval(text), "{text:?}");
        }
    }

    #[test]
    fn a_predicate_is_told_in_words() {
        assert_eq!(words(&ends_with("x\n")), r#"something that ends with "x\n""#);
        assert_eq!(words(&contains("b (c)")), r#"something that contains "b (c)""#);
        assert_eq!(words(&function(|_: &str| true).fn_name("one line")), "one line");
        assert_eq!(
            words(&starts_with("a").and(contains("b"))),
            r#"(var.starts_with("a") && var.contains(b))"#
        );
    }
}
