history-heading = Your battles
history-lead = Only visible in this browser (linked to its cookie).
history-empty = You have not started a battle yet. What you write appears here.
history-end = There are no older battles.
history-turns = { $n ->
    [one] { $n } turn
   *[other] { $n } turns
}
history-no-vote = Not voted yet
kind-battle = Battle
kind-side-by-side = Side by side
kind-direct = Direct chat
delete-all = Delete everything
delete-all-warning = All your battles, comparisons and chats are deleted permanently. Your votes stay in the ratings but are no longer linked to you.
delete-all-sure = Delete everything permanently
history-nothing = No battle of yours matches. Change the filters, or clear them.
history-voted-yes = Voted
history-voted-no = Not voted
list-voted = Vote
mine-title = My votes
mine-lead = What your blind votes say together. Only visible in this browser.
mine-history = Your battles
mine-none = You have not voted in a blind battle yet. After a few votes your own ranking appears here.
mine-last = Your last vote
mine-board = My ranking
mine-board-note = { $n ->
    [one] From one blind vote
   *[other] From { $n } blind votes
  } of yours, by the same method as the leaderboard. ± is the 95% interval: with few votes it is wide, and models whose results all point one way have no rating yet.
mine-rating = My rating
mine-record = Won – tied – lost
mine-rank = Rank for everybody
mine-smaller = Small against big
mine-smaller-of = You preferred the smaller model in { $n } of { $of } battles between models of different sizes.
mine-smaller-note = Ties are left out; the range is the 95% interval. Sizes are total parameters, where they are known.
