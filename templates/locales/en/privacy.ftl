privacy-title = Privacy
privacy-lead = What this arena keeps of you, who sees it, and how it goes away.
privacy-kept-title = What is kept
privacy-kept-messages = Your messages and the answers to them, on the server of whoever runs this arena.
privacy-kept-votes = Your votes, with the reasons and the comment if you gave any.
privacy-kept-address = With each vote a keyed hash of your internet address, to notice abuse; the address itself is not stored.
privacy-kept-cookies = A cookie with a random number, for 400 days: it is what makes your history yours and your vote count once. Two more remember language and theme if you choose them. There is no tracking, and nothing comes from other sites.
privacy-who-title = Who sees it
privacy-who-models = The models that answer you. Some may run at other providers, which then receive your messages.
privacy-who-admins = The administrators of this arena, who may read battles to look into abuse.
privacy-who-public = Everybody sees the ratings that come of all votes. A conversation is public only if you share it, until you stop sharing it.
privacy-gone-title = How it goes away
privacy-gone-delete = You can delete a conversation, or all of them, at any time:
privacy-gone-days = Conversations are deleted { $days ->
    [one] one day
   *[other] { $days } days
  } after they began.
privacy-gone-never = Otherwise conversations are kept until the administrators delete them.
privacy-gone-votes = Votes stay when their conversation goes, but lead to nobody any more.
privacy-warning = Do not write anything here that others must not know: no passwords, no personal data of yours or of others.
