use std::collections::{BTreeMap, BTreeSet};

use table::Lesion;

/// Overlap (intersection over union) from which two shapes are one lesion.
const OVERLAP: f64 = 0.3;

/// Distance of their centers, in pixels of the stored image, up to which two shapes are one lesion.
const DISTANCE: f64 = 8.0;

/// Returns the lesions that at least two readers marked, in the order of the first of them; of a single reader, all.
///
/// Two shapes are the same lesion if they lie in one image, are of one disease, come from different readers, and
/// overlap by at least 0.3 or have centers at most 8 pixels apart. Its edges are the medians of theirs, its site is
/// the one that most of them name, and its reader lists theirs.
///
/// The paper counts lesions (Fig. 2) without saying when two shapes are one.
pub(crate) fn agreed(lesions: &[Lesion]) -> Vec<Lesion> {
    let readers: BTreeSet<&str> = lesions.iter().map(|lesion| lesion.reader.as_str()).collect();
    let needed = readers.len().min(2);
    let mut shapes = BTreeMap::<(&str, &str), Vec<&Lesion>>::new();
    for lesion in lesions {
        shapes.entry((&lesion.image_id, &lesion.disease)).or_default().push(lesion);
    }
    let groups = shapes.into_values().flat_map(|shapes| grouped(shapes, &readers));
    groups.filter(|group| group.len() >= needed).filter_map(|group| merged(&group)).collect()
}

/// Returns how many of these lesions are of a disease, and in how many scans.
pub(crate) fn of_disease(lesions: &[Lesion], disease: &str) -> (usize, usize) {
    let scans = lesions.iter().filter(|lesion| lesion.disease == disease).map(|lesion| &lesion.image_id);
    let scans: Vec<&String> = scans.collect();
    (scans.len(), scans.iter().collect::<BTreeSet<_>>().len())
}

/// Returns the shapes of one image and disease, those of one lesion together: each with the best match of every other
/// reader that is still free.
fn grouped<'a>(mut free: Vec<&'a Lesion>, readers: &BTreeSet<&str>) -> Vec<Vec<&'a Lesion>> {
    let mut groups = Vec::new();
    while !free.is_empty() {
        let first = free.remove(0);
        let mut group = vec![first];
        for reader in readers.iter().filter(|reader| **reader != first.reader) {
            let candidates = free.iter().enumerate().filter(|(_, shape)| shape.reader == **reader);
            let matches = candidates.filter(|(_, shape)| is_same(first, shape));
            let closest = matches.min_by(|(_, a), (_, b)| distance(first, a).total_cmp(&distance(first, b)));
            if let Some((index, _)) = closest {
                group.push(free.remove(index));
            }
        }
        groups.push(group);
    }
    groups
}

fn is_same(a: &Lesion, b: &Lesion) -> bool {
    distance(a, b) <= DISTANCE || overlap(a, b) >= OVERLAP
}

fn overlap(a: &Lesion, b: &Lesion) -> f64 {
    let area = |shape: &Lesion| (shape.x_max - shape.x_min) * (shape.y_max - shape.y_min);
    let width = (a.x_max.min(b.x_max) - a.x_min.max(b.x_min)).max(0.0);
    let height = (a.y_max.min(b.y_max) - a.y_min.max(b.y_min)).max(0.0);
    let union = area(a) + area(b) - width * height;
    if union > 0.0 { width * height / union } else { 0.0 }
}

fn distance(a: &Lesion, b: &Lesion) -> f64 {
    let center =
        |shape: &Lesion| (f64::midpoint(shape.x_min, shape.x_max), f64::midpoint(shape.y_min, shape.y_max));
    let ((ax, ay), (bx, by)) = (center(a), center(b));
    (ax - bx).hypot(ay - by)
}

fn merged(group: &[&Lesion]) -> Option<Lesion> {
    let first = *group.first()?;
    let votes = |site: &str| group.iter().filter(|shape| shape.site == site).count();
    // Of equal votes the first reader's counts: `max_by_key` would take the last.
    let most = group.iter().map(|shape| votes(&shape.site)).max()?;
    let site = group.iter().find(|shape| votes(&shape.site) == most)?.site.clone();
    let edge = |of: fn(&Lesion) -> f64| median(group.iter().map(|shape| of(shape)).collect());
    let readers: Vec<&str> = group.iter().map(|shape| shape.reader.as_str()).collect();
    Some(Lesion {
        reader: readers.join(", "),
        site,
        x_min: edge(|shape| shape.x_min),
        y_min: edge(|shape| shape.y_min),
        x_max: edge(|shape| shape.x_max),
        y_max: edge(|shape| shape.y_max),
        ..first.clone()
    })
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    let (below, above) = (values[(values.len() - 1) / 2], values[values.len() / 2]);
    f64::midpoint(below, above)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shape(reader: &str, disease: &str, site: &str, x_min: f64) -> Lesion {
        Lesion {
            image_id: "p-anterior".to_owned(),
            reader: reader.to_owned(),
            disease: disease.to_owned(),
            site: site.to_owned(),
            x_min,
            y_min: 100.0,
            x_max: x_min + 10.0,
            y_max: 110.0,
        }
    }

    #[test]
    fn a_lesion_needs_two_readers_who_mark_the_same_place_and_disease() {
        let lesions = [
            shape("1", "metastasis", "rib", 50.0),
            shape("2", "metastasis", "vertebra", 52.0),
            shape("3", "metastasis", "vertebra", 57.0),
            shape("1", "metastasis", "rib", 90.0),
            shape("2", "arthritis", "shoulder", 90.0),
            shape("3", "metastasis", "rib", 120.0),
        ];
        let agreed = agreed(&lesions);
        assert_eq!(agreed.len(), 1);
        let lesion = &agreed[0];
        assert_eq!((lesion.site.as_str(), lesion.reader.as_str()), ("vertebra", "1, 2, 3"));
        assert_eq!((lesion.x_min, lesion.x_max), (52.0, 62.0));
    }

    #[test]
    fn two_lesions_side_by_side_stay_two() {
        let lesions = [
            shape("1", "metastasis", "rib", 50.0),
            shape("1", "metastasis", "rib", 56.0),
            shape("2", "metastasis", "rib", 57.0),
            shape("2", "metastasis", "rib", 51.0),
        ];
        let edges: Vec<f64> = agreed(&lesions).iter().map(|lesion| lesion.x_min).collect();
        assert_eq!(edges, [50.5, 56.5]);
    }

    #[test]
    fn a_single_reader_is_believed() {
        let lesions = [shape("1", "arthritis", "knee", 1.0), shape("1", "arthritis", "knee", 100.0)];
        assert_eq!(agreed(&lesions).len(), 2);
        assert_eq!(agreed(&[]), []);
    }

    #[test]
    fn large_shapes_match_by_overlap_and_small_ones_by_distance() {
        let large =
            |reader, x_min| Lesion { x_max: x_min + 60.0, ..shape(reader, "metastasis", "rib", x_min) };
        assert_eq!(agreed(&[large("1", 0.0), large("2", 20.0)]).len(), 1);
        assert_eq!(agreed(&[large("1", 0.0), large("2", 40.0)]).len(), 0);
        let small =
            |reader, x_min| Lesion { x_max: x_min + 2.0, ..shape(reader, "metastasis", "rib", x_min) };
        assert_eq!(agreed(&[small("1", 0.0), small("2", 8.0)]).len(), 1);
        assert_eq!(agreed(&[small("1", 0.0), small("2", 8.5)]).len(), 0);
    }
}
