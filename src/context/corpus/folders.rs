//! The folders of a workspace: how near they are to each other, what their files mention, which of them import lines mean.

use std::sync::Arc;

use super::Corpus;
use crate::context::numbers::NumberSet;

/// A folder and the words of its path.
pub struct Folder {
    pub parts: Vec<Box<str>>,
}

impl Corpus {
    /// Counts for each folder in how many of its files a name is mentioned.
    pub(super) fn count_folders(&mut self) {
        let files = self.files.iter().zip(self.folder_of.iter());
        let names = files.flat_map(|(digest, folder)| digest.file.uses.iter().map(move |(name, _)| (*folder, *name)));
        let mut pairs: Vec<(u32, u32)> = names.filter_map(|(folder, name)| Some((folder, self.slot(name)?))).collect();
        pairs.sort_unstable();
        let mut beside: Vec<Vec<(u32, u32)>> = vec![vec![]; self.folders.len()];
        for equal in pairs.chunk_by(|a, b| a == b) {
            beside[equal[0].0 as usize].push((equal[0].1, equal.len() as u32));
        }
        self.beside = Arc::new(beside);
    }

    /// The slots of names that files in a file's folder mention, with the number of these files (its own included).
    pub fn beside(&self, file: u32) -> &[(u32, u32)] {
        &self.beside[self.folder_of[file as usize] as usize]
    }

    /// For each folder, how near it is to that of `path`: the share of the deeper one's folders that both have in common.
    pub fn nearness(&self, path: &str) -> Vec<f32> {
        let own: Vec<String> = path.split('/').map(str::to_lowercase).collect();
        let own = &own[..own.len() - 1];
        let near = |folder: &Folder| {
            let shared = folder.parts.iter().zip(own).take_while(|(there, here)| ***there == ***here).count();
            let most = folder.parts.len().max(own.len());
            if most == 0 { 1.0 } else { shared as f32 / most as f32 }
        };
        self.folders.iter().map(near).collect()
    }

    /// How certainly import lines with these words mean a file whose stem they contain, judged by its folders.
    pub(super) fn imports(&self, words: &NumberSet<String>, file: u32) -> f32 {
        let stem = &*self.stems[file as usize].1;
        let folders = self.folders[self.folder_of[file as usize] as usize].parts.iter();
        let (mut all, mut shared) = (0, 0);
        for folder in folders.filter(|folder| &***folder != "src" && ***folder != *stem) {
            all += 1;
            shared += usize::from(words.contains(&**folder));
        }
        if all == 0 { 1.0 } else { 0.4 + 0.6 * shared as f32 / all as f32 }
    }
}
