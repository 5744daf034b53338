use std::path::Path;

use serde::Deserialize;

use crate::network::paper::{NAMES, network, of_layers};
use crate::network::{Network, Scale, Shape};

fn shape(network: &Network, scale: Scale, rows: usize, cols: usize) -> Shape {
    Shape::of(network, scale, rows, cols).unwrap_or_else(|issue| panic!("{issue}"))
}

#[test]
fn networks_have_as_many_parameters_as_the_paper_implies() {
    let totals = [
        ("dspic-am", 1_732_847_628, 285_812_748),
        ("dspic-rm", 1_733_012_355, 285_977_475),
        ("dspic-am-no-pool", 19_600_582_668, 1_732_847_628),
        ("si-clf", 80_614_787, 9_835_907),
        ("si-clf-am", 80_624_029, 9_845_149),
        ("si-clf-rm", 80_688_643, 9_909_763),
        ("si-clf-am-rm", 80_697_885, 9_919_005),
        ("alexnet", 645_805_699, 103_167_619),
    ];
    for (name, printed, small) in totals {
        let count = |rows, cols| shape(&network(name), Scale::PRINTED, rows, cols).count();
        assert_eq!((count(1024, 256), count(256, 64)), (printed, small), "{name}");
    }
}

#[test]
fn width_scales_channels_and_what_follows_them() {
    let scaled = shape(&network("si-clf-am-rm"), Scale { width: 0.125, hidden: 64 }, 256, 64);
    let channels: Vec<usize> = scaled.layers.iter().map(|layer| layer.output.channels).collect();
    assert_eq!(channels, [8, 8, 8, 8, 16, 16, 16, 32, 32, 32, 32, 64, 64, 3]);
    // The hidden layer of an attention never loses its last unit.
    assert_eq!(scaled.layers[3].parameters[0].dims, [1, 8]);
    assert_eq!(scaled.layers[9].parameters[0].dims, [2, 32]);
    let narrow = shape(&network("si-clf"), Scale { width: 1e-9, hidden: 1 }, 256, 64);
    assert_eq!(narrow.layers[0].output.channels, 1);
}

/// Millions of multiplications for an image, forward, to the digits given.
#[test]
fn networks_do_as_much_work_as_the_paper_implies() {
    let (quarter, eighth) = (Scale { width: 0.25, hidden: 64 }, Scale { width: 0.125, hidden: 64 });
    let rows = [
        (1024, 256, Scale::PRINTED, 1.0, [9073.0, 9726.0, 86_310.0, 3281.0, 3282.0, 3571.0, 3572.0, 5674.0]),
        (256, 64, Scale::PRINTED, 1.0, [1104.0, 1140.0, 7059.0, 241.0, 241.0, 257.0, 257.0, 650.0]),
        (256, 64, quarter, 1.0, [54.0, 57.0, 342.0, 16.0, 16.0, 17.0, 17.0, 37.0]),
        (256, 64, eighth, 0.1, [14.6, 15.1, 87.9, 4.5, 4.5, 4.8, 4.8, 10.2]),
    ];
    for (rows, cols, scale, digit, expected) in rows {
        for (name, expected) in NAMES.into_iter().zip(expected) {
            let macs = shape(&network(name), scale, rows, cols).macs() as f64 / 1e6;
            assert!((macs - expected).abs() <= 0.51 * digit, "{name} at {rows} x {cols}, {scale:?}: {macs}");
        }
    }
}

/// What PyTorch says of a network at one size of its images.
#[derive(Deserialize)]
struct Reference {
    network: String,
    layers: Vec<String>,
    hidden: u64,
    rows: usize,
    cols: usize,
    /// Channels, rows and columns of what each layer makes, and its parameters.
    made: Vec<(usize, usize, usize, u64)>,
    parameters: u64,
}

#[test]
fn every_layer_has_the_size_that_it_has_in_pytorch() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/reference/sizes.json");
    let references: Vec<Reference> = serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap();
    for name in NAMES {
        let printed = network(name).layers.into_iter().map(|written| written.layer.to_string());
        let printed: Vec<String> = printed.collect();
        let mut same = references.iter().filter(|reference| reference.network == name);
        assert_eq!(same.clone().filter(|reference| reference.hidden == 0).count(), 3, "{name}");
        assert!(same.all(|reference| reference.layers == printed), "{name} was changed");
    }
    for Reference { network, layers, hidden, rows, cols, made, parameters } in references {
        let layers: Vec<&str> = layers.iter().map(String::as_str).collect();
        let ours = shape(&of_layers(&layers), Scale { width: 1.0, hidden }, rows, cols);
        let layer = |layer: &super::LayerShape| {
            (layer.output.channels, layer.output.rows, layer.output.cols, layer.count())
        };
        let title = format!("{network} on {rows} x {cols}, hidden {hidden}");
        assert_eq!(ours.layers.iter().map(layer).collect::<Vec<_>>(), made, "{title}");
        assert_eq!(ours.count(), parameters, "{title}");
    }
}

#[test]
fn a_layer_that_does_not_fit_is_pointed_at_with_the_size_that_would() {
    let network = network("si-clf");
    let issue = Shape::of(&network, Scale::PRINTED, 128, 32).unwrap_err();
    assert_eq!(issue.message, "`maxpool 3x3 s2` does not fit the 13 x 1 map that reaches it");
    assert_eq!(issue.help.unwrap(), "images of at least 47 rows and 47 columns fit this network");
    assert_eq!(issue.place.unwrap().span.unwrap(), network.layers[3].span);
    shape(&network, Scale::PRINTED, 47, 47);
    assert!(Shape::of(&network, Scale::PRINTED, 47, 46).is_err());
}

#[test]
fn layers_out_of_order_are_pointed_at() {
    let refused = |layers: &[&str]| {
        let network = of_layers(layers);
        let issue = Shape::of(&network, Scale::PRINTED, 32, 32).unwrap_err();
        let span = issue.place.unwrap().span;
        (issue.message, network.layers.iter().position(|layer| Some(layer.span.clone()) == span))
    };
    assert_eq!(refused(&[]), ("the network has no layers".into(), None));
    assert_eq!(
        refused(&["conv 3x3 2 s1 p1", "dense 4"]),
        ("the last layer is `dense 4`, which gives no probabilities".into(), Some(1))
    );
    assert_eq!(refused(&["softmax 3", "dense 4"]), ("`softmax 3` is not the last layer".into(), Some(0)));
    assert_eq!(
        refused(&["softmax 4"]),
        ("`softmax 4` has 4 outputs and there are 3 classes".into(), Some(0))
    );
    assert_eq!(
        refused(&["dense 4", "residual", "softmax 3"]),
        ("`residual` needs a map and follows a dense layer".into(), Some(1))
    );
}

#[test]
fn sizes_beyond_all_memory_are_counted_and_not_overflown() {
    let network = of_layers(&["conv 3x3 1048576 s1 p1", "dense 1048576", "dense 1048576", "softmax 3"]);
    let shape = shape(&network, Scale { width: 1e12, hidden: 0 }, 1 << 20, 1 << 20);
    assert_eq!(shape.count(), u64::MAX);
    assert_eq!(shape.macs(), u64::MAX);
}
