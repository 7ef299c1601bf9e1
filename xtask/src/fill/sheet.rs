//! A CSV whose cells can be replaced while every other byte stays: quotes, spaces, line ends, a byte order mark. Pure.
//!
//! The `csv` library gives values and forgets how they were written; here each cell remembers its bytes. That both read
//! the same values is tested.

use std::ops::Range;

const MARK: &str = "\u{feff}";

/// A sheet.
#[derive(Debug)]
pub(super) struct Sheet {
    text: String,
    separator: char,
    /// Of each line, the place of each cell. Empty lines have none, and are no lines here.
    lines: Vec<Vec<Range<usize>>>,
}

impl Sheet {
    /// Reads a sheet. Its separator is the one that its first line has most of.
    ///
    /// # Errors
    /// When it is no UTF-8, a quote is never closed, or it has no line.
    pub(super) fn parse(bytes: Vec<u8>) -> Result<Self, String> {
        let text = String::from_utf8(bytes).map_err(|_| "it is not UTF-8: export it so".to_owned())?;
        let first = text.lines().next().unwrap_or_default();
        let count = |separator: &char| first.matches(*separator).count();
        // The first of equals: `max_by_key` takes the last.
        let separator = ['\t', ';', ','].into_iter().max_by_key(count).unwrap_or(',');
        let lines = lines(&text, separator)?;
        if lines.is_empty() {
            return Err("it is empty".to_owned());
        }
        Ok(Self { text, separator, lines })
    }

    /// How many lines there are, with the header.
    pub(super) fn len(&self) -> usize {
        self.lines.len()
    }

    /// The value of a cell, without the spaces around it; empty where there is none.
    pub(super) fn cell(&self, line: usize, column: usize) -> String {
        let range = self.lines.get(line).and_then(|cells| cells.get(column));
        range.map_or_else(String::new, |range| value(&self.text[range.clone()]).trim().to_owned())
    }

    /// The values of the first line.
    pub(super) fn header(&self) -> Vec<String> {
        (0..self.lines[0].len()).map(|column| self.cell(0, column)).collect()
    }

    /// Whether a line has a cell in this column: only these can be filled.
    pub(super) fn has(&self, line: usize, column: usize) -> bool {
        self.lines.get(line).is_some_and(|cells| column < cells.len())
    }

    /// The sheet with other values in some cells, each given by line and column. A cell that has quotes keeps them.
    pub(super) fn with(&self, mut changes: Vec<(usize, usize, String)>) -> Vec<u8> {
        changes.sort();
        let mut out = String::with_capacity(self.text.len());
        let mut done = 0;
        for (line, column, value) in changes {
            let Some(range) = self.lines.get(line).and_then(|cells| cells.get(column)) else { continue };
            out.push_str(&self.text[done..range.start]);
            let needs = |c: char| c == self.separator || "\"\r\n".contains(c);
            if self.text[range.clone()].starts_with('"') || value.contains(needs) {
                out.push('"');
                out.push_str(&value.replace('"', "\"\""));
                out.push('"');
            } else {
                out.push_str(&value);
            }
            done = range.end;
        }
        out.push_str(&self.text[done..]);
        out.into_bytes()
    }
}

/// Where the cells are.
fn lines(text: &str, separator: char) -> Result<Vec<Vec<Range<usize>>>, String> {
    let start = if text.starts_with(MARK) { MARK.len() } else { 0 };
    let (mut lines, mut cells) = (Vec::new(), Vec::new());
    let (mut begin, mut quoted) = (start, false);
    for (at, c) in text.char_indices().filter(|(at, _)| *at >= start) {
        match c {
            // A doubled quote closes and opens again.
            '"' if quoted || at == begin || text[begin..].starts_with('"') => quoted = !quoted,
            _ if quoted => {}
            c if c == separator => {
                cells.push(begin..at);
                begin = at + c.len_utf8();
            }
            '\n' | '\r' => {
                finish(&mut lines, &mut cells, begin..at);
                begin = at + 1;
            }
            _ => {}
        }
    }
    if quoted {
        return Err(format!("line {}: a quote is never closed", text[..begin].matches('\n').count() + 1));
    }
    finish(&mut lines, &mut cells, begin..text.len());
    Ok(lines)
}

