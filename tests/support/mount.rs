use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Something that is mounted in a project until it is dropped.
pub struct Mount {
    at: PathBuf,
}

impl Mount {
    /// Mounts a disk of this size.
    ///
    /// There is none where that is not allowed: the test is skipped, and says so; as root under CI it fails.
    pub fn disk(at: &Path, size: &str) -> Option<Self> {
        mount(&["-t", "tmpfs", "-o", &format!("size={size}"), "disk"], at)?;
        Some(Self { at: at.to_owned() })
    }

    /// Makes a folder read-only, also for root; as above.
    pub fn read_only(at: &Path) -> Option<Self> {
        let folder = at.to_string_lossy();
        mount(&["--bind", &folder], at)?;
        let mounted = Self { at: at.to_owned() };
        mount(&["-o", "remount,bind,ro"], at).map(|()| mounted)
    }

    /// Gives a disk another size.
    pub fn resize(&self, size: &str) {
        mount(&["-o", &format!("remount,size={size}")], &self.at).expect("a disk of ours can grow");
    }
}

impl Drop for Mount {
    fn drop(&mut self) {
        let unmounted = Command::new("umount").arg("--lazy").arg(&self.at).status();
        assert!(unmounted.is_ok_and(|status| status.success()), "{} stays mounted", self.at.display());
    }
}

fn mount(words: &[&str], at: &Path) -> Option<()> {
    let done = Command::new("mount").args(words).arg(at).output();
    if done.as_ref().is_ok_and(|output| output.status.success()) {
        return Some(());
    }
    skip_unless_root("nothing can be mounted");
    None
}

/// Says that a test is skipped because it may not do what it needs; as root under CI that is a failure.
pub fn skip_unless_root(why: &str) {
    let is_root = rustix::process::geteuid().is_root();
    assert!(!is_root || env::var("CI").is_err(), "{why}, and CI needs it");
    eprintln!("SKIPPED: {why} here");
}
