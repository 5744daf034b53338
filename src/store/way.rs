use std::io;
use std::path::Path;

use super::clear::clear;

/// Makes way for a file of ours where a folder lies: only damage can have put it there.
pub fn make_way(path: &Path) -> io::Result<()> {
    if !path.is_symlink() && path.is_dir() { clear(path) } else { Ok(()) }
}
