//! Life in a terminal: one picture over the other, and the cursor comes back whatever ends it.

use crate::run::LECTURE;
use crate::terminal::Terminal;
use nix::sys::signal::Signal;
use std::process::Command;

const HIDE: &str = "\x1b[?25l";
const SHOW: &str = "\x1b[?25h";

fn life(words: &[&str]) -> Command {
    let mut command = LECTURE.program(&["life"]);
    command.args(words).env("TERM", "xterm-256color").env_remove("NO_COLOR");
    command
}

/// A game that only a signal ends.
fn endless() -> Command {
    life(&["acorn", "--pause", "1", "--generations", "1000000"])
}

#[test]
fn on_a_terminal_each_picture_is_drawn_over_the_one_before() {
    let game = life(&["glider", "--rows", "6", "--ranks", "2", "--generations", "4", "--pause", "0"]);
    let (text, status) = Terminal::start(game, 80, 24).end();
    assert_eq!(status.code(), Some(0));
    assert!(text.starts_with(HIDE) && text.ends_with(SHOW), "{text:?}");
    // Five pictures of a head and six rows: the first where the cursor is, the others seven lines up.
    let pictures: Vec<&str> = text.split("\x1b[7A").collect();
    assert_eq!(pictures.len(), 5, "{text:?}");
    for (generation, picture) in pictures.iter().enumerate() {
        assert!(picture.contains(&format!("generation {generation}: 5 cells live\x1b[K\r\n")), "{picture:?}");
        assert_eq!(picture.matches("\x1b[K\r\n").count(), 7, "{picture:?}");
        assert_eq!(picture.matches('#').count(), 5, "{picture:?}");
        assert_eq!(
            picture.matches("\x1b[36m 0  ").count(),
            3,
            "three rows in the colour of rank 0: {picture:?}"
        );
        assert_eq!(
            picture.matches("\x1b[33m 1  ").count(),
            3,
            "three rows in the colour of rank 1: {picture:?}"
        );
    }
}

#[test]
fn no_color_means_no_colours_and_empty_means_not_set() {
    for (value, coloured) in [("1", false), ("", true)] {
        let mut game = life(&["glider", "--generations", "1", "--pause", "0"]);
        game.env("NO_COLOR", value);
        let (text, status) = Terminal::start(game, 80, 24).end();
        assert_eq!(status.code(), Some(0));
        assert_eq!(text.contains("\x1b[36m"), coloured, "NO_COLOR={value}: {text:?}");
        assert!(text.contains("\x1b[21A"), "still animated: {text:?}");
    }
}

#[test]
fn a_terminal_that_cannot_move_its_cursor_gets_plain_text() {
    let mut game = life(&["glider", "--generations", "3"]);
    game.env("TERM", "dumb");
    let (text, status) = Terminal::start(game, 80, 24).end();
    assert_eq!(status.code(), Some(0));
    assert!(!text.contains('\x1b'), "{text:?}");
    assert_eq!(text.matches("generation ").count(), 4);
}

#[test]
fn ctrl_c_brings_the_cursor_back_and_ends_every_rank() {
    let mut terminal = Terminal::start(endless(), 80, 24);
    terminal.until("generation 5:");
    terminal.press(3);
    let (text, status) = terminal.end();
    assert!(text.ends_with(SHOW), "the last thing it writes: {:?}", &text[text.len().saturating_sub(200)..]);
    assert_eq!(status.code(), Some(130));
}

#[test]
fn ctrl_c_is_heard_while_a_rank_stands_still() {
    let game = life(&["acorn", "--pause", "0", "--generations", "1000000", "--ranks", "4"]);
    let mut terminal = Terminal::start(game, 80, 24);
    terminal.until("generation 2:");
    let ranks = [0, 1, 2, 3].map(|number| terminal.child_number(number));
    nix::sys::signal::kill(ranks[1], Signal::SIGSTOP).expect("the rank is there");
    terminal.until_still(&[ranks[0], ranks[2], ranks[3]]);
    terminal.press(3);
    let (text, status) = terminal.end();
    assert!(text.ends_with(SHOW), "{text:?}");
    assert_eq!(status.code(), Some(130));
}

#[test]
fn other_signals_that_end_it_bring_the_cursor_back_too() {
    for signal in [Signal::SIGTERM, Signal::SIGHUP, Signal::SIGQUIT] {
        let mut terminal = Terminal::start(endless(), 80, 24);
        terminal.until("generation 2:");
        terminal.kill(signal);
        let (text, status) = terminal.end();
        assert!(text.ends_with(SHOW), "{signal}");
        assert_eq!(status.code(), Some(128 + signal as i32), "{signal}");
    }
}

#[test]
fn ctrl_z_gives_the_cursor_back_while_it_is_stopped() {
    let mut terminal = Terminal::start(endless(), 80, 24);
    terminal.until("generation 2:");
    terminal.press(26);
    terminal.until_stopped();
    assert!(terminal.drain().ends_with(SHOW));
    terminal.kill(Signal::SIGCONT);
    terminal.until(HIDE);
    terminal.until("generation ");
    terminal.press(3);
    let (text, status) = terminal.end();
    assert!(text.ends_with(SHOW));
    assert_eq!(status.code(), Some(130));
}

#[test]
fn a_rank_that_is_killed_is_named_after_the_cursor_is_back() {
    let mut terminal = Terminal::start(endless(), 80, 24);
    terminal.until("generation 2:");
    let rank = terminal.child_number(2);
    nix::sys::signal::kill(rank, Signal::SIGKILL).expect("the rank is there");
    let (text, status) = terminal.end();
    let end = format!("{SHOW}divide-conquer: rank 2 ended with 137, so all others had to end\r\n");
    assert!(text.ends_with(&end), "{:?}", &text[text.len().saturating_sub(200)..]);
    assert_eq!(status.code(), Some(1));
}

#[test]
fn a_terminal_with_too_little_room_is_named() {
    for (columns, lines) in [(60, 24), (80, 21)] {
        let (text, status) = Terminal::start(life(&["--rows", "20"]), columns, lines).end();
        let expected = format!(
            "divide-conquer: the terminal has {columns} columns and {lines} lines, but 20 rows need 68 and 22: take a \
             larger window, or fewer --rows\r\n"
        );
        assert_eq!(text, expected);
        assert_eq!(status.code(), Some(1));
    }
    let (text, status) = Terminal::start(life(&["--generations", "0"]), 68, 22).end();
    assert!(text.contains("generation 0"), "{text:?}");
    assert_eq!(status.code(), Some(0));
}
