//! A file that is not open, with edits for it: as an editor that opens it will see it. Its text on disk may be another one by now, or begin
//! with a byte order mark, which no editor shows.

use crate::features::edit::FileEdit;
use crate::text::edit::Overlap;
use crate::text::{BYTE_ORDER_MARK, Batch, Edit, Text, diff, rebase, unmarked};
use crate::workspace::{ReadError, Snapshot};

/// A file that is not open, as an editor that opens it will see it: its text, with the edits for that text.
#[derive(Clone)]
pub struct UnopenedFile {
    pub text: Text,
    pub edits: Batch,
    pub creates: bool,
}

/// The edits of a file that is not open, for its current text on disk.
pub fn read(snapshot: &Snapshot, file: &FileEdit) -> Result<UnopenedFile, String> {
    let (base, edits) = as_opened(&file.document.text, &file.edits)?;
    let Some(path) = &file.document.path else { return Ok(UnopenedFile { text: base, edits, creates: file.creates }) };
    let now = match (snapshot.read_exact(path), file.creates) {
        (Err(ReadError::Missing), true) => return Ok(UnopenedFile { text: base, edits, creates: true }),
        (Ok(text), _) => Text::new(unmarked(&text)),
        (Err(error), _) => return Err(format!("{path} cannot be read: {error}")),
    };
    if file.creates {
        let edits = fill(&edits, &now).ok_or_else(|| format!("{path} exists by now"))?;
        return Ok(UnopenedFile { text: now, edits, creates: false });
    }
    if now == base {
        return Ok(UnopenedFile { text: base, edits, creates: false });
    }
    let carried = rebase::rebase_all(&edits, &base, [&diff::change(&base, &now)]);
    let edits = carried.map_err(|why| format!("{path} has changed on disk since, and {why}"))?;
    Ok(UnopenedFile { text: now, edits, creates: false })
}

/// A file that was to be created and exists by now may contain only blanks.
pub fn fill(edits: &Batch, now: &Text) -> Option<Batch> {
    let blank = now.to_string().trim().is_empty();
    let text = edits.edits().iter().map(|edit| edit.text.as_str()).collect();
    blank.then(|| Batch::one(Edit { range: 0..now.len_bytes(), text }))
}

/// A file and its edits as an editor that opens it sees them: the byte order mark is not part of the text there.
///
/// # Errors
/// Two edits overlap once the mark is gone.
pub fn as_opened(text: &Text, edits: &Batch) -> Result<(Text, Batch), String> {
    let width = text.mark_bytes();
    if width == 0 {
        return Ok((text.clone(), edits.clone()));
    }
    let mut moved: Vec<Edit> = vec![];
    for edit in edits.edits() {
        let range = edit.range.start.saturating_sub(width)..edit.range.end.saturating_sub(width);
        let text = unmarked(&edit.text);
        match moved.last_mut().filter(|last| last.range == range && range.is_empty()) {
            // Text for before the mark and text for behind it go to one place.
            Some(last) => last.text.push_str(text),
            None => moved.push(Edit { range, text: text.into() }),
        }
    }
    let moved = Batch::new(moved).map_err(|Overlap| "two of its edits change the same place".to_string())?;
    Ok((Text::new(&text.slice(width..text.len_bytes())), moved))
}

/// A text and an edit of it, with the byte order mark that `now` begins with: some editors show it as part of the text.
pub fn marked_as(now: &Text, text: &Text, edit: &Edit) -> Option<(Text, Edit)> {
    let width = now.mark_bytes();
    if width == 0 || text.mark_bytes() > 0 {
        return None;
    }
    let moved = Edit { range: edit.range.start + width..edit.range.end + width, text: edit.text.clone() };
    Some((Text::new(&format!("{BYTE_ORDER_MARK}{text}")), moved))
}
