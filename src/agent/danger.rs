//! Files that tools and editors execute or obey: what happens when one of them is changed, in words. A list that is compiled in; paths are
//! compared in lower case, because some file systems do not tell `.GIT` from `.git`. Pure.

use crate::workspace::{WorkspacePath, is_protected};

/// One kind of danger and the files that bring it.
struct Danger {
    words: &'static str,
    names: &'static [&'static str],
    /// Folders, wherever they stand in the path.
    folders: &'static [&'static str],
    /// What the name ends with.
    endings: &'static [&'static str],
}

const NONE: &[&str] = &[];

/// The first that fits counts: what is more telling stands before what is more general.
const DANGERS: &[Danger] = &[
    Danger {
        words: "belongs to git: hooks run on commits",
        names: &["lefthook.yml", "lefthook.yaml", ".pre-commit-config.yaml", ".overcommit.yml"],
        folders: &[".git", ".githooks", ".husky", "git-hooks"],
        endings: NONE,
    },
    Danger {
        words: "is run by continuous integration",
        names: &[
            ".gitlab-ci.yml",
            ".travis.yml",
            ".drone.yml",
            ".woodpecker.yml",
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
        ],
        folders: &[".github", ".gitlab", ".circleci", ".buildkite", ".woodpecker", ".ci"],
        endings: NONE,
    },
    Danger { words: "is run by cargo when the project is built", names: &["build.rs"], folders: NONE, endings: NONE },
    Danger {
        words: "is run when the project is built",
        names: &[
            "makefile",
            "gnumakefile",
            "justfile",
            "taskfile.yml",
            "taskfile.yaml",
            "rakefile",
            "tiltfile",
            "sconstruct",
            "cmakelists.txt",
            "configure",
            "configure.ac",
            "meson.build",
            "build.gradle",
            "build.gradle.kts",
            "settings.gradle",
            "settings.gradle.kts",
            "gradlew",
            "gradlew.bat",
            "gradle-wrapper.properties",
            "mvnw",
            "mvnw.cmd",
            "pom.xml",
            "build.sbt",
            "build.zig",
            "workspace.bazel",
            "workspace",
            "build.bazel",
            "module.bazel",
            ".bazelrc",
            "directory.build.props",
            "directory.build.targets",
        ],
        folders: NONE,
        endings: &[".mk", ".cmake", ".csproj", ".vcxproj", ".targets"],
    },
    Danger {
        words: "decides which programs cargo runs",
        names: &["rust-toolchain", "rust-toolchain.toml"],
        folders: &[".cargo"],
        endings: NONE,
    },
    Danger {
        words: "has scripts that package managers run",
        names: &["package.json", "composer.json", ".pnpmfile.cjs", ".yarnrc.yml", ".yarnrc"],
        folders: &[".yarn"],
        endings: NONE,
    },
    Danger {
        words: "decides what is fetched and built",
        names: &[
            "cargo.toml",
            "pyproject.toml",
            "setup.cfg",
            "pipfile",
            "gemfile",
            "go.mod",
            "go.work",
            "requirements.txt",
            "environment.yml",
            "deno.json",
            "flake.nix",
            "shell.nix",
            "default.nix",
            ".tool-versions",
            "mise.toml",
            ".mise.toml",
        ],
        folders: NONE,
        endings: &[".gemspec", ".podspec"],
    },
    Danger {
        words: "is run by Python's tools",
        names: &["conftest.py", "setup.py", "noxfile.py", "tox.ini", "sitecustomize.py", "usercustomize.py", "dodo.py", "fabfile.py"],
        folders: NONE,
        endings: &[".pth"],
    },
    Danger {
        words: "is run by JavaScript's tools",
        names: &["gulpfile.js", "gruntfile.js", "tsconfig.json"],
        folders: NONE,
        endings: &[".config.js", ".config.cjs", ".config.mjs", ".config.ts", ".config.mts", "rc.js", "rc.cjs", "rc.mjs"],
    },
    Danger {
        words: "is run by container tools",
        names: &["dockerfile", "containerfile", "vagrantfile", "docker-compose.yml", "docker-compose.yaml", "compose.yml", "compose.yaml"],
        folders: &[".devcontainer"],
        endings: &[".dockerfile"],
    },
    Danger { words: "is longsight's own project file", names: &[".longsight.toml"], folders: NONE, endings: NONE },
    Danger {
        words: "is obeyed by an editor or a language server",
        names: &[".dir-locals.el", ".projectile", ".lvimrc", ".ycm_extra_conf.py", ".clangd", ".neoconf.json", ".nvim.lua", ".exrc"],
        folders: NONE,
        endings: &[".code-workspace", ".sublime-project"],
    },
];

/// What happens when this file is changed; none for a file that nothing executes or obeys.
pub fn danger(path: &WorkspacePath) -> Option<&'static str> {
    let lower = path.relative().to_lowercase();
    let name = lower.rsplit('/').next().unwrap_or_default();
    let fits = |danger: &&Danger| {
        danger.names.contains(&name)
            || danger.endings.iter().any(|ending| name.ends_with(ending))
            || lower.split('/').any(|part| danger.folders.contains(&part))
    };
    // `tools/git/hooks/…` and the like, wherever a repository keeps its hooks.
    let hooks = lower.contains("git") && lower.split('/').any(|part| part == "hooks");
    let listed = if hooks { Some(DANGERS[0].words) } else { DANGERS.iter().find(fits).map(|danger| danger.words) };
    listed.or(is_protected(path).then_some("is executed or obeyed by an editor or a tool"))
}
