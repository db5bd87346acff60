//! Files that hold code no grammar reads: single-file components, notebooks, templates, dialects. A rename does not change them, so where
//! the old name stands in one, a person must look.

use crate::features::Session;
use crate::text::lines::line_number;
use crate::text::words;
use crate::workspace::WorkspacePath;

/// Endings of such files; prose and data may name what they like.
const CODE: &[&str] = &[
    "vue",
    "svelte",
    "astro",
    "marko",
    "riot",
    "html",
    "htm",
    "xhtml",
    "cshtml",
    "razor",
    "jsp",
    "jspx",
    "ftl",
    "erb",
    "haml",
    "slim",
    "ejs",
    "hbs",
    "mustache",
    "liquid",
    "njk",
    "twig",
    "pug",
    "jinja",
    "jinja2",
    "j2",
    "tmpl",
    "gotmpl",
    "templ",
    "qml",
    "xaml",
    "fxml",
    "storyboard",
    "ipynb",
    "pyx",
    "pxd",
    "pxi",
    "mako",
    "sage",
    "tpp",
    "txx",
    "ipp",
    "inl",
    "inc",
    "tcc",
    "cppm",
    "ixx",
    "cu",
    "cuh",
    "m",
    "mm",
    "ino",
    "swg",
    "i",
    "idl",
    "y",
    "yy",
    "l",
    "ll",
    "mdx",
    "coffee",
    "ls",
    "elm",
    "kt",
    "kts",
    "scala",
    "sc",
    "groovy",
    "gradle",
    "swift",
    "cs",
    "fs",
    "vb",
    "rb",
    "php",
    "dart",
    "zig",
    "lua",
    "ex",
    "exs",
    "jl",
    "r",
    "pl",
    "pm",
    "clj",
    "cljs",
    "nim",
    "d",
    "graphql",
    "proto",
];
/// Bytes of a file that is looked at.
const LARGEST: u32 = 2 << 20;

/// The places of a name in them, `path:line`.
pub(super) fn places(session: &Session, name: &str) -> Vec<String> {
    let is_code = |path: &str| path.rsplit_once('.').is_some_and(|(_, ending)| CODE.contains(&ending.to_ascii_lowercase().as_str()));
    let files = session.index.files().filter(|(_, file)| file.language.is_none() && file.bytes <= LARGEST && is_code(file.path.name()));
    let open = files.filter(|(_, file)| session.closed_path(&file.path).is_none());
    let mut paths: Vec<&WorkspacePath> = open.map(|(_, file)| &file.path).collect();
    paths.sort();
    let places = |path: &WorkspacePath| {
        let text = session.snapshot.read_exact(path).unwrap_or_default();
        let mut lines: Vec<usize> = words::places(&text, name).map(|at| line_number(&text, at.start)).collect();
        lines.dedup();
        lines.into_iter().map(|line| format!("{path}:{line}")).collect::<Vec<_>>()
    };
    paths.into_iter().flat_map(places).collect()
}
