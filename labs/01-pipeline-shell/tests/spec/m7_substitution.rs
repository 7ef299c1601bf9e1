//! Milestone 7: `$(..)`, the output of a command as text, and `<<<`, a text as input.
//! Man pages: pipe(7), read(2), fork(2), memfd_create(2).

use rstest::rstest;
use testkit::{Room, only_descriptors, same_bytes};

use super::{psh, psh_reads, status};

/// Unquoted, the output is cut into words at blanks, tabs and newlines; in double quotes it stays one
/// word. What expands to nothing disappears, or, in quotes, is an empty argument.
#[rstest]
#[case::words("$(printf ' W  V\\t\\nW\\n\\n')", "<W><V><W>")]
#[case::quoted_it_is_one_word("\"$(printf ' W  V\\t\\nW\\n\\n')\"", "< W  V\t\nW>")]
#[case::nothing_disappears("W $(true) V", "<W><V>")]
#[case::quoted_nothing_is_an_argument("W \"$(true)\" V", "<W><><V>")]
#[case::pieces_join("V$(echo W V)W", "<VW><VW>")]
#[case::output_is_not_read_as_a_line("$(echo 'W | V ; * > $? \"')", "<W><|><V><;><*><>><$?><\">")]
#[case::in_single_quotes_it_is_text("'$(echo W)'", "<$(echo W)>")]
#[case::the_status_is_a_word("$? \"$?\" x$?", "<0><0><x0>")]
#[case::a_whole_list("$(echo W; echo V | cat && echo W)", "<W><V><W>")]
fn output_becomes_words(#[case] words: &str, #[case] arguments: &str) {
    let room = Room::new();
    let (w, v) = (room.word(), room.word());
    let fill = |text: &str| text.replace('W', &w).replace('V', &v);

    psh(&room, format!("printf '<%s>' {}", fill(words))).run().code(0).stdout(fill(arguments));
}

/// The child writes and psh reads, at the same time. A shell that waits for the child's end before it
/// reads, waits for a child that waits for room in a full pipe: a deadlock, as soon as the output is
/// larger than the pipe. Newlines at the end are cut and NUL bytes dropped, however many they are.
#[rstest]
#[case::text("", 0)]
#[case::newlines_at_the_end("\n", 2 * 1024 * 1024)]
#[case::nul_bytes("\0", 3 * 1024 * 1024)]
fn megabytes_come_back_without_a_deadlock(#[case] filler: &str, #[case] count: usize) {
    let room = Room::new();
    let (word, lines) = (room.word(), if count == 0 { room.lines(250_000) } else { String::new() });
    room.write("text", format!("{lines}{word}{}", filler.repeat(count)));

    psh(&room, "cat <<<\"$(cat text)\"").stdout_to("output").run().code(0).stderr("");
    let wanted = format!("{lines}{word}\n");
    same_bytes("what `$(cat text)` gave", wanted.as_bytes(), &room.read("output"));
}

/// A list in a list in a list: each level is a shell of its own, with a pipe of its own. An end that a
/// level inherits from the one above, and keeps, is an end of file that never comes.
#[rstest]
#[case::twice(2)]
#[case::ten_times(10)]
#[case::fifty_times(50)]
fn substitutions_nest(#[case] depth: usize) {
    let room = Room::new();
    let word = room.word();
    let text = format!("{}echo {word}{}", "echo x$(".repeat(depth), ")".repeat(depth));

    psh(&room, text).run().code(0).stdout(format!("{}{word}\n", "x".repeat(depth)));
}

