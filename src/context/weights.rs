//! The weights of the ranking, fitted by logistic regression on repositories that are not used for measuring: tokio, clap, axum, nushell,
//! helix, pydantic, scrapy, sphinx, pytest, celery, ansible, mitmproxy and poetry by names, sqlalchemy and sphinx by a type checker.
//!
//! `cargo bench --bench context -- fit FOLDER… FOLDER=GOLD…` fits weights and prints this file; `scripts/gold.py` writes the gold. These
//! were fitted by that method on a sample of the definitions, and averaged 3 to 2 with the previous fit, which had seen other repositories.
//! None of them has type stubs: that stubs are wanted less (`FileIsStub`) was set by hand, based on mypy.

use super::features::Feature::{self, *};
use super::features::Features;

/// What each feature adds to the log-odds, for a name that the current file shows and for one that it does not.
pub const WEIGHTS: [(Feature, f32, f32); Feature::COUNT] = [
    (Constant, -6.181, -9.147),
    (NameNear, 1.682, 0.000),
    (NameImported, -0.085, 0.000),
    (NameInHeading, -0.645, 0.000),
    (NameMentions, 0.353, 0.000),
    (ContainerNear, 0.222, 1.797),
    (ContainerImported, 0.258, 0.340),
    (ContainerInHeading, 0.269, 0.417),
    (ContainerIsOwner, -0.421, -0.840),
    (Popular, -0.003, -0.923),
    (PopularPerDefinition, 0.160, 1.446),
    (Definitions, -0.957, 0.113),
    (FileImported, 0.542, 0.909),
    (FileNear, 0.325, 0.002),
    (FileImportedAndNear, -0.408, -0.357),
    (Similar, -2.247, -4.695),
    (SimilarRoot, 2.762, 7.657),
    (Beside, 0.026, 0.450),
    (NameInTopic, 0.399, 0.682),
    (TopicInName, -1.136, 1.775),
    (IsMethod, -0.162, 0.575),
    (IsType, -0.623, -0.393),
    (IsValue, -3.607, -2.463),
    (IsMacro, 0.810, 0.516),
    (Underscore, -0.766, -1.402),
    (FileIsTest, -4.436, -3.694),
    (PopularImported, 0.022, -0.031),
    (NameAndFileImported, 0.130, 0.000),
    (PopularContainerNear, 0.019, -0.414),
    (NameLength, 0.461, -0.053),
    (FileSimilar, -1.198, -1.190),
    (SameStem, -0.737, 0.360),
    (NameUnused, 2.746, 0.000),
    (ContainerUnused, 0.762, 1.812),
    (ModuleNear, 0.419, 0.981),
    (ModuleUnused, 0.136, 0.292),
    (ModuleMentions, -0.084, -0.126),
    (NameReached, -0.255, -0.690),
    (ContainerReached, 0.753, 0.224),
    (ContainerMentions, -0.132, -0.199),
    (ContainerMembers, 0.037, 0.135),
    (FileUsed, -0.111, 0.065),
    (FileUsedNear, 0.649, 0.891),
    (OtherLanguages, -1.561, -0.738),
    (FileIsStub, -1.200, -1.200),
    (Private, -0.042, -0.107),
    (Nested, -0.330, -0.162),
    (PopularNear, -0.148, -0.181),
    (FileDefinitions, -0.051, -0.192),
    (Kin, 0.666, 0.874),
    (FileInTopic, 0.281, -0.129),
    (PopularUsed, -0.013, -0.118),
    (Alike, -0.979, -2.201),
    (AlikeRoot, 1.273, 2.028),
    (Namesake, -0.661, -1.552),
    (NamesakeRoot, 1.963, 3.880),
];

/// The weights for a name that the current file shows.
pub const SEEN: Features = weights().0;
/// The weights for a name that it does not show.
pub const UNSEEN: Features = weights().1;

/// The two columns. A line that is not in its feature's place does not compile.
const fn weights() -> (Features, Features) {
    let mut both = (Features([0.0; Feature::COUNT]), Features([0.0; Feature::COUNT]));
    let mut at = 0;
    while at < Feature::COUNT {
        let (feature, seen, unseen) = WEIGHTS[at];
        assert!(feature as usize == at);
        (both.0.0[at], both.1.0[at]) = (seen, unseen);
        at += 1;
    }
    both
}
