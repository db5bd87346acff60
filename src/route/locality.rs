//! Whether a request to an engine leaves this machine. The parsed origin decides, never its spelling.

use url::{Host, Url};

/// Whether sending to `origin` (`None`: our own engine process) for this model leaves the machine. A server on the loopback address
/// stays here, unless its model is served by somebody else's machines (Ollama's `…:cloud`). What cannot be parsed leaves.
pub fn leaves_machine(origin: Option<&str>, model: &str) -> bool {
    let Some(origin) = origin else { return false };
    let model = model.to_lowercase();
    if model.ends_with(":cloud") || model.ends_with("-cloud") {
        return true;
    }
    let Ok(url) = Url::parse(origin) else { return true };
    match url.host() {
        Some(Host::Ipv4(address)) => !address.is_loopback(),
        Some(Host::Ipv6(address)) => !address.is_loopback() && !address.to_ipv4_mapped().is_some_and(|mapped| mapped.is_loopback()),
        Some(Host::Domain(name)) => !name.trim_end_matches('.').eq_ignore_ascii_case("localhost"),
        None => true,
    }
}
