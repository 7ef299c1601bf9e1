//! Pure: the section of a milestone in a page, and the hints in it: `<details><summary>Hint 1</summary>` … in
//! the section of the lab's README whose heading begins with the milestone's id.

/// The hints of milestone `id`, in order.
#[must_use]
pub fn hints(readme: &str, id: &str) -> Vec<String> {
    let section = section(readme, id);
    let mut hints = Vec::new();
    for block in section.split("<details>").skip(1) {
        let body = block.split("</details>").next().unwrap_or_default();
        if let Some((summary, text)) = body.split_once("</summary>")
            && summary.contains("Hint")
        {
            hints.push(text.trim().to_owned());
        }
    }
    hints
}

/// The text below the heading of milestone `id`, up to the next heading of the same or a higher level; empty if
/// there is none.
#[must_use]
pub fn body(page: &str, id: &str) -> String {
    section(page, id).split_once('\n').map_or_else(String::new, |(_heading, body)| body.trim().to_owned())
}

fn section(readme: &str, id: &str) -> String {
    let mut level = None;
    let mut is_code = false;
    let mut out = String::new();
    for line in readme.lines() {
        is_code ^= line.trim_start().starts_with("```");
        if let Some(depth) = depth(line).filter(|_| !is_code) {
            if level.is_some_and(|own| depth <= own) {
                break;
            }
            let title = line.trim_start_matches('#').trim().to_lowercase();
            let word = title.split(|c: char| !c.is_ascii_alphanumeric()).find(|word| *word != "milestone");
            if level.is_none() && word == Some(id) {
                level = Some(depth);
            }
        }
        if level.is_some() {
            out.push_str(line);
            out.push('\n');
        }
    }
    out
}

fn depth(line: &str) -> Option<usize> {
    let depth = line.bytes().take_while(|byte| *byte == b'#').count();
    (depth > 0 && line[depth..].starts_with(' ')).then_some(depth)
}

#[cfg(test)]
mod tests {
    use super::*;

    const README: &str = "# Lab
## Milestones
### m1: One
<details><summary>Hint 1</summary>

Ask `man 2 fork`.
```console
# no heading
```
</details>
<details>
<summary>Hint 2</summary>
More.
</details>
### M2 · Two
<details><summary>Why?</summary>no hint</details>
<details><summary>Hint 1</summary>Other.</details>
## Reading
<details><summary>Hint 9</summary>not a milestone's</details>
";

    #[test]
    fn the_hints_of_one_milestone_are_found_in_order() {
        assert_eq!(hints(README, "m1"), ["Ask `man 2 fork`.\n```console\n# no heading\n```", "More."]);
        assert_eq!(hints(README, "m2"), ["Other."]);
    }

    #[test]
    fn the_body_of_a_section_has_no_heading() {
        assert!(body(README, "m2").starts_with("<details><summary>Why?"));
        assert_eq!(body(README, "m3"), "");
    }

    #[test]
    fn an_unknown_milestone_has_none() {
        assert!(hints(README, "m3").is_empty());
    }
}
