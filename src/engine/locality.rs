//! Whether a request to an engine leaves this machine. This depends on the parsed address, never on its spelling.

use url::{Host, Url};

/// Whether a request to `origin` (`None`: our own engine process) for this model leaves the machine. A request to a server on the loopback
/// address does not, unless that server passes the model on to other machines. An address that cannot be parsed counts as leaving.
pub fn leaves_machine(origin: Option<&str>, model: &str) -> bool {
    let Some(origin) = origin else { return false };
    is_cloud(model) || !Url::parse(origin).is_ok_and(|url| is_here(url.host()))
}

/// Whether a host is this machine: `localhost.evil.example` is not.
pub fn is_here(host: Option<Host<&str>>) -> bool {
    match host {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback() || address.to_ipv4_mapped().is_some_and(|mapped| mapped.is_loopback()),
        Some(Host::Domain(name)) => name.trim_end_matches('.').eq_ignore_ascii_case("localhost"),
        None => false,
    }
}

/// Whether Ollama runs this model on its own servers.
pub fn is_cloud(model: &str) -> bool {
    let model = model.to_lowercase();
    model.ends_with(":cloud") || model.ends_with("-cloud")
}
