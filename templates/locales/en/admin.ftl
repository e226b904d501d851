admin-title = Administration
admin-overview = Overview
admin-models = Models
admin-battles = Battles and votes
admin-audit = Audit log
admin-tokens = API tokens
admin-accounts = Administrators
admin-sign-out = Sign out
field-name = Name
field-password = Password
field-password-again = Password once more
field-password-old = Present password
field-password-new = New password
field-state = State
field-actions = Actions
password-hint = At least { $n } characters. A few words in a row are easy to keep and hard to guess.
pager = Pages
pager-newest = Newest
pager-older = Older

sign-in-title = Administrator's sign-in
sign-in-lead = Visitors need no account: this is for those who look after the arena.
sign-in-do = Sign in
sign-in-lost = No administrator yet, or the password lost? On the server, make a one-time link:
sign-in-limited = Too many attempts. Wait { $seconds ->
    [one] one second
   *[other] { $seconds } seconds
 } and try again.
error-sign-in-failed = Name or password is wrong, or this administrator is disabled. Check both and try again.

welcome-title = Become an administrator
welcome-lead = Choose the name and the password that you will sign in with. This link works once.
welcome-do = Create the account
welcome-spent-title = This link is spent
welcome-spent = It was used, has expired, or never was. Sign in if you have an account; else ask an administrator for an invitation, or make a link on the server:
error-admin-name = A name has between 1 and 64 characters on one line.
error-admin-name-taken = There is an administrator of this name already. Choose another name.
error-password-short = The password is too short: at least { $detail } characters.
error-password-long = The password is too long: at most { $detail } characters.
error-password-differs = The two passwords differ. Type the same one twice.
error-password-wrong = The present password is wrong.
error-last-admin = This is the last administrator who can sign in. Invite another one first.

accounts-since = Since
accounts-you = you
accounts-active = active
accounts-disabled = disabled
accounts-enable = Let in again
accounts-disable = Disable
accounts-last = The last one cannot be disabled
accounts-password = Your password
accounts-password-lead = A new password ends your sessions in other browsers.
accounts-password-do = Change the password
accounts-password-done = The password is changed, and your other sessions have ended.
invite-title = Invite an administrator
invite-lead = Makes a link that works once within { $hours } hours. Whoever opens it chooses a name and a password.
invite-do = Make an invitation
invite-close = { $n ->
    [one] Close the open invitation
   *[other] Close { $n } open invitations
 }
invite-made = The invitation is ready
invite-made-lead = Send this link to one person. It works once within { $hours } hours and is not shown again.

tokens-lead = Programs use a token for the administrator's part of the JSON API:
tokens-label = What it is for
tokens-label-example = nightly export
tokens-owner = Owner
tokens-made = Made
tokens-used = Last used
tokens-never = never
tokens-create = Make a token
tokens-revoke = Revoke
tokens-none = No tokens yet. Make one when a program has to manage models or votes.
tokens-fresh = The token is ready
tokens-fresh-lead = Copy it now: it is not shown again. Send it as “Authorization: Bearer …”.
error-token-label = Say in 1 to 64 characters what the token is for.

audit-lead = Everything that administrators did, newest first.
audit-none = Nothing yet.
audit-when = When
audit-who = Who
audit-what = What
audit-subject = To what
audit-detail = Particulars
audit-nobody = command line
