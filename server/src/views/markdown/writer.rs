//! Markdown events to HTML. Raw HTML is shown as text, images become links, headings are lowered under the page's own.

use pulldown_cmark::{Alignment, CodeBlockKind, Event, HeadingLevel, Options, Parser, Tag, TagEnd};

use super::escape::{escape, escaped};
use super::{code, math};

/// What is understood beyond CommonMark.
pub(super) const OPTIONS: Options = Options::ENABLE_TABLES
    .union(Options::ENABLE_STRIKETHROUGH)
    .union(Options::ENABLE_TASKLISTS)
    .union(Options::ENABLE_MATH);

/// Deeper elements are left out and their text stays: a browser gains nothing from a thousand nested quotes.
const MAX_DEPTH: usize = 24;

/// The HTML of one block.
pub(super) fn write(source: &str) -> String {
    let mut writer = Writer::default();
    for event in Parser::new_ext(source, OPTIONS) {
        writer.event(event);
    }
    if writer.out.is_empty() && !source.trim().is_empty() {
        // A link definition on its own.
        return format!("<p>{}</p>", escaped(source.trim()));
    }
    writer.out
}

#[derive(Default)]
struct Writer {
    out: String,
    depth: usize,
    /// The language and text of the code block that is being read.
    code: Option<(String, String)>,
    columns: Vec<Alignment>,
    column: usize,
    in_head: bool,
}

impl Writer {
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
                Some((_, code)) => code.push_str(&text),
                None => escape(&mut self.out, &text),
            },
            Event::Html(text) | Event::InlineHtml(text) => escape(&mut self.out, &text),
            Event::Code(text) => {
                self.out.push_str("<code>");
                escape(&mut self.out, &text);
                self.out.push_str("</code>");
            }
            Event::InlineMath(text) => self.out.push_str(&math::formula(&text, false)),
            Event::DisplayMath(text) => self.out.push_str(&math::formula(&text, true)),
            // As every chat does, and as verse needs: a line that a model ends is a line that the reader sees.
            Event::SoftBreak | Event::HardBreak => self.out.push_str("<br>\n"),
            Event::Rule => self.out.push_str("<hr>"),
            Event::TaskListMarker(done) => self.out.push_str(if done { "☑ " } else { "☐ " }),
            Event::FootnoteReference(name) => escape(&mut self.out, &name),
        }
    }

    fn start(&mut self, tag: Tag<'_>) {
        match tag {
            Tag::Paragraph => self.out.push_str("<p>"),
            Tag::Heading { level, .. } => self.out.push_str(&format!("<{}>", heading(level))),
            Tag::BlockQuote(_) => self.out.push_str("<blockquote>"),
            Tag::CodeBlock(kind) => {
                let language = match kind {
                    CodeBlockKind::Fenced(info) => info.split([' ', ',', '{']).next().unwrap_or("").to_owned(),
                    CodeBlockKind::Indented => String::new(),
                };
                self.code = Some((language, String::new()));
            }
            Tag::HtmlBlock => self.out.push_str("<p class=\"plain\">"),
            Tag::List(None) => self.out.push_str("<ul>"),
            Tag::List(Some(1)) => self.out.push_str("<ol>"),
            Tag::List(Some(first)) => self.out.push_str(&format!("<ol start=\"{first}\">")),
            Tag::Item => self.out.push_str("<li>"),
            Tag::Table(columns) => {
                self.columns = columns;
                self.out.push_str("<div class=\"scroll\"><table>");
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
                self.out.push_str(&format!("<{}{class}>", if self.in_head { "th" } else { "td" }));
            }
            Tag::Emphasis => self.out.push_str("<em>"),
            Tag::Strong => self.out.push_str("<strong>"),
            Tag::Strikethrough => self.out.push_str("<del>"),
            Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. } => {
                self.out.push_str("<a href=\"");
                escape(&mut self.out, &dest_url);
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
            TagEnd::TableCell => self.out.push_str(if self.in_head { "</th>" } else { "</td>" }),
            TagEnd::Emphasis => self.out.push_str("</em>"),
            TagEnd::Strong => self.out.push_str("</strong>"),
            TagEnd::Strikethrough => self.out.push_str("</del>"),
            TagEnd::Link | TagEnd::Image => self.out.push_str("</a>"),
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
