//! The three forms of the server, as a choice.

use crate::handler::Handler;
use crate::news::News;
use crate::pool::Pool;
use crate::quit::Quit;
use crate::{fork, one};
use anyhow::Result;
use std::net::TcpListener;

/// Who answers a client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// This process.
    One,
    /// A new process for each connection, at most this many at a time.
    Fork(usize),
    /// One of this many processes, which are made at the start.
    Pool(usize),
}

impl Form {
    /// Serves until SIGTERM. Calls `ready` when clients can be answered.
    ///
    /// # Errors
    /// See [`one::serve`], [`fork::serve`] and [`Pool::serve`]; and when `ready` fails.
    pub fn serve(
        self,
        listener: &TcpListener,
        handler: &Handler,
        ready: impl FnOnce() -> Result<()>,
    ) -> Result<()> {
        match self {
            Self::One => {
                let quit = Quit::at_sigterm()?;
                ready()?;
                one::serve(listener, handler, &quit)
            }
            Self::Fork(most) => {
                let news = News::subscribe()?;
                ready()?;
                fork::serve(listener, handler, most, &news)
            }
            Self::Pool(workers) => {
                let pool = Pool::start(listener, handler, workers)?;
                ready()?;
                pool.serve()
            }
        }
    }
}
