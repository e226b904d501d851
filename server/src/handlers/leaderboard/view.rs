//! How a visitor wants to see a board: order, columns, search. None of it changes what is computed.

use serde::Deserialize;

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Column {
    Elo,
    WinRate,
    AverageWinRate,
    Wins,
    Losses,
    Ties,
    BothBad,
    Votes,
    Licence,
    Parameters,
    Quantisation,
    Context,
    Speed,
    Added,
}

impl Column {
    /// In the order of the table.
    pub const ALL: [Self; 14] = [
        Self::Elo,
        Self::WinRate,
        Self::AverageWinRate,
        Self::Wins,
        Self::Losses,
        Self::Ties,
        Self::BothBad,
        Self::Votes,
        Self::Licence,
        Self::Parameters,
        Self::Quantisation,
        Self::Context,
        Self::Speed,
        Self::Added,
    ];

    const DEFAULT: [Self; 5] = [Self::Elo, Self::WinRate, Self::AverageWinRate, Self::BothBad, Self::Votes];

    /// Its name in addresses.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Elo => "elo",
            Self::WinRate => "win-rate",
            Self::AverageWinRate => "average",
            Self::Wins => "wins",
            Self::Losses => "losses",
            Self::Ties => "ties",
            Self::BothBad => "both-bad",
            Self::Votes => "votes",
            Self::Licence => "licence",
            Self::Parameters => "parameters",
            Self::Quantisation => "quantisation",
            Self::Context => "context",
            Self::Speed => "speed",
            Self::Added => "added",
        }
    }

    /// The key of its title.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Elo => "board-elo",
            Self::WinRate => "board-win-rate",
            Self::AverageWinRate => "board-average",
            Self::Wins => "board-wins",
            Self::Losses => "board-losses",
            Self::Ties => "board-ties",
            Self::BothBad => "board-both-bad",
            Self::Votes => "board-votes-column",
            Self::Licence => "models-licence",
            Self::Parameters => "models-parameters",
            Self::Quantisation => "models-quantisation",
            Self::Context => "board-context",
            Self::Speed => "board-speed",
            Self::Added => "board-added",
        }
    }

    /// The key of what explains it, where its title does not.
    pub const fn hint(self) -> Option<&'static str> {
        match self {
            Self::Elo => Some("board-elo-long"),
            Self::WinRate => Some("board-win-rate-long"),
            Self::AverageWinRate => Some("board-average-long"),
            Self::BothBad => Some("board-both-bad-long"),
            Self::Context => Some("board-context-long"),
            Self::Speed => Some("board-speed-long"),
            Self::Added => Some("board-added-long"),
            _ => None,
        }
    }

    pub const fn is_number(self) -> bool {
        !matches!(self, Self::Licence | Self::Quantisation)
    }

    /// Whether it says something of the model that votes do not.
    pub const fn is_of_model(self) -> bool {
        matches!(
            self,
            Self::Licence | Self::Parameters | Self::Quantisation | Self::Context | Self::Speed | Self::Added
        )
    }

    /// Whether it is shown to who has not chosen.
    pub fn is_usual(self) -> bool {
        Self::DEFAULT.contains(&self)
    }

    fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|column| column.name() == name)
    }
}

/// What the lines are ordered by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum SortBy {
    /// By rank and rating: the board's own order.
    Rating,
    Name,
    Column(Column),
}

impl SortBy {
    pub const fn name(self) -> &'static str {
        match self {
            Self::Rating => "rating",
            Self::Name => "name",
            Self::Column(column) => column.name(),
        }
    }

    fn named(name: &str) -> Option<Self> {
        match name {
            "rating" => Some(Self::Rating),
            "name" => Some(Self::Name),
            name => Column::named(name).map(Self::Column),
        }
    }

    /// Numbers begin with the largest, words with the first.
    const fn begins_descending(self) -> bool {
        match self {
            Self::Rating => true,
            Self::Name => false,
            Self::Column(column) => column.is_number(),
        }
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Asked {
    sort: String,
    /// Whether columns were chosen: none of them may be.
    columns: String,
    column: Vec<String>,
    q: String,
    compare: String,
    intervals: String,
}

/// How a board is shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct View {
    pub sort: SortBy,
    pub descending: bool,
    pub columns: Vec<Column>,
    pub has_chosen_columns: bool,
    /// A part of a name; empty for all models.
    pub search: String,
    /// Whether Chinese and English are compared.
    pub compares_languages: bool,
    /// Whether intervals stand beside those of votes that are drawn anew.
    pub checks_intervals: bool,
}

/// The longest part of a name that is looked for.
const MAX_SEARCH: usize = 120;

