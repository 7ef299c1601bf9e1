//! What a path may reach: files below the root, and nothing else.

use crate::server::Server;
use nix::sys::stat::Mode;
use std::os::unix::fs::symlink;

#[test]
fn no_path_leads_out_of_the_root() {
    let server = Server::start(&["pool"]);
    let outside = tempfile::tempdir().expect("a folder can be made");
    std::fs::write(outside.path().join("secret"), "secret").expect("a file can be written");
    let root = server.root.path();
    let name = outside.path().file_name().expect("a folder has a name").to_string_lossy().into_owned();
    server.file("folder/inner.txt", "inner");
    let link = |to: &str, at: &str| symlink(to, root.join(at)).expect("a link can be made");
    link(&format!("../{name}/secret"), "out");
    link(&outside.path().join("secret").to_string_lossy(), "absolute");
    link(&root.join("a.txt").to_string_lossy(), "absolute-inside");
    link("..", "folder/up-once");
    link("../..", "folder/up-twice");
    for path in [
        &format!("/../{name}/secret"),
        &format!("/%2e%2e/{name}/secret"),
        &format!("/..%2f{name}/secret"),
        &format!("/folder/../../{name}/secret"),
        &format!("/%2F{}/secret", outside.path().display()),
        &format!("/folder/up-twice/{name}/secret"),
        "/../no-such-file",
        "/..",
        "/out",
        "/absolute",
        "/absolute-inside",
    ] {
        assert_eq!(server.get(path).status, 403, "{path}");
    }
    // Slashes at the front are one: below the root there is no such folder.
    assert_eq!(server.get(&format!("/{}/secret", outside.path().display())).status, 404);
    for path in ["/folder/../a.txt", "/folder/up-once/a.txt", "//a.txt", "/a%2Etxt", "/a.txt?q=1", "/./a.txt"]
    {
        assert_eq!(server.get(path).body, b"hello", "{path}");
    }
    assert_eq!(server.ask("GET http://here/a.txt HTTP/1.1\r\nHost: here\r\n\r\n").body, b"hello");
}

#[test]
fn names_may_have_any_bytes() {
    let server = Server::start(&["pool"]);
    server.file("a b", "blank");
    server.file("ä", "umlaut");
    server.file("100%", "per cent");
    for (path, content) in
        [("/a%20b", "blank"), ("/%C3%A4", "umlaut"), ("/ä", "umlaut"), ("/100%25", "per cent")]
    {
        assert_eq!(server.get(path).body, content.as_bytes(), "{path}");
    }
}

#[test]
fn a_folder_is_its_index_and_needs_its_slash() {
    let server = Server::start(&["pool"]);
    server.file("a:b/index.html", "index");
    std::fs::create_dir(server.root.path().join("empty")).expect("a folder can be made");
    let moved = server.get("/a:b?q=1");
    // Relative, and with a dot: it can be taken for neither another host nor another protocol.
    assert_eq!((moved.status, moved.field("Location")), (301, "./a:b/"));
    let index = server.get("/a:b/");
    assert_eq!((index.status, index.body.as_slice()), (200, &b"index"[..]));
    assert_eq!(index.field("Content-Type"), "text/html; charset=utf-8");
    for path in ["/empty/", "/", "/a.txt/", "/missing", "/missing/x"] {
        assert_eq!(server.get(path).status, 404, "{path}");
    }
}

#[test]
fn what_is_no_regular_file_is_refused_and_nobody_waits_for_it() {
    let server = Server::start(&["one"]);
    nix::unistd::mkfifo(&server.root.path().join("fifo"), Mode::S_IRWXU).expect("a FIFO can be made");
    let socket = std::os::unix::net::UnixListener::bind(server.root.path().join("socket"));
    let _socket = socket.expect("a socket can be made");
    for path in ["/fifo", "/socket"] {
        assert_eq!(server.get(path).status, 403, "{path}");
    }
    assert_eq!(server.get("/a.txt").status, 200);
}
