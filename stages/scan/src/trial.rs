//! A stage run in a folder of its own, for tests.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::sync::Mutex;

use contract::{Ctx, Digest, Gathered, Issue, Progress, Stage, Task};
use serde_json::Value;
use table::{Image, ImageReader, ImageWriter, Label, Metadata, Pixels, Row, View};
use tempfile::TempDir;

/// Inputs, and after a run outputs, of a stage.
pub struct Trial {
    folder: TempDir,
    inputs: BTreeMap<String, Vec<Gathered>>,
}

/// Returns an image of one row and two columns.
pub fn image(image_id: &str, patient_id: &str, label: Label) -> Image {
    Image {
        image_id: image_id.to_owned(),
        patient_id: patient_id.to_owned(),
        view: View::Anterior,
        sex: None,
        age_years: Some(50.0),
        label,
        rows: 1,
        cols: 2,
        pixels: Pixels::F32(vec![0.25, 1.0]),
        counts_total: 3.0,
        counts_max: 2.0,
        source_digest: String::new(),
        derived_from: None,
        operation: None,
    }
}

impl Trial {
    pub fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("out")).unwrap();
        Self { folder, inputs: BTreeMap::new() }
    }

    /// Adds what already lies at `path` as an input.
    pub fn input(mut self, port: &str, path: PathBuf) -> Self {
        self.inputs.insert(port.to_owned(), vec![Gathered { cell: contract::Cell::new(), path }]);
        self
    }

    /// Adds a file as an input.
    pub fn file(self, port: &str, text: &str) -> Self {
        let path = self.folder.path().join(format!("{port}.csv"));
        fs::write(&path, text).unwrap();
        self.input(port, path)
    }

    /// Adds files as an input that is a folder.
    pub fn folder<'a>(self, port: &str, files: impl IntoIterator<Item = (&'a str, Vec<u8>)>) -> Self {
        let folder = self.folder.path().join(port);
        fs::create_dir(&folder).unwrap();
        for (name, bytes) in files {
            let path = folder.join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, bytes).unwrap();
        }
        self.input(port, folder)
    }

    /// Adds images, at least one, as an input.
    pub fn images(self, port: &str, images: impl IntoIterator<Item = Image>) -> Self {
        let path = self.folder.path().join(format!("{port}.parquet"));
        let mut images = images.into_iter().peekable();
        let first = images.peek().unwrap();
        let (pixel_type, shape) = (first.pixels.pixel_type(), first.shape());
        let mut writer = ImageWriter::create(&path, pixel_type, shape, &Metadata::new()).unwrap();
        images.for_each(|image| writer.push(image).unwrap());
        writer.finish().unwrap();
        self.input(port, path)
    }

    /// Adds rows as an input.
    pub fn rows<R: Row>(self, port: &str, rows: &[R]) -> Self {
        let path = self.folder.path().join(format!("{port}.parquet"));
        table::write(&path, rows, &Metadata::new()).unwrap();
        self.input(port, path)
    }

    /// Runs a stage and returns its warnings.
    pub fn run<S: Stage>(&self, stage: &S) -> Result<Vec<String>, Issue> {
        let outputs =
            S::OUTPUTS.iter().map(|output| (output.name.to_owned(), self.path(output.name))).collect();
        for output in S::OUTPUTS.iter().filter(|output| output.file.ends_with('/')) {
            fs::create_dir_all(self.path(output.name)).unwrap();
        }
        let task = Task {
            kind: S::KIND.to_owned(),
            params: Value::Null,
            inputs: self.inputs.clone(),
            outputs,
            scratch: self.folder.path().join("scratch"),
            threads: 2,
        };
        let warnings = Mutex::new(Vec::new());
        let progress = |progress| {
            if let Progress::Warning(text) = progress {
                warnings.lock().unwrap().push(text);
            }
        };
        stage.run(&Ctx::new(&task, &progress))?;
        Ok(warnings.into_inner().unwrap())
    }

    /// Returns where an output lies.
    pub fn path(&self, port: &str) -> PathBuf {
        self.folder.path().join("out").join(port)
    }

    /// Returns the images on an output.
    pub fn read_images(&self, port: &str) -> Vec<Image> {
        ImageReader::open(&self.path(port)).unwrap().map(Result::unwrap).collect()
    }

    /// Returns the rows on an output.
    pub fn read_rows<R: Row>(&self, port: &str) -> Vec<R> {
        table::read(&self.path(port)).unwrap()
    }

    /// Returns the bytes of an output.
    pub fn bytes(&self, port: &str) -> Vec<u8> {
        fs::read(self.path(port)).unwrap()
    }

    /// Returns kind, version and the digests of all outputs: where these change, `VERSION` has to be raised.
    pub fn pin<S: Stage>(&self) -> String {
        let digest = |name| format!(" {name}={}", Digest::of(&self.bytes(name)).short());
        let digests: String = S::OUTPUTS.iter().map(|output| digest(output.name)).collect();
        format!("{} {}:{digests}", S::KIND, S::VERSION)
    }
}
