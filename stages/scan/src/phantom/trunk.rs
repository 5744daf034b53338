//! Skull, spine, ribs and sternum of the reference body: 1720 mm from the crown to the toes, which point down.

use std::f64::consts::PI;

use super::raster::Point;
use super::site::Site;
use super::skeleton::Builder;

/// Uptakes per volume, in that of soft tissue, set so that regional counts agree with a real scan.
const SKULL: f64 = 5.0;
const FACE: f64 = 11.0;
const SPINE: f64 = 18.0;
const RIB: f64 = 11.0;
const STERNUM: f64 = 16.0;

/// For each rib: half width, half depth and height of its arch, and the angle in degrees at which it ends: 0 is at
/// the side, 90 in front.
const RIBS: [[f64; 4]; 12] = [
    [56.0, 42.0, 28.0, 66.0],
    [82.0, 56.0, 42.0, 62.0],
    [101.0, 68.0, 55.0, 60.0],
    [114.0, 77.0, 66.0, 57.0],
    [122.0, 83.0, 76.0, 53.0],
    [128.0, 87.0, 84.0, 48.0],
    [131.0, 90.0, 90.0, 42.0],
    [132.0, 91.0, 92.0, 34.0],
    [130.0, 90.0, 88.0, 24.0],
    [124.0, 87.0, 78.0, 12.0],
    [112.0, 76.0, 58.0, -15.0],
    [94.0, 62.0, 36.0, -42.0],
];

/// Adds the skull; the crown is at 0, the chin at 212 mm.
pub fn skull(bones: &mut Builder<'_>) {
    let vault = Some(Site::Skull);
    let center = [0.0, 0.0, 92.0];
    bones
        .shell(vault, center, [70.0, 88.0, 90.0], 6.0, SKULL, |[_, front, down]| down < 118.0 - 0.35 * front);
    bones.solid(vault, [0.0, -12.0, 130.0], [48.0, 52.0, 9.0], SKULL / 2.0);
    bones.solid(None, [0.0, 66.0, 140.0], [22.0, 15.0, 22.0], FACE);
    bones.tube(None, &[[-22.0, 74.0, 172.0, 8.0], [0.0, 84.0, 172.0, 8.0], [22.0, 74.0, 172.0, 8.0]], FACE);
    for side in [1.0, -1.0] {
        bones.on_side(side, |bones| {
            bones.solid(None, [33.0, 58.0, 148.0], [14.0, 16.0, 14.0], FACE);
            bones.tube(
                None,
                &[[66.0, 5.0, 132.0, 4.0], [58.0, 40.0, 136.0, 5.0], [42.0, 62.0, 140.0, 6.0]],
                FACE,
            );
            let jaw = [
                [54.0, 8.0, 150.0, 5.0],
                [48.0, 12.0, 186.0, 7.0],
                [28.0, 58.0, 202.0, 7.0],
                [0.0, 78.0, 206.0, 7.0],
            ];
            bones.tube(None, &jaw, FACE * 0.8);
        });
    }
}

/// Adds the spine from the first cervical to the fifth lumbar vertebra, with the facet joints of the latter.
pub fn spine(bones: &mut Builder<'_>) {
    for number in 0..24 {
        vertebra(bones, number);
    }
}

/// Returns the center of a vertebral body, the first cervical one being number 0.
fn body(number: u32) -> Point {
    let number = f64::from(number);
    let down = match number {
        n if n < 7.0 => 160.0 + 11.5 * n,
        n if n < 19.0 => 242.0 + (n - 7.0) * (17.0 + 0.33 * (n - 7.0)),
        n => 493.0 + 30.0 * (n - 19.0),
    };
    let front = match number {
        n if n < 7.0 => -22.0 + 8.0 * (PI * n / 7.0).sin() - n,
        n if n < 19.0 => -31.0 - 36.0 * (PI * (n - 7.0) / 13.0).sin(),
        n => -42.0 + 14.0 * (PI * (n - 18.0) / 6.0).sin(),
    };
    [0.0, front, down]
}

fn vertebra(bones: &mut Builder<'_>, number: u32) {
    let spine = Some(Site::Vertebra);
    let [_, front, down] = body(number);
    let growth = f64::from(number) / 23.0;
    let half = [10.0 + 13.0 * growth, 8.0 + 9.0 * growth, 4.5 + 8.5 * growth];
    let lumbar = number >= 19;
    let uptake = if lumbar { SPINE * 0.95 } else { SPINE };
    let back = front - half[1];
    bones.solid(spine, [0.0, front, down], half, uptake);
    bones.tube(spine, &[[0.0, back - 14.0, down + 2.0, 4.0], [0.0, back - 32.0, down + 8.0, 3.5]], uptake);
    for side in [1.0, -1.0] {
        bones.on_side(side, |bones| {
            let facet = [0.65 * half[0] + 3.0, back - 12.0, down + 0.9 * half[2]];
            bones.solid(spine, facet, [5.0, 5.0, 5.0 + 3.0 * growth], uptake);
            if lumbar {
                bones.joint(Site::Vertebra, number as usize - 19, facet);
                let [left, front, down] = facet;
                let process = [[left, front, down - 12.0, 3.0], [left + 20.0, front - 4.0, down - 14.0, 3.0]];
                bones.tube(spine, &process, uptake * 0.7);
            }
        });
    }
}

/// Adds ribs and sternum.
pub fn thorax(bones: &mut Builder<'_>) {
    for side in [1.0, -1.0] {
        bones.on_side(side, |bones| {
            for (arch, number) in RIBS.into_iter().zip(7..) {
                let rib = rib(arch, body(number));
                bones.tube(Some(Site::Rib), &rib, RIB);
                if let ([.., last, end], true) = (rib.as_slice(), number < 17) {
                    bones.tube(Some(Site::Rib), &[*last, *end], RIB * 0.6);
                }
            }
        });
    }
    let sternum = Some(Site::Sternum);
    bones.solid(sternum, [0.0, 64.0, 304.0], [24.0, 7.0, 22.0], STERNUM);
    bones.solid(sternum, [0.0, 82.0, 376.0], [15.0, 6.0, 54.0], STERNUM);
}

/// Returns the path of a rib from its vertebra to its cartilage.
fn rib([width, depth, height, end]: [f64; 4], [_, front, down]: Point) -> Vec<[f64; 4]> {
    const BEGIN: f64 = -82.0;
    const PIECES: u32 = 14;
    // Behind, all ribs begin at the level of the back of their vertebra.
    let center = front - 18.0 + depth * 0.97;
    let piece = |piece: u32| {
        let along = f64::from(piece) / f64::from(PIECES);
        let (sin, cos) = (BEGIN + (end - BEGIN) * along).to_radians().sin_cos();
        let bow = 1.0 - 0.12 * (along * PI).sin();
        [width * cos, center + depth * sin, down - 6.0 + height * along.powf(1.15) * bow, 4.2]
    };
    (0..=PIECES).map(piece).collect()
}
