//! Looks after the cache.

mod dispatch;
mod gc;
mod list;
mod pin;
mod stat;
mod unpin;
mod verify;
mod words;

pub(super) use dispatch::cache;
