use serde_json::json;
use table::{Glyph, Label, Metadata, View};

use super::{drawn, image, lesion, marks, page, write_images};
use crate::tests::Bench;

fn patients() -> Bench {
    let mut bench = Bench::new("figure");
    let path = bench.wire("images", &[], "images.parquet");
    let of = |name: &str, patient: &str, sex: Option<&str>, age_years: Option<f64>| table::Image {
        sex: sex.map(str::to_owned),
        age_years,
        ..image(name, patient, View::Anterior, Label::Normal)
    };
    let images = vec![
        of("a", "p1", None, None),
        of("b", "p1", Some("F"), Some(49.9)),
        of("c", "p2", Some("M"), Some(61.0)),
        of("d", "p3", Some("M"), None),
        of("e", "p4", None, Some(40.0)),
    ];
    write_images(&path, images);
    bench
}

#[test]
fn each_patient_is_counted_once_by_the_first_sex_and_age_stated_and_what_is_not_stated_is_shown() {
    let bench = patients();
    let panel = json!({ "show": "patients", "published": { "F": 181 } });
    let svg = drawn(&bench, json!({ "title": "Patients", "panels": [panel] }));
    let bars = marks(&bench, "patients");
    let counts: Vec<(&str, &str, Option<f64>)> = bars
        .iter()
        .filter(|bar| bar.y_end > Some(0.0))
        .map(|bar| (bar.series.as_str(), bar.category.as_str(), bar.y_end))
        .collect();
    let one = Some(1.0);
    assert_eq!(
        counts,
        [("F", "40–49", one), ("M", "60–69", one), ("M", "unknown", one), ("unknown", "40–49", one)]
    );
    assert!(bars.iter().all(|bar| bar.glyph == Glyph::Bar));
    assert!(bars.iter().any(|bar| bar.category == "50–59"), "an age between without a patient has its place");
    assert!(svg.contains("female (1, published 181)"), "{svg}");
}

#[test]
fn a_small_drawing_looks_like_this() {
    let bench = patients();
    insta::assert_snapshot!(drawn(
        &bench,
        json!({ "title": "Patients <& more>", "panels": [{ "show": "patients", "years": 30 }] })
    ));
}

#[test]
fn lesions_are_counted_by_site_where_two_readers_agree_beside_the_published_totals() {
    let mut bench = Bench::new("figure");
    let path = bench.wire("lesions", &[], "lesions.parquet");
    let lesions = [
        lesion("a", "r1", "metastasis", "rib"),
        lesion("a", "r2", "metastasis", "rib"),
        lesion("b", "r1", "metastasis", "skull"),
        lesion("b", "r3", "metastasis", "skull"),
        lesion("c", "r2", "metastasis", "skull"),
        lesion("c", "r3", "metastasis", "skull"),
        lesion("d", "r1", "metastasis", "femur"),
        lesion("d", "r1", "arthritis", "hip"),
    ];
    table::write(&path, &lesions, &Metadata::new()).expect("lesions are written");
    let published = json!({ "lesions": 907, "images": 182 });
    let sites = |disease: &str| json!({ "show": "sites", "disease": disease, "published": published });
    let params =
        json!({ "title": "Sites", "columns": 2, "panels": [sites("metastasis"), sites("arthritis")] });
    let svg = drawn(&bench, params);
    let bars = marks(&bench, "metastasis");
    let counts: Vec<(&str, &str)> =
        bars.iter().map(|bar| (bar.category.as_str(), bar.text.as_str())).collect();
    assert_eq!(counts, [("skull", "2"), ("rib", "1")]);
    assert!(svg.contains("ours: 3 in 3 images (1.00 per image)"), "{svg}");
    assert!(svg.contains("published: 907 in 182 images (4.98 per image)"));
    assert!(svg.contains("ours: 0 in 0 images (0.00 per image)"), "a disease that nobody has is no error");
}

#[test]
fn every_image_has_a_dot_at_its_largest_count_and_quantiles_are_named() {
    let mut bench = Bench::new("figure");
    let path = bench.wire("images", &[], "images.parquet");
    let maxima = [30.0, 10.0, 20.0];
    let images = maxima.iter().enumerate().map(|(index, counts_max)| table::Image {
        counts_max: *counts_max,
        ..image(&index.to_string(), "p", View::Posterior, Label::Normal)
    });
    write_images(&path, images.collect());
    let svg = drawn(&bench, json!({ "title": "Maxima", "panels": [{ "show": "maxima" }] }));
    let all = marks(&bench, "maxima");
    let dots: Vec<(&str, f64, f64)> = all
        .iter()
        .filter(|mark| mark.glyph == Glyph::Point)
        .map(|mark| (mark.category.as_str(), mark.x, mark.y))
        .collect();
    assert_eq!(dots, [("1", 1.0, 10.0), ("2", 2.0, 20.0), ("0", 3.0, 30.0)]);
    assert!(svg.contains("50 % up to 20"), "{svg}");
    assert_eq!(page(&bench)["frames"][0]["title"], "The largest pixel of each of 3 images: 10 to 30 counts");
}
