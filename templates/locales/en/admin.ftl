admin-title = Admin
admin-overview = Overview
admin-models = Models
admin-battles = Battles
admin-audit = Audit log
admin-identity = Give-aways
identity-lead = A blind battle does not count when an answer says which model it is or who made it. The sentence that decided is shown with the vote and the battle. Talking about models gives nothing away.
identity-try = Try a text
identity-text = An answer, as the model would write it
identity-try-do = Try
identity-found = gives its model away
identity-nothing = gives nothing away
identity-lists = Names
identity-lists-hint = One name per line; upper and lower case, spaces and hyphens don't matter. The names of your own models are always included. Empty a list to get the built-in one back.
identity-models = Models
identity-words = Models whose names are also words or people's names
identity-makers = Companies and labs
admin-tokens = API tokens
admin-accounts = Administrators
admin-sign-out = Sign out
field-name = Name
field-password = Password
field-password-again = Repeat password
field-password-old = Current password
field-password-new = New password
field-state = State
field-actions = Actions
password-hint = At least { $n } characters. Several words are easy to remember and hard to guess.
pager = Pages
pager-first = First page
pager-next = Next page

sign-in-title = Administrator sign-in
sign-in-lead = Visitors need no account; this is for the people who run the arena.
sign-in-do = Sign in
sign-in-lost = No administrator yet, or password lost? Create a one-time link on the server:
sign-in-limited = Too many attempts. Wait { $seconds ->
    [one] one second
   *[other] { $seconds } seconds
 } and try again.
error-sign-in-failed = Wrong name or password, or this administrator is disabled. Check both and try again.

welcome-title = Become an administrator
welcome-lead = Choose a name and a password to sign in with. This link works once.
welcome-do = Create account
welcome-spent-title = This link is no longer valid
welcome-spent = It was used, has expired, or never existed. If you have an account, sign in; otherwise ask an administrator for an invitation, or create a link on the server:
error-admin-name = A name has 1 to { $max-label } characters on one line.
error-admin-name-taken = An administrator with this name already exists. Choose another name.
error-password-short = The password is too short: at least { $detail } characters.
error-password-long = The password is too long: at most { $detail } characters.
error-password-differs = The two passwords do not match. Type the same one twice.
error-password-wrong = The current password is wrong.
error-last-admin = This is the last administrator who can sign in. Invite another one first.

accounts-since = Since
accounts-you = you
accounts-active = active
accounts-disabled = disabled
accounts-enable = Re-enable
accounts-disable = Disable
accounts-last = The last administrator cannot be disabled
accounts-password = Your password
accounts-password-lead = A new password ends your sessions in other browsers.
accounts-password-do = Change password
accounts-password-done = Your password is changed, and your other sessions have ended.
invite-title = Invite an administrator
invite-lead = Creates a one-time link, valid for { $hours } hours. Whoever opens it chooses a name and a password.
invite-do = Create invitation
invite-close = { $n ->
    [one] Revoke the open invitation
   *[other] Revoke { $n } open invitations
 }
invite-made = The invitation is ready
invite-made-lead = Send this link to one person. It works once within { $hours } hours and is not shown again.

tokens-lead = Programs use a token for the admin part of the JSON API:
tokens-label = Purpose
tokens-label-example = nightly export
tokens-owner = Owner
tokens-made = Created
tokens-used = Last used
tokens-never = never
tokens-create = Create token
tokens-revoke = Revoke
tokens-none = No tokens yet. Create one when a program has to manage models or votes.
tokens-fresh = The token is ready
tokens-fresh-lead = Copy it now: it is not shown again. Send it as “Authorization: Bearer …”.
error-token-label = Describe the token's purpose in 1 to { $max-label } characters.

