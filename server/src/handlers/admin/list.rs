//! What all lists of the administration share: what the address asks for, the row of filters, and the way to further pages.
//!
//! A page has a `list: List` and includes `admin/list_filter.html` above its table and `admin/list_pager.html` below it.

use std::borrow::Cow;

use actix_web::HttpRequest;
use url::form_urlencoded;

use crate::i18n::Locale;

/// Rows a page.
pub const ROWS: usize = 50;

/// How many rows to read: one more than is shown tells whether there are further ones.
pub const ROWS_TO_READ: i64 = ROWS as i64 + 1;

/// What the address of a list asks for: names and values, each name as often as it stands there.
#[derive(Debug, Clone, Default)]
pub struct ListQuery(Vec<(String, String)>);

impl ListQuery {
    /// As the request has it; what is empty asks for nothing.
    #[must_use]
    pub fn of(request: &HttpRequest) -> Self {
        Self::parse(request.query_string())
    }

    /// As it stands behind the question mark.
    #[must_use]
    pub fn parse(query: &str) -> Self {
        let pairs = form_urlencoded::parse(query.as_bytes()).filter(|(_, value)| !value.is_empty());
        Self(pairs.map(|(name, value)| (name.into_owned(), value.into_owned())).collect())
    }

    /// The first value of a name, or nothing.
    #[must_use]
    pub fn get(&self, name: &str) -> &str {
        self.all(name).next().unwrap_or_default()
    }

    /// All values of a name.
    pub fn all<'a>(&'a self, name: &str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// A number that a name stands for.
    #[must_use]
    pub fn number(&self, name: &str) -> Option<i64> {
        self.get(name).parse().ok()
    }

    /// An address that asks for the same, but for these.
    #[must_use]
    pub fn address(&self, path: &str, but: &[(&str, &str)]) -> String {
        let is_kept = |name: &str| but.iter().all(|(other, _)| *other != name);
        let kept = self.0.iter().map(|(name, value)| (name.as_str(), value.as_str())).filter(|(name, _)| is_kept(name));
        let pairs = kept.chain(but.iter().copied()).filter(|(_, value)| !value.is_empty());
        match form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish() {
            query if query.is_empty() => path.to_owned(),
            query => format!("{path}?{query}"),
        }
    }
}

/// A filter of a list.
#[derive(Debug)]
pub struct Field {
    pub name: &'static str,
    /// Its label.
    pub label: String,
    pub value: String,
    pub input: Input,
}

/// How a filter is filled in.
#[derive(Debug)]
pub enum Input {
    /// `search`, `text` or `date`.
    Text(&'static str),
    /// One of these: value and text.
    Choice(Vec<(String, String)>),
    /// Nothing to fill in: what another page's link asks for stays asked for.
    Hidden,
}

/// A list's frame.
#[derive(Debug)]
pub struct List {
    /// Where the list is.
    pub path: Cow<'static, str>,
    pub fields: Vec<Field>,
    /// What is asked for, as an address has it, for forms that come back to it.
    pub query: String,
    /// Whether something is asked for that may hide rows.
    pub is_filtered: bool,
    /// The first page, where this is another.
    pub first: Option<String>,
    /// The next page, where there is one.
    pub next: Option<String>,
}

impl List {
    /// A list without filters.
    #[must_use]
    pub fn new(path: impl Into<Cow<'static, str>>, query: &ListQuery, place: &'static str) -> Self {
        let path = path.into();
        let first = (!query.get(place).is_empty()).then(|| query.address(&path, &[(place, "")]));
        let here = query.address("", &[]).trim_start_matches('?').to_owned();
        Self { path, fields: Vec::new(), query: here, is_filtered: false, first, next: None }
    }

    /// With a filter to write into.
    #[must_use]
    pub fn text(self, locale: Locale, query: &ListQuery, name: &'static str, kind: &'static str) -> Self {
        self.field(locale, query, name, Input::Text(kind))
    }

    /// With a filter to choose from: `all` stands for its being empty.
    #[must_use]
    pub fn choice(
        self,
        locale: Locale,
        query: &ListQuery,
        name: &'static str,
        all: &str,
        choices: impl IntoIterator<Item = (String, String)>,
    ) -> Self {
        let all = (String::new(), locale.text(all));
        self.field(locale, query, name, Input::Choice(std::iter::once(all).chain(choices).collect()))
    }

    /// With a filter that only links set.
    #[must_use]
    pub fn hidden(self, locale: Locale, query: &ListQuery, name: &'static str) -> Self {
        if query.get(name).is_empty() { self } else { self.field(locale, query, name, Input::Hidden) }
    }

    fn field(mut self, locale: Locale, query: &ListQuery, name: &'static str, input: Input) -> Self {
        let value = query.get(name).to_owned();
        self.is_filtered |= !value.is_empty() && name != "sort";
        self.fields.push(Field { name, label: locale.text(&format!("list-{name}")), value, input });
        self
    }

    /// Cuts what was read down to a page; the next one begins where `place` says of the last row.
    pub fn cut<T>(
        &mut self,
        query: &ListQuery,
        name: &'static str,
        rows: &mut Vec<T>,
        place: impl Fn(&T) -> Cow<'static, str>,
    ) {
        let has_more = rows.len() > ROWS;
        rows.truncate(ROWS);
        self.next = rows.last().filter(|_| has_more).map(|row| query.address(&self.path, &[(name, &place(row))]));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_keep_what_is_asked_for_and_change_one_thing() {
        let query = ListQuery::parse("q=50%25+off&id=3&id=4&state=&sort=oldest");
        assert_eq!((query.get("q"), query.get("state"), query.number("id")), ("50% off", "", Some(3)));
        assert_eq!(query.all("id").collect::<Vec<_>>(), ["3", "4"]);
        assert_eq!(query.address("/l", &[("id", ""), ("sort", "")]), "/l?q=50%25+off");
        assert_eq!(query.address("/l", &[("id", ""), ("q", ""), ("sort", "newest")]), "/l?sort=newest");
        assert_eq!(ListQuery::default().address("/l", &[]), "/l");
    }

    #[test]
    fn only_a_row_too_many_tells_of_a_further_page() {
        let query = ListQuery::parse("kind=battle");
        let mut list = List::new("/l", &query, "after");
        let mut rows: Vec<i64> = (1..=ROWS_TO_READ).rev().collect();
        list.cut(&query, "after", &mut rows, |row| row.to_string().into());
        assert_eq!(list.next.as_deref(), Some("/l?kind=battle&after=2"), "the last row shown, not the one too many");
        assert_eq!((rows.len(), list.first), (ROWS, None));
        let query = ListQuery::parse("after=2");
        let mut list = List::new("/l", &query, "after");
        list.cut(&query, "after", &mut rows, |row| row.to_string().into());
        assert_eq!((list.first.as_deref(), list.next), (Some("/l"), None));
    }
}
