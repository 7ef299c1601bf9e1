//! One static web server in three forms: `work-queue pool --root DIR`, then open the address in a browser.
//!
//! Usage: work-queue one|fork|pool --root DIR [--workers N] [--patience SECONDS] [HOST:PORT]
//! Prints `ready HOST:PORT` and serves until SIGTERM. Port 0, the default, lets the kernel choose.
//! `--workers` is the size of the pool (4), or the most processes at a time of the form `fork` (100).
//! `--patience` is how long a client may take to send a request, and to take a part of its answer (10 s).

use anyhow::{Context, Result};
use std::io::Write;
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;
use work_queue::form::Form;
use work_queue::handler::{Handler, PATIENCE};

struct Plan {
    form: Form,
    root: PathBuf,
    patience: Duration,
    address: String,
}

fn main() -> ExitCode {
    let Some(plan) = plan(std::env::args().skip(1)) else {
        eprintln!(
            "usage: work-queue one|fork|pool --root DIR [--workers N] [--patience SECONDS] [HOST:PORT]"
        );
        return ExitCode::from(2);
    };
    match serve(&plan) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("work-queue: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn serve(plan: &Plan) -> Result<()> {
    let handler = Handler::new(&plan.root, plan.patience)?;
    let listener = TcpListener::bind(&plan.address).with_context(|| format!("listen at {}", plan.address))?;
    let address = listener.local_addr().context("ask for the port")?;
    plan.form.serve(&listener, &handler, || {
        writeln!(std::io::stdout(), "ready {address}").context("print the address")
    })
}

fn plan(mut words: impl Iterator<Item = String>) -> Option<Plan> {
    let form = words.next()?;
    let (mut root, mut workers, mut patience, mut address) = (None, None, None, None);
    while let Some(word) = words.next() {
        match word.as_str() {
            "--root" if root.is_none() => root = Some(PathBuf::from(words.next()?)),
            "--workers" if workers.is_none() => {
                workers = Some(words.next()?.parse().ok().filter(|&count| count > 0)?);
            }
            "--patience" if patience.is_none() => {
                let seconds = words.next()?.parse().ok().filter(|&seconds| seconds > 0)?;
                patience = Some(Duration::from_secs(seconds));
            }
            word if address.is_none() && !word.starts_with('-') => address = Some(word.to_owned()),
            _ => return None,
        }
    }
    let form = match (form.as_str(), workers) {
        ("one", None) => Form::One,
        ("fork", most) => Form::Fork(most.unwrap_or(100)),
        ("pool", workers) => Form::Pool(workers.unwrap_or(4)),
        _ => return None,
    };
    let address = address.unwrap_or_else(|| "127.0.0.1:0".to_owned());
    Some(Plan { form, root: root?, patience: patience.unwrap_or(PATIENCE), address })
}