audit-lead = Everything administrators did, newest first.
audit-none = Nothing yet.
audit-when = When
audit-who = Administrator
audit-what = Action
audit-subject = Target
audit-detail = Details
audit-nobody = the service or its command line
audit-action-session-begin = Signed in
audit-action-session-end = Signed out
audit-action-admin-create = Created an administrator
audit-action-admin-invite = Created an invitation
audit-action-admin-invitations-close = Revoked open invitations
audit-action-admin-disable = Disabled an administrator
audit-action-admin-enable = Re-enabled an administrator
audit-action-admin-password = Changed password
audit-action-token-create = Created an API token
audit-action-token-revoke = Revoked an API token
audit-action-model-register = Registered a model
audit-action-model-change = Edited a model
audit-action-model-state = Changed a model's state
audit-action-model-result = Attached a benchmark score to a model
audit-action-model-result-remove = Removed a benchmark score of a model
audit-action-identity-names = Edited the names that give models away
audit-action-vote-withdraw = Withdrew a vote
audit-action-vote-restore = Restored a vote
audit-action-votes-withdraw = Withdrew votes
audit-action-votes-restore = Restored votes
audit-action-votes-import = Imported votes
audit-action-votes-judge = Imported what a language model judged
audit-action-votes-judge-start = Had a language model judge
audit-action-votes-judge-stop = Stopped a judging
audit-action-votes-export = Exported votes
audit-action-votes-publish = Published a leaderboard with its votes
audit-action-prompts-add = Added a prompt set
audit-action-prompts-change = Changed a prompt set
audit-action-prompts-import = Added prompts to a set
audit-action-prompts-delete = Removed prompts from a set
audit-action-prompts-delete-set = Deleted a prompt set
audit-action-battle-delete = Deleted conversations
audit-action-battle-replay = Had a battle's models asked again
audit-action-voter-flag = Flagged a voter
audit-action-voter-accept = Accepted a flagged voter
audit-action-voter-withdraw = Withdrew all votes of a voter
audit-action-voter-reopen = Took back the decision about a voter

admin-votes = Votes
day-battles = Battles, last 24 h
day-votes = Votes, last 24 h
day-voters = Visitors, last 24 h
day-replies = Answers, last 24 h
day-failed = Failed answers, last 24 h
overview-too-few = { $n ->
    [0] No model is available for battles, so none can start.
    [one] Only one model is available for battles, which need two.
   *[other] { $n } models are available for battles.
 }
overview-models = Models
overview-workers = Workers
overview-no-workers = This server runs no local models (--devices none). Endpoints still work.
overview-sides = Left and right
overview-sides-votes = Blind battles: { $left } votes for the left answer, { $right } for the right.
overview-sides-share = Left share in percent: { $share }
overview-sides-bias = One side wins more often than chance explains
overview-sides-none = No side bias found
overview-sides-note = Sides are assigned at random, so each should win half of the decided battles. Tested at 1%, with one person's votes counted together.
overview-battles = Recent battles
overview-all-battles = All battles
condition-resting = disabled
condition-waiting = waiting for its worker
condition-loading = loading
condition-loading-percent = loading { $percent }%
condition-away = not in memory: loaded when asked
condition-pinned = pinned
condition-loaded = { $done } of { $total }
condition-ready = ready
condition-failed = failed to load
condition-unplaced = no suitable device
condition-unusable = cannot be used
condition-breaks = not responding
condition-answers = responding
condition-unasked = not used yet
condition-servers = { $well } of { $all } servers respond
condition-shaky = last request failed
unplaced-device = This server has no device { $device }. Choose another one, or start the arena with --devices { $device }.
unplaced-memory = It needs { $needed } of memory, more than the { $free } that its device has beside pinned models. Choose a smaller quantisation or a shorter context, unpin another model, or allow more with --memory.
unplaced-none = This server runs no local models: start it with --devices auto.
worker-no-start = it cannot be started from { $program }: { $why }
worker-slow-start = it did not listen within { $seconds } seconds
worker-silent = it no longer answered and was killed
worker-exited = it ended with status { $code }
worker-killed = it was killed (signal 9): by hand, or by the system because memory ran out
worker-signal = it was ended by signal { $signal }
worker-ended = it ended
worker-lost = it cannot be waited for: { $why }
load-panicked = the loader panicked: this is a fault of the program
load-no-end = the answer has no end
template-loses-message = it leaves out what the person says
load-template-crashed = its chat template crashed { $times } times: { $how }
load-worker-died = the worker died { $times } times while loading it: { $how }
load-refused = the worker refuses it: { $why }
worker-idle = idle: no model is placed here
worker-starting = starting
worker-running = running
worker-crashed = crashed
worker-stopped = stopped
worker-next-try = restarts at { $time }
worker-restarts = { $n ->
    [one] restarted once
   *[other] restarted { $n } times
 }
worker-since = since { $time }
worker-memory = { $memory } for models
worker-resident = process uses { $memory }
worker-log = Recent log

