//! One test a claim: the example of the same name ends well and prints exactly this.
//! The rule, its reason and the man pages stand at the head of the example.

use crate::run::example;

fn shows(name: &str, lines: &[&str]) {
    let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
    example(name).success().stdout(text).stderr("");
}

#[test]
fn both_stubs_have_four_duties() {
    shows(
        "both_stubs_have_four_duties",
        &[
            "client packs    [03, 04, 68, 61, 6c, 6c, 00, 23]",
            "client sends    18 bytes",
            "server receives 18 bytes",
            r#"server unpacks  method 3, room "hall", by 35"#,
            r#"server calls    warm("hall", 35) = Ok(215)"#,
            "server packs    [00, 00, d7]",
            "server sends    13 bytes",
            "client waited   for the return to call 1",
            "client unpacks  215",
        ],
    );
}

#[test]
fn a_remote_call_looks_like_a_local_one() {
    shows(
        "a_remote_call_looks_like_a_local_one",
        &[
            "local : 180 | 155 | () | 235 | Refused: no thermometer goes so far | Refused: no room attic",
            "remote: 180 | 155 | () | 235 | Refused: no thermometer goes so far | Refused: no room attic",
            "the server: exit code 0",
        ],
    );
}

#[test]
fn the_caller_sleeps_until_the_answer_comes() {
    shows(
        "the_caller_sleeps_until_the_answer_comes",
        &[
            "client: before the call",
            "the gate is shut; the client sleeps in recv: true",
            "the gate is open",
            "client: after the call: 185",
            "client: exit code 0",
        ],
    );
}

#[test]
fn a_remote_call_fails_in_more_ways() {
    shows(
        "a_remote_call_fails_in_more_ways",
        &[
            "local:  Refused: no room attic",
            "remote: Refused: no room attic",
            "remote: not sent: 256 bytes are too long, the limit is 255",
            "remote: outcome unknown: the stream has ended",
            "remote: not sent: Broken pipe (os error 32)",
        ],
    );
}

#[test]
fn two_kinds_of_message_go_over_the_wire() {
    shows(
        "two_kinds_of_message_go_over_the_wire",
        &[
            "call, 18 bytes",
            "  00  00 08            length   8 bytes follow the header",
            "  02  01               version  1",
            "  03  01               kind     1 (call)",
            "  04  00 07            client   7",
            "  06  00 01            number   1",
            "  08  2f 6b            crc      over all other bytes",
            "  0a  03               method   3 (warm)",
            "  0b  04               length   4 bytes",
            r#"  0c  68 61 6c 6c      room     "hall""#,
            "  10  ff e7            by       -25",
            "return, 13 bytes",
            "  00  00 03            length   3 bytes follow the header",
            "  02  01               version  1",
            "  03  02               kind     2 (return)",
            "  04  00 07            client   7",
            "  06  00 01            number   1",
            "  08  8d 62            crc      over all other bytes",
            "  0a  00               status   0 (done)",
            "  0b  00 9b            result   155",
            "call, 19 bytes",
            "  00  00 09            length   9 bytes follow the header",
            "  02  01               version  1",
            "  03  01               kind     1 (call)",
            "  04  00 07            client   7",
            "  06  00 02            number   2",
            "  08  22 85            crc      over all other bytes",
            "  0a  03               method   3 (warm)",
            "  0b  05               length   5 bytes",
            r#"  0c  61 74 74 69 63   room     "attic""#,
            "  11  ff e7            by       -25",
            "return, 24 bytes",
            "  00  00 0e            length   14 bytes follow the header",
            "  02  01               version  1",
            "  03  02               kind     2 (return)",
            "  04  00 07            client   7",
            "  06  00 02            number   2",
            "  08  d5 92            crc      over all other bytes",
            "  0a  03               status   3 (refused)",
            "  0b  6e 6f 20 72 6f 6f 6d 20 61 74 74 69 63  reason   no room attic",
        ],
    );
}

#[test]
fn byte_order_makes_another_number() {
    shows(
        "byte_order_makes_another_number",
        &[
            "2026 most significant first:  [00, 00, 07, ea]",
            "2026 least significant first: [ea, 07, 00, 00]",
            "written the one way, read the other: 3926327296",
            "0x01010101 does not show the bug: 16843009",
            "-25 on this wire: [ff, e7]",
            "read the other way: -6145",
        ],
    );
}

