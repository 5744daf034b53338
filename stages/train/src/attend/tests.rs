use std::path::PathBuf;
use std::sync::Mutex;

use contract::{Cell, Ctx, Gathered, Issue, Progress, Stage, Task};
use serde_json::{Value, json};
use table::{
    Class, Hit, Image, ImageReader, ImageWriter, Label, Lesion, Metadata, Metric, Part, PixelType, Pixels,
    Sample, View,
};
use tempfile::TempDir;

use super::Attend;
use crate::{KINDS, Train};

const SIDE: u32 = 16;
/// The scans are so many times larger.
const BINNED: u32 = 4;
const NETWORK: &str = "title = \"A test\"\nlayers = [\"conv 3x3 8 s1 p1\", \"maxpool 2x2 s2\", \"attention 4\", \
                       \"dense 16\", \"softmax 3\"]\n";

/// A folder with nine images, of which those of a disease have a spot at its place, and a network that learned them.
struct Project {
    folder: TempDir,
    warnings: Mutex<Vec<String>>,
}

impl Project {
    fn new() -> Self {
        let project = Self { folder: TempDir::new().unwrap(), warnings: Mutex::default() };
        std::fs::write(project.path("network"), NETWORK).unwrap();
        project.images("images", SIDE, true);
        project.images("stored", SIDE * BINNED, false);
        let parts = [Part::Train, Part::Test];
        let samples: Vec<Sample> =
            parts.into_iter().flat_map(|part| (0..9).map(move |at| sample(at, part))).collect();
        table::write(&project.path("samples"), &samples, &Metadata::new()).unwrap();
        let lesions: Vec<Lesion> = (0..9).flat_map(lesions).collect();
        table::write(&project.path("lesions"), &lesions, &Metadata::new()).unwrap();
        let params = json!({ "epochs": 60, "batch": 3, "learning-rate": 0.003, "seed": 1 });
        project.run::<Train>(&params, &["images", "samples", "network"]).unwrap();
        project
    }

    fn images(&self, port: &str, side: u32, with_pixels: bool) {
        let shape = table::Shape { rows: side, cols: side };
        let mut writer =
            ImageWriter::create(&self.path(port), PixelType::F32, shape, &Metadata::new()).unwrap();
        for at in 0..9 {
            let spot = |row: u32, col: u32| {
                spot(at).is_some_and(|(r, c)| row.abs_diff(r) < 2 && col.abs_diff(c) < 2)
            };
            let noise = |place: u32| 0.2 * (f64::from(place * place) * (0.1 + at as f64)).sin().abs() as f32;
            let pixel = |place: u32| {
                if with_pixels && spot(place / side, place % side) { 1.0 } else { noise(place) }
            };
            writer.push(image(at, side, (0..side * side).map(pixel).collect())).unwrap();
        }
        writer.finish().unwrap();
    }

    fn path(&self, port: &str) -> PathBuf {
        self.folder.path().join(port)
    }

    fn run<S: Stage>(&self, params: &Value, inputs: &[&str]) -> Result<(), Issue> {
        let input =
            |port: &&str| ((*port).to_owned(), vec![Gathered { cell: Cell::new(), path: self.path(port) }]);
        let task = Task {
            kind: S::KIND.to_owned(),
            params: params.clone(),
            inputs: inputs.iter().map(input).collect(),
            outputs: S::OUTPUTS
                .iter()
                .map(|output| (output.name.to_owned(), self.path(output.name)))
                .collect(),
            scratch: self.path("scratch"),
            threads: 1,
        };
        let kind = KINDS.iter().find(|kind| kind.name == S::KIND).unwrap();
        let tell = |progress| {
            if let Progress::Warning(text) = progress {
                self.warnings.lock().unwrap().push(text);
            }
        };
        (kind.bind)(params)?.run(&Ctx::new(&task, &tell))
    }

