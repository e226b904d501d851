# Scores pairs by the packages that LongBench's metrics use: rouge, jieba, fuzzywuzzy (on Python's difflib).
import json
import sys
import warnings

warnings.simplefilter("ignore")

import jieba
from fuzzywuzzy import fuzz
from rouge import Rouge

jieba.setLogLevel(60)
rouge = Rouge()


def rouge_l(answer, reference):
    try:
        return rouge.get_scores([answer], [reference], avg=True)["rouge-l"]["f"]
    except ValueError:
        return 0.0


def pieces(text):
    return " ".join(jieba.cut(text, cut_all=False))


scores = []
for answer, reference in json.load(sys.stdin):
    scores.append({
        "rouge": rouge_l(answer, reference),
        "rouge_zh": rouge_l(pieces(answer), pieces(reference)),
        "words": list(jieba.cut(answer, cut_all=False)),
        "code": fuzz.ratio(answer, reference) / 100,
    })
json.dump(scores, sys.stdout)
