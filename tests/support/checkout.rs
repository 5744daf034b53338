use std::fs;
use std::path::{Path, PathBuf};

use super::files_below;

/// A file of the checkout.
pub struct Text {
    /// Its path from the root of the checkout.
    pub path: PathBuf,
    /// What it says.
    pub text: String,
}

impl Text {
    /// Returns its name without the ending.
    pub fn stem(&self) -> &str {
        self.path.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default()
    }

    /// Returns the lines that are neither comments nor part of a test.
    pub fn code(&self) -> impl Iterator<Item = &str> {
        let mut in_test = false;
        self.text.lines().filter(move |line| {
            in_test |= *line == "#[cfg(test)]";
            let skipped = in_test;
            // An item at the margin ends with a brace at the margin, or on its own line.
            let ends = *line == "}" || (line.ends_with(';') && !line.starts_with(' '));
            in_test &= !ends;
            !skipped && !line.trim_start().starts_with("//")
        })
    }
}

/// Returns the root of the checkout.
pub fn checkout() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Reads a file of the checkout.
pub fn text(file: &str) -> String {
    let path = checkout().join(file);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Reads the Rust files below these folders of the checkout.
pub fn rust_files(folders: &[&str]) -> Vec<Text> {
    let files = folders.iter().flat_map(|folder| files_below(&checkout().join(folder)));
    let rust = files.filter(|path| path.extension().is_some_and(|ending| ending == "rs"));
    let read = |path: PathBuf| Text {
        text: fs::read_to_string(&path).expect("a file of the checkout is text"),
        path: path.strip_prefix(checkout()).expect("it lies below the root").to_owned(),
    };
    rust.map(read).collect()
}