impl View {
    /// As the address says; what it does not say well is as if it were not said.
    pub fn of(query: &str) -> Self {
        let asked: Asked = serde_html_form::from_str(query).unwrap_or_default();
        let (name, descending) = match asked.sort.strip_prefix('-') {
            Some(name) => (name, Some(true)),
            None => (asked.sort.as_str(), None),
        };
        let sort = SortBy::named(name);
        let descending = sort.is_none() || descending.unwrap_or(false);
        let has_chosen_columns = !asked.columns.is_empty();
        let chosen = |column: &Column| asked.column.iter().any(|name| name == column.name());
        let columns = match has_chosen_columns {
            true => Column::ALL.into_iter().filter(chosen).collect(),
            false => Column::DEFAULT.to_vec(),
        };
        let search = asked.q.trim().chars().take(MAX_SEARCH).collect();
        let compares_languages = asked.compare == "languages";
        let checks_intervals = asked.intervals == "bootstrap";
        Self {
            sort: sort.unwrap_or(SortBy::Rating),
            descending,
            columns,
            has_chosen_columns,
            search,
            compares_languages,
            checks_intervals,
        }
    }

    /// As an address has it, to be added to a board's own; begins with `&` where there is anything to say.
    pub fn query(&self) -> String {
        let mut query = String::new();
        if (self.sort, self.descending) != (SortBy::Rating, true) {
            query.push_str(&format!("&sort={}", self.sort_value()));
        }
        if self.has_chosen_columns {
            query.push_str("&columns=chosen");
            self.columns.iter().for_each(|column| query.push_str(&format!("&column={}", column.name())));
        }
        if !self.search.is_empty() {
            let q = url::form_urlencoded::byte_serialize(self.search.as_bytes());
            query.push_str(&format!("&q={}", q.collect::<String>()));
        }
        if self.compares_languages {
            query.push_str("&compare=languages");
        }
        if self.checks_intervals {
            query.push_str("&intervals=bootstrap");
        }
        query
    }

    /// The order as the address says it.
    pub fn sort_value(&self) -> String {
        format!("{}{}", if self.descending { "-" } else { "" }, self.sort.name())
    }

    /// The view after a click on a column's head.
    pub fn sorted_by(&self, sort: SortBy) -> Self {
        let descending = if self.sort == sort { !self.descending } else { sort.begins_descending() };
        Self { sort, descending, ..self.clone() }
    }

    /// For `aria-sort`.
    pub fn direction(&self, sort: SortBy) -> Option<&'static str> {
        (self.sort == sort).then_some(if self.descending { "descending" } else { "ascending" })
    }

    /// Whether a model is looked for.
    pub fn finds(&self, name: &str, slug: &str) -> bool {
        let search = self.search.to_lowercase();
        name.to_lowercase().contains(&search) || slug.contains(&search)
    }

    /// Whether any column says something of models that votes do not.
    pub fn needs_models(&self) -> bool {
        self.columns.iter().any(|column| column.is_of_model())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_view_is_what_its_address_says() {
        let default = View::of("");
        assert_eq!((default.sort, default.descending, default.query().as_str()), (SortBy::Rating, true, ""));
        assert_eq!(default.columns, Column::DEFAULT);
        for query in [
            "&sort=-elo",
            "&sort=name",
            "&sort=licence&columns=chosen&column=votes&column=licence",
            "&columns=chosen",
            "&q=%E6%9C%88+a%26b",
            "&sort=rating&compare=languages",
            "&compare=languages&intervals=bootstrap",
        ] {
            assert_eq!(View::of(&format!("kind=battle{query}")).query(), query);
        }
        assert_eq!(View::of("sort=nothing&column=nothing&q=+"), default, "what is not known is passed over");
    }

    #[test]
    fn a_second_click_on_a_column_turns_its_order_round() {
        let by_elo = View::of("").sorted_by(SortBy::Column(Column::Elo));
        assert_eq!(by_elo.sort_value(), "-elo");
        assert_eq!(by_elo.direction(SortBy::Column(Column::Elo)), Some("descending"));
        let turned = by_elo.sorted_by(SortBy::Column(Column::Elo));
        assert_eq!((turned.sort_value().as_str(), turned.direction(SortBy::Rating)), ("elo", None));
        assert_eq!(turned.sorted_by(SortBy::Name).sort_value(), "name");
    }

    #[test]
    fn models_are_found_by_a_part_of_their_name() {
        let view = View::of("q=MIX");
        assert!(view.finds("Chinese-Mixtral", "cm") && view.finds("混合", "mix-1") && !view.finds("Verse", "verse"));
    }
}
