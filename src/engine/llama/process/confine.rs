//! What the engine process gives up before it reads the first model: the network, core dumps, new privileges. A model file is untrusted
//! data fed to a large C++ library. Whatever it makes that library do, nothing can be sent anywhere.

use crate::report::{self, Level};
use nix::sys::resource::{Resource, setrlimit};

/// Set for a process that only tests whether the network can be given up: halfway through the steps there is no way back.
#[cfg(target_os = "linux")]
const PROBE: &str = "LONGSIGHT_CONFINE_PROBE";

/// Gives up what can be given up here; the log says what the system does not allow. Must be called while there is only one thread. False if
/// this process was only a test.
pub fn confine() -> std::io::Result<bool> {
    // A core dump would contain prompts.
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
        report::log(Level::Info, format_args!("the engine process cannot give up {what}: {error}"));
    }
}

/// Moves into an empty network namespace. Sockets in the file system still work from there.
#[cfg(target_os = "linux")]
fn leave_network() -> std::io::Result<()> {
    use nix::sched::{CloneFlags, unshare};
    let (user, group) = (nix::unistd::geteuid(), nix::unistd::getegid());
    if user.is_root() {
        return Ok(unshare(CloneFlags::CLONE_NEWNET)?);
    }
    unshare(CloneFlags::CLONE_NEWUSER | CloneFlags::CLONE_NEWNET)?;
    // Keep the user id: the socket is for this user alone.
    std::fs::write("/proc/self/setgroups", "deny")?;
    std::fs::write("/proc/self/uid_map", format!("{user} {user} 1"))?;
    std::fs::write("/proc/self/gid_map", format!("{group} {group} 1"))
}

/// Whether all of `leave_network` works here. Root can just try; for others one step may work and the next may not, so another process
/// tries first.
#[cfg(target_os = "linux")]
fn may_leave() -> bool {
    use std::process::{Command, Stdio};
    let mut probe = Command::new("/proc/self/exe");
    probe.arg("engine").env(PROBE, "1").stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    nix::unistd::geteuid().is_root() || probe.status().is_ok_and(|status| status.success())
}
