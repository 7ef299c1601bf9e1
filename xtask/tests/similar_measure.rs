//! Measure.
use grader::similar::class::{Author, Known, Sources, pairs};
use grader::similar::{fingerprint, given};
use grader::workspace::Workspace;
use std::path::Path;
fn read(dir: &Path) -> Sources {
    let src = grader::files::texts(&dir.join("src"), ".rs").unwrap();
    src.into_iter().map(|(p, t)| (format!("src/{p}"), t.into_bytes())).collect()
}
#[test]
fn measure() {
    let root = std::env::var("ROOT").unwrap_or_else(|_| format!("{}/..", env!("CARGO_MANIFEST_DIR")));
    let ws = Workspace { root: std::path::PathBuf::from(root) };
    println!("K {} T {}", fingerprint::NOISE, fingerprint::GUARANTEE);
    let mut all = Vec::new();
    let mut every = Known::default();
    for lab in ws.labs().unwrap() {
        let Some(sol) = lab.solution.clone() else { continue };
        let known = given::known(&ws, &lab).unwrap();
        every.add(&given::starter(&lab).unwrap());
        let reference = read(&sol);
        if !sol.join("alternative").is_dir() {
            continue;
        }
        let alternative = read(&sol.join("alternative"));
        let class =
            [Author::new("reference", &reference, &known), Author::new("alternative", &alternative, &known)];
        let found = pairs(&class, &known);
        println!("{} own {} {}", lab.manifest.id, class[0].own(), class[1].own());
        for p in found {
            println!(
                "  {:?} shared {} longest {:?}",
                p.percent,
                p.shared,
                p.matches
                    .iter()
                    .take(4)
                    .map(|m| (
                        m.tokens,
                        m.lines(),
                        m.sides[0].path.clone(),
                        m.sides[0].lines.clone(),
                        m.sides[1].path.clone(),
                        m.sides[1].lines.clone()
                    ))
                    .collect::<Vec<_>>()
            );
        }
        all.push((format!("r{}", lab.manifest.id), reference));
        all.push((format!("a{}", lab.manifest.id), alternative));
    }
    let class: Vec<Author> = all.iter().map(|(n, s)| Author::new(n, s, &every)).collect();
    for p in pairs(&class, &every) {
        println!(
            "cross {} {} {:?} {}",
            class[p.members[0]].name, class[p.members[1]].name, p.percent, p.shared
        );
    }
}