battles-lead = Who played whom, and the result. What people wrote is private and not shown here.
battles-none = No battles yet. Open the battle page in another tab and start one.
battles-state-voted = voted on
battles-state-unvoted = no vote
battles-state-failed = with a failed answer
battles-state-excluded = not counted
battles-choose-one = Choose conversation { $id }
battles-delete = Delete the ticked conversations…
battles-delete-warning = Everything written in them is deleted permanently. Votes stay in the ratings but are no longer linked to their voters.
battles-delete-do = Delete permanently
battles-deleted = { $n ->
    [0] Nothing was deleted: no conversation was ticked, or they were gone already.
    [one] One conversation was deleted.
   *[other] { $n } conversations were deleted.
}
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
battles-kind-imported = imported
battles-kind-judge = judged by a model
votes-lead = A withdrawn vote counts on no leaderboard; restoring it undoes that completely.
votes-by-voter = Votes by voter
votes-by-address = Votes by address
votes-recomputing = Elo ratings are being recomputed in the background. Bradley–Terry ratings and counts are up to date.
votes-bulk = Change several votes
votes-withdraw-chosen = Withdraw selected
votes-restore-chosen = Restore selected
votes-withdraw-all = Withdraw all matching…
votes-restore-all = Restore all matching…
votes-choose = Select
votes-choose-one = Select vote { $n }
votes-who = Voter
votes-voter = voter { $id }
votes-address = address { $id }
votes-state-counted = counted
votes-state-withdrawn = withdrawn
votes-state-flagged = held: voter flagged
votes-state-excluded = not counted
votes-state-unrated = not rated
change-withdrawn = { $n ->
    [one] One vote withdrawn
   *[other] { $n } votes withdrawn
 }
change-restored = { $n ->
    [one] One vote restored
   *[other] { $n } votes restored
 }
change-undo = Undo
change-undo-hint = You can undo this.
change-nothing = Nothing to change
change-nothing-withdraw = None of these votes is on a leaderboard or could be withdrawn: nothing is selected, or all are withdrawn already.
change-nothing-restore = None of these votes is withdrawn.
change-back = Back to the list
change-withdraw = { $n ->
    [one] Withdraw one vote?
   *[other] Withdraw { $shown } votes?
 }
change-restore = { $n ->
    [one] Restore one vote?
   *[other] Restore { $shown } votes?
 }
change-rated = Affecting leaderboards: { $n }.
change-voters = { $n ->
    [one] They come from one voter.
   *[other] They come from { $n } voters.
 }
change-all = No filter is set: this is every vote of the arena.
change-note = Reason
change-note-hint = Kept in the audit log; optional.
change-not = Cancel
groups-title = Votes by voter
groups-lead = Who votes how often, and for which side.
groups-back = All votes
groups-off = Withdrawn or held
groups-left = Left
groups-addresses = Addresses
groups-voters = Voters
groups-first = First vote
groups-last = Last vote
groups-sort-votes = Most votes
groups-sort-newest = Last vote
groups-sort-side = Most one-sided
list-q = Search
list-state = State
list-model = Model
list-kind = Kind
list-choice = Vote
list-language = Language
list-from = From
list-to = To
list-voter = Voter
list-address = Address
list-change = Change
list-admin = Administrator
list-action = Action
list-sort = Order
list-by = Group by
list-by-voter = Voter
list-by-address = Address
list-all = All
list-sort-newest = Newest first
list-sort-oldest = Oldest first
list-show = Apply
list-clear = Clear filters
list-nothing = Nothing matches. Change the filters, or clear them.
list-found = { $n ->
    [one] One vote
   *[other] { $shown } votes
 }
list-found-more = More than { $n } votes
error-list-filter = The filter “{ $detail }” can't be read. Correct it or clear the filters.
bad-row-unreadable = can't be read: { $detail }
bad-row-no-models = it doesn't name two models
bad-row-one-model = both models are “{ $detail }”
bad-row-no-winner = it doesn't say who won (“{ $detail }”)
votes-none = No votes yet.
votes-models = Left and right
votes-choice = Vote
votes-choice-a = left is better
votes-choice-b = right is better
votes-choice-tie = tie
votes-choice-both-bad = both bad
votes-choice-up = good
votes-choice-down = bad
votes-counted = counted
votes-unrated = not rated: one model alone
votes-not-counted = not counted: { $why ->
    [identity] an answer gave its model away
    [chosen] the voter chose one of the models
    [regenerated] one side alone was asked again
   *[other] { $why }
 }
