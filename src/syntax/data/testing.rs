//! The part of `languages.toml` about tests: how test files are named, how they begin, what surrounds tests and what runs them.

use serde::Deserialize;

use crate::syntax::naming;

/// How test files of a language are named, with `{stem}` and `{ext}` of the source file, and how they begin.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TestFiles {
    pub names: Vec<String>,
    /// The first lines of a new test file, with `{package}`.
    pub head: Option<String>,
    /// The line that imports what is tested, with `{name}` and `{module}` or `{path}`.
    pub import: Option<String>,
    /// Tests are members of a type with the file's name.
    #[serde(default)]
    pub members: bool,
    /// How test files may be named in a folder of tests, where they can have the name of the file they test.
    pub plain: Option<String>,
    /// The extension of the test file for a header.
    pub extension: Option<String>,
    /// A folder of sources, and the folder that mirrors it for tests.
    pub mirror: Option<[String; 2]>,
    /// A file with one of these texts holds tests.
    #[serde(default)]
    pub marks: Vec<String>,
    /// Files that show which runner a project uses.
    #[serde(default)]
    pub manifests: Vec<String>,
    #[serde(default)]
    pub runners: Vec<Runner>,
    /// A file that represents its folder is tested under the folder's name.
    #[serde(default)]
    pub called_like_folder: bool,
    /// The start of the lines at the end of a file that run its tests.
    pub run_by: Option<String>,
    /// The function that calls the tests of a file one after the other.
    pub main: Option<String>,
    /// The keyword of a block that tests may be wrapped in: `namespace`.
    pub wrapped_in: Option<String>,
}

impl TestFiles {
    /// Whether a file has the name of a test file.
    pub fn are_of(&self, name: &str) -> bool {
        self.names.iter().any(|form| naming::fits(form, name))
    }
}

/// How tests and their containers are named, wherever they are.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TestNames {
    /// The start of the name of a test, or of a type with tests.
    pub begin: Vec<String>,
    /// Further starts of the name of a test function.
    pub functions_begin: Vec<String>,
    /// Names of modules of tests.
    pub modules: Vec<String>,
}

impl TestNames {
    /// Whether this is the name of a test, or of a type with tests.
    pub fn is_of_test(&self, name: &str, is_type: bool) -> bool {
        let begins = |starts: &[String]| starts.iter().any(|start| name.starts_with(start.as_str()));
        begins(&self.begin) || !is_type && begins(&self.functions_begin)
    }

    /// [`Self::is_of_test`] for a function, ignoring case.
    pub fn may_be_of_test(&self, name: &str) -> bool {
        let name = name.to_lowercase();
        self.begin.iter().chain(&self.functions_begin).any(|start| name.starts_with(&start.to_lowercase()))
    }

    /// Whether a module with this name holds tests.
    pub fn is_of_module(&self, name: &str) -> bool {
        self.modules.iter().any(|known| known == name)
    }
}

/// The module for tests inside the file they test.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InlineTests {
    /// Names of such modules; `*` matches any letters before the rest.
    pub names: Vec<String>,
    /// The mark that makes a module of any name one for tests: `cfg(test)`.
    pub mark: String,
    /// The start of a new one, up to its brace.
    pub opens: String,
    /// The statement that imports from the enclosing file, with `{name}`, and the name that means everything.
    pub import: String,
    pub all: String,
    /// Where the file of a module without a body is, relative to the enclosing module, with `{name}`; and the text that names another
    /// place.
    pub files: Vec<String>,
    pub place: String,
}

impl InlineTests {
    /// Whether a module with this name, and these words before it, holds tests.
    pub fn is_one(&self, name: &str, head: &str) -> bool {
        let called = |known: &String| known.strip_prefix('*').map_or(known == name, |end| name.ends_with(end));
        self.names.iter().any(called) || head.contains(&self.mark)
    }

    /// The statement that imports a name from the enclosing file.
    pub fn importing(&self, name: &str) -> String {
        self.import.replace("{name}", name)
    }

    /// Whether code imports something from the enclosing file.
    pub fn is_imported_in(&self, code: &str) -> bool {
        self.import.split_once("{name}").is_some_and(|(before, _)| code.contains(before))
    }
}

/// A program that runs tests.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Runner {
    /// Texts in a test file or a manifest that show that this runner is used. A language's last runner may have none.
    #[serde(default)]
    pub known: Vec<String>,
    /// The statements that import what it offers.
    pub imports: Vec<String>,
}