    fn attend(&self, change: &[(&str, Value)]) -> Result<Vec<Hit>, Issue> {
        let mut params = json!({ "method": "occlusion", "patch": 4, "stride": 2 });
        for (name, value) in change {
            params[*name] = value.clone();
        }
        self.run::<Attend>(&params, &["images", "samples", "network", "weights", "lesions", "stored"])?;
        Ok(table::read(&self.path("hits")).unwrap())
    }
}

fn class(at: usize) -> Class {
    Class::ALL[at % 3]
}

/// Returns the middle of the spot of an image.
fn spot(at: usize) -> Option<(u32, u32)> {
    [None, Some((4, 4)), Some((11, 10))][class(at).index()]
}

fn sample(at: usize, part: Part) -> Sample {
    Sample {
        sample_id: format!("{part}-{at}"),
        image_id: format!("image-{at}"),
        label: class(at),
        also: None,
        generated: false,
        part,
    }
}

fn image(at: usize, side: u32, pixels: Vec<f32>) -> Image {
    Image {
        image_id: format!("image-{at}"),
        patient_id: format!("patient-{at}"),
        view: View::Anterior,
        sex: None,
        age_years: None,
        label: [Label::Normal, Label::Metastatic, Label::Arthritic][class(at).index()],
        rows: side,
        cols: side,
        pixels: Pixels::F32(pixels),
        counts_total: 0.0,
        counts_max: 0.0,
        source_digest: String::new(),
        derived_from: None,
        operation: None,
    }
}

/// Returns what three readers marked: two of them the spot, and the last, alone, a place beside it.
fn lesions(at: usize) -> Vec<Lesion> {
    let Some((row, col)) = spot(at) else { return Vec::new() };
    let lesion = |reader: &str, row: u32, col: u32| Lesion {
        image_id: format!("image-{at}"),
        reader: reader.to_owned(),
        disease: if class(at) == Class::Metastatic { "metastasis" } else { "arthritis" }.to_owned(),
        site: String::new(),
        x_min: f64::from((col - 1) * BINNED),
        y_min: f64::from((row - 1) * BINNED),
        x_max: f64::from((col + 2) * BINNED),
        y_max: f64::from((row + 2) * BINNED),
    };
    vec![lesion("a", row, col), lesion("b", row, col), lesion("c", 14, 2)]
}

fn metric(project: &Project, class: &str, metric: &str) -> f64 {
    let metrics: Vec<Metric> = table::read(&project.path("metrics")).unwrap();
    metrics.iter().find(|row| row.class == class && row.metric == metric).unwrap().value
}

#[test]
fn a_network_that_learned_a_spot_is_caught_looking_at_it() {
    let project = Project::new();
    let hits = project.attend(&[]).unwrap();
    let names: Vec<&str> = hits.iter().map(|hit| hit.sample_id.as_str()).collect();
    assert_eq!(names, ["test-1", "test-2", "test-4", "test-5", "test-7", "test-8"], "no normal one");
    for hit in &hits {
        assert!((hit.area - 9.0 / 256.0).abs() < 1e-12, "what one reader marked alone is no lesion: {hit:?}");
        assert!((hit.chance - hit.area).abs() < 1e-12, "{hit:?}");
        assert!(hit.energy > 3.0 * hit.area, "{hit:?}");
    }
    assert!(metric(&project, "abnormal", "hit-rate") > 0.6, "{hits:?}");
    let of_class = ["metastatic", "arthritic"].map(|class| metric(&project, class, "images"));
    assert_eq!(of_class, [3.0, 3.0]);
    let sheet = std::fs::read(project.path("sheet")).unwrap();
    let side = |at: usize| u32::from_be_bytes(sheet[at..at + 4].try_into().unwrap());
    assert_eq!((side(16), side(20)), (3 * 6 * (SIDE + 4) - 4, SIDE));
}

#[test]
fn the_brightest_pixel_is_a_map_too() {
    let project = Project::new();
    let hits = project.attend(&[("method", "brightness".into())]).unwrap();
    assert!(hits.iter().all(|hit| hit.hit));
    let maps: Vec<Image> = ImageReader::open(&project.path("maps")).unwrap().map(Result::unwrap).collect();
    let scans: Vec<Image> = ImageReader::open(&project.path("images")).unwrap().map(Result::unwrap).collect();
    assert_eq!(maps.len(), 6);
    assert_eq!((maps[0].image_id.as_str(), maps[0].derived_from.as_deref()), ("test-1", Some("image-1")));
    assert_eq!(maps[0].pixels, scans[1].pixels);
}

