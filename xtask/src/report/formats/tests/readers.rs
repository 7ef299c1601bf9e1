//! The rules of each form's readers, as code: what they refuse, and what they take and silently get wrong.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use roxmltree::{Document, Node};
use serde_json::{Map, Value};

pub(super) type Verdict = Result<(), String>;

fn demand(is_so: bool, what: impl Into<String>) -> Verdict {
    if is_so { Ok(()) } else { Err(what.into()) }
}

/// A text against a schema of `tests/formats/schema`, or of `schema`.
pub(crate) fn schema(path: &str, text: &str) -> Result<Value, String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    let read = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let schema: Value = serde_json::from_str(&read).unwrap();
    jsonschema::meta::validate(&schema).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let value: Value = serde_json::from_str(text).map_err(|error| error.to_string())?;
    let validator = jsonschema::validator_for(&schema).unwrap();
    let problems: Vec<String> =
        validator.iter_errors(&value).map(|error| format!("{}: {error}", error.instance_path())).collect();
    if problems.is_empty() { Ok(value) } else { Err(problems.join("\n")) }
}

fn sum(tests: &Value, field: &str) -> f64 {
    tests.as_array().into_iter().flatten().filter_map(|test| test[field].as_f64()).sum()
}

/// Its score overrides the sum of the tests, so they must agree; one hidden test hides the total; it splits at `\n`.
pub(super) fn gradescope(text: &str) -> Verdict {
    let value = schema("tests/formats/schema/gradescope.json", text)?;
    demand(!text.contains('\r'), "a line ends with CR")?;
    let tests = &value["tests"];
    if let Some(tests) = tests.as_array() {
        demand(value["score"].as_f64() == Some(sum(&value["tests"], "score")), "the score is not the sum")?;
        let is_seen = |test: &Value| test["visibility"].as_str().is_none_or(|word| word == "visible");
        demand(tests.iter().all(is_seen), "a hidden test hides the total")?;
        let is_told = |test: &Value| test["status"].is_string();
        demand(tests.iter().all(is_told), "a test without points and status counts as failed")?;
    }
    Ok(())
}

/// Sums over the tests, at most 10 MiB.
pub(super) fn classroom50(text: &str) -> Verdict {
    let value = schema("tests/formats/schema/classroom50.json", text)?;
    demand(text.len() <= 10 << 20, "larger than 10 MiB")?;
    for field in ["score", "max-score"] {
        demand(
            value[field].as_f64() == Some(sum(&value["tests"], field)),
            format!("{field} is not the sum"),
        )?;
    }
    Ok(())
}

/// At most 1 MB; the fraction is that of the tests.
pub(super) fn prairielearn(text: &str) -> Verdict {
    let value = schema("tests/formats/schema/prairielearn.json", text)?;
    demand(text.len() <= 1_000_000, "larger than 1 MB")?;
    if let Some(score) = value["score"].as_f64() {
        let (points, max) = (sum(&value["tests"], "points"), sum(&value["tests"], "max_points"));
        demand((score - points / max).abs() < 1e-9, "the score is not that of the tests")?;
    }
    Ok(())
}

/// What Autolab does to the last line before it parses it: `gsub(/([a-zA-Z0-9]+):/, '"\1":')`.
fn gsub(line: &str) -> String {
    let (mut out, mut word) = (String::new(), String::new());
    for c in line.chars() {
        if c.is_ascii_alphanumeric() {
            word.push(c);
            continue;
        }
        let is_key = c == ':' && !word.is_empty();
        out.push_str(&if is_key { format!("\"{word}\"") } else { word.clone() });
        word.clear();
        out.push(c);
    }
    out + &word
}

/// The scores as Autolab records them. It takes the last line that is not blank, and the site must know each key.
pub(super) fn autolab(text: &str, problems: &[&str]) -> Result<Map<String, Value>, String> {
    let mut lines: Vec<&str> = text.trim_end().lines().collect();
    let last = lines.pop().unwrap_or_default();
    let value: Value = serde_json::from_str(&gsub(last)).map_err(|error| format!("{last}: {error}"))?;
    let scores = value["scores"].as_object().ok_or("no `scores` in the last line")?;
    demand(!scores.is_empty(), "no score")?;
    for (problem, score) in scores {
        demand(problems.contains(&problem.as_str()), format!("the site has no problem {problem:?}"))?;
        demand(score.is_number(), format!("the score of {problem} is no number"))?;
    }
    if let Some(board) = value.get("scoreboard") {
        demand(board.is_array(), "the scoreboard is no array")?;
    }
    for line in lines.iter().filter(|line| line.contains("_presentation")) {
        stages(line)?;
    }
    Ok(scores.clone())
}

