use std::env;
use std::time::{Duration, Instant};

use fastrand::Rng;

/// Tells a story so many times, or as often as `CHAOS` says; each with chances that its seed brings back.
///
/// The story returns how many times it was worth.
pub fn rounds(few: usize, full: usize, mut story: impl FnMut(&mut Rng) -> usize) {
    let number = match env::var("CHAOS").as_deref() {
        Err(_) => few,
        Ok("full") => full,
        Ok(number) => number.parse().expect("CHAOS is `full` or a number"),
    };
    let seed = env::var("CHAOS_SEED").map_or_else(
        |_| fastrand::u64(..u64::from(u32::MAX)),
        |seed| seed.parse().expect("CHAOS_SEED is a number"),
    );
    let (begin, mut done) = (Instant::now(), 0);
    while done < number {
        let seed = seed + done as u64;
        eprintln!("the same again: CHAOS_SEED={seed} CHAOS=1");
        done += story(&mut Rng::with_seed(seed));
    }
    eprintln!("{done} in {:.0} s", begin.elapsed().as_secs_f64());
}

/// Lets so much time go by without giving it to anybody: what is met at its end is a matter of chance.
pub fn spin(rng: &mut Rng, most: Duration) {
    let (begin, time) = (Instant::now(), most.mul_f64(rng.f64()));
    while begin.elapsed() < time {
        std::hint::spin_loop();
    }
}
