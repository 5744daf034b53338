use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Mutex;

use contract::{Cell, Ctx, Foreseen, Gathered, Issue, Kind, Known, Progress, Stage, Task};
use safetensors::SafeTensors;
use serde_json::{Value, json};
use table::{
    AdversaryPoint, Image, ImageReader, ImageWriter, Label, Metadata, Patient, PixelType, Pixels, Shape, View,
};
use tempfile::TempDir;

use super::Dcgan;
use crate::KINDS;

const SIDE: u32 = 16;
const OUTPUTS: [&str; 4] = ["images", "curves", "weights", "sheet"];

fn kind() -> &'static Kind {
    KINDS.iter().find(|kind| kind.name == Dcgan::KIND).expect("it is one of the kinds")
}

/// A folder with inputs and outputs.
struct Bench(TempDir);

/// What a run wrote, by port, and what it told.
#[derive(Debug, PartialEq)]
struct Ran {
    outputs: BTreeMap<String, Vec<u8>>,
    told: Vec<Progress>,
}

impl Bench {
    /// Six metastatic images and two normal ones; the patient of the last metastatic image is held out.
    fn new() -> Self {
        let bench = Self(TempDir::new().unwrap());
        let patients: Vec<Patient> = (0..8)
            .map(|index| Patient { patient_id: format!("patient-{index}"), held_out: index == 5 })
            .collect();
        table::write(&bench.path("held-out"), &patients, &Metadata::new()).unwrap();
        bench.images((0..8).map(image))
    }

