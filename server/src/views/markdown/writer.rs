//! Markdown events to HTML. Raw HTML is shown as text, images become links, headings are lowered under the page's own. Each
//! block says that its direction is that of its own letters.

use pulldown_cmark::{
    Alignment, BrokenLink, CodeBlockKind, Event, HeadingLevel, Options, Parser, Tag, TagEnd, TextMergeStream,
};

use super::escape::escape;
use super::links::{Definitions, linked};
use super::protect::{Piece, Protected};
use super::{code, math};

/// What is understood beyond CommonMark.
pub(super) const OPTIONS: Options =
    Options::ENABLE_TABLES.union(Options::ENABLE_STRIKETHROUGH).union(Options::ENABLE_TASKLISTS);

/// Deeper elements are left out and their text stays: a browser gains nothing from a thousand nested quotes.
const MAX_DEPTH: usize = 24;

/// So many cells of tables are drawn in a block even where they are empty. Each short row of a wide table has as many empty
/// ones as its head is wide, which costs the product of both.
const MAX_EMPTY_CELLS: usize = 2000;

/// The HTML of one block; `None` where it holds nothing but link definitions.
pub(super) fn write(source: &str, definitions: &Definitions) -> Option<String> {
    let protected = Protected::new(source);
    let mut writer = Writer::new(&protected);
    let resolve = |link: BrokenLink<'_>| definitions.resolve(&link);
    let parser = Parser::new_with_broken_link_callback(&protected.text, OPTIONS, Some(resolve));
    for event in TextMergeStream::new(parser) {
        writer.event(event);
    }
    (!writer.out.is_empty() || source.trim().is_empty()).then_some(writer.out)
}

struct Writer<'a> {
    protected: &'a Protected,
    out: String,
    depth: usize,
    /// How many links are open: there is none in another one.
    links: usize,
    /// The language and text of the code block that is being read.
    code: Option<(String, String)>,
    columns: Vec<Alignment>,
    column: usize,
    in_head: bool,
    cells: usize,
    /// Where the cell that is being read begins, and where its text does.
    cell: (usize, usize),
}

impl<'a> Writer<'a> {
    fn new(protected: &'a Protected) -> Self {
        Self {
            protected,
            out: String::new(),
            depth: 0,
            links: 0,
            code: None,
            columns: Vec::new(),
            column: 0,
            in_head: false,
            cells: 0,
            cell: (0, 0),
        }
    }

    fn event(&mut self, event: Event<'_>) {
        match event {
            Event::Start(tag) => {
                self.depth += 1;
                if self.depth <= MAX_DEPTH {
                    self.start(tag);
                }
            }
            Event::End(tag) => {
                if self.depth <= MAX_DEPTH {
                    self.end(tag);
                }
                self.depth = self.depth.saturating_sub(1);
            }
            Event::Text(text) => match &mut self.code {
                Some((_, code)) => code.push_str(&self.protected.written(&text)),
                None => self.text(&text),
            },
            Event::Html(text) | Event::InlineHtml(text) => escape(&mut self.out, &self.protected.written(&text)),
            Event::Code(text) => {
                self.out.push_str("<code>");
                escape(&mut self.out, &self.protected.written(&text));
                self.out.push_str("</code>");
            }
            // Not asked for: formulas are found before.
            Event::InlineMath(text) | Event::DisplayMath(text) => escape(&mut self.out, &text),
            // As every chat does, and as verse needs: a line that a model ends is a line that the reader sees.
            Event::SoftBreak | Event::HardBreak => self.out.push_str("<br>\n"),
            Event::Rule => self.out.push_str("<hr>"),
            Event::TaskListMarker(done) => self.out.push_str(if done { "☑ " } else { "☐ " }),
            Event::FootnoteReference(name) => escape(&mut self.out, &name),
        }
    }

    fn text(&mut self, text: &str) {
        for piece in self.protected.pieces(text) {
            match piece {
                Piece::Text(text) if self.links == 0 => linked(&mut self.out, text),
                Piece::Text(text) => escape(&mut self.out, text),
                Piece::Formula(formula, source) if formula.is_open => {
                    // As it is written until its end is there.
                    let mut lines = String::new();
                    escape(&mut lines, source);
                    self.out.push_str(&lines.replace('\n', "<br>\n"));
                }
                Piece::Formula(formula, source) => {
                    self.out.push_str(&math::formula(&formula.latex, source, formula.is_display));
                }
            }
        }
    }

