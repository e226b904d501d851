admin-title = Administration
admin-overview = Overview
admin-models = Models
admin-battles = Battles
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
audit-nobody = the service or its command line

admin-votes = Votes
day-battles = Battles in 24 h
day-votes = Votes in 24 h
day-voters = Visitors in 24 h
day-replies = Answers in 24 h
day-failed = Failed answers
overview-too-few = { $n ->
    [0] No model can be drawn, so no battle can begin.
    [one] Only one model can be drawn: a battle needs two.
   *[other] { $n } models can be drawn.
 }
overview-models = Models
overview-workers = Workers
overview-no-workers = This server runs no local models (--devices none). Endpoints work all the same.
overview-battles = Recent battles
overview-all-battles = All battles
condition-resting = rests
condition-waiting = waits for its worker
condition-loading = loading
condition-loaded = { $done } of { $total }
condition-ready = ready
condition-failed = could not be loaded
condition-unplaced = has no device
condition-unusable = cannot be used
condition-breaks = does not answer
condition-answers = answers
condition-unasked = not asked yet
condition-shaky = failed last time
unplaced-device = This server has no device { $device }. Choose another one, or start the arena with --devices { $device }.
unplaced-memory = It needs { $needed } of memory, and { $free } are free. Disable another model, or choose a smaller quantisation.
unplaced-none = This server runs no local models: start it with --devices auto.
worker-idle = idle: no model is placed here
worker-starting = starting
worker-running = running
worker-crashed = died
worker-stopped = stopped
worker-next-try = { $reason } — it starts again at { $time } UTC
worker-restarts = { $n ->
    [one] started again once
   *[other] started again { $n } times
 }
worker-since = since { $time } UTC
worker-memory = { $memory } for models
worker-log = Its last words

battles-lead = Who met, and what became of it. What people wrote is theirs and is not shown here.
battles-none = No battles yet. Open the battle page in another tab and begin one.
battles-turns = { $n ->
    [one] one turn
   *[other] { $n } turns
 }
battles-failed = { $n ->
    [one] one failed answer
   *[other] { $n } failed answers
 }
battles-kind-battle = battle
battles-kind-side-by-side = side by side
battles-kind-direct = direct
votes-lead = A withdrawn vote counts on no board; restoring it puts everything back.
votes-none = No votes yet.
votes-models = Left and right
votes-choice = Vote
votes-choice-a = left is better
votes-choice-b = right is better
votes-choice-tie = tie
votes-choice-both-bad = both bad
votes-choice-up = good
votes-choice-down = bad
votes-counted = counts
votes-withdrawn = withdrawn
votes-not-counted = does not count: { $why }
votes-withdraw = Withdraw
votes-restore = Restore

admin-models-none = No models yet. Register a model file of this server, or an endpoint that speaks the OpenAI protocol; two of them make a battle.
models-register = Register a model
models-register-local = Register a file
models-register-endpoint = Register an endpoint
models-saved = “{ $name }” is saved. Battles begun from now on may draw it; no restart is needed.
models-weight = weight { $n }
models-key-set = key is set
models-edit = Edit
models-retry = Try again
models-enable = Enable
models-disable = Disable
models-retire = Retire
retire-title = Retire “{ $name }”?
retire-lead = It is unloaded and never drawn again. Its votes and its row on the leaderboard stay. This cannot be undone; to let it rest for a while, disable it instead.
retire-do = Retire for good
retire-not = Keep it
error-model-retired = This model is retired and stays so. Register it anew if it shall play again.
error-slug = “{ $detail }” cannot stand in an address. Use lower-case letters, digits, dots, hyphens and underscores, at most 64.
error-slug-taken = Another model has this name in addresses already. Choose another one.

