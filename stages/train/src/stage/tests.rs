use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use contract::{Cell, Ctx, Foreseen, Gathered, Issue, Known, Progress, Stage, Task};
use safetensors::SafeTensors;
use serde_json::{Value, json};
use table::{
    Class, CurvePoint, Image, ImageWriter, Label, Metadata, Part, PixelType, Pixels, Prediction, Sample, View,
};
use tempfile::TempDir;

use super::Train;
use crate::KINDS;

const SIDE: u32 = 16;
const NETWORK: &str = "title = \"A test\"\nlayers = [\n  \"conv 3x3 8 s1 p1\",\n  \"maxpool 3x3 s2\",\n  \
                       \"attention 4\",\n  \"residual\",\n  \"dense 16\",\n  \"softmax 3\",\n]\n";

/// A folder with the inputs of a training.
struct Inputs(TempDir);

impl Inputs {
    /// Writes eight images of three classes, and one sample of each for fitting and one for predicting.
    fn new() -> Self {
        let inputs = Self(TempDir::new().unwrap());
        std::fs::write(inputs.path("network"), NETWORK).unwrap();
        let shape = table::Shape { rows: SIDE, cols: SIDE };
        let mut writer =
            ImageWriter::create(&inputs.path("images"), PixelType::F32, shape, &Metadata::new()).unwrap();
        (0..8).for_each(|index| writer.push(image(index)).unwrap());
        writer.finish().unwrap();
        let samples = [Part::Train, Part::Test].map(|part| (0..8).map(move |index| sample(index, part)));
        inputs.samples(&samples.into_iter().flatten().collect::<Vec<_>>())
    }

    fn samples(self, samples: &[Sample]) -> Self {
        table::write(&self.path("samples"), samples, &Metadata::new()).unwrap();
        self
    }

    fn path(&self, port: &str) -> PathBuf {
        self.0.path().join(port)
    }

    /// Runs a stage and returns its outputs and its warnings.
    fn run(&self, params: Value) -> Result<(Outputs, Vec<String>), Issue> {
        let port = |port: &str| (port.to_owned(), self.path(port));
        let gathered = |(name, path)| (name, vec![Gathered { cell: Cell::new(), path }]);
        let task = Task {
            kind: Train::KIND.to_owned(),
            params: params.clone(),
            inputs: ["images", "samples", "network"].map(port).map(gathered).into(),
            outputs: ["weights", "predictions", "curves"].map(port).into(),
            scratch: self.path("scratch"),
            threads: 1,
        };
        let warnings = Mutex::new(Vec::new());
        let progress = |progress| {
            if let Progress::Warning(text) = progress {
                warnings.lock().unwrap().push(text);
            }
        };
        (KINDS[0].bind)(&params)?.run(&Ctx::new(&task, &progress))?;
        let bytes = |path: &PathBuf| std::fs::read(path).unwrap();
        let outputs = Outputs {
            weights: bytes(&task.outputs["weights"]),
            predictions: bytes(&task.outputs["predictions"]),
            curves: bytes(&task.outputs["curves"]),
        };
        Ok((outputs, warnings.into_inner().unwrap()))
    }

    fn run_well(&self, params: Value) -> Outputs {
        self.run(params).unwrap_or_else(|issue| panic!("{issue}")).0
    }
}

#[derive(Debug, PartialEq)]
struct Outputs {
    weights: Vec<u8>,
    predictions: Vec<u8>,
    curves: Vec<u8>,
}

fn label(index: usize) -> Class {
    Class::ALL[index % 3]
}

fn sample(index: usize, part: Part) -> Sample {
    let (sample_id, image_id) = (format!("{part}-{index}"), format!("image-{index}"));
    Sample { sample_id, image_id, label: label(index), also: None, generated: index == 3, part }
}