votes-withdraw = Withdraw
votes-restore = Restore
admin-voters = Voters
voters-lead = Each voter's choices in blind battles are compared with what others voted on the same pairs. The votes of a flagged voter don't count until you decide.
voters-rate = At most { $rate }% of voters who vote like others are ever flagged (--flag-rate).
voters-off = Nobody is flagged: --flag-rate is 0.
voters-none = No voter has been looked at yet. This happens a few seconds after a vote.
voters-compared = Votes compared
voters-evidence = Evidence (times)
voters-highest = Highest
voters-since = Flagged
voters-filter-open = Waiting for a decision
voters-filter-flagged = Ever flagged
voters-state-open = flagged: decide
voters-state-accepted = accepted
voters-state-withdrawn = votes withdrawn
voters-state-usual = votes like others
voters-boards = Leaderboard with and without held votes
voters-boards-lead = { $n ->
    [one] One vote in blind battles is held.
   *[other] { $n } votes in blind battles are held.
 } Bradley–Terry ratings, all languages.
voters-without = Without
voters-with = With
voters-moved = Difference
voters-held = Held
voter-title = Voter
voter-evidence = The votes are now { $times } times as likely if this voter does not vote like others as if they do.
voter-highest = At most they were { $times } times as likely.
voter-compared = { $n ->
    [one] One vote in blind battles
   *[other] { $n } votes in blind battles
 }, of which { $compared } are on pairs with enough votes by others to compare.
voter-votes = All votes of this voter
voter-neither = tie or both bad
voter-chart = Evidence after each vote
voter-chart-note = Evidence after each vote, oldest first, on a logarithmic scale. Above the dashed line ({ $times } times) a voter is flagged.
voter-accept = Accept: count all votes
voter-withdraw = Withdraw all votes
voter-reopen = Take the decision back
voter-decision-hint = The decision is remembered, also for votes to come, and can be changed at any time.
list-review = Voters

admin-models-none = No models yet. Register a model file on this server or an OpenAI-compatible endpoint; two models make a battle.
models-register = Register a model
models-register-local = Register a file
models-register-endpoint = Register an endpoint
models-saved = “{ $name }” is saved. New battles can use it right away; no restart is needed.
models-key-set = key is set
models-edit = Edit
models-retry = Retry
models-enable = Enable
models-disable = Disable
models-retire = Retire
retire-title = Retire “{ $name }”?
retire-lead = It is unloaded and never used in battles again. Its votes and its place on the leaderboard stay. This cannot be undone; to pause it for a while, disable it instead.
retire-do = Retire permanently
retire-not = Keep it
error-model-retired = This model is retired permanently. Register it again to bring it back.
error-slug = “{ $detail }” can't be used in a URL. Use lower-case letters, digits, dots, hyphens and underscores, at most { $max-slug }.
error-slug-taken = Another model already uses this slug. Choose another one.

