use serde_json::json;
use table::{Image, ImageWriter, Label, Metadata, PixelType, Pixels, Shape, View};

use super::Bench;

/// Returns a data set with four, two and one images of three labels; one of the two is generated.
pub(super) fn images() -> Bench {
    let mut bench = Bench::new("count");
    let path = bench.wire("images", &[], "images.parquet");
    let shape = Shape { rows: 1, cols: 1 };
    let mut writer =
        ImageWriter::create(&path, PixelType::U16, shape, &Metadata::new()).expect("the folder is there");
    let labels = [(Label::Normal, 4), (Label::Arthritic, 2), (Label::Both, 1)];
    for (index, label) in labels.into_iter().flat_map(|(label, count)| vec![label; count]).enumerate() {
        let operation = match index {
            5 => Some("dcgan".to_owned()),
            6 => Some("mirror".to_owned()),
            _ => None,
        };
        let image = Image {
            image_id: index.to_string(),
            patient_id: "p".to_owned(),
            view: View::Anterior,
            sex: None,
            age_years: None,
            label,
            rows: 1,
            cols: 1,
            counts_total: 1.0,
            counts_max: 1.0,
            source_digest: String::new(),
            derived_from: (index == 6).then(|| "scan".to_owned()),
            operation,
            pixels: Pixels::U16(vec![1]),
        };
        writer.push(image).expect("it fits");
    }
    writer.finish().expect("the file ends");
    bench
}

#[test]
fn images_are_counted_beside_the_published_numbers_and_generated_ones_are_marked() {
    let bench = images();
    let published = json!({ "normal": 4, "metastatic": 1, "arthritic": 1, "both": 1 });
    let shares = json!({ "normal": 57.2 });
    bench.run(json!({ "published": published, "shares": shares })).expect("images are counted");
    let expected = "\
| label      | images published | images ours | images difference | share published | share ours | share difference |
| ---------- | ---------------: | ----------: | ----------------: | --------------: | ---------: | ---------------: |
| normal     |                4 |           4 |                +0 |            57.2 |       57.1 |            -0.06 |
| metastatic |                1 |           0 |                -1 |                 |        0.0 |                  |
| arthritic  |            1 [1] |           2 |                +1 |                 |       28.6 |                  |
| both       |                1 |           1 |                +0 |                 |       14.3 |                  |
| total      |            7 [2] |           7 |                +0 |                 |      100.0 |                  |

Shares in percent of all images.

- [1] arthritic, images: 1 of ours is generated
- [2] total, images: 1 of ours is generated
";
    assert_eq!(bench.text("markdown"), expected);
}

#[test]
fn an_unknown_label_is_refused_by_name() {
    let issue = images().run(json!({ "published": { "sick": 1 } })).expect_err("there is no such label");
    assert!(issue.message.contains("unknown variant `sick`"), "{}", issue.message);
}