#[test]
fn a_struct_in_memory_is_no_message() {
    shows(
        "a_struct_in_memory_is_no_message",
        &[
            "fields: 4 bytes",
            "struct in C's order: 6 bytes",
            "tenths begins at byte 2, not 1",
            "packed one by one: [01, ff, e7, 01], 4 bytes",
            "usize on a machine of 64 bits: 8 bytes",
        ],
    );
}

#[test]
fn a_text_has_an_encoding_and_a_length_in_bytes() {
    shows(
        "a_text_has_an_encoding_and_a_length_in_bytes",
        &[
            "5 characters, 6 bytes",
            "UTF-8:   [06, 4b, c3, bc, 63, 68, 65, 00, d7]",
            r#"unpacked: "Küche", 215"#,
            r#"length counted in characters: "Küch", and Err(Trailing(1))"#,
            "Latin-1: [05, 4b, fc, 63, 68, 65]: Err(NotUtf8)",
        ],
    );
}

#[test]
fn bad_arguments_never_reach_the_procedure() {
    shows(
        "bad_arguments_never_reach_the_procedure",
        &[
            "no method: 2 bytes wanted: 1, there: 0",
            "no arguments: 2 bytes wanted: 1, there: 0",
            "length beyond the end: 2 bytes wanted: 255, there: 6",
            "one byte too many: 2 bytes too many: 1",
            "not UTF-8: 2 the text is not UTF-8",
            "method 99: 1 no method 99 here",
            "executed: 0",
            "over a wire: refused: true; the next call: 180",
        ],
    );
}

#[test]
fn arguments_go_by_value() {
    shows(
        "arguments_go_by_value",
        &[
            "sent, not yet executed; the caller's variable is now cold",
            "the server got warm, made WARM of it",
            "the caller's variable is still cold",
        ],
    );
}

#[test]
fn an_address_means_nothing_elsewhere() {
    shows(
        "an_address_means_nothing_elsewhere",
        &[
            "client: the variable is 215",
            "server: at the same address lies 180",
            "server: the value that was sent is 215",
            "server: exit code 0",
        ],
    );
}

#[test]
fn a_stream_cuts_frames_anywhere() {
    shows(
        "a_stream_cuts_frames_anywhere",
        &[
            "two frames, 27 bytes",
            "one read: 27 bytes: the frame's length: bytes too many: 11",
            "cut in two at each place: 28 times the same two messages",
            "byte by byte: the same",
        ],
    );
}

#[test]
fn a_torn_frame_is_not_executed() {
    shows(
        "a_torn_frame_is_not_executed",
        &[
            "0 of 18 bytes: executed 0, a good end",
            "1 of 18 bytes: executed 0, the stream ended after 1 of 10 bytes",
            "9 of 18 bytes: executed 0, the stream ended after 9 of 10 bytes",
            "10 of 18 bytes: executed 0, the stream ended after 10 of 18 bytes",
            "17 of 18 bytes: executed 0, the stream ended after 17 of 18 bytes",
            "18 of 18 bytes: executed 1, a good end",
        ],
    );
}

#[test]
fn a_length_is_checked_before_it_is_believed() {
    shows(
        "a_length_is_checked_before_it_is_believed",
        &[
            "body of 512: a frame of 522 bytes",
            "body of 513: not packed: a body of 513 bytes, the limit is 512",
            "a header says 513: a body of 513 bytes, the limit is 512; read: 10 bytes",
            "a header says 65535: a body of 65535 bytes, the limit is 512; read: 10 bytes",
        ],
    );
}

#[test]
fn a_crc_finds_every_flipped_bit() {
    shows(
        "a_crc_finds_every_flipped_bit",
        &[
            "144 bits flipped: 16 seen by the length, 128 by the crc, 0 unseen",
            "two bytes change places: same sum: true, same crc: false",
        ],
    );
}

#[test]
fn a_crc_is_no_signature() {
    shows(
        "a_crc_is_no_signature",
        &[
            r#"in between: read "hall""#,
            "in between: made 100 of 5, with a good crc",
            "client: wanted 5 more, and got Ok(280)",
        ],
    );
}

