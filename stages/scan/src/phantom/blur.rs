use super::raster::{COLS, ROWS, Raster};

/// By how much an image is made coarser before it is blurred broadly.
const COARSE: usize = 4;

/// Returns an image blurred by a Gaussian of `sigma` pixels; beyond its edges it is zero.
pub fn blur(image: &Raster, sigma: f64) -> Raster {
    Raster(separable(&image.0, COLS, sigma))
}

/// Returns an image blurred by a Gaussian of many pixels, on a coarse grid.
///
/// The sum of the image stays, but for what leaves its edges.
pub fn blur_broadly(image: &Raster, sigma: f64) -> Raster {
    let coarse_cols = COLS / COARSE;
    let mut coarse = vec![0.0; image.0.len() / (COARSE * COARSE)];
    for (row, line) in image.0.chunks_exact(COLS).enumerate() {
        let into = &mut coarse[row / COARSE * coarse_cols..][..coarse_cols];
        for (sum, part) in into.iter_mut().zip(line.chunks_exact(COARSE)) {
            *sum += part.iter().sum::<f64>();
        }
    }
    #[expect(clippy::cast_precision_loss, reason = "a small number")]
    let side = COARSE as f64;
    let coarse = separable(&coarse, coarse_cols, sigma / side);
    let (rows, cols) = (weights(ROWS), weights(COLS));
    let mut fine = Vec::with_capacity(image.0.len());
    for (above, below, down) in rows {
        let (above, below) = (&coarse[above * coarse_cols..], &coarse[below * coarse_cols..]);
        fine.extend(cols.iter().map(|(left, right, along)| {
            let between = |line: &[f64]| line[*left] + (line[*right] - line[*left]) * along;
            (between(above) + (between(below) - between(above)) * down) / (side * side)
        }));
    }
    Raster(fine)
}

/// Returns for each fine pixel the two coarse pixels around it, and how far it is from the first to the second.
fn weights(size: usize) -> Vec<(usize, usize, f64)> {
    let last = size / COARSE - 1;
    let weight = |fine: usize| {
        // In halves of a fine pixel, of which a coarse one has 2 * COARSE.
        let center = 2 * fine + 1;
        let second = (center + COARSE) / (2 * COARSE);
        #[expect(clippy::cast_precision_loss, reason = "small numbers")]
        let along = ((center + COARSE) % (2 * COARSE)) as f64 / (2 * COARSE) as f64;
        (second.saturating_sub(1), second.min(last), along)
    };
    (0..size).map(weight).collect()
}

/// Blurs the rows, then the columns, of an image `cols` wide.
fn separable(image: &[f64], cols: usize, sigma: f64) -> Vec<f64> {
    let kernel = kernel(sigma);
    let reach = kernel.len() / 2;
    let mut across = vec![0.0; image.len()];
    for (line, into) in image.chunks_exact(cols).zip(across.chunks_exact_mut(cols)) {
        for (tap, weight) in kernel.iter().enumerate() {
            let (from, to) = overlap(tap, reach, cols);
            let length = cols - from.max(to);
            for (sum, value) in into[to..to + length].iter_mut().zip(&line[from..from + length]) {
                *sum += weight * value;
            }
        }
    }
    let rows = image.len() / cols;
    let mut down = vec![0.0; image.len()];
    for (tap, weight) in kernel.iter().enumerate() {
        let (from, to) = overlap(tap, reach, rows);
        let length = (rows - from.max(to)) * cols;
        for (sum, value) in down[to * cols..][..length].iter_mut().zip(&across[from * cols..][..length]) {
            *sum += weight * value;
        }
    }
    down
}

/// Returns where a line, moved by one tap of a kernel, begins to overlap itself: in the source, and in the target.
fn overlap(tap: usize, reach: usize, size: usize) -> (usize, usize) {
    (tap.saturating_sub(reach).min(size), reach.saturating_sub(tap).min(size))
}

/// Returns the weights of a Gaussian out to three standard deviations; their sum is 1.
fn kernel(sigma: f64) -> Vec<f64> {
    #[expect(clippy::cast_possible_truncation, reason = "a kernel is at most a few hundred pixels wide")]
    let reach = (3.0 * sigma).ceil().min(512.0) as i32;
    let weights: Vec<f64> =
        (-reach..=reach).map(|at| (-0.5 * (f64::from(at) / sigma).powi(2)).exp()).collect();
    let sum: f64 = weights.iter().sum();
    weights.into_iter().map(|weight| weight / sum).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn point() -> Raster {
        let mut image = Raster::filled(0.0);
        image.0[500 * COLS + 129] = 100.0;
        image
    }

    /// Returns the standard deviation along the columns, and the mean column.
    fn spread(image: &Raster) -> (f64, f64) {
        let moment = |power: i32, about: f64| {
            let place = |pixel: usize| (pixel % COLS) as f64 - about;
            let sum: f64 =
                image.0.iter().enumerate().map(|(pixel, value)| value * place(pixel).powi(power)).sum();
            sum / image.sum()
        };
        let mean = moment(1, 0.0);
        (moment(2, mean).sqrt(), mean)
    }

    #[test]
    fn a_point_becomes_a_gaussian_of_the_same_sum() {
        let blurred = blur(&point(), 2.5);
        let (deviation, mean) = spread(&blurred);
        assert!((blurred.sum() - 100.0).abs() < 1e-9);
        assert!((deviation - 2.5).abs() < 0.05 && (mean - 129.0).abs() < 1e-9, "{deviation} {mean}");
    }

    #[test]
    fn a_coarse_grid_blurs_almost_as_a_fine_one() {
        let (fine, coarse) = (blur(&point(), 12.0), blur_broadly(&point(), 12.0));
        let peak = fine.0.iter().copied().fold(0.0, f64::max);
        let largest = fine.0.iter().zip(&coarse.0).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
        assert!(largest < 0.12 * peak, "{largest} of {peak}");
        assert!((coarse.sum() - 100.0).abs() < 0.1);
    }
}
