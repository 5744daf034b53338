use std::collections::BTreeSet;
use std::path::Path;

use super::tree::{Node, Tree, stays_inside};

impl Tree {
    /// Returns how a folder that is laid out like this would reach outside of itself, if it would: by a link that
    /// points out of it, or by something that lies below a link.
    pub(super) fn escape(&self) -> Option<String> {
        let mut paths = BTreeSet::new();
        for (path, node) in &self.nodes {
            if let Node::Link(target) = node
                && !stays_inside(Path::new(path), Path::new(target))
            {
                return Some(format!("its link {path:?} points outside its folder, to {target:?}"));
            }
            if !paths.insert(Path::new(path)) {
                return Some(format!("{path:?} is named twice"));
            }
        }
        for path in &paths {
            if let Some(above) = path.ancestors().skip(1).find(|above| paths.contains(above)) {
                return Some(format!("{path:?} lies below {above:?}, which is no folder"));
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn link(path: &str, target: &str) -> (String, Node) {
        (path.to_owned(), Node::Link(target.to_owned()))
    }

    #[test]
    fn links_that_stay_and_files_side_by_side_are_well() {
        let tree = Tree { nodes: vec![link("a", "b/c"), link("a b", "a"), link("b/c", "../a")] };
        assert_eq!(tree.escape(), None);
    }

    #[test]
    fn what_reaches_outside_is_told() {
        for (nodes, reason) in [
            (vec![link("a", "/etc")], "points outside"),
            (vec![link("a/b", "../../c")], "points outside"),
            (vec![link("a", "b"), link("a/x", "y")], "lies below"),
            (vec![link("a", "b"), link("a-b", "b"), link("a/x", "y")], "lies below"),
            (vec![link("a", "b"), link("a", "c")], "is named twice"),
        ] {
            let found = Tree { nodes }.escape().expect("it reaches outside");
            assert!(found.contains(reason), "{found}");
        }
    }
}
