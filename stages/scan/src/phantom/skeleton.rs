use std::f64::consts::PI;

use super::draws::Draws;
use super::raster::Point;
use super::site::Site;

/// A cloud of activity in the shape of a three-dimensional Gaussian; bones and organs are made of them.
///
/// Its projection, attenuated and blurred, is a Gaussian again: that is what makes the phantom quick and exact.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Source {
    /// Center.
    pub position: Point,
    /// Standard deviation, in millimeters.
    pub spread: f64,
    /// Activity, in that of a cubic millimeter of soft tissue.
    pub activity: f64,
    /// The bone, if metastases are found in it.
    pub site: Option<Site>,
}

/// A place at which arthritis shows.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Joint {
    /// The joint.
    pub site: Site,
    /// Number among the places of this joint; the other side has the same.
    pub place: usize,
    /// 1 on the patient's left, -1 on the right.
    pub side: f64,
    /// Where it is.
    pub position: Point,
}

/// Bones, organs and joints.
#[derive(Clone, Debug, Default)]
pub struct Skeleton {
    /// What emits.
    pub sources: Vec<Source>,
    /// Where arthritis may be.
    pub joints: Vec<Joint>,
}

/// Builds a [`Skeleton`] piece by piece, each piece with an uptake a little different from what is asked for.
#[derive(Debug)]
pub struct Builder<'a> {
    skeleton: Skeleton,
    draws: &'a mut Draws,
    irregularity: f64,
    side: f64,
}

/// Greatest distance between the sources of a tube or a plate, in millimeters.
const STEP: f64 = 4.0;
/// Distance between the sources of a solid, in millimeters.
const GRID: f64 = 8.0;

impl<'a> Builder<'a> {
    /// Begins a skeleton whose uptake varies by `irregularity`, relative.
    pub fn new(draws: &'a mut Draws, irregularity: f64) -> Self {
        Self { skeleton: Skeleton::default(), draws, irregularity, side: 1.0 }
    }

    /// Returns what was built.
    pub fn finish(self) -> Skeleton {
        self.skeleton
    }

    /// Returns how many sources there are so far.
    pub fn len(&self) -> usize {
        self.skeleton.sources.len()
    }

    /// Builds what `build` says for the left side on one side: 1 is left, -1 is right.
    pub fn on_side(&mut self, side: f64, build: impl FnOnce(&mut Self)) {
        self.side = side;
        build(self);
        self.side = 1.0;
    }

    /// Adds a joint.
    pub fn joint(&mut self, site: Site, place: usize, [left, front, down]: Point) {
        let side = self.side;
        self.skeleton.joints.push(Joint { site, place, side, position: [left * side, front, down] });
    }

    /// Adds a rod along a path of (left, front, down, radius), with an uptake per volume in that of soft tissue.
    pub fn tube(&mut self, site: Option<Site>, path: &[[f64; 4]], uptake: f64) {
        let uptake = self.varied(uptake);
        for pair in path.windows(2) {
            let (from, to) = (pair[0], pair[1]);
            let length = distance([from[0], from[1], from[2]], [to[0], to[1], to[2]]);
            for along in steps(length) {
                let [left, front, down, radius] = mix(from, to, along.0);
                let activity = uptake * PI * radius * radius * length * along.1;
                self.push(site, [left, front, down], radius / 2.0, activity);
            }
        }
    }

    /// Adds an ellipsoid with three half axes.
    pub fn solid(&mut self, site: Option<Site>, center: Point, half: Point, uptake: f64) {
        let activity = self.varied(uptake) * 4.0 / 3.0 * PI * half.iter().product::<f64>();
        let axes = half.map(|half| steps_of(2.0 * half, GRID));
        let mut inside = Vec::new();
        for left in &axes[0] {
            for front in &axes[1] {
                for down in &axes[2] {
                    let at = [left.0, front.0, down.0].map(|along| 2.0 * along - 1.0);
                    if at.iter().map(|at| at * at).sum::<f64>() <= 1.0 {
                        inside.push([0, 1, 2].map(|axis| center[axis] + at[axis] * half[axis]));
                    }
                }
            }
        }
        #[expect(clippy::cast_precision_loss, reason = "a few hundred")]
        let share = activity / inside.len() as f64;
        let thinnest = half.iter().copied().fold(f64::INFINITY, f64::min);
        inside.into_iter().for_each(|at| self.push(site, at, (GRID / 2.0).min(thinnest / 2.0), share));
    }

    /// Adds the part for which `keep` holds of the shell of an ellipsoid, `thickness` millimeters thick.
    pub fn shell(
        &mut self,
        site: Option<Site>,
        center: Point,
        half: Point,
        thickness: f64,
        uptake: f64,
        keep: impl Fn(Point) -> bool,
    ) {
        let uptake = self.varied(uptake);
        let rings = steps_of(PI * half[2], 2.0 * STEP);
        for (polar, share) in &rings {
            let (height, radius) = ((PI * polar).cos(), (PI * polar).sin());
            let around = steps_of(PI * radius * (half[0] + half[1]), 2.0 * STEP);
            for (turn, part) in &around {
                let (sin, cos) = (2.0 * PI * turn).sin_cos();
                let at = [
                    center[0] + half[0] * radius * cos,
                    center[1] + half[1] * radius * sin,
                    center[2] - half[2] * height,
                ];
                let area = PI * half[2] * share * PI * radius * (half[0] + half[1]) * part;
                if keep(at) {
                    self.push(site, at, STEP, uptake * thickness * area);
                }
            }
        }
    }

