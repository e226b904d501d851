//! Import circles, among files and among the children of each folder.

use std::collections::{BTreeMap, BTreeSet};

use super::Graph;

/// Groups of files that all use each other, directly or through others.
pub fn circles(graph: &Graph) -> Vec<Vec<String>> {
    let arrows =
        graph.files().map(|file| (file.to_owned(), graph.used_by(file).map(str::to_owned).collect())).collect();
    components(&arrows)
}

/// A circle among the direct children of a folder.
#[derive(Debug, PartialEq, Eq)]
pub struct FolderCircle {
    /// The folder.
    pub folder: String,
    /// The children.
    pub children: Vec<String>,
    /// One pair of files for each arrow of the circle.
    pub pairs: Vec<(String, String)>,
}

/// Circles among the direct children of each folder.
pub fn folder_circles(graph: &Graph) -> Vec<FolderCircle> {
    let mut found = Vec::new();
    for folder in graph.folders() {
        let children = graph.children(&folder);
        let arrows = children.iter().map(|(from, to)| (from.clone(), to.keys().cloned().collect())).collect();
        for circle in components(&arrows) {
            let is_in = |name: &String| circle.contains(name);
            let pairs = children
                .iter()
                .filter(|(from, _)| is_in(from))
                .flat_map(|(_, to)| to.iter().filter(|(to, _)| is_in(to)).map(|(_, pair)| pair.clone()))
                .collect();
            found.push(FolderCircle { folder: folder.clone(), children: circle.clone(), pairs });
        }
    }
    found
}

/// Strongly connected components of more than one node: each holds the nodes that reach each other.
fn components(arrows: &BTreeMap<String, BTreeSet<String>>) -> Vec<Vec<String>> {
    let reach: BTreeMap<&String, BTreeSet<&String>> =
        arrows.keys().map(|from| (from, reachable(arrows, from))).collect();
    let mut found: BTreeSet<Vec<String>> = BTreeSet::new();
    for (from, to) in &reach {
        let circle: Vec<String> = reach
            .iter()
            .filter(|(other, back)| to.contains(*other) && back.contains(from))
            .map(|(o, _)| (*o).clone())
            .collect();
        if circle.len() > 1 {
            found.insert(circle);
        }
    }
    found.into_iter().collect()
}

fn reachable<'a>(arrows: &'a BTreeMap<String, BTreeSet<String>>, from: &String) -> BTreeSet<&'a String> {
    let mut seen = BTreeSet::new();
    let mut pending: Vec<&String> = arrows.get(from).into_iter().flatten().collect();
    while let Some(next) = pending.pop() {
        if seen.insert(next) {
            pending.extend(arrows.get(next).into_iter().flatten());
        }
    }
    seen
}
