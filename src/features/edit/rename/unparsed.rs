//! Files with code that no grammar reads: a rename does not change them, so a person has to look where the old name stands in one.

use crate::features::Session;
use crate::index::Unread;
use crate::syntax::Language;

/// The places of a name in such files, `path:line`.
pub(super) fn places(session: &Session, name: &str, language: &Language) -> Vec<String> {
    let unread = Unread {
        view: &session.index,
        snapshot: &session.snapshot,
        registry: &session.shared.registry,
        is_readable: &|path| session.closed_path(path).is_none(),
        is_kin: &|kin| kin.family == language.family,
    };
    unread.places(name)
}
