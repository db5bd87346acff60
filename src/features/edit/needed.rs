//! Whether a definition that an edit takes away is still needed, by what the index knows.

use crate::features::Session;
use crate::index::FileId;

/// Whether something uses a name: where it was defined (`here`), or in another file; and no other file defines it.
pub(super) fn is_needed(session: &Session, name: &str, here: bool, is_own: impl Fn(FileId) -> bool) -> bool {
    let index = &session.index;
    let users = index.name(name).map(|id| index.users(id)).unwrap_or_default();
    let used = here || users.into_iter().any(|(id, _)| !is_own(id));
    used && !index.named(name).into_iter().any(|id| !is_own(id.file))
}
