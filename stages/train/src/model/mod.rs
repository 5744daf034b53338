//! Networks that compute: burn tensors for the parameters, and the paper's layers as functions of them.

mod attention;
mod network;
mod parameter;
mod residual;

pub use network::Model;
pub use parameter::Parameter;
