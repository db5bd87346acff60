//! Files that a tool, an editor or an agent executes or obeys: changing one needs the user's word every time, and a folder's trust is stale
//! when one that steers has changed. One table, compiled in and compared without regard to case.

use super::WorkspacePath;

/// What happens with the files that a pattern means.
struct Row {
    /// In lower case, but for files that steer. `folder/`: whatever is below a folder of this name. With a slash inside: this place in
    /// the root. `begin*end`: names that begin and end so. Else files of this name.
    pattern: &'static str,
    danger: &'static str,
    /// Whether trust depends on it. Only files right in the root, or at their place in it, steer.
    steers: bool,
}

const fn obeyed(pattern: &'static str, danger: &'static str) -> Row {
    Row { pattern, danger, steers: false }
}

const fn steering(pattern: &'static str, danger: &'static str) -> Row {
    Row { pattern, danger, steers: true }
}

const BUILT: &str = "is run when the project is built";
const PYTHON: &str = "is run by Python's tools";
const CONTAINERS: &str = "is run by container tools";
const GIT: &str = "belongs to git: hooks run on commits";
const CI: &str = "is run by continuous integration";
const CARGO: &str = "decides which programs cargo runs";
const AGENTS: &str = "tells agents what to do";
const RULES: &str = "decides which files longsight itself may read and send";
const EDITOR: &str = "is executed or obeyed by an editor or a tool";

/// The first row that fits says what the danger is.
const TABLE: &[Row] = &[
    obeyed("build.rs", "is run by cargo when the project is built"),
    obeyed("makefile", BUILT),
    obeyed("gnumakefile", BUILT),
    obeyed("justfile", BUILT),
    obeyed("cmakelists.txt", BUILT),
    obeyed("meson.build", BUILT),
    obeyed("build.gradle", BUILT),
    obeyed("build.gradle.kts", BUILT),
    obeyed("pom.xml", BUILT),
    obeyed("package.json", "has scripts that package managers run"),
    obeyed("conftest.py", PYTHON),
    obeyed("setup.py", PYTHON),
    obeyed("noxfile.py", PYTHON),
    obeyed("tox.ini", PYTHON),
    obeyed("dockerfile", CONTAINERS),
    obeyed("docker-compose.yml", CONTAINERS),
    obeyed("compose.yml", CONTAINERS),
    obeyed("compose.yaml", CONTAINERS),
    steering(".longsight.toml", "is longsight's own project file"),
    steering("AGENTS.md", AGENTS),
    steering("CLAUDE.md", AGENTS),
    steering("GEMINI.md", AGENTS),
    steering(".cursorrules", AGENTS),
    steering(".windsurfrules", AGENTS),
    steering(".clinerules", AGENTS),
    obeyed(".clinerules/", AGENTS),
    obeyed(".gemini/", AGENTS),
    obeyed(".windsurf/", AGENTS),
    obeyed(".codex/", AGENTS),
    obeyed(".roo/", AGENTS),
    steering(".github/copilot-instructions.md", AGENTS),
    steering(".vscode/settings.json", EDITOR),
    steering(".vscode/tasks.json", EDITOR),
    steering(".mcp.json", EDITOR),
    steering(".envrc", EDITOR),
    steering(".editorconfig", EDITOR),
    obeyed(".git/", GIT),
    obeyed(".githooks/", GIT),
    obeyed(".husky/", GIT),
    obeyed(".github/", CI),
    obeyed(".gitlab/", CI),
    obeyed(".circleci/", CI),
    obeyed(".gitlab-ci.yml", CI),
    obeyed(".cargo/", CARGO),
    obeyed("rust-toolchain.toml", CARGO),
    obeyed("rust-toolchain", CARGO),
    obeyed(".hg/", EDITOR),
    obeyed(".svn/", EDITOR),
    obeyed(".vscode/", EDITOR),
    obeyed(".idea/", EDITOR),
    obeyed(".zed/", EDITOR),
    obeyed(".helix/", EDITOR),
    obeyed(".nvim/", EDITOR),
    obeyed(".fleet/", EDITOR),
    obeyed(".cursor/", EDITOR),
    obeyed(".claude/", EDITOR),
    obeyed(".devcontainer/", EDITOR),
    obeyed(".config/", EDITOR),
    obeyed(".yarn/", EDITOR),
    obeyed(".longsight/", EDITOR),
    obeyed(".gitattributes", EDITOR),
    obeyed(".gitmodules", EDITOR),
    obeyed(".gitconfig", EDITOR),
    obeyed(".pre-commit-config.yaml", EDITOR),
    obeyed(".bashrc", EDITOR),
    obeyed(".profile", EDITOR),
    obeyed(".zshrc", EDITOR),
    obeyed(".exrc", EDITOR),
    obeyed(".nvimrc", EDITOR),
    obeyed(".nvim.lua", EDITOR),
    obeyed(".vimrc", EDITOR),
    obeyed("mcp.json", EDITOR),
    obeyed("*.code-workspace", EDITOR),
];

