//! The library from inside: what no example shows in full.

use mini_rpc::client_stub::{CallError, ClientStub};
use mini_rpc::duplicates::{Duplicates, Seen};
use mini_rpc::export::Code;
use mini_rpc::files::{Files, Shelf};
use mini_rpc::frame::{BODY_LIMIT, BadFrame, HEADER, Kind, Message};
use mini_rpc::network::{FAULTS, Network};
use mini_rpc::pack::Packer;
use mini_rpc::semantics::{SEMANTICS, Semantics, World};
use mini_rpc::stream::{self, NoFrame};
use mini_rpc::thermometer::{House, METHODS, Thermometer, WARM};
use mini_rpc::unpack::{BadBytes, Unpacker};
use mini_rpc::{dump, server_stub};
use std::os::unix::net::UnixStream;

/// Numbers that look random and are the same in each run (xorshift).
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn bytes(&mut self, below: u64) -> Vec<u8> {
        let length = self.next() % below;
        (0..length).map(|_| self.next().to_le_bytes()[0]).collect()
    }
}

#[test]
fn the_bytes_of_a_call_and_a_return_are_these() {
    let call = Message::call(7, 1, b"\x03\x04hall\xff\xe7".to_vec());
    assert_eq!(call.to_frame().unwrap(), b"\x00\x08\x01\x01\x00\x07\x00\x01\x2f\x6b\x03\x04hall\xff\xe7");
    let answer = server_stub::answer(&call, &mut House::with(&[("hall", 180)]));
    assert_eq!(answer.to_frame().unwrap(), b"\x00\x03\x01\x02\x00\x07\x00\x01\x8d\x62\x00\x00\x9b");
}

#[test]
fn what_is_packed_is_unpacked() {
    let texts = ["", "a", "Küche", &"x".repeat(255)];
    for number in [i16::MIN, -1, 0, 1, 255, 256, i16::MAX] {
        for text in texts {
            let unsigned = number.cast_unsigned();
            let packed = Packer::new().i16(number).text(text).unwrap().u16(unsigned).u8(9);
            let packed = packed.bytes(text.as_bytes()).unwrap().done();
            let mut rest = Unpacker::new(&packed);
            assert_eq!((rest.i16(), rest.text(), rest.u16()), (Ok(number), Ok(text), Ok(unsigned)));
            assert_eq!((rest.u8(), rest.bytes(), rest.finish()), (Ok(9), Ok(text.as_bytes()), Ok(())));
            // One byte less: whatever is cut, something is missing.
            let mut rest = Unpacker::new(&packed[..packed.len() - 1]);
            let cut = rest.i16().and(rest.text()).and(rest.u16()).and(rest.u8()).and(rest.bytes());
            assert!(matches!(cut, Err(BadBytes::Short { .. })), "{cut:?}");
        }
    }
    assert!(Packer::new().text(&"x".repeat(256)).is_err());
    assert!(Packer::new().bytes(&[0; 65_536]).is_err());
}

#[test]
fn any_message_survives_its_frame() {
    let mut numbers = Numbers(8);
    for _ in 0..500 {
        let kind = if numbers.next().is_multiple_of(2) { Kind::Call } else { Kind::Return };
        let (client, number) = (numbers.next().to_le_bytes(), numbers.next().to_le_bytes());
        let message = Message {
            kind,
            client: u16::from_le_bytes([client[0], client[1]]),
            number: u16::from_le_bytes([number[0], number[1]]),
            body: numbers.bytes(BODY_LIMIT as u64 + 1),
        };
        assert_eq!(Message::from_frame(&message.to_frame().unwrap()).unwrap(), message);
    }
}

#[test]
fn any_bytes_are_refused_without_a_panic() {
    let mut numbers = Numbers(80);
    for _ in 0..2000 {
        let bytes = numbers.bytes(64);
        assert!(Message::from_frame(&bytes).is_err(), "{bytes:02x?}");
        assert!(stream::receive(bytes.as_slice()).is_err() || bytes.len() >= HEADER);
        // With a good header around them they reach the procedures' stubs.
        let mut house = House::with(&[("hall", 180)]);
        let call = Message::call(7, 1, bytes);
        let status = server_stub::answer(&call, &mut house).body[0];
        assert!(status == 0 || Code::from_number(status).is_some());
        let _text_or_error = dump::call(&call.to_frame().unwrap(), METHODS);
    }
}

#[test]
fn a_message_that_is_neither_call_nor_return_is_refused() {
    let mut frame = Message::call(7, 1, Vec::new()).to_frame().unwrap();
    frame[3] = 9;
    let crc = mini_rpc::crc::crc16(&[&frame[..8]]);
    frame[8..10].copy_from_slice(&crc.to_be_bytes());
    assert_eq!(Message::from_frame(&frame), Err(BadFrame::Kind(9)));
    let returned = Message::call(7, 1, Vec::new()).answer(Vec::new()).to_frame().unwrap();
    assert_eq!(server_stub::answer_frame(&returned, &mut House::default()), Err(BadFrame::Kind(2)));
}

#[test]
fn a_running_call_is_known_and_a_finished_one_is_answered() {
    let mut table = Duplicates::with_limit(2);
    assert!(table.is_empty());
    assert_eq!(
        [table.begin(7, 1), table.begin(7, 1), table.begin(8, 1)],
        [Seen::New, Seen::Running, Seen::New]
    );
    table.finish(7, 1, b"answer");
    assert_eq!(table.begin(7, 1), Seen::Done(b"answer".to_vec()));
    assert_eq!((table.begin(7, 2), table.len()), (Seen::New, 2), "the oldest is forgotten");
    assert_eq!(table.begin(7, 1), Seen::New);
}