/// Ends a line; one without any character is none.
fn finish(lines: &mut Vec<Vec<Range<usize>>>, cells: &mut Vec<Range<usize>>, last: Range<usize>) {
    if !cells.is_empty() || !last.is_empty() {
        cells.push(last);
        lines.push(std::mem::take(cells));
    }
}

/// What a cell means.
fn value(cell: &str) -> String {
    let inside = cell.strip_prefix('"').map(|rest| rest.strip_suffix('"').unwrap_or(rest));
    inside.map_or_else(|| cell.to_owned(), |inside| inside.replace("\"\"", "\""))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    fn sheet(text: &str) -> Sheet {
        Sheet::parse(text.as_bytes().to_vec()).unwrap()
    }

    #[test]
    fn only_the_cells_that_are_filled_change() {
        let text = "\u{feff}a, \"b\" ,\"c\"\r\n\"x, \"\"y\"\"\",, 1\r\n\r\nlast,\"2\",";
        let sheet = sheet(text);
        assert_eq!(sheet.with(vec![]), text.as_bytes());
        let filled =
            sheet.with(vec![(2, 1, "7".to_owned()), (1, 1, "a,b".to_owned()), (2, 2, "z".to_owned())]);
        let expected = "\u{feff}a, \"b\" ,\"c\"\r\n\"x, \"\"y\"\"\",\"a,b\", 1\r\n\r\nlast,\"7\",z";
        assert_eq!(String::from_utf8(filled).unwrap(), expected);
    }

    #[rstest]
    #[case("a;b;c\n1,5;2;3\n", "1,5")]
    #[case("a\tb\n1;5\t2\n", "1;5")]
    #[case("a\n1;5\n", "1;5")]
    #[case("a,b\n1;5,2\n", "1;5")]
    fn the_separator_is_what_the_header_has(#[case] text: &str, #[case] first: &str) {
        assert_eq!(sheet(text).cell(1, 0), first);
    }

    #[rstest]
    #[case(b"", "it is empty")]
    #[case(b"\xef\xbb\xbf\r\n", "it is empty")]
    #[case(b"a\xff\n", "it is not UTF-8: export it so")]
    #[case(b"a,b\n1,\"2\n", "line 2: a quote is never closed")]
    fn what_is_no_sheet_is_told(#[case] bytes: &[u8], #[case] why: &str) {
        assert_eq!(Sheet::parse(bytes.to_vec()).unwrap_err(), why);
    }

    #[test]
    fn it_reads_what_the_csv_library_reads_and_writes_back_what_it_read() {
        let mut random = fastrand::Rng::with_seed(7);
        for _ in 0..500 {
            let mut writer = ::csv::WriterBuilder::new().flexible(true).from_writer(vec![]);
            let cell = |random: &mut fastrand::Rng| -> String {
                (0..random.usize(..5))
                    .map(|_| random.choice(['a', ' ', ',', ';', '"', '\n', '\r', 'ü']).unwrap())
                    .collect()
            };
            let rows: Vec<Vec<String>> =
                (0..4).map(|_| (0..3).map(|_| cell(&mut random)).collect()).collect();
            writer.write_record(["h,", "h", "i,"]).unwrap();
            rows.iter().for_each(|row| writer.write_record(row).unwrap());
            let bytes = writer.into_inner().unwrap();
            let sheet = Sheet::parse(bytes.clone()).unwrap();
            assert_eq!(sheet.with(vec![]), bytes);
            for (line, row) in rows.iter().enumerate() {
                for (column, cell) in row.iter().enumerate() {
                    assert_eq!(sheet.cell(line + 1, column), cell.trim());
                }
            }
            let (line, column, new) = (random.usize(1..5), random.usize(..3), cell(&mut random));
            let filled = sheet.with(vec![(line, column, new.clone())]);
            let mut reader = ::csv::Reader::from_reader(filled.as_slice());
            let read = reader.records().nth(line - 1).unwrap().unwrap();
            assert_eq!(read.get(column).unwrap(), new);
        }
    }
}