form-edit = Edit a model
form-kind = Kind of model
form-kind-local = A file on this server
form-kind-endpoint = An OpenAI-compatible endpoint
form-mistakes = Some fields need attention; nothing was saved.
form-check = Check
form-save = Save
form-force = Save even though it isn't responding
form-busy = Checking; an endpoint may take up to a minute…
model-group-file = File
model-group-endpoint = Endpoint
model-group-name = Name and sampling
model-group-card = Model card
model-group-patience = Timeouts
model-path = File or folder
model-path-hint = Full path on this server: a GGUF file, the first of several shards, a folder with one model, a Hugging Face folder (safetensors; FOLDER:Q4_K quantizes it while it loads), or the folder of a LoRA adapter (adapter_config.json).
model-adapter-base = Base model of the adapter
model-adapter-base-hint = For a LoRA adapter only: full path of its base, a GGUF file or a Hugging Face folder (FOLDER:Q4_K quantizes it). Leave empty if the adapter's own configuration points to it.
model-device = Device
model-device-hint = auto, cpu, cuda:0 … By default a GPU if there is one.
model-pinned = Keep in memory
model-pinned-hint = Where models share a device's memory in turns, this one is never unloaded for another.
model-context-length = Context length (tokens)
model-context-length-hint = Leave empty for the model's own. Less saves memory.
model-base-url = Base URL
model-base-url-hint = Where the OpenAI API begins, usually ending in /v1.
model-more-base-urls = Further base URLs
model-more-base-urls-hint = Other servers of the same model, separated by spaces. Requests go to the least busy one that responds.
model-remote-model = Model name at the endpoint
model-remote-model-hint = Press “Check” to see the names the endpoint lists.
model-api-key = API key
model-api-key-hint = Stored encrypted and never shown again. Leave empty if none is needed.
model-api-key-set = a key is set
model-api-key-replace = A key is set and not shown. Type another one to replace it.
model-api-key-typed = the key you typed is kept
model-api-key-remove = Remove the key
model-api-key-env = API key from the environment
model-api-key-env-hint = Instead of a key: the name of an environment variable of the server that ends in _KEY or _TOKEN.
model-display-name = Name
model-display-name-hint = Shown to visitors after the vote. For a file, leave empty to take it from the file when you press “Check”.
model-slug = Slug (URL)
model-slug-hint = Leave empty to derive it from the name. It cannot be changed later.
model-max-concurrency = Concurrent answers
model-max-concurrency-hint = At each server of the model, counted by each arena server. Empty: no limit.
model-max-queue = Queue length
model-max-queue-hint = Requests that may wait when all are busy. Visitors see how many are before them.
model-sampling-weight = Sampling weight
model-sampling-weight-hint = How often it is picked for battles: 1 as usual, 2 twice as often, 0 never.
model-description-en = Description in English
model-description-en-hint = What visitors should know about it. Shown on English pages.
model-description-zh = Description in Chinese
model-description-zh-hint = Shown on Chinese pages.
model-sample-prompts = Sample prompts
model-sample-prompts-hint = What it is good at, one prompt per line. Visitors are offered these, in their own language first.
model-languages = Languages
model-languages-hint = ISO 639-1 codes, for example “zh, en”. A battle in another language draws this model only if too few models speak that language. Leave empty for any.
model-family = Family
model-family-hint = For example Mixtral.
model-base-model = Base model
model-base-model-hint = The model it was made from.
model-quantisation = Quantisation
model-quantisation-hint = For example Q4_K.
model-adapter = Adapter
model-adapter-hint = For example chinese-mixtral-lora; empty where there is none. Models that differ in it tell what it is worth.
model-chat-template = Chat template
model-chat-template-hint = A name for it, for example mistral-instruct. Models that differ in it tell what it is worth.
model-parameters = Parameters
model-parameters-hint = Total, for example 46.7B.
model-active-parameters = Active parameters
model-active-parameters-hint = Used per token, for example 13B.
model-licence = Licence
model-licence-hint = For example Apache-2.0.
model-link = Link
model-link-hint = Where to read more.
model-connect-seconds = Connect (seconds)
model-connect-seconds-hint = Longest time to establish a connection.
model-first-token-seconds = First token (seconds)
model-first-token-seconds-hint = Includes queueing and processing the prompt.
model-between-tokens-seconds = Between tokens (seconds)
model-between-tokens-seconds-hint = A longer pause counts as an interruption.
model-retries = Retries
model-retries-hint = Only before the first token.
model-omitted-parameters = Parameters not sent
model-omitted-parameters-hint = Sampling parameters that the endpoint refuses: temperature, top_p, seed, top_k, min_p, repetition_penalty. Found by the check.
error-field-empty = Required.
error-field-line = One line of at most { $detail } characters.
error-field-invisible = Remove the invisible character { $detail }.
error-name-confusable = Another model has a name that looks the same. Choose one that visitors can tell apart.
error-field-language = “{ $detail }” is not a language code of two letters, such as zh or en.
error-field-parameter = “{ $detail }” is not one of temperature, top_p, seed.
error-field-long = At most { $detail } characters.
error-field-number = Enter a number within { $detail }.
error-field-path = Enter a full path on this server, starting with /. A model on the Hugging Face hub is downloaded there first: “mixtral download OWNER/NAME:TYPE” prints its path.
error-field-device = “{ $detail }” is not a device. Use auto, cpu or cuda:0.
error-field-base-url = Enter an http or https URL without user, password, query or fragment.
error-field-link = Enter a full http or https URL.
error-field-variable = Enter a name in capitals that ends in _KEY or _TOKEN.

