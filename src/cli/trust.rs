//! `longsight trust`: records or shows the user's decision on a folder.

use std::sync::Arc;

use clap::Args;

use super::screen::{self, say};
use super::{CliResult, Common};
use crate::config::{self, Config};
use crate::workspace::trust::{Standing, Store, fingerprint};
use crate::workspace::{Roots, uri};

/// The arguments of `longsight trust`.
#[derive(Args, Debug)]
#[command(group = clap::ArgGroup::new("what").args(["no", "forget", "list"]))]
pub struct Arguments {
    /// Do not trust it: longsight completes there from the open buffer, and does nothing else.
    #[arg(long)]
    pub no: bool,
    /// Forget the decision on it.
    #[arg(long)]
    pub forget: bool,
    /// List the folders that have been decided on.
    #[arg(long)]
    pub list: bool,
}

/// Runs the command.
pub fn run(common: &Common, arguments: &Arguments) -> CliResult {
    let folder = config::state_dir().ok_or("there is no state folder; set HOME or XDG_STATE_HOME")?;
    let store = Store::new(&folder);
    let failed = |error: std::io::Error| format!("{} cannot be used ({error})", folder.join("trust.json").display());
    if arguments.list {
        let folders = store.folders().map_err(failed)?;
        if common.json {
            let listed: Vec<_> =
                folders.iter().map(|(folder, trusted)| serde_json::json!({"folder": uri::written(folder), "trusted": trusted})).collect();
            screen::print_json(&serde_json::json!({ "folders": listed }));
        } else {
            folders
                .iter()
                .for_each(|(folder, trusted)| say!("{} {}", if *trusted { "trusted    " } else { "not trusted" }, folder.display()));
        }
        return Ok(());
    }
    let roots = Arc::new(Roots::new([super::workspace_root(common)?]));
    for root in roots.iter() {
        if arguments.forget {
            store.forget(root).map_err(failed)?;
        } else {
            store.record(root, !arguments.no, fingerprint(root).as_deref()).map_err(failed)?;
        }
        let word = if arguments.forget {
            "nothing is known about"
        } else if arguments.no {
            "not trusted:"
        } else {
            "trusted:"
        };
        if common.json {
            let trusted = (!arguments.forget).then_some(!arguments.no);
            screen::print_json(&serde_json::json!({ "folder": uri::written(root.path()), "trusted": trusted }));
        } else {
            say!("{word} {}", root.path().display());
        }
    }
    Ok(())
}

/// Whether these folders are trusted: by the user's decision, if there is one or has to be.
pub fn is_trusted(store: &Store, roots: &Roots, config: &Config) -> bool {
    roots.iter().all(|root| match store.standing(root) {
        Standing::Trusted => true,
        Standing::Unknown => !config.trust.ask,
        Standing::Changed | Standing::Distrusted => false,
    })
}
