//! The cache: content-addressed artifacts and the records of what made them.
//!
//! ```text
//! cache/FORMAT                 version of this layout
//! cache/objects/ab/cdef…       blobs, read-only, named by their BLAKE3 digest; a folder is a tree object
//! cache/records/ab/cdef….json  key → outputs and provenance
//! cache/trees/ab/cdef…/        folders laid out as links; may be deleted at any time
//! cache/scratch/<key>/         what an attempt may leave for the next
//! cache/staging/               where attempts write
//! cache/projects/              the folders of runs of those who use the cache
//! cache/pins/                  what a sweep never removes, a file for each pin
//! cache/locks/                 `store`, which runs share and a sweep has alone; `keys`, a byte for each key being made
//! cache/index                  digests of files whose size and times are unchanged, and what the records say; may be
//!                              deleted at any time
//! ```
//!
//! - A file under `objects` is complete, read-only and equal to its name, or it is not there: it is written elsewhere
//!   and renamed. Blobs come first, then the record, then the names under `latest`.
//! - Nothing is synced to the disk: no stage waits for it, and what a loss of power takes is made again. A record and
//!   the index are sealed by a digest of what they say; an object is hashed before use unless inode, size and both
//!   times of its file are those that the index knows.
//! - One lock for each key, and one for the cache that runs share and a sweep has alone. The operating system holds
//!   them (`flock`, and for keys `F_OFD_SETLK`, which NFS hands to its server), so that nothing has to be unlocked
//!   after a kill.

mod artifact;
mod clear;
mod discard;
mod hold;
mod index;
mod inside;
mod inventory;
mod layout;
mod leftover;
mod lock;
mod mark;
mod memo;
mod object;
mod pin;
mod record;
mod records;
mod seal;
mod shelf;
mod staged;
mod sweep;
mod tree;
mod uses;
mod verdict;
mod verify;
mod way;

pub use artifact::Artifact;
pub use clear::{clear, own};
pub use hold::beside_runs;
pub use index::Index;
pub use inventory::{Entry, Inventory};
pub use lock::{Claim, Held};
pub use mark::{mark, mark_again};
pub use memo::{Memo, Stamp, hash};
pub use object::{Access, Store};
pub use pin::{Pin, pins};
pub use record::{Outside, Record, Summary};
pub use seal::{seal, unseal};
pub use staged::put;
pub use sweep::{Gone, Swept, sweep};
pub use tree::{Laid, Node, Tree, relative};
pub use uses::{note_of, note_project, runs_in};
pub use verdict::Rules;
pub use verify::{Damage, Repair, Report, verify};
pub use way::make_way;
