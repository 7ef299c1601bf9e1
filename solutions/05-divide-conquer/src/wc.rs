//! `dnc wc`: counts words by map and reduce. A map task counts the words of a file, a reduce task joins the counts
//! of its part of all words.
// BEGIN SOLUTION
//!
//! Each task may be done twice, by workers that do not know of each other: it writes files of its own, and renames
//! them when they are whole. Who comes second replaces a file by the same file. So a dead worker's task is done
//! again, and a task that takes long is given to an idle worker as well: a stopped worker holds up nobody.
// END SOLUTION

use std::path::{Path, PathBuf};

use crate::failure::Failure;
// BEGIN SOLUTION
use std::collections::BTreeMap;
use std::fs;

use crate::work;
use crate::workers::{End, Workers};

/// A task that has cost so many workers their lives is given up.
const MOST_DEATHS: usize = 4;
/// So many workers at most try the same task at the same time.
const MOST_AT_ONCE: usize = 2;

/// What all tasks have in common.
struct Job<'a> {
    files: &'a [PathBuf],
    parts: usize,
    out: &'a Path,
    /// Where the counts of map tasks lie: a hidden folder in `out`.
    between: PathBuf,
}
// END SOLUTION

/// Counts the words of `files` by `n` workers. The folder `out` gets a file for each of `parts` parts.
///
/// # Errors
/// When a file cannot be read or written, or a task has killed four workers.
pub fn run(files: &[PathBuf], n: usize, parts: usize, out: &Path) -> Result<(), Failure> {
    // BEGIN SOLUTION
    let between = out.join(format!(".wc-{}", std::process::id()));
    fs::create_dir(&between).map_err(|error| Failure::io(out.display().to_string(), &error))?;
    let job = Job { files, parts, out, between };
    let done = job.run(n);
    // All workers have ended: nobody writes there any more.
    let cleaned = fs::remove_dir_all(&job.between);
    done.and(cleaned.map_err(|error| Failure::io(out.display().to_string(), &error)))
    // END SOLUTION
    // STUB: todo!("M9: map tasks, then reduce tasks, by workers that may die or stop")
}
// BEGIN SOLUTION

impl Job<'_> {
    fn run(&self, n: usize) -> Result<(), Failure> {
        let body = |task| self.task(task);
        let mut workers = Workers::start(n, &body)?;
        let maps = self.files.len();
        self.phase(&mut workers, (0..maps).collect())?;
        self.phase(&mut workers, (maps..maps + self.parts).collect())
    }

    /// Has all these tasks done.
    fn phase(&self, workers: &mut Workers<'_>, mut left: Vec<usize>) -> Result<(), Failure> {
        let mut deaths: BTreeMap<usize, usize> = BTreeMap::new();
        while !left.is_empty() {
            while let Some(task) = next(workers, &left) {
                workers.hand_out(task);
            }
            for (task, end) in workers.wait()? {
                match end {
                    End::Done => left.retain(|&other| other != task),
                    // Of an attempt that is too late nobody needs to know how it ended.
                    _ if !left.contains(&task) => {}
                    End::Failed(failure) => return Err(failure),
                    End::Died => {
                        let deaths = deaths.entry(task).or_default();
                        *deaths += 1;
                        if *deaths == MOST_DEATHS {
                            return Err(Failure::new(
                                self.name(task),
                                format!("{MOST_DEATHS} workers died of it"),
                            ));
                        }
                    }
                }
            }
        }
        Ok(())
    }

    fn name(&self, task: usize) -> String {
        match self.files.get(task) {
            Some(file) => file.display().to_string(),
            None => format!("part {}", task - self.files.len()),
        }
    }

    /// In a worker: does a task.
    fn task(&self, task: usize) -> Result<(), Failure> {
        match self.files.get(task) {
            Some(file) => self.map(task, file),
            None => self.reduce(task - self.files.len()),
        }
    }

    /// Counts the words of one file; writes the counts of each part.
    fn map(&self, task: usize, file: &Path) -> Result<(), Failure> {
        let text = fs::read(file).map_err(|error| Failure::io(file.display().to_string(), &error))?;
        let mut counts = vec![BTreeMap::<&[u8], u64>::new(); self.parts];
        work::words(&text, |word| *counts[work::part_of(word, self.parts)].entry(word).or_default() += 1)?;
        for (part, counts) in counts.iter().enumerate() {
            self.write(&self.map_file(task, part), counts)?;
        }
        Ok(())
    }

    /// Joins the counts of all files, of one part of all words.
    fn reduce(&self, part: usize) -> Result<(), Failure> {
        work::begin()?;
        let mut texts = Vec::with_capacity(self.files.len());
        for task in 0..self.files.len() {
            let path = self.map_file(task, part);
            texts.push(fs::read(&path).map_err(|error| Failure::io(path.display().to_string(), &error))?);
        }
        let mut counts = BTreeMap::<&[u8], u64>::new();
        for line in texts.iter().flat_map(|text| crate::parts::lines(text)) {
            let Some(blank) = line.iter().rposition(|&byte| byte == b' ') else { continue };
            let count =
                std::str::from_utf8(&line[blank + 1..]).ok().and_then(|count| count.parse::<u64>().ok());
            *counts.entry(&line[..blank]).or_default() += count.unwrap_or(0);
        }
        self.write(&self.out.join(format!("out-{part}")), &counts)
    }

    fn map_file(&self, task: usize, part: usize) -> PathBuf {
        self.between.join(format!("map-{task}-{part}"))
    }

    /// Writes `WORD COUNT` lines to a file that gets its name when it is whole.
    fn write(&self, path: &Path, counts: &BTreeMap<&[u8], u64>) -> Result<(), Failure> {
        let failed = |error| Failure::io(path.display().to_string(), &error);
        let mut text = Vec::new();
        for (word, count) in counts {
            text.extend_from_slice(word);
            text.extend_from_slice(format!(" {count}\n").as_bytes());
        }
        let own = self.between.join(format!("new-{}", std::process::id()));
        fs::write(&own, text).map_err(failed)?;
        fs::rename(&own, path).map_err(failed)
    }
}

/// The task that an idle worker should do: one that nobody does, or one that takes long.
fn next(workers: &Workers<'_>, left: &[usize]) -> Option<usize> {
    let fewest = left.iter().copied().min_by_key(|&task| workers.at_work_on(task))?;
    (workers.has_idle() && workers.at_work_on(fewest) < MOST_AT_ONCE).then_some(fewest)
}
// END SOLUTION
