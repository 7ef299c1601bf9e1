//! What rpcd does with a frame: find the call in the table, execute it, answer it.

use std::os::fd::OwnedFd;
use std::sync::Arc;
use std::time::Instant;

use ipc_kit::retry;
use nix::errno::Errno;
use nix::unistd::read;

use crate::frame::{BODY_MAX, Frame, kind};
use crate::interface::{METHODS, Method, by_number};
use crate::link::{Input, Link, lock};
use crate::refusal::Refusal;
use crate::root::Kind;
use crate::server::Server;
use crate::state::{Caller, Outcome};
use crate::table::{Verdict, WINDOW_MAX};
use crate::wire::{Value, chunk};

impl Server {
    /// Deals with a frame.
    pub fn handle(&self, link: &Arc<Link>, input: &mut Input, frame: Frame) {
        let Frame { kind, client, seq, body } = frame;
        let handled = match kind {
            kind::CALL => self.call(link, input, Caller { client, seq }, None, &body),
            kind::RETRY => {
                let mut rest = &body[..];
                match chunk(&mut rest).map(u64::from_le_bytes) {
                    Some(instance) => self.call(link, input, Caller { client, seq }, Some(instance), rest),
                    None => Err(Refusal::BAD_ARGUMENTS),
                }
            }
            kind::RESULT | kind::ERROR => {
                let mut state = lock(&self.state);
                state.called_back(link.id, client, seq, &self.epoll);
                self.set_timer(&mut state);
                Ok(())
            }
            kind::CANCEL => {
                self.cancel(Caller { client, seq });
                Ok(())
            }
            kind::PING => self.ping(link, Caller { client, seq }, &body),
            kind::PONG => Ok(()),
            _ => Err(Refusal::BAD_ARGUMENTS),
        };
        if let Err(refusal) = handled {
            self.refuse(link, client, seq, &refusal);
        }
    }

    fn ping(&self, link: &Link, Caller { client, seq }: Caller, body: &[u8]) -> Result<(), Refusal> {
        let window = body.try_into().map(u32::from_le_bytes).map_err(|_| Refusal::BAD_ARGUMENTS)?;
        if !(1..=WINDOW_MAX).contains(&window) {
            return Err(Refusal::BAD_ARGUMENTS);
        }
        lock(&self.state).welcome(client, Some(window))?;
        let pong = Frame::new(kind::PONG, client, seq, self.instance.to_le_bytes().to_vec());
        link.send(Arc::new(pong.encode()), &self.epoll);
        Ok(())
    }

    /// A call, or with an instance a retry. An error is one that the table does not keep.
    fn call(
        &self,
        link: &Arc<Link>,
        input: &mut Input,
        caller: Caller,
        retry_of: Option<u64>,
        body: &[u8],
    ) -> Result<(), Refusal> {
        if caller.seq == 0 {
            return Err(Refusal::BAD_ARGUMENTS);
        }
        let mut state = lock(&self.state);
        let is_known = state.table.hears(caller.client);
        if retry_of.is_some_and(|instance| instance != self.instance || !is_known) {
            return Err(Refusal::OUTCOME_UNKNOWN);
        }
        let number = body.first_chunk().map(|number| u16::from_le_bytes(*number));
        let number = number.ok_or(Refusal::BAD_ARGUMENTS)?;
        // The answer in the table is for somebody who may call what the first copy called.
        let first = state.table.method(caller.client, caller.seq).unwrap_or(number);
        if by_number(first).is_some_and(|method| !self.may_call(link, method)) {
            return Err(Refusal::NOT_PERMITTED);
        }
        if !is_known {
            state.welcome(caller.client, None)?;
        }
        let verdict = state.table.admit(caller.client, caller.seq, number, &Arc::downgrade(link));
        drop(state);
        match verdict {
            Verdict::Known(None) => {}
            Verdict::Known(Some(answer)) => link.send(answer, &self.epoll),
            Verdict::New => self.execute(link, input, caller, body),
        }
        Ok(())
    }

    fn execute(&self, link: &Arc<Link>, input: &mut Input, caller: Caller, body: &[u8]) {
        let outcome = match self.unpack(link, body) {
            Ok((method, values)) => self.run_method(link, input, caller, body, method.name, values),
            Err(refusal) => Some(Err(refusal)),
        };
        if let Some(outcome) = outcome {
            lock(&self.state).finish(caller, outcome, &self.epoll);
        }
    }

    /// The server's stub: which method is it, and which values are its bytes?
    fn unpack(&self, link: &Link, body: &[u8]) -> Result<(&'static Method, Vec<Value>), Refusal> {
        let (method, arguments) = self.method_of(link, body)?;
        Ok((method, method.arguments(arguments).ok_or(Refusal::BAD_ARGUMENTS)?))
    }

