use contract::{Issue, Seed};
use table::Label;

use crate::geometry::Operation;
use crate::order::shuffled;

/// The largest operations.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    /// Largest translation, in pixels of an image 256 columns wide.
    pub shift: u8,
    /// Largest rotation, in degrees.
    pub degrees: u8,
}

/// Deals operations to images until each label has its `target`, and returns those of each image.
///
/// Within a label the images take turns in a random order, one operation each, until the count is reached: with 174
/// images and 346 to make, each gets one, and then all but two get another. An image gets the three kinds of
/// operation in turn, and the images begin with different kinds, so that the kinds are about as frequent. Shifts are
/// drawn uniformly from 1 to the bound, along a random axis to a random side, rotations from 1 degree to the bound,
/// and no image gets the same operation twice: there is one mirror. What an image gets first depends on the seed,
/// its name and the operation, and not on other images.
///
/// # Errors
/// If there are not as many different operations as an image would need.
pub fn deal(
    images: &[(String, Label)],
    target: impl Fn(Label) -> Option<usize>,
    bounds: Bounds,
    seed: Seed,
) -> Result<Vec<Vec<Operation>>, Issue> {
    let mut dealt = vec![Vec::new(); images.len()];
    for label in Label::ALL {
        let originals = (0..images.len()).filter(|image| images[*image].1 == *label);
        let originals = shuffled(originals, seed.fork("turns"), |image| images[*image].0.clone());
        let count = originals.len();
        let missing = target(*label).unwrap_or_default().saturating_sub(count);
        for (turn, image) in originals.into_iter().enumerate() {
            let share = missing / count + usize::from(turn < missing % count);
            let mut hand = hand(&images[image].0, turn, bounds, seed);
            if hand.len() < share {
                let need = format!("each {label} image would need {share} derived ones");
                let reach =
                    format!("a mirror, `shift` = {} and `degrees` = {}", bounds.shift, bounds.degrees);
                let help = format!("raise `shift` or `degrees`, or lower `counts.{label}`");
                return Err(Issue::new(format!("{need}, and {reach} give {}", hand.len())).help(help));
            }
            hand.truncate(share);
            dealt[image] = hand;
        }
    }
    Ok(dealt)
}

/// Returns the name of the image that an operation makes of another.
pub fn derived_id(original: &str, operation: Operation) -> String {
    format!("{original}/{}", operation.to_string().replace(' ', "_"))
}

/// Returns all operations in the order in which an image gets them.
fn hand(image: &str, turn: usize, bounds: Bounds, seed: Seed) -> Vec<Operation> {
    let both_sides = |most: u8| (1..=i32::from(most)).flat_map(|by| [by, -by]);
    let translations =
        both_sides(bounds.shift).flat_map(|by| [Operation::TranslateX(by), Operation::TranslateY(by)]);
    let drawn =
        |operations| shuffled(operations, seed, |operation| derived_id(image, *operation)).into_iter();
    let mut kinds = [
        vec![Operation::Mirror].into_iter(),
        drawn(translations.collect::<Vec<_>>()),
        drawn(both_sides(bounds.degrees).map(Operation::Rotate).collect()),
    ];
    kinds.rotate_left(turn % 3);
    let mut hand = Vec::new();
    loop {
        let before = hand.len();
        hand.extend(kinds.iter_mut().filter_map(Iterator::next));
        if hand.len() == before {
            return hand;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BOUNDS: Bounds = Bounds { shift: 6, degrees: 5 };

    /// The paper's data set: both views of 384 patients.
    fn paper() -> Vec<(String, Label)> {
        let counts =
            [(Label::Normal, 334), (Label::Metastatic, 174), (Label::Arthritic, 252), (Label::Both, 8)];
        let images = counts.into_iter().flat_map(|(label, count)| vec![label; count]);
        images.enumerate().map(|(number, label)| (format!("p{number}"), label)).collect()
    }

    fn target(label: Label) -> Option<usize> {
        match label {
            Label::Normal => None,
            Label::Metastatic => Some(520),
            Label::Arthritic => Some(568),
            Label::Both => Some(80),
        }
    }

    fn paper_deal(seed: u64) -> Vec<Vec<Operation>> {
        deal(&paper(), target, BOUNDS, Seed(seed)).unwrap()
    }

    #[test]
    fn the_paper_s_numbers_are_reached_exactly() {
        let images = paper();
        let dealt = paper_deal(1);
        let made = |label| -> usize {
            images.iter().zip(&dealt).filter(|(image, _)| image.1 == label).map(|(_, hand)| hand.len()).sum()
        };
        assert_eq!(Label::ALL.iter().map(|label| made(*label)).collect::<Vec<_>>(), [0, 346, 316, 72]);
    }

    #[test]
    fn the_three_kinds_are_about_as_frequent() {
        let operations: Vec<Operation> = paper_deal(1).into_iter().flatten().collect();
        let mirrors = operations.iter().filter(|operation| **operation == Operation::Mirror).count();
        let rotations =
            operations.iter().filter(|operation| matches!(operation, Operation::Rotate(_))).count();
        assert!((220..270).contains(&mirrors), "{mirrors} mirrors");
        assert!((220..270).contains(&rotations), "{rotations} rotations");
    }

    #[test]
    fn no_image_gets_an_operation_twice() {
        for hand in paper_deal(1) {
            let mut names: Vec<String> = hand.iter().map(ToString::to_string).collect();
            names.sort();
            names.dedup();
            assert_eq!(names.len(), hand.len());
        }
    }

    #[test]
    fn another_seed_deals_otherwise_and_the_same_seed_the_same() {
        assert_eq!(paper_deal(1), paper_deal(1));
        assert_ne!(paper_deal(1), paper_deal(2));
    }

    #[test]
    fn a_class_that_has_enough_gets_nothing() {
        let images = vec![("p1".to_owned(), Label::Both), ("p2".to_owned(), Label::Both)];
        assert_eq!(deal(&images, |_| Some(1), BOUNDS, Seed(1)), Ok(vec![vec![], vec![]]));
    }

    #[test]
    fn more_than_there_are_operations_is_an_error() {
        let images = vec![("p1".to_owned(), Label::Both)];
        let bounds = Bounds { shift: 1, degrees: 0 };
        assert_eq!(deal(&images, |_| Some(6), bounds, Seed(1)).unwrap()[0].len(), 5);
        let issue = deal(&images, |_| Some(7), bounds, Seed(1)).unwrap_err();
        assert!(issue.message.contains("would need 6 derived ones"), "{issue}");
    }
}
