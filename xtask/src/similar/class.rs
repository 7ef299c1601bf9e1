//! Pure: the members of one lab, each with the fingerprints of what is its own, and the pairs that have some in common.
//!
//! No text is compared with another one: a map from each fingerprint to those who have it gives how many each pair has in
//! common. The time grows with what is shared.

use std::borrow::Cow;
use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap, HashSet};

use anyhow::Result;

use super::fingerprint::{NOISE, WINDOW, fingerprints, hashes, own_hashes};
use super::lexer::Token;
use super::normal::normal;
use super::region::{self, Match};
use super::{FEWEST, LONG, MATCHED, SHOWN, THRESHOLD};

/// Half a match of [`LONG`] tokens has so many fingerprints in a row, whatever its hashes are. Half, because a line put into its
/// middle makes two of it.
const RUN: u32 = ((LONG / 2 - NOISE + 1) / WINDOW) as u32;

/// Sources by their paths in the lab: `src/run.rs`.
pub type Sources = BTreeMap<String, Vec<u8>>;

/// A file, ready to be compared.
#[derive(Debug)]
pub(super) struct File {
    pub(super) path: String,
    pub(super) tokens: Vec<Token>,
    /// See [`own_hashes`].
    pub(super) hashes: Vec<Option<u64>>,
}

/// What everybody was given, as hashes.
#[derive(Debug, Default)]
pub struct Known {
    pub(super) hashes: HashSet<u64>,
}

impl Known {
    /// Adds sources that everybody has: the starter, the lecture.
    pub fn add(&mut self, sources: &Sources) {
        for source in rust(sources) {
            self.hashes.extend(hashes(&normal(source.1)));
        }
    }
}

/// A member of the class.
#[derive(Debug)]
pub struct Author {
    /// The member's name.
    pub name: String,
    /// Each fingerprint once, in the order of the work.
    own: Vec<u64>,
}

impl Author {
    /// Takes a member's work apart.
    #[must_use]
    pub fn new(name: &str, sources: &Sources, known: &Known) -> Self {
        let files = files(sources, known);
        let mut seen = HashSet::new();
        let all = files.iter().flat_map(|file| fingerprints(&file.hashes));
        let own = all.filter(|print| seen.insert(*print)).collect();
        Self { name: name.to_owned(), own }
    }

    /// How many fingerprints the work has that nobody was given.
    #[must_use]
    pub fn own(&self) -> usize {
        self.own.len()
    }
}

/// The Rust files of a work, ready to be compared.
pub(super) fn files(sources: &Sources, known: &Known) -> Vec<File> {
    let file = |(path, source): (&String, &Vec<u8>)| {
        let tokens = normal(source);
        let hashes = own_hashes(&tokens, &known.hashes);
        File { path: path.clone(), tokens, hashes }
    };
    rust(sources).map(file).collect()
}

fn rust(sources: &Sources) -> impl Iterator<Item = (&String, &Vec<u8>)> {
    sources.iter().filter(|(path, _)| path.ends_with(".rs"))
}

/// Two members who have something in common.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pair {
    /// The members' places in the class; of the first more is found at the second than the other way round.
    pub members: [usize; 2],
    /// How much of each one's own work is found at the other, in percent, rounded down.
    pub percent: [u32; 2],
    /// How many fingerprints they share.
    pub shared: u32,
    /// What is equal, the longest first; only of the first [`MATCHED`] pairs.
    pub matches: Vec<Match>,
}

impl Pair {
    /// The longest match in lines of the first member; `None`, if nobody looked.
    #[must_use]
    pub fn longest(&self) -> Option<u32> {
        self.matches.first().map(Match::lines)
    }

    fn longest_tokens(&self) -> usize {
        self.matches.first().map_or(0, |found| found.tokens)
    }

    fn find_matches(&mut self, files: &mut Opened<'_>) -> Result<()> {
        let [left, right] = self.members;
        files.open(&self.members)?;
        self.matches = region::matches(&files.files[&left], &files.files[&right]);
        Ok(())
    }
}

/// Reads the work of the member at a place of the class.
pub type Read<'a> = &'a (dyn Fn(usize) -> Result<Cow<'a, Sources>> + 'a);

/// The tokens of a few members: those of a whole class are many times its texts.
struct Opened<'a> {
    read: Read<'a>,
    known: &'a Known,
    files: HashMap<usize, Vec<File>>,
}

/// So many members are open at once.
const OPEN: usize = 32;

impl Opened<'_> {
    fn open(&mut self, members: &[usize; 2]) -> Result<()> {
        if self.files.len() + members.len() > OPEN {
            self.files.clear();
        }
        for &member in members {
            if !self.files.contains_key(&member) {
                let files = files(&*(self.read)(member)?, self.known);
                self.files.insert(member, files);
            }
        }
        Ok(())
    }
}

/// The pairs worth a look, the most alike first. `read` gives the works again of those that are looked at.
///
/// # Errors
/// What `read` says.
pub fn pairs<'a>(class: &[Author], known: &'a Known, read: Read<'a>) -> Result<Vec<Pair>> {
    let mut files = Opened { read, known, files: HashMap::new() };
    let of_met = |met: Met| (pair(class, &met), met.run);
    let (mut pairs, mut others): (Vec<_>, Vec<_>) =
        meetings(class).into_iter().map(of_met).partition(|(pair, _)| pair.percent[0] >= THRESHOLD);
    others.retain(|(_, run)| *run >= RUN);
    // Only the likeliest are looked at: a module that half the class took from one place makes thousands of pairs.
    others.sort_by_key(|(pair, run)| (Reverse(*run), pair.members));
    others.truncate(MATCHED);
    for (pair, _) in &mut others {
        pair.find_matches(&mut files)?;
    }
    pairs.extend(others.into_iter().filter(|(pair, _)| pair.longest_tokens() >= LONG));
    let mut pairs: Vec<Pair> = pairs.into_iter().map(|(pair, _)| pair).collect();
    // Then the one with more in common; then the order of the class, so that each run says the same.
    pairs.sort_by_key(|pair| (Reverse((pair.percent[0], pair.shared)), pair.members));
    for pair in pairs.iter_mut().take(MATCHED).filter(|pair| pair.matches.is_empty()) {
        pair.find_matches(&mut files)?;
    }
    Ok(pairs)
}

