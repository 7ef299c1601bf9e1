//! The lecture's program: the media player whose output stops for a while.

use crate::run::player;
use crate::trial;
use libtest_mimic::Trial;

const USAGE: &str = "usage: producer-consumer [--policy block|oldest|newest|fail] [--frames N] [--depth D] \
                     [--stop-after K] [--stop-for S]\n";

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        trial("the_decoder_that_waits_loses_nothing", the_decoder_that_waits_loses_nothing),
        trial("the_oldest_frames_are_lost_first", the_oldest_frames_are_lost_first),
        trial("the_newest_frames_are_lost_first", the_newest_frames_are_lost_first),
        trial("a_decoder_that_gives_up_says_so_and_ends_the_film", a_decoder_that_gives_up_ends_the_film),
        trial("a_deep_buffer_loses_nothing_in_a_short_stop", a_deep_buffer_loses_nothing_in_a_short_stop),
        trial("one_frame_a_buffer_is_enough_to_play", one_frame_a_buffer_is_enough_to_play),
        trial("wrong_words_are_refused_and_nothing_is_played", wrong_words_are_refused),
    ]
}

fn the_decoder_that_waits_loses_nothing() {
    player(&[]).code(0).stderr("").stdout(
        "shown on time: 1 2 3\n\
         the output stops\n\
         frame 6: the buffer is full, the decoder waits\n\
         frame 9: the buffer is full, the disk reader waits\n\
         frame 10 is due, the output goes on\n\
         shown late: 4 by 6, 5 by 5, 6 by 4, 7 by 3, 8 by 2, 9 by 1\n\
         shown on time: 10 11 12\n\
         lost: none\n",
    );
}

fn the_oldest_frames_are_lost_first() {
    player(&["--policy", "oldest"]).code(0).stderr("").stdout(
        "shown on time: 1 2 3\n\
         the output stops\n\
         frame 6: the buffer is full, frame 4 is lost\n\
         frame 7: the buffer is full, frame 5 is lost\n\
         frame 8: the buffer is full, frame 6 is lost\n\
         frame 9: the buffer is full, frame 7 is lost\n\
         frame 10: the buffer is full, frame 8 is lost\n\
         frame 10 is due, the output goes on\n\
         shown late: 9 by 1\n\
         shown on time: 10 11 12\n\
         lost: 4 5 6 7 8\n",
    );
}

fn the_newest_frames_are_lost_first() {
    player(&["--policy", "newest"]).code(0).stderr("").stdout(
        "shown on time: 1 2 3\n\
         the output stops\n\
         frame 6: the buffer is full, frame 6 is lost\n\
         frame 7: the buffer is full, frame 7 is lost\n\
         frame 8: the buffer is full, frame 8 is lost\n\
         frame 9: the buffer is full, frame 9 is lost\n\
         frame 10: the buffer is full, frame 10 is lost\n\
         frame 10 is due, the output goes on\n\
         shown late: 4 by 6, 5 by 5\n\
         shown on time: 11 12\n\
         lost: 6 7 8 9 10\n",
    );
}

fn a_decoder_that_gives_up_ends_the_film() {
    player(&["--policy", "fail"]).code(1).stderr("child: no room for frame 6\n").stdout(
        "shown on time: 1 2 3\n\
         the output stops\n\
         frame 6: the buffer is full, the decoder gives up\n\
         frame 6 is due, the output goes on\n\
         shown late: 4 by 2, 5 by 1\n\
         lost: 6 and all after it\n",
    );
}

/// Each number of frames that fits is shown late, and none is lost, whatever the policy.
fn a_deep_buffer_loses_nothing_in_a_short_stop() {
    for policy in ["block", "oldest", "newest", "fail"] {
        player(&[
            "--policy",
            policy,
            "--frames",
            "5",
            "--depth",
            "4",
            "--stop-after",
            "0",
            "--stop-for",
            "4",
        ])
        .code(0)
        .stderr("")
        .stdout(
            "the output stops\n\
                 frame 4 is due, the output goes on\n\
                 shown late: 1 by 3, 2 by 2, 3 by 1\n\
                 shown on time: 4 5\n\
                 lost: none\n",
        );
    }
}

fn one_frame_a_buffer_is_enough_to_play() {
    let words =
        ["--policy", "oldest", "--depth", "1", "--frames", "300", "--stop-after", "299", "--stop-for", "1"];
    let on_time: Vec<String> = (1..300).map(|frame| frame.to_string()).collect();
    player(&words).code(0).stderr("").stdout(format!(
        "shown on time: {}\nthe output stops\nframe 300 is due, the output goes on\nshown on time: 300\nlost: none\n",
        on_time.join(" ")
    ));
}

fn wrong_words_are_refused() {
    for (words, reason) in [
        (&["--policy"][..], "--policy has no value"),
        (&["--policy", "best"], "no policy best"),
        (&["--frames", "many"], "--frames many: not a number: invalid digit found in string"),
        (&["--frames", "0"], "--frames 0: not from 1 to 1000"),
        (&["--depth", "3"], "--depth 3: not 1, 2, 4, 8 or 16"),
        (&["--depth", "0"], "--depth 0: not 1, 2, 4, 8 or 16"),
        (&["--stop-for", "0"], "the output cannot stop after 3 for 0 of 12 frames"),
        (&["--frames", "9"], "the output cannot stop after 3 for 7 of 9 frames"),
        (&["--speed", "2"], "no option --speed"),
    ] {
        player(words).code(2).stdout("").stderr(format!("producer-consumer: {reason}\n{USAGE}"));
    }
}
