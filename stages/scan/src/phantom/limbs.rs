//! Arm and leg of the reference body.

use super::site::Site;
use super::skeleton::Builder;

/// Uptakes per volume, in that of soft tissue, set so that regional counts agree with a real scan.
const SHAFT: f64 = 4.2;
const END: f64 = 6.0;
const KNEE: f64 = 4.2;
const HAND: f64 = 3.5;
const FOOT: f64 = 3.4;

/// Adds the arm of one side, hanging down, with its joints.
pub fn arm(bones: &mut Builder<'_>) {
    let humerus = Some(Site::Humerus);
    bones.solid(humerus, [166.0, -12.0, 290.0], [23.0, 23.0, 24.0], END);
    bones.tube(
        humerus,
        &[[170.0, -12.0, 306.0, 14.0], [182.0, -15.0, 350.0, 10.5], [194.0, -18.0, 430.0, 9.5]],
        SHAFT,
    );
    bones.tube(None, &[[194.0, -18.0, 430.0, 9.5], [216.0, -20.0, 556.0, 11.0]], SHAFT);
    bones.solid(None, [222.0, -18.0, 576.0], [26.0, 11.0, 13.0], END);
    bones.tube(
        None,
        &[[233.0, -10.0, 592.0, 7.5], [241.0, 4.0, 700.0, 6.0], [248.0, 9.0, 816.0, 9.0]],
        SHAFT,
    );
    bones.tube(
        None,
        &[[219.0, -26.0, 572.0, 9.0], [229.0, -14.0, 700.0, 6.0], [236.0, 1.0, 816.0, 6.0]],
        SHAFT,
    );
    hand(bones);
    bones.joint(Site::Shoulder, 0, [154.0, -14.0, 288.0]);
    bones.joint(Site::Shoulder, 1, [172.0, -4.0, 272.0]);
    bones.joint(Site::Elbow, 0, [210.0, -18.0, 582.0]);
    bones.joint(Site::Elbow, 1, [232.0, -14.0, 584.0]);
    bones.joint(Site::Hand, 0, [244.0, 8.0, 826.0]);
    bones.joint(Site::Hand, 1, [228.0, 12.0, 850.0]);
}

fn hand(bones: &mut Builder<'_>) {
    bones.solid(None, [243.0, 8.0, 836.0], [20.0, 10.0, 13.0], END);
    for (finger, length) in
        [128.0, 140.0, 136.0, 118.0].into_iter().zip(0_u32..).map(|(length, n)| (f64::from(n), length))
    {
        let (root, tip) = (232.0 + 7.5 * finger, 226.0 + 12.0 * finger);
        bones.tube(
            None,
            &[[root, 10.0, 850.0, 4.0], [tip, 12.0, 910.0, 4.0], [tip, 6.0, 850.0 + length, 3.5]],
            HAND,
        );
    }
    bones.tube(
        None,
        &[[228.0, 14.0, 846.0, 4.5], [214.0, 18.0, 890.0, 4.5], [208.0, 18.0, 915.0, 4.0]],
        HAND,
    );
}

/// Adds the leg of one side, with its joints.
pub fn leg(bones: &mut Builder<'_>) {
    let femur = Some(Site::Femur);
    bones.solid(femur, [88.0, 0.0, 752.0], [23.0, 23.0, 23.0], END * 0.8);
    bones.tube(femur, &[[94.0, -1.0, 758.0, 15.0], [118.0, -5.0, 782.0, 15.0]], END * 0.8);
    bones.solid(femur, [131.0, -9.0, 782.0], [15.0, 17.0, 20.0], END);
    bones.tube(
        femur,
        &[[126.0, -6.0, 796.0, 17.0], [120.0, 6.0, 850.0, 14.5], [110.0, 16.0, 960.0, 13.5]],
        SHAFT,
    );
    bones.tube(
        None,
        &[[110.0, 16.0, 960.0, 13.5], [95.0, 6.0, 1110.0, 15.0], [89.0, 1.0, 1158.0, 23.0]],
        SHAFT,
    );
    knee(bones);
    bones.tube(
        None,
        &[[87.0, 4.0, 1222.0, 19.0], [85.0, 8.0, 1280.0, 13.0], [82.0, 0.0, 1420.0, 11.0]],
        SHAFT,
    );
    bones.tube(
        None,
        &[[82.0, 0.0, 1420.0, 11.0], [80.0, -7.0, 1530.0, 11.5], [79.0, -8.0, 1566.0, 17.0]],
        SHAFT,
    );
    bones.tube(
        None,
        &[[121.0, -14.0, 1222.0, 7.0], [112.0, -16.0, 1400.0, 5.0], [103.0, -14.0, 1584.0, 7.5]],
        SHAFT,
    );
    foot(bones);
    bones.joint(Site::Hip, 0, [94.0, 4.0, 728.0]);
    bones.joint(Site::Hip, 1, [70.0, 6.0, 756.0]);
}

fn knee(bones: &mut Builder<'_>) {
    for left in [64.0, 112.0] {
        bones.solid(None, [left, -2.0, 1178.0], [21.0, 26.0, 19.0], KNEE);
    }
    bones.solid(None, [88.0, -2.0, 1211.0], [39.0, 23.0, 13.0], KNEE);
    bones.solid(None, [88.0, 46.0, 1170.0], [20.0, 8.0, 20.0], KNEE);
    bones.joint(Site::Knee, 0, [60.0, 4.0, 1196.0]);
    bones.joint(Site::Knee, 1, [116.0, 4.0, 1196.0]);
    bones.joint(Site::Knee, 2, [88.0, 44.0, 1170.0]);
}

fn foot(bones: &mut Builder<'_>) {
    bones.solid(None, [82.0, 2.0, 1588.0], [18.0, 22.0, 14.0], FOOT);
    bones.solid(None, [86.0, -28.0, 1608.0], [16.0, 24.0, 20.0], FOOT);
    bones.solid(None, [88.0, 28.0, 1620.0], [23.0, 18.0, 18.0], FOOT);
    for (toe, reach) in [1712.0, 1714.0, 1708.0, 1702.0, 1694.0]
        .into_iter()
        .zip(0_u32..)
        .map(|(reach, n)| (f64::from(n), reach))
    {
        let (root, tip) = (74.0 + 8.0 * toe, 66.0 + 13.0 * toe);
        bones.tube(
            None,
            &[[root, 36.0, 1634.0, 5.0], [tip, 58.0, 1684.0, 5.0], [tip, 56.0, reach, 4.0]],
            FOOT,
        );
    }
    bones.joint(Site::Foot, 0, [84.0, 0.0, 1576.0]);
    bones.joint(Site::Foot, 1, [90.0, 30.0, 1622.0]);
    bones.joint(Site::Foot, 2, [66.0, 58.0, 1684.0]);
}
