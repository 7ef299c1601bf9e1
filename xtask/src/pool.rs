//! A few threads that work through a list; results come to the caller's thread as they are ready.

use std::num::NonZero;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use std::thread;

use crate::interrupt;

/// How many cores this process may use.
#[must_use]
pub fn cores() -> usize {
    thread::available_parallelism().map_or(1, NonZero::get)
}

/// Calls `work` on each item with `jobs` threads, and `done(index, result)` here. After Ctrl-C, or when
/// the run is halted, no further item is begun.
pub fn each<T, R, W, D>(jobs: usize, items: &[T], work: W, mut done: D)
where
    T: Sync,
    R: Send,
    W: Fn(&T) -> R + Sync,
    D: FnMut(usize, R),
{
    let next = AtomicUsize::new(0);
    let (sender, results) = mpsc::channel();
    thread::scope(|scope| {
        for _ in 0..jobs.clamp(1, items.len().max(1)) {
            let (sender, next, work) = (sender.clone(), &next, &work);
            scope.spawn(move || {
                while !interrupt::is_halted() {
                    // Relaxed: each index is handed out once; the items are shared read-only.
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    let Some(item) = items.get(index) else { break };
                    if sender.send((index, work(item))).is_err() {
                        break;
                    }
                }
            });
        }
        drop(sender);
        for (index, result) in results {
            done(index, result);
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_item_is_done_once() {
        let items: Vec<u32> = (0..100).collect();
        let mut seen = vec![0; 100];
        each(
            4,
            &items,
            |item| item * 2,
            |index, result| {
                assert_eq!(result as usize, index * 2);
                seen[index] += 1;
            },
        );
        assert!(seen.iter().all(|times| *times == 1));
    }

    #[test]
    fn an_empty_list_ends_at_once() {
        each(4, &[] as &[u32], |_| (), |_, ()| panic!("nothing to do"));
    }
}
