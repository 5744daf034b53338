use std::fs;

use contract::{Scalar, Seed};
use serde::Deserialize;
use serde_json::{Value, json};
use table::{Class, Metadata, Prediction, TableCell};

use super::{Bench, prediction, reference};
use crate::interval::Interval;
use crate::test_images::TestImages;

/// What `tests/reference/bootstrap.py` writes.
#[derive(Deserialize)]
struct Reference {
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    name: String,
    runs: Vec<Vec<(usize, usize, [f64; 3])>>,
    resamples: Vec<Vec<usize>>,
    intervals: Vec<(String, f64, f64)>,
}

fn cases() -> Vec<Case> {
    reference::<Reference>("bootstrap.json").cases
}

/// Returns the predictions of a run; images are named so that their names sort as their numbers do.
fn predictions(run: &[(usize, usize, [f64; 3])]) -> Vec<Prediction> {
    run.iter()
        .map(|(image, label, probability)| {
            prediction(&format!("{image:03}"), Class::ALL[*label], *probability)
        })
        .collect()
}

#[test]
fn on_its_resamples_every_interval_is_that_of_scipy() {
    for case in cases() {
        let runs: Vec<Vec<Prediction>> = case.runs.iter().map(|run| predictions(run)).collect();
        let runs: Vec<&[Prediction]> = runs.iter().map(Vec::as_slice).collect();
        let mut replicates = TestImages::of(&runs).replicates(case.resamples.into_iter(), "macro");
        for (metric, low, high) in case.intervals {
            let values = replicates.remove(&metric).expect("the metric is defined");
            let ours = Interval::of(values).expect("there are resamples");
            assert!(
                (ours.low - low).abs() < 1e-9 && (ours.high - high).abs() < 1e-9,
                "{}: {metric}: {ours:?}, SciPy [{low}, {high}]",
                case.name
            );
        }
    }
}

#[test]
fn resamples_are_as_large_as_what_they_draw_from_and_come_from_the_seed() {
    let run = predictions(&cases()[0].runs[0]);
    let images = TestImages::of(&[&run]);
    let draw = |seed| images.resamples(Seed(seed)).take(200).collect::<Vec<_>>();
    assert_eq!(draw(1), draw(1));
    assert_ne!(draw(1), draw(2));
    for resample in draw(1) {
        assert_eq!(resample.len(), images.count());
        assert!(resample.iter().all(|image| *image < images.count()));
    }
    let mut drawn: Vec<usize> = draw(1).concat();
    drawn.sort_unstable();
    drawn.dedup();
    assert_eq!(drawn.len(), images.count(), "every image is drawn some time");
}

#[test]
fn both_samples_of_an_image_and_its_samples_in_every_run_are_drawn_together() {
    let all = [1.0, 0.0, 0.0];
    let one = [prediction("a", Class::Normal, all), prediction("b", Class::Arthritic, all)];
    let two = [prediction("b", Class::Metastatic, all), prediction("b", Class::Normal, all)];
    let images = TestImages::of(&[&one, &two]);
    assert_eq!(images.count(), 2);
    // Image b twice: no sample of the first run is right, of the second one of two.
    assert_eq!(images.means(&[1, 1], "macro").get("accuracy"), Some(&0.25));
    // Image a alone: the second run is left without samples and does not count.
    assert_eq!(images.means(&[0], "macro").get("accuracy"), Some(&1.0));
}

#[test]
fn a_resample_that_lost_a_class_has_the_auc_of_the_others_and_a_run_that_never_had_it_has_none() {
    let one = |class: &Class| prediction(class.as_str(), *class, [0.5, 0.3, 0.2]);
    let run: Vec<Prediction> = Class::ALL.iter().map(one).collect();
    let auc = |run: &[Prediction], positions: &[usize]| {
        TestImages::of(&[run]).means(positions, "macro").get("auc").copied()
    };
    assert_eq!(auc(&run, &[0, 1, 2]), Some(0.5));
    assert_eq!(auc(&run, &[0, 1, 1]), Some(0.5));
    assert_eq!(auc(&run, &[1, 1, 1]), None, "one class alone has no other against it");
    assert_eq!(auc(&run[..2], &[0, 1]), None);
}