#[test]
fn each_semantics_keeps_its_promise_whatever_happens_to_each_frame() {
    for semantics in SEMANTICS {
        for fault in FAULTS {
            for frame in 1..=8 {
                let house = House::with(&[("hall", 0)]);
                let mut world = World::new(semantics, Network::with(fault, frame), house);
                let warm = Packer::new().text("hall").unwrap().i16(1).done();
                let known = (0..4).filter(|_| world.call(WARM.number, &warm).is_ok()).count();
                world.settle();
                let executed = world.exported.executed;
                let case = format!("{semantics:?}, {fault:?} {frame}: executed {executed}, known {known}");
                assert!(executed >= known, "what was answered was executed: {case}");
                match semantics {
                    Semantics::Maybe => assert!(known >= 3 && (3..=5).contains(&executed), "{case}"),
                    Semantics::AtLeastOnce => assert!(known == 4 && executed >= 4, "{case}"),
                    Semantics::AtMostOnce => assert!(known == 4 && executed == 4, "{case}"),
                }
            }
        }
    }
}

#[test]
fn a_duplicate_of_a_running_call_is_neither_executed_nor_answered() {
    let house = House::with(&[("hall", 0)]);
    let mut world = World::new(Semantics::AtMostOnce, Network::perfect(), house);
    assert_eq!(world.table.begin(1, 1), Seen::New, "somebody executes call 1");
    let warm = Packer::new().text("hall").unwrap().i16(1).done();
    assert!(matches!(world.call_as(1, WARM.number, &warm), Err(CallError::Unknown(_))));
    assert_eq!(world.exported.executed, 0);
}

#[test]
fn a_stub_throws_away_the_return_of_another_call() {
    let (client, server_end) = UnixStream::pair().unwrap();
    let server = std::thread::spawn(|| {
        server_stub::serve(server_end, &mut House::with(&[("hall", 180), ("bath", 235)])).is_ok()
    });
    let mut stub = ClientStub::new(client, 7);
    let given_up = stub.send(1, b"\x04hall").unwrap();
    assert_eq!((given_up, stub.temperature("bath"), stub.late), (1, Ok(235), 1));
    drop(stub);
    assert!(server.join().unwrap());
}

#[test]
fn a_stream_that_fails_has_not_ended_in_order() {
    struct Deaf;
    impl std::io::Read for Deaf {
        fn read(&mut self, _: &mut [u8]) -> std::io::Result<usize> {
            Err(std::io::ErrorKind::ConnectionReset.into())
        }
    }
    assert!(matches!(stream::receive(Deaf), Err(NoFrame::Io(_))));
}

#[test]
fn a_server_ends_the_conversation_at_a_bad_frame_and_not_before() {
    let good = Message::call(7, 1, b"\x01\x04hall".to_vec()).to_frame().unwrap();
    for place in 0..good.len() {
        let mut bad = good.clone();
        bad[place] ^= 0x80;
        let (mut client, server_end) = UnixStream::pair().unwrap();
        let server = std::thread::spawn(|| {
            let mut house = House::with(&[("hall", 180)]);
            (server_stub::serve(server_end, &mut house).is_err(), house.executed)
        });
        stream::send(&mut client, &[good.as_slice(), &bad].concat()).unwrap();
        client.shutdown(std::net::Shutdown::Write).unwrap();
        assert!(stream::receive(&mut client).is_ok(), "the good one is answered");
        assert!(stream::receive(&mut client).is_err(), "the bad one is not");
        assert_eq!(server.join().unwrap(), (true, 1), "byte {place} damaged");
    }
}

#[test]
fn a_stub_refuses_an_answer_that_it_cannot_unpack() {
    let answers: [(&[u8], &str); 4] = [
        (b"", "bad answer: an empty body"),
        (b"\x00\x01", "bad answer: bytes wanted: 2, there: 1"),
        (b"\x00\x01\x02\x03", "bad answer: bytes too many: 1"),
        (b"\x63what", "bad answer: status 99"),
    ];
    for (body, wanted) in answers {
        let (client, mut server) = UnixStream::pair().unwrap();
        let answer = Message::call(7, 1, Vec::new()).answer(body.to_vec());
        stream::send(&mut server, &answer.to_frame().unwrap()).unwrap();
        let error = ClientStub::new(client, 7).temperature("hall").unwrap_err();
        assert!(matches!(error, CallError::BadAnswer(_)));
        assert_eq!(error.to_string(), wanted);
    }
}

#[test]
fn a_shelf_opens_files_of_its_folder_and_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("hall"), "18.0").unwrap();
    std::fs::create_dir(folder.path().join("cellar")).unwrap();
    std::os::unix::fs::symlink("/etc/passwd", folder.path().join("link")).unwrap();
    nix::unistd::mkfifo(&folder.path().join("fifo"), nix::sys::stat::Mode::S_IRWXU).unwrap();
    let (client, server_end) = UnixStream::pair().unwrap();
    let mut shelf = Shelf::of(folder.path());
    let server = std::thread::spawn(move || server_stub::serve(server_end, &mut shelf).is_ok());
    let mut files = Files(ClientStub::new(client, 7));
    for name in ["", ".", "..", "../hall", "/etc/passwd", "cellar", "link", "fifo", "attic", "hall\0"] {
        assert!(matches!(files.open(name), Err(CallError::Refused(_))), "{name:?}");
    }
    assert_eq!(files.open("hall"), Ok(1));
    drop(files);
    assert!(server.join().unwrap(), "the server ends in order");
}