#[test]
fn a_newer_version_is_refused_in_words() {
    shows(
        "a_newer_version_is_refused_in_words",
        &["version 2, call 1: Version: version 2 is not known, 1 is", "version 1, call 1: [00, b4]"],
    );
}

#[test]
fn maybe_loses_calls() {
    shows(
        "maybe_loses_calls",
        &[
            "executed/known to be, 2/2 wanted, when the fault hits",
            "        call 1  return 1  call 2  return 2",
            "Lose    1/1     2/1     1/1     2/1",
            "Double  3/2     2/2     3/2     2/2",
            "Delay   2/1     2/1     2/1     2/1",
            "Flip    1/1     2/1     1/1     2/1",
        ],
    );
}

#[test]
fn at_least_once_may_execute_twice() {
    shows(
        "at_least_once_may_execute_twice",
        &[
            "executed (2 wanted), and the hall, wanted 20.0 degrees, when the fault hits",
            "        call 1    return 1  call 2    return 2",
            "Lose    2: 20.0   3: 21.0   2: 20.0   3: 21.0",
            "Double  3: 21.0   2: 20.0   3: 21.0   2: 20.0",
            "Delay   3: 21.0   3: 21.0   3: 21.0   3: 21.0",
            "Flip    2: 20.0   3: 21.0   2: 20.0   3: 21.0",
        ],
    );
}

#[test]
fn at_most_once_needs_a_table() {
    shows(
        "at_most_once_needs_a_table",
        &[
            "executed/answered, 2/2 wanted, when the fault hits",
            "        call 1  return 1  call 2  return 2",
            "Lose    2/2     2/2     2/2     2/2",
            "Double  2/2     2/2     2/2     2/2",
            "Delay   2/2     2/2     2/2     2/2",
            "Flip    2/2     2/2     2/2     2/2",
        ],
    );
}

#[test]
fn a_retry_keeps_its_number() {
    shows(
        "a_retry_keeps_its_number",
        &[
            "same number: 4 frames, executed 1",
            "new number: first: outcome unknown: no answer",
            "new number: 4 frames, executed 2",
        ],
    );
}

#[test]
fn a_table_that_forgets_executes_again() {
    shows(
        "a_table_that_forgets_executes_again",
        &[
            "limit 100: 10 calls, 10 remembered, executed 10",
            "limit 100: call 10 comes again: executed 10",
            "limit 100: call 7 comes again: executed 10",
            "limit 100: call 1 comes again: executed 10",
            "limit 4: 10 calls, 4 remembered, executed 10",
            "limit 4: call 10 comes again: executed 10",
            "limit 4: call 7 comes again: executed 10",
            "limit 4: call 1 comes again: executed 11",
        ],
    );
}

#[test]
fn an_idempotent_call_may_be_repeated() {
    shows(
        "an_idempotent_call_may_be_repeated",
        &[
            "the hall has 180",
            "set to 185: executed 2 times, the hall has 185",
            "warm by 5 : executed 2 times, the hall has 190",
        ],
    );
}

#[test]
fn a_late_duplicate_undoes_a_newer_call() {
    shows(
        "a_late_duplicate_undoes_a_newer_call",
        &[
            "AtLeastOnce: set 200, set 220: 220",
            "AtLeastOnce: the first try arrives: 200",
            "AtMostOnce: set 200, set 220: 220",
            "AtMostOnce: the first try arrives: 220",
        ],
    );
}

#[test]
fn who_hears_nothing_cannot_know() {
    shows(
        "who_hears_nothing_cannot_know",
        &[
            "client: outcome unknown: the stream has ended; server: code 137, executed 0",
            "client: outcome unknown: the stream has ended; server: code 137, executed 1",
            "the client sees the same: true",
        ],
    );
}

#[test]
fn exactly_once_is_not_always_possible() {
    shows(
        "exactly_once_is_not_always_possible",
        &[
            "times rung when the crash comes    before | between | after both",
            "ring, then note, client gives up   : 0 | 1 | 1",
            "ring, then note, client sends again: 1 | 2 | 1",
            "note, then ring, client gives up   : 0 | 0 | 1",
            "note, then ring, client sends again: 1 | 0 | 1",
        ],
    );
}