/// Evaluates the runs of the first case of the reference, and tabulates them with their predictions.
fn tabulated(
    change: impl FnOnce(&mut Bench),
    params: Value,
) -> (Bench, Result<Vec<String>, contract::Issue>) {
    let mut bench = Bench::new("tabulate");
    for (seed, run) in (1..).zip(&cases()[0].runs) {
        let mut evaluate = Bench::new("evaluate");
        let file = evaluate.wire("predictions", &[], "predictions.parquet");
        table::write(&file, &predictions(run), &Metadata::new()).expect("predictions are written");
        evaluate.run(json!({})).expect("predictions are evaluated");
        let cell = [("data", Scalar::Text("d1".to_owned())), ("seed", Scalar::Int(seed))];
        let metrics = bench.wire("metrics", &cell, "metrics.parquet");
        fs::copy(evaluate.output("metrics"), metrics).expect("the folder is there");
        let wired = bench.wire("predictions", &cell, "predictions.parquet");
        fs::copy(file, wired).expect("the folder is there");
    }
    change(&mut bench);
    let ended = bench.run(params);
    (bench, ended)
}

fn params() -> Value {
    json!({ "rows": "data", "columns": ["accuracy", "auc"], "published": { "d1": [0.7, 0.9], "d2": [0.7, 0.9] } })
}

#[test]
fn a_table_with_predictions_has_an_interval_around_each_mean() {
    let (bench, ended) = tabulated(|_| (), params());
    assert_eq!(ended, Ok(Vec::new()));
    let cells: Vec<TableCell> = table::read(&bench.output("table")).expect("the cells are read");
    for (cell, (_, low, high)) in cells.iter().zip([0, 6].map(|at| cases()[0].intervals[at].clone())) {
        let (ours, mean) = (cell.low.zip(cell.high).expect("an interval"), cell.mean.expect("a mean"));
        assert!(ours.0 < mean && mean < ours.1, "{ours:?} around {mean}");
        // Other resamples of the same runs: close to SciPy's, and not equal.
        assert!(
            (ours.0 - low).abs() < 0.02 && (ours.1 - high).abs() < 0.02,
            "{ours:?}, SciPy [{low}, {high}]"
        );
    }
    assert_eq!((cells[2].low, cells[2].high), (None, None), "what has not run has no interval");
    let text = bench.text("markdown");
    assert!(text.contains("auc interval"), "{text}");
    assert!(
        text.contains("In brackets the middle 95 % of 1000 bootstrap resamples of the test images"),
        "{text}"
    );
    assert!(bench.text("csv").starts_with("row,column,published,mean,sd,low,high,seeds,"));
}

#[test]
fn predictions_of_other_cells_or_other_metrics_are_refused_by_the_name_of_their_file() {
    let swap = |bench: &mut Bench| {
        let wired = bench.inputs.get_mut("predictions").expect("it is wired");
        let cells: Vec<_> = wired.iter().map(|artifact| artifact.cell.clone()).collect();
        for (artifact, cell) in wired.iter_mut().zip(cells.iter().cycle().skip(1)) {
            artifact.cell = cell.clone();
        }
    };
    let issue = tabulated(swap, params()).1.expect_err("they belong to other seeds");
    assert!(issue.message.starts_with("these predictions give accuracy = "), "{}", issue.message);
    assert!(issue.place.expect("a place").file.ends_with("2-predictions.parquet"));

    let drop_one = |bench: &mut Bench| drop(bench.inputs.get_mut("predictions").expect("it is wired").pop());
    let issue = tabulated(drop_one, params()).1.expect_err("the third seed has none");
    assert_eq!(issue.message, "its cell has metrics and no predictions");

    let few = json!({ "rows": "data", "columns": ["auc"], "resamples": 10 });
    let issue = tabulated(|_| (), few).1.expect_err("ten tell no 2.5th percentile");
    assert_eq!(issue.message, "`resamples` is 10");
}
