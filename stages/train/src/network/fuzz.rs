use std::path::Path;

use fuzzer::{Grammar, Target};

use super::{Layer, Network, Scale, Shape};

const GRAMMAR: Grammar = Grammar::text(&[
    "title = \"t\"\n",
    "layers = [\n",
    "\"conv 3x3 8 s1 p1\", ",
    "\"conv 1048576x1048576 1048576 s1048576 p1048576\", ",
    "\"maxpool 3x3 s2\", ",
    "\"attention 16\", ",
    "\"residual\", ",
    "\"dense 4096\", ",
    "\"softmax 3\"",
    "1048576",
    "x",
    " s",
    " p",
    "\"\"\"",
    "{a.a.a = 1}",
    "[",
    "]",
    "#",
    "\u{3000}",
]);

/// Sizes of images, from the smallest to what no machine holds.
const SIZES: [(usize, usize); 3] = [(1024, 256), (1, 1), (1 << 31, 1 << 31)];

#[test]
fn a_network_has_sizes_or_says_what_is_wrong() {
    let networks = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../experiments/networks");
    let scales =
        [Scale::PRINTED, Scale { width: 0.001, hidden: 1 }, Scale { width: 1e300, hidden: u64::MAX }];
    // Every parameter of every layer has a name.
    Target::new("network", GRAMMAR).files(&networks, &["toml"]).memory(256 << 10, 512).run(move |bytes| {
        let text = String::from_utf8_lossy(bytes);
        let network = match Network::parse(Path::new("n.toml"), &text) {
            Ok(network) => network,
            Err(issue) => {
                let span = issue.place.as_ref().and_then(|place| place.span.clone());
                assert!(span.is_none_or(|span| text.get(span).is_some()), "its place lies in the file");
                return issue.to_string();
            }
        };
        for written in &network.layers {
            let again = written.layer.to_string().parse::<Layer>();
            assert_eq!(again.as_ref(), Ok(&written.layer), "a layer reads back");
        }
        let mut outcome = String::new();
        for (scale, (rows, cols)) in scales.iter().flat_map(|scale| SIZES.map(|size| (*scale, size))) {
            outcome = match Shape::of(&network, scale, rows, cols) {
                Ok(shape) => {
                    assert_eq!(shape.layers.len(), network.layers.len(), "every layer has a size");
                    outcome + if shape.count() == u64::MAX || shape.macs() == u64::MAX { "∞" } else { "+" }
                }
                Err(issue) => outcome + &issue.to_string(),
            };
        }
        outcome
    });
}
