//! Programs that cheat or do harm before they do anything else. Pure.

use super::expected::Expected;
use super::works::{ROOT, Work};

/// What each does, in the words of its file.
const TEXTS: [&str; 6] = [
    include_str!("cheats/bombs_forks.rs"),
    include_str!("cheats/exits_early.rs"),
    include_str!("cheats/forges_results.rs"),
    include_str!("cheats/kills_everybody.rs"),
    include_str!("cheats/leaves_a_daemon.rs"),
    include_str!("cheats/reads_the_referee.rs"),
];

/// A program that only ends with success may pass a check that asks for no more; it never earns more points than this.
const MOST: u32 = 10;

/// Cheats of a lab: its starter, with code that runs before `main`, which is given and which nobody may change.
pub(super) fn cheats(starter: &Work) -> Vec<Work> {
    TEXTS.into_iter().map(|text| cheat(starter, text)).collect()
}

fn cheat(starter: &Work, text: &str) -> Work {
    let mut files = starter.files.clone();
    let root = files.entry(ROOT.to_owned()).or_default();
    root.extend(before_main(text).into_bytes());
    Work { files, expected: Expected::AtMost(MOST) }
}

/// The loader calls what stands in `.init_array` (System V ABI, "Initialization and Termination Functions").
fn before_main(text: &str) -> String {
    format!(
        "\nmod cheat {{\n{text}\n}}\n\n#[allow(unsafe_code)]\nmod first {{\n    \
         extern \"C\" fn first() {{\n        super::cheat::run();\n    }}\n\n    #[used]\n    \
         #[unsafe(link_section = \".init_array\")]\n    static FIRST: extern \"C\" fn() = first;\n}}\n"
    )
}
