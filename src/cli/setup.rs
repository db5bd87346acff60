//! What one-shot commands work with: the workspace on disk, its index, the configured engines.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use super::place::{Extent, ParsedPlace};
use super::screen::{self, Screen, say, tell};
use super::{CliResult, Common};
use crate::config::{self, Config};
use crate::engine::recorded::Recording;
use crate::engine::tape::Tape;
use crate::engine::{Cancel, Engine, EngineError};
use crate::features::{self, Session, Sink, Target, Timing};
use crate::index::{Index, Options};
use crate::report::{self, Level};
use crate::route::{self, Build, Decision, Notify, Router};
use crate::server::trace;
use crate::syntax::Registry;
use crate::text::Text;
use crate::workspace::fs::ReadError;
use crate::workspace::rules;
use crate::workspace::secret::is_secret_name;
use crate::workspace::trust::Store;
use crate::workspace::{Document, Documents, Roots, Snapshot, Sync, WorkspacePath, uri};

/// The user's configuration file; a file that was named has to exist.
pub fn config_path(common: &Common) -> Result<Option<PathBuf>, String> {
    match &common.config {
        Some(path) if path.is_file() => Ok(Some(path.clone())),
        Some(path) if path.exists() => {
            let what = if path.is_dir() { "a folder" } else { "a pipe or a device" };
            Err(format!("{} is {what} and no file, which a configuration must be; correct --config", path.display()))
        }
        Some(path) => Err(format!("there is no configuration file {}; correct --config", path.display())),
        None => Ok(config::default_path()),
    }
}

/// The user's configuration; its problems go to standard error.
pub fn config(common: &Common) -> Result<Config, String> {
    let Some(path) = config_path(common)? else { return Ok(Config::default()) };
    let (config, problems) = config::load(&path);
    problems.iter().for_each(|problem| tell!("longsight: {problem}"));
    Ok(config)
}

/// A session for the workspace; waits for the index.
pub fn session(common: &Common) -> Result<Session, String> {
    Ok(indexed(common, bare_session(common)?))
}

/// A session, and the place in it. A missing file is reported before a large folder is indexed.
pub fn session_at(common: &Common, place: &ParsedPlace) -> Result<(Session, Target), String> {
    let session = bare_session(common)?;
    let at = target(&session, common, place)?;
    Ok((indexed(common, session), at))
}

/// [`session_at`] for commands that only read: text that is not UTF-8 is decoded lossily.
pub fn session_to_read_at(common: &Common, place: &ParsedPlace) -> Result<(Session, Target), String> {
    let session = bare_session(common)?;
    if session.snapshot.roots.is_empty() {
        let at = alone(&session, place)?;
        return Ok((session, at));
    }
    let path = file(&session, common, &place.file)?;
    let exact = session.snapshot.read_exact(&path);
    let at = match exact {
        Err(ReadError::NotUtf8) => target_in(path.clone(), session.snapshot.read(&path), place)?,
        exact => target_in(path, exact, place)?,
    };
    Ok((indexed(common, session), at))
}

fn indexed(common: &Common, session: Session) -> Session {
    let Session { snapshot, shared, .. } = session;
    let read = || {
        let options = Options { cache: config::cache_dir(), ..Options::default() };
        let index = Index::start(snapshot.roots.clone(), shared.registry.clone(), options);
        screen::wait(&index, common.json);
        index.view()
    };
    Session::new(snapshot.clone(), shared.clone(), read)
}

/// A session without an index.
fn bare_session(common: &Common) -> Result<Session, String> {
    let config = Arc::new(config(common)?);
    let roots = Arc::new(super::roots(common)?);
    let registry = Arc::new(Registry::new());
    registry.problems().iter().for_each(|problem| report::log(Level::Warning, problem));
    let snapshot = Arc::new(Snapshot::new(roots.clone(), Documents::default()));
    let tell: Notify = Arc::new(|text| tell!("longsight: {text}"));
    let state = config::state_dir();
    let engines = building(tape(common, &config)?.as_ref());
    let router = Arc::new(Router::building(&config, engines).recording(state.as_deref()).telling(Some(tell)));
    let trusted = state.is_none_or(|folder| super::trust::is_trusted(&Store::new(&folder), &roots, &config));
    let long_lived = Arc::new(features::Shared::new(config, router, registry, &snapshot).trusted(trusted));
    tell_project_problems(&roots);
    Ok(Session::new(snapshot, long_lived, Arc::default))
}

/// What is wrong in the projects' own files goes to standard error.
pub fn tell_project_problems(roots: &Roots) {
    roots.iter().flat_map(|root| rules::project(root).1).for_each(|problem| tell!("longsight: {problem}"));
}

/// The file of `--record`, newly created, with its first line.
pub fn tape(common: &Common, config: &Config) -> Result<Option<Tape>, String> {
    let Some(file) = &common.record else { return Ok(None) };
    let tape = Tape::create(file, trace::hider());
    let tape = tape.map_err(|error| format!("the recording {} cannot be written ({error}); name a new file", file.display()))?;
    tape.write(trace::header(config));
    Ok(Some(common.tape.get_or_init(|| tape).clone()))
}

/// How to build the configured engines; with a tape they are recorded.
pub fn building(tape: Option<&Tape>) -> Build {
    let Some(tape) = tape.cloned() else { return Arc::new(route::build) };
    let next = Arc::new(AtomicU64::new(1));
    Arc::new(move |name, config| {
        let engine = route::build(name, config)?;
        Ok(Arc::new(Recording::new(name, engine, tape.clone(), next.clone())) as Arc<dyn Engine>)
    })
}

