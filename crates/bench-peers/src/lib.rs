//! Other people's libraries as programs that do the work of a lab. Each program brings a library; what all programs
//! of one lab have in common stands here.
//!
//! | module | lab |
//! |---|---|
//! | [`records`] | 02: records, and the line for each |
//! | [`requests`] | 03: requests to a server |
//! | [`tasks`] | 04: tasks for workers |
//! | [`lines`] | 07: lines through a queue |
//! | [`calls`] | 08: calls of a server |

pub mod calls;
pub mod lines;
pub mod records;
pub mod requests;
pub mod tasks;
