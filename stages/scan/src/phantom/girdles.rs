//! Shoulder girdle and pelvis of the reference body.

use super::site::Site;
use super::skeleton::Builder;

/// Uptakes per volume, in that of soft tissue, set so that regional counts agree with a real scan.
const SCAPULA: f64 = 10.0;
const CLAVICLE: f64 = 9.0;
const PELVIS: f64 = 9.0;
const SACRUM: f64 = 12.0;

/// Adds scapula and clavicle of one side, with the joints at both ends of the clavicle.
pub fn shoulder(bones: &mut Builder<'_>) {
    let scapula = Some(Site::Scapula);
    let (glenoid, upper, lower) = ([146.0, -22.0, 296.0], [76.0, -78.0, 276.0], [92.0, -96.0, 428.0]);
    bones.plate(scapula, [glenoid, upper, lower], 3.0, SCAPULA);
    bones.solid(scapula, glenoid, [9.0, 12.0, 18.0], SCAPULA);
    bones.tube(
        scapula,
        &[[140.0, -34.0, 308.0, 5.0], [108.0, -84.0, 390.0, 5.0], [92.0, -96.0, 428.0, 5.5]],
        SCAPULA,
    );
    bones.tube(
        scapula,
        &[[76.0, -78.0, 276.0, 3.0], [80.0, -94.0, 340.0, 3.0], [92.0, -96.0, 428.0, 4.0]],
        SCAPULA,
    );
    bones.tube(
        scapula,
        &[[82.0, -90.0, 302.0, 4.0], [128.0, -76.0, 284.0, 5.0], [164.0, -26.0, 264.0, 7.0]],
        SCAPULA,
    );
    bones.tube(scapula, &[[134.0, -16.0, 284.0, 5.0], [124.0, 12.0, 288.0, 5.0]], SCAPULA);
    let clavicle = [
        [24.0, 62.0, 287.0, 8.0],
        [68.0, 58.0, 273.0, 5.5],
        [114.0, 26.0, 262.0, 5.5],
        [156.0, -6.0, 260.0, 6.5],
    ];
    bones.tube(Some(Site::Clavicle), &clavicle, CLAVICLE);
    bones.joint(Site::Clavicle, 0, [24.0, 62.0, 288.0]);
    bones.joint(Site::Clavicle, 1, [158.0, -10.0, 261.0]);
}

/// Adds the sacrum.
pub fn sacrum(bones: &mut Builder<'_>) {
    let segments = [
        ([0.0, -52.0, 642.0], [44.0, 15.0, 12.0]),
        ([0.0, -66.0, 664.0], [37.0, 13.0, 12.0]),
        ([0.0, -77.0, 685.0], [28.0, 11.0, 11.0]),
        ([0.0, -83.0, 703.0], [20.0, 9.0, 9.0]),
        ([0.0, -82.0, 722.0], [11.0, 7.0, 11.0]),
    ];
    for (center, half) in segments {
        bones.solid(Some(Site::Vertebra), center, half, SACRUM * 0.8);
    }
}

/// Adds the hip bone of one side.
pub fn hip_bone(bones: &mut Builder<'_>) {
    let pelvis = Some(Site::Pelvis);
    let (sacral, back, top, side, spine, roof) = (
        [42.0, -66.0, 668.0],
        [48.0, -78.0, 622.0],
        [84.0, -52.0, 588.0],
        [122.0, 0.0, 602.0],
        [120.0, 56.0, 656.0],
        [90.0, 2.0, 724.0],
    );
    for (from, to) in [(sacral, back), (back, top), (top, side), (side, spine)] {
        bones.plate(pelvis, [roof, from, to], 3.5, PELVIS);
    }
    let crest = [
        [48.0, -78.0, 622.0, 7.0],
        [84.0, -52.0, 588.0, 6.0],
        [122.0, 0.0, 602.0, 7.0],
        [120.0, 56.0, 656.0, 7.0],
    ];
    bones.tube(pelvis, &crest, PELVIS * 1.1);
    bones.tube(
        pelvis,
        &[[120.0, 56.0, 656.0, 6.0], [104.0, 38.0, 698.0, 6.0], [92.0, 18.0, 728.0, 8.0]],
        PELVIS,
    );
    bones.tube(pelvis, &[[40.0, -70.0, 626.0, 6.0], [34.0, -74.0, 686.0, 6.0]], SACRUM * 1.5);
    bones.tube(pelvis, &[[58.0, -58.0, 672.0, 9.0], [82.0, -20.0, 724.0, 12.0]], PELVIS);
    bones.shell(pelvis, [88.0, 0.0, 752.0], [29.0, 29.0, 29.0], 5.0, PELVIS, |[left, _, down]| {
        down - 0.4 * left < 722.0
    });
    bones.tube(
        pelvis,
        &[[74.0, 22.0, 756.0, 8.0], [36.0, 44.0, 772.0, 7.0], [8.0, 48.0, 786.0, 8.0]],
        PELVIS,
    );
    bones.tube(
        pelvis,
        &[[8.0, 46.0, 794.0, 7.0], [34.0, 12.0, 822.0, 6.0], [50.0, -22.0, 838.0, 10.0]],
        PELVIS,
    );
    bones.tube(
        pelvis,
        &[[52.0, -26.0, 840.0, 11.0], [70.0, -32.0, 806.0, 11.0], [84.0, -20.0, 768.0, 12.0]],
        PELVIS,
    );
}
