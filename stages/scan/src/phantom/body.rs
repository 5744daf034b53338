use std::f64::consts::PI;

use super::difficulty::Difficulty;
use super::draws::Draws;
use super::patient::{Build, Patient, Pose};
use super::raster::{Point, in_field};
use super::skeleton::{Builder, Joint, Skeleton, Source};
use super::surface::{self, Lung, Part, Surface};
use super::{girdles, limbs, trunk};

/// A patient's body in the coordinates of the scan.
#[derive(Clone, Debug)]
pub struct Body {
    /// Bones and organs.
    pub sources: Vec<Source>,
    /// Where arthritis may be: all joints in the field of view.
    pub joints: Vec<Joint>,
    /// Where the body begins and ends.
    pub surface: Surface,
}

/// By how much the uptake of single bones differs at most from that of all.
const IRREGULARITY: f64 = 0.06;
/// How far arthritis reaches beyond the middle of a joint.
const JOINT_MM: f64 = 15.0;

impl Body {
    /// Builds the healthy body of a patient.
    pub fn of(patient: &Patient, difficulty: Difficulty, draws: &mut Draws) -> Self {
        let placement = Placement { build: patient.build, pose: patient.pose };
        let Skeleton { sources, joints } =
            skeleton(patient, placement, IRREGULARITY * difficulty.variants(), draws);
        let parts = [
            placement.part(surface::trunk(), |point| point),
            placement.part(surface::arm(1.0), placement.arm(1.0)),
            placement.part(surface::arm(-1.0), placement.arm(-1.0)),
            placement.part(surface::leg(1.0), placement.leg(1.0)),
            placement.part(surface::leg(-1.0), placement.leg(-1.0)),
        ];
        let lungs = [1.0, -1.0].map(|side| placement.lung(surface::lung(side)));
        Self { sources, joints, surface: Surface::new(&parts, &lungs) }
    }
}

fn skeleton(patient: &Patient, placement: Placement, irregularity: f64, draws: &mut Draws) -> Skeleton {
    let tracer = patient.tracer;
    let mut bones = Builder::new(draws, irregularity);
    bones.moved(placement.head(), trunk::skull);
    let skull = bones.len();
    trunk::spine(&mut bones);
    trunk::thorax(&mut bones);
    girdles::sacrum(&mut bones);
    for side in [1.0, -1.0] {
        bones.on_side(side, girdles::shoulder);
        bones.on_side(side, girdles::hip_bone);
        bones.moved(placement.arm(side), |bones| bones.on_side(side, limbs::arm));
        bones.moved(placement.leg(side), |bones| bones.on_side(side, limbs::leg));
    }
    let skeleton = bones.len();
    for (left, uptake) in [62.0, -62.0].into_iter().zip(tracer.kidneys) {
        bones.solid(None, [left, -52.0, 528.0], [26.0, 19.0, 50.0], uptake);
    }
    let bladder = tracer.bladder_mm;
    bones.solid(None, [0.0, 18.0, 790.0 - bladder], [bladder * 1.2, bladder, bladder * 0.8], tracer.bladder);
    let mut body = bones.finish();
    body.sources[..skull].iter_mut().for_each(|source| source.activity *= tracer.skull);
    body.sources[..skeleton].iter_mut().for_each(|source| source.activity *= tracer.bone);
    body.sources.iter_mut().for_each(|source| {
        source.position = placement.point(source.position);
        source.activity *= placement.volume();
    });
    body.joints.iter_mut().for_each(|joint| joint.position = placement.point(joint.position));
    body.joints.retain(|joint| in_field(joint.position[0].abs() + JOINT_MM));
    body
}

/// How the reference body is made a patient's, and laid under the camera.
#[derive(Clone, Copy, Debug)]
struct Placement {
    build: Build,
    pose: Pose,
}

impl Placement {
    /// Returns where a point of the reference body is, once limbs and head are turned.
    fn point(self, [left, front, down]: Point) -> Point {
        let (build, pose) = (self.build, self.pose);
        let width = self.width(down);
        let bow = pose.scoliosis_mm * (PI * ((down - 230.0) / 480.0).clamp(0.0, 1.0)).sin();
        let left = left * width + bow;
        let down = down * build.length;
        let (sin, cos) = pose.tilt.sin_cos();
        // The body turns about the middle of the hips.
        let hips = 760.0 * build.length;
        let (aside, below) = (left * cos - (down - hips) * sin, left * sin + (down - hips) * cos);
        [aside + pose.left_mm, front * build.depth, below + hips + pose.crown_mm]
    }

    /// Returns how wide the body is at a height, relative to the reference.
    fn width(self, down: f64) -> f64 {
        let hips = ((down - 400.0) / 250.0).clamp(0.0, 1.0);
        self.build.shoulders + (self.build.hips - self.build.shoulders) * hips
    }

    /// Returns by how much a volume grows.
    fn volume(self) -> f64 {
        self.build.length * (self.build.shoulders + self.build.hips) / 2.0 * self.build.depth
    }

    fn part(self, part: Part, turn: impl Fn(Point) -> Point) -> Part {
        let mut part = part;
        for section in &mut part {
            section.width *= self.width(section.center[2]) * self.build.girth;
            section.depth *= self.build.depth * self.build.girth;
            section.center = self.point(turn(section.center));
        }
        part
    }

    fn lung(self, (center, half): Lung) -> Lung {
        let width = self.width(center[2]);
        (self.point(center), [half[0] * width, half[1] * self.build.depth, half[2] * self.build.length])
    }

    /// Turns the head about the neck.
    fn head(self) -> impl Fn(Point) -> Point {
        let (sin, cos) = self.pose.gaze.sin_cos();
        move |[left, front, down]| [left * cos + front * sin, front * cos - left * sin, down]
    }

    /// Turns an arm about its shoulder.
    fn arm(self, side: f64) -> impl Fn(Point) -> Point {
        turned(side, [166.0, 290.0], self.pose.arms[usize::from(side < 0.0)])
    }

    /// Turns a leg about its hip.
    fn leg(self, side: f64) -> impl Fn(Point) -> Point {
        turned(side, [88.0, 752.0], self.pose.legs[usize::from(side < 0.0)])
    }
}

/// Turns to the outside, about a pivot (left, down) of the left side.
fn turned(side: f64, pivot: [f64; 2], angle: f64) -> impl Fn(Point) -> Point {
    let (sin, cos) = angle.sin_cos();
    move |[left, front, down]| {
        let (aside, below) = (left * side - pivot[0], down - pivot[1]);
        [side * (pivot[0] + aside * cos + below * sin), front, pivot[1] + below * cos - aside * sin]
    }
}
