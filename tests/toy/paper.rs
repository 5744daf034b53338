//! The ports of the kinds that the paper's pipeline is made of: enough to plan it, nothing to run it.

use std::collections::BTreeMap;

use contract::{ANY, Ctx, Input, Issue, Kind, Output, Stage};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

/// The kinds.
pub const KINDS: [Kind; 14] = [
    Kind::of::<Phantom>(),
    Kind::of::<Ingest>(),
    Kind::of::<Normalize>(),
    Kind::of::<Augment>(),
    Kind::of::<Dcgan>(),
    Kind::of::<Assemble>(),
    Kind::of::<HoldOut>(),
    Kind::of::<Split>(),
    Kind::of::<Train>(),
    Kind::of::<Evaluate>(),
    Kind::of::<Tabulate>(),
    Kind::of::<Count>(),
    Kind::of::<Describe>(),
    Kind::of::<Leakage>(),
];

const TABLE: &[Output] = &[out("table", "table.parquet", "table"), out("json", "table.json", "json")];

const fn one(name: &'static str, table: &'static str) -> Input {
    Input::one(name, table, "")
}

const fn out(name: &'static str, file: &'static str, table: &'static str) -> Output {
    Output::new(name, file, table, "")
}

macro_rules! stub {
    ($type:ident, $kind:literal, $inputs:expr, $outputs:expr) => {
        #[derive(Deserialize, Serialize, JsonSchema)]
        #[serde(transparent)]
        struct $type(BTreeMap<String, Json>);

        impl Stage for $type {
            const KIND: &'static str = $kind;
            const VERSION: u32 = 1;
            const DOC: &'static str = "A stub.";
            const INPUTS: &'static [Input] = $inputs;
            const OUTPUTS: &'static [Output] = $outputs;

            fn run(&self, _ctx: &Ctx<'_>) -> Result<(), Issue> {
                Err(Issue::new("a stub cannot run"))
            }
        }
    };
}

stub!(
    Phantom,
    "phantom",
    &[],
    &[out("dicom", "dicom/", "dicom"), out("annotations", "annotations/", "labelme")]
);
stub!(
    Ingest,
    "ingest",
    &[one("scans", "dicom"), Input::optional("annotations", "labelme", "")],
    &[
        out("images", "images.parquet", "images"),
        out("lesions", "lesions.parquet", "lesions"),
        out("rejected", "rejected.parquet", "rejected"),
    ]
);
stub!(Normalize, "normalize", &[one("images", "images")], &[out("images", "images.parquet", "images")]);
stub!(Augment, "augment", &[one("images", "images")], &[out("images", "images.parquet", "images")]);
stub!(
    Dcgan,
    "dcgan",
    &[one("images", "images"), one("held-out", "patients")],
    &[out("images", "images.parquet", "images")]
);
stub!(
    Assemble,
    "assemble",
    &[
        one("originals", "images"),
        one("both", "images"),
        one("metastatic", "images"),
        one("arthritic", "images"),
    ],
    &[out("images", "images.parquet", "images")]
);
stub!(HoldOut, "hold-out", &[one("images", "images")], &[out("patients", "patients.parquet", "patients")]);
stub!(
    Split,
    "split",
    &[one("images", "images"), one("held-out", "patients")],
    &[out("samples", "samples.parquet", "samples")]
);
stub!(
    Train,
    "train",
    &[one("images", "images"), one("samples", "samples"), one("network", ANY)],
    &[
        out("weights", "weights.safetensors", "weights"),
        out("predictions", "predictions.parquet", "predictions"),
        out("curves", "curves.parquet", "curves"),
    ]
);
stub!(
    Evaluate,
    "evaluate",
    &[one("predictions", "predictions")],
    &[out("metrics", "metrics.parquet", "metrics"), out("confusion", "confusion.parquet", "confusion")]
);
stub!(Tabulate, "tabulate", &[Input::many("metrics", ANY, "")], TABLE);
stub!(Count, "count", &[one("images", "images")], TABLE);
stub!(Describe, "describe", &[Input::any("networks", ANY, "")], TABLE);
stub!(
    Leakage,
    "leakage",
    &[Input::many("metrics", "metrics", ""), Input::many("samples", "samples", "")],
    TABLE
);
