//! One test a claim: the example of the same name ends well and prints exactly this.
//! The rule, its reason and the man pages stand at the head of the example.

use crate::run::example;

fn shows(name: &str, lines: &[&str]) {
    shows_and_says(name, lines, "");
}

fn shows_and_says(name: &str, lines: &[&str], errors: &str) {
    let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
    let errors = errors.to_owned();
    example(name).success().stdout(text).stderr(errors);
}

#[test]
fn recv_waits_for_send() {
    shows(
        "recv_waits_for_send",
        &[
            "nothing sent: the receiver sleeps in recv",
            r#"one line sent: the receiver says: received "go on""#,
            "receiver: exit code 0",
        ],
    );
}

#[test]
fn a_socket_goes_both_ways() {
    shows(
        "a_socket_goes_both_ways",
        &[
            r#"left receives "from right""#,
            r#"right receives "from left""#,
            "left again: nothing yet: would wait",
        ],
    );
}

#[test]
fn a_client_calls_asks_and_hangs_up() {
    shows(
        "a_client_calls_asks_and_hangs_up",
        &[
            "the server sleeps in accept",
            "get cherry: ok red",
            "get plum: error no plum here",
            "put plum blue: ok",
            "get plum: ok blue",
            "bye: ok bye",
            "after bye: 0 more bytes, the end",
            "the server sleeps in accept again",
        ],
    );
}

#[test]
fn accept_gives_a_new_descriptor() {
    shows(
        "accept_gives_a_new_descriptor",
        &[
            "server's end has the door's address: true",
            "its peer is this client: true",
            "server's end has the door's address: true",
            "its peer is this client: true",
            "the clients' addresses differ: true",
            r#"second client says hello; second end: "hello""#,
            "first end: nothing yet: would wait",
            "the door itself: ENOTCONN: Transport endpoint is not connected",
        ],
    );
}

#[test]
fn port_0_lets_the_kernel_choose() {
    shows(
        "port_0_lets_the_kernel_choose",
        &[
            "the kernel chose port 0: false",
            "two listeners, one port: false",
            "bind to a taken port: EADDRINUSE: Address already in use",
        ],
    );
}

#[test]
fn loopback_has_many_addresses() {
    shows(
        "loopback_has_many_addresses",
        &[
            "listener at 127.0.0.1, call to 127.0.0.1: connected",
            "listener at 127.0.0.1, call to 127.1.2.3: ECONNREFUSED: Connection refused",
            "the same port at 127.1.2.3: free, and now a second door",
        ],
    );
}

#[test]
fn a_directory_tells_where_the_server_is() {
    shows(
        "a_directory_tells_where_the_server_is",
        &[
            "found by the directory: ok first server",
            "the address is another: true",
            "found by the directory: ok second server",
            "who remembers the old address: ECONNREFUSED: Connection refused",
        ],
    );
}

#[test]
fn one_protocol_on_unix_and_ipv4() {
    shows(
        "one_protocol_on_unix_and_ipv4",
        &[
            "a path:           ok red; who: ok, my own uid, gid and pid",
            "an abstract name: ok red; who: ok, my own uid, gid and pid",
            "IPv4:             ok red; who: ok the network does not tell",
        ],
    );
}

#[test]
fn http_is_lines_on_a_stream() {
    shows(
        "http_is_lines_on_a_stream",
        &[
            "GET /cherry",
            "    HTTP/1.1 200 OK",
            "    Content-Length: 4",
            "    Connection: close",
            "",
            "    red",
            "GET /plum",
            "    HTTP/1.1 404 Not Found",
            "    Content-Length: 19",
            "    Connection: close",
            "",
            "    error no plum here",
        ],
    );
}

#[test]
fn connect_succeeds_before_accept() {
    shows(
        "connect_succeeds_before_accept",
        &[
            "connect: success, and nobody has called accept",
            "send: success",
            "the client hangs up",
            "accept: success",
            r#"received: "hello, anybody?""#,
        ],
    );
}

#[test]
fn a_datagram_waits_in_a_queue() {
    shows(
        "a_datagram_waits_in_a_queue",
        &[
            "no receiver yet: ENOENT: No such file or directory",
            "two messages sent, and the sender is gone",
            r#"received "one""#,
            r#"the receiver is gone, and "two" with it"#,
            "send: ECONNREFUSED: Connection refused",
        ],
    );
}

#[test]
fn the_backlog_is_finite() {
    shows(
        "the_backlog_is_finite",
        &[
            "backlog 2: 3 callers wait, the next gets EAGAIN: Try again",
            "after one accept, another call: connected",
        ],
    );
}

