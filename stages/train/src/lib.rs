//! Fitting networks: to samples, the kind `train`, and against each other, the kind `dcgan`; and what they look at, the
//! kind `attend`.
//!
//! - `network`: networks as data, and all that is known of one before it is computed: shapes, parameters, work.
//! - `model`: the same as functions of burn tensors; `initial` draws the first values of its parameters.
//! - `fit`: the loop, with its own `adam`, its own order of `batches`, and the `dataset` in memory.
//! - `predict`, `softmax`, `weights`, `caption`: what is written, and what it says of itself.
//! - `attend`: maps of where a fitted network looks, held to the lesions that were annotated.
//! - `forecast`: memory and time, before anything runs.
//! - [`dcgan`]: images that a network makes of noise.
//! - `device`: the only place that names the backends of burn.
//!
//! The same inputs and parameters give the same bytes on one model of processor, for any number of threads: every random
//! number comes from a seed forked by name, and no sum depends on which thread was first.
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

mod adam;
mod attend;
mod batches;
mod caption;
mod convolution;
mod dataset;
pub mod dcgan;
mod device;
mod fit;
mod forecast;
mod initial;
mod model;
mod network;
mod positive;
mod predict;
#[cfg(test)]
mod reference;
mod softmax;
mod stage;
mod weights;

pub use attend::{Attend, Method};
pub use device::Device;
pub use positive::Positive;
pub use stage::Train;
pub use weights::Weights;

/// The kinds of this crate.
pub const KINDS: &[contract::Kind] =
    &[contract::Kind::of::<Train>(), contract::Kind::of::<Attend>(), contract::Kind::of::<dcgan::Dcgan>()];