    fn images(self, images: impl Iterator<Item = Image>) -> Self {
        let shape = Shape { rows: SIDE, cols: SIDE };
        let path = self.path("originals");
        let mut writer = ImageWriter::create(&path, PixelType::F32, shape, &Metadata::new()).unwrap();
        images.for_each(|image| writer.push(image).unwrap());
        writer.finish().unwrap();
        self
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// Runs the kind; after `killed_after` epochs the process is as good as dead.
    fn attempt(&self, params: &Value, killed_after: Option<u64>) -> Result<Ran, Issue> {
        let input = |port: &str, file: &str| {
            (port.to_owned(), vec![Gathered { cell: Cell::new(), path: self.path(file) }])
        };
        let task = Task {
            kind: Dcgan::KIND.to_owned(),
            params: params.clone(),
            inputs: [input("images", "originals"), input("held-out", "held-out")].into(),
            outputs: OUTPUTS.map(|port| (port.to_owned(), self.path(port))).into(),
            scratch: self.path("scratch"),
            threads: 1,
        };
        let told = Mutex::new(Vec::new());
        let progress = |progress: Progress| {
            let dead = matches!(progress, Progress::Done { done, .. } if Some(done) == killed_after);
            told.lock().unwrap().push(progress);
            assert!(!dead, "killed");
        };
        (kind().bind)(params)?.run(&Ctx::new(&task, &progress))?;
        let outputs = OUTPUTS.map(|port| (port.to_owned(), std::fs::read(self.path(port)).unwrap())).into();
        Ok(Ran { outputs, told: told.into_inner().unwrap() })
    }

    /// Runs the kind without what an earlier run left.
    fn run(&self, params: &Value) -> Ran {
        let _ = std::fs::remove_dir_all(self.path("scratch"));
        self.attempt(params, None).unwrap_or_else(|issue| panic!("{issue}"))
    }

    fn generated(&self) -> Vec<Image> {
        ImageReader::open(&self.path("images")).unwrap().map(Result::unwrap).collect()
    }
}

fn kill(bench: &Bench, params: &Value, after: u64) {
    let attempt = std::panic::AssertUnwindSafe(|| bench.attempt(params, Some(after)));
    std::panic::catch_unwind(attempt).unwrap_err();
}

/// Returns an image that is dark but for a square in the middle, which is somewhat different in each.
fn image(index: usize) -> Image {
    let pixel = |at: u32| {
        let inside = |place: u32| (4..12).contains(&place);
        let noise = (f64::from(at * at) * (0.1 + index as f64)).sin().abs() as f32;
        if inside(at / SIDE) && inside(at % SIDE) { 0.8 + 0.2 * noise } else { 0.1 * noise }
    };
    Image {
        image_id: format!("image-{index}"),
        patient_id: format!("patient-{index}"),
        view: View::Posterior,
        sex: None,
        age_years: Some(70.0),
        label: if index < 6 { Label::Metastatic } else { Label::Normal },
        rows: SIDE,
        cols: SIDE,
        pixels: Pixels::F32((0..SIDE * SIDE).map(pixel).collect()),
        counts_total: 1.0,
        counts_max: 1.0,
        source_digest: "a".to_owned(),
        derived_from: None,
        operation: None,
    }
}

fn params(change: &[(&str, Value)]) -> Value {
    let counts = json!({ "metastatic": 11, "arthritic": 0, "both": 0 });
    let mut params = json!({
        "label": "metastatic", "counts": counts, "of": 8, "width": 0.015_625, "epochs": 3, "batch": 2,
        "learning-rate": 0.001, "seed": 1,
    });
    for (name, value) in change {
        params[*name] = value.clone();
    }
    params
}

fn epochs(ran: &Ran) -> Vec<u64> {
    let done = ran.told.iter().filter_map(|told| match told {
        Progress::Done { done, .. } => Some(*done),
        Progress::Warning(_) => None,
    });
    done.collect()
}

#[test]
fn a_generator_learns_where_the_images_are_bright() {
    let bench = Bench::new();
    let change = [("epochs", 150.into()), ("learning-rate", 0.005.into()), ("width", 0.0625.into())];
    bench.run(&params(&change));
    let images = bench.generated();
    let mean = |row: u32, col: u32| {
        let pixel = |image: &Image| match &image.pixels {
            Pixels::F32(pixels) => pixels[(row * SIDE + col) as usize],
            Pixels::U16(_) => panic!("pixels of another type"),
        };
        assert!(images.iter().all(|image| (0.0..=1.0).contains(&pixel(image))));
        images.iter().map(pixel).sum::<f32>() / images.len() as f32
    };
    let (inside, outside) = (mean(8, 8), mean(1, 1));
    assert!(inside > outside + 0.3, "{inside} inside, {outside} outside");
}

#[test]
fn generated_images_are_of_nobody_and_as_many_as_the_class_lacks() {
    let bench = Bench::new();
    let ran = bench.run(&params(&[]));
    let images = bench.generated();
    assert_eq!(images.len(), 11 - 6);
    for (number, image) in (1..).zip(&images) {
        assert_eq!(image.image_id, format!("dcgan-metastatic-{number:04}"));
        assert_eq!((image.label, image.operation.as_deref()), (Label::Metastatic, Some("dcgan")));
        assert_eq!((image.patient_id.as_str(), image.derived_from.as_deref()), ("", None));
        assert_eq!((image.age_years, image.source_digest.as_str()), (None, ""));
    }
    let curves: Vec<AdversaryPoint> = table::read(&bench.path("curves")).unwrap();
    assert_eq!(curves.iter().map(|point| point.epoch).collect::<Vec<_>>(), [1, 2, 3]);
    assert!(curves.iter().all(|point| point.generator_loss > 0.0 && (0.0..1.0).contains(&point.real)));
    let weights = SafeTensors::deserialize(&ran.outputs["weights"]).unwrap();
    assert_eq!(weights.tensor("main.0.weight").unwrap().shape(), [100, 16, 4, 4]);
    assert_eq!(weights.tensor("main.6.weight").unwrap().shape(), [8, 1, 4, 4]);
    assert_eq!(weights.len(), 7);
}

#[test]
fn a_class_with_enough_images_gets_none_and_is_warned_of() {
    let bench = Bench::new();
    let counts = json!({ "metastatic": 6, "arthritic": 0, "both": 0 });
    let ran = bench.run(&params(&[("counts", counts)]));
    assert_eq!(bench.generated().len(), 0);
    assert_eq!(
        ran.told[0],
        Progress::Warning("there are 6 metastatic images already: none is generated".to_owned())
    );
}

#[test]
fn of_a_class_without_images_nothing_is_learned_and_none_is_generated_with_a_warning() {
    let bench = Bench::new();
    let counts = json!({ "metastatic": 0, "arthritic": 5, "both": 0 });
    let ran = bench.run(&params(&[("label", "arthritic".into()), ("counts", counts)]));
    let warning =
        "no image of a patient who is not held out is arthritic: nothing is fitted, and none is generated";
    assert_eq!(ran.told, [Progress::Warning(warning.to_owned())]);
    assert_eq!(bench.generated().len(), 0);
    assert_eq!(table::read::<AdversaryPoint>(&bench.path("curves")).unwrap(), []);
    assert!(ran.outputs["sheet"].starts_with(b"\x89PNG"));
}

#[test]
fn the_same_seed_gives_the_same_bytes_and_another_seed_does_not() {
    let bench = Bench::new();
    let first = bench.run(&params(&[]));
    assert_eq!(first, bench.run(&params(&[])));
    let other = bench.run(&params(&[("seed", 2.into())]));
    assert!(OUTPUTS.iter().all(|port| first.outputs[*port] != other.outputs[*port]));
}

#[test]
fn the_number_of_threads_changes_no_byte() {
    let bench = Bench::new();
    let with = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        // Wide enough that the kernels share their work.
        pool.install(|| bench.run(&params(&[("epochs", 1.into()), ("width", 0.25.into())])))
    };
    assert_eq!(with(1), with(3));
}

