# Language models as judges: the administration's page, and the public one.
admin-judge = Judge
judge-lead = Answers judged by a language model. Its votes have a leaderboard of their own and never mix with people's.
judge-board = Leaderboard of the judges
judge-done = { $n ->
    [one] One new vote by { $judge }
   *[other] { $n } new votes by { $judge }
 }
judge-without = Pairs of answers without a verdict: { $n }
judge-about-battles = About battles that people voted on: { $n }
judge-upload = Import what was judged
judge-file = File
judge-file-hint = results.json, as “mixtral judge” writes it. The same file twice adds nothing.
judge-take = Import
judge-busy = Reading the file…
judge-command = To judge the battles of this arena and compare the judge with people:
judge-list = Judged so far
judge-none = Nothing has been judged yet.
judge-judge = Judge
judge-mode = Kind
judge-mode-scores = scores
judge-mode-pairs = pairs in both orders
judge-battles = Battles with people's votes
judge-when = Added
judge-withdraw = Withdraw its votes
judge-restore = Restore its votes
judge-withdrawn = { $n } withdrawn
error-judge-file = The file is not one that “mixtral judge” wrote: { $detail }. Nothing was imported.
error-judge-format = The file's format is “{ $detail }”, which this version doesn't know. Nothing was imported.
error-judge-verdict = A verdict on prompt “{ $detail }” doesn't fit its answers, so the file was changed or is damaged. Nothing was imported.
error-judge-name = The name “{ $detail }…” is too long.
error-judge-empty = There is no verdict on two answers in this file, so there is nothing to count.
judges-title = Judges
judges-lead = How far language models judge as people do, and what sways them.
judges-none = No language model has judged yet.
judges-votes = { $n ->
    [one] One vote
   *[other] { $n } votes
 }
judges-no-common = It has judged no battle that people voted on, so its agreement with them isn't known.
judges-agreement = Same as people
judges-without-ties = Without ties
judges-interval = 95% CI { $low } to { $high }
judges-interval-percent = , 95% CI { $low } to { $high }%
judges-same-in-both-orders = Same verdict in both orders
judges-first-place = Where the order decided: for the answer shown first
judges-first-place-points = Points for standing first
judges-longer = The longer answer wins
judges-longer-of-people = The longer answer wins with people
judges-no-bias = Nothing to measure: no pair was decided.
judges-on-models = Which of two models is better
judges-on-models-note = All judges against all blind votes, over the pairs of models that both have compared, whatever was asked. Each pair of models counts once.
judges-how = How this is measured
judges-how-agreement = Agreement compares verdicts and votes on the same two answers. “Both bad” is a tie here.
judges-how-kappa = Cohen's κ takes out the agreement of chance: 0 is chance, 1 is full agreement.
judges-how-place = Each pair is judged in both orders; where they contradict each other, a judge without position bias favours the first answer half of the time. For scores, the order rotates from prompt to prompt, and a model's own mean is taken out of the points.
judges-how-length = Longer answers may well be better: compare the share with that of people on the same answers.
judges-how-interval = Shares have Wilson's interval, κ that of Fleiss, Cohen and Everitt. Verdicts on one prompt hang together and count accordingly. Marked figures are those whose interval leaves out the value of a judge without bias.
judge-run = Have a model judge now
judge-run-lead = A run goes on in the background, two prompts at a time, survives a restart, and can be stopped; what is judged by then counts.
judge-choose = Choose…
judge-judge-hint = Any registered model. To use one for judging alone, register its endpoint and disable it: it isn't drawn for battles then.
judge-what = What is judged
judge-source-prompts = New answers of these models
judge-prompts = Prompts, one per line
judge-source-battles = Battles that people voted on, to compare the judge with them
judge-battles-count = The newest
judge-max-requests = Requests at most
judge-max-requests-hint = To models and judge together, retries included. Empty for no limit.
judge-start = Start judging
judge-runs = Runs
judge-no-runs = No run yet.
judge-stop = Stop
judge-progress = { $done } of { $total } prompts
judge-requests = { $n ->
    [one] one request
   *[other] { $n } requests
 }
judge-left = { $n ->
    [one] one minute left
   *[other] { $n } minutes left
 }
judge-gaps = { $n ->
    [one] One prompt without all verdicts
   *[other] { $n } prompts without all verdicts
 }
judge-state-running = running
judge-state-stopping = stopping
judge-state-done = done
judge-state-stopped = stopped
judge-state-budget = out of requests
judge-state-failed = failed
error-judge-model = There is no model “{ $detail }” that could be asked. Choose another one.
error-judge-itself = { $detail } would judge its own answers. Choose a judge that doesn't answer.
error-judge-two-models = Choose at least two models to answer.
error-judge-nothing = There is nothing to judge: write a prompt, or wait until battles have been voted on.
error-judge-many = At most { $detail } prompts per run.
error-judge-count = “{ $detail }” is not a number of battles.
error-judge-budget = Requests at most: enter a whole number above 0, or leave it empty.
error-judge-missing = Choose a judge.