/// Returns noise of its own for every image.
fn image(index: usize) -> Image {
    let pixel = |at: u32| (f64::from(at * at) * (0.1 + index as f64)).sin().abs() as f32;
    Image {
        image_id: format!("image-{index}"),
        patient_id: format!("patient-{index}"),
        view: View::Anterior,
        sex: None,
        age_years: None,
        label: [Label::Normal, Label::Metastatic, Label::Arthritic][label(index).index()],
        rows: SIDE,
        cols: SIDE,
        pixels: Pixels::F32((0..SIDE * SIDE).map(pixel).collect()),
        counts_total: 0.0,
        counts_max: 0.0,
        source_digest: String::new(),
        derived_from: None,
        operation: None,
    }
}

fn params(change: &[(&str, Value)]) -> Value {
    let mut params = json!({ "epochs": 3, "batch": 3, "learning-rate": 0.001, "seed": 1 });
    for (name, value) in change {
        params[*name] = value.clone();
    }
    params
}

#[test]
fn eight_images_are_learned_by_heart() {
    let inputs = Inputs::new();
    inputs.run_well(params(&[("epochs", 60.into()), ("learning-rate", 0.003.into())]));
    let curves: Vec<CurvePoint> = table::read(&inputs.path("curves")).unwrap();
    assert_eq!(curves.len(), 2 * 60);
    let [.., train, test] = curves.as_slice() else { panic!("no curves") };
    assert_eq!((train.epoch, train.part, test.part), (60, Part::Train, Part::Test));
    assert_eq!((train.accuracy, test.accuracy), (1.0, 1.0));
    assert!(test.loss < 0.1, "{}", test.loss);
    let predictions: Vec<Prediction> = table::read(&inputs.path("predictions")).unwrap();
    assert!(predictions.iter().all(|prediction| prediction.predicted == prediction.label));
}

#[test]
fn predictions_are_probabilities_of_the_test_part_in_the_order_of_the_samples() {
    let inputs = Inputs::new();
    inputs.run_well(params(&[]));
    let predictions: Vec<Prediction> = table::read(&inputs.path("predictions")).unwrap();
    let names: Vec<String> = predictions.iter().map(|prediction| prediction.sample_id.clone()).collect();
    assert_eq!(names, (0..8).map(|index| format!("test-{index}")).collect::<Vec<_>>());
    for prediction in predictions {
        let sum: f64 = Class::ALL.iter().map(|class| prediction.probability(*class)).sum();
        assert!((sum - 1.0).abs() < 1e-12);
        assert_eq!(prediction.generated, prediction.sample_id == "test-3", "it is told of the image");
    }
}

#[test]
fn the_same_seed_gives_the_same_bytes_and_another_seed_does_not() {
    let inputs = Inputs::new();
    let first = inputs.run_well(params(&[]));
    assert!(first == inputs.run_well(params(&[])));
    assert!(first.weights != inputs.run_well(params(&[("seed", 2.into())])).weights);
}

#[test]
fn the_number_of_threads_changes_no_byte() {
    let inputs = Inputs::new();
    // Large enough that the kernels share their work.
    let wide = NETWORK.replace("3x3 8 s1", "3x3 96 s1").replace("dense 16", "dense 512");
    std::fs::write(inputs.path("network"), wide).unwrap();
    let with = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| inputs.run_well(params(&[("epochs", 1.into())])))
    };
    assert!(with(1) == with(2));
    assert!(with(1) == with(3));
}

#[test]
fn weights_are_named_and_shaped_as_in_pytorch() {
    let inputs = Inputs::new();
    let bytes = inputs.run_well(params(&[])).weights;
    let file = SafeTensors::deserialize(&bytes).unwrap();
    let shapes: BTreeMap<&str, &[usize]> =
        file.iter().map(|(name, tensor)| (name, tensor.shape().to_vec().leak() as &[usize])).collect();
    assert_eq!(shapes.len(), 2 + 6 + 4 + 2 + 2);
    assert_eq!(shapes["layer-01.weight"], [8, 1, 3, 3]);
    assert_eq!(shapes["layer-03.reduce.weight"], [2, 8]);
    assert_eq!(shapes["layer-04.second.bias"], [8]);
    assert_eq!(shapes["layer-05.weight"], [16, 8 * 7 * 7]);
    assert_eq!(shapes["layer-06.bias"], [3]);
}

