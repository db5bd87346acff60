//! Texts, edits of them, and what a model says about them: checked against plain re-implementations on strings.

use std::ops::Range;
use std::sync::{Arc, LazyLock};

use longsight::agent::patch;
use longsight::config::Config;
use longsight::features::answer::cite::Checker;
use longsight::features::inert::{Inert, inert};
use longsight::features::{Session, Shared};
use longsight::index::{Index, Options};
use longsight::redact::{self, Masked};
use longsight::route::Router;
use longsight::syntax::Registry;
use longsight::text::layout::{indent_unit, reindent};
use longsight::text::rebase::rebase;
use longsight::text::{Batch, Edit, Encoding, Position, Text, diff};
use longsight::workspace::{Documents, Roots, Snapshot};

use super::source::{self, Dice, fields, place};

const ENCODINGS: [Encoding; 3] = [Encoding::Utf8, Encoding::Utf16, Encoding::Utf32];

/// A text, an edit of ours, and edits of the user's meanwhile: each edit is a field of a start, a length and what is put there.
pub fn edits(data: &[u8]) {
    let mut fields = fields(data);
    let base: String = source::text(&mut fields).chars().take(2000).collect();
    let edits: Vec<Edit> = fields.take(8).filter_map(|field| edit(&base, field)).collect();
    let text = Text::new(&base);
    for edit in &edits {
        for offset in [edit.range.start, edit.range.end, edit.text.len()] {
            positions(&base, &text, offset);
        }
    }
    reindent(&base, &indent_unit(&base));
    let Some((ours, theirs)) = edits.split_first() else { return };
    let Ok(user) = Batch::new(theirs.to_vec()) else { return };
    let mut now = text.clone();
    now.apply(&user).expect("edits of this text");
    assert_eq!(now.to_string(), replaced(&base, user.edits()), "{user:?}");
    hunks_lead_there(&base, &now.to_string());
    carried_over(&base, ours, &user, &now);
}

fn edit(base: &str, field: &[u8]) -> Option<Edit> {
    let [start, length, text @ ..] = field else { return None };
    let start = place(base, *start);
    let end = base.floor_char_boundary((start + usize::from(*length)).min(base.len())).max(start);
    Some(Edit { range: start..end, text: String::from_utf8_lossy(text).into_owned() })
}

/// Edits of one text, sorted and disjoint, on a string.
fn replaced(base: &str, edits: &[Edit]) -> String {
    let mut text = base.to_string();
    for edit in edits.iter().rev() {
        text.replace_range(edit.range.clone(), &edit.text);
    }
    text
}

/// Positions of an offset and offsets of positions, as counting characters gives them.
fn positions(base: &str, text: &Text, offset: usize) {
    let lines = lines(base);
    assert_eq!(text.len_lines(), lines.len(), "{base:?}");
    let offset = base.floor_char_boundary(offset.min(base.len()));
    let line = lines.iter().rposition(|line| line.start <= offset).unwrap_or_default();
    let clamped = offset.min(lines[line].end);
    for encoding in ENCODINGS {
        let units = |c: char| match encoding {
            Encoding::Utf8 => c.len_utf8(),
            Encoding::Utf16 => c.len_utf16(),
            Encoding::Utf32 => 1,
        };
        let character = base[lines[line].start..clamped].chars().map(units).sum::<usize>();
        let position = Position { line: line as u32, character: character as u32 };
        assert_eq!(text.position(offset, encoding), position, "{offset} in {base:?}");
        assert_eq!(text.offset(position, encoding), clamped, "{position:?} in {base:?}");
        // Somewhere else in the line, inside of characters and behind its end.
        let asked = offset % (lines[line].len() + 3);
        let mut seen = 0;
        let content = &base[lines[line].clone()];
        let inside = content.char_indices().find(|(_, c)| {
            seen += units(*c);
            seen > asked
        });
        let wanted = lines[line].start + inside.map_or(content.len(), |(at, _)| at);
        let position = Position { character: asked as u32, ..position };
        assert_eq!(text.offset(position, encoding), wanted, "{position:?} in {base:?}");
    }
}

/// Lines without their breaks, which are `\n`, `\r\n` and `\r`.
fn lines(base: &str) -> Vec<Range<usize>> {
    let (mut lines, mut start) = (vec![], 0);
    let bytes = base.as_bytes();
    for (at, byte) in bytes.iter().enumerate() {
        let second = *byte == b'\n' && at > 0 && bytes[at - 1] == b'\r';
        if *byte == b'\r' || *byte == b'\n' {
            if !second {
                lines.push(start..at);
            }
            start = at + 1;
        }
    }
    lines.push(start..base.len());
    lines
}

fn hunks_lead_there(old: &str, new: &str) {
    let hunks: Vec<Edit> = diff::hunks(old, new).into_iter().map(|hunk| hunk.edit).collect();
    assert_eq!(replaced(old, &hunks), new);
    assert_eq!(diff::unified("a", old, new).is_empty(), old == new);
}

