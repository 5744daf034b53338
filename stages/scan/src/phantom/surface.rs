use super::raster::{COLS, PIXEL_MM, Point, ROWS, Raster};

/// An elliptic cross-section of a part of the body.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Section {
    /// Its center.
    pub center: Point,
    /// Half of its extent to the sides, in millimeters.
    pub width: f64,
    /// Half of its extent from front to back, in millimeters.
    pub depth: f64,
    /// Activity per volume, in that of the thigh.
    pub activity: f64,
}

/// A part of the body as a stack of cross-sections, from above to below.
pub type Part = Vec<Section>;

/// An ellipsoid: center and half axes.
pub type Lung = (Point, Point);

/// Where the body begins and ends for rays from front to back, at every pixel of the anterior view.
#[derive(Clone, Debug)]
pub struct Surface {
    /// The front, in millimeters; where there is no body, not above the back.
    pub front: Raster,
    /// The back, in millimeters.
    pub back: Raster,
    /// Activity of soft tissue per volume.
    pub activity: Raster,
    /// The front of the lungs; where there is no lung, not above their back.
    pub lung_front: Raster,
    /// The back of the lungs.
    pub lung_back: Raster,
}

/// Half width, half depth and center (front, down) of the sections of head and trunk of the reference body.
const TRUNK: [[f64; 4]; 31] = [
    [1.0, 1.0, 0.0, -6.0],
    [26.0, 34.0, 0.0, 2.0],
    [44.0, 58.0, 0.0, 12.0],
    [60.0, 78.0, 0.0, 28.0],
    [72.0, 92.0, 0.0, 52.0],
    [77.0, 98.0, 0.0, 85.0],
    [77.0, 97.0, 0.0, 120.0],
    [71.0, 90.0, 4.0, 155.0],
    [64.0, 80.0, 8.0, 185.0],
    [56.0, 70.0, 8.0, 210.0],
    [56.0, 58.0, -8.0, 226.0],
    [66.0, 58.0, -20.0, 240.0],
    [104.0, 58.0, -20.0, 250.0],
    [150.0, 60.0, -18.0, 262.0],
    [182.0, 66.0, -14.0, 280.0],
    [190.0, 76.0, -10.0, 300.0],
    [180.0, 88.0, -6.0, 335.0],
    [164.0, 100.0, -2.0, 370.0],
    [158.0, 105.0, 0.0, 410.0],
    [152.0, 108.0, 0.0, 460.0],
    [148.0, 108.0, 0.0, 510.0],
    [148.0, 106.0, 0.0, 560.0],
    [156.0, 104.0, -2.0, 610.0],
    [167.0, 104.0, -6.0, 660.0],
    [175.0, 103.0, -8.0, 710.0],
    [177.0, 100.0, -8.0, 760.0],
    [174.0, 95.0, -6.0, 800.0],
    [160.0, 88.0, -4.0, 830.0],
    [120.0, 70.0, -2.0, 850.0],
    [60.0, 40.0, 0.0, 862.0],
    [1.0, 1.0, 0.0, 868.0],
];

/// The same of the left arm, with the center as (left, front, down).
const ARM: [[f64; 5]; 13] = [
    [8.0, 8.0, 170.0, -12.0, 258.0],
    [36.0, 44.0, 172.0, -12.0, 275.0],
    [42.0, 50.0, 178.0, -13.0, 310.0],
    [43.0, 50.0, 187.0, -16.0, 380.0],
    [41.0, 45.0, 200.0, -18.0, 470.0],
    [40.0, 40.0, 220.0, -18.0, 580.0],
    [42.0, 38.0, 230.0, -10.0, 650.0],
    [34.0, 31.0, 238.0, 0.0, 740.0],
    [27.0, 23.0, 242.0, 6.0, 815.0],
    [36.0, 20.0, 242.0, 9.0, 860.0],
    [38.0, 18.0, 243.0, 10.0, 905.0],
    [32.0, 14.0, 244.0, 8.0, 955.0],
    [6.0, 4.0, 244.0, 6.0, 996.0],
];

/// The same of the left leg.
const LEG: [[f64; 5]; 16] = [
    [84.0, 90.0, 94.0, 0.0, 780.0],
    [84.0, 90.0, 94.0, 0.0, 840.0],
    [82.0, 88.0, 96.0, 2.0, 900.0],
    [76.0, 82.0, 97.0, 2.0, 980.0],
    [67.0, 74.0, 94.0, 0.0, 1070.0],
    [59.0, 66.0, 90.0, 0.0, 1140.0],
    [57.0, 65.0, 88.0, 4.0, 1190.0],
    [53.0, 60.0, 87.0, -4.0, 1240.0],
    [55.0, 60.0, 88.0, -12.0, 1310.0],
    [52.0, 55.0, 88.0, -12.0, 1370.0],
    [42.0, 44.0, 87.0, -8.0, 1460.0],
    [34.0, 38.0, 87.0, -6.0, 1540.0],
    [34.0, 48.0, 88.0, -4.0, 1590.0],
    [42.0, 46.0, 90.0, 16.0, 1640.0],
    [44.0, 30.0, 92.0, 44.0, 1685.0],
    [26.0, 10.0, 92.0, 56.0, 1724.0],
];

