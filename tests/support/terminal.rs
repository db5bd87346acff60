//! A terminal with a program in it, driven by keys and looked at as a person does: a tmux of its own, without a window.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::{Duration, Instant};

/// How long something may take to show; editors start slowly on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

pub struct Terminal {
    socket: PathBuf,
}

impl Terminal {
    pub fn is_here() -> bool {
        Command::new("tmux").arg("-V").output().is_ok_and(|output| output.status.success())
    }

    /// Starts `command` in `folder`, at home in `home`.
    pub fn start(home: &Path, folder: &Path, command: &[&str]) -> Self {
        let terminal = Self { socket: home.join("tmux") };
        let mut tmux = terminal.tmux(&["-f", "/dev/null", "new-session", "-d", "-x", "120", "-y", "36", "-c"]);
        tmux.arg(folder).args(command).env("HOME", home).env("XDG_CONFIG_HOME", home.join(".config"));
        tmux.env("XDG_CACHE_HOME", home.join("cache")).env("XDG_RUNTIME_DIR", home).env("LANG", "C.UTF-8").env("TERM", "xterm-256color");
        let output = tmux.output().unwrap();
        assert!(output.status.success(), "tmux: {}", String::from_utf8_lossy(&output.stderr));
        terminal
    }

    /// Presses keys, by tmux's names for them (`Enter`, `Down`, `C-s`; a word is typed).
    pub fn press(&self, keys: &[&str]) {
        self.run(&[&["send-keys"], keys].concat());
    }

    /// Types this text as it is.
    pub fn type_text(&self, text: &str) {
        self.run(&["send-keys", "-l", text]);
    }

    pub fn screen(&self) -> String {
        String::from_utf8_lossy(&self.run(&["capture-pane", "-p"]).stdout).into_owned()
    }

    /// Waits until `look` finds something on the screen.
    pub fn until<T>(&self, what: &str, mut look: impl FnMut(&str) -> Option<T>) -> T {
        let end = Instant::now() + PATIENCE;
        loop {
            let screen = self.screen();
            if let Some(found) = look(&screen) {
                return found;
            }
            assert!(Instant::now() < end, "waited for {what}; the screen:\n{screen}");
            std::thread::sleep(Duration::from_millis(100));
        }
    }

    /// Waits until the screen has this text.
    pub fn shows(&self, text: &str) {
        self.until(text, |screen| screen.contains(text).then_some(()));
    }

    fn run(&self, arguments: &[&str]) -> Output {
        self.tmux(arguments).output().unwrap()
    }

    fn tmux(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new("tmux");
        command.arg("-S").arg(&self.socket).args(arguments).env_remove("TMUX");
        command
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        self.run(&["kill-server"]);
    }
}
