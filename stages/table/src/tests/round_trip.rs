use std::fs;

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

use super::scratch;
use crate::{
    Class, Metadata, Metric, Patient, Prediction, Row, Sample, TableCell, Values, metadata, read, read_any,
    write,
};

fn cells() -> impl Strategy<Value = TableCell> {
    let number = || option::of(-1e300..1e300_f64);
    let numbers = (number(), number(), number(), [number(), number()], number(), any::<u32>());
    (any::<[String; 3]>(), numbers, any::<(String, String, bool)>()).prop_map(
        |(
            [row, column, note],
            (published, mean, sd, [low, high], difference, seeds),
            (published_text, ours_text, scaled),
        )| {
            TableCell {
                row,
                column,
                published,
                mean,
                sd,
                low,
                high,
                seeds,
                difference,
                published_text,
                ours_text,
                scaled,
                note,
            }
        },
    )
}

fn predictions() -> impl Strategy<Value = Prediction> {
    (any::<[String; 2]>(), 0..3_usize, 0..3_usize, any::<bool>(), any::<[f32; 3]>()).prop_filter_map(
        "probabilities are numbers",
        |([sample_id, image_id], label, predicted, generated, probabilities)| {
            let [p_normal, p_metastatic, p_arthritic] = probabilities.map(f64::from);
            (p_normal + p_metastatic + p_arthritic).is_finite().then(|| Prediction {
                sample_id,
                image_id,
                label: Class::ALL[label],
                generated,
                p_normal,
                p_metastatic,
                p_arthritic,
                predicted: Class::ALL[predicted],
            })
        },
    )
}

fn round_trip<R: Row>(rows: &[R], metadata: &Metadata) -> (Vec<R>, Vec<u8>) {
    let (_folder, path) = scratch();
    write(&path, rows, metadata).expect("rows are written");
    (read(&path).expect("what was written is read"), fs::read(&path).expect("the file is there"))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn what_is_written_is_read(cells in vec(cells(), 0..40), predictions in vec(predictions(), 0..40)) {
        prop_assert_eq!(&round_trip(&cells, &Metadata::new()).0, &cells);
        prop_assert_eq!(&round_trip(&predictions, &Metadata::new()).0, &predictions);
    }

    #[test]
    fn two_writes_give_equal_bytes(cells in vec(cells(), 0..40), text in any::<String>()) {
        let metadata = Metadata::from([("b".to_owned(), text), ("a".to_owned(), "1".to_owned())]);
        prop_assert_eq!(round_trip(&cells, &metadata).1, round_trip(&cells, &metadata).1);
    }
}

#[test]
fn more_rows_than_a_row_group_are_read_in_order() {
    let rows: Vec<Metric> = (0..70_000)
        .map(|row| Metric { class: "macro".to_owned(), metric: "auc".to_owned(), value: f64::from(row) })
        .collect();
    assert_eq!(round_trip(&rows, &Metadata::new()).0, rows);
}

#[test]
fn a_table_without_rows_is_a_table() {
    assert_eq!(round_trip::<Patient>(&[], &Metadata::new()).0, []);
}

#[test]
fn metadata_reads_back_without_what_the_format_adds() {
    let (_folder, path) = scratch();
    let written = Metadata::from([("network".to_owned(), "{\"title\": \"dSPIC\"}".to_owned())]);
    write::<Sample>(&path, &[], &written).expect("rows are written");
    assert_eq!(metadata(&path).expect("metadata is read"), written);
}

#[test]
fn a_table_is_read_without_knowing_it() {
    let (_folder, path) = scratch();
    let patient = |name: &str, held_out| Patient { patient_id: name.to_owned(), held_out };
    write(&path, &[patient("a", true), patient("b", false)], &Metadata::new()).expect("rows are written");
    let table = read_any(&path).expect("the table is read");
    let names = Values::Text(vec![Some("a".to_owned()), Some("b".to_owned())]);
    let sides = Values::Truth(vec![Some(true), Some(false)]);
    assert_eq!(table.rows, 2);
    assert_eq!(table.columns, [("patient_id".to_owned(), names), ("held_out".to_owned(), sides)]);
}
