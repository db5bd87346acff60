//! Downloads one file over HTTP into a `.part` file: resumed with `Range`, retried when the connection breaks, never longer than expected.
//! Fetched bytes are never thrown away because something else answered (a network's login page, a proxy).

use std::cmp::Ordering;
use std::io::Write;
use std::path::Path;
use std::time::Duration;

use url::Url;

use super::ModelError;
use super::pull::write_error;
use crate::web::header::{CONTENT_RANGE, CONTENT_TYPE, LOCATION, RANGE};
use crate::web::{Answer, Client, Failure as Lost, HeaderValue, Method, StatusCode};

/// How long connecting may take.
const CONNECT: Duration = Duration::from_secs(10);

/// How long to wait for more of a response.
const SILENCE: Duration = Duration::from_secs(60);

/// Maximum redirects that one request follows.
const REDIRECTS: usize = 10;

/// How often a broken connection is resumed without receiving a byte.
const FRUITLESS_TRIES: u32 = 3;

/// Brings `part` to `length` bytes from `url`. `progress` gets the number of bytes so far.
pub fn download(url: &str, part: &Path, length: u64, progress: &mut dyn FnMut(u64)) -> Result<(), ModelError> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| ModelError::new(format!("no runtime for a download ({error})")))?;
    runtime.block_on(resume_until_complete(url, part, length, progress))
}

async fn resume_until_complete(url: &str, part: &Path, length: u64, progress: &mut dyn FnMut(u64)) -> Result<(), ModelError> {
    let client = Client::proxied(CONNECT);
    let (mut fruitless, mut ranges) = (0, true);
    loop {
        let have = part.metadata().map_or(0, |found| found.len());
        match have.cmp(&length) {
            Ordering::Equal => return Ok(()),
            // It cannot be the start of this file.
            Ordering::Greater => drop(std::fs::remove_file(part)),
            Ordering::Less => {}
        }
        let to = Wanted { url, part, length, have: if have < length { have } else { 0 } };
        match attempt(&client, &to, ranges, progress).await {
            Ok(()) => {}
            Err(Failure::Final(error)) => return Err(error),
            Err(Failure::NoRanges) => ranges = false,
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
    /// Retrying does not help.
    Final(ModelError),
    /// The connection broke.
    Broken(ModelError),
    /// The server does not support ranges of this file.
    NoRanges,
}

/// What is requested, and how much of it we already have.
struct Wanted<'a> {
    url: &'a str,
    part: &'a Path,
    length: u64,
    have: u64,
}

async fn attempt(client: &Client, to: &Wanted<'_>, ranges: bool, progress: &mut dyn FnMut(u64)) -> Result<(), Failure> {
    let Wanted { url, part, length, have } = *to;
    let mut answer = head(client, url, (have > 0 && ranges).then_some(have)).await?;
    // If the server sends the whole file, the part we have is skipped.
    let mut known = match answer.status {
        StatusCode::PARTIAL_CONTENT => 0,
        StatusCode::OK => have,
        StatusCode::RANGE_NOT_SATISFIABLE if have > 0 && ranges => return Err(Failure::NoRanges),
        status if status.is_server_error() => {
            return Err(Failure::Broken(ModelError::new(format!("{url} answered {status}"))));
        }
        status => return Err(Failure::Final(ModelError::new(format!("{url} answered {status}")))),
    };
    if let Some(other) = other_than(to, &answer) {
        return Err(Failure::Final(ModelError::new(format!("{url} answered with {other}; refused"))));
    }
    let unwritable = |error: std::io::Error| Failure::Final(write_error(part, &error));
    let mut file = std::fs::OpenOptions::new().create(true).append(true).open(part).map_err(unwritable)?;
    let mut at = have;
    loop {
        let broke = |lost: Lost| Failure::Broken(ModelError::new(format!("{url} broke off ({})", lost.cause)));
        let Some(chunk) = in_time(answer.piece()).await.map_err(broke)? else { break };
        let passed = usize::try_from(known).unwrap_or(usize::MAX).min(chunk.len());
        known -= passed as u64;
        let chunk = &chunk[passed..];
        at += chunk.len() as u64;
        if at > length {
            let _ = file.set_len(have);
            return Err(Failure::Final(ModelError::new(format!("{url} is longer than the {length} bytes expected; refused"))));
        }
        file.write_all(chunk).map_err(unwritable)?;
        progress(at);
    }
    if at < length {
        return Err(Failure::Broken(ModelError::new(format!("{url} ended after {} of {length} bytes", at - known.min(at)))));
    }
    Ok(())
}

/// The head of the response after all redirects; `from` is the first byte wanted, if not the whole file is.
async fn head(client: &Client, url: &str, from: Option<u64>) -> Result<Answer, Failure> {
    let lost = |lost: Lost| {
        let failure = ModelError::new(format!("{url} is out of reach ({})", lost.cause));
        // Without any connection there is nothing to retry; the packages come next.
        if lost.unsent { Failure::Final(failure) } else { Failure::Broken(failure) }
    };
    let wrong = |why: &str| Failure::Final(ModelError::new(format!("{url} {why}")));
    let mut at = Url::parse(url).map_err(|error| wrong(&format!("is not a valid address ({error})")))?;
    for _ in 0..=REDIRECTS {
        let range = from.and_then(|from| HeaderValue::from_str(&format!("bytes={from}-")).ok()).map(|range| (RANGE, range));
        let answer = in_time(client.send(Method::GET, &at, range, String::new())).await.map_err(lost)?;
        let next = answer.headers.get(LOCATION).and_then(|to| at.join(to.to_str().ok()?).ok());
        match next.filter(|_| answer.status.is_redirection()) {
            Some(next) => at = next,
            None => return Ok(answer),
        }
    }
    Err(wrong("redirects endlessly"))
}

/// The result, unless the other end is silent for too long.
async fn in_time<T>(waiting: impl Future<Output = Result<T, Lost>>) -> Result<T, Lost> {
    let silent = || Lost { unsent: false, cause: format!("nothing came for {} s", SILENCE.as_secs()) };
    tokio::time::timeout(SILENCE, waiting).await.unwrap_or_else(|_| Err(silent()))
}

/// What the response contains instead of the file, judged by its head.
fn other_than(to: &Wanted, answer: &Answer) -> Option<String> {
    let header = |name| answer.headers.get(name).and_then(|value| value.to_str().ok());
    let is_part = answer.status == StatusCode::PARTIAL_CONTENT;
    let kind = header(CONTENT_TYPE).map(|kind| kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase());
    let is_page = kind.as_deref().is_some_and(|kind| kind == "text/html");
    let size = answer.length();
    let expected = if is_part { to.length - to.have } else { to.length };
    if is_page || size.is_some_and(|size| size != expected) {
        let size = size.map_or("a text".into(), |size| format!("{size} bytes"));
        let of = kind.filter(|kind| !kind.is_empty()).map_or(String::new(), |kind| format!(" of {kind}"));
        let page = if is_page { " (a login page of this network?)" } else { "" };
        return Some(format!("{size}{of}{page} where {expected} bytes of the model were expected"));
    }
    let range = header(CONTENT_RANGE).filter(|_| is_part)?;
    let said = range.strip_prefix("bytes ").and_then(|said| said.split_once('/'));
    let fits = said.is_some_and(|(bytes, whole)| {
        let begins = bytes.split('-').next().and_then(|begin| begin.trim().parse().ok()) == Some(to.have);
        begins && (whole == "*" || whole.parse() == Ok(to.length))
    });
    (!fits).then(|| format!("\"{range}\" where bytes from {} of {} were asked for", to.have, to.length))
}
