//! Checks the workspace: what the project's own file narrows, and whether it can be indexed.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::{Check, Status, broken};
use crate::cli::Common;
use crate::config;
use crate::index::{Index, Options, Stage, Statistics};
use crate::syntax::Registry;
use crate::workspace::rules::{self, PROJECT_FILE};
use crate::workspace::{Roots, broad};

/// If indexing takes longer, the workspace is counted as far as it got.
const COUNT_WAIT: Duration = Duration::from_secs(10);

/// The checks of the workspace.
pub fn checks(common: &Common) -> Vec<Check> {
    let registry = Arc::new(Registry::new());
    let mut checks = vec![];
    let root = match crate::cli::root(common) {
        Ok(root) => root,
        Err(error) => {
            checks.push(Check::new(Status::Error, "workspace", error, "run it inside a repository, or give --workspace DIR"));
            return checks;
        }
    };
    if let Some(why) = broad::reason(&root) {
        let detail = format!("{} {why}: nothing in it is read but the files that are opened", root.display());
        checks.push(Check::new(Status::Info, "workspace", detail, "run doctor inside a project, or give --workspace DIR"));
        return checks;
    }
    checks.extend(project(&root));
    checks.push(workspace(&root, common.workspace.is_some(), registry));
    checks
}

/// What the project's own file narrows, and its problems.
fn project(root: &Path) -> Vec<Check> {
    let roots = Roots::new([root.to_path_buf()]);
    let Some(root) = roots.iter().next() else { return vec![] };
    let path = root.path().join(PROJECT_FILE);
    if path.symlink_metadata().is_err() {
        return vec![];
    }
    let (project, problems) = rules::project(root);
    let mut checks: Vec<_> = problems.iter().map(|problem| broken("project", problem)).collect();
    let sends = if project.local_only { "nothing leaves this machine" } else { "no restriction on where requests go" };
    checks.push(Check::ok("project", format!("{}: {sends}, {} ignore rules", path.display(), project.ignore.len())));
    checks
}

/// Indexes a repository, or a folder that was named; not just any current folder.
fn workspace(root: &Path, named: bool, registry: Arc<Registry>) -> Check {
    if !named && !root.join(".git").exists() {
        let detail = format!("{} is not in a git repository and was not checked", root.display());
        return Check::new(Status::Info, "workspace", detail, "run doctor inside a repository, or give --workspace DIR");
    }
    let started = Instant::now();
    let roots = Arc::new(Roots::new([root.to_path_buf()]));
    let index = Index::start(roots, registry, Options { cache: config::cache_dir(), ..Options::default() });
    let progress = index.progress();
    while progress.borrow().stage != Stage::Ready && started.elapsed() < COUNT_WAIT {
        std::thread::sleep(Duration::from_millis(20));
    }
    let now = *progress.borrow();
    if now.stage != Stage::Ready {
        let detail = format!("{}: {} of {} files indexed after {} s", root.display(), now.done, now.total, started.elapsed().as_secs());
        return Check::new(Status::Info, "workspace", detail, "it is a large one; an `ignore` list in .longsight.toml makes it smaller");
    }
    judged(root, &index.view().statistics(), started.elapsed())
}

fn judged(root: &Path, counts: &Statistics, took: Duration) -> Check {
    let skipped: Vec<String> = counts.skipped.iter().map(|(reason, count)| format!("{count} {}", reason.name())).collect();
    let left_out = if skipped.is_empty() { String::new() } else { format!("; left out: {}", skipped.join(", ")) };
    let detail =
        format!("{}: {} files, {} symbols indexed in {:.1} s{left_out}", root.display(), counts.files, counts.symbols, took.as_secs_f64());
    match counts.files {
        0 => Check::new(
            Status::Warning,
            "workspace",
            detail,
            "nothing is indexed here: does .gitignore, .ignore or .longsight.toml leave everything out?",
        ),
        _ => Check::ok("workspace", detail),
    }
}
