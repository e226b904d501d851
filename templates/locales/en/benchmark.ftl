# Objective scores beside votes.
benchmark-ceval = C-Eval
benchmark-cmmlu = CMMLU
benchmark-mmlu = MMLU
benchmark-longbench = LongBench
benchmark-longbench-e = LongBench-E
result-title = Benchmark scores
result-of = Benchmark scores of { $model }
result-lead = Scores that “mixtral evaluate” measured are shown on the model's card, and on the leaderboard beside the votes.
result-file-hint = What --json prints, or results.json of --output: C-Eval, CMMLU, MMLU or LongBench. A score of the same benchmark asked in the same way is replaced.
result-attach = Attach
result-none = No scores yet.
result-benchmark = Benchmark
result-variant = Asked as
result-score = Score (%)
result-questions = Questions
result-remove = Remove
result-error-note = ± is the standard error over questions.
error-result-json = The file is not JSON: { $detail }
error-result-other = This is not the result of C-Eval, CMMLU, MMLU or LongBench as “mixtral evaluate … --json” prints it.
error-result-no-questions = The file holds no question with a known answer, so there is no score.
objective-title = Benchmarks
objective-note = Scores of public benchmarks in percent, beside the rating by people's votes. The correlation says how alike both orders are: 1 is the same order, 0 none.
objective-correlation = Spearman's rank correlation with the rating
objective-models = { $n ->
    [one] one model
   *[other] { $n } models
 }
objective-few = too few models
