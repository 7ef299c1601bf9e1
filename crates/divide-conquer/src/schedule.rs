//! A collective operation is a timetable: who sends to whom in which round. Here it is a table that can be printed.
//!
//! ```text
//!   line, 8 ranks: 7 rounds           tree, 8 ranks: 3 rounds
//!   round 1:  0→1                     round 1:  0→1
//!   round 2:  0→2                     round 2:  0→2 1→3
//!   …                                 round 3:  0→4 1→5 2→6 3→7
//! ```
//!
//! Read downwards it spreads a word from rank 0 to all; read upwards, with the arrows turned, it collects.

/// One message of the timetable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Step {
    /// When, from 1 on.
    pub round: u32,
    /// Who knows it already.
    pub from: usize,
    /// Who is told.
    pub to: usize,
}

/// Rank 0 tells everybody itself.
#[must_use]
pub fn line(size: usize) -> Vec<Step> {
    (1..size).zip(1..).map(|(to, round)| Step { round, from: 0, to }).collect()
}

/// Everybody who knows it tells one more, so the number of those who know doubles in each round.
#[must_use]
pub fn tree(size: usize) -> Vec<Step> {
    let (mut steps, mut know, mut round) = (Vec::new(), 1, 1);
    while know < size {
        let told = (0..know).map(|from| Step { round, from, to: from + know });
        steps.extend(told.filter(|step| step.to < size));
        (know, round) = (know * 2, round + 1);
    }
    steps
}

/// The timetable in words, a line for each round.
#[must_use]
pub fn text(steps: &[Step]) -> String {
    let last = steps.iter().map(|step| step.round).max().unwrap_or(0);
    let mut text = String::new();
    for round in 1..=last {
        text += &format!("round {round}:");
        for step in steps.iter().filter(|step| step.round == round) {
            text += &format!(" {}→{}", step.from, step.to);
        }
        text.push('\n');
    }
    text
}
