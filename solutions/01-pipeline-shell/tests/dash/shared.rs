//! A conservative test: does a text mean the same in psh as in any POSIX shell? Better to refuse too much.

use std::iter::Peekable;
use std::str::Chars;

/// What begins or ends a compound command, and `!`: ordinary words in psh.
const RESERVED: &[&str] =
    &["!", "if", "then", "elif", "else", "fi", "for", "while", "until", "do", "done", "case", "esac", "in"];

/// Builtins of dash which are no programs, or which do more than the program of that name; `jobs`, `fg` and
/// `wait` speak of pids; a failing `cd` has another status; `env` shows what dash exports.
const BUILTINS: &[&str] = &[
    ".", ":", "alias", "bg", "break", "cd", "command", "continue", "env", "eval", "exec", "export", "fc",
    "fg", "getopts", "hash", "jobs", "kill", "local", "printenv", "read", "readonly", "return", "set",
    "shift", "times", "trap", "type", "ulimit", "umask", "unalias", "unset", "wait",
];

/// Commands that never end, or whose output is another one each time.
const UNSTEADY: &[&str] =
    &["cal", "date", "mktemp", "ps", "sleep", "time", "top", "uptime", "vi", "w", "who", "yes"];

/// The commands of a program of the shared grammar, with their words; `None` if the text may be more than that.
pub(crate) fn commands(text: &str) -> Option<Vec<Vec<String>>> {
    let mut reader = Reader { chars: text.chars().peekable(), found: Vec::new() };
    reader.list(0)?;
    let found = reader.found;
    (!found.is_empty() && found.iter().all(|words| is_plain(words))).then_some(found)
}

fn is_plain(words: &[String]) -> bool {
    let (name, arguments) = (words[0].as_str(), &words[1..]);
    let refused = [RESERVED, BUILTINS, UNSTEADY].iter().any(|list| list.contains(&name));
    let same_arguments = match name {
        // dash's own echo knows only -n, and interprets backslashes.
        "echo" => !arguments.iter().any(|word| word.contains('\\') || word.starts_with('-')),
        "pwd" => arguments.is_empty(),
        "exit" => arguments.len() < 2 && arguments.iter().all(|word| word.parse::<u8>().is_ok()),
        _ => true,
    };
    let begins_well = name.starts_with(|first: char| first.is_ascii_alphanumeric() || "/.[_".contains(first));
    !refused && same_arguments && begins_well && !name.contains('=')
}

struct Reader<'a> {
    chars: Peekable<Chars<'a>>,
    found: Vec<Vec<String>>,
}

impl Reader<'_> {
    fn next_is(&mut self, wanted: char) -> bool {
        self.chars.next_if_eq(&wanted).is_some()
    }

    /// Commands up to the end, or to the `)` of the substitution they are in.
    fn list(&mut self, depth: u32) -> Option<()> {
        let mut words: Vec<String> = Vec::new();
        // Whether a command must follow.
        let mut open = false;
        loop {
            match self.chars.peek().copied() {
                Some(' ' | '\t') => drop(self.chars.next()),
                Some('#') => while self.chars.next_if(|&next| next != '\n').is_some() {},
                Some('<' | '>') if !words.is_empty() => self.redirection()?,
                Some('\\') if self.chars.clone().nth(1) == Some('\n') => drop(self.chars.nth(1)),
                None | Some('\n' | ';' | '|' | '&' | ')') => {
                    let end = self.chars.next();
                    let joins = end.is_some_and(|end| "|&".contains(end));
                    // `&&`, `||` and `|`; nothing in the background, and no `;;`.
                    let is_complete = match end {
                        Some('&') => self.next_is('&'),
                        Some('|') => self.next_is('|') || self.chars.peek() != Some(&'&'),
                        Some(';') => self.chars.peek() != Some(&';'),
                        Some(')') => depth > 0,
                        None => depth == 0,
                        _ => true,
                    };
                    let is_empty = words.is_empty();
                    if !is_complete || is_empty && (joins || end == Some(';') || open && end != Some('\n')) {
                        return None;
                    }
                    open = joins || open && is_empty;
                    self.found.extend((!is_empty).then(|| std::mem::take(&mut words)));
                    if matches!(end, None | Some(')')) {
                        return Some(());
                    }
                }
                Some(_) => words.push(self.word(depth)?),
            }
        }
    }

    /// Only what cannot fail: /dev/null and the two standard outputs.
    fn redirection(&mut self) -> Option<()> {
        let reads = self.chars.next() == Some('<');
        if !reads && self.next_is('&') {
            return self.chars.next_if(|next| "12".contains(*next)).and(self.at_end_of_word());
        }
        if !reads {
            self.next_is('>');
        }
        while self.next_is(' ') {}
        "/dev/null".chars().all(|wanted| self.next_is(wanted)).then_some(()).and(self.at_end_of_word())
    }

    fn at_end_of_word(&mut self) -> Option<()> {
        self.chars.peek().is_none_or(|next| " \t\n;|&)<>".contains(*next)).then_some(())
    }

    fn word(&mut self, depth: u32) -> Option<String> {
        let mut word = String::new();
        while let Some(next) = self.chars.next_if(|next| !" \t\n;|&)<>".contains(*next)) {
            match next {
                '\'' => loop {
                    match self.chars.next()? {
                        '\'' => break,
                        inner => word.push(inner),
                    }
                },
                '"' => self.double_quotes(&mut word, depth)?,
                '\\' => word.extend(['\\', self.chars.next().filter(|next| *next != '\n')?]),
                '$' => self.dollar(depth)?,
                // Patterns, groups, functions, home folders, old substitutions.
                '*' | '?' | '(' | '`' | '{' | '}' | '~' => return None,
                other => word.push(other),
            }
        }
        let is_bracket = word == "[" || word == "]";
        (is_bracket || !word.contains(['[', ']'])).then_some(word)
    }

    fn double_quotes(&mut self, word: &mut String, depth: u32) -> Option<()> {
        loop {
            match self.chars.next()? {
                '"' => return Some(()),
                '`' => return None,
                '$' => self.dollar(depth)?,
                '\\' => word.extend(['\\', self.chars.next().filter(|next| *next != '`')?]),
                other => word.push(other),
            }
        }
    }

    /// `$?`, `$(LIST)`, and a `$` that is itself.
    fn dollar(&mut self, depth: u32) -> Option<()> {
        match self.chars.peek().copied() {
            Some('?') => drop(self.chars.next()),
            Some('(') if depth < 5 => {
                self.chars.next();
                // `$((` is arithmetic.
                if self.chars.peek() == Some(&'(') {
                    return None;
                }
                self.list(depth + 1)?;
            }
            Some(' ' | '"' | '.' | ',' | '/' | '%') => {}
            _ => return None,
        }
        Some(())
    }
}
