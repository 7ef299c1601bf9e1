//! Message queues, System V queues and semaphores, eventfds. mq_overview(7), sysvipc(7), eventfd(2).
#![allow(unsafe_code, reason = "the System V calls, which nix does not have")]

use std::ffi::CString;

use anyhow::{Context, Result, ensure};
use nix::mqueue::{MQ_OFlag, MqAttr, MqdT, mq_open, mq_receive, mq_send};
use nix::sys::eventfd::EventFd;
use nix::sys::stat::Mode;

use crate::stage::{child, key, object, rename, wait_all};

/// The two queues of a run.
pub(crate) const REQUESTS: &str = "requests";
/// The other one.
pub(crate) const REPLIES: &str = "replies";

/// Opens, or makes, a queue of this run for four messages of 64 bytes.
fn queue(name: &str, how: MQ_OFlag) -> Result<MqdT> {
    let name = CString::new(object(name)).context("name a queue")?;
    let size = MqAttr::new(0, 4, 64, 0);
    mq_open(name.as_c_str(), how | MQ_OFlag::O_CREAT, Mode::S_IRUSR | Mode::S_IWUSR, Some(&size))
        .context("open a queue")
}

/// Requests and replies, both for both.
pub(crate) fn pair() -> Result<(MqdT, MqdT)> {
    Ok((queue(REQUESTS, MQ_OFlag::O_RDWR)?, queue(REPLIES, MQ_OFlag::O_RDWR)?))
}

/// Sends one message.
pub(crate) fn send_one(queue: &MqdT) -> Result<()> {
    mq_send(queue, b"message", 0).context("send to a queue")
}

/// Receives one message.
pub(crate) fn receive(queue: &MqdT) -> Result<()> {
    mq_receive(queue, &mut [0; 64], &mut 0).context("receive from a queue").map(drop)
}

/// A server waits for messages, and nobody has the queue open for sending.
pub(crate) fn mq_empty() -> Result<()> {
    rename("mq-server")?;
    receive(&queue(REQUESTS, MQ_OFlag::O_RDONLY)?)
}

/// A sender fills the queue, and nobody receives.
pub(crate) fn mq_full() -> Result<()> {
    rename("main")?;
    let queue = queue(REQUESTS, MQ_OFlag::O_RDWR)?;
    child("sender", &[], || {
        for _ in 0..100 {
            send_one(&queue)?;
        }
        Ok(())
    })?;
    wait_all()
}

/// Client and server each wait for the other's message first.
pub(crate) fn mq_both() -> Result<()> {
    rename("main")?;
    child("server", &[], || {
        let to_client = queue(REPLIES, MQ_OFlag::O_WRONLY)?;
        receive(&queue(REQUESTS, MQ_OFlag::O_RDONLY)?)?;
        send_one(&to_client)
    })?;
    child("client", &[], || {
        let to_server = queue(REQUESTS, MQ_OFlag::O_WRONLY)?;
        receive(&queue(REPLIES, MQ_OFlag::O_RDONLY)?)?;
        send_one(&to_server)
    })?;
    wait_all()
}

/// The System V queue of this run.
fn sysv_queue() -> Result<i32> {
    // SAFETY: takes no pointer.
    let id = unsafe { libc::msgget(key(), 0o600 | libc::IPC_CREAT) };
    ensure!(id >= 0, "make a System V queue: {}", std::io::Error::last_os_error());
    Ok(id)
}

#[repr(C)]
struct Message {
    kind: libc::c_long,
    bytes: [u8; 1024],
}

fn send(id: i32, kind: libc::c_long) -> Result<()> {
    let message = Message { kind, bytes: [0; 1024] };
    // SAFETY: the message lives through the call and is as long as said.
    let sent = unsafe { libc::msgsnd(id, (&raw const message).cast(), 1024, 0) };
    ensure!(sent == 0, "send to a System V queue: {}", std::io::Error::last_os_error());
    Ok(())
}

/// A server asks for messages of type 7; there is one of type 1.
pub(crate) fn msgrcv() -> Result<()> {
    rename("sysv-server")?;
    let id = sysv_queue()?;
    send(id, 1)?;
    let mut message = Message { kind: 0, bytes: [0; 1024] };
    // SAFETY: the message lives through the call and is as long as said.
    let received = unsafe { libc::msgrcv(id, (&raw mut message).cast(), 1024, 7, 0) };
    ensure!(received >= 0, "receive: {}", std::io::Error::last_os_error());
    Ok(())
}

/// A sender fills a System V queue, and nobody receives.
pub(crate) fn msgsnd_full() -> Result<()> {
    rename("sysv-client")?;
    let id = sysv_queue()?;
    for _ in 0..1000 {
        send(id, 1)?;
    }
    Ok(())
}

/// A System V semaphore at 0 that nobody raises.
pub(crate) fn semop() -> Result<()> {
    rename("sysv-sem")?;
    // SAFETY: takes no pointer.
    let id = unsafe { libc::semget(key(), 1, 0o600 | libc::IPC_CREAT) };
    ensure!(id >= 0, "make a System V semaphore: {}", std::io::Error::last_os_error());
    let mut lower = libc::sembuf { sem_num: 0, sem_op: -1, sem_flg: 0 };
    // SAFETY: one operation, which lives through the call.
    ensure!(unsafe { libc::semop(id, &raw mut lower, 1) } == 0, "lower a System V semaphore");
    Ok(())
}

/// A process reads its own eventfd, whose count is 0.
pub(crate) fn eventfd() -> Result<()> {
    rename("waiter")?;
    EventFd::new().context("make an eventfd")?.read().context("read it").map(drop)
}