finding-file-good = This model can be loaded
finding-file-bad = This model cannot be loaded
finding-endpoint-good = The endpoint responds
finding-endpoint-bad = The endpoint does not respond as it should
finding-file = File
finding-base = Base model of the adapter
finding-title = Name in the file
finding-architecture = Architecture
finding-size = Size
finding-memory = Memory needed (approx.)
finding-template = Chat template
finding-template-file = from the file
finding-template-built-in = Mixtral's instruct format
finding-template-broken = The file's chat template cannot lay out a conversation: { $why }
finding-mute = The model was loaded and did not answer: { $why }
finding-crashed = Checking this file crashed or hung, so it cannot be used: { $why }
finding-untried = This model is too large to be tried out beside what is running. It is tried out when it is loaded.
finding-unreachable = The path cannot be read: { $why }. Check the spelling, and that the arena's account may read it.
finding-empty = There is no model in this folder: neither a GGUF file nor safetensors with config.json.
finding-several = There are several models in this folder: { $names }. Choose one file.
finding-no-base = This is an adapter, and its base model was not found: { $base }. Enter the path of the base's GGUF file or Hugging Face folder below. (Or put the path into adapter_config.json as base_model_name_or_path, relative to the adapter's folder or its parent.)
finding-no-adapter = A base model is given, but this is not an adapter: only a folder with adapter_config.json has a base. Leave the base empty.
finding-safetensors = A safetensors file alone is not a model. Give the folder that holds it together with config.json and the tokenizer.
finding-refused = { $why }
finding-no-key = The environment variable { $name } is not set where the arena runs. Set it and restart the arena, or enter the key here.
finding-reachable = Reachable
finding-yes = yes
finding-no = no
finding-first-token = Time to first token
finding-total = Time to full answer
finding-seconds = { $s } s
finding-sample = Sample answer
finding-models = { $n ->
    [one] The endpoint lists one model
   *[other] The endpoint lists { $n } models
 }
finding-better-base = Nothing responds at this base URL, but { $base } does: use that one.
finding-omitted = The endpoint refuses { $names }: these are not sent, and the model's card says so. Its answers are sampled by its own defaults there.
finding-inner = Private addresses are refused unless the server is started with --allow-private HOST (or ARENA_ALLOW_PRIVATE). Currently allowed: { $allowed }. ({ $detail })
finding-allowed-none = none
model-group-answering = System prompt, template and sampling
model-system-prompt = System prompt
model-system-prompt-hint = Part of this contestant: the same weights with another prompt compete as another model.
model-temperature = Temperature
model-temperature-hint = 0 to 2; 0.7 if empty. Part of this contestant, like everything in this group.
model-top-p = Top-p
model-top-p-hint = 0.01 to 1; 1 if empty.
model-top-k = Top-k
model-top-k-hint = 0 to 1000; if empty, not sent.
model-min-p = Min-p
model-min-p-hint = 0 to 1; if empty, not sent.
model-repetition-penalty = Repetition penalty
model-repetition-penalty-hint = 0.5 to 2; if empty, not sent.
model-fixed-seed = Fixed seed
model-fixed-seed-hint = If empty, each answer has a seed of its own.
models-duplicate = Duplicate
models-duplicated = A copy of { $name }, to be changed and saved: another prompt or other settings make another contestant. A local file stays loaded once.
models-copy-name = { $name } (copy)
models-several = Several models
models-save-weights = Save weights
models-enable-chosen = Enable selected
models-disable-chosen = Disable selected
models-found = { $n } of { $all }
models-changed = { $n ->
    [0] Nothing was to be changed.
    [one] One model was changed.
   *[other] { $n } models were changed.
  }
models-choose-one = Select { $name }
models-own-prompt = own prompt
models-kind-local = Local file
models-kind-endpoint = Endpoint
models-sort-state = Drawn ones first
models-sort-name = By name
models-sort-weight = By weight
models-sort-newest = Newest first
finding-template-own = the one entered for this contestant
finding-template-own-broken = The chat template entered under “System prompt, template and sampling” cannot lay out a conversation: { $why }
models-own-template = own template
model-chat-template-jinja = Chat template (Jinja)
model-chat-template-jinja-hint = Part of this contestant: lays out conversations instead of the model's own template, as chat_template.jinja does. Leave empty for the model's own. It is checked before it is saved. An endpoint is sent it as chat_template: vLLM needs --trust-request-chat-template for it, and servers that do not know it may ignore it.