    /// A method that this client may call, and the bytes behind its number.
    fn method_of<'a>(&self, link: &Link, body: &'a [u8]) -> Result<(&'static Method, &'a [u8]), Refusal> {
        let mut rest = body;
        let number = chunk(&mut rest).map(u16::from_le_bytes).ok_or(Refusal::BAD_ARGUMENTS)?;
        let method = by_number(number).ok_or(Refusal::UNKNOWN_METHOD)?;
        if self.may_call(link, method) { Ok((method, rest)) } else { Err(Refusal::NOT_PERMITTED) }
    }

    fn may_call(&self, link: &Link, method: &Method) -> bool {
        let rule = self.restrict.iter().find(|(name, _)| name == method.name);
        rule.is_none_or(|(_, uid)| link.peer.is_some_and(|(peer, ..)| peer == *uid))
    }

    /// Runs a method; `None` if it is answered later. Those that wait or change what all share count themselves.
    fn run_method(
        &self,
        link: &Arc<Link>,
        input: &mut Input,
        caller: Caller,
        body: &[u8],
        name: &str,
        values: Vec<Value>,
    ) -> Option<Outcome> {
        let mut values = values.into_iter();
        let outcome = match (name, values.next(), values.next()) {
            ("append", Some(Value::Text(key)), Some(Value::Bytes(bytes))) => {
                let mut state = lock(&self.state);
                let outcome =
                    state.append(caller, body, key, &bytes, Instant::now() + self.lease, &self.epoll);
                if outcome.is_none() {
                    self.set_timer(&mut state);
                }
                return outcome;
            }
            ("gate", Some(Value::Text(path)), None) => return self.gate(caller, body, &path).err().map(Err),
            ("stats", None, None) => {
                let state = lock(&self.state);
                let entries = state.table.size() as u64;
                Ok(Value::Tuple(vec![Value::U64(state.executed), Value::U64(entries)]))
            }
            ("get", Some(Value::Text(key)), None) => {
                let value = lock(&self.state).keys.get(&key).cloned();
                value.map(Value::Bytes).ok_or(Refusal::failed("no such key"))
            }
            ("watch", Some(Value::Text(key)), None) => {
                Ok(Value::U32(lock(&self.state).watch(link, caller.client, key)))
            }
            ("unwatch", Some(Value::U32(object)), None) => self.unwatch(link, object),
            (_, first, second) => self.run_alone(link, input, name, (first, second)),
        };
        if !matches!(&outcome, Err(refusal) if *refusal == Refusal::NOT_PERMITTED) {
            lock(&self.state).executed += 1;
        }
        Some(outcome)
    }

    /// Methods that need nothing but their own connection.
    fn run_alone(
        &self,
        link: &Link,
        input: &mut Input,
        name: &str,
        values: (Option<Value>, Option<Value>),
    ) -> Outcome {
        match (name, values) {
            ("add", (Some(Value::I64(a)), Some(Value::I64(b)))) => {
                a.checked_add(b).map(Value::I64).ok_or(Refusal::failed("overflow"))
            }
            ("echo", (Some(Value::Bytes(bytes)), None)) => Ok(Value::Bytes(bytes)),
            ("open", (Some(Value::Text(path)), None)) => self.open(input, &path).map(Value::U32),
            ("read", (Some(Value::U32(handle)), Some(Value::U32(length)))) => {
                read_file(input, handle, length).map(Value::Bytes)
            }
            ("close", (Some(Value::U32(handle)), None)) => {
                let file = input.handles.remove(&handle).ok_or(Refusal::failed("bad handle"))?;
                drop(file);
                self.has_closed();
                Ok(Value::Tuple(Vec::new()))
            }
            ("whoami", (None, None)) => {
                let (uid, gid, pid) = link.peer.ok_or(Refusal::NOT_PERMITTED)?;
                Ok(Value::Tuple(vec![Value::U32(uid), Value::U32(gid), Value::U32(pid)]))
            }
            ("list", (None, None)) => {
                let mine = METHODS.iter().filter(|method| self.may_call(link, method));
                let pair =
                    |method: &Method| vec![Value::U16(method.number), Value::Text(method.text.to_owned())];
                Ok(Value::List(mine.map(|method| Value::Tuple(pair(method))).collect()))
            }
            _ => Err(Refusal::UNKNOWN_METHOD),
        }
    }

    fn open(&self, input: &mut Input, path: &str) -> Result<u32, Refusal> {
        let root = self.root.as_ref().ok_or(Refusal::NOT_PERMITTED)?;
        let found = root.find(path, Kind::File)?;
        if input.handles.len() >= self.handles_max {
            return Err(Refusal::by_the_system(Errno::EMFILE));
        }
        let file = found.open()?;
        loop {
            input.last_handle = input.last_handle.checked_add(1).unwrap_or(1);
            if !input.handles.contains_key(&input.last_handle) {
                break;
            }
        }
        input.handles.insert(input.last_handle, file);
        Ok(input.last_handle)
    }

    fn unwatch(&self, link: &Link, object: u32) -> Outcome {
        let mut state = lock(&self.state);
        let is_there = state.end_object(link.id, object, &self.epoll);
        self.set_timer(&mut state);
        if is_there { Ok(Value::Tuple(Vec::new())) } else { Err(Refusal::failed("bad handle")) }
    }
}

fn read_file(input: &Input, handle: u32, length: u32) -> Result<Vec<u8>, Refusal> {
    let file: &OwnedFd = input.handles.get(&handle).ok_or(Refusal::failed("bad handle"))?;
    let length =
        usize::try_from(length).ok().filter(|&length| length <= BODY_MAX - 4).ok_or(Refusal::TOO_LARGE)?;
    let mut bytes = vec![0; length];
    let mut end = 0;
    while end < length {
        match retry(|| read(file, &mut bytes[end..])) {
            Ok(0) => break,
            Ok(count) => end += count,
            Err(errno) => return Err(Refusal::by_the_system(errno)),
        }
    }
    bytes.truncate(end);
    Ok(bytes)
}
