use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use contract::Issue;
use table::Label;

use crate::names::{Names, Place};

/// A million scans take less.
const LARGEST_FILE: u64 = 256 << 20;

/// The labels of scans, from a CSV file with the columns `file`, or `image`, and `label`; other columns are left alone.
///
/// A file is called as [`Names`] tells. A line may be about a scan with all of its images, or about one of them.
/// Labels are `normal`, `metastatic`, `arthritic` and `both`, or `N`, `M`, `A` and `M&A`, in any case.
/// No message quotes a line: it may name a patient.
#[derive(Clone, Debug)]
pub struct Labels {
    /// Label and line by name.
    lines: BTreeMap<PathBuf, (Label, u64)>,
    names: Names,
}

impl Labels {
    /// Reads a file.
    ///
    /// # Errors
    /// If it cannot be read, is no such table, has a line about no scan or a label that is none.
    pub fn open(path: &Path, names: Names) -> Result<Self, Issue> {
        let refused =
            |error: std::io::Error| Issue::new(format!("`labels` cannot be read: {}", error.kind()));
        if fs::metadata(path).map_err(refused)?.len() > LARGEST_FILE {
            return Err(Issue::new(format!("`labels` is larger than {} MiB", LARGEST_FILE >> 20)));
        }
        Self::parse(&fs::read(path).map_err(refused)?, names)
    }

    fn parse(text: &[u8], names: Names) -> Result<Self, Issue> {
        let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(text);
        let no_table = |_| Issue::new("`labels` does not begin with a line of UTF-8");
        let head = reader.headers().map_err(no_table)?;
        let column =
            |names: &[&str]| head.iter().position(|name| names.contains(&name.to_lowercase().as_str()));
        let (Some(file), Some(label)) = (column(&["file", "image"]), column(&["label"])) else {
            let help =
                "begin it with `file,label`, and write one scan a line, as in `0001/anterior.dcm,metastatic`";
            return Err(Issue::new("`labels` has no columns `file` and `label`").help(help));
        };
        let mut lines: BTreeMap<PathBuf, (Label, u64)> = BTreeMap::new();
        for record in reader.records() {
            let record = record.map_err(|error| {
                let line = error.position().map_or(0, csv::Position::line);
                Issue::new(format!(
                    "`labels`: line {line} has more or fewer columns than the first, or is not UTF-8"
                ))
            })?;
            let line = record.position().map_or(0, csv::Position::line);
            let wrong = |what: &str| Issue::new(format!("`labels`: line {line} {what}"));
            let label = parse(&record[label]).ok_or_else(|| {
                wrong("has no label that is known").help("known are normal, metastatic, arthritic and both")
            })?;
            let name = Path::new(&record[file]);
            if !names.know(name) {
                return Err(wrong("is about no scan that is there")
                    .help("name a file by its path in the folder of scans, with or without its ending"));
            }
            if let Some((_, first)) = lines.insert(name.to_owned(), (label, line)) {
                return Err(
                    wrong(&format!("is about the same scan as line {first}")).help("leave one of them")
                );
            }
        }
        Ok(Self { lines, names })
    }

    /// Returns the label of an image.
    ///
    /// # Errors
    /// If no line is about it, or several are.
    pub fn of(&self, place: Place<'_>) -> Result<Label, Issue> {
        let about = |names: Vec<PathBuf>| -> Vec<(Label, u64)> {
            names.iter().filter_map(|name| self.lines.get(name)).copied().collect()
        };
        let mut found = about(self.names.of_image(place));
        if place.of > 1 {
            found.extend(about(self.names.of_scan(place)));
        }
        let which = if place.of > 1 { format!("its image {}", place.number) } else { "it".to_owned() };
        match found.as_slice() {
            [(label, _)] => Ok(*label),
            [] => Err(Issue::new(format!("no line of `labels` is about {which}"))
                .help("add one, or take the scan out of the source")),
            [(_, first), (_, second), ..] => {
                Err(Issue::new(format!("lines {first} and {second} of `labels` are about {which}"))
                    .help("leave one of them"))
            }
        }
    }
}

fn parse(label: &str) -> Option<Label> {
    let label = label.to_lowercase();
    match label.as_str() {
        "n" => Some(Label::Normal),
        "m" => Some(Label::Metastatic),
        "a" => Some(Label::Arthritic),
        "m&a" => Some(Label::Both),
        word => word.parse().ok(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use table::View;

    use super::*;

    const SCANS: [&str; 3] = ["x/a.dcm", "x/b.dcm", "y/b.dcm"];

    fn labels(text: &str) -> Result<Labels, String> {
        let names = Names::of(&SCANS.map(PathBuf::from));
        Labels::parse(text.as_bytes(), names).map_err(|issue| issue.message)
    }

    fn label(labels: &Labels, scan: usize, number: usize, of: usize) -> Result<Label, String> {
        let place = Place { scan, path: Path::new(SCANS[scan]), number, of, view: View::Anterior };
        labels.of(place).map_err(|issue| issue.message)
    }

    #[test]
    fn a_line_gives_a_scan_its_label_whatever_other_columns_there_are() {
        let labels =
            labels("Name,Label,file\r\n\"Doe, Jane\",M&A,a\r\nx, Normal ,x/b.dcm\r\ny,arthritic,y/b\r\n");
        let labels = labels.unwrap();
        let all = [0, 1, 2].map(|scan| label(&labels, scan, 1, 1));
        assert_eq!(all, [Ok(Label::Both), Ok(Label::Normal), Ok(Label::Arthritic)]);
    }

    #[test]
    fn a_line_may_be_about_a_scan_or_about_one_of_its_images_and_not_both() {
        let labels = labels("image,label\na-1,N\na-2,M\nx/b,A\ny/b,N\ny/b-1,N\n").unwrap();
        assert_eq!(label(&labels, 0, 1, 2), Ok(Label::Normal));
        assert_eq!(label(&labels, 0, 2, 2), Ok(Label::Metastatic));
        assert_eq!(
            [1, 2].map(|number| label(&labels, 1, number, 2)),
            [Ok(Label::Arthritic), Ok(Label::Arthritic)]
        );
        assert_eq!(
            label(&labels, 2, 1, 2),
            Err("lines 6 and 5 of `labels` are about its image 1".to_owned())
        );
        assert_eq!(label(&labels, 0, 1, 1), Err("no line of `labels` is about it".to_owned()));
    }

    #[test]
    fn what_is_wrong_is_told_by_its_line_and_never_quoted() {
        let wrong = |text: &str| labels(text).unwrap_err();
        assert_eq!(wrong("file;label\na;N\n"), "`labels` has no columns `file` and `label`");
        assert_eq!(wrong("file,label\na,N\nDoe^Jane,N\n"), "`labels`: line 3 is about no scan that is there");
        assert_eq!(wrong("file,label\na,Doe^Jane\n"), "`labels`: line 2 has no label that is known");
        assert_eq!(
            wrong("file,label\na\n"),
            "`labels`: line 2 has more or fewer columns than the first, or is not UTF-8"
        );
        assert_eq!(
            wrong("file,label\nx/b,N\na,N\na,M\n"),
            "`labels`: line 4 is about the same scan as line 3"
        );
        assert_eq!(wrong(""), "`labels` has no columns `file` and `label`");
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "(file,label\n)?[\\x00-\\xff]{0,60}") {
            let _ = labels(&text);
        }
    }
}