/// Muscle takes up more than fat and bowel do: activity of the trunk and of the calf, in that of thigh and arm.
const TRUNK_ACTIVITY: f64 = 0.8;
const CALF_ACTIVITY: f64 = 1.2;

/// The left lung.
const LUNG: Lung = ([72.0, 2.0, 368.0], [44.0, 72.0, 98.0]);

/// Returns head and trunk of the reference body.
pub fn trunk() -> Part {
    let section = |[width, depth, front, down]: [f64; 4]| Section {
        center: [0.0, front, down],
        width,
        depth,
        activity: TRUNK_ACTIVITY,
    };
    TRUNK.map(section).into()
}

/// Returns an arm of the reference body: side 1 is left, -1 is right.
pub fn arm(side: f64) -> Part {
    ARM.map(|section| on_side(section, side)).into()
}

/// Returns a leg of the reference body: side 1 is left, -1 is right.
pub fn leg(side: f64) -> Part {
    LEG.map(|section| on_side(section, side)).into()
}

/// Returns a lung of the reference body: side 1 is left, -1 is right.
pub fn lung(side: f64) -> Lung {
    let ([left, front, down], half) = LUNG;
    ([left * side, front, down], half)
}

fn on_side([width, depth, left, front, down]: [f64; 5], side: f64) -> Section {
    let below = ((down - 1000.0) / 300.0).clamp(0.0, 1.0);
    Section {
        center: [left * side, front, down],
        width,
        depth,
        activity: 1.0 + (CALF_ACTIVITY - 1.0) * below,
    }
}

impl Surface {
    /// Returns the surface around all parts.
    pub fn new(parts: &[Part], lungs: &[Lung]) -> Self {
        let (mut front, mut back) = (Raster::filled(f64::NEG_INFINITY), Raster::filled(f64::INFINITY));
        let mut activity = Raster::filled(1.0);
        for part in parts {
            for pair in part.windows(2) {
                for row in rows(pair[0].center[2], pair[1].center[2]) {
                    let section = between(pair, row);
                    for pixel in widen(&mut front, &mut back, row, &section) {
                        activity.0[pixel] = section.activity;
                    }
                }
            }
        }
        let (mut lung_front, mut lung_back) =
            (Raster::filled(f64::NEG_INFINITY), Raster::filled(f64::INFINITY));
        for (center, half) in lungs {
            for row in rows(center[2] - half[2], center[2] + half[2]) {
                let share = (1.0 - ((middle(row) - center[2]) / half[2]).powi(2)).max(0.0).sqrt();
                let (width, depth) = (half[0] * share, half[1] * share);
                let section = Section { center: *center, width, depth, activity: 0.0 };
                widen(&mut lung_front, &mut lung_back, row, &section);
            }
        }
        Self { front, back, activity, lung_front, lung_back }
    }
}

fn between(pair: &[Section], row: usize) -> Section {
    let (above, below) = (pair[0], pair[1]);
    let along = (middle(row) - above.center[2]) / (below.center[2] - above.center[2]);
    let mix = |from: f64, to: f64| from + (to - from) * along;
    let center = [0, 1, 2].map(|axis| mix(above.center[axis], below.center[axis]));
    let (width, depth) = (mix(above.width, below.width), mix(above.depth, below.depth));
    Section { center, width, depth, activity: mix(above.activity, below.activity) }
}

/// Returns the rows whose middle lies from `above` to `below`, in millimeters.
fn rows(above: f64, below: f64) -> impl Iterator<Item = usize> {
    (0..ROWS).filter(move |row| (above..below).contains(&middle(*row)))
}

/// Returns the middle of a row, in millimeters from the first.
fn middle(row: usize) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "a small number")]
    let row = row as f64;
    (row + 0.5) * PIXEL_MM
}

/// Widens what lies between front and back so that it holds a section, and returns the pixels of the section.
fn widen(front: &mut Raster, back: &mut Raster, row: usize, section: &Section) -> Vec<usize> {
    let mut pixels = Vec::new();
    for (pixel, col) in (row * COLS..(row + 1) * COLS).zip(0_i32..) {
        let left = (f64::from(col) - 127.5) * PIXEL_MM - section.center[0];
        let across = 1.0 - (left / section.width).powi(2);
        if across > 0.0 {
            let reach = section.depth * across.sqrt();
            front.0[pixel] = front.0[pixel].max(section.center[1] + reach);
            back.0[pixel] = back.0[pixel].min(section.center[1] - reach);
            pixels.push(pixel);
        }
    }
    pixels
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ray_through_the_middle_of_a_part_meets_its_front_and_back() {
        let section = |down| Section { center: [0.0, 5.0, down], width: 50.0, depth: 40.0, activity: 1.0 };
        let surface = Surface::new(&[vec![section(100.0), section(300.0)]], &[]);
        assert!((surface.front.at([128.0, 80.0]) - 45.0).abs() < 0.1);
        assert!((surface.back.at([128.0, 80.0]) + 35.0).abs() < 0.1);
        assert!(surface.front.at([155.0, 80.0]).is_infinite());
        assert!(surface.front.at([128.0, 200.0]).is_infinite());
    }
}
