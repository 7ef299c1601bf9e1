//! Milestone 6: neighbours exchange their borders, generation after generation.
//! Man pages: poll(2), pipe(7), unix(7).

use rstest::rstest;
use testkit::Room;

use super::trace::read;
use super::{TRANSPORTS, dnc, mpirun, reports};

/// A board: its rows.
type Board = Vec<Vec<u8>>;

fn random_board(room: &Room, rows: usize, columns: usize) -> Board {
    (0..rows)
        .map(|_| (0..columns).map(|_| if room.number(0..3) == 0 { b'#' } else { b'.' }).collect())
        .collect()
}

fn text(board: &Board) -> String {
    board.iter().map(|row| String::from_utf8_lossy(row).into_owned() + "\n").collect()
}

/// The board after so many generations on a torus.
fn generation(board: &Board, generations: usize) -> Board {
    let (rows, columns) = (board.len(), board[0].len());
    let mut board = board.clone();
    for _ in 0..generations {
        let lives = |row: usize, column: usize| board[row % rows][column % columns] == b'#';
        let cell = |row: usize, column: usize| {
            let around = (0..9).filter(|&i| i != 4);
            let neighbours =
                around.filter(|i| lives(row + rows + i / 3 - 1, column + columns + i % 3 - 1)).count();
            if neighbours == 3 || (neighbours == 2 && lives(row, column)) { b'#' } else { b'.' }
        };
        board = (0..rows).map(|row| (0..columns).map(|column| cell(row, column)).collect()).collect();
    }
    board
}

#[track_caller]
fn expect_board(room: &Room, board: &Board, generations: usize, n: usize, transport: &str) {
    room.write("board", text(board));
    let command = format!("-n {n} --transport {transport} bin/dnc life -g {generations} board");
    let done = mpirun(room, &command).note(format!("{} rows", board.len())).run();
    done.code(0).stderr("").stdout(text(&generation(board, generations)));
}

/// The board does not depend on the number of ranks: as many as there are rows, more than that, one of them, or a
/// number that does not divide the rows.
#[test]
fn any_number_of_ranks_gives_the_same_board() {
    let room = Room::new();
    let rows = room.number(7..10) as usize;
    let board = random_board(&room, rows, room.number(9..16) as usize);
    for n in 1..=rows + 2 {
        expect_board(&room, &board, 4, n, TRANSPORTS[n % 2]);
    }
    dnc(&room, "life -g 4 board").run().code(0).stdout(text(&generation(&board, 4)));
    dnc(&room, "life -g 0 board").run().code(0).stdout(text(&board));
}

/// The board is a torus: what leaves at an edge comes back at the other. A glider crosses all four edges; and
/// boards of one row or one column are their own neighbours.
#[rstest]
#[case::a_glider_down(&["..#......", "#.#......", ".##......", ".........", ".........", "........."], 40)]
#[case::a_glider_up(&[".........", ".........", ".........", ".##......", "#.#......", "..#......"], 40)]
#[case::a_line_over_the_edge(&["#.......", "........", "........", "........", "#.......", "#......."], 7)]
#[case::one_row(&["##.#..#.#.##"], 5)]
#[case::one_column(&["#", "#", ".", "#", ".", "."], 5)]
#[case::two_rows(&["#.#..##", ".#.#..#"], 6)]
#[case::one_cell(&["#"], 1)]
fn the_board_is_a_torus(#[case] rows: &[&str], #[case] generations: usize) {
    let room = Room::new();
    let board: Board = rows.iter().map(|row| row.as_bytes().to_vec()).collect();
    for n in [1, 2, 3, 6] {
        expect_board(&room, &board, generations, n, "pipes");
    }
}

/// Neighbours exchange two rows a generation, and nothing else: each rank sends at most two messages, each about as
/// long as a row, however many rows it has. A rank that sends its whole part, or sends it through rank 0, pays for
/// each row of the board. Counted in the trace.
#[test]
fn a_generation_costs_two_rows_a_rank() {
    let room = Room::new();
    let (rows, columns, n) = (60, room.number(10..20) as usize, 4);
    room.write("board", text(&random_board(&room, rows, columns)));
    let run = |generations: u64| {
        let name = format!("trace{generations}");
        let command = mpirun(&room, &format!("-n {n} bin/dnc life -g {generations} board"));
        command.env("IPCLAB_TRACE", room.path(&name)).run().code(0);
        let mut cost = vec![(0, 0); n];
        for event in read(&room, &name).into_iter().filter(|event| event.is_send) {
            cost[event.from].0 += 1;
            cost[event.from].1 += event.length;
        }
        cost
    };
    let (few, many) = (run(10), run(30));
    for rank in 0..n {
        let (count, bytes) = (many[rank].0 - few[rank].0, many[rank].1.saturating_sub(few[rank].1));
        let most = (2 * 20, 2 * 20 * (columns + 64));
        assert!(
            (1..=most.0).contains(&count) && bytes <= most.1,
            "a generation costs too much, or nothing\nexpected: for 20 generations more, rank {rank} of {n} sends at most {} messages with {} bytes together\nreceived: {count} messages with {bytes} bytes",
            most.0,
            most.1
        );
    }
}

/// Each rank makes its own rows, and nobody makes a row twice: rank by rank, cells are counted, and their sum is
/// what one process would make. The largest share is that of ceil(rows / N) rows.
#[test]
fn the_rows_are_dealt_out_evenly() {
    let room = Room::new();
    let n = room.number(4..9);
    let (rows, columns, generations) = ((n * room.number(3..7) + room.number(2..n)) as usize, 12, 5);
    let n = n as usize;
    room.write("board", text(&random_board(&room, rows, columns)));

    let done = mpirun(&room, &format!("-n {n} bin/dnc life -g {generations} --report board")).run();
    done.code(0);
    let told = reports(&done);
    let (most, total) = (told.values().copied().max().unwrap_or(0), told.values().sum::<u64>());
    let share = (rows.div_ceil(n) * columns * generations) as u64;
    let all = (rows * columns * generations) as u64;
    let names: Vec<String> = (0..n).map(|rank| format!("rank {rank}")).collect();
    assert!(
        told.keys().eq(names.iter()) && most <= share && total == all,
        "the rows are not shared evenly\nexpected: {n} ranks, {all} cells together, at most {share} in one\nreceived: {} ranks, {total} cells, {most} in one",
        told.len()
    );
}

/// A file that is no board: rows of different lengths, other letters, no row at all. One rank finds out, all must
/// end: status 4, and nothing is printed. mpirun tells which rank has failed.
#[rstest]
#[case::a_short_row("..#\n.#\n###\n", 2)]
#[case::a_long_row("..#\n.#.\n####\n", 3)]
#[case::another_letter("..#\n.x.\n", 2)]
#[case::an_empty_row("\n", 1)]
#[case::nothing("", 1)]
fn a_file_that_is_no_board_is_refused(#[case] board: &str, #[case] line: u64) {
    let room = Room::new();
    room.write("board", board);

    let message = format!("dnc: board: line {line}: not a row of the board\n");
    dnc(&room, "life -g 3 board").run().code(4).stdout("").stderr(message.as_str());
    let done = mpirun(&room, "-n 3 bin/dnc life -g 3 board").run();
    done.code(4).stdout("").stderr(format!("{message}rank 0: exit status 4\n"));
    let done = mpirun(&room, "-n 3 bin/dnc life -g 3 missing").run();
    done.code(1).stdout("").stderr("dnc: missing: No such file or directory\nrank 0: exit status 1\n");
}
