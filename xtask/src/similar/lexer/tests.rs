//! Tokens of sources right and wrong.

use super::*;
use rstest::rstest;

fn kinds(source: &str) -> Vec<Kind> {
    tokens(source.as_bytes()).iter().map(|token| token.kind).collect()
}

use Kind::{Arrow, Char, Lifetime, Name, Number, Path, Sign, Text};

#[rstest]
#[case::nested_comments("/* a /* b */ c */ x // y", &[Name])]
#[case::raw_strings("r\"a\" r#\"a\"b\"# br##\"\"#\"## cr\"\"", &[Text; 4])]
#[case::strings("\"a\\\"b\" b\"\\\\\" c\"x\" \"a\nb\"", &[Text; 4])]
#[case::characters("'a' '\\'' '\\\\' '\\u{1f600}' b'x' b'\\'' 'é' '😀' '\"'", &[Char; 9])]
#[case::lifetimes("'a 'static '_ &'a", &[Lifetime, Lifetime, Lifetime, Sign(b'&'), Lifetime])]
#[case::raw_names("r#type r#fn r", &[Name; 3])]
#[case::numbers("1 0xfe 1_000u32 2.5 1e-5 1E+5 0b01", &[Number; 7])]
#[case::ranges("0..1 0..=a", &[Number, Arrow(b'.'), Number, Number, Arrow(b'.'), Name])]
#[case::a_field_of_a_tuple("x.0.1", &[Name, Sign(b'.'), Number])]
#[case::hexadecimal("0xe-1", &[Number, Sign(b'-'), Number])]
#[case::a_method_of_a_number("1.max(2)", &[Number, Sign(b'.'), Name, Sign(b'('), Number, Sign(b')')])]
#[case::signs("a::b -> c => d", &[Name, Path, Name, Arrow(b'-'), Name, Arrow(b'='), Name])]
#[case::keywords("fn Self true", &[keyword("fn"), Name, Number])]
#[case::beyond_ascii("größe", &[Name])]
#[case::unterminated_string("a \"b fn", &[Name, Text])]
#[case::unterminated_raw("r##\"a\"# fn", &[Text])]
#[case::unterminated_comment("a /* /* */ fn", &[Name])]
#[case::unterminated_character("'\\x41\nfn", &[Char, keyword("fn")])]
#[case::a_lone_quote("' a", &[Sign(b'\''), Name])]
#[case::nothing("", &[])]
fn a_source_has_these_tokens(#[case] source: &str, #[case] expected: &[Kind]) {
    assert_eq!(kinds(source), expected);
}

/// Every kind of thing that can be cut in its middle.
const PIECES: &[&str] = &[
    "fn f<'a>(x: &'a str) -> u8 { 1 }\n",
    "/* a /* b */ */",
    "r#\"a\"#",
    "br##\"x\"##",
    "\"a\\n\\\"\"",
    "'\\u{41}'",
    "b'\\\\'",
    "1.5e-3_f64",
    "0..=9",
    "a::<b>::c",
    "#![x]",
    "use a::{b, c};",
    "😀é",
    "'",
    "\"",
    "\\",
    "#",
    "r",
    "b'",
    "/*",
    "*/",
    "\n",
    "pub(",
];

/// No panic, the lines are in order and inside the file, and the work ends.
fn is_sound(source: &[u8]) {
    let last = source.iter().filter(|byte| **byte == b'\n').count() as u32 + 1;
    let mut line = 1;
    for token in tokens(source) {
        assert!(token.line >= line && token.line <= last, "{source:?}");
        line = token.line;
    }
    assert!(crate::similar::normal::normal(source).len() <= tokens(source).len());
}

#[test]
fn random_bytes_do_no_harm() {
    let mut random = fastrand::Rng::with_seed(7);
    for _ in 0..3000 {
        let length = random.usize(..200);
        let source: Vec<u8> = std::iter::repeat_with(|| random.u8(..)).take(length).collect();
        is_sound(&source);
        // The same with the bytes that mean something.
        let signs = b"'\"#rbc/*\\\n :.0e-x{}[]()";
        let source: Vec<u8> = source.iter().map(|byte| signs[*byte as usize % signs.len()]).collect();
        is_sound(&source);
    }
}

#[test]
fn pieces_of_rust_in_any_order_and_cut_anywhere_do_no_harm() {
    let mut random = fastrand::Rng::with_seed(7);
    for _ in 0..500 {
        let count = random.usize(1..12);
        let source: String = (0..count).map(|_| PIECES[random.usize(..PIECES.len())]).collect();
        for end in 0..=source.len() {
            is_sound(&source.as_bytes()[..end]);
        }
    }
}

#[test]
fn a_real_source_cut_anywhere_does_no_harm() {
    let source = include_bytes!("../lexer.rs");
    // Every place of its beginning, then every 7th, which meets each kind of token.
    for end in (0..1500).chain((1500..source.len()).step_by(7)) {
        is_sound(&source[..end]);
    }
}
