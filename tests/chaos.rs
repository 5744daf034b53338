//! Run with `CHAOS=full` for the full numbers, `CHAOS=<number>` for another, `CHAOS_SEED=<seed>` to repeat one.

/// Random numbers that can be had again.
mod chance;
/// Several runs at once, at random distances.
mod crowd;
/// What can happen to a file.
mod harm;
/// kill -9 at random moments.
mod kills;
/// The pipeline that all of this happens to, and what comes out of it undisturbed.
mod pipeline;
/// Random damage to every file of the cache.
mod rot;
/// Sweeps at random moments.
mod sweeps;
