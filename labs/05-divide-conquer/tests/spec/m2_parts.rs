//! Milestone 2: any number of parts, cut where lines end.
//! Man pages: fork(2), waitpid(2), poll(2).

use rstest::rstest;
use testkit::{Errno, Family, Fault, Room};

use super::{dnc, numbers, reports};

/// The result does not depend on the number of processes, and the number of lines need not be a multiple of it.
#[rstest]
#[case(2)]
#[case(3)]
#[case(7)]
#[case(16)]
#[case(63)]
#[case(64)]
fn any_number_of_processes_gives_the_same_sum(#[case] n: usize) {
    let room = Room::new();
    let (text, sum) = numbers(&room, 1000 + room.number(1..64) as usize);
    room.write("numbers", text);

    dnc(&room, &format!("sum -n {n} numbers")).run().code(0).stdout(format!("{sum}\n")).stderr("");
}

/// A file is cut at any byte, its lines are not: a line at a cut belongs to one part, and to one only. Here a line
/// that grows moves every cut over every byte of the others: inside a line, right before its newline, right behind
/// it.
#[test]
fn no_line_is_lost_or_doubled_at_a_cut() {
    let room = Room::new();
    for shift in 0..14 {
        let numbers: Vec<u64> = (0..9).map(|i| room.number(1..10) * 10_u64.pow(i)).collect();
        let first = format!("{}7\n", "0".repeat(shift));
        let text = numbers.iter().fold(first, |text, number| format!("{text}{number}\n"));
        room.write("numbers", text);
        let sum = 7 + numbers.iter().sum::<u64>();
        for n in [2, 3, 5] {
            let done = dnc(&room, &format!("sum -n {n} numbers")).run();
            done.code(0).stdout(format!("{sum}\n"));
        }
    }
}

/// More processes than lines, no line at all, a last line without its newline: each is an ordinary file. A part may
/// be empty.
#[rstest]
#[case::nothing("", "0")]
#[case::one_line("-5\n", "-5")]
#[case::one_line_without_newline("17", "17")]
#[case::three_lines("1\n-20\n300\n", "281")]
#[case::the_last_one_without_newline("1000000\n2\n30", "1000032")]
fn few_lines_or_none_do_no_harm(#[case] text: &str, #[case] sum: &str) {
    for n in [1, 2, 3, 4, 64] {
        let room = Room::new();
        room.write("numbers", text);

        let done = dnc(&room, &format!("sum -n {n} numbers")).trace(Fault::Count).run();
        done.code(0).stdout(format!("{sum}\n")).stderr("");
        done.check(done.forks() < n as u64, format!("at most {} children for `-n {n}`", n - 1));
    }
}

/// A line that is no number ends the run with status 4. The number of the line is that in the file, whoever found
/// it, and of several the first one is told. Empty, blank, a sign alone, too large: none is a number.
#[rstest]
#[case::a_word("word")]
#[case::nothing("")]
#[case::a_sign_alone("-")]
#[case::a_plus("+5")]
#[case::a_blank("5 ")]
#[case::too_large("9223372036854775808")]
fn a_line_that_is_no_number_is_told(#[case] bad: &str) {
    for n in [1, 2, 5] {
        let room = Room::new();
        let mut lines: Vec<String> = (0..100).map(|_| room.number(0..100_000).to_string()).collect();
        let at = room.number(0..100) as usize;
        lines[at] = bad.to_owned();
        if at < 90 {
            lines[95] = "also bad".to_owned();
        }
        room.write("numbers", lines.join("\n") + "\n");

        let done = dnc(&room, &format!("sum -n {n} numbers")).run();
        done.code(4).stdout("").stderr(format!("dnc: numbers: line {}: not a number\n", at + 1));
    }
}

/// The parts are of about the same size: of lines of the same length each process gets its share, give or take one.
/// (A share that is larger is what the others wait for.) And if the third child cannot be made, nobody is left.
#[test]
fn the_parts_are_even() {
    let room = Room::new();
    let n = room.number(6..11) as usize;
    let count = 50 * n + room.number(4..n as u64) as usize;
    let lines: String = (0..count).map(|_| format!("{}\n", room.number(1000..10_000))).collect();
    room.write("numbers", lines);

    let done = dnc(&room, &format!("sum -n {n} --report numbers")).run();
    done.code(0);
    let told = reports(&done);
    let most = (count.div_ceil(n) + 1) as u64;
    let largest = told.values().copied().max().unwrap_or(0);
    let total: u64 = told.values().sum();
    assert!(
        told.len() == n && total == count as u64 && largest <= most,
        "the work is not shared evenly\nexpected: {n} parts, {count} lines together, at most {most} in one\nreceived: {} parts, {total} lines, {largest} in one",
        told.len()
    );

    let failing = Fault::FailCall { family: Family::Fork, nth: 3, errno: Errno::EAGAIN };
    let done = dnc(&room, "sum -n 5 numbers").trace(failing).run();
    done.code(1).stdout("").stderr("dnc: fork: Resource temporarily unavailable\n");
}
