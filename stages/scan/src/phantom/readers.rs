use std::f64::consts::TAU;

use super::draws::Draws;
use super::mark::Mark;
use super::raster::SIZE;
use super::site::Site;
use super::spot::Ellipse;
use crate::labelme::{Annotation, Disease, Finding, Shape, ShapeType};

/// The paper's three physicians.
pub const READERS: usize = 3;

/// How often, of all images, one of the readers sees other diseases than there are; never two.
const DISSENTS: f64 = 0.06;
/// How often a reader passes over one lesion among several.
const MISSES: f64 = 0.04;
/// How often a reader names a neighboring bone.
const MISNAMES: f64 = 0.02;
/// How often a reader marks one spot too many, of a disease that is there.
const EXCEEDS: f64 = 0.03;

/// Returns what each reader marks in an image, given what can be `seen` in it, and what may be taken for a lesion.
///
/// At least two of three see exactly the diseases that there are, so a vote finds the truth.
pub fn read(seen: &[Mark], decoys: &[Mark], draws: &mut Draws) -> [Vec<Mark>; READERS] {
    let dissenter = draws.chance(DISSENTS).then(|| draws.position(READERS));
    std::array::from_fn(|reader| {
        let marks = agree(seen, decoys, draws);
        if dissenter == Some(reader) { dissent(marks, decoys, draws) } else { marks }
    })
}

/// Reads an image with small mistakes; the clearest mark of each disease is always made.
fn agree(seen: &[Mark], decoys: &[Mark], draws: &mut Draws) -> Vec<Mark> {
    let mut marks: Vec<Mark> = Vec::new();
    for mark in seen {
        let first = marks.iter().all(|earlier| earlier.disease != mark.disease);
        if first || !draws.chance(MISSES) {
            let site = if draws.chance(MISNAMES) { mistaken(mark) } else { mark.site };
            marks.push(Mark { site, ..*mark });
        }
    }
    let fitting: Vec<&Mark> =
        decoys.iter().filter(|decoy| marks.iter().any(|mark| mark.disease == decoy.disease)).collect();
    if draws.chance(EXCEEDS) && !fitting.is_empty() {
        marks.push(*fitting[draws.position(fitting.len())]);
    }
    marks
}

/// Makes of a reading one with other diseases.
fn dissent(mut marks: Vec<Mark>, decoys: &[Mark], draws: &mut Draws) -> Vec<Mark> {
    let Some(disease) = marks.first().map(|mark| mark.disease) else {
        return if decoys.is_empty() { marks } else { vec![decoys[draws.position(decoys.len())]] };
    };
    if draws.chance(0.5) {
        marks.retain(|mark| mark.disease != disease);
    } else {
        let other = match disease {
            Disease::Metastasis => Disease::Arthritis,
            Disease::Arthritis => Disease::Metastasis,
        };
        marks.iter_mut().filter(|mark| mark.disease == disease).for_each(|mark| mark.disease = other);
    }
    marks
}

/// Returns the bone that a reader may take a marked one for.
fn mistaken(mark: &Mark) -> Site {
    match (mark.disease, mark.site) {
        (Disease::Metastasis, Site::Vertebra | Site::Scapula | Site::Sternum) => Site::Rib,
        (Disease::Metastasis, Site::Rib) => Site::Scapula,
        (Disease::Metastasis, Site::Pelvis) => Site::Femur,
        (Disease::Metastasis, Site::Femur) => Site::Pelvis,
        (_, site) => site,
    }
}

/// Returns a reading as LabelMe has it: a polygon around each mark, drawn by hand.
pub fn annotation(marks: &[Mark], image_path: String, draws: &mut Draws) -> Annotation {
    let shape = |mark: &Mark| Shape {
        label: Finding { disease: mark.disease, site: Some(mark.site.as_str().to_owned()) }.to_string(),
        points: polygon(&mark.ellipse, draws),
        shape_type: ShapeType::Polygon,
    };
    Annotation {
        shapes: marks.iter().map(shape).collect(),
        image_path,
        image_height: Some(SIZE[0].into()),
        image_width: Some(SIZE[1].into()),
    }
}

/// Draws a line around an ellipse, a little outside of where it falls to half of its height.
fn polygon(ellipse: &Ellipse, draws: &mut Draws) -> Vec<[f64; 2]> {
    const CORNERS: u32 = 12;
    const EDGE: f64 = 1.6;
    let (sin, cos) = ellipse.angle.sin_cos();
    let size = draws.log_normal(EDGE, 0.1);
    let [col, row] = ellipse.center.map(|center| draws.normal(center, 0.4));
    let corner = |corner: u32| {
        let (down, along) = (TAU * f64::from(corner) / f64::from(CORNERS)).sin_cos();
        let reach = draws.log_normal(size, 0.05);
        let [along, down] = [along * ellipse.deviations[0], down * ellipse.deviations[1]];
        let at = [col + reach * (along * cos - down * sin), row + reach * (along * sin + down * cos)];
        [within(at[0], SIZE[1]), within(at[1], SIZE[0])]
    };
    (0..CORNERS).map(corner).collect()
}

/// Returns a coordinate in hundredths of a pixel, in the image.
fn within(at: f64, size: u16) -> f64 {
    (at.clamp(0.0, size.into()) * 100.0).round() / 100.0
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use contract::Seed;

    use super::*;

    fn mark(disease: Disease) -> Mark {
        let ellipse = Ellipse { center: [100.0, 1020.0], deviations: [4.0, 2.0], angle: 0.3 };
        Mark { disease, site: Site::Vertebra, ellipse, contrast: 1.0, visible: true }
    }

    fn diseases(marks: &[Mark]) -> BTreeSet<Disease> {
        marks.iter().map(|mark| mark.disease).collect()
    }

    #[test]
    fn two_of_three_readers_always_see_the_truth_and_sometimes_one_does_not() {
        let (m, a) = (mark(Disease::Metastasis), mark(Disease::Arthritis));
        for truth in [vec![], vec![m, m, m], vec![a], vec![m, a, m, a]] {
            let mut draws = Draws::new(Seed(1), "readers");
            let mut dissents = 0;
            for _ in 0..1000 {
                let readings = read(&truth, &[m, a], &mut draws);
                let right = readings.iter().filter(|marks| diseases(marks) == diseases(&truth)).count();
                assert!(right >= 2);
                dissents += READERS - right;
            }
            assert!((30..90).contains(&dissents), "{dissents}");
        }
    }

    #[test]
    fn polygons_lie_in_the_image() {
        let marks = vec![mark(Disease::Arthritis); 50];
        let annotation = annotation(&marks, "a.dcm".to_owned(), &mut Draws::new(Seed(1), "polygon"));
        for shape in annotation.shapes {
            assert_eq!((shape.label.as_str(), shape.points.len()), ("A:arthritis:vertebra", 12));
            let bounds = shape.bounds();
            assert!(
                bounds.x_min > 80.0
                    && bounds.x_max < 120.0
                    && bounds.y_min > 1000.0
                    && bounds.y_max <= 1024.0
            );
        }
    }
}