#[test]
fn a_stream_keeps_no_boundaries() {
    shows(
        "a_stream_keeps_no_boundaries",
        &[
            r#"send "one""#,
            r#"send "two""#,
            r#"send "three""#,
            r#"receive at most 4: "onet""#,
            r#"receive at most 100: "wothree""#,
            "the peer has closed: 0 bytes: the end",
        ],
    );
}

#[test]
fn a_datagram_keeps_its_boundaries() {
    shows(
        "a_datagram_keeps_its_boundaries",
        &[
            r#"send "one""#,
            r#"send "two""#,
            r#"send "three""#,
            r#"send """#,
            r#"send "four""#,
            r#"receive at most 100: "one""#,
            r#"receive at most 100: "two""#,
            r#"receive at most 2: "th", cut: it had 5 bytes"#,
            r#"receive at most 100: """#,
            r#"receive at most 100: "four""#,
        ],
    );
}

#[test]
fn seqpacket_is_a_connection_with_boundaries() {
    shows(
        "seqpacket_is_a_connection_with_boundaries",
        &[
            r#"a message: "one""#,
            r#"a message: "two""#,
            "a message of 64 MiB: EMSGSIZE: Message too long",
            "the peer has closed: 0 bytes: the end",
            "seqpacket on IPv4: ESOCKTNOSUPPORT: Socket type not supported",
        ],
    );
}

#[test]
fn a_datagram_carries_its_senders_address() {
    shows(
        "a_datagram_carries_its_senders_address",
        &[
            "from a client with a name: answered",
            r#"    it receives "pong""#,
            "from a client without: no address, no answer",
            "    it receives nothing yet: would wait",
        ],
    );
}

#[test]
fn udp_loses_what_does_not_fit() {
    shows(
        "udp_loses_what_does_not_fit",
        &[
            "UDP: 1000 messages sent, each send a success",
            "UDP: some arrived: true, some were lost: true",
            "Unix: full after some messages, then EAGAIN: true",
            "Unix: all of them arrived: true",
        ],
    );
}

#[test]
fn a_line_may_come_in_pieces() {
    shows(
        "a_line_may_come_in_pieces",
        &[
            r#"whole: (["get cherry", "put plum blue"], true)"#,
            "cut in two at each of 32 places: 32 times the same",
            "cut into 31 single bytes: the same: true",
        ],
    );
}

#[test]
fn a_line_without_end_is_refused() {
    shows(
        "a_line_without_end_is_refused",
        &[
            "1025 bytes and no newline: error a request has at most 1024 bytes",
            "a million more, then a good line: ok",
            "a line cut by the end: error the last line has no end",
            "get plum: ok blue",
        ],
    );
}

#[test]
fn the_second_client_waits_for_the_first() {
    shows(
        "the_second_client_waits_for_the_first",
        &[
            "client 1: connected, and silent",
            "the server sleeps in recv, for client 1",
            "client 2: connected, and its request is sent",
            "the server still sleeps in recv: true",
            "client 2's answer: nothing yet: would wait",
            "client 1 hangs up",
            "client 2's answer: ok red",
        ],
    );
}

#[test]
fn poll_serves_the_second_client() {
    shows(
        "poll_serves_the_second_client",
        &[
            "client 1: connected, and silent",
            "client 2: connected, and has sent half a request",
            "the server sleeps in poll, for anybody",
            "client 3's answer: ok red",
            "client 2 sends the other half; its answer: ok red",
        ],
    );
}

#[test]
fn one_poll_waits_for_sockets_pipes_and_signals() {
    shows(
        "one_poll_waits_for_sockets_pipes_and_signals",
        &[
            "nothing has happened; ready: []",
            r#"somebody calls; ready: ["listener"]"#,
            r#"accepted, and a request is sent; ready: ["client"]"#,
            r#"a byte in the pipe, and a signal; ready: ["client", "pipe", "signal"]"#,
        ],
    );
}

#[test]
fn readable_means_one_recv_not_one_line() {
    shows(
        "readable_means_one_recv_not_one_line",
        &[
            "poll: the client is readable",
            "half a line later the server sleeps in recv, and serves nobody",
            "the whole line: get cherry",
        ],
    );
}

#[test]
fn ready_is_a_hint() {
    shows(
        "ready_is_a_hint",
        &["poll: a caller waits: true", "another process has accepted it", "accept here: EAGAIN: Try again"],
    );
}

