//! What `run` prints: lines of records by consumers, and a total.

use std::collections::{BTreeMap, BTreeSet};

use super::record::Record;

/// A line of `run`: producer, number, consumer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Taken {
    pub(crate) producer: u16,
    pub(crate) seq: u32,
    pub(crate) consumer: u16,
}

/// Reads whole lines of records of len `size`; one that is not exactly as the contract says fails the check.
#[track_caller]
pub(crate) fn taken(text: &str, size: usize) -> Vec<Taken> {
    text.lines()
        .map(|line| {
            let taken = parse(line);
            let right = taken.map(|t| {
                let record = Record::made(t.producer, t.seq, size, 0).line();
                format!("{} by {}", record.trim_end(), t.consumer)
            });
            match taken {
                Some(taken) if right.as_deref() == Some(line) => taken,
                _ => panic!(
                    "a line is not that of a record\nexpected: {}\nreceived: {line:?}",
                    right.unwrap_or_else(|| "ID SEQ LEN CRC32 by J".to_owned())
                ),
            }
        })
        .collect()
}

fn parse(line: &str) -> Option<Taken> {
    let words: Vec<&str> = line.split(' ').collect();
    let [producer, seq, _, _, "by", consumer] = words.as_slice() else { return None };
    Some(Taken { producer: producer.parse().ok()?, seq: seq.parse().ok()?, consumer: consumer.parse().ok()? })
}

/// Splits off the last line, which must be the total, and gives the lines before it and its number.
#[track_caller]
pub(crate) fn total(output: &str) -> (&str, u64) {
    let before = output.strip_suffix('\n').and_then(|text| text.rfind('\n')).map_or(0, |end| end + 1);
    let (lines, last) = output.split_at(before);
    let number = last.strip_prefix("total ").and_then(|rest| rest.strip_suffix(" records\n"));
    match number.and_then(|number| number.parse().ok()) {
        Some(number) => (lines, number),
        None => {
            panic!("the total is missing\nexpected: the last line is `total R records`\nreceived: {last:?}")
        }
    }
}

/// Demands that of each producer 0 to P - 1 the records 0 to N - 1 were printed, each once.
#[track_caller]
pub(crate) fn all_once(taken: &[Taken], producers: u16, count: u32) {
    let wanted: BTreeSet<(u16, u32)> = (0..producers).flat_map(|p| (0..count).map(move |n| (p, n))).collect();
    let mut printed = BTreeSet::new();
    for one in taken {
        let key = (one.producer, one.seq);
        assert!(
            printed.insert(key),
            "a record is printed twice\nexpected: each once\nreceived: record {key:?} twice"
        );
        assert!(wanted.contains(&key), "a record is printed that nobody has put\nreceived: {key:?}");
    }
    let missing: Vec<_> = wanted.difference(&printed).take(3).collect();
    assert!(
        missing.is_empty(),
        "records are missing\nexpected: {} records\nreceived: {}, without {missing:?} (producer, number) and others",
        wanted.len(),
        printed.len()
    );
}

/// Demands that each consumer has printed the records of each producer in their order.
#[track_caller]
pub(crate) fn in_order(taken: &[Taken]) {
    let mut last = BTreeMap::new();
    for one in taken {
        let before = last.insert((one.producer, one.consumer), one.seq);
        assert!(
            before.is_none_or(|before| before < one.seq),
            "a consumer prints the records of a producer in another order\nexpected: ascending numbers\nreceived: {} after {} (producer {}, consumer {})",
            one.seq,
            before.unwrap_or_default(),
            one.producer,
            one.consumer
        );
    }
}
