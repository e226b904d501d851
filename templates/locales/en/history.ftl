history-heading = Your battles
history-lead = Only visible in this browser (linked to its cookie).
history-empty = You have not started a battle yet. What you write appears here.
history-end = There are no older battles.
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
delete-all-warning = All your battles, comparisons and chats are deleted permanently. Your votes stay in the ratings but are no longer linked to you.
delete-all-sure = Delete everything permanently
