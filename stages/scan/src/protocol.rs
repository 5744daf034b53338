use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Who may be trained on, and who is tested.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Protocol {
    /// The paper's: samples are shuffled, whoever they are of. Images made from one original, and both views of a
    /// patient, end up on both sides.
    Paper,
    /// Patients are held out first; they are tested on their original images, and nothing made from them is trained
    /// on.
    Clean,
}
