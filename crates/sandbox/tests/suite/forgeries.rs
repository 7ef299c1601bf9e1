//! Verdicts without answers: none of these may earn a point. The honest program earns all three.

use rstest::rstest;
use sandbox::protocol::{Config, Verdict};
use sandbox::{Job, Level, Outcome};

use crate::harness::{Bench, PROBE, bin, run, signals_are_scoped};

fn judged(level: Level, attack: &str) -> Outcome {
    let bench = Bench::new();
    let mut config = Config::default();
    config.programs.insert("student".to_owned(), PROBE.into());
    let mut spec = bench.spec(level, &[]);
    spec.job = Job::Referee {
        exe: bin("sandbox-referee"),
        args: vec![attack.to_owned()],
        cwd: "/tmp".into(),
        config: Box::new(config),
    };
    run(&spec)
}

fn passes(outcome: &Outcome) -> usize {
    outcome.records.iter().filter(|record| record.verdict == Verdict::Pass).count()
}

#[rstest]
fn the_honest_program_passes_all_three(#[values(Level::Full, Level::Reduced, Level::None)] level: Level) {
    let outcome = judged(level, "honest");
    assert_eq!(passes(&outcome), 3, "{outcome:?}");
    assert_eq!(outcome.end, sandbox::End::Exited(0));
    assert_eq!(outcome.garbled, None);
}

/// The referee must also live to tell: three records, all of them failures.
#[rstest]
#[case::exiting_early("exit_early")]
#[case::printing_results("print_results")]
#[case::writing_to_every_descriptor("write_every_descriptor")]
#[case::writing_to_the_referees_descriptors("write_through_proc")]
#[case::killing_the_referee("kill_the_referee")]
#[case::tracing_the_referee("trace_the_referee")]
#[case::reading_the_referee("read_the_referee")]
#[case::stopping_everybody("stop_all")]
#[case::hanging("hang")]
#[case::leaving_a_daemon("leave_a_daemon")]
fn no_forgery_passes(#[case] attack: &str, #[values(Level::Full, Level::Reduced)] level: Level) {
    if level == Level::Reduced && !signals_are_scoped() {
        println!("skipped: this kernel's Landlock has no scopes, so the attack could reach other programs");
        return;
    }
    let outcome = judged(level, attack);
    assert_eq!(passes(&outcome), 0, "{outcome:?}");
    assert_eq!(outcome.garbled, None, "{outcome:?}");
    assert_eq!(outcome.records.len(), 3, "{outcome:?}");
}
