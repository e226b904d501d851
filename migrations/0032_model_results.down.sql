DROP TABLE model_results;