#[test]
fn a_server_without_descriptors_must_not_spin() {
    shows(
        "a_server_without_descriptors_must_not_spin",
        &[
            "the naive loop:",
            "    poll: 1 ready; accept: EMFILE: Too many open files",
            "    poll: 1 ready; accept: EMFILE: Too many open files",
            "    poll: 1 ready; accept: EMFILE: Too many open files",
            "the poll server:",
            "    two clients are served: ok red, ok red",
            "    the third: nothing yet: would wait; the server sleeps in poll",
            "    the first again: ok red",
            "    the second leaves; the third: ok red",
        ],
    );
}

#[test]
fn a_socket_holds_a_finite_number_of_bytes() {
    shows(
        "a_socket_holds_a_finite_number_of_bytes",
        &[
            "Unix: it took some bytes, then EAGAIN: true",
            "Unix: all of them arrived: true",
            "Unix: now there is room again: true",
            "TCP: it took some bytes, then EAGAIN: true",
            "TCP: all of them arrived: true",
            "TCP: now there is room again: true",
        ],
    );
}

#[test]
fn a_full_socket_stops_the_sender() {
    shows(
        "a_full_socket_stops_the_sender",
        &[
            "the sender of 4194304 bytes sleeps in send",
            "received until its end: 4194304 bytes",
            "sender: exit code 0",
        ],
    );
}

#[test]
fn a_send_may_take_a_part() {
    shows(
        "a_send_may_take_a_part",
        &[
            "asked to send 4194304 bytes; it took a part: true",
            "the rest sent part by part; received as sent: true",
        ],
    );
}

#[test]
fn who_only_sends_waits_for_ever() {
    shows_and_says(
        "who_only_sends_waits_for_ever",
        &[
            "10 requests: 10 answers",
            "1000000 requests: the server sleeps in send, the client sleeps in send",
            "the client is killed; 10 requests of another: 10 answers",
        ],
        "client-server: a client: send an answer: ECONNRESET: Connection reset by peer\n",
    );
}

#[test]
fn a_client_that_does_not_read_stops_only_itself() {
    shows(
        "a_client_that_does_not_read_stops_only_itself",
        &[
            "the first client sends until its send would wait, and reads nothing",
            "the server sleeps in poll: true",
            "the second client: ok, ok blue",
            "the first client reads at last: an answer to each request: true",
        ],
    );
}

#[test]
fn a_signal_interrupts_recv() {
    shows(
        "a_signal_interrupts_recv",
        &[
            "recv: EINTR: Interrupted system call",
            "recv with SA_RESTART: 4 bytes",
            "poll with SA_RESTART: EINTR: Interrupted system call",
            "send of 4194304 bytes with SA_RESTART took a part: true",
            "send_all, interrupted in the middle: done",
            "and 4194304 bytes have arrived",
        ],
    );
}

#[test]
fn half_close_says_that_was_all() {
    shows(
        "half_close_says_that_was_all",
        &[
            "sent two requests and the end",
            "more requests: EPIPE: Broken pipe",
            r#"received until the server's end: "ok red\nok yellow\n""#,
        ],
    );
}

#[test]
fn shutdown_works_for_every_copy() {
    shows(
        "shutdown_works_for_every_copy",
        &[
            "server's end closed here, two copies left: nothing yet: would wait",
            "one copy left, in the child: nothing yet: would wait",
            "the child has ended: 0 bytes: the end",
            "shutdown, two copies left: 0 bytes: the end",
        ],
    );
}

#[test]
fn accept_does_not_hand_on_cloexec() {
    shows(
        "accept_does_not_hand_on_cloexec",
        &[
            "the listener, made close-on-exec: closed by exec",
            "accepted plainly: still open after exec",
            "accepted with SOCK_CLOEXEC: closed by exec",
            "a pipe of ipc-kit: closed by exec",
        ],
    );
}

#[test]
fn sending_to_a_closed_peer_is_epipe() {
    shows(
        "sending_to_a_closed_peer_is_epipe",
        &[
            "SIGPIPE ignored, as in every Rust program: EPIPE: Broken pipe",
            "default action, MSG_NOSIGNAL: EPIPE: Broken pipe",
            "default action, no flag: ended with 141, that is 128 + SIGPIPE",
        ],
    );
}

#[test]
fn a_successful_send_is_no_delivery() {
    shows(
        "a_successful_send_is_no_delivery",
        &[
            "TCP: the peer has sent its end: 0 bytes",
            "TCP: first send: success",
            "TCP: second send: EPIPE: Broken pipe",
            "Unix: first send: EPIPE: Broken pipe",
        ],
    );
}