/// The line of stages, each of which must be there.
fn stages(line: &str) -> Verdict {
    let value: Value = serde_json::from_str(line).map_err(|error| format!("{line}: {error}"))?;
    demand(value["_presentation"] == "semantic", "a presentation that Autolab does not know")?;
    for stage in value["stages"].as_array().ok_or("no stages")? {
        let name = stage.as_str().ok_or("a stage is no name")?;
        let tests = value[name].as_object().ok_or_else(|| format!("stage {name} is missing"))?;
        let is_test = |test: &Value| test.is_number() || test["passed"].is_boolean();
        demand(tests.values().all(is_test), format!("a test of {name} has no result"))?;
    }
    Ok(())
}

/// What Jenkins, GitLab, and the two reporters of GitHub ask for.
pub(super) fn junit(text: &str) -> Verdict {
    let is_plain = |c: char| matches!(c, '\t' | '\n' | '\r' | ' '..='\u{d7ff}' | '\u{e000}'..='\u{fffd}');
    demand(text.chars().all(is_plain), "a character that XML forbids or a reader cannot take")?;
    let document = Document::parse(text).map_err(|error| error.to_string())?;
    let root = document.root_element();
    demand(root.has_tag_name("testsuites"), "the root is not testsuites")?;
    counts(root)?;
    for suite in root.children().filter(Node::is_element) {
        demand(suite.has_tag_name("testsuite"), "a child of testsuites that is no suite")?;
        demand(suite.attribute("name").is_some(), "a suite without a name")?;
        counts(suite)?;
        for case in suite.children().filter(Node::is_element) {
            testcase(case)?;
        }
    }
    Ok(())
}

fn testcase(case: Node<'_, '_>) -> Verdict {
    demand(case.has_tag_name("testcase"), "a child of a suite that is no case")?;
    // GitLab takes the class for the suite.
    for name in ["classname", "name"] {
        demand(case.attribute(name).is_some_and(|text| !text.is_empty()), format!("a case without {name}"))?;
    }
    seconds(case)?;
    // GitLab takes the first of these and never sees a second.
    let ends: Vec<_> = case.children().filter(|node| is_end(node)).collect();
    demand(ends.len() <= 1, "a case with two results")?;
    for end in ends {
        demand(end.attribute("message").is_some(), "a result without a message")?;
        // GitLab shows the body only.
        demand(end.text().is_some_and(|text| !text.trim().is_empty()), "a result without a body")?;
    }
    Ok(())
}

fn is_end(node: &Node<'_, '_>) -> bool {
    ["failure", "error", "skipped"].iter().any(|name| node.has_tag_name(*name))
}

/// Decimal point, no grouping, no exponent.
fn seconds(node: Node<'_, '_>) -> Verdict {
    let time = node.attribute("time").ok_or("no time")?;
    let is_plain = time.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    demand(is_plain && time.parse::<f64>().is_ok(), format!("the time {time:?} is no number of seconds"))
}

fn counts(node: Node<'_, '_>) -> Verdict {
    seconds(node)?;
    for (attribute, tag) in
        [("tests", "testcase"), ("failures", "failure"), ("errors", "error"), ("skipped", "skipped")]
    {
        let found = node.descendants().filter(|below| below.has_tag_name(tag)).count();
        let told = node.attribute(attribute).and_then(|count| count.parse().ok());
        demand(told == Some(found), format!("{attribute} is {told:?}, and there are {found}"))?;
    }
    Ok(())
}

/// A step's summary: dropped as a whole beyond 1 MiB; nothing of a student may end its block.
pub(super) fn github_summary(text: &str) -> Verdict {
    demand(text.len() <= 1 << 20, "larger than 1 MiB")?;
    let mut fence: Option<&str> = None;
    for line in text.lines() {
        let ticks = &line[..line.len() - line.trim_start_matches('`').len()];
        match fence {
            None if ticks.len() >= 3 => fence = Some(ticks),
            Some(open) if ticks.len() >= open.len() && line == ticks => fence = None,
            Some(_) => {}
            None => demand(!line.contains('\u{1b}'), "an escape outside a block")?,
        }
    }
    demand(fence.is_none(), "a block is never closed")
}

