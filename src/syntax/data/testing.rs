//! What `languages.toml` says of tests: how their files are called and begin, what stands around them, what runs them.

use serde::Deserialize;

use crate::syntax::naming;

/// How the test files of a language are called, with `{stem}` and `{ext}` of the source, and what they begin with.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TestFiles {
    pub names: Vec<String>,
    /// The first lines of a new one, with `{package}`.
    pub head: Option<String>,
    /// The line that brings in what is tested, with `{name}` and `{module}` or `{path}`.
    pub import: Option<String>,
    /// Tests are members of a type that is called like the file.
    #[serde(default)]
    pub members: bool,
    /// How they may be called in a folder of tests, where they are called like what they test.
    pub plain: Option<String>,
    /// The extension of those of a file that others include.
    pub extension: Option<String>,
    /// The folder of sources, and that in which their tests lie in the same way.
    pub mirror: Option<[String; 2]>,
    /// A file that holds tests has one of these in it.
    #[serde(default)]
    pub marks: Vec<String>,
    /// Files that say which runner a project uses.
    #[serde(default)]
    pub manifests: Vec<String>,
    #[serde(default)]
    pub runners: Vec<Runner>,
    /// What stands for its folder is called like that.
    #[serde(default)]
    pub called_like_folder: bool,
    /// What begins the lines at the end of a file that run its tests.
    pub run_by: Option<String>,
    /// The function that runs the tests of a file, one after the other.
    pub main: Option<String>,
    /// The word that begins what tests may be wrapped in.
    pub wrapped_in: Option<String>,
}

impl TestFiles {
    /// Whether a file is called as test files are.
    pub fn are_of(&self, name: &str) -> bool {
        self.names.iter().any(|form| naming::fits(form, name))
    }
}

/// The module that tests stand in, in the file of what they test.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InlineTests {
    /// How such modules are called; a star stands for any letters before the rest.
    pub names: Vec<String>,
    /// What is written before one that may be called otherwise.
    pub mark: String,
    /// What a new one begins with, up to its brace.
    pub opens: String,
    /// The statement that brings in what is around, with `{name}`, and the name for all of it.
    pub import: String,
    pub all: String,
    /// Where one without a body lies, from the folder of the module around, with `{name}`; and what names another place.
    pub files: Vec<String>,
    pub place: String,
}

impl InlineTests {
    /// Whether a module with this name, and these words before it, is one for tests.
    pub fn is_one(&self, name: &str, head: &str) -> bool {
        let called = |known: &String| known.strip_prefix('*').map_or(known == name, |end| name.ends_with(end));
        self.names.iter().any(called) || head.contains(&self.mark)
    }

    /// The statement that brings in a name from around.
    pub fn importing(&self, name: &str) -> String {
        self.import.replace("{name}", name)
    }

    /// Whether a code brings in something from around.
    pub fn is_imported_in(&self, code: &str) -> bool {
        self.import.split_once("{name}").is_some_and(|(before, _)| code.contains(before))
    }
}

/// What runs tests.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Runner {
    /// A test file or a manifest that has one of these in it is this runner's; the last one of a language may be known by nothing.
    #[serde(default)]
    pub known: Vec<String>,
    /// The statements that bring in what it offers.
    pub imports: Vec<String>,
}
