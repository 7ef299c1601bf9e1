//! Clients and servers that others wrote talk to `filed` and `filec`: socat, nc, python3, perl, bash.
//!
//! Each test is skipped by name where its program is not installed.

mod site;

use rstest::rstest;
use site::{Site, filec, installed};

/// A conversation that ends by QUIT: the requests, and what comes back.
const ASKED: &str = "ECHO hello, world\r\nGET file\nGET ../secret\nBATCH 2 file\nNOSUCH\nQUIT\n";
const ANSWERED: &str = "OK 12\nhello, worldOK 3\nabcERR 403 forbidden\nOK 3\nabcOK 3\nabcERR 400 unknown\n";

/// In Python: sends standard input, ends its side, prints what comes until the end.
const PYTHON_CLIENT: &str = r"
import socket, sys
kind, where = sys.argv[1:3]
s = socket.socket(socket.AF_UNIX if kind == 'unix' else socket.AF_INET)
s.connect(where if kind == 'unix' else ('127.0.0.1', int(where)))
s.sendall(sys.stdin.buffer.read())
s.shutdown(socket.SHUT_WR)
while piece := s.recv(7):
    sys.stdout.buffer.write(piece)
";

/// The same in Perl.
const PERL_CLIENT: &str = r"
use IO::Socket::UNIX; use IO::Socket::INET;
my ($kind, $where) = @ARGV;
my $s = $kind eq 'unix' ? IO::Socket::UNIX->new(Peer => $where) : IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $where);
print $s join('', <STDIN>); $s->flush; shutdown($s, 1);
print while <$s>;
";

/// And in bash, over TCP only. It cannot end its side alone, so it relies on QUIT.
const BASH_CLIENT: &str = r#"exec 3<>"/dev/tcp/127.0.0.1/$0" && cat >&3 && cat <&3"#;

#[rstest]
#[case::socat_over_unix("socat", &["-t", "60", "-", "UNIX-CONNECT:SOCKET"])]
#[case::socat_over_tcp("socat", &["-t", "60", "-", "TCP4:127.0.0.1:PORT"])]
#[case::nc_over_unix("nc", &["-U", "SOCKET"])]
#[case::nc_over_tcp("nc", &["127.0.0.1", "PORT"])]
#[case::python_over_unix("python3", &["-c", PYTHON_CLIENT, "unix", "SOCKET"])]
#[case::python_over_tcp("python3", &["-c", PYTHON_CLIENT, "tcp", "PORT"])]
#[case::perl_over_unix("perl", &["-e", PERL_CLIENT, "unix", "SOCKET"])]
#[case::perl_over_tcp("perl", &["-e", PERL_CLIENT, "tcp", "PORT"])]
#[case::bash_over_tcp("bash", &["-c", BASH_CLIENT, "PORT"])]
fn a_foreign_client_is_served(#[case] program: &str, #[case] arguments: &[&str]) {
    let Some(program) = installed("a_foreign_client_is_served", program) else { return };
    let site = Site::new(arguments.contains(&"PORT") || arguments.iter().any(|word| word.contains(":PORT")));
    let arguments = arguments.iter().map(|word| site.fill(word));
    let answer = site.run(&program, arguments, ASKED);
    assert_eq!(answer, ANSWERED);
}

/// A server that answers each request with the request itself.
const PYTHON_SERVER: &str = r"
import socket, sys
s = socket.socket(socket.AF_UNIX); s.bind(sys.argv[1]); s.listen()
print('ready', flush=True)
c, _ = s.accept()
line = c.makefile('rb').readline()
c.sendall(b'OK %d\n' % len(line)); c.sendall(line)
";

#[test]
fn a_foreign_server_is_understood() {
    let Some(python) = installed("a_foreign_server_is_understood", "python3") else { return };
    let folder = tempfile::tempdir().expect("make a folder");
    let socket = folder.path().join("s");
    let server = site::Started::new(&python, [PYTHON_SERVER, &socket.to_string_lossy()]);
    let output = filec(&socket, &["ECHO", "hello,", "world"]);
    assert_eq!(output, "ECHO hello, world\n");
    server.wait();
}