#[test]
fn the_weights_of_spatial_attention_are_a_map_between_0_and_1() {
    let project = Project::new();
    let hits = project.attend(&[("method", "attention".into()), ("images", 2.into())]).unwrap();
    assert_eq!(hits.len(), 2);
    let maps: Vec<Image> = ImageReader::open(&project.path("maps")).unwrap().map(Result::unwrap).collect();
    let Pixels::F32(values) = &maps[0].pixels else { panic!("maps are f32") };
    assert!(values.iter().all(|value| (0.0..=1.0).contains(value)));
    assert!(values.iter().any(|value| (value - values[0]).abs() > 1e-3), "they differ");
}

#[test]
fn a_wider_hit_is_more_likely_by_chance() {
    let project = Project::new();
    let hits = project.attend(&[("within", 2.into())]).unwrap();
    assert!((hits[0].chance - 49.0 / 256.0).abs() < 1e-12, "{:?}", hits[0]);
    assert!((hits[0].area - 9.0 / 256.0).abs() < 1e-12);
}

#[test]
fn where_nothing_is_marked_or_too_few_readers_marked_it_there_is_a_warning_and_no_rate() {
    let project = Project::new();
    let nothing = |readers: u32| {
        assert_eq!(project.attend(&[("readers", readers.into())]).unwrap(), []);
        let warning = format!(
            "no abnormal sample of part test is both answered correctly and marked by enough readers ({readers}): \
             nothing is looked at"
        );
        assert_eq!(std::mem::take(&mut *project.warnings.lock().unwrap()), [warning]);
        let metrics: Vec<Metric> = table::read(&project.path("metrics")).unwrap();
        assert!(metrics.iter().all(|row| row.metric == "images" && row.value == 0.0), "{metrics:?}");
        let metadata = table::metadata(&project.path("metrics")).unwrap();
        let undefined: Vec<String> = table::undefined(&metadata, "abnormal").into_iter().collect();
        assert_eq!(undefined, ["area", "chance", "energy", "hit-rate"]);
        assert_eq!(ImageReader::open(&project.path("maps")).unwrap().len(), 0);
        assert!(std::fs::read(project.path("sheet")).unwrap().starts_with(b"\x89PNG"));
    };
    nothing(3);
    table::write::<Lesion>(&project.path("lesions"), &[], &Metadata::new()).unwrap();
    nothing(2);
}

#[test]
fn the_same_inputs_give_the_same_bytes() {
    let project = Project::new();
    let outputs = || {
        project.attend(&[]).unwrap();
        ["hits", "maps", "sheet", "metrics"].map(|port| std::fs::read(project.path(port)).unwrap())
    };
    assert!(outputs() == outputs());
}

#[test]
fn what_cannot_be_looked_at_is_refused_with_a_way_out() {
    let project = Project::new();
    let issue = project.attend(&[("width", 0.5.into())]).unwrap_err();
    assert_eq!(issue.message, "`layer-01.weight` is [8, 1, 3, 3] and should be [4, 1, 3, 3]");
    std::fs::write(project.path("network"), NETWORK.replace("\"attention 4\", ", "")).unwrap();
    let params = json!({ "epochs": 60, "batch": 3, "learning-rate": 0.003, "seed": 1 });
    project.run::<Train>(&params, &["images", "samples", "network"]).unwrap();
    let issue = project.attend(&[("method", "attention".into())]).unwrap_err();
    assert_eq!(issue.message, "the network has no layer of attention to look into");
    let kind = KINDS.iter().find(|kind| kind.name == "attend").unwrap();
    let refused = (kind.bind)(&json!({ "method": "occlusion", "patch": 4, "stride": 5 }));
    assert_eq!(refused.err().unwrap().message, "`stride` is 5 and `patch` is 4");
}