#[test]
fn a_killed_training_goes_on_after_its_last_epoch_and_ends_with_the_same_bytes() {
    let bench = Bench::new();
    let params = params(&[("epochs", 4.into())]);
    let whole = bench.run(&params);
    assert_eq!(epochs(&whole), [1, 2, 3, 4]);
    for after in 1..=4 {
        std::fs::remove_dir_all(bench.path("scratch")).unwrap();
        kill(&bench, &params, after);
        let resumed = bench.attempt(&params, None).unwrap();
        assert_eq!(epochs(&resumed), (after + 1..=4).collect::<Vec<_>>());
        assert!(resumed.outputs == whole.outputs, "killed after epoch {after}");
    }
}

#[test]
fn a_checkpoint_that_is_cut_off_is_told_and_passed_over() {
    let bench = Bench::new();
    let params = params(&[]);
    let whole = bench.run(&params);
    kill_and_cut(&bench, &params);
    let again = bench.attempt(&params, None).unwrap();
    let warning = "the checkpoint of an earlier attempt cannot be read: it starts anew";
    assert_eq!(again.told[0], Progress::Warning(warning.to_owned()));
    assert!(again.outputs == whole.outputs);
}

fn kill_and_cut(bench: &Bench, params: &Value) {
    std::fs::remove_dir_all(bench.path("scratch")).unwrap();
    kill(bench, params, 2);
    let file = bench.path("scratch/checkpoint.safetensors");
    let bytes = std::fs::read(&file).unwrap();
    std::fs::write(&file, &bytes[..bytes.len() / 2]).unwrap();
}

#[test]
fn images_of_held_out_patients_and_of_other_classes_are_not_seen() {
    let bench = Bench::new();
    let first = bench.run(&params(&[]));
    let changed = |changed: usize| {
        let other = |index| {
            if index == changed { Image { pixels: image(99).pixels, ..image(index) } } else { image(index) }
        };
        Bench::new().images((0..8).map(other)).run(&params(&[]))
    };
    assert_eq!(changed(5), first, "the patient is held out");
    assert_eq!(changed(7), first, "it is normal");
    assert!(changed(4).outputs["weights"] != first.outputs["weights"]);
}

#[test]
fn images_that_cannot_be_used_are_refused_by_name() {
    let refused = |bench: &Bench, label: &str| {
        bench.attempt(&params(&[("label", label.into())]), None).unwrap_err().message
    };
    let bench = Bench::new();
    assert_eq!(refused(&bench, "normal"), "`label`: normal images are not augmented");
    let stranger = Image { patient_id: "patient-9".to_owned(), ..image(0) };
    let bench = bench.images([stranger].into_iter());
    assert_eq!(refused(&bench, "metastatic"), "the patient of the image image-0 is not in the table");
}

#[test]
fn a_loss_that_is_no_number_stops_the_training_by_epoch_and_batch() {
    let issue = Bench::new().attempt(&params(&[("learning-rate", 1e30.into())]), None).unwrap_err();
    assert!(
        issue.message.starts_with("the loss is ") && issue.message.ends_with(" in epoch 1, batch 1"),
        "{issue}"
    );
    assert_eq!(issue.help.unwrap(), "lower `learning-rate`");
}

#[test]
fn parameters_are_written_with_every_default_and_refused_by_name() {
    let written = (kind().bind)(&params(&[])).unwrap().params().unwrap();
    assert_eq!((&written["beta1"], &written["device"]), (&json!(0.5), &json!("flex")));
    let refused = |name: &str, value: Value| match (kind().bind)(&params(&[(name, value)])) {
        Ok(_) => panic!("{name} was taken"),
        Err(issue) => issue.message,
    };
    assert_eq!(refused("beta1", 1.0.into()), "`beta1`: 1 is not between 0 and 1");
    assert_eq!(refused("width", 0.0.into()), "`width`: 0 is not above 0");
    assert!(refused("device", "cuda".into()).contains("\"cuda\" is no device"));
}

#[test]
fn images_facts_and_memory_are_foreseen() {
    let facts = Foreseen::Facts(json!({ "images": 768, "rows": 256, "cols": 64 }));
    let known = Known { inputs: [("images".to_owned(), vec![facts])].into(), memory: 0, threads: 1 };
    let counts = json!({ "metastatic": 394, "arthritic": 472, "both": 80 });
    let forecast = |change: &[(&str, Value)]| {
        let paper = [&[("counts", counts.clone()), ("of", 768.into())], change].concat();
        (kind().bind)(&params(&paper)).unwrap().forecast(&known).unwrap()
    };
    let (narrow, wide) = (forecast(&[]), forecast(&[("width", 1.0.into())]));
    assert_eq!(narrow.outputs["images"], json!({ "images": 220, "rows": 256, "cols": 64 }));
    assert!(narrow.memory < wide.memory && narrow.seconds < wide.seconds);
    assert_eq!(forecast(&[("label", "both".into())]).outputs["images"]["images"], 72);
}