/// What less usual tools execute or obey: patterns as above, by their danger.
const GROUPS: &[(&str, &[&str])] = &[
    (RULES, &[".gitignore", ".ignore"]),
    (
        AGENTS,
        &[
            "claude.local.md",
            "agent.md",
            "agents.override.md",
            "conventions.md",
            ".rules",
            ".goosehints",
            ".aider.conf.yml",
            "opencode.json",
            ".continue/",
            ".opencode/",
            ".amazonq/",
            ".junie/",
            ".kilocode/",
            ".kiro/",
            ".trae/",
            ".agents/",
        ],
    ),
    (
        CI,
        &[
            ".cirrus.yml",
            ".semaphore/",
            "azure-pipelines.yaml",
            "cloudbuild.yml",
            ".build.yml",
            "codemagic.yaml",
            ".gitlab-ci.yaml",
            ".gitea/",
            ".forgejo/",
            "wrangler.toml",
            "serverless.yml",
        ],
    ),
    (CONTAINERS, &[".devcontainer.json", "devcontainer.json", "skaffold.yaml", "docker-bake.hcl", "earthfile"]),
    (
        EDITOR,
        &[
            ".gitpod.yml",
            ".replit",
            ".vim/",
            ".lazy.lua",
            ".luarc.json",
            "rust-analyzer.toml",
            "pyrightconfig.json",
            ".bash_profile",
            ".zshenv",
            ".zprofile",
            ".inputrc",
            ".tmux.conf",
            ".gdbinit",
            ".lldbinit",
            ".irbrc",
            ".pryrc",
            ".psqlrc",
            ".ghci",
            ".hgrc",
            ".rprofile",
        ],
    ),
    (PYTHON, &["pytest.ini", "mypy.ini", ".mypy.ini", ".pylintrc", "pylintrc", ".flake8", ".coveragerc"]),
    (
        "is run by JavaScript's tools",
        &[
            ".prettierrc*",
            ".stylelintrc*",
            ".releaserc*",
            ".huskyrc*",
            ".simple-git-hooks.json",
            "bunfig.toml",
            "nodemon.json",
            "tsconfig.*.json",
            "jsconfig.json",
            "deno.jsonc",
            "pnpm-workspace.yaml",
            ".commitlintrc*",
        ],
    ),
    (
        BUILT,
        &[
            "build",
            "buck",
            "build.xml",
            "makefile.am",
            "makefile.win",
            "bsdmakefile",
            ".justfile",
            "*.rake",
            "rakefile.rb",
            "mix.exs",
            "rebar.config",
            "project.clj",
            "deps.edn",
            "build.sc",
            "build.mill",
            "setup.hs",
            "stack.yaml",
            "*.cabal",
            "dune",
            "package.swift",
            "pubspec.yaml",
            "makefile.pl",
            "podfile",
            "guardfile",
            "dangerfile",
            "fastfile",
            "brewfile",
            "capfile",
            "xmake.lua",
            "premake5.lua",
            "build.ninja",
            "gradle.properties",
            "libs.versions.toml",
            ".mvn/",
            "*.fsproj",
            "*.vbproj",
            "*.sln",
            "global.json",
            ".mise/",
        ],
    ),
    (GIT, &["lefthook-local.yml", ".pre-commit-hooks.yaml"]),
    (GIT, &["lefthook.yml", "lefthook.yaml", ".overcommit.yml", "git-hooks/"]),
    (
        CI,
        &[
            ".travis.yml",
            ".drone.yml",
            ".woodpecker.yml",
            ".woodpecker/",
            ".appveyor.yml",
            "appveyor.yml",
            "azure-pipelines.yml",
            "bitbucket-pipelines.yml",
            "cloudbuild.yaml",
            "buildspec.yml",
            "jenkinsfile",
            "action.yml",
            "action.yaml",
            "netlify.toml",
            "vercel.json",
            "fly.toml",
            "procfile",
            ".buildkite/",
            ".ci/",
        ],
    ),
    (
        BUILT,
        &[
            "taskfile.yml",
            "taskfile.yaml",
            "rakefile",
            "tiltfile",
            "sconstruct",
            "configure",
            "configure.ac",
            "settings.gradle",
            "settings.gradle.kts",
            "gradlew",
            "gradlew.bat",
            "gradle-wrapper.properties",
            "mvnw",
            "mvnw.cmd",
            "build.sbt",
            "build.zig",
            "workspace",
            "workspace.bazel",
            "build.bazel",
            "module.bazel",
            ".bazelrc",
            "directory.build.props",
            "directory.build.targets",
            "directory.packages.props",
            "*.props",
            "*.gradle",
            "*.gradle.kts",
            "nuget.config",
            "*.mk",
            "*.cmake",
            "*.csproj",
            "*.vcxproj",
            "*.targets",
        ],
    ),
    ("has scripts that package managers run", &["composer.json", ".pnpmfile.cjs", ".yarnrc.yml", ".yarnrc"]),
    (
        "decides what is fetched and built",
        &[
            "cargo.toml",
            "pyproject.toml",
            "setup.cfg",
            "pipfile",
            "gemfile",
            "go.mod",
            "go.work",
            "requirements*.txt",
            "environment.yml",
            "deno.json",
            "flake.nix",
            "shell.nix",
            "default.nix",
            ".tool-versions",
            "mise.toml",
            ".mise.toml",
            "*.gemspec",
            "*.podspec",
        ],
    ),
    (PYTHON, &["sitecustomize.py", "usercustomize.py", "dodo.py", "fabfile.py", "*.pth"]),
    (
        "is run by JavaScript's tools",
        &[
            "gulpfile.js",
            "gruntfile.js",
            "tsconfig.json",
            ".eslintrc*",
            ".babelrc*",
            ".postcssrc*",
            ".lintstagedrc*",
            ".mocharc*",
            ".swcrc",
            "lerna.json",
            "nx.json",
            "turbo.json",
            "*.config.js",
            "*.config.cjs",
            "*.config.mjs",
            "*.config.ts",
            "*.config.mts",
            "*rc.js",
            "*rc.cjs",
            "*rc.mjs",
        ],
    ),
    (CONTAINERS, &["containerfile*", "vagrantfile", "dockerfile.*", "docker-compose.*", "compose.override.*", "*.dockerfile"]),
    (EDITOR, &[".dir-locals.el", ".projectile", ".lvimrc", ".ycm_extra_conf.py", ".clangd", ".neoconf.json", "*.sublime-project"]),
];

