use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use contract::{Digest, Seed, Stage};
use dicom_dictionary_std::tags;
use dicom_object::open_file;
use rayon::ThreadPoolBuilder;
use table::{Label, View};

use super::Phantom;
use super::acquisition::{Acquisition, Image};
use super::cohort::{Enrolled, cohort};
use super::difficulty::Difficulty;
use super::draws::Draws;
use super::mark::Mark;
use super::raster::{COLS, PIXEL_MM};
use super::readers::READERS;
use crate::dicom::Scan;
use crate::labelme::{Annotation, Disease, Finding};
use crate::trial::Trial;
use crate::vote::{Reading, vote};

const SMALL: Phantom = Phantom { patients: 4, difficulty: 1.0, seed: Seed(7) };

/// Returns the files of both outputs, sorted.
fn files(trial: &Trial) -> Vec<PathBuf> {
    let mut open = vec![trial.path("dicom"), trial.path("annotations")];
    let mut files = Vec::new();
    while let Some(path) = open.pop() {
        if path.is_dir() {
            open.extend(fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path()));
        } else {
            files.push(path);
        }
    }
    files.sort();
    files
}

/// Returns one digest of the names and bytes of all files.
fn digest(trial: &Trial) -> Digest {
    let root = trial.path("dicom").parent().unwrap().to_owned();
    let line = |path: &PathBuf| {
        let name = path.strip_prefix(&root).unwrap();
        format!("{} {}\n", name.display(), Digest::of(&fs::read(path).unwrap()))
    };
    Digest::of(files(trial).iter().map(line).collect::<String>().as_bytes())
}

fn ran(phantom: &Phantom, threads: usize) -> Trial {
    let trial = Trial::new();
    let pool = ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
    pool.install(|| trial.run(phantom)).unwrap();
    trial
}

fn acquire(number: u32, label: Label, difficulty: f64) -> Acquisition {
    let enrolled = Enrolled { label, ..cohort(4, Seed(5))[number as usize % 4] };
    Acquisition::of(enrolled, Difficulty(difficulty), Seed(5).fork(&number.to_string()))
}

#[test]
fn the_number_of_threads_changes_no_byte_and_the_version_pins_them() {
    let pinned = format!("{} {} {}", Phantom::KIND, Phantom::VERSION, digest(&ran(&SMALL, 1)));
    assert_eq!(pinned, format!("{} {} {}", Phantom::KIND, Phantom::VERSION, digest(&ran(&SMALL, 2))));
    let expected = "phantom 1 eaae18dc88c724ad22a9923a5601af87684e2169216f237752249d5b074a2174";
    assert_eq!(pinned, expected, "a changed result needs a raised VERSION");
}

#[test]
fn every_patient_has_two_scans_that_ingest_reads_and_no_identifier_occurs_twice() {
    let trial = ran(&SMALL, 2);
    assert_eq!(files(&trial).len(), 8 + 8 * READERS);
    let mut identifiers = BTreeSet::new();
    for number in 1..=4 {
        for view in [View::Anterior, View::Posterior] {
            let path = trial.path("dicom").join(format!("phantom-{number:06}-{view}.dcm"));
            let scan = Scan::parse(&Scan::bytes(&path).unwrap()).unwrap();
            assert_eq!((scan.rows, scan.cols, scan.frames.len(), scan.counts_agree), (1024, 256, 1, true));
            assert_eq!(scan.frames[0].view, view);
            let object = open_file(&path).unwrap();
            let text = |tag| object.element(tag).unwrap().to_str().unwrap().into_owned();
            assert_eq!(text(tags::PATIENT_ID), format!("PHANTOM-{number:06}"));
            assert!(identifiers.insert(text(tags::SOP_INSTANCE_UID)));
            assert!(identifiers.insert(text(tags::SERIES_INSTANCE_UID)));
            assert!(text(tags::STUDY_INSTANCE_UID).len() <= 64);
            identifiers.insert(text(tags::STUDY_INSTANCE_UID));
        }
    }
    assert_eq!(identifiers.len(), 8 + 8 + 4);
}

fn reading(path: &Path) -> Reading {
    let mut reading = Reading::default();
    for shape in Annotation::read(path).unwrap().shapes {
        match shape.label.parse::<Finding>().unwrap().disease {
            Disease::Metastasis => reading.metastasis = true,
            Disease::Arthritis => reading.arthritis = true,
        }
    }
    reading
}

#[test]
fn the_readers_of_every_image_vote_for_the_truth() {
    let phantom = Phantom { patients: 12, ..SMALL };
    let trial = ran(&phantom, 2);
    for enrolled in cohort(12, phantom.seed.fork("cohort")) {
        for view in [View::Anterior, View::Posterior] {
            let name = format!("phantom-{:06}-{view}.json", enrolled.number);
            let readings = ["reader-1", "reader-2", "reader-3"]
                .map(|reader| reading(&trial.path("annotations").join(reader).join(&name)));
            assert_eq!(vote(&readings), Some(enrolled.label), "{name}");
        }
    }
}

