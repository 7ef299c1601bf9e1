//! Pure: who is alive, who is stuck, and which groups are the root of it.

use std::collections::BTreeMap;

/// One thread in the wait graph.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Node {
    pub(crate) process: i32,
    /// It has ended: it neither waits nor wakes.
    pub(crate) is_dead: bool,
    /// It runs, has a time-out, or can be ended from outside.
    pub(crate) is_alive: bool,
    /// The same, or a newcomer could end it.
    pub(crate) is_hopeful: bool,
    /// The processes that could end its wait; one is enough.
    pub(crate) wakers: Vec<i32>,
    /// Processes that may end it in a way that explains nothing.
    pub(crate) weak: Vec<i32>,
    /// Whoever is left may end it.
    pub(crate) anyone: bool,
}

/// What follows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Solved {
    /// Whether each node can still move.
    pub(crate) alive: Vec<bool>,
    /// The same, newcomers counted.
    pub(crate) hopeful: Vec<bool>,
    /// Groups of stuck nodes from which no other stuck group is reached, each ascending.
    pub(crate) roots: Vec<Vec<usize>>,
}

/// The OR model of deadlock: one living waker is enough to be alive. What is left is stuck.
pub(crate) fn solve(nodes: &[Node]) -> Solved {
    let alive = spread(nodes, |node| node.is_alive);
    let hopeful = spread(nodes, |node| node.is_hopeful);
    let roots = roots(nodes, &alive);
    Solved { alive, hopeful, roots }
}

fn spread(nodes: &[Node], seed: impl Fn(&Node) -> bool) -> Vec<bool> {
    let mut alive: Vec<bool> = nodes.iter().map(|node| seed(node) && !node.is_dead).collect();
    let mut by_process: BTreeMap<i32, usize> = BTreeMap::new();
    for (node, _) in nodes.iter().zip(&alive).filter(|(_, alive)| **alive) {
        *by_process.entry(node.process).or_default() += 1;
    }
    loop {
        let woken: Vec<usize> = (0..nodes.len())
            .filter(|&at| {
                let node = &nodes[at];
                let lives = |process: &i32| by_process.contains_key(process);
                let is_woken = node.wakers.iter().chain(&node.weak).any(lives)
                    || (node.anyone && !by_process.is_empty());
                !alive[at] && !node.is_dead && is_woken
            })
            .collect();
        if woken.is_empty() {
            return alive;
        }
        for at in woken {
            alive[at] = true;
            *by_process.entry(nodes[at].process).or_default() += 1;
        }
    }
}

/// The edges between stuck nodes: to each thread of each waker, but to itself only if it is alone in its process.
fn edges(nodes: &[Node], alive: &[bool]) -> Vec<Vec<usize>> {
    let mut threads: BTreeMap<i32, Vec<usize>> = BTreeMap::new();
    for (at, node) in nodes.iter().enumerate().filter(|(_, node)| !node.is_dead) {
        threads.entry(node.process).or_default().push(at);
    }
    let edges_of = |(at, node): (usize, &Node)| {
        if alive[at] || node.is_dead {
            return Vec::new();
        }
        let mut next: Vec<usize> = Vec::new();
        for waker in &node.wakers {
            let others = threads.get(waker).map_or(&[][..], Vec::as_slice);
            next.extend(others.iter().copied().filter(|&other| other != at || others.len() == 1));
        }
        next.sort_unstable();
        next.dedup();
        next
    };
    nodes.iter().enumerate().map(edges_of).collect()
}

fn roots(nodes: &[Node], alive: &[bool]) -> Vec<Vec<usize>> {
    let edges = edges(nodes, alive);
    let is_stuck = |at: usize| !alive[at] && !nodes[at].is_dead;
    let group = groups(&edges, is_stuck);
    let mut roots: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for at in (0..nodes.len()).filter(|&at| is_stuck(at)) {
        roots.entry(group[at]).or_default().push(at);
    }
    for (from, next) in edges.iter().enumerate() {
        if next.iter().any(|&to| group[to] != group[from]) {
            roots.remove(&group[from]);
        }
    }
    let mut roots: Vec<Vec<usize>> = roots.into_values().collect();
    roots.sort();
    roots
}