#[test]
fn dropped_weights_leave_a_file_without_tensors_and_change_nothing_else() {
    let inputs = Inputs::new();
    let kept = inputs.run_well(params(&[]));
    let dropped = inputs.run_well(params(&[("weights", "drop".into())]));
    assert_eq!(SafeTensors::deserialize(&dropped.weights).unwrap().len(), 0);
    assert!((kept.predictions, kept.curves) == (dropped.predictions, dropped.curves));
}

#[test]
fn tables_say_which_network_made_them() {
    let inputs = Inputs::new();
    inputs.run_well(params(&[("width", 0.125.into()), ("hidden", 4.into())]));
    for port in ["predictions", "curves"] {
        let network: Value =
            serde_json::from_str(&table::metadata(&inputs.path(port)).unwrap()["network"]).unwrap();
        assert_eq!(network["title"], "A test");
        assert_eq!(network["scaling"], "channels x 1/8, hidden dense layers of 4, images 16 x 16, 3 epochs");
        assert_eq!(network["scaled"], true);
        assert_eq!(network["learning-rate"], 0.001);
    }
}

#[test]
fn a_class_that_is_never_fitted_is_warned_of() {
    let train = [0, 1].map(|index| sample(index, Part::Train));
    let inputs = Inputs::new().samples(&[&train[..], &[sample(2, Part::Test)]].concat());
    let (_, warnings) = inputs.run(params(&[])).unwrap();
    assert_eq!(
        warnings,
        ["no sample of class `arthritic` is fitted: the network will hardly ever answer it"]
    );
}

#[test]
fn samples_that_cannot_be_used_are_refused_by_name() {
    let refused = |samples: &[Sample]| Inputs::new().samples(samples).run(params(&[])).unwrap_err().message;
    assert_eq!(refused(&[sample(0, Part::Train)]), "there is no sample of part `test`");
    assert_eq!(
        refused(&[sample(0, Part::Unused), sample(0, Part::Test)]),
        "there is no sample of part `train`"
    );
    assert_eq!(
        refused(&[sample(9, Part::Train), sample(0, Part::Test)]),
        "sample `train-9` needs the image `image-9`, which is not among the images"
    );
}

#[test]
fn a_loss_that_is_no_number_stops_the_training_by_epoch_and_batch() {
    let issue = Inputs::new().run(params(&[("learning-rate", 1e30.into())])).unwrap_err();
    assert_eq!(issue.message, "the loss is NaN in epoch 1, batch 2");
    assert_eq!(issue.help.unwrap(), "lower `learning-rate`");
}

#[test]
fn parameters_are_written_with_every_default() {
    let bound = (KINDS[0].bind)(&params(&[])).unwrap();
    let written = json!({
        "width": 1.0, "hidden": 0, "epochs": 3, "batch": 3, "learning-rate": 0.001, "device": "flex", "seed": 1,
        "weights": "keep",
    });
    assert_eq!(bound.params().unwrap(), written);
}

#[test]
fn parameters_out_of_range_are_refused_by_name() {
    let refused = |name: &str, value: Value| match (KINDS[0].bind)(&params(&[(name, value)])) {
        Ok(_) => panic!("{name} was taken"),
        Err(issue) => issue.message,
    };
    assert_eq!(refused("width", 0.0.into()), "`width`: 0 is not above 0");
    assert!(refused("batch", 0.into()).starts_with("`batch`: "));
    assert!(refused("dropout", 0.into()).contains("unknown field `dropout`"));
    assert!(refused("device", "cuda".into()).contains("\"cuda\" is no device"));
}

