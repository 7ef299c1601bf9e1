//! A referee in its smallest form: reads the runner's config, writes records on the verdict pipe.

use std::fs::File;
use std::io::{Read as _, Write as _};
use std::os::fd::FromRawFd as _;
use std::process::{Command, Stdio};
use std::sync::{Mutex, OnceLock};
use std::time::{Duration, Instant};

/// One check: what it found goes on the verdict pipe.
pub fn check(test: &str, program: &str, input: &str, judge: impl Fn(&str, i32) -> Result<(), String>) {
    let config = std::env::var("IPC_LABS_REFEREE").unwrap_or_default();
    let path = text_after(&config, &format!("\"{program}\":")).unwrap_or_else(|| program.to_owned());
    let (verdict, text) = match run(&path, input) {
        None => ("hang", "nobody moved any more".to_owned()),
        Some((output, Some(code))) => match judge(&output, code) {
            Ok(()) => ("pass", String::new()),
            Err(text) => ("fail", text),
        },
        Some((_, None)) => ("crash", "the program was killed by a signal".to_owned()),
    };
    let escaped = text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
    let line = format!("{{\"test\":\"{test}\",\"verdict\":\"{verdict}\",\"text\":\"{escaped}\",\"seed\":1}}\n");
    if let Some(mut pipe) = pipe(&config).as_ref() {
        pipe.write_all(line.as_bytes()).unwrap();
    }
    assert_eq!(verdict, "pass", "{text}");
}

/// The output and the exit status; `None`: it did not end.
fn run(path: &str, input: &str) -> Option<(String, Option<i32>)> {
    let mut child =
        Command::new(path).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("start the program");
    // A program that does not read may be gone already.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    let mut output = child.stdout.take().unwrap();
    let reader = std::thread::spawn(move || {
        let mut bytes = Vec::new();
        let _ = output.by_ref().take(1 << 20).read_to_end(&mut bytes);
        String::from_utf8_lossy(&bytes).into_owned()
    });
    let start = Instant::now();
    while start.elapsed() < Duration::from_secs(2) {
        if let Some(status) = child.try_wait().unwrap() {
            return Some((reader.join().unwrap(), status.code()));
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    None
}

fn pipe(config: &str) -> &'static Option<File> {
    static PIPE: OnceLock<Option<File>> = OnceLock::new();
    static LOCK: Mutex<()> = Mutex::new(());
    let _locked = LOCK.lock().unwrap();
    PIPE.get_or_init(|| {
        let number = config.split("\"verdict_fd\":").nth(1)?;
        let number = number.split([',', '}']).next()?.parse().ok()?;
        // SAFETY: the runner gave us this descriptor, and nobody else here uses it.
        Some(unsafe { File::from_raw_fd(number) })
    })
}

fn text_after(config: &str, key: &str) -> Option<String> {
    let rest = config.split(key).nth(1)?.trim_start().strip_prefix('"')?;
    Some(rest.split('"').next()?.to_owned())
}
