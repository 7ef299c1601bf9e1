//! Pure: the order in which the labs are studied. Their numbers are those of the topics; the order is another.

use super::Manifest;

/// The labs from the first to study to the last.
#[must_use]
pub fn in_order<'a>(manifests: &[&'a Manifest]) -> Vec<&'a Manifest> {
    let mut manifests = manifests.to_vec();
    manifests.sort_by_key(|manifest| (manifest.study, manifest.id.clone()));
    manifests
}

/// What is wrong with the order: the places are 1, 2, 3, …, and whatever a lab needs comes before it.
#[must_use]
pub fn problems(manifests: &[&Manifest]) -> Vec<String> {
    let ordered = in_order(manifests);
    let mut problems = Vec::new();
    for (place, manifest) in (1..).zip(&ordered) {
        let (id, study) = (&manifest.id, manifest.study);
        if study != place {
            problems
                .push(format!("lab {id}: its place in the order of study is {study}, but {place} is free"));
        }
        for need in &manifest.needs {
            match ordered.iter().find(|other| other.id == *need) {
                None => problems.push(format!("lab {id} needs lab {need}, which is not there")),
                Some(other) if other.study >= study => {
                    problems.push(format!("lab {id} needs lab {need}, which is studied later"));
                }
                Some(_) => {}
            }
        }
    }
    problems
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lab(id: &str, study: u32, needs: &[&str]) -> Manifest {
        let needs = needs.iter().map(ToString::to_string).collect();
        Manifest { id: id.to_owned(), study, needs, ..crate::progress::tests::manifest() }
    }

    #[test]
    fn the_order_of_study_is_not_the_order_of_topics() {
        let labs = [lab("01", 1, &[]), lab("02", 3, &["03"]), lab("03", 2, &["01"])];
        let labs: Vec<&Manifest> = labs.iter().collect();
        assert_eq!(in_order(&labs).iter().map(|lab| &lab.id).collect::<Vec<_>>(), ["01", "03", "02"]);
        assert!(problems(&labs).is_empty());
    }

    #[test]
    fn a_gap_and_a_need_that_comes_later_are_told() {
        let labs = [lab("01", 1, &["02", "09"]), lab("02", 3, &[])];
        assert_eq!(
            problems(&labs.iter().collect::<Vec<_>>()),
            [
                "lab 01 needs lab 02, which is studied later",
                "lab 01 needs lab 09, which is not there",
                "lab 02: its place in the order of study is 3, but 2 is free",
            ]
        );
    }
}
