//! Pure: where two members have equal tokens, as line ranges.
//!
//! From left to right each stretch of one member is looked up at the other and made as long as it is equal; the longest is
//! taken, and what is taken is not taken again. What both were given ends a stretch. Stretches that follow each other in both
//! files with little between them are one match.

use std::collections::HashMap;
use std::ops::RangeInclusive;

use super::class::File;
use super::fingerprint::NOISE;

/// What two members have in common.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Match {
    /// Where it stands, in each one's work.
    pub sides: [Side; 2],
    /// How many tokens are equal.
    pub tokens: usize,
}

/// One side of a match.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Side {
    /// The file.
    pub path: String,
    /// Its lines, from 1.
    pub lines: RangeInclusive<u32>,
}

impl Side {
    /// How many lines it has.
    #[must_use]
    pub fn count(&self) -> u32 {
        self.lines.end() - self.lines.start() + 1
    }
}

impl Match {
    /// How many lines it has at the first member.
    #[must_use]
    pub fn lines(&self) -> u32 {
        self.sides[0].count()
    }
}

/// Matches with no more tokens than this between them are shown as one.
const GAP: usize = 30;
/// So many places of one hash of the second member are looked at: a table of numbers is everywhere like itself.
const MOST_PLACES: usize = 16;

/// A stretch of equal tokens: a file and a token on each side, and how many.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Tile {
    files: [usize; 2],
    starts: [usize; 2],
    /// The tokens that are equal; with those between joined stretches, `ends` is farther.
    tokens: usize,
    ends: [usize; 2],
}

/// What `left` and `right` have in common that nobody was given, the longest first.
pub(super) fn matches(left: &[File], right: &[File]) -> Vec<Match> {
    let mut joined: Vec<Tile> = Vec::new();
    for tile in tiles(left, right) {
        match joined.last_mut().filter(|last| follows(last, &tile)) {
            Some(last) => {
                last.tokens += tile.tokens;
                last.ends = tile.ends;
            }
            None => joined.push(tile),
        }
    }
    joined.sort_by_key(|tile| std::cmp::Reverse(tile.tokens));
    joined.iter().map(|tile| found(left, right, tile)).collect()
}

/// Whether a tile comes shortly after another one in both files.
fn follows(last: &Tile, next: &Tile) -> bool {
    let is_near = |side: usize| (last.ends[side]..=last.ends[side] + GAP).contains(&next.starts[side]);
    last.files == next.files && is_near(0) && is_near(1)
}

fn found(left: &[File], right: &[File], tile: &Tile) -> Match {
    let side = |files: &[File], side: usize| {
        let file = &files[tile.files[side]];
        let line = |place: usize| file.tokens[place].line;
        Side { path: file.path.clone(), lines: line(tile.starts[side])..=line(tile.ends[side] - 1) }
    };
    Match { sides: [side(left, 0), side(right, 1)], tokens: tile.tokens }
}

/// The places of each hash.
fn places(files: &[File]) -> HashMap<u64, Vec<(usize, usize)>> {
    let mut places: HashMap<u64, Vec<(usize, usize)>> = HashMap::new();
    for (number, file) in files.iter().enumerate() {
        for (place, hash) in file.hashes.iter().enumerate() {
            let Some(hash) = hash else { continue };
            let places = places.entry(*hash).or_default();
            if places.len() < MOST_PLACES {
                places.push((number, place));
            }
        }
    }
    places
}

/// The stretches, in the order of the left files.
fn tiles(left: &[File], right: &[File]) -> Vec<Tile> {
    let places = places(right);
    let mut taken: Vec<Vec<bool>> = right.iter().map(|file| vec![false; file.tokens.len()]).collect();
    let mut tiles = Vec::new();
    for (number, file) in left.iter().enumerate() {
        let mut at = 0;
        while at < file.hashes.len() {
            let candidates =
                file.hashes[at].and_then(|hash| places.get(&hash)).map_or(&[][..], Vec::as_slice);
            let length = |&(other, place): &(usize, usize)| {
                (equal(file, at, &right[other], place, &taken[other]), (other, place))
            };
            // Of equals the first.
            let longest = candidates.iter().map(length).rev().max_by_key(|(length, _)| *length);
            let Some((tokens, (other, place))) = longest.filter(|(length, _)| *length >= NOISE) else {
                at += 1;
                continue;
            };
            taken[other][place..place + tokens].fill(true);
            let ends = [at + tokens, place + tokens];
            tiles.push(Tile { files: [number, other], starts: [at, place], tokens, ends });
            at += tokens;
        }
    }
    tiles
}

/// How many tokens are equal from here on, which are not taken yet and not of what both were given.
fn equal(left: &File, at: usize, right: &File, place: usize, taken: &[bool]) -> usize {
    let most = (left.tokens.len() - at).min(right.tokens.len() - place);
    let is_equal =
        |step: usize| left.tokens[at + step].kind == right.tokens[place + step].kind && !taken[place + step];
    // No NOISE tokens of it may be of what was given.
    let is_own =
        |step: usize| (step + 1).checked_sub(NOISE).is_none_or(|first| left.hashes[at + first].is_some());
    (0..most).find(|&step| !is_equal(step) || !is_own(step)).unwrap_or(most)
}

#[cfg(test)]
mod tests;
