//! Saves the rest of an edit if the user has typed in one of its places, or another program has changed one of its files: the other hunks
//! are kept, with a sentence about the missing ones. Minutes of work are not lost because of one line.

use super::apply::{self, Misfit};
use crate::features::edit::FileEdit;
use crate::server::Server;
use crate::text::Batch;
use crate::workspace::uri;

/// Removes hunks that do not fit any more, and notes that in `confirm`, the reasons for a second look; returns whether there were any. Half
/// a change is only applied by the person, hunk by hunk. If nothing fits, everything stays, to be refused with a reason.
pub async fn keep_what_fits(server: &Server, files: &mut Vec<FileEdit>, confirm: &mut Vec<String>) -> bool {
    let (mut kept, mut missing) = (vec![], vec![]);
    for file in files.iter() {
        if !file.changes() || apply::fits(server, file).await.is_ok() {
            kept.push(file.clone());
            continue;
        }
        let (left, lost) = hunk_by_hunk(server, file).await;
        kept.extend(left);
        missing.extend(lost);
    }
    if missing.is_empty() || !kept.iter().any(FileEdit::changes) {
        return false;
    }
    *files = kept;
    confirm.extend(missing);
    true
}

/// The hunks of a file that fit its current text, if there are any, and what to say about the others.
async fn hunk_by_hunk(server: &Server, file: &FileEdit) -> (Option<FileEdit>, Vec<String>) {
    let name = uri::name(&file.document.uri);
    if file.creates {
        return (None, vec![format!("{name} is not created here: it exists by now")]);
    }
    let (mut kept, mut reasons, mut missing) = (vec![], vec![], vec![]);
    for (number, edit) in file.edits.edits().iter().enumerate() {
        match apply::fits(server, &FileEdit { edits: Batch::one(edit.clone()), ..file.clone() }).await {
            Ok(()) => {
                kept.push(edit.clone());
                reasons.push(file.reasons.get(number).cloned().unwrap_or_default());
            }
            Err(Misfit { why, .. }) => {
                let line = file.document.text.line_of(edit.range.start) + 1;
                missing.push(format!("the change at {name}:{line} is missing here: {why}"));
            }
        }
    }
    let left = Batch::new(kept).ok().filter(|kept| !kept.is_empty());
    (left.map(|edits| FileEdit { edits, reasons, ..file.clone() }), missing)
}
