//! Pure but for the reading: a bundle is a short text that names commits, and a pack.

use std::fs::File;
use std::io::{BufRead, BufReader, Read as _};

use super::head::{Head, is_id};

/// A line of the text is no longer, in bytes, and there are not more of them.
const MAX_LINE: u64 = 4096;
const MAX_LINES: usize = 10_000;
/// More than a repository may have; who reads the pack says so.
const MAX_PACK: u64 = (128 << 20) + 1;

/// What a bundle's HEAD is, and its pack.
pub(super) fn read(file: File) -> Result<(Head, Vec<u8>), String> {
    let mut file = BufReader::new(file);
    let head = head(&mut file)?;
    let mut pack = Vec::new();
    file.take(MAX_PACK).read_to_end(&mut pack).map_err(|error| error.to_string())?;
    Ok((head, pack))
}

fn head(text: &mut impl BufRead) -> Result<Head, String> {
    let mut refs = Vec::new();
    for _ in 0..MAX_LINES {
        let line = line(text)?;
        match line.as_bytes().first() {
            None => return choose(&refs),
            Some(b'#') => {}
            Some(b'-') => {
                return Err(
                    "it holds only a part of the history; make it with `git bundle create FILE HEAD BRANCH`"
                        .to_owned(),
                );
            }
            Some(b'@') if line == "@object-format=sha1" => {}
            Some(b'@') => {
                return Err(format!("it needs {}, which is not read", crate::text::one_line(&line[1..], 40)));
            }
            Some(_) => match line.split_once(' ').filter(|(id, _)| is_id(id)) {
                Some((id, name)) => refs.push((id.to_owned(), name.to_owned())),
                None => return Err("it is a damaged bundle".to_owned()),
            },
        }
    }
    Err("it is a damaged bundle".to_owned())
}

/// HEAD, or the only branch, or the one that is called as the default ones are.
fn choose(refs: &[(String, String)]) -> Result<Head, String> {
    let branches: Vec<(&str, &str)> =
        refs.iter().filter_map(|(id, name)| Some((id.as_str(), name.strip_prefix("refs/heads/")?))).collect();
    let at_head = refs.iter().find(|(_, name)| name == "HEAD").map(|(id, _)| id.as_str());
    let usual = |wanted: &str| branches.iter().find(|(_, name)| *name == wanted);
    let chosen = match at_head {
        Some(id) => {
            let branch = branches.iter().find(|(other, _)| *other == id).map(|(_, name)| *name);
            Some((id, branch))
        }
        None if branches.len() == 1 => branches.first().map(|(id, name)| (*id, Some(*name))),
        None => usual("main").or_else(|| usual("master")).map(|(id, name)| (*id, Some(*name))),
    };
    let (id, branch) = chosen
        .ok_or("it names no HEAD and not one branch; make it with `git bundle create FILE HEAD BRANCH`")?;
    Ok(Head { id: id.to_owned(), branch: branch.map(str::to_owned) })
}

/// One line without its end.
fn line(text: &mut impl BufRead) -> Result<String, String> {
    let mut bytes = Vec::new();
    text.take(MAX_LINE).read_until(b'\n', &mut bytes).map_err(|error| error.to_string())?;
    match bytes.pop() {
        Some(b'\n') => Ok(String::from_utf8_lossy(&bytes).into_owned()),
        _ => Err("it is a damaged bundle".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    const A: &str = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
    const B: &str = "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb";

    fn of(text: &str) -> Result<(String, Option<String>), String> {
        head(&mut text.replace("AA", A).replace("BB", B).as_bytes()).map(|head| (head.id, head.branch))
    }

    #[rstest]
    #[case::head("# v2 git bundle\nAA HEAD\nAA refs/heads/work\nBB refs/heads/main\n\nPACK", A, Some("work"))]
    #[case::detached("# v2 git bundle\nAA HEAD\nBB refs/heads/main\n\n", A, None)]
    #[case::one("# v3 git bundle\n@object-format=sha1\nBB refs/heads/x\n\n", B, Some("x"))]
    #[case::usual("# v2 git bundle\nAA refs/heads/x\nBB refs/heads/main\n\n", B, Some("main"))]
    fn a_bundle_names_what_is_graded(#[case] text: &str, #[case] id: &str, #[case] branch: Option<&str>) {
        assert_eq!(of(text), Ok((id.to_owned(), branch.map(str::to_owned))));
    }

    #[rstest]
    #[case::part("# v2 git bundle\n-AA x\nBB HEAD\n\n", "only a part of the history")]
    #[case::cut("# v2 git bundle\nAA HEAD", "damaged")]
    #[case::nonsense("# v2 git bundle\nhello\n\n", "damaged")]
    #[case::filtered("# v3 git bundle\n@filter=blob:none\nAA HEAD\n\n", "filter=blob:none")]
    #[case::several("# v2 git bundle\nAA refs/heads/x\nBB refs/heads/y\n\n", "names no HEAD")]
    fn what_cannot_be_read_is_told(#[case] text: &str, #[case] why: &str) {
        let told = of(text).unwrap_err();
        assert!(told.contains(why), "{told}");
    }
}
