//! What the parser makes of a line, and how many lines it takes.

use super::*;
use crate::ast::{Piece, Value};

/// Parses the first logical line of `text`; also returns how many physical lines that took.
fn parse(text: &str) -> (Parsed<Option<List>>, usize) {
    let mut lines = text.split_inclusive('\n');
    let mut taken = 0;
    let parsed = parse_line(&mut |line| {
        let next = lines.next();
        taken += usize::from(next.is_some());
        line.extend_from_slice(next.unwrap_or_default().as_bytes());
        Ok(next.is_some())
    });
    (parsed, taken)
}

fn list(text: &str) -> List {
    match parse(text) {
        (Ok(Some(list)), _) => list,
        other => panic!("{text:?} gives {other:?}"),
    }
}

fn texts(text: &str) -> Vec<String> {
    list(text).items.iter().map(|item| String::from_utf8_lossy(&item.text).into_owned()).collect()
}

fn plain(text: &str) -> Word {
    Word::Pieces(vec![Piece::Text(text.into())])
}

fn words(text: &str) -> Vec<Word> {
    list(text).items[0].first.commands[0].words.clone()
}

#[test]
fn quotes_and_backslashes_join_pieces_to_a_word() {
    assert_eq!(words(r#"a'b  c'"d\"\\e\f" \ g"#), [plain(r#"ab  cd"\e\f"#), plain(" g")]);
}

#[test]
fn a_line_takes_only_the_lines_it_needs() {
    let takes = [("a\nb", 1), ("a |\nb\nc", 2), ("a &&\n\n# c\nb\nc", 4), ("'a\nb'\nc", 2)];
    for (text, count) in [("a \\\nb\nc", 2), ("$(a\nb)\nc", 2), ("a\\", 1)].into_iter().chain(takes) {
        assert_eq!(parse(text).1, count, "{text:?}");
    }
}

#[test]
fn the_text_of_a_job_is_its_source_without_blanks_around() {
    assert_eq!(texts(" a  b|c >d & e && f ; g # h"), ["a  b|c >d", "e && f", "g"]);
}

#[test]
fn a_digit_belongs_to_an_operator_only_if_it_stands_alone() {
    let numbers = |text| -> Vec<_> {
        let command = &list(text).items[0].first.commands[0];
        command.redirections.iter().map(|redirection| redirection.descriptor).collect()
    };
    assert_eq!(numbers("a 2>f 12>f b3>f '4'>f 5<<<w 6>&1 7 >f <f"), [2, 1, 1, 1, 5, 6, 1, 0]);
}

#[test]
fn a_list_in_a_word_ends_at_its_own_parenthesis() {
    let Word::Pieces(pieces) = &words("x$(a ')' $(b) # )\n)y")[0] else { panic!("not a list") };
    assert!(matches!(pieces[1], Piece::Result { value: Value::Output(_), quoted: false }));
    assert_eq!(pieces.len(), 3);
}

#[test]
fn what_is_not_a_line_is_a_syntax_error() {
    let wrong =
        "'a|\"a|$(a|$(a;|;|a ;; b|&& a|a &&|a >|a < >b|(a|a )|a & ;|$x|\"$x\"|${a}|$$|a `b`|>&12|<<a|$((1))";
    for text in wrong.split('|').chain(["|", "a ||", "a | | b", "a |", "a\0b"]) {
        assert!(matches!(parse(text).0, Err(ParseError::Syntax(_))), "{text:?} gives {:?}", parse(text).0);
    }
}
