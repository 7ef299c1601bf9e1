use super::*;
use rstest::rstest;

#[rstest]
#[case("sort", "sort")]
#[case("a\u{1b}[2Jb", "a\\u{1b}[2Jb")]
#[case("evil\u{202e}txt", "evil\\u{202e}txt")]
#[case("0123456789012345678901234567890123456789x", "0123456789012345678901234567890123456789…")]
fn a_name_cannot_steer_a_terminal(#[case] name: &str, #[case] shown: &str) {
    assert_eq!(printable(name, NAME), shown);
}

#[rstest]
#[case(&[], "nobody")]
#[case(&["a"], "a")]
#[case(&["a", "b", "c"], "a, b and c")]
#[case(&["a", "b", "c", "d", "e", "f"], "a, b, c and 3 more")]
fn names_are_joined_and_the_many_are_counted(#[case] parts: &[&str], #[case] joined: &str) {
    assert_eq!(list(&parts.iter().map(ToString::to_string).collect::<Vec<_>>(), "and"), joined);
}

const SHELL: &str = "/labs/target/debug/psh";

fn member(pid: i32, parent: i32, comm: &str, exe: &str, is_copy: bool) -> Process {
    let line =
        format!("{pid} ({comm}) S {parent} 1 1 0 -1 {} 0 0 0 0 0 0 0 0 20 0 1 0 9", i32::from(is_copy) * 64);
    Process {
        pid,
        stat: crate::proc::stat::parse(&line).unwrap(),
        threads: Vec::new(),
        exe: Some(exe.into()),
        program: None,
        tables: Vec::new(),
        is_closed: false,
        network: None,
        has_timers: false,
    }
}

fn names_of(members: Vec<Process>) -> Vec<(String, String)> {
    let pids: Vec<i32> = members.iter().map(|member| member.pid).collect();
    let snapshot = Snapshot::of(members);
    let roles = [Role { exe: SHELL.into(), words: "your shell".to_owned() }];
    let names = Names::new(&snapshot, &roles);
    pids.into_iter().map(|pid| (names.who(pid), names.brief(pid))).collect()
}

#[test]
fn a_copy_of_the_shell_is_told_from_the_shell_and_from_what_it_became() {
    let names = names_of(vec![
        member(12, 1, "psh", SHELL, false),
        member(13, 12, "psh", SHELL, true),
        member(14, 12, "wc", "/usr/bin/wc", false),
        member(15, 12, "psh", SHELL, false),
    ]);
    assert_eq!(names[0].0, "your shell (psh, pid 12)");
    assert_eq!(names[1], ("a copy of your shell (pid 13)".to_owned(), "a copy of your shell".to_owned()));
    assert_eq!(names[2], ("`wc` (pid 14)".to_owned(), "`wc`".to_owned()));
    // Started by exec once more: a shell of its own, so that the short name is no longer enough.
    assert_eq!(names[3], ("your shell (psh, pid 15)".to_owned(), "your shell (psh, pid 15)".to_owned()));
}

#[test]
fn a_renamed_copy_keeps_its_own_name() {
    let names = names_of(vec![
        member(12, 1, "psh", SHELL, false),
        member(13, 12, "reaper", SHELL, true),
        member(20, 1, "main", "/home/me/hangs", false),
        member(21, 20, "client", "/home/me/hangs", true),
        member(22, 20, "main", "/home/me/hangs", true),
    ]);
    let who: Vec<&str> = names.iter().map(|(who, _)| who.as_str()).collect();
    assert_eq!(who[1], "a copy of your shell (reaper, pid 13)");
    assert_eq!(who[2..], ["`main` (pid 20)", "`client` (pid 21)", "a copy of `main` (pid 22)"]);
}

#[test]
fn a_name_that_the_kernel_cut_is_shown_whole() {
    let exe = "/labs/target/debug/a-program-with-a-long-name";
    let names =
        names_of(vec![member(5, 1, "a-program-with-", exe, false), member(6, 1, "other", exe, false)]);
    assert_eq!(names[0].0, "`a-program-with-a-long-name` (pid 5)");
    assert_eq!(names[1].0, "`other` (pid 6)");
}

#[test]
fn every_place_has_a_letter_of_its_own() {
    assert_eq!([letter(0), letter(25), letter(26), letter(53)], ["A", "Z", "A1", "B2"]);
}
