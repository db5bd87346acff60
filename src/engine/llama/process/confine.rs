//! What the engine process gives up before it reads the first model: the network, core dumps, new privileges. A model file is somebody
//! else's data in front of a large C++ library; whatever it might make that do, it cannot send anything anywhere.

use nix::sys::resource::{Resource, setrlimit};

/// Set for a process that only finds out whether the network can be given up: half of the way is no way back.
#[cfg(target_os = "linux")]
const PROBE: &str = "LONGSIGHT_CONFINE_PROBE";

/// Gives up what can be given up here; what the system does not allow is said in the log. Call it while there is one thread. False when
/// this process was only to find that out, and has.
pub fn confine() -> std::io::Result<bool> {
    // A core dump would hold prompts.
    note("core dumps", setrlimit(Resource::RLIMIT_CORE, 0, 0).map_err(Into::into));
    #[cfg(target_os = "linux")]
    {
        if std::env::var_os(PROBE).is_some() {
            return leave_network().map(|()| false);
        }
        note("new privileges", nix::sys::prctl::set_no_new_privs().map_err(Into::into));
        note("the network", if may_leave() { leave_network() } else { Err(std::io::Error::other("no namespaces for this user")) });
    }
    Ok(true)
}

fn note(what: &str, outcome: std::io::Result<()>) {
    if let Err(error) = outcome {
        crate::report::log("info", format_args!("the engine process cannot give up {what}: {error}"));
    }
}

/// Moves into a network namespace of its own, where there is nothing. Sockets in the file system work from there as before.
#[cfg(target_os = "linux")]
fn leave_network() -> std::io::Result<()> {
    use nix::sched::{CloneFlags, unshare};
    let (user, group) = (nix::unistd::geteuid(), nix::unistd::getegid());
    if user.is_root() {
        return Ok(unshare(CloneFlags::CLONE_NEWNET)?);
    }
    unshare(CloneFlags::CLONE_NEWUSER | CloneFlags::CLONE_NEWNET)?;
    // Stay who we are: the socket is for this user alone.
    std::fs::write("/proc/self/setgroups", "deny")?;
    std::fs::write("/proc/self/uid_map", format!("{user} {user} 1"))?;
    std::fs::write("/proc/self/gid_map", format!("{group} {group} 1"))
}

/// Whether all of `leave_network` works here. Root can try; for others a step may work and the next not, so another process goes first.
#[cfg(target_os = "linux")]
fn may_leave() -> bool {
    use std::process::{Command, Stdio};
    let mut probe = Command::new("/proc/self/exe");
    probe.arg("engine").env(PROBE, "1").stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    nix::unistd::geteuid().is_root() || probe.status().is_ok_and(|status| status.success())
}
