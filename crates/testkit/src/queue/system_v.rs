//! System V message queues.
#![allow(unsafe_code, reason = "nix has no System V queues")]

use std::ffi::CString;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError};

use anyhow::{Context, Result};
use nix::errno::Errno;

use super::QueueName;
use crate::failure::or_grader_error;
use crate::room::Room;
use crate::shared::Shared;

/// The longest message that the check takes.
const LONGEST: usize = 128 * 1024;
/// Files that are tried until one has a key that nobody uses. A key has 16 bits of the file's number.
const TRIES: usize = 32;

/// A file of the room with a key that nobody else's queue has. Law: no queue has it at the end.
pub struct SystemVKey {
    shared: Arc<Shared>,
    path: PathBuf,
    name: String,
    key: libc::key_t,
}

/// A queue as the check sees it; it never blocks the check.
pub struct SystemVQueue {
    id: libc::c_int,
    key: libc::key_t,
    is_own: bool,
}

#[repr(C)]
struct Message {
    kind: libc::c_long,
    bytes: [u8; LONGEST],
}

impl Room {
    /// A fresh file for `ftok(FILE, project)`; its name is a word.
    #[must_use]
    #[track_caller]
    pub fn system_v_key(&self, project: i32) -> SystemVKey {
        for _ in 0..TRIES {
            let name = self.word();
            let path = self.write(&name, "");
            let key = or_grader_error(key(&path, project));
            if id(key).is_none() {
                self.shared
                    .queues
                    .lock()
                    .unwrap_or_else(PoisonError::into_inner)
                    .push(QueueName::SystemV(key));
                return SystemVKey { shared: Arc::clone(&self.shared), path, name, key };
            }
        }
        or_grader_error(Err(anyhow::anyhow!("every key tried has a queue already")))
    }
}

impl SystemVKey {
    /// The name of the file, in the room.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Whether there is a queue with this key.
    #[must_use]
    pub fn exists(&self) -> bool {
        id(self.key).is_some()
    }

    /// Makes the queue. Dropping it removes it.
    #[must_use]
    #[track_caller]
    pub fn make(&self) -> SystemVQueue {
        // SAFETY: msgget(2) takes numbers only.
        let made = Errno::result(unsafe { libc::msgget(self.key, libc::IPC_CREAT | libc::IPC_EXCL | 0o600) });
        SystemVQueue {
            id: or_grader_error(made.context("make a System V queue")),
            key: self.key,
            is_own: true,
        }
    }

    /// Finds the queue that a program has made; waits for it.
    #[must_use]
    #[track_caller]
    pub fn open(&self) -> SystemVQueue {
        self.shared.wait_for_programs(&format!("the queue of {} to be made", self.name), || self.exists());
        let id = id(self.key).context("find a System V queue");
        SystemVQueue { id: or_grader_error(id), key: self.key, is_own: false }
    }
}

impl SystemVQueue {
    /// Sends a message of type `kind`, 1 or more; false if the queue is full.
    #[track_caller]
    pub fn send(&self, bytes: &[u8], kind: i64) -> bool {
        let mut message = Box::new(Message { kind, bytes: [0; LONGEST] });
        message.bytes[..bytes.len()].copy_from_slice(bytes);
        let start: *const Message = &raw const *message;
        // SAFETY: the message is a type and at least so many bytes, all initialised.
        let sent = unsafe { libc::msgsnd(self.id, start.cast(), bytes.len(), libc::IPC_NOWAIT) };
        match Errno::result(sent) {
            Ok(_) => true,
            Err(Errno::EAGAIN) => false,
            Err(error) => or_grader_error(Err(error).context("send a message")),
        }
    }

    /// Takes the first message and its type; `None` if there is none.
    #[must_use]
    #[track_caller]
    pub fn receive(&self) -> Option<(Vec<u8>, i64)> {
        let mut message = Box::new(Message { kind: 0, bytes: [0; LONGEST] });
        let start: *mut Message = &raw mut *message;
        // SAFETY: the message has room for a type and so many bytes, is ours alone, and may hold any bytes.
        let got = unsafe { libc::msgrcv(self.id, start.cast(), LONGEST, 0, libc::IPC_NOWAIT) };
        match Errno::result(got) {
            Ok(length) => Some((message.bytes[..length as usize].to_vec(), message.kind)),
            Err(Errno::ENOMSG) => None,
            Err(error) => or_grader_error(Err(error).context("receive a message")),
        }
    }

    /// How many messages are in it.
    #[must_use]
    #[track_caller]
    pub fn count(&self) -> u64 {
        or_grader_error(self.status()).msg_qnum
    }

    /// How many bytes of messages it holds at most.
    #[must_use]
    #[track_caller]
    pub fn bytes(&self) -> u64 {
        or_grader_error(self.status()).msg_qbytes
    }

    /// Its mode bits.
    #[must_use]
    #[track_caller]
    pub fn mode(&self) -> u32 {
        u32::from(or_grader_error(self.status()).msg_perm.mode) & 0o777
    }

    fn status(&self) -> Result<libc::msqid_ds> {
        let mut status = std::mem::MaybeUninit::<libc::msqid_ds>::zeroed();
        // SAFETY: IPC_STAT (msgctl(2)) writes one msqid_ds, for which there is room.
        let asked = unsafe { libc::msgctl(self.id, libc::IPC_STAT, status.as_mut_ptr()) };
        Errno::result(asked).context("look at a System V queue")?;
        // SAFETY: msgctl has filled it; and before, it was zeroes, which are a right value of its numbers.
        Ok(unsafe { status.assume_init() })
    }
}

impl Drop for SystemVQueue {
    fn drop(&mut self) {
        if self.is_own {
            remove(self.key);
        }
    }
}

fn key(path: &Path, project: i32) -> Result<libc::key_t> {
    let path = CString::new(path.as_os_str().as_bytes()).context("name a file")?;
    // SAFETY: ftok(3) reads the path, which ends with NUL and lives until it returns.
    Errno::result(unsafe { libc::ftok(path.as_ptr(), project) }).context("make a key from a file")
}

/// The id of the queue with this key.
pub(super) fn id(key: libc::key_t) -> Option<libc::c_int> {
    // SAFETY: msgget(2) takes numbers only.
    Errno::result(unsafe { libc::msgget(key, 0) }).ok()
}

pub(super) fn remove(key: libc::key_t) {
    if let Some(id) = id(key) {
        // SAFETY: IPC_RMID (msgctl(2)) does not look at the buffer.
        unsafe { libc::msgctl(id, libc::IPC_RMID, std::ptr::null_mut()) };
    }
}
