//! Whether a definition that an edit removes is still needed, by the index.

use crate::features::Session;
use crate::index::FileId;

/// Whether something uses a name, in its old file (`here`) or another one, and no other file defines it.
pub(in crate::features::edit) fn is_needed(session: &Session, name: &str, here: bool, is_own: impl Fn(FileId) -> bool) -> bool {
    let used = here || is_used_beside(session, name, &is_own);
    used && !session.index.named(name).into_iter().any(|id| !is_own(id.file))
}

/// Whether a file other than these uses a name.
pub(in crate::features::edit) fn is_used_beside(session: &Session, name: &str, is_own: impl Fn(FileId) -> bool) -> bool {
    let users = session.index.name(name).map(|id| session.index.users(id)).unwrap_or_default();
    users.into_iter().any(|(id, _)| !is_own(id))
}
