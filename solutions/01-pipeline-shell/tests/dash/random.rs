//! Random programs of the shared grammar. Each comes from a number; a failure prints it, and
//! `DASH_SEED=NUMBER cargo test -p sol01-pipeline-shell --test dash random` runs that one program again.
//!
//! A program has one meaning only: what runs at the same time does not write to the same place or read what the
//! other writes.

use super::two::{dash, difference};

/// How many programs, from seed 0 on.
const PROGRAMS: u64 = 200;

#[test]
fn random_programs_do_the_same_in_psh_and_dash() {
    let Some(dash) = dash("random_programs_do_the_same_in_psh_and_dash") else { return };
    let seed = std::env::var("DASH_SEED").ok().map(|text| text.parse().expect("DASH_SEED is a number"));
    let seeds = seed.map_or(0..PROGRAMS, |seed: u64| seed..seed + 1);
    for seed in seeds {
        let text = Writer::new(seed).program();
        if let Some(difference) = difference(&dash, &text) {
            panic!("DASH_SEED={seed}\n{difference}");
        }
    }
}

/// Writes programs.
struct Writer {
    state: u64,
    /// Files written before the pipeline in work: only these may be read.
    written: Vec<String>,
    names: usize,
    /// A program changes folders or uses files, not both: a file name means one file.
    moves: bool,
}

impl Writer {
    fn new(seed: u64) -> Self {
        let mut writer =
            Self { state: seed.wrapping_mul(2) + 1, written: Vec::new(), names: 0, moves: false };
        writer.moves = writer.below(4) == 0;
        writer
    }

    /// splitmix64: a few lines, and the same on every machine.
    fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, limit: u64) -> u64 {
        self.next() % limit
    }

    fn one(&mut self, of: &[&'static str]) -> &'static str {
        of[self.below(of.len() as u64) as usize]
    }

    fn program(&mut self) -> String {
        let mut text = String::new();
        for _ in 0..1 + self.below(6) {
            text += &self.and_or(0);
            text += self.one(&["\n", "; ", ";", "\n\n", " # a comment; with 'signs\n", "\n# $(\n", " ;\t"]);
        }
        text + "echo $?"
    }

    /// Pipelines in a row; `depth` counts the substitutions around it.
    fn and_or(&mut self, depth: u32) -> String {
        if depth == 0 && !self.moves && self.below(8) == 0 {
            return self.background();
        }
        let mut text = self.pipeline(depth, true);
        for _ in 0..self.below(3) {
            text += self.one(&[" && ", "||", " &&\n", " || # why\n  "]);
            text += &self.pipeline(depth, false);
        }
        text
    }

    /// Writes to a file of its own and is waited for.
    fn background(&mut self) -> String {
        let file = self.new_file();
        let text = format!("{} >{file} & wait $!; echo $?", self.pipeline(1, true));
        self.written.push(file);
        text
    }

    /// `certain`: it runs whatever the others do, so the file it writes exists afterwards.
    fn pipeline(&mut self, depth: u32, certain: bool) -> String {
        let count = [1, 1, 1, 2, 2, 3, 5][self.below(7) as usize];
        let mut text = self.source(depth);
        for _ in 1..count {
            text += self.one(&[" | ", "|", " |\n"]);
            text += self.filter();
        }
        // What a substitution writes, another stage might read at the same time.
        if depth == 0 && !self.moves && self.below(5) == 0 {
            let (file, old) = (self.new_file(), self.written.last().cloned());
            match old.filter(|_| self.below(3) == 0) {
                // The pipeline may read the file it appends to, and would read its own output then.
                Some(old) if !text.contains(&old) => text += &format!(" >>{old}"),
                _ => {
                    text += &format!(" {}{file}", self.one(&[">", "> ", "1>", ">>"]));
                    self.written.extend(certain.then_some(file));
                }
            }
        }
        text
    }

    fn new_file(&mut self) -> String {
        self.names += 1;
        format!("file{}.", self.names)
    }

    /// A command that does not read its input.
    fn source(&mut self, depth: u32) -> String {
        match self.below(12) {
            0 => "true".to_owned(),
            1 => "false".to_owned(),
            2 => format!("sh -c 'exit {}'", self.below(256)),
            3 => "nosuchcommand".to_owned(),
            4 if self.moves => self.one(&["cd sub", "cd", "pwd", "cd /", "cd .", "pwd"]).to_owned(),
            5 if self.moves => "pwd".to_owned(),
            4..=6 if !self.written.is_empty() => self.read_file(),
            7 => format!("sh -c 'echo out; echo err >&2' {}", self.one(&["2>&1", "2>/dev/null", "2>&1 >&2"])),
            8 => format!("$(echo echo) {}", self.words(depth)),
            9 => format!("printf '%s,' {}", self.words(depth)),
            _ => format!("echo {}", self.words(depth)),
        }
    }

    fn read_file(&mut self) -> String {
        let at = self.below(self.written.len() as u64) as usize;
        let file = self.written[at].clone();
        let how = self.one(&["cat ", "cat <", "sort < ", "0<", "wc -c <"]);
        if how == "0<" { format!("0<{file} cat") } else { format!("{how}{file}") }
    }

    /// A command that reads all its input, so that nobody before it is killed.
    fn filter(&mut self) -> &'static str {
        self.one(&[
            "sort",
            "tr a-z A-Z",
            "wc -c",
            "sed s/a/b/",
            "tail -n 1",
            "sh -c 'cat; exit 3'",
            "cat",
            "cat",
        ])
    }

    fn words(&mut self, depth: u32) -> String {
        let words: Vec<_> = (0..self.below(4)).map(|_| self.word(depth)).collect();
        words.join(self.one(&[" ", "  ", "\t", " \\\n "]))
    }

    fn word(&mut self, depth: u32) -> String {
        (0..1 + self.below(3)).map(|_| self.piece(depth)).collect()
    }

    fn piece(&mut self, depth: u32) -> String {
        match self.below(12) {
            0 => "'sin gle # | & ; < >'".to_owned(),
            1 => "\"dou ble 'x' # | &\"".to_owned(),
            2 => self.one(&["''", "\"\"", "\\ ", "\\;", "\\|", "\\#", "\\'", "\\\"", "\\$"]).to_owned(),
            3 => "$?".to_owned(),
            4 => "\"<$?>\"".to_owned(),
            5 if depth < 3 => format!("$({})", self.and_or(depth + 1)),
            6 if depth < 3 => format!("\" $({}) \"", self.and_or(depth + 1)),
            7 if depth < 3 => format!("$( {}; {} )", self.and_or(depth + 1), self.and_or(depth + 1)),
            8 => self.one(&["a#b", "$,", "a=b", "%", "+x", "-y", "1", "22", ",", "@", "_"]).to_owned(),
            _ => self.one(&["a", "bc", "def", "x1", "long-word", "Z"]).to_owned(),
        }
    }
}
