board-title = Leaderboard
board-kind = Battles
board-kind-battle = Blind battles
board-kind-side-by-side = Side by side (names shown)
board-language = Language
board-language-all = All languages
board-language-zh = Chinese
board-language-en = English
board-language-ja = Japanese
board-language-ko = Korean
board-language-fr = French
board-language-de = German
board-language-es = Spanish
board-language-ru = Russian
board-language-pt = Portuguese
board-language-it = Italian
board-language-ar = Arabic
board-language-vi = Vietnamese
board-language-und = Not recognised
board-show = Show
board-no-models = There are no models yet. An administrator can register them.
board-no-votes = No votes here yet. Be the first: chat with two anonymous models and choose the better answer.
board-first-vote = Start a battle
board-votes = { $votes ->
    [0] No votes yet
    [one] One vote
   *[other] { $shown } votes
}
board-ranking = Ranking
board-rank = Rank { $n }
board-model = Model
board-bt = Rating
board-bt-long = Bradley–Terry rating with its 95% CI (confidence interval)
board-elo = Elo
board-elo-long = Online Elo, in the order of the votes
board-win-rate = Win rate
board-wins = Wins
board-losses = Losses
board-ties = Ties
board-both-bad = Both bad
board-votes-column = Votes
board-retired = not in battles now
board-ranked = Ranked
board-not-ranked = Not ranked yet
board-group = Group { $number }: not yet linked to the other models by wins in both directions, so ranked among themselves
board-why-no-votes = Not ranked yet: no votes
board-why-won-all = Not ranked yet: it won every battle, so any rating would be too low
board-why-lost-all = Not ranked yet: it lost every battle, so any rating would be too high
board-why-one-sided = Not ranked yet: its results all point one way, so its strength cannot be estimated yet
board-how = How to read this
board-how-votes = Blind battles count only votes cast before the names were shown. If an answer gave its model away, the vote is kept but not counted. Side-by-side comparisons have their own leaderboard.
board-how-bt = Ratings come from a Bradley–Terry model: the strengths that best explain all votes. { $center } A model that is { $scale } points stronger wins about ten times as often as it loses.
board-how-rank = The rank range, such as 2–5, names every rank a model may have: it starts one below the number of models that are clearly better, and ends above those that are clearly worse. Two models are told apart by the interval of their difference, and with 95% confidence all ranges hold at once.
board-how-interval = The number after ± is half the width of the 95% CI (confidence interval). One person's votes share one taste, so they count together; with few votes or few voters the interval is wide.
board-how-preliminary = Models with fewer than { $votes } votes are preliminary: they have a rating but no rank, and take none from others.
board-center-mean = The average over all battles stands at { $rating }.
board-center-anchor = { $model } stands at { $rating }.
board-preliminary = Preliminary: fewer than { $votes } votes
board-voters = Votes by { $count } voters.
board-few-voters = That is too few voters for narrow intervals.
board-no-interval = Too few voters to say how certain this is
board-both-bad-long = Share of its battles in which both answers were judged bad
board-how-elo = Elo changes with each vote (K = { $k }, starting from { $initial }), so it follows recent votes and depends on their order.
board-how-ties = Ties and both-bad votes count as half a win for each side in the ratings. How often both answers were judged bad has its own column.
board-chart = Ratings and their intervals
board-chart-note = Each dot is a model's rating, each line its 95% confidence interval. Two intervals may overlap although one model is clearly better: ranks go by the difference.
board-win-rates = Win rates, head to head
board-win-rates-note = Percentage of battles the row model won against the column model; ties and both-bad votes count half. Italics: fewer than ten battles.
board-counts = Battles, head to head
board-counts-note = Counted votes for each pair.
board-left-out = { $count ->
    [one] One more model is in the files.
   *[other] { $count } more models are in the files.
}
error-board-kind = There is no leaderboard for “{ $detail }”. Choose blind battles or side by side.
error-board-language = That is not a language code. Choose a language from the list.