    fn start(&mut self, tag: Tag<'_>) {
        match tag {
            Tag::Paragraph => self.out.push_str("<p dir=\"auto\">"),
            Tag::Heading { level, .. } => self.out.push_str(&format!("<{} dir=\"auto\">", heading(level))),
            Tag::BlockQuote(_) => self.out.push_str("<blockquote dir=\"auto\">"),
            Tag::CodeBlock(kind) => {
                let language = match kind {
                    CodeBlockKind::Fenced(info) => info.split([' ', ',', '{']).next().unwrap_or("").to_owned(),
                    CodeBlockKind::Indented => String::new(),
                };
                self.code = Some((language, String::new()));
            }
            Tag::HtmlBlock => self.out.push_str("<p class=\"plain\" dir=\"auto\">"),
            Tag::List(None) => self.out.push_str("<ul dir=\"auto\">"),
            Tag::List(Some(1)) => self.out.push_str("<ol dir=\"auto\">"),
            Tag::List(Some(first)) => self.out.push_str(&format!("<ol start=\"{first}\" dir=\"auto\">")),
            Tag::Item => self.out.push_str("<li>"),
            Tag::Table(columns) => {
                self.columns = columns;
                self.out.push_str("<div class=\"scroll\"><table dir=\"auto\">");
            }
            Tag::TableHead => {
                (self.column, self.in_head) = (0, true);
                self.out.push_str("<thead><tr>");
            }
            Tag::TableRow => {
                self.column = 0;
                self.out.push_str("<tr>");
            }
            Tag::TableCell => {
                let class = match self.columns.get(self.column) {
                    Some(Alignment::Center) => " class=\"center\"",
                    Some(Alignment::Right) => " class=\"number\"",
                    _ => "",
                };
                self.column += 1;
                let begin = self.out.len();
                self.out.push_str(&format!("<{}{class}>", if self.in_head { "th" } else { "td" }));
                self.cell = (begin, self.out.len());
            }
            Tag::Emphasis => self.out.push_str("<em>"),
            Tag::Strong => self.out.push_str("<strong>"),
            Tag::Strikethrough => self.out.push_str("<del>"),
            Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. } => {
                self.links += 1;
                self.out.push_str("<a href=\"");
                escape(&mut self.out, &self.protected.written(&dest_url));
                self.out.push_str("\">");
            }
            _ => {}
        }
    }

    fn end(&mut self, tag: TagEnd) {
        match tag {
            TagEnd::Paragraph | TagEnd::HtmlBlock => self.out.push_str("</p>"),
            TagEnd::Heading(level) => self.out.push_str(&format!("</{}>", heading(level))),
            TagEnd::BlockQuote(_) => self.out.push_str("</blockquote>"),
            TagEnd::CodeBlock => {
                if let Some((language, text)) = self.code.take() {
                    self.out.push_str(&code::block(&language, &text));
                }
            }
            TagEnd::List(ordered) => self.out.push_str(if ordered { "</ol>" } else { "</ul>" }),
            TagEnd::Item => self.out.push_str("</li>"),
            TagEnd::Table => self.out.push_str("</tbody></table></div>"),
            TagEnd::TableHead => {
                self.in_head = false;
                self.out.push_str("</tr></thead><tbody>");
            }
            TagEnd::TableRow => self.out.push_str("</tr>"),
            TagEnd::TableCell => {
                self.cells += 1;
                let (begin, text) = self.cell;
                if self.out.len() == text && self.cells > MAX_EMPTY_CELLS {
                    self.out.truncate(begin);
                } else {
                    self.out.push_str(if self.in_head { "</th>" } else { "</td>" });
                }
            }
            TagEnd::Emphasis => self.out.push_str("</em>"),
            TagEnd::Strong => self.out.push_str("</strong>"),
            TagEnd::Strikethrough => self.out.push_str("</del>"),
            TagEnd::Link | TagEnd::Image => {
                self.links = self.links.saturating_sub(1);
                self.out.push_str("</a>");
            }
            _ => {}
        }
    }
}

/// Two levels lower: the page has its own first and second.
const fn heading(level: HeadingLevel) -> &'static str {
    match level {
        HeadingLevel::H1 => "h3",
        HeadingLevel::H2 => "h4",
        HeadingLevel::H3 => "h5",
        _ => "h6",
    }
}
