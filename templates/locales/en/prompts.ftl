# Sets of prompts: the administration's pages, and what visitors see of them.
admin-prompts = Prompts
prompts-lead = Sets of prompts that visitors are offered. Models can answer them in advance, so that visitors of a slow arena vote at once.
prompts-none = There are no sets yet. Add one below, then import a file or type prompts.
prompts-set = Set
prompts-count = Prompts
prompts-offered = Offered
prompts-prepared = Answers ready
prompts-battles = Battles
prompts-tags = Topics
prompts-yes = Yes
prompts-no = No
prompts-progress = { $done } of { $total }
prompts-new = New prompt set
prompts-name = Name
prompts-add = Add set
prompts-settings = Settings
prompts-offer = Offer these prompts to visitors
prompts-offer-hint = As suggestions, by topic, and behind “Random prompt”.
prompts-prepare = Generate answers in advance
prompts-prepare-hint = Every model in the draw answers every prompt in the background, visitors' battles first. Models that are added or changed later catch up.
prompts-save = Save
prompts-models = { $n ->
    [one] { $n } model in the draw
   *[other] { $n } models in the draw
}
prompts-failed = { $n ->
    [one] { $n } answer failed. It is tried three times by itself.
   *[other] { $n } answers failed. Each is tried three times by itself.
}
prompts-retry = Try again
prompts-add-prompts = Add prompts
prompts-file = File
prompts-file-hint = Text (one prompt a line), CSV with a column “prompt”, JSON or JSON Lines, UTF-8. MT-bench, Arena-Hard and Alpaca files work as they are; “tags” or “category” become topics. What the set has already is not added again.
prompts-take = Import
prompts-busy = Reading the file…
prompts-text = Or type prompts, one a line
prompts-take-text = Add
prompts-imported = { $n ->
    [0] No new prompts.
    [one] Added { $n } prompt.
   *[other] Added { $n } prompts.
}
prompts-known = { $n ->
    [one] { $n } was in the set already.
   *[other] { $n } were in the set already.
}
prompts-list = Prompts ({ $n })
prompts-download = Download as JSON Lines
prompts-empty-set = This set has no prompts yet.
prompts-choose = Select
prompts-choose-one = Select “{ $prompt }”
prompts-prompt = Prompt
prompts-answers = Answers
prompts-failed-count = { $n } failed
prompts-remove = Remove selected prompts
prompts-delete = Delete this set…
prompts-delete-hint = The set, its { $n } prompts and the answers generated in advance are deleted. Battles and votes stay, marked with the set's name.
prompts-delete-now = Delete set
battles-set = Set “{ $set }”
battles-prepared = Answers in advance
list-set = Prompt set
list-tag = Topic
error-prompt-set-name = Give the set a name.
error-prompt-set-name-long = The name is too long; { $detail } characters at most.
error-prompt-set-name-taken = There is already a set called “{ $detail }”.
error-prompts-encoding = Line { $detail } is not UTF-8. Save the file as UTF-8 and import it again. Nothing was added.
error-prompts-json = The file cannot be read at { $detail }. Nothing was added.
error-prompts-none-at = There is no prompt at { $detail } (a line, or an element of a JSON array). A prompt stands in “prompt”, “text”, “question”, “instruction”, “turns” or “messages”. Nothing was added.
error-prompts-too-long = The prompt at { $detail } is longer than 30,000 characters. Nothing was added.
error-prompts-no-column = The CSV file has no column “prompt”, “text”, “question” or “instruction”. Its first line must name the columns. Nothing was added.
error-prompts-empty = The file holds no prompts.
error-prompts-too-many = A set holds at most { $detail } prompts. Nothing was added.
error-prepared-none = There is no pair of ready answers left that you have not seen. Write a prompt of your own, or come back later.
prepared-title = Vote right away
# Nobody counts beyond 20.
prepared-lead = { $n ->
    [one] { $n } prompt has answers ready that you have not seen yet.
    [20] { $n } or more prompts have answers ready that you have not seen yet.
   *[other] { $n } prompts have answers ready that you have not seen yet.
}
prepared-start = Show me two answers
prepared-next = Next pair
prepared-note = These answers were generated in advance.
prompt-set-note = Prompt from “{ $set }”.
samples-random = Random prompt
samples-themes = Topics
samples-all = All
