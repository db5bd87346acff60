//! Starts of comments that document nothing, because they speak to a maintainer or a tool: the rows of `asides.txt`. Pure.

/// Whether the text of a comment is not documentation.
pub(in crate::features::edit) fn is_aside(said: &str) -> bool {
    rows().any(|(to, word)| to != "sign" && said.trim_start().starts_with(word))
}

/// Whether a line of comment speaks to a tool.
pub(in crate::features::edit) fn is_directive(line: &str) -> bool {
    let said = line.trim().trim_start_matches(['/', '*', '#']);
    rows().any(|(to, word)| match to {
        "tools" => said.trim_start().starts_with(word),
        "sign" => said.starts_with(word),
        _ => false,
    })
}

/// To whom a comment speaks, and how it begins.
fn rows() -> impl Iterator<Item = (&'static str, &'static str)> {
    include_str!("asides.txt").lines().filter(|line| !line.starts_with('#')).filter_map(|line| line.split_once('\t'))
}
