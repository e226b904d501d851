board-title = Leaderboard
board-kind = Battles
board-kind-battle = Anonymous battles
board-kind-side-by-side = Side by side, named
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
board-no-votes = Nobody has voted here yet. Be the first: chat with two anonymous models and choose the better answer.
board-first-vote = Start a battle
board-votes = { $votes ->
    [0] No votes yet
    [one] One vote
   *[other] { $shown } votes
}
board-ranking = Ranking
board-rank = Rank
board-model = Model
board-bt = Rating
board-bt-long = Bradley-Terry rating with its 95 % interval
board-elo = Elo
board-elo-long = Online Elo, in the order of votes
board-win-rate = Win rate
board-wins = Wins
board-losses = Losses
board-ties = Ties
board-both-bad = Both bad
board-votes-column = Votes
board-retired = not in battles now
board-ranked = Ranked
board-not-ranked = Not ranked yet
board-group = Group { $number }: these models have not been compared with the others both ways, so they are ranked among themselves
board-why-no-votes = Not ranked yet: no votes
board-why-won-all = Not ranked yet: it won every battle, so any rating would be too low
board-why-lost-all = Not ranked yet: it lost every battle, so any rating would be too high
board-why-one-sided = Not ranked yet: its results lead only one way, with no tie or surprise to measure them by
board-how = How to read this
board-how-votes = Only votes that were cast before the names were shown count among anonymous battles. Where an answer gave its model away, the vote is kept but not counted. Named comparisons have a board of their own.
board-how-bt = The rating is a Bradley-Terry model's: the strengths under which all votes together are most likely, with mean 1000. A model that is 400 points stronger wins ten times as often as it loses. The number after ± is half the width of the 95 % interval; with few votes it is wide and rough.
board-how-rank = The rank is one more than the number of models that are certainly better, that is, whose interval lies wholly above. So several models may share a rank.
board-how-elo = Elo moves by each vote as it comes (K = 4, starting from 1000), so it follows recent votes and depends on their order.
board-how-ties = Ties and both-bad votes count half a win for each side.
board-chart = Ratings and their intervals
board-chart-note = Each dot is a model's rating, each line its 95 % interval. The table above holds the same numbers.
board-win-rates = Win rates, model against model
board-win-rates-note = Percentage of battles that the model of the row won against the model of the column; ties and both-bad votes count half. Pale italics: fewer than ten battles.
board-counts = Battles, model against model
board-counts-note = How many counted votes each pair has.
board-left-out = { $count ->
    [one] One more model is in the files.
   *[other] { $count } more models are in the files.
}
error-board-kind = There is no leaderboard for “{ $detail }”. Choose anonymous battles or named comparisons.
error-board-language = That is not a language code. Choose a language from the list.