    /// Adds a flat triangle, `thickness` millimeters thick.
    pub fn plate(&mut self, site: Option<Site>, corners: [Point; 3], thickness: f64, uptake: f64) {
        let [a, b, c] = corners;
        let uptake = self.varied(uptake);
        let lines = steps_of(distance(a, b).max(distance(a, c)), 2.0 * STEP);
        let height = triangle(corners) * 2.0 / distance(b, c);
        for (along, share) in lines {
            let (from, to) = (mix(a, b, along), mix(a, c, along));
            let length = distance(from, to);
            for (across, part) in steps_of(length, 2.0 * STEP) {
                let activity = uptake * thickness * height * share * length * part;
                self.push(site, mix(from, to, across), STEP, activity);
            }
        }
    }

    /// Moves everything built by `build` by `place`.
    pub fn moved(&mut self, place: impl Fn(Point) -> Point, build: impl FnOnce(&mut Self)) {
        let (sources, joints) = (self.skeleton.sources.len(), self.skeleton.joints.len());
        build(self);
        self.skeleton.sources[sources..]
            .iter_mut()
            .for_each(|source| source.position = place(source.position));
        self.skeleton.joints[joints..].iter_mut().for_each(|joint| joint.position = place(joint.position));
    }

    fn varied(&mut self, uptake: f64) -> f64 {
        self.draws.log_normal(uptake, self.irregularity)
    }

    fn push(&mut self, site: Option<Site>, position: Point, spread: f64, activity: f64) {
        let [left, front, down] = position;
        let position = [left * self.side, front, down];
        self.skeleton.sources.push(Source { position, spread, activity, site });
    }
}

/// Returns the distance of two points.
pub fn distance(a: Point, b: Point) -> f64 {
    a.iter().zip(b).map(|(a, b)| (a - b).powi(2)).sum::<f64>().sqrt()
}

fn triangle([a, b, c]: [Point; 3]) -> f64 {
    let (ab, ac, bc) = (distance(a, b), distance(a, c), distance(b, c));
    let half = (ab + ac + bc) / 2.0;
    (half * (half - ab) * (half - ac) * (half - bc)).max(0.0).sqrt()
}

fn mix<const N: usize>(from: [f64; N], to: [f64; N], along: f64) -> [f64; N] {
    let mut mixed = from;
    mixed.iter_mut().zip(to).for_each(|(value, to)| *value += (to - *value) * along);
    mixed
}

/// Divides a length into steps no longer than [`STEP`]; see [`steps_of`].
fn steps(length: f64) -> Vec<(f64, f64)> {
    steps_of(length, STEP)
}

/// Divides a length into equal steps no longer than `step`, and returns the middle and the size of each, relative.
fn steps_of(length: f64, step: f64) -> Vec<(f64, f64)> {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a body is at most meters long"
    )]
    let count = (length / step).ceil().clamp(1.0, 10_000.0) as u32;
    (0..count).map(|step| ((f64::from(step) + 0.5) / f64::from(count), 1.0 / f64::from(count))).collect()
}

#[cfg(test)]
mod tests {
    use contract::Seed;

    use super::*;

    fn activity(build: impl FnOnce(&mut Builder<'_>)) -> f64 {
        let mut draws = Draws::new(Seed(1), "skeleton");
        let mut builder = Builder::new(&mut draws, 0.0);
        build(&mut builder);
        builder.finish().sources.iter().map(|source| source.activity).sum()
    }

    #[test]
    fn the_activity_of_a_piece_is_its_volume_times_its_uptake() {
        let tube = activity(|bones| bones.tube(None, &[[0.0, 0.0, 0.0, 5.0], [30.0, 0.0, 40.0, 5.0]], 2.0));
        assert!((tube / (2.0 * PI * 25.0 * 50.0) - 1.0).abs() < 1e-9, "{tube}");
        let solid = activity(|bones| bones.solid(None, [0.0; 3], [10.0, 20.0, 30.0], 3.0));
        assert!((solid / (3.0 * 4.0 / 3.0 * PI * 6000.0) - 1.0).abs() < 1e-9, "{solid}");
        let shell = activity(|bones| bones.shell(None, [0.0; 3], [80.0; 3], 5.0, 1.0, |_| true));
        assert!((shell / (5.0 * 4.0 * PI * 6400.0) - 1.0).abs() < 0.01, "{shell}");
        let corners = [[0.0; 3], [60.0, 0.0, 0.0], [0.0, 0.0, 80.0]];
        let plate = activity(|bones| bones.plate(None, corners, 4.0, 1.0));
        assert!((plate / (4.0 * 2400.0) - 1.0).abs() < 0.01, "{plate}");
    }

    #[test]
    fn pieces_are_mirrored_and_moved_and_others_stay() {
        let mut draws = Draws::new(Seed(1), "skeleton");
        let mut bones = Builder::new(&mut draws, 0.1);
        bones.joint(Site::Hip, 0, [1.0, 2.0, 3.0]);
        bones.moved(
            |[left, front, down]| [left + 10.0, front, down],
            |bones| bones.on_side(-1.0, |bones| bones.joint(Site::Knee, 0, [1.0, 2.0, 3.0])),
        );
        let positions: Vec<Point> = bones.finish().joints.iter().map(|joint| joint.position).collect();
        assert_eq!(positions, [[1.0, 2.0, 3.0], [9.0, 2.0, 3.0]]);
    }
}
