//! The features of the ranking: what is known of a definition at a place, as numbers for the models.

use std::ops::{Index, IndexMut};

/// One of the numbers. Those of a name are about the name alone, those of a container about the class or module around the definition,
/// those of a file about the file that it stands in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Feature {
    /// One, for every definition.
    Constant,
    /// How near the cursor the name stands, 0 to 1.
    NameNear,
    NameImported,
    /// It stands in the heading of what is around the cursor.
    NameInHeading,
    NameMentions,
    ContainerNear,
    ContainerImported,
    ContainerInHeading,
    /// The container is what the cursor stands in, or a base of it.
    ContainerIsOwner,
    /// Other files that mention the name.
    Popular,
    PopularPerDefinition,
    Definitions,
    /// How surely the imports mean the file.
    FileImported,
    /// Share of the folders that the file has in common with the current one.
    FileNear,
    FileImportedAndNear,
    /// Files like the current one use the name.
    Similar,
    SimilarRoot,
    /// Files in the folder use the name.
    Beside,
    /// Share of the name's words that the heading has.
    NameInTopic,
    /// Share of the heading's words that the name has.
    TopicInName,
    IsMethod,
    IsType,
    IsValue,
    IsMacro,
    /// The name begins with `_`.
    Underscore,
    /// It is a test, or partly code from elsewhere.
    FileIsTest,
    PopularImported,
    NameAndFileImported,
    PopularContainerNear,
    NameLength,
    FileSimilar,
    /// The file is called like the current one.
    SameStem,
    /// The name is imported and not used yet.
    NameUnused,
    ContainerUnused,
    ModuleNear,
    ModuleUnused,
    ModuleMentions,
    /// The type stands in the signature of what is near the cursor.
    NameReached,
    ContainerReached,
    ContainerMentions,
    /// Other members of the container that the current file shows.
    ContainerMembers,
    /// Other definitions of the file that the current file shows.
    FileUsed,
    FileUsedNear,
    OtherLanguages,
    /// The file says what another defines.
    FileIsStub,
    Private,
    /// Defined inside of a function.
    Nested,
    PopularNear,
    FileDefinitions,
    /// Share of the name's words that names near the cursor have.
    Kin,
    /// Share of the words of the file's name that the heading has.
    FileInTopic,
    PopularUsed,
    /// Functions that mention what the current one mentions use the name.
    Alike,
    AlikeRoot,
    /// Functions of similar names use it.
    Namesake,
    NamesakeRoot,
}

impl Feature {
    pub const COUNT: usize = Feature::NamesakeRoot as usize + 1;

    /// Why a definition was chosen for which this speaks loudest, for people.
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

/// A number for each feature: the values at a definition, or the weights of a model.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Features(pub [f32; Feature::COUNT]);

impl Default for Features {
    fn default() -> Self {
        Self([0.0; Feature::COUNT])
    }
}

impl Features {
    pub fn dot(&self, weights: &Features) -> f32 {
        self.0.iter().zip(&weights.0).map(|(value, weight)| value * weight).sum()
    }

    /// The same where only these features are not zero; they come in their order, so that nothing is rounded otherwise.
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
