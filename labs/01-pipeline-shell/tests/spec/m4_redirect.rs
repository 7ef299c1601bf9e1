//! Milestone 4: redirections, and lists of commands.
//! Man pages: open(2), dup2(2), umask(2), strerror(3).

use std::os::unix::fs::PermissionsExt as _;

use rstest::rstest;
use testkit::{Room, one_line, only_descriptors, same_bytes};

use super::{psh, psh_reads, status};

/// A redirection opens a file and puts it at the number of a descriptor, before the program starts. The
/// program only ever knows 0, 1 and 2. open(2): O_TRUNC for `>`, O_APPEND for `>>`, O_CREAT for both.
#[rstest]
#[case::standard_input("cat <old", "OLD\n", "OLD\n")]
#[case::standard_output("echo W >new", "", "W\n")]
#[case::an_old_file_is_cut("echo W >old; cat old >new", "", "W\n")]
#[case::appending_keeps_what_was_there("echo W >>old; cat old >new", "", "OLD\nW\n")]
#[case::appending_makes_a_file("echo W >>new; echo V >>new", "", "W\nV\n")]
#[case::standard_error("sh -c 'echo W; echo V >&2' 2>new", "W\n", "V\n")]
#[case::appending_standard_error("sh -c 'echo W >&2' 2>new; sh -c 'echo V >&2' 2>>new", "", "W\nV\n")]
#[case::any_descriptor("sh -c 'cat <&4' 4<old", "OLD\n", "OLD\n")]
#[case::before_the_command(">new <old cat", "", "OLD\n")]
#[case::the_name_is_a_word("echo W >'a b'; cat <a\\ b >\"new\"", "", "W\n")]
#[case::no_command_only_a_file(">new; echo W", "W\n", "")]
#[case::digits_of_a_word_are_no_descriptor("echo W2>new", "", "W2\n")]
fn each_operator_opens_its_file(#[case] line: &str, #[case] output: &str, #[case] file: &str) {
    let room = Room::new();
    let (word, other, old) = (room.word(), room.word(), room.word());
    let fill = |text: &str| text.replace("OLD", &old).replace('W', &word).replace('V', &other);
    room.write("old", format!("{old}\n"));
    room.write("new", if file == "OLD\n" { fill(file) } else { String::new() });

    psh(&room, format!("{}; cat old >>check", fill(line))).run().code(0).stdout(fill(output)).stderr("");
    same_bytes("the file `new`", fill(file).as_bytes(), &room.read("new"));
    assert!(
        !room.read("check").is_empty(),
        "the line ends too early\nexpected: `cat old` runs after the redirected command\nreceived: it does not"
    );
}

/// `2>&1` means "what 1 is *now*", not "whatever 1 becomes". So the order of two redirections is part
/// of their meaning: descriptors are copied like values, not linked like names. dup2(2).
#[rstest]
#[case::copy_then_file("2>&1 >file", "V\n", "W\n")]
#[case::file_then_copy(">file 2>&1", "", "W\nV\n")]
#[case::two_files_the_last_one_counts(">other >file", "", "W\n")]
#[case::changed_places("3>&1 1>&2 2>&3", "V\n", "")]
fn redirections_apply_from_left_to_right(
    #[case] redirections: &str,
    #[case] output: &str,
    #[case] file: &str,
) {
    let room = Room::new();
    let (word, other) = (room.word(), room.word());
    let fill = |text: &str| text.replace('W', &word).replace('V', &other);
    room.write("file", "");

    let done = psh(&room, format!("sh -c 'echo {word}; echo {other} >&2' {redirections}")).run();
    done.code(0).stdout(fill(output));
    same_bytes("the file", fill(file).as_bytes(), &room.read("file"));
}

/// A program that expects its input from a file must not run with another input instead: if one
/// redirection fails, the command does not run, its status is 1, and the rest goes on. open(2), ERRORS.
#[rstest]
#[case::no_such_file("cat <missing", "psh: missing: No such file or directory\n")]
#[case::no_such_folder("echo V >no/file", "psh: no/file: No such file or directory\n")]
#[case::a_folder("echo V >folder", "psh: folder: Is a directory\n")]
#[case::a_closed_descriptor("echo V >&7", "psh: 7: Bad file descriptor\n")]
#[case::the_second_of_two("echo V >made <missing", "psh: missing: No such file or directory\n")]
#[case::of_a_builtin("cd / <missing", "psh: missing: No such file or directory\n")]
#[case::in_a_pipeline("true | cat <missing", "psh: missing: No such file or directory\n")]
fn a_failed_redirection_skips_the_command_and_the_rest_goes_on(#[case] line: &str, #[case] message: &str) {
    let room = Room::new();
    let (word, never) = (room.word(), room.word());
    room.mkdir("folder");

    psh(&room, format!("{}; echo {word} $?; pwd", line.replace('V', &never)))
        .run()
        .code(0)
        .stdout(format!("{word} 1\n{}\n", room.dir().display()))
        .stderr(one_line(message));
}

/// Programs ask for the most, the user's umask takes away: a new file is opened with 0666. With a fixed
/// mode the user's wish is ignored, in the safe or in the unsafe direction. umask(2).
#[rstest]
#[case::nothing_for_others(0o027, 0o640)]
#[case::only_for_me(0o077, 0o600)]
#[case::everything(0o000, 0o666)]
fn a_new_file_gets_mode_0666_less_the_umask(#[case] umask: u32, #[case] wanted: u32) {
    let room = Room::new();
    psh(&room, "echo x >made; echo x >>appended; echo x 5>fifth").umask(umask).run().code(0);

    for name in ["made", "appended", "fifth"] {
        let mode =
            std::fs::metadata(room.path(name)).expect("a file made by psh").permissions().mode() & 0o7777;
        assert!(
            mode == wanted,
            "the mode of `{name}` is not as expected\nexpected: {wanted:04o} under umask {umask:04o}\nreceived: {mode:04o}"
        );
    }
}

