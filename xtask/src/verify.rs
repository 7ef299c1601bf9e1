//! `verify`: the author's gate. Every rule of the design that a machine can check, then the runs that show
//! that the specification is right: starter, reference, alternative, mutants.

mod arrows;
mod kit;
mod others;
pub mod renew;
mod rules;
pub(crate) mod runs;

use std::sync::mpsc;
use std::thread;

use others::Others;

use crate::cli::VerifyArgs;
use crate::exit::{self, Exit, bad_input, stop};
use crate::interrupt;
use crate::workspace::{Lab, Workspace};

/// Collects problems under the name of what was looked at.
#[derive(Default)]
struct Gate {
    problems: usize,
}

impl Gate {
    fn look(&mut self, what: &str, found: anyhow::Result<Vec<String>>) -> anyhow::Result<()> {
        let found = match found {
            // One unreadable file must not hide what the other rules find.
            Err(error) if [Exit::BadInput, Exit::DoesNotCompile].contains(&exit::of_error(&error)) => {
                vec![format!("{error:#}")]
            }
            found => found?,
        };
        if interrupt::is_set() {
            return Err(stop(Exit::Interrupted, "interrupted"));
        }
        anstream::println!("{} {what}", if found.is_empty() { "ok    " } else { "WRONG " });
        for problem in &found {
            anstream::println!("  {problem}");
        }
        self.problems += found.len();
        Ok(())
    }
}

/// Verifies the course, or one lab of it.
///
/// # Errors
/// When there are no solutions, something does not build, or the grader fails.
pub fn run(workspace: &Workspace, args: &VerifyArgs) -> anyhow::Result<Exit> {
    let all = workspace.labs()?;
    let labs: Vec<Lab> = match &args.lab {
        Some(wanted) => vec![workspace.lab(wanted)?],
        None => all.clone(),
    };
    if let Some(lab) = labs.iter().find(|lab| lab.solution.is_none()) {
        return Err(bad_input(format!("lab {}: this checkout has no solution to verify", lab.manifest.id)));
    }
    interrupt::install()?;
    let mut gate = Gate::default();
    if args.mutant.is_none() {
        gate.look("the arrows between packages", rules::arrows(workspace))?;
        gate.look("the order of study", Ok(rules::study(&all)))?;
        gate.look("the table of claims", rules::claims(workspace, &all))?;
        gate.look("generated files", rules::generated(workspace, &all))?;
    }
    for lab in &labs {
        verify_lab(workspace, lab, args, &mut gate)?;
    }
    if gate.problems > 0 {
        anstream::println!("{} problems", gate.problems);
        return Ok(Exit::SomeFailed);
    }
    anstream::println!("all is as it should be");
    Ok(Exit::Done)
}

fn verify_lab(workspace: &Workspace, lab: &Lab, args: &VerifyArgs, gate: &mut Gate) -> anyhow::Result<()> {
    let id = &lab.manifest.id;
    if args.mutant.is_none() {
        gate.look(&format!("lab {id}: compiled once"), rules::features(workspace, lab))?;
        gate.look(&format!("lab {id}: its texts"), rules::texts(workspace, lab))?;
        gate.look(&format!("lab {id}: mutants and their catchers"), rules::matrix(workspace, lab))?;
        gate.look(&format!("lab {id}: the catalogue of bugs"), rules::causes(workspace, lab))?;
    }
    if args.quick {
        return Ok(());
    }
    let bench = runs::Bench::new(workspace, lab, args.jobs)?;
    let mutants = bench.mutants(args.mutant.as_deref())?;
    let (is_whole, count) = (args.mutant.is_none(), mutants.len());
    thread::scope(|scope| {
        let (sender, made) = mpsc::channel();
        let builder = &bench;
        scope.spawn(move || builder.build_others(mutants, is_whole, &sender));
        if is_whole {
            gate.look(&format!("lab {id}: the starter fails for the stated reason"), bench.starter())?;
            gate.look(&format!("lab {id}: the reference has all points, three times"), bench.reference())?;
        }
        let others = Others::collect(&made, count + usize::from(is_whole));
        if is_whole {
            let found = bench.alternative(others.alternative);
            gate.look(&format!("lab {id}: the alternative has all points"), found)?;
        } else {
            others.alternative?;
        }
        let caught = bench.catch(&others.ready, args.full);
        let found = caught.map(|caught| [others.problems, caught].concat());
        gate.look(&format!("lab {id}: each mutant is caught by its checks"), found)
    })
}
