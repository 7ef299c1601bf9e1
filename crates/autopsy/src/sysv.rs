//! System V queues; sysvipc(7).

use crate::namespace;

/// How many messages queue `id` holds, as the process `pid` numbers it; `None` if that cannot be seen.
pub(crate) fn messages(pid: i32, id: i32) -> Option<u64> {
    parse(&namespace::queues(pid)?, id)
}

/// `key msqid perms cbytes qnum ...`, one line a queue.
fn parse(text: &str, id: i32) -> Option<u64> {
    text.lines().skip(1).find_map(|line| {
        let words: Vec<&str> = line.split_whitespace().collect();
        (words.get(1)?.parse() == Ok(id)).then(|| words.get(4)?.parse().ok())?
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_messages_of_a_queue_are_counted() {
        let text = "       key      msqid perms      cbytes       qnum lspid lrpid   uid   gid  cuid  cgid
         0          0   600           8          1  5714     0     0     0     0     0
         7          3   600           0          0     0     0     0     0     0     0\n";
        assert_eq!((parse(text, 0), parse(text, 3), parse(text, 4)), (Some(1), Some(0), None));
    }
}
