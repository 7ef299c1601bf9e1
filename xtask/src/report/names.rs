//! A student's name as the name of a file or folder. Pure.

use std::collections::BTreeSet;

use unicode_normalization::UnicodeNormalization as _;
use unicode_normalization::char::is_combining_mark;

/// The most bytes of a name, with its number: file systems take 255, and archives put endings and folders around it.
const BYTES: usize = 120;
/// So many bytes are kept free for the number of a name that is there twice.
const NUMBER: usize = 12;
/// Names that Windows keeps for devices, with any ending; students unpack there what they get.
const DEVICES: [&str; 4] = ["con", "prn", "aux", "nul"];

/// A name that every file system takes: letters and digits of any script, their marks, and `._-@`; everything else is `_`. Of
/// two names that a file system may take for one, because they differ in case or in how an accent is written, the second
/// gets a number.
pub(super) fn file_name(name: &str, taken: &mut BTreeSet<String>) -> String {
    let plain = plain(name);
    let numbered = (2..).map(|number: u64| format!("{plain}-{number}"));
    let free = std::iter::once(plain.clone()).chain(numbered).find(|name| taken.insert(folded(name)));
    free.unwrap_or(plain)
}

fn plain(name: &str) -> String {
    let is_kept = |c: char| c.is_alphanumeric() || is_combining_mark(c) || "._-@".contains(c);
    // Composed: a file system that keeps names as they are gets the usual form.
    let kept = name.nfc().map(|c| if is_kept(c) { c } else { '_' });
    let mut plain: String = kept.skip_while(|c| *c == '.').collect();
    plain.truncate(plain.floor_char_boundary(BYTES - NUMBER));
    // Windows leaves dots at the end away.
    let end = plain.trim_end_matches('.').len();
    plain.replace_range(end.., &"_".repeat(plain.len() - end));
    match plain.as_str() {
        "" => "student".to_owned(),
        _ if is_device(&plain) => format!("_{plain}"),
        _ => plain,
    }
}

fn is_device(name: &str) -> bool {
    let stem = name.split('.').next().unwrap_or_default().to_ascii_lowercase();
    let port = stem.strip_prefix("com").or_else(|| stem.strip_prefix("lpt"));
    DEVICES.contains(&stem.as_str())
        || port.is_some_and(|number| number.len() == 1 && number.bytes().all(|b| b.is_ascii_digit()))
}

/// What names have in common that differ in case or composition only. Upper case first, so that ß is ss; letter by letter, for
/// only a word has a last sigma.
fn folded(name: &str) -> String {
    let upper = name.nfd().flat_map(char::to_uppercase);
    upper.flat_map(char::to_lowercase).nfc().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case::an_umlaut("Jürgen Groß", "Jürgen_Groß")]
    #[case::han("王小明", "王小明")]
    #[case::cyrillic("Ольга Иванова", "Ольга_Иванова")]
    #[case::arabic("محمد", "محمد")]
    #[case::a_virama_and_a_vowel_sign("प्रिया", "प्रिया")]
    #[case::hangul("김민준", "김민준")]
    #[case::an_accent_of_its_own("E\u{301}lodie", "Élodie")]
    #[case::an_apostrophe("O'Neill, \"Sean\"", "O_Neill___Sean_")]
    #[case::the_folder_above("../../etc", "_.._etc")]
    #[case::hidden("...bash", "bash")]
    #[case::a_slash("a/b\\c", "a_b_c")]
    #[case::other_slashes("a\u{2215}b\u{ff0f}c\u{2044}d", "a_b_c_d")]
    #[case::what_turns_the_line("a\u{202e}txt.exe\u{200b}", "a_txt.exe_")]
    #[case::control("a\nb\0c", "a_b_c")]
    #[case::emoji("😀", "_")]
    #[case::nothing("", "student")]
    #[case::only_dots("..", "student")]
    #[case::dots_at_the_end("a..", "a__")]
    #[case::a_device("Nul.txt", "_Nul.txt")]
    #[case::a_port("com1", "_com1")]
    #[case::no_device("Connor", "Connor")]
    fn letters_of_any_script_stay_and_nothing_leads_elsewhere(#[case] name: &str, #[case] expected: &str) {
        assert_eq!(file_name(name, &mut BTreeSet::new()), expected);
    }

    #[rstest]
    #[case::case("Ab", "aB", "aB-2")]
    #[case::composition("Élodie", "E\u{301}lodie", "Élodie-2")]
    #[case::both("ÉLODIE", "e\u{301}lodie", "élodie-2")]
    #[case::sharp_s("Groß", "GROSS", "GROSS-2")]
    #[case::the_last_sigma("ΟΔΟΣ", "οδος", "οδος-2")]
    #[case::what_is_left_out("a/b", "A b", "A_b-2")]
    #[case::no_accent_is_another_name("Müller", "Muller", "Muller")]
    fn no_two_students_share_a_file(#[case] one: &str, #[case] other: &str, #[case] expected: &str) {
        let mut taken = BTreeSet::new();
        file_name(one, &mut taken);
        assert_eq!(file_name(other, &mut taken), expected);
    }

    #[test]
    fn a_number_that_is_somebodys_name_is_not_given_again() {
        let mut taken = BTreeSet::new();
        let names = ["a", "A-2", "A", "a"].map(|name| file_name(name, &mut taken));
        assert_eq!(names, ["a", "A-2", "A-3", "a-4"]);
    }

    #[test]
    fn a_long_name_is_cut_between_letters() {
        for letter in ["x", "ü", "王", "𝒳", "प्"] {
            let mut taken = BTreeSet::new();
            for _ in 0..12 {
                let name = file_name(&letter.repeat(300), &mut taken);
                assert!(name.len() <= BYTES && name.len() > BYTES - NUMBER - 8, "{name}");
            }
            assert_eq!(taken.len(), 12);
        }
    }
}
