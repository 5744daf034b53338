use std::io;
use std::path::Path;

use fs_err as fs;

use super::shelf::Shelf;
use super::staged::put;

/// Version of the layout.
pub(super) const FORMAT: &str = "osteon cache 1\n";

/// What lies in a cache beside `latest@<profile>`.
const NAMES: [&str; 12] = [
    "FORMAT", "index", "latest", "locks", "objects", "pins", "projects", "records", "runs", "scratch",
    "staging", "trees",
];

/// What the file in a cache says that marks it.
const TAG: &str = "Signature: 8a477f597d28d172789f06886806bc55\n# This folder is a cache of osteon.\n";

/// Marks a folder as a cache: for backups, for sources, and for ourselves, who sweep in it.
///
/// # Errors
/// If it is no cache of ours, and something of somebody else's lies where we would write and sweep.
pub fn mark(folder: &Path) -> io::Result<()> {
    let tag = folder.join("CACHEDIR.TAG");
    if says(&tag, TAG) {
        return Ok(());
    }
    if !is_ours(folder) {
        for entry in fs::read_dir(folder)? {
            let name = entry?.file_name().to_string_lossy().into_owned();
            let is_taken = NAMES.contains(&name.as_str()) || name.starts_with("latest@");
            // Another run may have marked it meanwhile: it does so before it makes anything.
            if is_taken && !says(&tag, TAG) {
                let message = format!(
                    "`{}` is no cache of osteon (its CACHEDIR.TAG does not say so), and `{name}` in it would be \
                     written over: move that away, or use another cache (OSTEON_CACHE)",
                    folder.display()
                );
                return Err(io::Error::other(message));
            }
        }
    }
    // By a rename: another run that begins now must not read half of it, nor anybody write through a link.
    put(&tag, TAG.as_bytes())
}

/// Returns whether a folder without its mark is a cache of ours: by its format, or by what only we name so.
fn is_ours(folder: &Path) -> bool {
    let holds = |shelf: &str, ending: &str| {
        Shelf::read(&folder.join(shelf), ending).is_ok_and(|shelf| !shelf.named.is_empty())
    };
    says(&folder.join("FORMAT"), FORMAT) || holds("objects", "") || holds("records", ".json")
}

fn says(file: &Path, text: &str) -> bool {
    fs::read(file).is_ok_and(|bytes| bytes == text.as_bytes())
}
