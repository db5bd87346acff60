//! Files in the temporary folders of tests: writing them with their folders, and reading everything back to see what has changed.

use std::path::{Path, PathBuf};

/// Writes a file below a folder, with the folders on the way.
pub fn write(folder: &Path, below: &str, text: impl AsRef<[u8]>) -> PathBuf {
    let file = folder.join(below);
    std::fs::create_dir_all(file.parent().unwrap()).unwrap();
    std::fs::write(&file, text).unwrap();
    file
}

/// Every file below a folder with its content, sorted. Links count as empty files.
pub fn contents(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let (mut found, mut stack) = (vec![], vec![folder.to_path_buf()]);
    while let Some(folder) = stack.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            match path.symlink_metadata().unwrap().file_type() {
                kind if kind.is_dir() => stack.push(path),
                kind if kind.is_file() => found.push((path.clone(), std::fs::read(&path).unwrap())),
                _ => found.push((path, vec![])),
            }
        }
    }
    found.sort();
    found
}
