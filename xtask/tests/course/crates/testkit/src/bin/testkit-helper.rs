//! A helper program; `testkit-helper install DIR` copies it there.

fn main() {
    let mut args = std::env::args_os().skip(1);
    if args.next().is_some_and(|first| first == "install") {
        let folder = std::path::PathBuf::from(args.next().unwrap());
        std::fs::copy(std::env::current_exe().unwrap(), folder.join("gate")).unwrap();
    }
}
