history-heading = Your battles
history-lead = Only this browser sees them: they are tied to its cookie.
history-empty = You have not started a battle yet. What you write appears here.
history-end = There are no older ones.
history-turns = { $n ->
    [one] { $n } turn
   *[other] { $n } turns
}
history-no-vote = Not voted yet
history-older = Older
kind-battle = Battle
kind-side-by-side = Side by side
kind-direct = Direct chat
delete-all = Delete everything
delete-all-warning = All your battles, comparisons and chats are deleted for good, with all their texts; this cannot be undone. Votes stay in the ratings, without any tie to you.
delete-all-sure = Delete everything for good
