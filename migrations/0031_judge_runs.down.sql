DROP TABLE judge_run_items;
DROP TABLE judge_runs;
