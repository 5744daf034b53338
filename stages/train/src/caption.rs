use serde::Serialize;
use table::Metadata;

use crate::network::{Network, Scale, Shape};

/// What predictions and curves say of the network that made them, for the captions of tables.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Caption {
    title: String,
    width: f64,
    hidden: u64,
    rows: usize,
    cols: usize,
    epochs: u32,
    batch: u32,
    learning_rate: f64,
    parameters: u64,
    scaled: bool,
    scaling: String,
}

/// What the paper trained with.
///
/// # Source
/// §2.1 and Table 4.
struct Printed;

impl Printed {
    const ROWS: usize = 1024;
    const COLS: usize = 256;
    const EPOCHS: u32 = 300;
}

impl Caption {
    /// Returns what is to be said of `network` at `scale`, of which `shape` are the sizes.
    pub fn new(
        network: &Network,
        scale: Scale,
        shape: &Shape,
        (epochs, batch, learning_rate): (u32, u32, f64),
    ) -> Self {
        let scaling = scaling(scale, shape, epochs);
        Self {
            title: network.title.clone(),
            width: scale.width,
            hidden: scale.hidden,
            rows: shape.rows,
            cols: shape.cols,
            epochs,
            batch,
            learning_rate,
            parameters: shape.count(),
            scaled: !scaling.is_empty(),
            scaling,
        }
    }

    /// Returns it as the metadata `network` of a table.
    pub fn metadata(&self) -> Metadata {
        let json = serde_json::to_string(self).expect("a caption is plain text and finite numbers");
        Metadata::from([("network".to_owned(), json)])
    }
}

/// Returns how this is smaller than the paper, as a part of a sentence; nothing if it is not.
fn scaling(scale: Scale, shape: &Shape, epochs: u32) -> String {
    let mut parts = Vec::new();
    #[expect(clippy::float_cmp, reason = "only what is not scaled at all is the paper's")]
    if scale.width != 1.0 {
        parts.push(format!("channels x {}", ratio(scale.width)));
    }
    if scale.hidden > 0 {
        parts.push(format!("hidden dense layers of {}", scale.hidden));
    }
    if (shape.rows, shape.cols) != (Printed::ROWS, Printed::COLS) {
        parts.push(format!("images {} x {}", shape.rows, shape.cols));
    }
    if epochs != Printed::EPOCHS {
        parts.push(format!("{epochs} epoch{}", if epochs == 1 { "" } else { "s" }));
    }
    parts.join(", ")
}

/// Returns a width as people write it: `1/8` for 0.125.
fn ratio(width: f64) -> String {
    let parts = width.recip().round();
    if parts > 1.0 && (width * parts - 1.0).abs() < 1e-12 { format!("1/{parts}") } else { width.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::network::paper::network;

    fn caption(scale: Scale, rows: usize, cols: usize, epochs: u32) -> Caption {
        let network = network("si-clf");
        let shape = Shape::of(&network, scale, rows, cols).unwrap();
        Caption::new(&network, scale, &shape, (epochs, 16, 1e-4))
    }

    #[test]
    fn a_network_as_printed_is_not_scaled() {
        let caption = caption(Scale::PRINTED, 1024, 256, 300);
        assert_eq!((caption.scaled, caption.scaling.as_str(), caption.parameters), (false, "", 80_614_787));
    }

    #[test]
    fn everything_that_is_smaller_is_said_in_a_sentence() {
        let desk = caption(Scale { width: 0.125, hidden: 64 }, 256, 64, 8);
        assert!(desk.scaled);
        assert_eq!(desk.scaling, "channels x 1/8, hidden dense layers of 64, images 256 x 64, 8 epochs");
        assert_eq!(caption(Scale { width: 0.3, hidden: 0 }, 1024, 256, 1).scaling, "channels x 0.3, 1 epoch");
    }

    #[test]
    fn the_metadata_is_a_json_object() {
        let metadata = caption(Scale::PRINTED, 1024, 256, 300).metadata();
        let expected =
            r#"{"title":"SI_CLF (Table 7)","width":1.0,"hidden":0,"rows":1024,"cols":256,"epochs":300,"#;
        assert!(metadata["network"].starts_with(expected), "{}", metadata["network"]);
    }
}
