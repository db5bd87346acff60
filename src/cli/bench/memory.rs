//! Resident memory of the process that serves an engine: our own behind its socket, or a server listening on this machine.

use std::collections::HashSet;
use std::os::unix::net::UnixStream;

use crate::engine::llama::place;

/// The memory of the engine process that this user's servers share.
pub(super) fn of_our_engine() -> Option<u64> {
    let stream = UnixStream::connect(place::socket().ok()?).ok()?;
    resident(peer(&stream)?)
}

#[cfg(target_os = "linux")]
fn peer(stream: &UnixStream) -> Option<u32> {
    let credentials = nix::sys::socket::getsockopt(stream, nix::sys::socket::sockopt::PeerCredentials).ok()?;
    u32::try_from(credentials.pid()).ok()
}

#[cfg(not(target_os = "linux"))]
fn peer(_: &UnixStream) -> Option<u32> {
    None
}

/// The processes that listen on a port of this machine, with their children, since a child may hold the model; in bytes.
pub(super) fn of_listener(port: u16) -> Option<u64> {
    let inodes: HashSet<String> = ["/proc/net/tcp", "/proc/net/tcp6"].into_iter().flat_map(|table| listening(table, port)).collect();
    let mut serving: HashSet<u32> = processes().filter(|process| holds(*process, &inodes)).collect();
    // Parents mostly have lower ids, but ids may have wrapped around, so this repeats until no child is added.
    loop {
        let children: Vec<u32> = processes().filter(|process| parent(*process).is_some_and(|of| serving.contains(&of))).collect();
        let before = serving.len();
        serving.extend(children);
        if serving.len() == before {
            break;
        }
    }
    let sizes: Vec<u64> = serving.into_iter().filter_map(resident).collect();
    (!sizes.is_empty()).then(|| sizes.iter().sum())
}

/// The inodes of sockets that listen on a port, from one of the system's tables.
fn listening(table: &str, port: u16) -> Vec<String> {
    const LISTEN: &str = "0A";
    let text = std::fs::read_to_string(table).unwrap_or_default();
    let inode = |line: &str| {
        let fields: Vec<&str> = line.split_whitespace().collect();
        let here = fields.get(1)?.rsplit_once(':')?.1;
        let is_it = u16::from_str_radix(here, 16) == Ok(port) && fields.get(3) == Some(&LISTEN);
        is_it.then(|| fields.get(9).map(|inode| format!("socket:[{inode}]"))).flatten()
    };
    text.lines().skip(1).filter_map(inode).collect()
}

fn processes() -> impl Iterator<Item = u32> {
    let entries = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok())
}

fn holds(process: u32, inodes: &HashSet<String>) -> bool {
    let Ok(files) = std::fs::read_dir(format!("/proc/{process}/fd")) else { return false };
    let mut links = files.flatten().filter_map(|file| std::fs::read_link(file.path()).ok());
    links.any(|link| link.to_str().is_some_and(|link| inodes.contains(link)))
}

fn parent(process: u32) -> Option<u32> {
    status(process, "PPid:")?.parse().ok()
}

fn resident(process: u32) -> Option<u64> {
    status(process, "VmRSS:")?.parse::<u64>().ok().map(|kib| kib * 1024)
}

fn status(process: u32, key: &str) -> Option<String> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix(key))?;
    line.split_whitespace().next().map(String::from)
}
