//! Pure: the text of `lab.toml` read, and its rules.

use std::collections::BTreeSet;

use serde::Deserialize;
use toml::Spanned;

use super::{Check, Limits, Manifest, Milestone, POINTS, Problem};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawManifest {
    id: Spanned<String>,
    slug: Spanned<String>,
    title: String,
    outcome: String,
    hours: Spanned<f64>,
    lecture: String,
    #[serde(default)]
    study: u32,
    #[serde(default)]
    needs: Vec<Spanned<String>>,
    programs: Spanned<Vec<String>>,
    editable: Spanned<Vec<String>>,
    #[serde(default)]
    given: Vec<String>,
    #[serde(default)]
    floor: u32,
    #[serde(default)]
    limits: Limits,
    #[serde(default)]
    milestone: Vec<RawMilestone>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawMilestone {
    id: Spanned<String>,
    module: Spanned<String>,
    title: String,
    hours: Spanned<f64>,
    checks: Spanned<Vec<RawCheck>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawCheck {
    name: Spanned<String>,
    points: Spanned<u32>,
    #[serde(default)]
    in_process: bool,
}

/// Reads `lab.toml`.
///
/// # Errors
/// Every rule that is broken, in the order of lines.
pub fn parse(text: &str) -> Result<Manifest, Vec<Problem>> {
    let raw: RawManifest = toml::from_str(text).map_err(|error| {
        let start = error.span().map_or(0, |span| span.start);
        vec![Problem { line: line_of(text, start), text: error.message().replace('\n', ", ") }]
    })?;
    let mut found = Found { text, problems: Vec::new() };
    found.head(&raw);
    found.milestones(&raw.milestone);
    let mut problems = found.problems;
    problems.sort_by_key(|problem| problem.line);
    if problems.is_empty() { Ok(build(raw)) } else { Err(problems) }
}

fn line_of(text: &str, offset: usize) -> usize {
    text.as_bytes().iter().take(offset).filter(|byte| **byte == b'\n').count() + 1
}

struct Found<'a> {
    text: &'a str,
    problems: Vec<Problem>,
}

impl Found<'_> {
    fn unless<T>(&mut self, is_right: bool, at: &Spanned<T>, text: impl FnOnce() -> String) {
        if !is_right {
            self.problems.push(Problem { line: line_of(self.text, at.span().start), text: text() });
        }
    }

    fn head(&mut self, raw: &RawManifest) {
        let id = raw.id.get_ref();
        self.unless(is_id(id), &raw.id, || format!("id `{id}` is not two digits"));
        let slug = raw.slug.get_ref();
        let is_slug = !slug.is_empty() && slug.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-');
        self.unless(is_slug, &raw.slug, || format!("slug `{slug}` is not small letters and hyphens"));
        self.unless(*raw.hours.get_ref() > 0.0, &raw.hours, || "hours must be more than 0".to_owned());
        self.unless(!raw.programs.get_ref().is_empty(), &raw.programs, || "no program is named".to_owned());
        self.unless(!raw.editable.get_ref().is_empty(), &raw.editable, || "no file is editable".to_owned());
        for need in &raw.needs {
            let is_other = is_id(need.get_ref()) && need.get_ref() != id;
            self.unless(is_other, need, || format!("`{}` is not the id of another lab", need.get_ref()));
        }
        for glob in raw.editable.get_ref().iter().chain(&raw.given) {
            let is_inside = !glob.starts_with('/') && !glob.split('/').any(|part| part == "..");
            let is_glob = is_inside && glob::Pattern::new(glob).is_ok();
            self.unless(is_glob, &raw.editable, || format!("`{glob}` is no glob inside the lab's folder"));
        }
    }

    fn milestones(&mut self, milestones: &[RawMilestone]) {
        let mut modules = BTreeSet::new();
        let mut names = BTreeSet::new();
        let mut sum = 0u32;
        for (index, milestone) in milestones.iter().enumerate() {
            let id = milestone.id.get_ref();
            let expected = format!("m{}", index + 1);
            self.unless(*id == expected, &milestone.id, || {
                format!("milestone `{id}` should be `{expected}`")
            });
            let module = milestone.module.get_ref();
            let is_module = is_name(module) && module.starts_with(&format!("{id}_"));
            self.unless(is_module, &milestone.module, || {
                format!("module `{module}` must be `{id}_` and a name in snake_case")
            });
            self.unless(modules.insert(module), &milestone.module, || {
                format!("module `{module}` stands twice")
            });
            self.unless(*milestone.hours.get_ref() > 0.0, &milestone.hours, || {
                format!("hours of {id} must be more than 0")
            });
            let checks = milestone.checks.get_ref();
            self.unless(!checks.is_empty(), &milestone.checks, || format!("milestone {id} has no checks"));
            for check in checks {
                let name = check.name.get_ref();
                self.unless(is_name(name), &check.name, || format!("check `{name}` is not in snake_case"));
                let full = format!("{module}::{name}");
                self.unless(names.insert(full), &check.name, || format!("check `{name}` stands twice"));
                let points = *check.points.get_ref();
                self.unless(points > 0, &check.points, || format!("check `{name}` is worth nothing"));
                sum = sum.saturating_add(points);
            }
        }
        if sum != POINTS {
            self.problems
                .push(Problem { line: 1, text: format!("the points add up to {sum}, not {POINTS}") });
        }
    }
}

