//! From scans to samples: the phantom, DICOM, LabelMe, normalization, augmentation, joining, hold-out and split.
//!
//! | kind | reads | writes | where |
//! |---|---|---|---|
//! | `phantom` | | scans and annotations that look real | [`phantom`] |
//! | `ingest` | scans, annotations or labels | counts, labels, lesions, opinions, what was rejected | [`Ingest`]; `dicom`, `labelme`, `names`, `vote` |
//! | `normalize` | counts | the data set `D_1` | [`Normalize`] |
//! | `augment` | `D_1` | the data set `D_2` | [`Augment`]; `deal`, `geometry` |
//! | `join` | `D_1`, `D_2`, generated images | the data set `D_3` | [`Join`] |
//! | `hold-out` | images | patients whom nothing may be trained on | [`HoldOut`] |
//! | `split` | images, patients | samples: training and test part | [`Split`] |
//! | `leakage` | images, patients, samples | what training samples give test samples away | [`Leakage`]; `kinship` |
//!
//! Nothing in this crate knows the engine or trains anything; stages meet in Parquet files. No name, identifier or
//! date of a scan leaves it, and no name of a file: see `pseudonym` and `intake`.
#![cfg(feature = "full")]
#![cfg_attr(
    test,
    expect(
        clippy::cast_possible_truncation,
        clippy::cast_precision_loss,
        clippy::float_cmp,
        reason = "tests know their numbers"
    )
)]

mod annotations;
mod augment;
#[cfg(test)]
mod chain;
mod deal;
mod dicom;
mod folder;
mod fraction;
mod geometry;
mod hold_out;
mod ingest;
mod intake;
mod join;
mod kinship;
mod labelme;
mod labels;
mod leakage;
mod names;
mod normalize;
mod order;
pub mod phantom;
mod protocol;
mod pseudonym;
#[cfg(test)]
mod reference;
#[cfg(test)]
mod shared;
mod split;
mod stream;
#[cfg(test)]
mod trial;
mod verdict;
mod vote;

pub use augment::Augment;
use contract::Kind;
pub use fraction::Fraction;
pub use hold_out::HoldOut;
pub use ingest::{Ingest, OnReject, Unresolved};
pub use join::Join;
pub use leakage::Leakage;
pub use normalize::Normalize;
pub use protocol::Protocol;
pub use split::{Both, Split};

/// The kinds of this crate.
pub const KINDS: &[Kind] = &[
    Kind::of::<phantom::Phantom>(),
    Kind::of::<Ingest>(),
    Kind::of::<Normalize>(),
    Kind::of::<Augment>(),
    Kind::of::<Join>(),
    Kind::of::<HoldOut>(),
    Kind::of::<Split>(),
    Kind::of::<Leakage>(),
];

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn bind(kind: &str, params: &Value) -> Result<Value, contract::Issue> {
        let kind = KINDS.iter().find(|other| other.name == kind).unwrap();
        (kind.bind)(params)?.params()
    }

    #[test]
    fn the_paper_s_parameters_are_understood() {
        let counts = json!({ "metastatic": 520, "arthritic": 568, "both": 80 });
        let augment = json!({ "counts": counts, "of": 768, "shift": 6, "degrees": 5, "seed": 1 });
        assert_eq!(bind("ingest", &json!({})).unwrap()["readers"], 3);
        let normalize = json!({ "rows": 256, "cols": 64 });
        assert_eq!(bind("normalize", &normalize), Ok(normalize));
        assert_eq!(bind("augment", &augment), Ok(augment));
        for protocol in ["paper", "clean"] {
            let hold_out = json!({ "protocol": protocol, "fraction": 0.3, "seed": 1 });
            let split = json!({ "protocol": protocol, "fraction": 0.3, "both": "duplicate", "seed": 1 });
            assert_eq!(bind("hold-out", &hold_out), Ok(hold_out));
            assert_eq!(bind("split", &split), Ok(split));
        }
    }

    #[test]
    fn a_parameter_that_is_wrong_is_named() {
        let hold_out = json!({ "protocol": "paper", "fraction": 1.5, "seed": 1 });
        let fraction = bind("hold-out", &hold_out).unwrap_err();
        assert_eq!(fraction.message, "`fraction`: 1.5 is not between 0 and 1");
        let rows = bind("normalize", &json!({ "rows": 0, "cols": 64 })).unwrap_err();
        assert!(rows.message.starts_with("`rows`: invalid value"), "{rows}");
        let clip = bind("normalize", &json!({ "rows": 1, "cols": 1, "clip": 0 })).unwrap_err();
        assert!(clip.message.starts_with("`clip` is 0"), "{clip}");
        assert!(bind("ingest", &json!({ "reader": 2 })).is_err());
    }

    #[test]
    fn a_schema_tells_the_bounds() {
        let schema = |kind: &str| (KINDS.iter().find(|other| other.name == kind).unwrap().schema)();
        assert_eq!(schema("split")["definitions"]["Fraction"]["exclusiveMaximum"], 1);
        assert_eq!(schema("split")["definitions"]["Fraction"]["type"], "number");
        assert_eq!(schema("normalize")["properties"]["rows"]["minimum"], 1);
    }
}