/// The document and the bytes of a place on the command line.
pub fn target(session: &Session, common: &Common, place: &ParsedPlace) -> Result<Target, String> {
    if session.snapshot.roots.is_empty() {
        return alone(session, place);
    }
    let path = file(session, common, &place.file)?;
    let text = session.snapshot.read_exact(&path);
    target_in(path, text, place)
}

/// The same for a file in no workspace, as if an editor opened it without a folder.
fn alone(session: &Session, place: &ParsedPlace) -> Result<Target, String> {
    let missing = || format!("there is no file {}", place.file.display());
    let file = std::env::current_dir().unwrap_or_default().join(&place.file);
    let file = without_detours(&file).ok_or_else(missing)?;
    let roots = Arc::new(Roots::new(file.parent().map(Path::to_path_buf)));
    let path = roots.locate(&file).ok_or_else(missing)?;
    let text = Snapshot::new(roots, Documents::default()).read_exact(&path).map_err(|error| format!("{path}: {error}"))?;
    let language = session.shared.registry.of_document("", Some(path.name()), &text).map_or_else(String::new, |it| it.name.clone());
    let text = Text::new(&text);
    let bytes = place.bytes(&text)?;
    let uri = uri::from_path(&file);
    let document = Document { targets: uri::targets(&uri), uri, path: None, language, version: 0, text, sync: Sync::InStep };
    Ok(Target { document: Arc::new(document), bytes })
}

fn target_in(path: WorkspacePath, text: Result<Arc<str>, ReadError>, place: &ParsedPlace) -> Result<Target, String> {
    let text = Text::new(&text.map_err(|error| format!("{path}: {error}"))?);
    let bytes = place.bytes(&text)?;
    Ok(Target { document: Arc::new(Document::on_disk(path, text)), bytes })
}

/// A file named on the command line: relative to the current folder, else to the workspace's root; the other way around if the root was
/// given, too. The first one in the workspace counts.
fn file(session: &Session, common: &Common, named: &Path) -> Result<WorkspacePath, String> {
    let mut folders: Vec<PathBuf> = std::env::current_dir().into_iter().chain(super::root(common)).collect();
    if common.workspace.is_some() {
        folders.reverse();
    }
    let there: Vec<PathBuf> = folders.iter().map(|folder| folder.join(named)).filter(|path| path.exists()).collect();
    let Some(first) = there.first() else {
        return Err(format!("there is no file {}, neither here nor in the workspace; --workspace DIR names its root", named.display()));
    };
    let roots = &session.snapshot.roots;
    let found = there.iter().find_map(|path| Some((path, roots.locate(path).or_else(|| roots.locate(&without_detours(path)?))?)));
    // A link to a file of the workspace may be secret by its own name.
    if let Some((link, path)) = found.as_ref().filter(|(link, _)| is_secret_name(&roots.name_of(&uri::from_path(link)))) {
        let shown = if link.is_symlink() { link.display().to_string() } else { path.to_string() };
        return Err(format!("{shown}: {}", ReadError::Secret));
    }
    found.map(|(_, path)| path).ok_or_else(|| match first.is_dir() {
        // The root itself lies in no root.
        true => format!("{} is a folder; name a file in it", named.display()),
        false => format!("{} lies outside the workspace; give its root with --workspace DIR", first.display()),
    })
}

/// The same path without `..` and links in its folder; a file that is a link stays one.
fn without_detours(path: &Path) -> Option<PathBuf> {
    Some(path.parent()?.canonicalize().ok()?.join(path.file_name()?))
}

/// Runs a request and prints the result: only JSON, or what `people` writes.
pub fn run<T: serde::Serialize>(
    common: &Common,
    work: impl AsyncFnOnce(&Cancel, &Sink) -> Result<T, EngineError>,
    people: impl FnOnce(&T),
) -> CliResult {
    let runtime = tokio::runtime::Runtime::new().map_err(|error| format!("no threads could be started ({error})"))?;
    let screen = Screen::new(common.json);
    let (cancel, sink) = (Cancel::new(), screen.sink());
    let result = runtime.block_on(async {
        tokio::select! {
            result = work(&cancel, &sink) => result,
            never = screen.tick() => match never {},
        }
    });
    drop(screen);
    let result = result.map_err(|error| error.message)?;
    if common.json {
        let text = serde_json::to_string_pretty(&result).map_err(|error| format!("the result cannot be written as JSON ({error})"))?;
        screen::print_json(&text);
    } else {
        people(&result);
    }
    Ok(())
}

/// For programs, prints the part of an answer that came before it broke off. (Users have already seen it.)
pub fn print_partial(common: &Common, failed: &EngineError) {
    if common.json && !failed.partial.is_empty() {
        screen::print_json(&serde_json::json!({ "text": failed.partial, "error": failed.message }));
    }
}

/// Prints who answered and why, how long it took, and what was sent.
pub fn footer(route: &Decision, timing: &Timing, sent: &[String]) {
    let place = route.origin.as_deref().unwrap_or("this machine");
    let engine = &timing.engine;
    let role = format!("{:?}", route.role).to_lowercase();
    if route.model.is_empty() {
        say!("\n— {}", route.reason);
        return;
    }
    say!("\n— {role}: engine {} ({}) on {place}: {}", route.engine, route.model, route.reason);
    // Not every server counts tokens.
    let (read, known, wrote) = (engine.tokens_decoded, engine.tokens_reused, engine.tokens_out);
    let counts =
        if read + known + wrote == 0 { String::new() } else { format!(": {read} tokens read, {known} from the cache, {wrote} written") };
    say!("— {:.1} s{counts}", (timing.ready_ms + engine.total_ms) / 1000.0);
    if !sent.is_empty() {
        say!("— sent: {}", sent.join(", "));
    }
}

/// Whether a place is a point, as completion requires.
pub fn is_point(place: &ParsedPlace) -> bool {
    matches!(place.at, Extent::Point { .. })
}
