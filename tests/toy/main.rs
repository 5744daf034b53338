//! osteon with toys for kinds: small, fast, and as badly behaved as a stage can be.

mod block;
mod copy;
mod first_difference;
mod join;
mod look;
mod misbehave;
mod note;
mod paper;
mod resume;
mod sheet;
mod sql;

use std::process::ExitCode;

use contract::{Catalogue, Kind};

static CATALOGUE: Catalogue = Catalogue { kinds: &KINDS, tools: &[sql::TOOL, first_difference::TOOL] };

const KINDS: [Kind; 11 + paper::KINDS.len()] = {
    let own = [
        Kind::of::<copy::Copy>(),
        Kind::of::<join::Join>(),
        Kind::of::<block::Block>(),
        Kind::of::<look::Look>(),
        Kind::of::<misbehave::Fail>(),
        Kind::of::<misbehave::Panic>(),
        Kind::of::<misbehave::Liar>(),
        Kind::of::<misbehave::Huge>(),
        Kind::of::<resume::Resume>(),
        Kind::of::<sheet::Sheet>(),
        Kind::of::<sheet::Sum>(),
    ];
    let mut all = [own[0]; 11 + paper::KINDS.len()];
    let mut at = 0;
    while at < all.len() {
        all[at] = if at < own.len() { own[at] } else { paper::KINDS[at - own.len()] };
        at += 1;
    }
    all
};

fn main() -> ExitCode {
    osteon::main(&CATALOGUE)
}