#[test]
fn the_schema_knows_every_parameter() {
    let schema = (KINDS[0].schema)();
    let names: Vec<&String> = schema["properties"].as_object().unwrap().keys().collect();
    assert_eq!(names, ["batch", "device", "epochs", "hidden", "learning-rate", "seed", "weights", "width"]);
    assert_eq!(schema["additionalProperties"], false);
}

fn known(network: &str, rows: u64, cols: u64, memory: u64) -> Known {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../experiments/networks");
    let network = Foreseen::Source(folder.join(network).with_extension("toml"));
    let images = Foreseen::Facts(json!({ "images": 1502, "rows": rows, "cols": cols }));
    let samples = Foreseen::Facts(json!({ "samples": 1582 }));
    let inputs = [("network", network), ("images", images), ("samples", samples)];
    let inputs = inputs.map(|(port, foreseen)| (port.to_owned(), vec![foreseen])).into();
    Known { inputs, memory, threads: 1 }
}

fn forecast(known: &Known, change: &[(&str, Value)]) -> Result<contract::Forecast, Issue> {
    (KINDS[0].bind)(&params(change)).unwrap().forecast(known)
}

#[test]
fn a_network_that_does_not_fit_the_machine_is_refused_before_it_runs() {
    let memory = 24 << 30;
    let refused = known("dspic-am-no-pool", 1024, 256, memory);
    let issue = forecast(&refused, &[]).unwrap_err();
    assert!(
        issue.message.starts_with("dSPIC-AM without pooling (Table 9) on 1024 x 256 images needs 31"),
        "{issue}"
    );
    assert!(issue.message.contains("`dense 4096`, layer 7, alone needs 313.3 GB"), "{issue}");
    let help = issue.help.unwrap();
    let number = |after: &str| -> u64 {
        let rest = help.split(after).nth(1).unwrap();
        rest.split(|c: char| !c.is_ascii_digit()).next().unwrap().parse().unwrap()
    };
    let hidden = number("`hidden` to at most ");
    forecast(&refused, &[("hidden", hidden.into())]).unwrap();
    forecast(&refused, &[("hidden", (hidden + 1).into())]).unwrap_err();
    let width: f64 =
        help.split("`width` to at most ").nth(1).unwrap().split(',').next().unwrap().parse().unwrap();
    forecast(&refused, &[("width", width.into())]).unwrap();
    forecast(&refused, &[("width", (width + 0.01).into())]).unwrap_err();
    let (rows, cols) = (number("`rows` to at most "), number("`cols` to "));
    assert_eq!(rows, 4 * cols);
    forecast(&known("dspic-am-no-pool", rows, cols, memory), &[]).unwrap();
}

#[test]
fn a_network_that_does_not_fit_its_images_is_refused_before_it_runs() {
    let issue = forecast(&known("si-clf", 128, 32, 24 << 30), &[]).unwrap_err();
    assert_eq!(issue.help.unwrap(), "images of at least 47 rows and 47 columns fit this network");
}

#[test]
fn the_desk_is_forecast_to_fit_in_two_gibibytes_and_minutes() {
    let desk = [("width", 0.125.into()), ("hidden", 64.into()), ("batch", 8.into()), ("epochs", 8.into())];
    let forecast = forecast(&known("dspic-am-no-pool", 256, 64, 24 << 30), &desk).unwrap();
    assert!(forecast.memory.unwrap() < 2 << 30);
    assert!((60.0..600.0).contains(&forecast.seconds.unwrap()), "{:?}", forecast.seconds);
}

#[test]
fn nothing_is_forecast_of_images_that_are_not_foreseen() {
    let mut known = known("si-clf", 128, 32, 0);
    known.inputs.insert("images".to_owned(), vec![Foreseen::Unknown]);
    assert_eq!(forecast(&known, &[]).unwrap(), contract::Forecast::default());
}