form-edit = Edit a model
form-kind = Kind of model
form-kind-local = A file on this server
form-kind-endpoint = An endpoint (OpenAI protocol)
form-mistakes = Some fields need a look; nothing was saved.
form-check = Check
form-save = Save
form-anyway = Save although it does not answer now
form-busy = Checking; an endpoint may take up to a minute…
model-group-file = The file
model-group-endpoint = The endpoint
model-group-name = Name and drawing
model-group-card = The card
model-group-patience = Patience
model-path = File or folder
model-path-hint = Full path on this server: a GGUF file, the first of several shards, a folder with one model, or the folder of a LoRA adapter (adapter_config.json) whose base is a GGUF file.
model-adapter-base = Base of the adapter
model-adapter-base-hint = For a LoRA adapter only: full path of its base's GGUF file. Leave it empty where the adapter's own configuration leads to that file.
model-device = Device
model-device-hint = auto, cpu, cuda:0 … By default a GPU if there is one.
model-context-length = Context in tokens
model-context-length-hint = Empty: what the model says of itself. Less saves memory.
model-base-url = Base URL
model-base-url-hint = Where the OpenAI protocol begins, usually ending in /v1.
model-remote-model = Model name there
model-remote-model-hint = Press “Check” to see the names that the endpoint lists.
model-api-key = Key
model-api-key-hint = Kept encrypted and never shown again. Empty if none is needed.
model-api-key-set = a key is set
model-api-key-replace = A key is set and is not shown. Type another one to replace it.
model-api-key-remove = Remove the key
model-api-key-env = Key from the environment
model-api-key-env-hint = Instead of a key: the name of an environment variable of the server that ends in _KEY or _TOKEN.
model-display-name = Name
model-display-name-hint = As visitors see it after the vote. Empty: made of the file's own name when you press “Check”.
model-slug = Name in addresses
model-slug-hint = Empty: made of the name. It cannot be changed later.
model-sampling-weight = Sampling weight
model-sampling-weight-hint = How often it is drawn: 1 as usual, 2 twice as often, 0 never.
model-description-en = Description in English
model-description-en-hint = What visitors should know, after the vote.
model-description-zh = Description in Chinese
model-description-zh-hint = Shown on Chinese pages.
model-family = Family
model-family-hint = Such as Mixtral.
model-base-model = Base model
model-base-model-hint = What it was made from.
model-quantisation = Quantisation
model-quantisation-hint = Such as Q4_K.
model-parameters = Parameters
model-parameters-hint = In all, such as 46.7B.
model-active-parameters = Active parameters
model-active-parameters-hint = Those that work on one token, such as 13B.
model-licence = Licence
model-licence-hint = Such as Apache-2.0.
model-link = Link
model-link-hint = Where to read more.
model-connect-seconds = Connection, in seconds
model-connect-seconds-hint = How long a connection may take.
model-first-token-seconds = First token, in seconds
model-first-token-seconds-hint = Queueing and reading the prompt included.
model-between-tokens-seconds = Between tokens, in seconds
model-between-tokens-seconds-hint = A longer pause counts as broken off.
model-retries = Tries after the first
model-retries-hint = Only before the first token.
error-field-empty = This cannot stay empty.
error-field-line = One line of at most { $detail } characters.
error-field-long = At most { $detail } characters.
error-field-number = A number within { $detail }.
error-field-path = A full path on this server, beginning with /.
error-field-device = “{ $detail }” is no device. Use auto, cpu or cuda:0.
error-field-base-url = An http or https address without user, password, query or fragment.
error-field-link = A full http or https address.
error-field-variable = A name in capitals that ends in _KEY or _TOKEN.

finding-file-good = The worker can load this model
finding-file-bad = This cannot be loaded
finding-endpoint-good = The endpoint answers
finding-endpoint-bad = The endpoint does not answer as it should
finding-file = File
finding-base = Base of the adapter
finding-title = Its own name
finding-architecture = Architecture
finding-size = Size
finding-memory = Memory needed (about)
finding-template = Chat template
finding-template-file = its own
finding-template-built-in = Mixtral's instruct format
finding-template-bad = broken
finding-template-broken = The file's chat template is broken, and conversations would be refused: { $why }
finding-unreachable = The path cannot be read: { $why }. Check the spelling, and that the arena's account may read it.
finding-empty = There is no GGUF file in this folder.
finding-several = There are several models in this folder: { $names }. Name one file.
finding-no-base = This is an adapter, and its base model is not where it says: { $base }. Say below where the base's GGUF file is. (Or put the path into adapter_config.json as base_model_name_or_path, seen from the adapter's folder or the folder around it.)
finding-no-adapter = A base was named, but this is no adapter: only a folder with adapter_config.json has a base. Leave the base empty.
finding-safetensors = This is a safetensors model. Convert it to GGUF (mixtral convert, or llama.cpp's convert_hf_to_gguf.py) and register the result.
finding-refused = { $why }
finding-no-key = The environment variable { $name } is not set where the arena runs. Set it and start the arena again, or give the key here.
finding-reachable = Reachable
finding-yes = yes
finding-no = no
finding-first-token = First token after
finding-total = Whole answer after
finding-ms = { $n } ms
finding-sample = It said
finding-models = { $n ->
    [one] The endpoint lists one model
   *[other] The endpoint lists { $n } models
 }
finding-better-base = Nothing answers under this base URL, but { $base } does: use that one.
finding-inner = { $detail }. Addresses inside the network are refused unless whoever runs the server starts it with --allow-inner HOST (or ARENA_ALLOW_INNER). Allowed at present: { $allowed }.
finding-allowed-none = none
