//! Networks that compute: burn tensors for the parameters, and the paper's layers as functions of them.

mod attention;
mod lattice;
mod network;
mod parameter;
mod residual;

#[cfg(test)]
pub use attention::attention;
pub use lattice::Lattice;
pub use network::Model;
#[cfg(test)]
pub use parameter::Cursor;
pub use parameter::Parameter;
#[cfg(test)]
pub use residual::residual;