/// Where an edit is carried over, the outcome is that of both changes at once; typing its beginning counts as part of it.
fn carried_over(base: &str, ours: &Edit, user: &Batch, now: &Text) {
    let text = Text::new(base);
    let Ok(carried) = rebase(ours, &text, user) else { return };
    let mut outcome = now.clone();
    outcome.apply(&Batch::one(carried)).expect("an edit of the text as it is now");
    let all = user.edits().iter().chain([ours]).map(|edit| edit.trimmed(&text)).collect();
    if let Ok(both) = Batch::new(all) {
        assert_eq!(outcome.to_string(), replaced(base, both.edits()), "{ours:?} over {user:?} in {base:?}");
    }
}

/// A file, the text to be replaced, and the new one.
pub fn anchor(data: &[u8]) {
    let mut fields = fields(data);
    let (text, old, new) = (source::text(&mut fields), source::text(&mut fields), source::text(&mut fields));
    match patch::place(&text, &old, &new, data.len().is_multiple_of(2)) {
        Ok(edit) => {
            let mut changed = Text::new(&text);
            changed.apply(&Batch::one(edit.clone())).expect("an edit of this text");
            let changed = changed.to_string();
            for line in new.split(['\r', '\n']) {
                assert!(changed.contains(line.trim()), "{line:?} is not in {changed:?}, by {edit:?}");
            }
        }
        Err(miss) => assert!(!miss.to_string().is_empty()),
    }
}

/// A folder of real code that is there wherever this runs, indexed once.
static SESSION: LazyLock<Session> = LazyLock::new(|| {
    let here = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let code = ["src/text", "../src/text"].map(|folder| here.join(folder)).into_iter().find(|folder| folder.is_dir());
    let roots = Arc::new(Roots::new(code));
    let registry = Arc::new(Registry::new());
    let index = Index::start(roots.clone(), registry.clone(), Options { cache: None, ..Options::default() });
    index.wait_ready();
    let snapshot = Arc::new(Snapshot::new(roots, Documents::default()));
    let config = Config::default();
    let router = Arc::new(Router::with_engines(&config, vec![]));
    let shared = Arc::new(Shared::new(Arc::new(config), router, registry, &snapshot));
    Session::new(snapshot, shared, || index.view())
});

/// What a model answers: citations are checked by adding marks and nothing else, and markdown becomes inert however it is cut.
pub fn answer(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    // Longer lines are decided as they stand, so that nothing is held back for ever.
    let text = &text[..text.floor_char_boundary(1900)];
    let (marked, citations) = Checker::new(&SESSION, vec![]).check(text);
    assert_eq!(said(&marked), said(text));
    for citation in citations.iter().filter(|citation| citation.verified) {
        let file = SESSION.snapshot.roots.resolve(&citation.path).expect("a verified path");
        let lines = SESSION.snapshot.read(&file).expect("a verified file").lines().count() as u32;
        assert!(citation.line >= 1 && citation.line <= lines + 1, "{citation:?}");
    }
    let mut filter = Inert::default();
    let mut pieces: String = Dice::of(data).pieces(text).into_iter().map(|piece| filter.push(piece)).collect();
    pieces.push_str(&filter.finish());
    assert_eq!(pieces, inert(text), "{text:?}");
}

/// The lines of an answer that say something, without what a check adds: marks, what is said of code below it, and the fence of a block that
/// was left open.
fn said(text: &str) -> Vec<String> {
    let marks = [" (not found)", " (not in the index)", " (not at that line)", " (not checked)"];
    let plain = marks.iter().fold(text.to_string(), |text, mark| text.replace(mark, ""));
    let own = |line: &&str| !line.starts_with("In this code: ") && !line.trim().trim_matches(['`', '~']).is_empty();
    // A line end that is put behind the last line takes a carriage return there along.
    plain.lines().map(|line| line.trim_end_matches('\r')).filter(own).map(String::from).collect()
}

/// Masking keeps lines, comes to an end, and masking in place moves nothing.
pub fn secrets(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let masked = redact::mask(&text);
    assert_eq!(masked.matches('\n').count(), text.matches('\n').count(), "{masked:?}");
    // What stands before a secret may be seen to be one itself once the other is hidden.
    let again = redact::mask(&redact::mask(&masked));
    assert_eq!(redact::mask(&again), again);
    assert_eq!(redact::mask_in_place(&text).len(), text.len());
    let mut dice = Dice::of(data);
    let start = text.floor_char_boundary(dice.below(text.len() + 1));
    let end = text.floor_char_boundary(start + dice.below(text.len() - start + 1));
    let stretch = Masked::stretch(&text, start..end);
    assert_eq!(stretch.matches('\n').count(), text[start..end].matches('\n').count());
}