/// Workflow commands: one a line, at most ten errors of a step are shown, and a `%` must be an escape.
pub(super) fn github_annotations(text: &str) -> Verdict {
    demand(text.lines().count() <= 10, "more than ten errors")?;
    demand(!text.contains('\r'), "a CR that is not escaped")?;
    for line in text.lines() {
        let rest = line.strip_prefix("::error ").ok_or_else(|| format!("no command: {line}"))?;
        let (properties, message) = rest.split_once("::").ok_or_else(|| format!("no message: {line}"))?;
        demand(!message.is_empty(), "an empty message")?;
        for property in properties.split(',') {
            let (name, value) = property.split_once('=').ok_or_else(|| format!("no property: {property}"))?;
            demand(
                ["file", "line", "title", "col"].contains(&name),
                format!("no property is called {name}"),
            )?;
            demand(!value.contains(':'), "a colon in a property that is not escaped")?;
        }
        for (at, _) in rest.match_indices('%') {
            let code = rest.get(at + 1..at + 3).unwrap_or_default();
            demand(["25", "0D", "0A", "3A", "2C"].contains(&code), format!("a % that is no escape: {line}"))?;
        }
    }
    Ok(())
}

fn records(text: &str) -> Result<Vec<Vec<String>>, String> {
    let mut reader = ::csv::ReaderBuilder::new().has_headers(false).from_reader(text.as_bytes());
    let rows = reader.records().map(|row| row.map(|row| row.iter().map(str::to_owned).collect()));
    rows.collect::<Result<_, _>>().map_err(|error| error.to_string())
}

fn is_unique(names: &[String]) -> bool {
    names.iter().collect::<BTreeSet<_>>().len() == names.len()
}

/// `lib/gradebook_importer.rb`: how a header is recognised, what a cell may be, which names are Canvas' own.
pub(super) fn canvas(text: &str) -> Verdict {
    // It guesses the separator from three lines.
    let head: String = text.lines().take(3).collect();
    demand(head.matches(',').count() >= head.matches(';').count(), "Canvas would separate at semicolons")?;
    let rows = records(text)?;
    let header = rows.first().ok_or("no header")?;
    let at = |column: usize| header.get(column).map_or("", String::as_str);
    demand(at(0).contains("Student") && at(1).contains("ID"), "not recognised as a gradebook")?;
    let fixed = match (at(2), at(3)) {
        ("SIS Login ID", _) => 3,
        ("SIS User ID", "SIS Login ID") => {
            4 + ["Integration ID", "Root Account"]
                .iter()
                .filter(|name| header.contains(&(**name).to_owned()))
                .count()
        }
        _ => return Err("no SIS Login ID where it is looked for".to_owned()),
    };
    demand(at(fixed) == "Section", "no Section where it is looked for")?;
    let titles = &header[fixed + 1..];
    demand(!titles.is_empty() && titles.iter().all(|title| !title.trim().is_empty()), "no assignment")?;
    demand(is_unique(titles), "two assignments of one title")?;
    for title in titles {
        let has = |words: [&str; 3]| words.iter().any(|word| title.contains(word));
        let is_own = has(["Current", "Final", "Override"]) && has(["Score", "Points", "Grade"]);
        demand(!is_own, format!("{title} is a name of Canvas' own"))?;
    }
    for row in &rows[1..] {
        for cell in &row[fixed + 1..] {
            let is_grade = cell.parse::<f64>().is_ok() || ["", "-", "EX"].contains(&cell.as_str());
            demand(is_grade, format!("{cell:?} is no grade"))?;
        }
        demand(!row[0].trim().is_empty(), "a row without a name")?;
    }
    Ok(())
}

/// `grade/import/csv/classes/load_data.php`: one wrong cell aborts the import.
pub(super) fn moodle(text: &str) -> Verdict {
    let rows = records(text)?;
    let header = rows.first().ok_or("no header")?;
    demand(header.first().is_some_and(|first| first == "Username"), "nobody can be found")?;
    demand(is_unique(header), "two columns of one name")?;
    let names: Vec<String> = rows[1..].iter().map(|row| row[0].clone()).collect();
    demand(is_unique(&names), "somebody is there twice")?;
    for (at, title) in header.iter().enumerate().skip(1).filter(|(_, title)| !title.ends_with(" feedback")) {
        demand(header.get(at + 1) == Some(&format!("{title} feedback")), "a grade without its feedback")?;
        for row in &rows[1..] {
            let cell = row[at].as_str();
            let is_grade = cell.parse::<f64>().is_ok_and(|grade| (0.0..=100.0).contains(&grade));
            demand(is_grade || ["", "-"].contains(&cell), format!("{cell:?} is no grade up to 100"))?;
        }
    }
    Ok(())
}