#[test]
fn effect_and_note_in_one_step_survive_a_crash() {
    shows(
        "effect_and_note_in_one_step_survive_a_crash",
        &[
            r#"killed before the rename: code 137, the file says "180 0""#,
            r#"started again, sent again: the file says "185 1""#,
            r#"killed after the rename: code 137, the file says "185 1""#,
            r#"started again, sent again: the file says "185 1""#,
        ],
    );
}

#[test]
fn a_late_answer_is_not_the_next_answer() {
    shows(
        "a_late_answer_is_not_the_next_answer",
        &[
            "warm hall: the deadline has passed",
            "temperature bath: 235",
            "late answers thrown away: 1",
            "temperature hall: 185: the call was executed after its deadline",
        ],
    );
}

#[test]
fn a_file_handle_is_a_number_that_the_server_keeps() {
    shows(
        "a_file_handle_is_a_number_that_the_server_keeps",
        &[
            "open: handle 1; again: handle 2",
            r#"read(1, 5): "18.0 ""#,
            r#"read(1, 5): "18.5 ""#,
            r#"read(2, 4): "18.0""#,
            r#"read(1, 100): "19.0""#,
            r#"read(1, 100): """#,
            "close(1), then read: Refused: no handle 1 on this connection",
            "close(1) again: Refused: no handle 1 on this connection",
            r#"read(2, 5): " 18.5""#,
            r#"open ../hall: Refused: "../hall" is no name of a log"#,
        ],
    );
}

#[test]
fn a_handle_belongs_to_its_connection() {
    shows(
        "a_handle_belongs_to_its_connection",
        &[
            "left has handles 1 and 2",
            "right reads handle 1: Refused: no handle 1 on this connection",
            r#"right opens bath: handle 1: "bath""#,
            r#"left's handle 1: "hall""#,
            "left hangs up: the server has 3 descriptors less: a connection and two files",
            r#"right goes on: ": 18.0""#,
        ],
    );
}

#[test]
fn many_small_reads_are_many_messages() {
    shows(
        "many_small_reads_are_many_messages",
        &[
            "200 bytes, 1 a call: 406 messages, 5680 bytes on the wire",
            "200 bytes, 10 a call: 46 messages, 820 bytes on the wire",
            "200 bytes, 100 a call: 10 messages, 334 bytes on the wire",
            "200 bytes, 200 a call: 8 messages, 307 bytes on the wire",
        ],
    );
}

#[test]
fn a_server_lists_its_methods() {
    shows(
        "a_server_lists_its_methods",
        &[
            "older: 0 list() -> text...",
            "older: 1 temperature(room: text) -> i16",
            "older: 2 set(room: text, tenths: i16) -> ()",
            "older: warm would be: NoSuchMethod: no method 3 here",
            "older: two calls: 185",
            "newer: 0 list() -> text...",
            "newer: 1 temperature(room: text) -> i16",
            "newer: 2 set(room: text, tenths: i16) -> ()",
            "newer: 3 warm(room: text, by: i16) -> i16",
            "newer: one call: 185",
        ],
    );
}

#[test]
fn the_wire_may_be_anything_that_carries_bytes() {
    shows(
        "the_wire_may_be_anything_that_carries_bytes",
        &[
            "Unix socket: 185 Refused: no room cave",
            "TCP        : 185 Refused: no room cave",
            "two pipes  : 185 Refused: no room cave",
        ],
    );
}

#[test]
fn a_remote_object_stays_at_the_server() {
    shows(
        "a_remote_object_stays_at_the_server",
        &[
            "left has fire = 1, frost = 2; objects: 2",
            "left sets the limit of fire; 40.0: fire rings: false, frost rings: true",
            "right has fire = 1; objects: 2",
            "right: 40.0 rings: false, 60.0 rings: true",
            "right sets the limit; left: 60.0 rings: false",
            "right guesses left's number: Refused: no alarm 2 on this connection",
        ],
    );
}

#[test]
fn a_dropped_proxy_releases_its_object() {
    shows(
        "a_dropped_proxy_releases_its_object",
        &[
            "two proxies of one object: 1 object",
            "one dropped: 1 object",
            "the other still works: true",
            "a client with two proxies is killed, code 137: 2 objects",
            "its session is cleared: 1 object",
            "the last proxy is dropped: 0 objects",
        ],
    );
}