/// `a && b` runs b if a succeeded, `a || b` if it failed; both have the same rank and are read from the
/// left. The status that counts is the one of the last pipeline that ran.
#[rstest]
#[case::and_after_success("true && echo W", "W\n", 0)]
#[case::and_after_failure("no && echo V", "", 1)]
#[case::or_after_failure("no || echo W", "W\n", 0)]
#[case::or_after_success("true || echo V", "", 0)]
#[case::from_the_left("no && echo V || echo W", "W\n", 0)]
#[case::equal_rank("true || echo V && echo W", "W\n", 0)]
#[case::a_pipeline_is_one_member("true | no && echo V; no | true && echo W", "W\n", 0)]
#[case::the_line_goes_on("true &&\necho W ||\necho V", "W\n", 0)]
#[case::the_status_in_between("no; echo $?; true; echo $?", "1\n0\n", 0)]
fn and_and_or_take_the_status_from_the_left(#[case] line: &str, #[case] output: &str, #[case] code: i32) {
    let room = Room::new();
    let (word, never) = (room.word(), room.word());
    let fill = |text: &str| {
        text.replace('W', &word)
            .replace('V', &never)
            .replace("no ", "sh -c 'exit 1' ")
            .replace("no;", "sh -c 'exit 1';")
    };

    psh_reads(&room, format!("echo {word}\n{}\n", fill(line)))
        .run()
        .code(code)
        .stdout(format!("{word}\n{}", fill(output)));
}

/// A builtin runs in the shell itself, so its redirection changes the shell's own descriptors. They must
/// be what they were before, afterwards, and the copies kept meanwhile are nobody else's. dup(2),
/// F_DUPFD_CLOEXEC in fcntl(2).
#[test]
fn a_builtins_redirection_is_undone_afterwards() {
    let room = Room::new();
    let word = room.word();
    let here = format!("{}\n", room.dir().display());

    psh(&room, format!("pwd >first; pwd; cd /nowhere 2>second; cd . <first; echo {word} | cat; fds >third"))
        .run()
        .code(0)
        .stdout(format!("{here}{word}\n"))
        .stderr("");
    same_bytes("the output of `pwd >first`", here.as_bytes(), &room.read("first"));
    let second = String::from_utf8_lossy(&room.read("second")).into_owned();
    assert!(
        second.starts_with("psh: cd: "),
        "the message of `cd /nowhere` went elsewhere\nexpected: in the file `second`: psh: cd: ...\nreceived: {second:?}"
    );
    only_descriptors("a command after a redirected builtin", &room.read("third"), &[0, 1, 2]);
}

/// The pipe is laid first, then the redirections of each stage: what the user writes at the command
/// wins. The other side of the pipe sees end of file, or nobody reads what it writes.
#[test]
fn a_redirection_wins_over_the_pipe() {
    let room = Room::new();
    let (word, other) = (room.word(), room.word());
    room.write("old", &other);

    psh(&room, format!("echo {word} >file | wc -c; cat file")).run().code(0).stdout(format!("0\n{word}\n"));
    psh(&room, "true | cat <old").run().code(0).stdout(other.clone());
    psh(&room, format!("sh -c 'echo {word}; echo {other} >&2' 2>&1 >file | cat; cat file"))
        .run()
        .code(0)
        .stdout(format!("{other}\n{word}\n"));
}

/// A program has the descriptors that the line gave it, and no other: not the one from which the file
/// was copied, not those of the command before. dup2(2) leaves the old one open; close(2).
#[test]
fn a_redirected_command_has_only_the_descriptors_it_was_given() {
    let room = Room::new();
    room.write("old", "");

    psh(&room, "fds <old >list 2>>errors").run().code(0).stderr("");
    only_descriptors("`fds <old >list 2>>errors`", &room.read("list"), &[0, 1, 2]);
    psh(&room, "true 6<old | fds 5<old 2>&1 >list; fds >after").run().code(0).stderr("");
    only_descriptors("`fds 5<old 2>&1 >list`", &room.read("list"), &[0, 1, 2, 5]);
    only_descriptors("the command after it", &room.read("after"), &[0, 1, 2]);
    // 3 may be the very number that open(2) gave: then dup2(2) changes nothing, close-on-exec included.
    psh(&room, "fds 3<old 4<old >list").run().code(0).stderr("");
    only_descriptors("`fds 3<old 4<old >list`", &room.read("list"), &[0, 1, 2, 3, 4]);
}

/// A line is as long as its author likes. One of 100 000 commands, or of 10 000 words in a mebibyte, costs
/// memory and no more; a parser or a runner that calls itself for each command runs out of stack.
#[test]
fn a_very_long_line_is_still_a_line() {
    let room = Room::new();
    let (word, code) = (room.word(), status(&room));
    let commands = "cd .;".repeat(100_000);
    let long = word.repeat(13);
    let words: Vec<_> = (0..10_000).map(|number| format!("{long}{number}")).collect();

    psh_reads(&room, format!("{commands} sh -c 'exit {code}'\necho $? {word}\n"))
        .run()
        .code(0)
        .stdout(format!("{code} {word}\n"));
    psh_reads(&room, format!("printf '%s\\n' {} | tail -n 1 #{word}\n", words.join(" ")))
        .run()
        .code(0)
        .stdout(format!("{}\n", words[9_999]));
}
