//! Where two sources are equal, as lines.

use super::*;
use crate::similar::class::{Known, Sources, files};

/// A function of five lines that is unlike one with another number.
fn function(number: usize) -> String {
    let signs = ["+", "-", "*", "/", "%"];
    let sign = |place: usize| signs[number / 5_usize.pow(u32::try_from(place).unwrap()) % 5];
    let (one, two, three) = (sign(0), sign(1), sign(2));
    format!(
        "fn f(a: u8) -> u8 {{\n    let b = a {one} (a {two} 1);\n    let c = [b, a {three} b];\n    g(&c, b {one} 2)\n}}\n"
    )
}

fn functions(numbers: &[usize]) -> String {
    numbers.iter().map(|number| function(*number)).collect()
}

fn found(left: &[(&str, String)], right: &[(&str, String)], given: &str) -> Vec<String> {
    let sources = |of: &[(&str, String)]| -> Sources {
        of.iter().map(|(path, text)| ((*path).to_owned(), text.clone().into_bytes())).collect()
    };
    let mut known = Known::default();
    known.add(&sources(&[("given.rs", given.to_owned())]));
    let side = |side: &Side| format!("{} {}-{}", side.path, side.lines.start(), side.lines.end());
    let found = matches(&files(&sources(left), &known), &files(&sources(right), &known));
    found.iter().map(|found| found.sides.each_ref().map(side).join(" = ")).collect()
}

#[test]
fn a_function_is_found_with_its_first_and_last_line() {
    let left = [("a.rs", format!("// mine\n\n{}", function(7)))];
    let right = [("b.rs", function(7))];
    assert_eq!(found(&left, &right, ""), ["a.rs 3-7 = b.rs 1-5"]);
}

#[test]
fn the_longest_is_told_first_and_nothing_twice() {
    let left = [("a.rs", functions(&[7, 8, 9])), ("b.rs", function(40))];
    let right = [("x.rs", format!("{}\n\nstatic A: u8 = 1;\n{}", function(40), functions(&[7, 8, 9])))];
    assert_eq!(found(&left, &right, ""), ["a.rs 1-15 = x.rs 9-23", "b.rs 1-5 = x.rs 1-5"]);
    // The same function twice at one side is once at the other.
    let twice = [("a.rs", functions(&[7, 7]))];
    assert_eq!(found(&twice, &[("b.rs", function(7))], "").len(), 1);
}

#[test]
fn a_line_put_between_does_not_tear_a_match_apart() {
    let torn = function(7).replace("let c", "println!(\"{}\", b);\n    let c");
    let left = [("a.rs", format!("{}{torn}{}", function(8), function(9)))];
    let right = [("b.rs", functions(&[8, 7, 9]))];
    assert_eq!(found(&left, &right, ""), ["a.rs 1-16 = b.rs 1-15"]);
}

#[test]
fn what_was_given_is_no_match() {
    let all = functions(&[7, 8, 9]);
    assert_eq!(found(&[("a.rs", all.clone())], &[("b.rs", all.clone())], &all), [""; 0]);
    let with_own = format!("{all}{}", functions(&[40, 41]));
    let told = found(&[("a.rs", with_own.clone())], &[("b.rs", with_own)], &all);
    assert_eq!(told.len(), 1, "{told:?}");
    // From about the end of what was given.
    let (first, last) = told[0].split(" = ").next().unwrap()[5..].split_once('-').unwrap();
    assert!(first.parse::<u32>().unwrap() >= 12 && last == "25", "{told:?}");
}

#[test]
fn a_table_is_like_itself_and_ends() {
    let table = format!("const T: [u8; 9999] = [{}];\n", "1, ".repeat(9999));
    let told = found(&[("a.rs", table.clone())], &[("b.rs", format!("fn f() {{}}\n{table}"))], "");
    assert_eq!(told, ["a.rs 1-1 = b.rs 2-2"]);
}
