//! What the library accepts and refuses at its limits, asked from inside: nothing here may fork.

use crate::machine::Needs;
use crate::{trial, trial_if};
use libtest_mimic::Trial;
use nix::errno::Errno;
use producer_consumer::fifo::Fifo;
use producer_consumer::framing::{FramingError, LIMIT, frame, read_record, write_record};
use producer_consumer::{both_ways, buffer, system_v};

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        trial("the_longest_record_passes_and_a_longer_one_does_not", the_longest_record_passes),
        trial("a_buffer_of_a_size_that_the_kernel_does_not_make_is_refused", an_odd_buffer_is_refused),
        trial("a_fifo_is_gone_with_its_value", a_fifo_is_gone_with_its_value),
        trial("an_exchange_ends_when_both_directions_have", an_exchange_ends),
        trial_if(
            Needs::SystemV,
            "a_system_v_message_needs_a_type_and_a_limit",
            a_system_v_message_needs_a_type,
        ),
    ]
}

fn the_longest_record_passes() {
    let (reader, writer) = ipc_kit::pipe().expect("a pipe");
    let longest = vec![b'x'; LIMIT];
    std::thread::scope(|scope| {
        scope.spawn(|| write_record(&writer, &longest).expect("it is not over the limit"));
        assert_eq!(read_record(&reader).expect("it is whole").as_deref(), Some(&longest[..]));
    });
    assert_eq!(frame(&[0; LIMIT + 1]), Err(FramingError::TooLong(LIMIT + 1)));
    ipc_kit::write_all(&writer, &(LIMIT as u32 + 1).to_le_bytes()).expect("there is room");
    assert_eq!(read_record(&reader), Err(FramingError::TooLong(LIMIT + 1)));
}

fn an_odd_buffer_is_refused() {
    let refusal = buffer::bounded(3).expect_err("the kernel makes pipes of a power of two");
    assert_eq!(refusal.to_string(), "asked for a pipe of 12288 bytes, the kernel made one of 16384");
}

fn a_fifo_is_gone_with_its_value() {
    let fifo = Fifo::new().expect("a FIFO");
    let (path, folder) = (fifo.path().to_owned(), fifo.path().parent().expect("a folder").to_owned());
    assert!(path.exists());
    drop(fifo);
    assert!(!path.exists() && !folder.exists());
}

/// The other side may end first, or last, and there may be nothing to send.
fn an_exchange_ends() {
    let pipe = || ipc_kit::pipe().expect("a pipe");
    for bytes in [&b""[..], b"question"] {
        for answers_early in [true, false] {
            let ((to_us, from_them), (to_them, from_us)) = (pipe(), pipe());
            buffer::set_nonblocking(&from_us).expect("an open end");
            let them = std::thread::spawn(move || {
                let heard =
                    if answers_early { Vec::new() } else { ipc_kit::read_to_end(&to_them).expect("all") };
                ipc_kit::write_all(&from_them, b"answer").expect("somebody reads");
                drop(from_them);
                if answers_early { ipc_kit::read_to_end(&to_them).expect("all") } else { heard }
            });
            assert_eq!(both_ways::exchange(from_us, bytes, &to_us).expect("it ends"), b"answer");
            assert_eq!(them.join().expect("they end"), bytes);
        }
    }
}

fn a_system_v_message_needs_a_type() {
    let queue = system_v::Queue::new().expect("a queue");
    assert_eq!(queue.send(0, "no type"), Err(Errno::EINVAL));
    assert_eq!(queue.send(1, &"x".repeat(system_v::LONGEST + 1)), Err(Errno::EINVAL));
    queue.send(7, &"x".repeat(system_v::LONGEST)).expect("it is not over the limit");
    assert_eq!(queue.receive(0), Ok((7, "x".repeat(system_v::LONGEST))));
    assert_eq!(queue.try_receive(0), Err(Errno::ENOMSG));
}
