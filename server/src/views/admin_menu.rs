//! The administration's pages in their groups, for the bar above them: thirteen entries side by side are too many to read.

use super::Page;

/// A group of pages: the text of its name, and its pages with the texts of theirs. Its first page stands for it.
type Group = (&'static str, &'static [(&'static str, &'static str)]);

const GROUPS: &[Group] = &[
    ("admin-overview", &[("/admin", "admin-overview"), ("/admin/charts", "admin-charts")]),
    ("admin-models", &[("/admin/models", "admin-models"), ("/admin/prompts", "admin-prompts")]),
    (
        "admin-votes",
        &[
            ("/admin/votes", "admin-votes"),
            ("/admin/battles", "admin-battles"),
            ("/admin/voters", "admin-voters"),
            ("/admin/judge", "admin-judge"),
            ("/admin/identity", "admin-identity"),
        ],
    ),
    (
        "admin-site",
        &[
            ("/admin/site", "admin-site"),
            ("/admin/accounts", "admin-accounts"),
            ("/admin/tokens", "admin-tokens"),
            ("/admin/audit", "admin-audit"),
        ],
    ),
];

/// A link of the bar.
#[derive(Debug, Clone)]
pub struct MenuLink {
    pub path: &'static str,
    pub text: String,
    /// Whether the page is this one or lies within it.
    pub is_here: bool,
}

/// The bar: the groups, and the pages of the one that the page is in.
#[derive(Debug, Clone)]
pub struct AdminMenu {
    pub groups: Vec<MenuLink>,
    pub pages: Vec<MenuLink>,
}

impl Page {
    /// The bar above the administration's pages.
    pub fn admin_menu(&self) -> AdminMenu {
        // Every page lies within `/admin`, and that is not where it is.
        let is_at = |path: &str| if path == "/admin" { self.path == path } else { self.is_at(path) };
        let here = GROUPS.iter().position(|(_, pages)| pages.iter().any(|(path, _)| is_at(path)));
        let groups = GROUPS.iter().enumerate().filter_map(|(at, (text, pages))| {
            let (path, _) = pages.first()?;
            Some(MenuLink { path, text: self.t(text), is_here: Some(at) == here })
        });
        let pages = here.map_or(&[][..], |at| GROUPS[at].1);
        let link = |(path, text): &(&'static str, &str)| MenuLink { path, text: self.t(text), is_here: is_at(path) };
        AdminMenu { groups: groups.collect(), pages: pages.iter().map(link).collect() }
    }
}
