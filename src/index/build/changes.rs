//! Changes on disk: paths reported by watching, the watched folders, and rescans for changes that nobody reports.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use super::{FEW_FILES, Flush, Owner, Tables};
use crate::index::file::Tier;
use crate::index::handle::Message;
use crate::index::scan::ScanOutcome;
use crate::workspace::rules::is_rule_file;
use crate::workspace::walk::Listing;
use crate::workspace::watch::{Hint, Watcher, is_remote};

/// More changed paths than this are found by a rescan instead: listing a workspace costs about as much as checking this many files.
pub(super) const MAX_CHANGED: usize = 256;
/// Time between rescans if every folder is watched: they only have to find what a lost event missed.
const WATCHED_RESCAN_INTERVAL: Duration = Duration::from_secs(600);
/// When new folders have been watched, a rescan after this time finds what changed in them just before.
const NEW_WATCH_RESCAN_DELAY: Duration = Duration::from_secs(2);

impl Owner {
    /// Plans the next rescan after a pause; none cancels it.
    pub(super) fn rescan_in(&mut self, pause: Option<Duration>) {
        self.next_rescan = pause.map(|pause| Instant::now() + pause);
    }

    /// Time until the next rescan; `watched` says whether every folder is watched.
    pub(super) fn pause(&self, watched: bool) -> Option<Duration> {
        let seconds = Some(self.options.rescan).filter(|seconds| *seconds > 0)?;
        Some(Duration::from_secs(seconds).max(if watched { WATCHED_RESCAN_INTERVAL } else { Duration::ZERO }))
    }

    /// Rescans files that may have changed.
    pub(super) fn look_again(&mut self, paths: Vec<PathBuf>) {
        if paths.iter().any(|path| is_rule_file(path)) {
            self.library.rules_changed();
        }
        if self.is_building() {
            // Starting over with each change would never end.
            self.again |= self.later.len() + paths.len() > MAX_CHANGED;
            return if self.again { self.later.clear() } else { self.later.extend(paths) };
        }
        if paths.len() > MAX_CHANGED || self.library.needs_listing(&paths) {
            return self.list();
        }
        let mut any = false;
        for path in paths {
            let Some((entry, outcome)) = self.library.look(&path) else { continue };
            let changed = !matches!(outcome, ScanOutcome::Same(..));
            let kept = self.library.take_scanned(&entry, Tier::Parsed, outcome);
            any |= changed || kept.is_some();
            self.dirty.extend(kept);
        }
        if any {
            self.publish(Tables::Kept);
        }
        if self.dirty.len() >= FEW_FILES {
            self.flush(Flush::Meanwhile);
        }
    }

    /// Watches the folders of a listing, and plans the rescans that this makes necessary.
    pub(super) fn watch(&mut self, listing: &Listing) {
        if !self.options.watch {
            return;
        }
        let (sender, rules_changed) = (self.sender.clone(), self.options.rules_changed.clone());
        let watcher = self.watcher.get_or_insert_with(|| {
            Watcher::new(move |hint| {
                let may_rule = match &hint {
                    Hint::Paths(paths) => paths.iter().any(|path| is_rule_file(path)),
                    Hint::Everything => true,
                };
                rules_changed.iter().filter(|_| may_rule).for_each(|tell| tell());
                let message = match hint {
                    Hint::Paths(paths) => Message::Changed(paths),
                    Hint::Everything => Message::Rescan,
                };
                sender.send(message).is_ok()
            })
        });
        if std::mem::take(&mut self.check_watches) {
            watcher.check();
        }
        let coverage = watcher.watch(&listing.folders);
        let complete = coverage.complete && !self.library.roots.iter().any(|root| is_remote(root.path()));
        let pause = self.pause(complete);
        // Needed even if rescans are turned off: nobody reports a file that appeared between the listing of its folder and the watch.
        let gap = coverage.grown.then_some(NEW_WATCH_RESCAN_DELAY);
        // Nobody reports that a missing root has come back.
        let is_missing = self.library.roots.iter().any(|root| !root.path().exists());
        self.rescan_in(gap.or(is_missing.then_some(NEW_WATCH_RESCAN_DELAY)).into_iter().chain(pause).min());
    }
}
