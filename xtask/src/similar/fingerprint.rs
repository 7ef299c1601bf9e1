//! Pure: winnowing, after S. Schleimer, D. S. Wilkerson, A. Aiken, "Winnowing: Local Algorithms for Document
//! Fingerprinting", SIGMOD 2003.
//!
//! Every [`NOISE`] tokens in a row have a hash. Of the hashes in every window the smallest is a fingerprint. So two texts
//! that have [`GUARANTEE`] tokens in common have a fingerprint in common, wherever these tokens stand; and what is shorter than
//! [`NOISE`] tokens never counts.

use std::collections::HashSet;

use super::lexer::{Kind, Token};

/// The noise threshold, k of the paper: fewer equal tokens than this are an idiom of the language.
pub const NOISE: usize = 20;
/// The guarantee threshold, t of the paper: so many equal tokens are always found.
pub const GUARANTEE: usize = 28;
/// The hashes of which the smallest is taken, w of the paper.
pub(super) const WINDOW: usize = GUARANTEE - NOISE + 1;

/// An odd number whose powers are spread well.
const BASE: u64 = 0x9e37_79b9_7f4a_7c15;

/// The hash of every [`NOISE`] tokens in a row, by the place of the first.
#[must_use]
pub fn hashes(tokens: &[Token]) -> Vec<u64> {
    let highest = (1..NOISE).fold(1_u64, |power, _| power.wrapping_mul(BASE));
    let mut rolling = 0_u64;
    let mut hashes = Vec::with_capacity(tokens.len().saturating_sub(NOISE - 1));
    for (place, token) in tokens.iter().enumerate() {
        rolling = rolling.wrapping_mul(BASE).wrapping_add(number(token.kind));
        if place + 1 >= NOISE {
            hashes.push(mixed(rolling));
            let first = number(tokens[place + 1 - NOISE].kind);
            rolling = rolling.wrapping_sub(first.wrapping_mul(highest));
        }
    }
    hashes
}

/// Another number for each kind.
fn number(kind: Kind) -> u64 {
    let (class, byte) = match kind {
        Kind::Name => (1, 0),
        Kind::Lifetime => (2, 0),
        Kind::Number => (3, 0),
        Kind::Text => (4, 0),
        Kind::Char => (5, 0),
        Kind::Path => (6, 0),
        Kind::Keyword(place) => (7, place),
        Kind::Arrow(first) => (8, first),
        Kind::Sign(byte) => (9, byte),
    };
    class << 8 | u64::from(byte)
}

/// Spreads a hash over all bits, so that the smallest is any of them (the end of `SplitMix64`).
fn mixed(hash: u64) -> u64 {
    let hash = (hash ^ (hash >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let hash = (hash ^ (hash >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    hash ^ (hash >> 31)
}

/// The same with nothing where everybody was given these tokens.
#[must_use]
pub fn own_hashes(tokens: &[Token], known: &HashSet<u64>) -> Vec<Option<u64>> {
    hashes(tokens).into_iter().map(|hash| (!known.contains(&hash)).then_some(hash)).collect()
}

/// The fingerprints of a file: those of each stretch that nobody was given. So a window that shares nothing with what was given
/// always has a fingerprint of its own.
#[must_use]
pub fn fingerprints(hashes: &[Option<u64>]) -> Vec<u64> {
    let stretches = hashes.split(Option::is_none).map(|stretch| stretch.iter().flatten().copied().collect());
    stretches.filter(|stretch: &Vec<u64>| !stretch.is_empty()).flat_map(|stretch| winnow(&stretch)).collect()
}

/// The smallest hash of each window, each place once; of equals the rightmost (robust winnowing: a long repetition gives one).
fn winnow(hashes: &[u64]) -> Vec<u64> {
    let window = WINDOW.min(hashes.len());
    let mut taken = Vec::new();
    let mut smallest: Option<usize> = None;
    for end in window..=hashes.len() {
        let start = end - window;
        let newest = end - 1;
        match smallest {
            // It is still in the window: only a smaller one replaces it.
            Some(place) if place >= start => {
                if hashes[newest] >= hashes[place] {
                    continue;
                }
                smallest = Some(newest);
            }
            _ => smallest = (start..end).rev().min_by_key(|place| hashes[*place]),
        }
        taken.extend(smallest.map(|place| hashes[place]));
    }
    taken
}

#[cfg(test)]
mod tests {
    use super::*;

    fn random(length: usize, random: &mut fastrand::Rng) -> Vec<Token> {
        let kind = |byte: u8| if byte < 8 { Kind::Name } else { Kind::Sign(byte) };
        (0..length).map(|_| Token { kind: kind(random.u8(..32)), line: 1 }).collect()
    }

    fn of(tokens: &[Token], known: &HashSet<u64>) -> HashSet<u64> {
        fingerprints(&own_hashes(tokens, known)).into_iter().collect()
    }

    #[test]
    fn what_has_the_guarantee_threshold_is_found_wherever_it_stands() {
        let mut rng = fastrand::Rng::with_seed(7);
        for _ in 0..300 {
            let shared = random(GUARANTEE, &mut rng);
            let around = |rng: &mut fastrand::Rng| {
                let (before, after) = (rng.usize(..60), rng.usize(..60));
                [random(before, rng), shared.clone(), random(after, rng)].concat()
            };
            let (one, other) = (around(&mut rng), around(&mut rng));
            let none = HashSet::new();
            assert!(!of(&one, &none).is_disjoint(&of(&other, &none)));
        }
    }

    #[test]
    fn what_is_below_the_noise_threshold_never_counts() {
        let mut rng = fastrand::Rng::with_seed(7);
        let shared = random(NOISE - 1, &mut rng);
        let one = [random(40, &mut rng), shared.clone(), random(40, &mut rng)].concat();
        let other = [random(40, &mut rng), shared, random(40, &mut rng)].concat();
        assert!(of(&one, &HashSet::new()).is_disjoint(&of(&other, &HashSet::new())));
    }

    #[test]
    fn a_hash_is_of_its_tokens_and_not_of_what_stands_before() {
        let mut rng = fastrand::Rng::with_seed(7);
        let tokens = random(NOISE * 3, &mut rng);
        let all = hashes(&tokens);
        for place in 0..all.len() {
            assert_eq!(hashes(&tokens[place..place + NOISE]), [all[place]]);
        }
        assert!(hashes(&tokens[..NOISE - 1]).is_empty());
    }

    #[test]
    fn a_repetition_is_one_fingerprint_and_few_are_taken() {
        let same = vec![Token { kind: Kind::Number, line: 1 }; 1000];
        assert_eq!(of(&same, &HashSet::new()).len(), 1);
        let mut rng = fastrand::Rng::with_seed(7);
        let count = fingerprints(&own_hashes(&random(100_000, &mut rng), &HashSet::new())).len();
        // The paper's density: 2 / (w + 1).
        let expected = 100_000 * 2 / (WINDOW + 1);
        assert!(count.abs_diff(expected) < expected / 20, "{count} of {expected}");
    }

    #[test]
    fn what_is_known_leaves_no_fingerprint_and_hides_nothing_else() {
        let mut rng = fastrand::Rng::with_seed(7);
        for _ in 0..100 {
            let (given, own) = (random(80, &mut rng), random(GUARANTEE, &mut rng));
            let known: HashSet<u64> = hashes(&given).into_iter().collect();
            assert!(of(&given, &known).is_empty());
            let one = [given.clone(), own.clone()].concat();
            let other = [own, given[20..].to_vec()].concat();
            assert!(!of(&one, &known).is_disjoint(&of(&other, &known)));
        }
    }
}
