//! Commands of LaTeX that models write and the parser of formulas does not know, in those that it knows.

use super::braces::argument;
use super::chemistry;

/// Letters of the private use area, which stand where a box begins and ends.
pub(super) const BOX_BEGINS: char = '\u{e0f0}';
pub(super) const BOX_ENDS: char = '\u{e0f1}';

/// The formula in commands that the parser knows; `None` where braces do not match.
///
/// `\boxed` and `\fbox` (amsmath, LaTeX), `\tag` and `\tag*` (amsmath), `\ce` (mhchem); `\label`, `\nonumber` and `\notag`,
/// which show nothing; `eqnarray`, which is an `align` of three columns.
pub(super) fn known(latex: &str) -> Option<String> {
    let mut out = String::with_capacity(latex.len() + 16);
    let mut rest = latex;
    while let Some(at) = rest.find(['\\', BOX_BEGINS, BOX_ENDS]) {
        out.push_str(&rest[..at]);
        let Some(command) = rest[at..].strip_prefix('\\') else {
            // Nobody draws half of a box.
            rest = rest[at..].strip_prefix([BOX_BEGINS, BOX_ENDS]).unwrap_or_default();
            continue;
        };
        let length = command.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(command.len());
        let (name, mut after) = command.split_at(length);
        match name {
            "boxed" | "fbox" => {
                let (inner, behind) = argument(after)?;
                let inner = if name == "fbox" { format!("\\text{{{inner}}}") } else { known(inner)? };
                out.push_str(&format!("{{{BOX_BEGINS}{inner}{BOX_ENDS}}}"));
                rest = behind;
            }
            "tag" => {
                let is_bare = after.starts_with('*');
                after = after.strip_prefix('*').unwrap_or(after);
                let (inner, behind) = argument(after)?;
                let inner = inner.replace('$', "");
                out.push_str(&if is_bare {
                    format!("\\qquad\\text{{{inner}}}")
                } else {
                    format!("\\qquad\\text{{({inner})}}")
                });
                rest = behind;
            }
            "ce" => {
                let (inner, behind) = argument(after)?;
                out.push_str(&format!("{{{}}}", chemistry::latex(inner)));
                rest = behind;
            }
            "label" => rest = argument(after)?.1,
            "nonumber" | "notag" => rest = after,
            "begin" | "end" if after.starts_with("{eqnarray") => {
                let (environment, behind) = argument(after)?;
                out.push_str(&format!("\\{name}{{{}}}", environment.replace("eqnarray", "align")));
                rest = behind;
            }
            // A backslash and the one character that it escapes.
            "" => {
                let taken = command.chars().next().map_or(0, char::len_utf8);
                out.push('\\');
                out.push_str(&command[..taken]);
                rest = &command[taken..];
            }
            _ => {
                out.push('\\');
                out.push_str(name);
                rest = after;
            }
        }
    }
    out.push_str(rest);
    Some(out)
}