fn is_id(id: &str) -> bool {
    id.len() == 2 && id.bytes().all(|byte| byte.is_ascii_digit())
}

fn is_name(name: &str) -> bool {
    name.starts_with(|first: char| first.is_ascii_lowercase())
        && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
}

fn build(raw: RawManifest) -> Manifest {
    Manifest {
        id: raw.id.into_inner(),
        slug: raw.slug.into_inner(),
        title: raw.title,
        outcome: raw.outcome,
        hours: raw.hours.into_inner(),
        lecture: raw.lecture,
        study: raw.study,
        needs: raw.needs.into_iter().map(Spanned::into_inner).collect(),
        programs: raw.programs.into_inner(),
        editable: raw.editable.into_inner(),
        given: raw.given,
        floor: raw.floor,
        limits: raw.limits,
        milestones: raw.milestone.into_iter().map(build_milestone).collect(),
    }
}

fn build_milestone(raw: RawMilestone) -> Milestone {
    let module = raw.module.into_inner();
    let checks = raw.checks.into_inner().into_iter();
    let checks = checks.map(|check| Check {
        name: format!("{module}::{}", check.name.get_ref()),
        points: check.points.into_inner(),
        in_process: check.in_process,
    });
    Milestone {
        id: raw.id.into_inner(),
        title: raw.title,
        hours: raw.hours.into_inner(),
        checks: checks.collect(),
        module,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    const GOOD: &str = r#"id = "01"
slug = "two-checks"
title = "Two checks"
outcome = "You can."
hours = 1.5
lecture = "two"
study = 2
needs = ["03"]
programs = ["two"]
editable = ["src/**/*.rs"]
given = ["src/main.rs"]
[limits]
processes = 300
[[milestone]]
id = "m1"
module = "m1_first"
title = "First"
hours = 1.0
checks = [
    { name = "it_runs", points = 40 },
    { name = "it_ends", points = 60 },
]
"#;

    #[test]
    fn a_good_manifest_is_read() {
        let manifest = parse(GOOD).unwrap();
        assert_eq!(manifest.package(), "lab01-two-checks");
        assert_eq!(manifest.limits, Limits { processes: 300, ..Limits::default() });
        let checks: Vec<_> = manifest.checks().map(|check| (check.name.as_str(), check.points)).collect();
        assert_eq!(checks, [("m1_first::it_runs", 40), ("m1_first::it_ends", 60)]);
        assert_eq!(manifest.milestone_of("m1_first::it_ends").unwrap().points(), 100);
        assert_eq!(manifest.checks().next().unwrap().sentence(), "it runs");
        assert_eq!((manifest.study, manifest.needs), (2, vec!["03".to_owned()]));
    }

    #[test]
    fn a_check_that_is_no_black_box_says_so() {
        let text = GOOD.replacen("points = 40", "points = 40, in_process = true", 1);
        assert_eq!(parse(&text).unwrap().checks().next().unwrap().sentence(), "it runs (in-process check)");
    }

    #[rstest]
    #[case("src/lib.rs", true)]
    #[case("src/jobs/table.rs", true)]
    #[case("src/main.rs", false)]
    #[case("tests/spec/mod.rs", false)]
    #[case("build.rs", false)]
    fn what_is_given_is_not_editable(#[case] path: &str, #[case] expected: bool) {
        assert_eq!(parse(GOOD).unwrap().is_editable(path), expected);
    }

    #[rstest]
    #[case::sum("points = 60", "points = 61", "line 1: the points add up to 101, not 100")]
    #[case::zero("points = 40", "points = 0", "line 20: check `it_runs` is worth nothing")]
    #[case::type_error("points = 40", "points = \"4\"", "line 20: invalid type: string \"4\", expected u32")]
    #[case::unknown_key("lecture", "lesson", "line 6: unknown field `lesson`")]
    #[case::twice("it_ends", "it_runs", "line 21: check `it_runs` stands twice")]
    #[case::order("id = \"m1\"", "id = \"m2\"", "line 15: milestone `m2` should be `m1`")]
    #[case::module("m1_first", "first", "line 16: module `first` must be `m1_` and a name in snake_case")]
    #[case::id("id = \"01\"", "id = \"1\"", "line 1: id `1` is not two digits")]
    #[case::glob("src/**/*.rs", "../**/*.rs", "line 10: `../**/*.rs` is no glob inside the lab's folder")]
    #[case::needs("\"03\"", "\"01\"", "line 8: `01` is not the id of another lab")]
    #[case::syntax("hours = 1.5", "hours = ", "line 5: ")]
    fn a_broken_rule_is_told_with_its_line(#[case] from: &str, #[case] to: &str, #[case] expected: &str) {
        let problems = parse(&GOOD.replacen(from, to, 1)).unwrap_err();
        let told: Vec<String> = problems.iter().map(ToString::to_string).collect();
        assert!(told.iter().any(|line| line.starts_with(expected)), "{told:?}");
    }

    #[test]
    fn checks_and_points_are_compared_both_ways() {
        let manifest = parse(GOOD).unwrap();
        let listed = BTreeSet::from(["m1_first::it_runs".to_owned(), "m1_first::it_stops".to_owned()]);
        assert_eq!(
            super::super::compare(&manifest, &listed),
            [
                "the check m1_first::it_stops has no points in lab.toml",
                "lab.toml gives points to m1_first::it_ends, which no test is named",
            ]
        );
    }
}