#[test]
fn linger_0_resets_the_connection() {
    shows(
        "linger_0_resets_the_connection",
        &[
            "closed in order: 0 bytes",
            "closed with linger 0: ECONNRESET: Connection reset by peer",
            "asked again: 0 bytes",
        ],
    );
}

#[test]
fn closing_with_unread_bytes_resets() {
    shows(
        "closing_with_unread_bytes_resets",
        &[
            "TCP: the answer: error",
            "TCP: then: ECONNRESET: Connection reset by peer",
            "Unix: the answer: error",
            "Unix: then: ECONNRESET: Connection reset by peer",
        ],
    );
}

#[test]
fn a_socket_file_has_an_owner_and_a_mode() {
    shows(
        "a_socket_file_has_an_owner_and_a_mode",
        &[
            "bind under umask 000: a socket, mode 0777, owned by me",
            "bind under umask 022: a socket, mode 0755, owned by me",
            "bind under umask 077: a socket, mode 0700, owned by me",
            "socket_file::listen under umask 000: a socket, mode 0600, owned by me",
        ],
    );
}

#[test]
fn the_kernel_says_who_the_peer_is() {
    shows(
        "the_kernel_says_who_the_peer_is",
        &[
            "user and group are mine: true",
            "process: the child's, which connected: true",
            r#"the parent sends through the same connection: "I am uid=0 pid=1, honestly""#,
            "the kernel's answer is still the child: true",
            "TCP: nobody is known",
        ],
    );
}

#[test]
fn a_dead_server_leaves_its_name() {
    shows(
        "a_dead_server_leaves_its_name",
        &[
            "the server is killed; its file is there: true",
            "connect: ECONNREFUSED: Connection refused",
            "bind: EADDRINUSE: Address already in use",
            "taken over; connect: success",
            "a second server: a server lives at unix:PATH",
            "the server ends in order; its file is there: false",
            "over a file: PATH is there, and is no socket",
            r#"the file: "somebody's diary""#,
        ],
    );
}

#[test]
fn an_abstract_name_leaves_nothing() {
    shows(
        "an_abstract_name_leaves_nothing",
        &[
            "in the kernel's table: true",
            "a second server: EADDRINUSE: Address already in use",
            "connect: success",
            "the server is killed",
            "connect: ECONNREFUSED: Connection refused",
            "the next server: success",
        ],
    );
}

#[test]
fn a_restarted_server_needs_reuseaddr() {
    shows(
        "a_restarted_server_needs_reuseaddr",
        &[
            "the server closes first: 0 bytes at the client",
            "nobody has the port; a new listener without SO_REUSEADDR: EADDRINUSE: Address already in use",
            "with SO_REUSEADDR: success",
        ],
    );
}

#[test]
fn a_reserved_channel_is_looked_at_every_n_requests() {
    shows(
        "a_reserved_channel_is_looked_at_every_n_requests",
        &[
            "a look every 1 requests: 251 looks, stopped after 250 requests",
            "a look every 10 requests: 26 looks, stopped after 250 requests",
            "a look every 100 requests: 4 looks, stopped after 300 requests",
            "a look every 400 requests: 2 looks, stopped after 400 requests",
            "a look every 2000 requests: 1 looks, stopped after 1000 requests",
        ],
    );
}

#[test]
fn a_file_on_disk_is_always_ready() {
    shows(
        "a_file_on_disk_is_always_ready",
        &["an empty file, nothing to read; poll says ready: true", "epoll: EPERM: Operation not permitted"],
    );
}

#[test]
fn helpers_read_while_the_loop_serves() {
    shows(
        "helpers_read_while_the_loop_serves",
        &[
            "helper 0 sleeps in open",
            "ready: the client; it says hello",
            r#"ready: helper 1: "at once""#,
            r#"ready: helper 0: "at last""#,
            "helper 0 is killed: the helper is dead",
            r#"a new helper 0: "at once""#,
        ],
    );
}

#[test]
fn strangers_can_share_a_pipe() {
    shows("strangers_can_share_a_pipe", &["through the pipe: we have never met"]);
}

#[test]
fn a_passed_descriptor_is_the_same_open_file() {
    shows(
        "a_passed_descriptor_is_the_same_open_file",
        &[
            r#"the sender reads "Dear ""#,
            "the sender has closed it, and its name is gone",
            r#"the receiver reads "reader""#,
            r#"what else was sent: "expected one descriptor, received None""#,
        ],
    );
}
