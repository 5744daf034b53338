//! From what a manifest means to what is to be done: cells, their wires, their order.
//!
//! Pure but for the files that a kind's forecast reads.

mod cells;
mod expand;
mod forecast;
mod mistake;
mod order;
mod partial;
mod rows;
mod substitute;
mod succeed;
mod table;
mod target;
mod unit;
mod wire;

pub use expand::{expand, refuse};
pub use forecast::{Machine, Outlook, foresee};
pub use rows::{Rows, Tables};
pub use substitute::typed;
pub use target::{Pick, Target};
pub use unit::{Part, Plan, Unit, Wire, cell_name, parse_cell, parse_values};
