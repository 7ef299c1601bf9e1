//! Pure: a report with what differs from run to run replaced.

/// Words before a number that differs from run to run.
const BEFORE_A_NUMBER: [&str; 9] =
    ["pid ", "thread ", "queue ", " set ", "-CONT ", "names ", "owner, and ", "why: ", "` ("];

/// Replaces process ids (of a PID namespace's inside, too) and the like by N, the token by TOKEN, the folder by DIR, ports by PORT, addresses by ADDRESS.
pub(crate) fn normal(text: &str, token: &str, folder: &str) -> String {
    let text = text.replace(folder, "DIR").replace(token, "TOKEN");
    let text = number_after(&text, ", inside ", "").replace(", inside )", ")").replace(", inside ,", ",");
    let text = BEFORE_A_NUMBER.iter().fold(text, |text, word| number_after(&text, word, "N"));
    number_after(&number_after(&text, "127.0.0.1:", "PORT"), "0x", "ADDRESS")
}

/// Replaces the digits (hexadecimal after `0x`) that follow each `word`.
fn number_after(text: &str, word: &str, by: &str) -> String {
    let is_digit = |c: char| if word == "0x" { c.is_ascii_hexdigit() } else { c.is_ascii_digit() };
    let mut parts = text.split(word);
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let rest = part.trim_start_matches(is_digit);
        out.push_str(word);
        out.push_str(if rest.len() == part.len() { "" } else { by });
        out.push_str(rest);
    }
    out
}
