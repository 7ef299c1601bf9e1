//! What the tests of the pure parts begin with.

use super::{Entry, HandedIn, Run, SCHEMA, Standing};

pub(crate) fn run() -> Run {
    Run {
        schema: SCHEMA.into(),
        started: "2026-01-01T00:00:00Z".into(),
        toolchain: "rustc 1.95.0".into(),
        level: "full".into(),
        memory_guard: "watchdog".into(),
        seed: 7,
        notes: vec![],
    }
}

pub(crate) fn entry(name: &str) -> Entry {
    Entry {
        name: name.into(),
        notes: vec![],
        refused: None,
        standing: Standing::HandedIn,
        work: String::new(),
        handed_in: HandedIn::default(),
        expect: None,
    }
}
