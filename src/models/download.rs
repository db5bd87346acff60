//! One file over HTTP into a `.part` file: resumed with `Range`, tried again when the connection breaks, never longer than expected.

use std::io::Write;
use std::path::Path;
use std::time::Duration;

use reqwest::StatusCode;
use reqwest::header::RANGE;

use super::ModelError;
use super::pull::write_error;

/// How often a broken connection is taken up again without any byte arriving in between.
const FRUITLESS_TRIES: u32 = 3;

/// Brings `part` to `length` bytes from `url`. `progress` gets the bytes there so far.
pub fn download(url: &str, part: &Path, length: u64, progress: &mut dyn FnMut(u64)) -> Result<(), ModelError> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| ModelError::new(format!("no runtime for a download ({error})")))?;
    runtime.block_on(resume_until_complete(url, part, length, progress))
}

async fn resume_until_complete(url: &str, part: &Path, length: u64, progress: &mut dyn FnMut(u64)) -> Result<(), ModelError> {
    // Another part of the program may have chosen a provider already; any is fine.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let client = reqwest::Client::builder()
        .connect_timeout(Duration::from_secs(10))
        .read_timeout(Duration::from_secs(60))
        .build()
        .map_err(|error| ModelError::new(format!("no HTTP client ({error})")))?;
    let mut fruitless = 0;
    loop {
        let have = part.metadata().map_or(0, |found| found.len());
        if have == length {
            return Ok(());
        }
        match attempt(&client, url, part, length, progress).await {
            Ok(()) => {}
            Err(Failure::Final(error)) => return Err(error),
            Err(Failure::Broken(error)) => {
                let grown = part.metadata().map_or(0, |found| found.len()) > have;
                fruitless = if grown { 0 } else { fruitless + 1 };
                if fruitless >= FRUITLESS_TRIES {
                    return Err(error);
                }
                tokio::time::sleep(Duration::from_millis(300 << fruitless)).await;
            }
        }
    }
}

enum Failure {
    /// Trying again does not help.
    Final(ModelError),
    /// The connection broke.
    Broken(ModelError),
}

async fn attempt(client: &reqwest::Client, url: &str, part: &Path, length: u64, progress: &mut dyn FnMut(u64)) -> Result<(), Failure> {
    let have = part.metadata().map_or(0, |found| found.len()).min(length);
    let mut request = client.get(url);
    if have > 0 {
        request = request.header(RANGE, format!("bytes={have}-"));
    }
    let mut response = request.send().await.map_err(|error| unreachable(url, &error))?;
    let resumed = match response.status() {
        StatusCode::PARTIAL_CONTENT => true,
        StatusCode::OK => false,
        // What lies there is no beginning of this file.
        StatusCode::RANGE_NOT_SATISFIABLE => {
            let _ = std::fs::remove_file(part);
            return Err(Failure::Broken(ModelError::new(format!("{url} has no byte {have}"))));
        }
        status if status.is_server_error() => {
            return Err(Failure::Broken(ModelError::new(format!("{url} answered {status}"))));
        }
        status => return Err(Failure::Final(ModelError::new(format!("{url} answered {status}")))),
    };
    let unwritable = |error: std::io::Error| Failure::Final(write_error(part, &error));
    let mut file = std::fs::OpenOptions::new().create(true).append(true).open(part).map_err(unwritable)?;
    let mut at = if resumed { have } else { 0 };
    file.set_len(at).map_err(unwritable)?;
    loop {
        let chunk = response.chunk().await;
        let Some(chunk) = chunk.map_err(|error| Failure::Broken(ModelError::new(format!("{url} broke off ({})", cause(&error)))))? else {
            break;
        };
        at += chunk.len() as u64;
        if at > length {
            let _ = std::fs::remove_file(part);
            return Err(Failure::Final(ModelError::new(format!("{url} is longer than the {length} bytes expected; refused"))));
        }
        file.write_all(&chunk).map_err(unwritable)?;
        progress(at);
    }
    if at < length {
        return Err(Failure::Broken(ModelError::new(format!("{url} ended after {at} of {length} bytes"))));
    }
    Ok(())
}

fn unreachable(url: &str, error: &reqwest::Error) -> Failure {
    let failure = ModelError::new(format!("{url} is out of reach ({})", cause(error)));
    // Without a connection at all there is nothing to wait for: the packages are tried next.
    if error.is_connect() || error.is_builder() { Failure::Final(failure) } else { Failure::Broken(failure) }
}

/// The innermost reason, which is the one that helps.
fn cause(error: &dyn std::error::Error) -> String {
    let mut inner = error;
    while let Some(source) = inner.source() {
        inner = source;
    }
    inner.to_string()
}