/// What two members were found to share.
struct Met {
    members: [usize; 2],
    /// How many fingerprints.
    shared: u32,
    /// How many of them follow each other at the second member.
    run: u32,
}

/// What a member shares with each one before.
#[derive(Clone, Default)]
struct Count {
    shared: u32,
    /// The place behind the last shared fingerprint.
    next: usize,
    run: u32,
    longest: u32,
}

impl Count {
    fn add(&mut self, place: usize) {
        self.shared += 1;
        self.run = if self.next == place { self.run + 1 } else { 1 };
        self.longest = self.longest.max(self.run);
        self.next = place + 1;
    }
}

/// What each pair shares that shares enough.
fn meetings(class: &[Author]) -> Vec<Met> {
    let mut owners: HashMap<u64, Vec<usize>> = HashMap::new();
    let mut all = Vec::new();
    for (member, author) in class.iter().enumerate() {
        let mut counts = vec![Count::default(); member];
        for (place, print) in author.own.iter().enumerate() {
            let owners = owners.entry(*print).or_default();
            owners.iter().for_each(|owner| counts[*owner].add(place));
            owners.push(member);
        }
        let met = counts.into_iter().enumerate().filter(|(_, count)| count.shared >= FEWEST);
        all.extend(met.map(|(owner, count)| Met {
            members: [owner, member],
            shared: count.shared,
            run: count.longest,
        }));
    }
    all
}

fn pair(class: &[Author], &Met { members, shared, .. }: &Met) -> Pair {
    let percent = members.map(|member| percent(shared, class[member].own.len()));
    let (members, percent) = match percent[1] > percent[0] {
        true => ([members[1], members[0]], [percent[1], percent[0]]),
        false => (members, percent),
    };
    Pair { members, percent, shared, matches: Vec::new() }
}

/// How much of each one's own work is found at the other, in percent, however little that is.
#[must_use]
pub fn alike(one: &Author, other: &Author) -> [u32; 2] {
    let own: HashSet<&u64> = one.own.iter().collect();
    let shared = other.own.iter().filter(|print| own.contains(print)).count();
    let shared = u32::try_from(shared).unwrap_or(u32::MAX);
    [one, other].map(|author| percent(shared, author.own.len()))
}

fn percent(shared: u32, own: usize) -> u32 {
    let percent = u64::from(shared) * 100 / (own as u64).max(1);
    // What is shared is a part of what one has.
    u32::try_from(percent).unwrap_or(100)
}

/// One lab's class, compared.
#[derive(Debug)]
pub struct Compared {
    /// The lab's id: `01`.
    pub lab: String,
    /// The lab's title.
    pub title: String,
    /// Those whose work could be taken.
    pub class: Vec<Author>,
    /// The work of each that is shown side by side with another one, by its place.
    pub sources: BTreeMap<usize, Sources>,
    /// The pairs worth a look, the most alike first.
    pub pairs: Vec<Pair>,
}

impl Compared {
    /// Compares the members of a lab's class. One after the other is read, and those again that are looked at closely.
    ///
    /// # Errors
    /// What `read` says.
    pub fn new<'a>(
        (lab, title): (&str, &str),
        names: impl Iterator<Item = &'a str>,
        known: &'a Known,
        read: Read<'a>,
    ) -> Result<Self> {
        let author = |(place, name)| Ok(Author::new(name, &*read(place)?, known));
        let class = names.enumerate().map(author).collect::<Result<Vec<Author>>>()?;
        let pairs = pairs(&class, known, read)?;
        let mut sources = BTreeMap::new();
        for member in pairs.iter().take(SHOWN).flat_map(|pair| pair.members) {
            sources.insert(member, read(member)?.into_owned());
        }
        Ok(Self { lab: lab.to_owned(), title: title.to_owned(), class, sources, pairs })
    }

    /// The names of a pair.
    #[must_use]
    pub fn names(&self, pair: &Pair) -> [&str; 2] {
        pair.members.map(|member| self.class[member].name.as_str())
    }

    /// How many have too little of their own to be compared.
    #[must_use]
    pub fn too_short(&self) -> usize {
        self.class.iter().filter(|author| author.own() < FEWEST as usize).count()
    }

    /// Groups of three and more of whom each is alike with another one, in the order of the class.
    #[must_use]
    pub fn groups(&self) -> Vec<Vec<&str>> {
        // The first member of the group in which each one is.
        let mut first: Vec<usize> = (0..self.class.len()).collect();
        for pair in &self.pairs {
            let [one, other] = pair.members.map(|member| first[member]);
            first
                .iter_mut()
                .filter(|first| **first == one.max(other))
                .for_each(|first| *first = one.min(other));
        }
        let name = |member: usize| self.class[member].name.as_str();
        let group = |leader: usize| -> Vec<&str> {
            (0..first.len()).filter(|member| first[*member] == leader).map(name).collect()
        };
        (0..first.len()).map(group).filter(|group| group.len() > 2).collect()
    }
}
