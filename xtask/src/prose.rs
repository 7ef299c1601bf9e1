//! Prose fitted to a width. Pure, but for [`columns`], which asks how wide the screen is.

use std::io::{self, IsTerminal as _};

use textwrap::{Options, WordSeparator, WordSplitter};

/// What a terminal has at least, and what is assumed where none is asked.
pub const COLUMNS: usize = 80;

/// How wide the screen is: what `COLUMNS` says, else the terminal. `None`: nobody looks, so nothing is wrapped.
#[must_use]
pub fn columns() -> Option<usize> {
    let said =
        std::env::var("COLUMNS").ok().and_then(|text| text.parse().ok()).filter(|&columns| columns > 0);
    said.or_else(|| {
        // A serial line may not know its size.
        let size =
            || console::Term::stdout().size_checked().map_or(COLUMNS, |(_, columns)| usize::from(columns));
        io::stdout().is_terminal().then(size)
    })
}

/// Markdown with its paragraphs and list items broken at `width`. Code, tables and headings stay as they are; so
/// does everything without a width.
#[must_use]
pub fn wrap(markdown: &str, width: Option<usize>) -> String {
    let Some(width) = width else { return markdown.to_owned() };
    let mut out: Vec<String> = Vec::new();
    let mut paragraph = String::new();
    let mut is_code = false;
    for line in markdown.lines() {
        let is_fence = line.trim_start().starts_with("```");
        let stays = is_code || is_fence || line.trim().is_empty() || is_block(line, &paragraph);
        is_code ^= is_fence;
        if stays || is_item(line) {
            flush(&mut paragraph, width, &mut out);
        }
        if stays {
            out.push(line.to_owned());
        } else if paragraph.is_empty() {
            line.clone_into(&mut paragraph);
        } else {
            paragraph = format!("{} {}", paragraph.trim_end(), line.trim());
        }
    }
    flush(&mut paragraph, width, &mut out);
    out.join("\n")
}

/// `text` in lines of at most `width` columns, the first one after `label`, the others below it.
#[must_use]
pub fn hang(label: &str, text: &str, width: usize) -> Vec<String> {
    let below = " ".repeat(console::measure_text_width(label));
    textwrap::wrap(text, options(width).initial_indent(label).subsequent_indent(&below))
        .into_iter()
        .map(|line| line.into_owned())
        .collect()
}

/// A table, a heading, or code that is indented (unless it goes on with a list item).
fn is_block(line: &str, before: &str) -> bool {
    let first = line.trim_start();
    first.starts_with('|') || first.starts_with('#') || (before.is_empty() && line.starts_with("    "))
}

fn is_item(line: &str) -> bool {
    let line = line.trim_start();
    let digits = line.trim_start_matches(|c: char| c.is_ascii_digit());
    line.starts_with("- ")
        || line.starts_with("* ")
        || (digits.len() < line.len() && digits.starts_with(". "))
}

fn flush(paragraph: &mut String, width: usize, out: &mut Vec<String>) {
    let text = std::mem::take(paragraph);
    let body = text.trim_start();
    if body.is_empty() {
        return;
    }
    // A list item goes on below its own words.
    let marker = if is_item(&text) { body.find(' ').map_or(0, |at| at + 1) } else { 0 };
    let label = &text[..text.len() - body.len() + marker];
    out.extend(hang(label, &body[marker..], width));
}

/// Words stay whole: nobody could copy a command or a name that was cut.
fn options<'a>(width: usize) -> Options<'a> {
    Options::new(width)
        .break_words(false)
        .word_separator(WordSeparator::AsciiSpace)
        .word_splitter(WordSplitter::NoHyphenation)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "Ask `man 2 fork` who returns
twice, and who does not return at all.

- An item that is long goes on
  below its words.
- Another --option-that-is-long.

```console
$ a line of code that is longer than the others and stays
```
| a | table that is longer than the others |
    indented code stays as it is, too";

    #[test]
    fn paragraphs_and_items_are_broken_and_code_is_not() {
        let expected = "Ask `man 2 fork` who
returns twice, and
who does not return
at all.

- An item that is
  long goes on below
  its words.
- Another
  --option-that-is-long.

```console
$ a line of code that is longer than the others and stays
```
| a | table that is longer than the others |
    indented code stays as it is, too";
        assert_eq!(wrap(TEXT, Some(20)), expected);
    }

    #[test]
    fn nothing_is_broken_where_no_width_is_known() {
        assert_eq!(wrap(TEXT, None), TEXT);
    }

    #[test]
    fn short_lines_are_joined() {
        assert_eq!(wrap("one\ntwo\n\n1. three\n   four", Some(80)), "one two\n\n1. three four");
    }

    #[test]
    fn a_label_stands_before_the_first_line_only() {
        assert_eq!(hang("likely: ", "one two three", 16), ["likely: one two", "        three"]);
    }
}