/// A command of which nothing is left has no status of its own: it takes the one of the substitution.
/// Otherwise the command's status counts, and the substitution's is lost.
#[rstest]
#[case::kept("$(sh -c 'exit A'); echo $?", "A\n")]
#[case::of_the_last_one("$(sh -c 'exit B') $(sh -c 'exit A'); echo $?", "A\n")]
#[case::killed("$(die KILL); echo $?", "137\n")]
#[case::lost("echo $(sh -c 'exit A'); echo $?", "\n0\n")]
#[case::seen_inside("echo $(sh -c 'exit A'; echo $?)", "A\n")]
#[case::of_a_list("$(sh -c 'exit B'; exit A; echo never); echo $?", "A\n")]
fn the_status_of_a_substitution_is_kept_when_nothing_else_is_left(#[case] line: &str, #[case] wanted: &str) {
    let room = Room::new();
    let (a, b) = (status(&room).to_string(), status(&room).to_string());
    let fill = |text: &str| text.replace('A', &a).replace('B', &b);

    psh(&room, fill(line)).run().code(0).stdout(fill(wanted));
}

/// A program ends its last line with a newline, the words of a line have none: newlines at the end are
/// cut, all of them, and nothing else.
#[test]
fn only_newlines_at_the_end_are_cut() {
    let room = Room::new();
    let word = room.word();
    room.write("text", format!("\n\n {word}\n\n{word} \t\n\n\n\n"));

    psh(&room, "printf '<%s>' \"$(cat text)\"").run().code(0).stdout(format!("<\n\n {word}\n\n{word} \t>"));
}

/// `$(..)` is a shell in a child: it may move, end or break itself, the shell that asked is the same as
/// before. And what it starts has the usual three descriptors, not the pipe behind them. fork(2).
#[test]
fn a_substitution_runs_in_a_child() {
    let room = Room::new();
    let (word, here) = (room.word(), room.dir().display().to_string());

    psh(&room, format!("echo $(cd /; pwd); pwd; echo $(exit 3; echo never) {word}"))
        .run()
        .code(0)
        .stdout(format!("/\n{here}\n{word}\n"));
    psh(&room, "cat <<<\"$(fds)\" >inside; fds >after; echo $(sh -c 'fds >deeper' | cat)").run().code(0);
    only_descriptors("`fds` in `$(fds)`", &room.read("inside"), &[0, 1, 2]);
    only_descriptors("the command after it", &room.read("after"), &[0, 1, 2]);
    only_descriptors("a stage inside `$(..)`", &room.read("deeper"), &[0, 1, 2]);
}

/// `<<< WORD` is the word and a newline as standard input: one word, expanded, not split. No program
/// has to write it, and no file has to hold it.
#[rstest]
#[case::a_word("cat <<<W", "W\n")]
#[case::quoted("cat <<<' W  V '", " W  V \n")]
#[case::a_substitution_is_not_split("cat <<<$(printf 'W  V\\n\\n')", "W  V\n")]
#[case::empty("cat <<<''", "\n")]
#[case::at_another_descriptor("sh -c 'cat <&5' 5<<<W", "W\n")]
#[case::in_a_pipeline("cat <<<W | cat", "W\n")]
#[case::the_last_one_counts("cat <<<V <<<W", "W\n")]
#[case::for_several_commands("cat <<<W; cat <<<V", "W\nV\n")]
fn a_here_string_is_the_input(#[case] line: &str, #[case] output: &str) {
    let room = Room::new();
    let (word, other) = (room.word(), room.word());
    let fill = |text: &str| text.replace('W', &word).replace('V', &other);

    psh(&room, fill(line)).run().code(0).stdout(fill(output));
}

/// Whoever writes a long text into a pipe *before* the reader runs, waits for a reader that never comes:
/// the pipe is full at 64 KiB, and this text has 180 000 bytes. pipe(7); memfd_create(2) or a
/// file without a name are ways out, a child that writes is another.
#[test]
fn a_large_here_string_does_not_block() {
    let room = Room::new();
    let lines = room.lines(20_000);
    let word = room.word();
    let script = format!("cat <<<'{lines}{word}' >output\nwc -c <<<'{word}'\n");

    psh_reads(&room, script).run().code(0).stdout("9\n").stderr("");
    same_bytes("the here-string", format!("{lines}{word}\n").as_bytes(), &room.read("output"));
}
