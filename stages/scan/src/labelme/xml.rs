use contract::Issue;
use roxmltree::{Document, Node};

use super::annotation::Annotation;
use super::shape::{Shape, ShapeType};

/// Files of real use have some ten kilobytes; how long an element takes grows with the square of its attributes.
pub(super) const LARGEST_FILE: u64 = 1 << 20;

/// Parses an annotation as the web tool LabelMe 3.0 saves it, the one that the paper adapted.
///
/// Text may stand between line breaks, the size of the image between objects, and coordinates may be fractions.
/// What the reader deleted is still in the file, marked so, and is passed over. Document types are refused, so that
/// no entity is expanded.
///
/// # Errors
/// If the bytes are no such file; with line and column, or the number of the object.
pub(super) fn parse(bytes: &[u8]) -> Result<Annotation, Issue> {
    let wrong = |what: &str| Issue::new(format!("it is no LabelMe annotation: {what}"));
    let text = str::from_utf8(bytes).map_err(|_| wrong("it is not UTF-8"))?;
    let document = Document::parse(text).map_err(|error| {
        let at = error.pos();
        wrong(&format!("it is no XML from line {}, column {} on", at.row, at.col))
    })?;
    let root = document.root_element();
    if !root.has_tag_name("annotation") {
        return Err(wrong("its outermost element is not `annotation`"));
    }
    let mut shapes = Vec::new();
    for (number, object) in (1..).zip(root.children().filter(|child| child.has_tag_name("object"))) {
        let refused = |what: String| Issue::new(format!("object {number} {what}"));
        match word(object, "deleted").as_deref() {
            Some("1") => continue,
            None | Some("" | "0") => {}
            Some(_) => return Err(refused("has a `deleted` that is neither 0 nor 1".to_owned())),
        }
        let shape = shape(object).map_err(refused)?;
        shape.check().map_err(refused)?;
        shapes.push(shape);
    }
    let size = child(root, "imagesize");
    let side = |name: &str| match size.and_then(|size| word(size, name)) {
        None => Ok(None),
        Some(side) => side.parse().map(Some).map_err(|_| wrong(&format!("its `{name}` is no whole number"))),
    };
    Ok(Annotation {
        shapes,
        image_path: word(root, "filename").unwrap_or_default(),
        image_height: side("nrows")?,
        image_width: side("ncols")?,
    })
}

/// Returns the polygon of an object, or the box around what was segmented in it.
fn shape(object: Node<'_, '_>) -> Result<Shape, String> {
    let label = word(object, "name").ok_or("has no `name`")?;
    if let Some(polygon) = child(object, "polygon") {
        let points = polygon.children().filter(|child| child.has_tag_name("pt"));
        let points = points.map(|point| Ok([number(point, "x")?, number(point, "y")?]));
        let points = points.collect::<Result<_, String>>()?;
        return Ok(Shape { label, points, shape_type: ShapeType::Polygon });
    }
    let segment = child(object, "segm").and_then(|segment| child(segment, "box"));
    let segment = segment.ok_or("has neither a polygon nor a box")?;
    let corner = |x, y| Ok::<_, String>([number(segment, x)?, number(segment, y)?]);
    let points = vec![corner("xmin", "ymin")?, corner("xmax", "ymax")?];
    Ok(Shape { label, points, shape_type: ShapeType::Rectangle })
}

fn child<'a, 'input>(node: Node<'a, 'input>, name: &str) -> Option<Node<'a, 'input>> {
    node.children().find(|child| child.has_tag_name(name))
}

/// Returns the text of a child, without the space around it.
fn word(node: Node<'_, '_>, name: &str) -> Option<String> {
    let text: String = child(node, name)?.children().filter_map(|part| part.text()).collect();
    Some(text.trim().to_owned())
}

fn number(node: Node<'_, '_>, name: &str) -> Result<f64, String> {
    let number =
        word(node, name).and_then(|text| text.parse().ok()).filter(|number: &f64| number.is_finite());
    number.ok_or_else(|| format!("has a point or a box without a number `{name}`"))
}