#[test]
fn an_anterior_view_has_the_statistics_of_a_real_scan() {
    for number in 0..8 {
        let image = &acquire(number, Label::Normal, 1.0).images[0];
        let largest = f64::from(*image.counts.iter().max().unwrap());
        let mut scaled: Vec<f64> = image.counts.iter().map(|count| f64::from(*count) / largest).collect();
        let mean = scaled.iter().sum::<f64>() / scaled.len() as f64;
        scaled.sort_by(f64::total_cmp);
        let percentile = scaled[scaled.len() * 99 / 100];
        let bright = |line: &[u16]| line.iter().map(|count| u32::from(*count)).sum::<u32>() > 300;
        let height = image.counts.chunks_exact(COLS).filter(|line| bright(line)).count();
        let total: f64 = image.counts.iter().map(|count| f64::from(*count)).sum();
        assert!((0.03..0.09).contains(&mean), "mean {mean} of {number}");
        assert!((0.2..0.5).contains(&percentile), "99th percentile {percentile} of {number}");
        assert!((650..900).contains(&height), "{height} rows of {number}");
        assert!((1e6..4e6).contains(&total), "{total} counts of {number}");
    }
}

#[test]
fn noise_is_poisson_and_independent_from_pixel_to_pixel() {
    for (number, label) in (0..4).zip(Label::ALL) {
        for image in acquire(number, *label, 1.0).images {
            let (mut means, mut variances) = (0.0, 0.0);
            for (expected, counts) in image.expected.0.windows(2).zip(image.counts.windows(2)) {
                if expected[0] > 5.0 && (expected[1] / expected[0] - 1.0).abs() < 0.02 {
                    means += expected[0];
                    variances += (f64::from(counts[0]) - f64::from(counts[1])).powi(2) / 2.0;
                }
            }
            assert!(means > 1e5 && (0.95..1.05).contains(&(variances / means)), "{}", variances / means);
        }
    }
}

#[test]
fn both_views_show_a_lesion_at_mirrored_places() {
    let Acquisition { images: [front, back], .. } = acquire(1, Label::Arthritic, 0.0);
    let mark = front.readings.iter().flatten().next().unwrap();
    let [col, row] = mark.ellipse.center;
    let mirrored =
        |other: &&Mark| (other.ellipse.center[0] + col - 256.0).hypot(other.ellipse.center[1] - row) < 3.0;
    assert!(back.readings.iter().flatten().any(|other| mirrored(&other)), "{mark:?}");
}

#[test]
fn the_lumbar_spine_is_brighter_from_behind() {
    let Acquisition { patient, images: [front, back] } = acquire(2, Label::Normal, 1.0);
    let down = patient.pose.crown_mm + 550.0 * patient.build.length;
    let spine = |image: &Image| {
        (110..146).map(|col| image.expected.at([f64::from(col), down / PIXEL_MM])).fold(0.0, f64::max)
    };
    assert!(spine(&back) > 1.3 * spine(&front));
}

#[test]
fn a_lesion_stands_out_less_the_harder_the_task() {
    let clearest = |difficulty: f64| {
        let [front, _] = acquire(3, Label::Metastatic, difficulty).images;
        front.readings.iter().flatten().map(|mark| mark.contrast).fold(0.0, f64::max)
    };
    assert!(clearest(0.0) > 2.0 * clearest(1.0) && clearest(1.0) > 1.2 * clearest(2.0));
}

#[test]
fn parameters_out_of_range_are_refused_by_name() {
    let message = |phantom: &Phantom| phantom.check().unwrap_err().message;
    assert!(message(&Phantom { patients: 3, ..SMALL }).starts_with("`patients` is 3"));
    assert!(message(&Phantom { patients: u32::MAX, ..SMALL }).starts_with("`patients`"));
    for difficulty in [-0.1, f64::NAN, f64::INFINITY] {
        assert!(message(&Phantom { difficulty, ..SMALL }).starts_with("`difficulty`"));
    }
    assert!(Phantom { difficulty: f64::MAX, ..SMALL }.check().is_ok());
}

#[test]
fn no_difficulty_makes_an_image_that_is_not_finite() {
    for difficulty in [0.0, 1e300] {
        let Acquisition { images, .. } = acquire(3, Label::Both, difficulty);
        assert!(images.iter().all(|image| image.expected.0.iter().all(|value| value.is_finite())));
    }
    assert!(Draws::new(Seed(1), "").unit() < 1.0);
}
