//! Milestone 1: run one command and give back its status.
//! Man pages: fork(2), execve(2), waitpid(2), environ(7) for PATH.

use rstest::rstest;
use testkit::{Room, one_line, same_bytes};

use super::{program, psh, psh_reads, status};

/// `psh` starts the program with the words of the line as its arguments, waits for it, and ends with
/// its status. A shell that does not wait, or forgets to look at what it waited for, cannot know it.
/// waitpid(2): WIFEXITED, WEXITSTATUS.
#[test]
fn the_command_gets_its_arguments_and_psh_its_status() {
    let room = Room::new();
    let (first, second, code) = (room.word(), room.word(), status(&room));

    psh(&room, format!("printf %s.%s. {first} {second}")).run().code(0).stdout(format!("{first}.{second}."));
    psh(&room, format!("sh -c 'exit {code}'")).run().code(code).stdout("").stderr("");
    psh_reads(&room, format!("echo {first}\n\n# a comment\nsh -c 'exit {code}'\n"))
        .run()
        .code(code)
        .stdout(format!("{first}\n"));
}

/// A word is what the program receives as one argument, blanks included. `argv` has no quotes: the
/// shell takes them away and hands over an array of strings. execve(2).
#[rstest]
#[case::single_quotes_keep_everything("'W  $? \\ \"'", "<W  $? \\ \">")]
#[case::double_quotes_keep_blanks("\"W  V\"", "<W  V>")]
#[case::a_backslash_quotes_one_character("W\\ V \\\\", "<W V><\\>")]
#[case::pieces_that_touch_are_one_word("W'  'V\"  \"W", "<W  V  W>")]
#[case::two_quotes_are_an_empty_argument("W '' \"\" V", "<W><><><V>")]
#[case::a_backslash_and_a_newline_are_nothing("W\\\nV", "<WV>")]
#[case::a_quoted_newline_is_a_character("'W\nV'", "<W\nV>")]
#[case::a_comment_begins_with_a_word("W#V # V", "<W#V>")]
#[case::there_are_no_patterns_and_no_tilde("* ~ [a-z]", "<*><~><[a-z]>")]
fn quotes_keep_words_together(#[case] words: &str, #[case] arguments: &str) {
    let room = Room::new();
    let (w, v) = (room.word(), room.word());
    let fill = |text: &str| text.replace('W', &w).replace('V', &v);

    psh(&room, format!("printf '<%s>' {}", fill(words))).run().code(0).stdout(fill(arguments));
}

/// A process that is killed has no exit status; waitpid tells the signal instead. Shells report it as
/// 128 + n, so that a script can see it. waitpid(2): WIFSIGNALED, WTERMSIG; signal(7).
#[rstest]
#[case::killed("KILL", 128 + 9)]
#[case::terminated("TERM", 128 + 15)]
#[case::hung_up("HUP", 128 + 1)]
#[case::interrupted("INT", 128 + 2)]
fn a_signal_death_becomes_128_plus_the_signal(#[case] signal: &str, #[case] code: i32) {
    let room = Room::new();
    psh(&room, format!("die {signal}")).run().code(code).stdout("");
}

/// 127: there is no such program. 126: there is one, and it cannot be executed. The difference tells
/// the user what to repair. execve(2), section ERRORS: ENOENT, EACCES, ENOEXEC, E2BIG.
#[rstest]
#[case::not_in_path("no_W", 127, "psh: no_W: command not found\n")]
#[case::no_such_path("./no_W", 127, "psh: ./no_W: No such file or directory\n")]
#[case::no_execute_permission("./plain", 126, "psh: ./plain: Permission denied\n")]
#[case::a_folder("./folder", 126, "psh: ./folder: ")]
#[case::not_a_program("./garbage", 126, "psh: ./garbage: Exec format error\n")]
#[case::a_word_of_200_000_bytes("printf LONG", 126, "psh: printf: Argument list too long\n")]
fn a_missing_command_is_127_and_a_forbidden_one_126(
    #[case] line: &str,
    #[case] code: i32,
    #[case] message: &str,
) {
    let room = Room::new();
    let word = room.word();
    room.write("plain", "#!/bin/sh\necho never\n");
    room.mkdir("folder");
    room.executable("garbage", "\u{1}\u{2} no program\n");
    let fill = |text: &str| text.replace('W', &word).replace("LONG", &"x".repeat(200_000));

    psh_reads(&room, format!("echo {word}\n{}\n", fill(line)))
        .run()
        .code(code)
        .stdout(format!("{word}\n"))
        .stderr(one_line(fill(message)));
}

/// When exec fails, the child is still a copy of the shell. If it does not end at once, two shells
/// carry out the rest of the text, and everything happens twice. _exit(2), and why not exit(3).
#[rstest]
#[case::not_found("no_such_command")]
#[case::not_executable("./plain")]
fn a_failed_exec_leaves_no_second_shell(#[case] command: &str) {
    let room = Room::new();
    room.write("plain", "");
    let (before, after) = (room.word(), room.word());

    psh(&room, format!("echo {before}; {command}; echo {after}"))
        .run()
        .code(0)
        .stdout(format!("{before}\n{after}\n"));
}

/// A line is understood whole before any of it runs: half a line may do more harm than none. After a
/// syntax error `psh` ends with status 2 and has run nothing of that line, and nothing after it.
#[rstest]
#[case::an_unclosed_quote("echo V; echo 'V")]
#[case::an_unclosed_substitution("echo V; echo $(echo V")]
#[case::an_empty_stage("echo V | | cat")]
#[case::an_empty_command("echo V; ; echo V\necho V")]
#[case::nothing_before_and("&& echo V\necho V")]
#[case::nothing_after_the_pipe("echo V |")]
#[case::no_file_name("echo V >")]
#[case::a_parenthesis("(echo V)\necho V")]
#[case::a_variable("echo V; echo $HOME")]
#[case::a_backquote("echo V; echo `echo V`")]
#[case::a_nul_byte("echo V; echo \0")]
fn a_syntax_error_runs_nothing_of_the_line(#[case] broken: &str) {
    let room = Room::new();
    let (word, never) = (room.word(), room.word());
    let line = broken.replace('V', &never);

    psh_reads(&room, format!("echo {word}\n{line}\n"))
        .run()
        .code(2)
        .stdout(format!("{word}\n"))
        .stderr(one_line("psh: syntax error: "));
}

/// `psh` and the command it starts share one standard input, and one offset in it. What a shell has
/// read into its own buffer is lost for the command: read(2) takes it away for everybody.
#[rstest]
#[case::from_a_pipe(false)]
#[case::from_a_file(true)]
fn the_rest_of_standard_input_belongs_to_the_command(#[case] from_a_file: bool) {
    let room = Room::new();
    let (first, rest) = (room.word(), room.lines(300));
    let script = format!("head -c 9\n{first}\ncat\n{rest}");
    let wanted = format!("{first}\n{rest}");

    let command = room.command(program());
    let done = match from_a_file {
        true => command.stdin_from(room.write("script", &script)).run(),
        false => command.stdin(script).run(),
    };
    done.code(0);
    same_bytes("the standard input of `cat`", wanted.as_bytes(), &done.output().stdout);
}
