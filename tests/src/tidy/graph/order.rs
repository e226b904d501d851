//! The order that the README draws, and whether a crate keeps it.

use std::collections::BTreeMap;

use super::Graph;
use crate::tidy::Complaint;

/// A crate's modules from top to bottom. Modules of one line do not use each other.
#[derive(Debug, PartialEq, Eq)]
pub struct Order {
    /// The folder of the crate's sources, such as `server/src`.
    pub folder: String,
    /// Its lines.
    pub lines: Vec<Vec<String>>,
}

/// The orders that a README draws: each begins with `FOLDER, top to bottom`; its lines are indented and separate modules by
/// `·`.
pub fn drawn(readme: &str) -> Vec<Order> {
    let mut orders: Vec<Order> = Vec::new();
    let mut is_open = false;
    for line in readme.lines() {
        if let Some((folder, _)) = line.split_once(", top to bottom").filter(|(folder, _)| !folder.contains(' ')) {
            orders.push(Order { folder: folder.to_owned(), lines: Vec::new() });
            is_open = true;
        } else if is_open && line.starts_with("  ") {
            let names = line.split('·').map(|name| name.trim().to_owned()).filter(|name| !name.is_empty()).collect();
            if let Some(order) = orders.last_mut() {
                order.lines.push(names);
            }
        } else {
            is_open = false;
        }
    }
    orders
}

/// Complaints where the modules of a crate do not keep its order: one is missing in it or not there any more, or an
/// arrow goes up or sideways. The crate's root (`lib`, `main`) stands above all.
pub fn hold(order: &Order, graph: &Graph) -> Vec<Complaint> {
    let mut complaints = Vec::new();
    let rank: BTreeMap<&str, usize> = order
        .lines
        .iter()
        .enumerate()
        .flat_map(|(at, line)| line.iter().map(move |name| (name.as_str(), at)))
        .collect();
    let folder = &order.folder;
    let children = graph.children(folder);
    let mut complain = |place: String, what: String| complaints.push(Complaint { place, what });
    for name in rank.keys().filter(|name| !children.contains_key(**name)) {
        complain(folder.clone(), format!("the drawn order names `{name}`, which is not there"));
    }
    for (from, targets) in children.iter().filter(|(from, _)| !is_root(from)) {
        let Some(above) = rank.get(from.as_str()) else {
            complain(
                format!("{folder}/{from}"),
                format!("the README that draws the order of {} does not name it", folder),
            );
            continue;
        };
        for (to, (a, b)) in targets {
            let is_down = rank.get(to.as_str()).is_some_and(|below| below > above);
            if !is_down {
                let written = graph.written(a, b).unwrap_or_default();
                complain(a.clone(), format!("`{from}` uses `{to}` ({written} in {b}), which does not stand below it"));
            }
        }
    }
    complaints
}

fn is_root(name: &str) -> bool {
    matches!(name, "lib" | "main")
}
