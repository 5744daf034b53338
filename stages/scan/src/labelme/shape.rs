use serde::{Deserialize, Serialize};

/// One marked region.
#[expect(clippy::struct_field_names, reason = "the keys of the file")]
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Shape {
    /// The reader's text, of which [`Finding`] is the grammar.
    pub label: String,
    /// Points as (x, y) in pixels; the center of the first pixel of the first row is (0.5, 0.5).
    pub points: Vec<[f64; 2]>,
    /// What the points mean; files of version 2 know polygons only.
    #[serde(default)]
    pub shape_type: ShapeType,
}

/// What the points of a [`Shape`] mean.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ShapeType {
    /// The corners, in order.
    #[default]
    Polygon,
    /// Two opposite corners, in any order.
    Rectangle,
    /// The center, and a point of the edge.
    Circle,
    /// The two ends.
    Line,
    /// The corners of an open line.
    Linestrip,
    /// The point.
    Point,
    /// Points that belong together.
    Points,
    /// Two opposite corners of an image that is not read.
    Mask,
    /// The four corners.
    OrientedRectangle,
}

/// The smallest upright box that holds a shape, in pixels.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bounds {
    /// Left edge.
    pub x_min: f64,
    /// Upper edge.
    pub y_min: f64,
    /// Right edge.
    pub x_max: f64,
    /// Lower edge.
    pub y_max: f64,
}

impl Shape {
    /// Returns the smallest upright box that holds the shape.
    pub fn bounds(&self) -> Bounds {
        if let (ShapeType::Circle, [center, edge, ..]) = (self.shape_type, self.points.as_slice()) {
            let radius = (edge[0] - center[0]).hypot(edge[1] - center[1]);
            let [x, y] = *center;
            return Bounds { x_min: x - radius, y_min: y - radius, x_max: x + radius, y_max: y + radius };
        }
        let least = |axis: usize| self.points.iter().map(|point| point[axis]).fold(f64::INFINITY, f64::min);
        let most =
            |axis: usize| self.points.iter().map(|point| point[axis]).fold(f64::NEG_INFINITY, f64::max);
        Bounds { x_min: least(0), y_min: least(1), x_max: most(0), y_max: most(1) }
    }

    /// Checks that there are as many points as the type needs, as LabelMe does, and that they lie somewhere.
    ///
    /// # Errors
    /// What is wrong, to follow the name of the shape.
    pub(super) fn check(&self) -> Result<(), String> {
        let found = self.points.len();
        let wanted = match self.shape_type {
            ShapeType::Polygon | ShapeType::Linestrip | ShapeType::Points => found.max(1),
            ShapeType::Point => 1,
            ShapeType::Rectangle | ShapeType::Circle | ShapeType::Line | ShapeType::Mask => 2,
            ShapeType::OrientedRectangle => 4,
        };
        if found != wanted {
            return Err(format!("has {found} points and needs {wanted}"));
        }
        let Bounds { x_min, y_min, x_max, y_max } = self.bounds();
        if [x_min, y_min, x_max, y_max].iter().all(|edge| edge.is_finite()) {
            Ok(())
        } else {
            Err("reaches further than any number".to_owned())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_box_of_a_circle_is_around_its_edge() {
        let shape = |shape_type, points| Shape { label: String::new(), points, shape_type };
        let bounds = shape(ShapeType::Circle, vec![[10.0, 20.0], [13.0, 24.0]]).bounds();
        assert_eq!(bounds, Bounds { x_min: 5.0, y_min: 15.0, x_max: 15.0, y_max: 25.0 });
        let bounds = shape(ShapeType::Rectangle, vec![[10.0, 2.0], [3.0, 24.0]]).bounds();
        assert_eq!(bounds, Bounds { x_min: 3.0, y_min: 2.0, x_max: 10.0, y_max: 24.0 });
    }
}
