//! The networks of the paper, for tests.

use std::path::Path;

use super::Network;

/// File names, without their ending, in the order of the paper's tables.
pub const NAMES: [&str; 8] = [
    "dspic-am",
    "dspic-rm",
    "dspic-am-no-pool",
    "si-clf",
    "si-clf-am",
    "si-clf-rm",
    "si-clf-am-rm",
    "alexnet",
];

/// Returns the network in the file called `name`.
pub fn network(name: &str) -> Network {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../experiments/networks");
    Network::read(&folder.join(name).with_extension("toml")).unwrap_or_else(|issue| panic!("{issue}"))
}

/// Returns a network with these layers.
pub fn of_layers(layers: &[&str]) -> Network {
    let text = format!("title = \"A test\"\nlayers = {layers:?}\n");
    Network::parse(Path::new("test.toml"), &text).unwrap_or_else(|issue| panic!("{issue}"))
}
