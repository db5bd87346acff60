//! The features of the ranking: what is known about a definition at a place, as numbers for the models.

use std::ops::{Index, IndexMut};

/// One feature. Those with `Name` are about the name alone, those with `Container` about the class or module around the definition, those
/// with `File` about its file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Feature {
    /// Always 1.
    Constant,
    /// How near to the cursor the name occurs, 0 to 1.
    NameNear,
    NameImported,
    /// The name is in the heading of what surrounds the cursor.
    NameInHeading,
    NameMentions,
    ContainerNear,
    ContainerImported,
    ContainerInHeading,
    /// The container is what the cursor is in, or a base of that.
    ContainerIsOwner,
    /// How many other files mention the name.
    Popular,
    PopularPerDefinition,
    Definitions,
    /// How certainly the imports mean its file.
    FileImported,
    /// The share of folders that its file has in common with the current one.
    FileNear,
    FileImportedAndNear,
    /// Files similar to the current one use the name.
    Similar,
    SimilarRoot,
    /// Files in the same folder use the name.
    Beside,
    /// The share of the name's words that the heading has.
    NameInTopic,
    /// The share of the heading's words that the name has.
    TopicInName,
    IsMethod,
    IsType,
    IsValue,
    IsMacro,
    /// The name begins with `_`.
    Underscore,
    /// The file holds tests, or is third-party code (which counts partly).
    FileIsTest,
    PopularImported,
    NameAndFileImported,
    PopularContainerNear,
    NameLength,
    FileSimilar,
    /// The file has the name of the current one.
    SameStem,
    /// The name is imported but not used yet.
    NameUnused,
    ContainerUnused,
    ModuleNear,
    ModuleUnused,
    ModuleMentions,
    /// The type is in the signature of something near the cursor.
    NameReached,
    ContainerReached,
    ContainerMentions,
    /// How many other members of the container the current file shows.
    ContainerMembers,
    /// How many other definitions of the file the current file shows.
    FileUsed,
    FileUsedNear,
    OtherLanguages,
    /// The file only declares what another defines.
    FileIsStub,
    Private,
    /// Defined inside a function.
    Nested,
    PopularNear,
    FileDefinitions,
    /// The share of the name's words that names near the cursor have.
    Kin,
    /// The share of the words in the file's name that the heading has.
    FileInTopic,
    PopularUsed,
    /// Functions that mention the same names as the current one use this name.
    Alike,
    AlikeRoot,
    /// Functions with similar names use this name.
    Namesake,
    NamesakeRoot,
}

impl Feature {
    /// The number of features.
    pub const COUNT: usize = Feature::NamesakeRoot as usize + 1;

    /// What to tell the user about a definition if this feature contributes most.
    pub fn reason(self) -> &'static str {
        use Feature::*;
        match self {
            NameNear => "named near the cursor",
            NameMentions => "named in this file",
            NameImported | NameAndFileImported => "imported by this file",
            NameInHeading => "named in the signature",
            ContainerNear | ContainerImported | PopularContainerNear => "member of a type named near the cursor",
            ContainerInHeading => "member of a type in the signature",
            ContainerIsOwner => "member of the enclosing class or its bases",
            Popular | PopularPerDefinition | PopularImported => "used in many files",
            FileImported | FileImportedAndNear => "its file is imported",
            FileNear | Beside => "used in this folder",
            Similar | SimilarRoot => "used by similar files",
            FileSimilar => "its file is like this one",
            Alike | AlikeRoot => "used by similar functions",
            Namesake | NamesakeRoot => "used by functions of such names",
            ContainerMembers => "member of a type that this file uses",
            FileUsed | FileUsedNear | PopularUsed => "its file is used here",
            NameInTopic | TopicInName | Kin | FileInTopic => "its name fits the function's",
            _ => "likely here",
        }
    }
}

/// A number for each feature: the values of a definition, or the weights of a model.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Features(pub [f32; Feature::COUNT]);

impl Default for Features {
    fn default() -> Self {
        Self([0.0; Feature::COUNT])
    }
}

impl Features {
    /// The sum of values times weights: log-odds.
    pub fn dot(&self, weights: &Features) -> f32 {
        self.0.iter().zip(&weights.0).map(|(value, weight)| value * weight).sum()
    }

    /// [`Features::dot`] if only these features are not zero. They have to come in order, so that rounding is the same.
    #[inline]
    pub fn dot_of<const N: usize>(&self, which: &[Feature; N], weights: &Features) -> f32 {
        which.iter().map(|feature| self[*feature] * weights[*feature]).sum()
    }
}

impl Index<Feature> for Features {
    type Output = f32;

    fn index(&self, feature: Feature) -> &f32 {
        &self.0[feature as usize]
    }
}

impl IndexMut<Feature> for Features {
    fn index_mut(&mut self, feature: Feature) -> &mut f32 {
        &mut self.0[feature as usize]
    }
}