impl Row {
    /// Whether it means a relative path, in lower case.
    fn means(&self, relative: &str) -> bool {
        let mut parts = relative.split('/');
        match self.pattern.strip_suffix('/') {
            Some(folder) => parts.any(|part| part == folder),
            None if self.pattern.contains('/') => relative == self.pattern,
            None => {
                let name = parts.next_back().unwrap_or_default();
                match self.pattern.split_once('*') {
                    Some((begin, end)) => name.strip_prefix(begin).is_some_and(|rest| rest.ends_with(end)),
                    None => name.eq_ignore_ascii_case(self.pattern),
                }
            }
        }
    }
}

/// What happens when this file is changed, for files that tools and editors execute or obey.
pub fn danger(path: &WorkspacePath) -> Option<&'static str> {
    let lower = path.relative().to_lowercase();
    let row = || TABLE.iter().find(|row| row.means(&lower)).map(|row| row.danger);
    let hook = lower.contains("git") && lower.split('/').any(|part| part == "hooks");
    let group = || {
        let means = |pattern: &&'static str| obeyed(pattern, "").means(&lower);
        GROUPS.iter().find(|(_, patterns)| patterns.iter().any(&means)).map(|(danger, _)| *danger)
    };
    row().or(hook.then_some(GIT)).or_else(group)
}

/// Whether a path below a root is one of the files that trust depends on.
pub fn is_steering(relative: &str) -> bool {
    // What stands in a folder that steers as a whole does so as well.
    steering_files().any(|name| {
        relative
            .split_at_checked(name.len())
            .is_some_and(|(head, rest)| head.eq_ignore_ascii_case(name) && (rest.is_empty() || rest.starts_with('/')))
    })
}

/// The files that trust depends on, as they are written.
pub(super) fn steering_files() -> impl Iterator<Item = &'static str> {
    TABLE.iter().filter(|row| row.steers).map(|row| row.pattern)
}
