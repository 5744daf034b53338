use serde_json::json;
use table::{Image, Label, Metadata, View};

use super::Bench;
use super::figure::{image, lesion, write_images};

/// Returns three patients: a woman with two scans, of which one tells her sex, a man, and one of whom it is not known.
pub(super) fn scans() -> Bench {
    let mut bench = Bench::new("census");
    let of = |sex: &str, image: Image| Image { sex: Some(sex.to_owned()), ..image };
    let images = vec![
        image("a", "p", View::Anterior, Label::Metastatic),
        of("F", image("b", "p", View::Posterior, Label::Both)),
        of("M", image("c", "q", View::Anterior, Label::Arthritic)),
        image("d", "r", View::Anterior, Label::Normal),
    ];
    write_images(&bench.wire("images", &[], "images.parquet"), images);
    let lesions = [
        lesion("a", "r1", "metastasis", "rib"),
        lesion("a", "r2", "metastasis", "rib"),
        lesion("b", "r1", "metastasis", "rib"),
        lesion("b", "r1", "arthritis", "knee"),
        lesion("b", "r2", "arthritis", "knee"),
        lesion("c", "r2", "arthritis", "knee"),
    ];
    let path = bench.wire("lesions", &[], "lesions.parquet");
    table::write(&path, &lesions, &Metadata::new()).expect("lesions are written");
    bench
}

#[test]
fn patients_are_counted_once_and_lesions_that_two_readers_saw() {
    let bench = scans();
    let published = json!({ "patients": 3, "female": 2, "metastases": 3, "metastases-per-image": 4.98 });
    bench.run(json!({ "published": published })).expect("it counts");
    let expected = "\
| of                          | number published | number ours | number difference |
| --------------------------- | ---------------: | ----------: | ----------------: |
| patients                    |                3 |           3 |                +0 |
| female                      |                2 |           1 |                -1 |
| male                        |                  |           1 |                   |
| images                      |                  |           4 |                   |
| metastases                  |                3 |           1 |                -2 |
| images-with-metastasis      |                  |           1 |                   |
| metastases-per-image        |             4.98 |        1.00 |            -3.980 |
| arthritic-lesions           |                  |           1 |                   |
| images-with-arthritis       |                  |           1 |                   |
| arthritic-lesions-per-image |                  |        1.00 |                   |

Lesions are those that at least two readers marked, or the only one.
";
    assert_eq!(bench.text("markdown"), expected);
}

#[test]
fn what_is_not_counted_is_refused_by_name() {
    for parameter in ["published", "tolerance"] {
        let issue = scans().run(json!({ parameter: { "children": 1 } })).expect_err("nobody counts them");
        assert!(issue.message.contains("unknown variant `children`"), "{}", issue.message);
    }
}
