//! What one module defines, imports and uses, read from its syntax tree. Items under `#[cfg(test)]` do not count.

use std::collections::{BTreeMap, BTreeSet};

use proc_macro2::{TokenStream, TokenTree};
use syn::spanned::Spanned;
use syn::visit::{self, Visit};

/// What a module holds.
#[derive(Default)]
pub struct Found {
    /// Names of items.
    pub items: BTreeSet<String>,
    /// Re-exports by name.
    pub exports: BTreeMap<String, Vec<String>>,
    /// Re-exports of everything below a path.
    pub open_exports: Vec<Vec<String>>,
    /// Imports by name.
    pub imports: BTreeMap<String, Vec<String>>,
    /// Used paths with their lines.
    pub uses: Vec<(Vec<String>, usize)>,
    /// Child modules, with their items where they are inline.
    pub modules: Vec<(String, Option<Vec<syn::Item>>)>,
}

/// Walks the items of one module.
#[derive(Default)]
pub struct Visitor {
    /// What has been found so far.
    pub found: Found,
    depth: usize,
}

/// Whether an item stands under `#[cfg(test)]`, alone or as one of several conditions.
fn is_test(attributes: &[syn::Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        let syn::Meta::List(list) = &attribute.meta else { return false };
        let text = list.tokens.to_string();
        let mut words = text.split(|c: char| !c.is_alphanumeric() && c != '_');
        list.path.is_ident("cfg") && words.any(|word| word == "test") && !text.contains("not")
    })
}

fn attributes(item: &syn::Item) -> &[syn::Attribute] {
    use syn::Item::*;
    match item {
        Const(i) => &i.attrs,
        Enum(i) => &i.attrs,
        Fn(i) => &i.attrs,
        Impl(i) => &i.attrs,
        Macro(i) => &i.attrs,
        Mod(i) => &i.attrs,
        Static(i) => &i.attrs,
        Struct(i) => &i.attrs,
        Trait(i) => &i.attrs,
        Type(i) => &i.attrs,
        Union(i) => &i.attrs,
        Use(i) => &i.attrs,
        _ => &[],
    }
}

fn name_of(item: &syn::Item) -> Option<String> {
    use syn::Item::*;
    Some(match item {
        Const(i) => i.ident.to_string(),
        Enum(i) => i.ident.to_string(),
        Fn(i) => i.sig.ident.to_string(),
        Macro(i) => i.ident.as_ref()?.to_string(),
        Static(i) => i.ident.to_string(),
        Struct(i) => i.ident.to_string(),
        Trait(i) => i.ident.to_string(),
        Type(i) => i.ident.to_string(),
        Union(i) => i.ident.to_string(),
        _ => return None,
    })
}

impl Visitor {
    fn tree(&mut self, tree: &syn::UseTree, path: &mut Vec<String>, is_export: bool) {
        match tree {
            syn::UseTree::Path(next) => {
                path.push(next.ident.to_string());
                self.tree(&next.tree, path, is_export);
                path.pop();
            }
            syn::UseTree::Name(name) if name.ident == "self" => {
                let alias = path.last().cloned().unwrap_or_default();
                self.import(alias, path.clone(), is_export, name.span().start().line);
            }
            syn::UseTree::Name(name) => {
                let whole = path.iter().cloned().chain([name.ident.to_string()]).collect();
                self.import(name.ident.to_string(), whole, is_export, name.span().start().line);
            }
            syn::UseTree::Rename(rename) => {
                let mut whole = path.clone();
                if rename.ident != "self" {
                    whole.push(rename.ident.to_string());
                }
                self.import(rename.rename.to_string(), whole, is_export, rename.span().start().line);
            }
            syn::UseTree::Glob(_) if is_export => self.found.open_exports.push(path.clone()),
            syn::UseTree::Glob(glob) => self.found.uses.push((path.clone(), glob.span().start().line)),
            syn::UseTree::Group(group) => {
                for tree in &group.items {
                    self.tree(tree, path, is_export);
                }
            }
        }
    }

    fn import(&mut self, alias: String, path: Vec<String>, is_export: bool, line: usize) {
        // A re-export of what stands elsewhere in the crate is a use; of a child, a shop window.
        if !is_export || matches!(path.first().map(String::as_str), Some("crate" | "super")) {
            self.found.uses.push((path.clone(), line));
        }
        // Imports inside functions know no scope here; the module's own win.
        let names = if is_export { &mut self.found.exports } else { &mut self.found.imports };
        names.entry(alias).or_insert(path);
    }

    /// Paths in the tokens of a macro call, whose grammar nobody else knows.
    fn tokens(&mut self, tokens: TokenStream) {
        let mut path: Vec<String> = Vec::new();
        let mut colons = 0;
        let mut line = 0;
        for token in tokens {
            match token {
                TokenTree::Ident(ident) => {
                    if colons != 2 {
                        self.end(&mut path, line);
                    }
                    line = ident.span().start().line;
                    path.push(ident.to_string());
                    colons = 0;
                }
                TokenTree::Punct(punct) if punct.as_char() == ':' && !path.is_empty() => colons += 1,
                TokenTree::Group(group) => {
                    self.end(&mut path, line);
                    colons = 0;
                    self.tokens(group.stream());
                }
                _ => {
                    self.end(&mut path, line);
                    colons = 0;
                }
            }
        }
        self.end(&mut path, line);
    }

    fn end(&mut self, path: &mut Vec<String>, line: usize) {
        if !path.is_empty() {
            self.found.uses.push((std::mem::take(path), line));
        }
    }
}

impl<'ast> Visit<'ast> for Visitor {
    fn visit_item(&mut self, item: &'ast syn::Item) {
        if is_test(attributes(item)) {
            return;
        }
        if self.depth == 0
            && let Some(name) = name_of(item)
        {
            self.found.items.insert(name);
        }
        match item {
            syn::Item::Use(item) => {
                let is_export = self.depth == 0 && !matches!(item.vis, syn::Visibility::Inherited);
                self.tree(&item.tree, &mut Vec::new(), is_export);
            }
            syn::Item::Mod(item) => {
                let inline = item.content.as_ref().map(|(_, items)| items.clone());
                self.found.modules.push((item.ident.to_string(), inline));
            }
            _ => {
                self.depth += 1;
                visit::visit_item(self, item);
                self.depth -= 1;
            }
        }
    }

    fn visit_impl_item(&mut self, item: &'ast syn::ImplItem) {
        let attributes: &[syn::Attribute] = match item {
            syn::ImplItem::Fn(i) => &i.attrs,
            syn::ImplItem::Const(i) => &i.attrs,
            _ => &[],
        };
        if !is_test(attributes) {
            visit::visit_impl_item(self, item);
        }
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        let names = path.segments.iter().map(|segment| segment.ident.to_string()).collect();
        self.found.uses.push((names, path.span().start().line));
        visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, call: &'ast syn::Macro) {
        self.visit_path(&call.path);
        self.tokens(call.tokens.clone());
    }

    // Restrictions such as `pub(super)` are no uses.
    fn visit_visibility(&mut self, _: &'ast syn::Visibility) {}

    // `#[derive(serde::Serialize)]` and its kin: other crates' names only.
    fn visit_attribute(&mut self, _: &'ast syn::Attribute) {}
}
