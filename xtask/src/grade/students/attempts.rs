//! Several submissions of one student: attempts where a policy counts them, else a mistake. Pure.

use std::collections::BTreeSet;

use super::Student;
use crate::text::one_line;

/// Refuses two submissions of one student: which one counts is the teacher's to say, and no row may have the points of both.
pub(super) fn are_told_apart(students: &[Student]) -> std::result::Result<(), String> {
    let file = |student: &Student| {
        let path = student.attempts.last().and_then(|attempt| attempt.paths.first());
        path.and_then(|path| path.file_name())
            .map_or_else(|| student.name.clone(), |name| name.to_string_lossy().into_owned())
    };
    let Some(pair) = students.windows(2).find(|pair| pair[0].name == pair[1].name) else { return Ok(()) };
    let [one, other] = [file(&pair[0]), file(&pair[1])].map(|name| one_line(&name, 60));
    let name = one_line(&pair[0].name, 60);
    Err(format!(
        "{one} and {other} are both of {name}: take one away, or let a policy choose (count = \"best\" or \"last\")"
    ))
}

/// Those of one name as one student, with all attempts.
pub(super) fn joined(students: Vec<Student>) -> Vec<Student> {
    let mut joined: Vec<Student> = Vec::new();
    for student in students {
        match joined.last_mut().filter(|last| last.name == student.name) {
            Some(last) => last.attempts.extend(student.attempts),
            None => joined.push(student),
        }
    }
    for student in &mut joined {
        let labels: BTreeSet<&str> = student.attempts.iter().map(|attempt| attempt.label.as_str()).collect();
        if labels.len() < student.attempts.len() {
            for (number, attempt) in (1..).zip(&mut student.attempts) {
                attempt.label = number.to_string();
            }
        }
    }
    joined
}