/// Strongly connected groups, by Kosaraju: in reverse order of finishing, whoever reaches a node backwards.
fn groups(edges: &[Vec<usize>], is_in: impl Fn(usize) -> bool) -> Vec<usize> {
    let mut order = Vec::new();
    let mut seen = vec![false; edges.len()];
    for start in (0..edges.len()).filter(|&at| is_in(at)) {
        visit(start, edges, &mut seen, |at| order.push(at));
    }
    let mut reversed = vec![Vec::new(); edges.len()];
    for (from, next) in edges.iter().enumerate() {
        next.iter().for_each(|&to| reversed[to].push(from));
    }
    let mut group = vec![usize::MAX; edges.len()];
    let mut seen: Vec<bool> = (0..edges.len()).map(|at| !is_in(at)).collect();
    for &start in order.iter().rev() {
        visit(start, &reversed, &mut seen, |at| group[at] = start);
    }
    group
}

/// Depth first, without recursion: a program may have thousands of threads.
fn visit(start: usize, edges: &[Vec<usize>], seen: &mut [bool], mut finished: impl FnMut(usize)) {
    if std::mem::replace(&mut seen[start], true) {
        return;
    }
    let mut path = vec![(start, 0)];
    while let Some((at, next)) = path.last_mut() {
        match edges[*at].get(*next) {
            Some(&to) => {
                *next += 1;
                if !std::mem::replace(&mut seen[to], true) {
                    path.push((to, 0));
                }
            }
            None => {
                finished(*at);
                path.pop();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    fn waits(process: i32, wakers: &[i32]) -> Node {
        Node { process, wakers: wakers.to_vec(), ..Node::default() }
    }

    fn alive(process: i32) -> Node {
        Node { process, is_alive: true, is_hopeful: true, ..Node::default() }
    }

    fn zombie(process: i32) -> Node {
        Node { process, is_dead: true, ..Node::default() }
    }

    #[test]
    fn two_who_wait_for_each_other_are_stuck() {
        let solved = solve(&[waits(1, &[2]), waits(2, &[1])]);
        assert_eq!(solved.alive, [false, false]);
        assert_eq!(solved.roots, [[0, 1]]);
    }

    #[test]
    fn one_living_waker_is_enough() {
        let solved = solve(&[waits(1, &[2, 3]), waits(2, &[1]), alive(3)]);
        assert_eq!(solved.alive, [true, true, true]);
        assert!(solved.roots.is_empty());
    }

    #[test]
    fn a_consequence_is_no_root() {
        let solved = solve(&[waits(9, &[1]), waits(1, &[2]), waits(2, &[1]), waits(8, &[9])]);
        assert_eq!(solved.roots, [[1, 2]]);
    }

    #[test]
    fn two_circles_are_two_roots() {
        let solved = solve(&[waits(1, &[2]), waits(2, &[1]), waits(3, &[3])]);
        assert_eq!(solved.roots, [vec![0, 1], vec![2]]);
    }

    #[test]
    fn a_zombie_wakes_nobody() {
        let solved = solve(&[waits(1, &[2]), zombie(2)]);
        assert_eq!(solved.alive, [false, false]);
        assert_eq!(solved.roots, [[0]]);
    }

    #[test]
    fn another_thread_of_the_same_process_can_wake_and_itself_cannot() {
        let solved = solve(&[waits(1, &[1]), alive(1), waits(2, &[2])]);
        assert_eq!(solved.alive, [true, true, false]);
        assert_eq!(solved.roots, [[2]]);
    }

    #[test]
    fn two_threads_that_join_each_other_are_a_circle() {
        assert_eq!(solve(&[waits(1, &[1]), waits(1, &[1])]).roots, [[0, 1]]);
    }

    #[rstest]
    #[case(vec![alive(3)], true)]
    #[case(vec![waits(3, &[3])], false)]
    fn a_wait_that_anyone_may_end_lives_as_long_as_anyone(#[case] others: Vec<Node>, #[case] lives: bool) {
        let nodes = [vec![Node { process: 1, anyone: true, ..Node::default() }], others].concat();
        assert_eq!(solve(&nodes).alive[0], lives);
    }

    #[test]
    fn a_weak_waker_gives_life_but_no_circle() {
        let weak = Node { process: 1, weak: vec![2], ..Node::default() };
        assert!(solve(&[weak.clone(), alive(2)]).alive[0]);
        assert_eq!(solve(&[weak, waits(2, &[1])]).roots, [[0]]);
    }

    #[test]
    fn a_newcomer_is_a_hope_and_no_life() {
        let node = Node { process: 1, is_hopeful: true, ..Node::default() };
        let solved = solve(&[node, waits(2, &[1])]);
        assert_eq!((solved.alive, solved.hopeful), (vec![false, false], vec![true, true]));
    }

    #[test]
    fn a_long_chain_is_solved() {
        let mut nodes: Vec<Node> = (0..2000).map(|at| waits(at, &[at + 1])).collect();
        nodes.push(waits(2000, &[2000]));
        assert_eq!(solve(&nodes).roots, [[2000]]);
    }
}
