//! `/proc/PID/net/{tcp,tcp6,udp,udp6,unix}`; proc_pid_net(5).

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

/// One line of `tcp` or `udp`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Line {
    pub(crate) inode: u64,
    pub(crate) local: SocketAddr,
    pub(crate) remote: SocketAddr,
    pub(crate) state: u8,
    /// Bytes not yet acknowledged by the other side.
    pub(crate) unsent: u32,
    /// Bytes not yet read; of a listener, connections not yet accepted.
    pub(crate) unread: u32,
    /// A timer of the protocol runs: 1 retransmission, 2 another, 3 time-wait, 4 window probe.
    pub(crate) timer: u8,
}

/// Reads a file of internet sockets; lines that cannot be read are left out.
pub(crate) fn internet(text: &str) -> Vec<Line> {
    text.lines().skip(1).filter_map(line).collect()
}

fn line(text: &str) -> Option<Line> {
    let words: Vec<&str> = text.split_whitespace().collect();
    let hex = |word: &str| u32::from_str_radix(word, 16).ok();
    let (unsent, unread) = words.get(4)?.split_once(':')?;
    let (timer, _) = words.get(5)?.split_once(':')?;
    Some(Line {
        local: address(words.get(1)?)?,
        remote: address(words.get(2)?)?,
        state: hex(words.get(3)?)? as u8,
        unsent: hex(unsent)?,
        unread: hex(unread)?,
        timer: hex(timer)? as u8,
        inode: words.get(9)?.parse().ok()?,
    })
}

/// `0100007F:1F90`: each 32-bit word as the machine holds it, the port as a plain number.
fn address(text: &str) -> Option<SocketAddr> {
    let (host, port) = text.split_once(':')?;
    let words: Option<Vec<[u8; 4]>> = (0..host.len() / 8)
        .map(|at| Some(u32::from_str_radix(host.get(at * 8..at * 8 + 8)?, 16).ok()?.to_ne_bytes()))
        .collect();
    let bytes = words?.concat();
    let host = match <[u8; 4]>::try_from(bytes.as_slice()) {
        Ok(four) => IpAddr::V4(Ipv4Addr::from(four)),
        // An IPv4 address in an IPv6 socket is the same place.
        Err(_) => IpAddr::V6(Ipv6Addr::from(<[u8; 16]>::try_from(bytes.as_slice()).ok()?)).to_canonical(),
    };
    Some(SocketAddr::new(host, u16::from_str_radix(port, 16).ok()?))
}

/// Reads `unix`: inode, whether it listens, path. All that is known where sock_diag(7) cannot be asked.
pub(crate) fn unix(text: &str) -> Vec<(u64, bool, String)> {
    let line = |text: &str| {
        let mut words = text.split_whitespace();
        // Num RefCount Protocol Flags Type St Inode Path; __SO_ACCEPTCON is 1 << 16.
        let flags = u32::from_str_radix(words.nth(3)?, 16).ok()?;
        let inode = words.nth(2)?.parse().ok()?;
        Some((inode, flags & 0x10000 != 0, words.next().unwrap_or_default().to_owned()))
    };
    text.lines().skip(1).filter_map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TCP: &str = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 8112 1 0 100 0 0 10 0
   1: 0100007F:A4E2 0100007F:1F90 01 00000005:00000007 01:00000014 00000000     0        0 8113 1 0 20 4 30 10 -1
";

    #[test]
    #[cfg(target_endian = "little")]
    fn the_lines_of_tcp_are_read() {
        let lines = internet(TCP);
        assert_eq!(lines.len(), 2);
        assert_eq!((lines[0].state, lines[0].inode, lines[0].timer), (10, 8112, 0));
        assert_eq!(lines[0].local, "127.0.0.1:8080".parse().unwrap());
        assert_eq!(lines[1].remote, lines[0].local);
        assert_eq!((lines[1].unsent, lines[1].unread, lines[1].timer), (5, 7, 1));
    }

    #[test]
    #[cfg(target_endian = "little")]
    fn an_ipv4_address_in_an_ipv6_socket_is_the_same_place() {
        let mapped = address("0000000000000000FFFF00000100007F:1F90");
        assert_eq!(mapped, address("0100007F:1F90"));
        assert_eq!(address("00000000000000000000000001000000:0050"), Some("[::1]:80".parse().unwrap()));
    }

    #[test]
    fn the_lines_of_unix_are_read() {
        let text = "Num       RefCount Protocol Flags    Type St Inode Path
00000000: 00000002 00000000 00010000 0001 01 711 /tmp/s
00000000: 00000003 00000000 00000000 0001 03 712
";
        let expected = vec![(711, true, "/tmp/s".to_owned()), (712, false, String::new())];
        assert_eq!(unix(text), expected);
    }
}
