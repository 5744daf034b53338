use std::collections::BTreeSet;

use super::tree::Node;

/// Returns the first path of a folder that lies outside of it, or is a link that leads there.
pub fn leaving(nodes: &[(String, Node)]) -> Option<&str> {
    let is_link = |(path, node): &'_ (String, Node)| matches!(node, Node::Link(_)).then(|| path.clone());
    let links: BTreeSet<String> = nodes.iter().filter_map(is_link).collect();
    let leaves = |(path, node): &&(String, Node)| {
        !is_plain(path)
            || is_behind(path, &links)
            || matches!(node, Node::Link(target) if !stays(path, target, &links))
    };
    nodes.iter().find(leaves).map(|(path, _)| path.as_str())
}

fn is_plain(path: &str) -> bool {
    path.split('/').all(|part| !["", ".", ".."].contains(&part))
}

/// Returns whether a path leads through a link: it would be written where that leads.
fn is_behind(path: &str, links: &BTreeSet<String>) -> bool {
    !links.is_empty() && path.match_indices('/').any(|(at, _)| links.contains(&path[..at]))
}

/// Returns whether a link leads to a place in its folder.
fn stays(link: &str, target: &str, links: &BTreeSet<String>) -> bool {
    let mut here: Vec<&str> = link.split('/').collect();
    here.pop();
    let mut elsewhere = false;
    for part in target.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                // Behind another link this is not the folder above, but the one above where that leads.
                if elsewhere || here.pop().is_none() {
                    return false;
                }
            }
            name => {
                here.push(name);
                elsewhere = elsewhere || links.contains(&here.join("/"));
            }
        }
    }
    !target.starts_with('/')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn links(links: &[(&str, &str)]) -> Vec<(String, Node)> {
        links.iter().map(|(path, target)| ((*path).to_owned(), Node::Link((*target).to_owned()))).collect()
    }

    #[test]
    fn links_may_climb_within_their_folder_only() {
        for stays in [("a/b", "../c"), ("a/b", "x/../y"), ("a", "."), ("a", "b//c/")] {
            assert_eq!(leaving(&links(&[stays])), None, "{stays:?}");
        }
        for leaves in [("a/b", "../../c"), ("a", "/etc"), ("a", ".."), ("a", "b/../..")] {
            assert_eq!(leaving(&links(&[leaves])), Some(leaves.0));
        }
    }

    #[test]
    fn nothing_climbs_by_way_of_another_link() {
        assert_eq!(leaving(&links(&[("a/b", "."), ("a/c", "b/../..")])), Some("a/c"));
        assert_eq!(leaving(&links(&[("a", "."), ("a/b", "../c")])), Some("a/b"));
        assert_eq!(leaving(&links(&[("a", "b"), ("c", "a/d")])), None);
    }

    #[test]
    fn a_path_that_is_not_plain_lies_outside() {
        for path in ["../x", "/x", "a/../../x", "", "a//b", "./a", "a/."] {
            assert_eq!(leaving(&links(&[(path, "y")])), Some(path));
        }
    }
}
